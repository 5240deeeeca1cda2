#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::{
    AccountQuery, Facts, LicenceRef, MailboxRight, ScriptRef, TicketRef, TicketStatus, UnixMs,
};
use std::collections::BTreeSet;

fn account(id: &str) -> AccountRef {
    AccountRef { id: id.into(), login: format!("{id}@acme.test"), name: id.to_uppercase() }
}

fn client(id: &str) -> ClientId {
    ClientId::new(id).expect("valid id")
}

fn device(id: &str) -> DeviceRef {
    DeviceRef { id: id.into(), name: format!("pc-{id}") }
}

/// The whole catalogue, with several actions of a kind that differ in one thing each.
fn samples() -> Vec<Action> {
    let mut all = on_accounts();
    all.extend(on_devices());
    all.extend(others());
    all
}

fn on_accounts() -> Vec<Action> {
    let mut all = Vec::new();
    for account in [account("jroe"), account("jdoe")] {
        let a = || account.clone();
        all.extend([
            Action::ReadAccount(ReadAccount { account: a() }),
            Action::ListDevices(ListDevices { account: a() }),
            Action::UnlockAccount(UnlockAccount { account: a() }),
            Action::ResetPassword(ResetPassword { account: a(), must_change: true }),
            Action::ResetPassword(ResetPassword { account: a(), must_change: false }),
            Action::RequirePasswordChange(RequirePasswordChange { account: a() }),
            Action::EnableAccount(EnableAccount { account: a() }),
            Action::DisableAccount(DisableAccount { account: a() }),
            Action::ResetMfa(ResetMfa { account: a() }),
            Action::SignOutEverywhere(SignOutEverywhere { account: a() }),
            Action::DeleteAccounts(DeleteAccounts { accounts: vec![a()] }),
        ]);
        all.extend([30, 60].map(|minutes| {
            Action::IssueTemporaryAccessPass(IssueTemporaryAccessPass { account: a(), minutes })
        }));
        for id in ["1", "2"] {
            let group = GroupRef { id: id.into(), name: "Sales".into(), privileged: false };
            let licence = LicenceRef { sku: id.into(), name: "Office".into() };
            all.extend([
                Action::AddGroupMember(AddGroupMember { account: a(), group: group.clone() }),
                Action::RemoveGroupMember(RemoveGroupMember { account: a(), group }),
                Action::AssignLicence(AssignLicence { account: a(), licence: licence.clone() }),
                Action::RemoveLicence(RemoveLicence { account: a(), licence }),
            ]);
            for right in [MailboxRight::FullAccess, MailboxRight::SendAs] {
                let mailbox = MailboxRef { id: id.into(), address: "sales@acme.test".into() };
                all.extend([
                    Action::GrantMailboxPermission(GrantMailboxPermission {
                        account: a(),
                        mailbox: mailbox.clone(),
                        right,
                    }),
                    Action::RevokeMailboxPermission(RevokeMailboxPermission {
                        account: a(),
                        mailbox,
                        right,
                    }),
                ]);
            }
        }
    }
    let both = vec![account("jroe"), account("jdoe")];
    all.push(Action::DeleteAccounts(DeleteAccounts { accounts: both }));
    all
}

fn on_devices() -> Vec<Action> {
    let mut all = Vec::new();
    for device in [device("1"), device("2")] {
        let d = || device.clone();
        all.extend([
            Action::GetAlerts(GetAlerts { device: d() }),
            Action::SearchLogs(SearchLogs { device: d(), query: "disk".into() }),
            Action::SearchLogs(SearchLogs { device: d(), query: "login".into() }),
            Action::HardwareHealth(HardwareHealth { device: d() }),
            Action::SecurityPosture(SecurityPosture { device: d() }),
            Action::NetworkDiagnostics(NetworkDiagnostics { device: d() }),
            Action::DiskDiagnostics(DiskDiagnostics { device: d() }),
            Action::BootDiagnostics(BootDiagnostics { device: d() }),
        ]);
    }
    for devices in [vec![device("1")], vec![device("2")], vec![device("1"), device("2")], vec![]] {
        let d = || devices.clone();
        all.extend([
            Action::Reboot(Reboot { devices: d() }),
            Action::ShutDown(ShutDown { devices: d() }),
            Action::WipeDevice(WipeDevice { devices: d() }),
        ]);
        for text in ["one", "two"] {
            let t = || text.to_owned();
            let script = |sha256: &str| ScriptRef { id: t(), sha256: sha256.repeat(32) };
            let run = |sha256, arguments: &[&str]| {
                Action::RunScript(RunScript {
                    devices: d(),
                    script: script(sha256),
                    arguments: arguments.iter().map(ToString::to_string).collect(),
                })
            };
            all.extend([
                Action::RestartService(RestartService { devices: d(), service: t() }),
                Action::ClearCache(ClearCache { devices: d(), cache: t() }),
                Action::SetDns(SetDns { devices: d(), servers: vec![t()] }),
                Action::SetDns(SetDns { devices: d(), servers: vec![t(), "9.9.9.9".into()] }),
                Action::DeployPatches(DeployPatches { devices: d(), patches: vec![t()] }),
                Action::ChangeFirewall(ChangeFirewall { devices: d(), change: t() }),
                Action::ChangeServerConfiguration(ChangeServerConfiguration {
                    devices: d(),
                    change: t(),
                }),
                Action::ChangeBackupSchedule(ChangeBackupSchedule { devices: d(), change: t() }),
                run("ab", &[]),
                run("cd", &[]),
                run("ab", &["a", "b"]),
                run("ab", &["a b"]),
                run("ab", &["ab"]),
            ]);
            all.extend([true, false].map(|enabled| {
                Action::SetStartupItem(SetStartupItem { devices: d(), item: t(), enabled })
            }));
        }
    }
    all
}

fn others() -> Vec<Action> {
    let mut all = Vec::new();
    for text in ["one", "two"] {
        let t = || text.to_owned();
        let ticket = TicketRef { psa: "rt".into(), id: t() };
        let group = GroupRef { id: t(), name: "Sales".into(), privileged: false };
        let user = |groups| {
            Action::CreateUser(CreateUser {
                login: t(),
                name: "New Hire".into(),
                department: "Sales".into(),
                groups,
            })
        };
        let k = || ticket.clone();
        all.extend([
            Action::FindUser(FindUser { query: AccountQuery::Name(t()) }),
            Action::FindUser(FindUser { query: AccountQuery::Address(t()) }),
            Action::FindGroup(FindGroup { name: t() }),
            Action::ServiceHealth(ServiceHealth { service: t() }),
            Action::Reply(Reply { ticket: k(), text: "Done.".into() }),
            Action::Reply(Reply { ticket: k(), text: "Not done.".into() }),
            Action::AddNote(AddNote { ticket: k(), text: "Done.".into() }),
            Action::LogTime(LogTime { ticket: k(), minutes: 5, text: "Done.".into() }),
            Action::LogTime(LogTime { ticket: k(), minutes: 50, text: "Done.".into() }),
            user(vec![]),
            user(vec![group]),
            Action::ChangeSecurityPolicy(ChangeSecurityPolicy {
                policy: t(),
                change: "stricter".into(),
            }),
            Action::ChangeSecurityPolicy(ChangeSecurityPolicy {
                policy: t(),
                change: "milder".into(),
            }),
            Action::ChangeManyClients(ChangeManyClients {
                clients: vec![client("acme"), client("globex")],
                change: t(),
            }),
            Action::ChangeManyClients(ChangeManyClients {
                clients: vec![client("acme")],
                change: t(),
            }),
        ]);
        for duplicate_of in [None, Some("3".to_owned())] {
            all.extend([TicketStatus::Closed, TicketStatus::NeedsTechnician].map(|status| {
                let duplicate_of = duplicate_of.clone();
                Action::SetStatus(SetStatus { ticket: k(), status, duplicate_of })
            }));
        }
    }
    all
}

#[test]
fn the_samples_are_the_whole_catalogue() {
    let kinds: BTreeSet<ActionKind> = samples().iter().map(Action::kind).collect();
    assert_eq!(kinds, ActionKind::ALL.iter().copied().collect());
}

/// Whatever differs, the digest differs: kind, target, parameter, or where one list ends.
#[test]
fn no_two_actions_share_a_digest() {
    let all = samples();
    let distinct: BTreeSet<&Action> = all.iter().collect();
    let digests: BTreeSet<String> =
        distinct.iter().map(|a| a.digest(&client("acme")).to_string()).collect();
    assert_eq!(digests.len(), distinct.len());
    let elsewhere = all.iter().map(|a| a.digest(&client("other")).to_string());
    assert!(elsewhere.into_iter().all(|d| !digests.contains(&d)), "another client, another digest");
    for action in &all {
        assert_eq!(action.digest(&client("acme")), action.clone().digest(&client("acme")));
    }
}

/// An approver who reads the sentence sees each target and parameter that the digest covers.
#[test]
fn no_two_actions_share_a_sentence() {
    let all = samples();
    let mut seen: Vec<(String, &Action)> = Vec::new();
    for action in &all {
        let sentence = action.sentence();
        assert!(!sentence.trim().is_empty() && !sentence.contains('\n'), "{sentence}");
        if let Some((_, other)) = seen.iter().find(|(s, _)| *s == sentence) {
            // Ids are not for people: two things of one name look alike, and the facts tell them
            // apart (`as_named`).
            let named_alike = action.group().is_some()
                || action.mailbox().is_some()
                || matches!(
                    action,
                    Action::AssignLicence(_) | Action::RemoveLicence(_) | Action::CreateUser(_)
                );
            assert!(named_alike || action == *other, "{sentence}");
        }
        seen.push((sentence, action));
    }
}

#[test]
fn every_kind_states_itself() {
    let mut names = BTreeSet::new();
    for kind in ActionKind::ALL {
        assert!(names.insert(kind.name()), "{} twice", kind.name());
        let s = kind.scorecard();
        for value in [s.reversibility, s.blast_radius, s.compliance_sensitivity, s.frequency] {
            assert!((1..=5).contains(&value), "{}: scores run from 1 to 5", kind.name());
        }
        for text in [s.rationale, kind.risk()] {
            assert!(text.ends_with('.') && text.len() > 10, "{}: one sentence", kind.name());
        }
        if let Some(undo) = kind.undo() {
            assert!(undo.ends_with('.'), "{}: {undo}", kind.name());
        }
        assert_eq!(kind.is_write(), !kind.needs().is_empty(), "{}", kind.name());
        let distinct: BTreeSet<_> = kind.needs().iter().collect();
        assert_eq!(distinct.len(), kind.needs().len(), "{}: a need twice", kind.name());
    }
}

/// What an action touches, it needs the facts of.
#[test]
fn every_write_needs_the_facts_of_what_it_touches() {
    for action in samples().iter().filter(|a| a.kind().is_write()) {
        let needs = action.kind().needs();
        let name = action.kind().name();
        let pairs = [
            (action.account().is_some(), Need::Target),
            (action.group().is_some(), Need::Group),
            (action.mailbox().is_some(), Need::Mailbox),
            (action.ticket().is_some(), Need::Ticket),
            (!action.devices().is_empty(), Need::Devices),
        ];
        for (touches, need) in pairs {
            assert!(!touches || needs.contains(&need), "{name} needs {need:?}");
        }
        let close_out = action.ticket().is_some();
        assert_eq!(needs.contains(&Need::Requester), !close_out, "{name}");
        assert_eq!(needs.contains(&Need::Volume), !close_out, "{name}");
    }
}

/// With nothing known, no base is below the action's floor, and reads stay Low.
#[test]
fn no_base_is_below_its_floor() {
    let now = UnixMs(1_800_000_000_000);
    let nothing = Facts::none("outage");
    for action in samples() {
        for in_window in [false, true] {
            let (tier, code) = action.base(&Seen::of(&nothing, 1, now, in_window));
            let kind = action.kind();
            assert!(tier >= kind.floor(), "{}: {tier} below {}", kind.name(), kind.floor());
            assert!(!code.is_empty());
            assert!(kind.is_write() || tier == Tier::Low, "{}", kind.name());
        }
    }
}

#[test]
fn targets_are_counted_under_one_key_each() {
    for action in samples() {
        let keys = action.target_keys();
        let named = action.kind().name();
        match action.ticket() {
            Some(ticket) => assert_eq!(keys, [ticket.to_string()], "{named}"),
            None => assert_eq!(keys.len(), action.targets(), "{named}"),
        }
    }
    let two = Action::Reboot(Reboot { devices: vec![device("1"), device("2")] });
    assert_eq!((two.targets(), two.target_keys()), (2, vec!["1".to_owned(), "2".to_owned()]));
    let reply = Action::Reply(Reply {
        ticket: TicketRef { psa: "rt".into(), id: "7".into() },
        text: "Done.".into(),
    });
    assert_eq!(reply.targets(), 0);
}

/// What can be undone by an action is undone by exactly that, and the way back of the way back is
/// the way there.
#[test]
fn opposites_undo_each_other() {
    for action in samples() {
        let Some(back) = action.opposite() else { continue };
        let name = action.kind().name();
        assert_eq!(back.opposite(), Some(action.clone()), "{name}");
        assert_ne!(back, action, "{name}");
        assert_eq!((back.account(), back.devices()), (action.account(), action.devices()));
        assert!(action.kind().undo().is_some(), "{name} can be undone and does not say how");
    }
}

#[test]
fn actions_travel_as_json() {
    for action in samples() {
        let json = serde_json::to_string(&action).expect("serialises");
        assert!(json.contains(&format!("\"kind\":\"{}\"", action.kind().name())), "{json}");
        assert_eq!(action, serde_json::from_str(&json).expect("parses"));
        // What nobody knows here might be what somebody meant.
        let more = json.replacen('{', "{\"force\":true,", 1);
        assert!(serde_json::from_str::<Action>(&more).is_err(), "{more}");
    }
}
