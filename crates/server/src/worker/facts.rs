//! Facts for the gate: read by the platform from the client's own directory, never from prose.

use super::drive::DriveError;
use crate::{
    app::{App, Client},
    clock,
};
use connectors::CallError;
use domain::{
    Account, AccountRef, Action, BrainFacts, CaseView, Confidence, Fact, Facts, Group, GroupFacts,
    GroupRef, Relation, Requester, Sensitivity, TargetFacts, TicketFacts, Tier, Verification,
    Volume,
};
use gate::{CompiledPolicy, Policy, Request};
use std::collections::BTreeSet;
use store::StoreError;

mod things;
mod undo;
pub(super) use undo::attempt_of as undo_of;

/// Words in a group's name or description that make it sensitive unless the policy says more.
const SENSITIVE_WORDS: &[&str] = &[
    "finance",
    "payroll",
    "salary",
    "accounting",
    "treasury",
    "hr",
    "human resources",
    "personnel",
    "legal",
    "executive",
    "executives",
    "board",
    "management",
    "directors",
    "vpn",
    "remote access",
    "admin",
    "admins",
    "administrators",
    "security",
    "patient",
    "patients",
    "phi",
    "medical",
    "confidential",
    "restricted",
    "secret",
    "audit",
    "banking",
    "payments",
];

/// What was read for one judgement.
pub(super) struct Read {
    pub(super) facts: Facts,
    pub(super) state: State,
}

/// What would change, as it reads now; also the undo's "before".
#[derive(Default)]
pub(super) struct State {
    /// The account.
    pub(super) target: Option<Account>,
    /// Whether the account is a direct member of the group, for group actions.
    pub(super) was_member: Option<bool>,
}

/// Reads everything that this action's judgement may rest on.
///
/// A directory that cannot be asked right now is no fact about anybody: the case pauses
/// ([`CallError::Retry`]) instead of being refused. So it does while our own database is away.
pub(super) async fn read(
    app: &App,
    client: &Client,
    case: &CaseView,
    request: &Request,
) -> Result<Read, DriveError> {
    let action = &request.action;
    let policy = app.policy();
    let rules = policy.as_ref().as_ref().ok().map(CompiledPolicy::document);
    let mut facts = Facts::none("not needed for this action");
    if let Some(ticket) = action.ticket() {
        let of_this_case = *ticket == case.ticket.ticket;
        facts.ticket = Fact::known(TicketFacts { of_this_case }, "platform", clock::now());
    }
    if let Some(percent) = case.submission.as_ref().and_then(|s| s.confidence) {
        facts.confidence = Fact::known(Confidence { percent }, "brain", clock::now());
    }
    if !action.kind().is_write() || action.ticket().is_some() {
        limits(app, client, case, request, rules, &mut facts).await?;
        return Ok(Read { facts, state: State::default() });
    }
    let source = client.directory.name();
    let found = match case.ticket.from.is_empty() && case.submission.is_some() {
        // No ticket behind it: no person asked whom the platform knows.
        true => Ok(nobody("")),
        false => now_or_gap(requester(client, &case.ticket.from).await)?,
    };
    facts.requester = fact(source, found.map(|found| of_old_ticket(case, found)));
    things::read(app, &mut facts, request, rules).await?;
    let mut read = Read { facts, state: State::default() };
    if let Some(account) = action.account() {
        account_facts(client, account, action, &mut read).await?;
    }
    if let Some(of) = request.undoes {
        read.facts.undo = undo::facts(app, request, of, &read, rules).await?;
    }
    limits(app, client, case, request, rules, &mut read.facts).await?;
    Ok(read)
}

/// What the platform itself knows: read last, after the slow reads of the directory, so that a stop, a
/// revoked brain or another request of this moment counts.
async fn limits(
    app: &App,
    client: &Client,
    case: &CaseView,
    request: &Request,
    rules: Option<&Policy>,
    facts: &mut Facts,
) -> Result<(), StoreError> {
    let action = &request.action;
    let counts = action.kind().is_write() && action.ticket().is_none();
    let volume =
        async { if counts { volume(app, case, request, rules).await.map(Some) } else { Ok(None) } };
    let cooling_down =
        async { if counts { cooling_down(app, request, rules).await.map(Some) } else { Ok(None) } };
    let open = async { ours(app.store.breaker_for(&client.id, action.kind()).await) };
    let (brain, open, volume, cooling_down) =
        tokio::try_join!(brain(app, request, rules), open, volume, cooling_down)?;
    facts.brain = brain;
    // A stop lets our own technician's record of the ticket go on, so that people learn of it.
    let own_record = action.ticket().is_some() && request.brain == app.brain;
    // Of equals the one that was opened here: it is closed here as well.
    let open = open.map(|here| match app.cells.breaker() {
        Some(there) if here.as_ref().is_none_or(|h| there.mode > h.mode) => Some(there),
        _ => here,
    });
    facts.breaker = match open {
        Ok(_) if own_record => Fact::known(None, "platform", clock::now()),
        Ok(open) => Fact::known(open, "platform", clock::now()),
        Err(why) => Fact::Missing(why),
    };
    if let (Some(volume), Some(cooling_down)) = (volume, cooling_down) {
        facts.volume = volume;
        facts.cooling_down = cooling_down;
    }
    Ok(())
}

/// How long a ticket speaks for who wrote it, in milliseconds, when another brain works on it.
const TICKET_SPEAKS_MS: i64 = 24 * 3_600_000;

/// An old ticket says who asked then, not who asks now: any of a person's tickets would otherwise stand
/// for their wish for ever.
fn of_old_ticket(case: &CaseView, found: Requester) -> Requester {
    let old =
        case.submission.is_some() && clock::now().since(case.ticket.created_at) > TICKET_SPEAKS_MS;
    match old {
        true => Requester { verification: Verification::Unverified, ..found },
        false => found,
    }
}

/// Target, group and relation of an action on an account.
async fn account_facts(
    client: &Client,
    account: &AccountRef,
    action: &Action,
    read: &mut Read,
) -> Result<(), CallError> {
    let source = client.directory.name();
    let facts = &mut read.facts;
    let found = now_or_gap(client.directory.account(&account.id).await)?;
    facts.target = fact(source, found.as_ref().map(|t| target_facts(client, t.as_ref(), account)));
    read.state.target = found.ok().flatten();
    let mut group = None;
    if let Some(wanted) = action.group() {
        let found = now_or_gap(client.directory.group(&wanted.id).await)?;
        let facts_of = |g| group_facts(&client.privileged_groups, &client.sensitive_groups, g);
        facts.group = fact(
            source,
            found.as_ref().map(|g| GroupFacts {
                as_named: g
                    .as_ref()
                    .is_none_or(|g| g.group.name == wanted.name && g.group.id == wanted.id),
                ..facts_of(g.as_ref())
            }),
        );
        group = found.ok().flatten();
        if group.is_some() && read.state.target.is_some() {
            let direct = client.directory.is_direct_member(&wanted.id, &account.id).await;
            read.state.was_member = now_or_gap(direct)?.ok();
        }
    }
    let facts = &mut read.facts;
    let who = facts.requester.value();
    let found = read.state.target.as_ref().map(|t| relation(client, who, t, group.as_ref()));
    facts.relation = match found {
        Some(relation) => Fact::known(relation, source, clock::now()),
        None => Fact::Missing("the target could not be read".into()),
    };
    Ok(())
}

/// What the brain may request, and how it behaves.
async fn brain(
    app: &App,
    request: &Request,
    rules: Option<&Policy>,
) -> Result<Fact<BrainFacts>, StoreError> {
    let now = clock::now();
    if request.undoes.is_some() {
        // A person asks for it, not a brain.
        let free = BrainFacts {
            in_scope: true,
            ceiling: Tier::Critical,
            requests: 1,
            rate: 0,
            repeats: 1,
        };
        return Ok(Fact::known(free, "platform", now));
    }
    let window_ms = rules.map_or(3_600_000, |p| p.window_ms);
    let digest = request.action.digest(&request.client);
    let used = app
        .store
        .brain_usage(
            &request.brain,
            &request.client,
            digest,
            request.case,
            now.plus_ms(-60_000),
            now.plus_ms(-window_ms),
        )
        .await;
    let (requests, repeats) = match ours(used)? {
        Ok(used) => used,
        Err(why) => return Ok(Fact::Missing(why)),
    };
    if request.brain == app.brain {
        // Our own one works off a queue of tickets; how fast is the help desk's doing.
        let own =
            BrainFacts { in_scope: true, ceiling: app.brain_ceiling, requests, rate: 0, repeats };
        return Ok(Fact::known(own, "platform", now));
    }
    Ok(match ours(app.store.brain(&request.brain).await)? {
        Ok(Some(row)) => {
            let in_clients = row.clients.as_ref().is_none_or(|c| c.contains(&request.client));
            let in_kinds = row.kinds.as_ref().is_none_or(|k| k.contains(&request.action.kind()));
            let limits = BrainFacts {
                in_scope: row.revoked_at.is_none() && in_clients && in_kinds,
                ceiling: row.ceiling,
                requests,
                rate: row.rate_per_min,
                repeats,
            };
            Fact::known(limits, "platform", now)
        }
        Ok(None) => Fact::Missing(format!("{} is no brain of ours", request.brain)),
        Err(why) => Fact::Missing(why),
    })
}

/// Passes on what may pass by itself; anything else is a gap in the facts, with the reason.
fn now_or_gap<T>(result: Result<T, CallError>) -> Result<Result<T, String>, CallError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(e @ CallError::Retry { .. }) => Err(e),
        Err(e) => Ok(Err(e.to_string())),
    }
}

/// The same for what our own database says.
fn ours<T>(result: Result<T, StoreError>) -> Result<Result<T, String>, StoreError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(e) if e.is_passing() => Err(e),
        Err(e) => Ok(Err(e.to_string())),
    }
}

fn fact<T, E: AsRef<str>>(source: &str, found: Result<T, E>) -> Fact<T> {
    match found {
        Ok(value) => Fact::known(value, source, clock::now()),
        Err(why) => Fact::Missing(why.as_ref().to_owned()),
    }
}

/// Whether a person's no, or nobody's answer, still stands. It does not bar a person from taking a
/// change back.
async fn cooling_down(
    app: &App,
    request: &Request,
    rules: Option<&Policy>,
) -> Result<Fact<bool>, StoreError> {
    let now = clock::now();
    if request.undoes.is_some() {
        return Ok(Fact::known(false, "platform", now));
    }
    let cool_down_ms = rules.map_or(0, |p| p.cool_down_ms);
    let digest = request.action.digest(&request.client);
    let since = now.plus_ms(-cool_down_ms);
    Ok(match ours(app.store.cooling_down(&request.client, digest, since).await)? {
        Ok(found) => Fact::known(found.is_some(), "platform", now),
        Err(why) => Fact::Missing(why),
    })
}

async fn volume(
    app: &App,
    case: &CaseView,
    request: &Request,
    rules: Option<&Policy>,
) -> Result<Fact<Volume>, StoreError> {
    let now = clock::now();
    // Everything of this kind that the same submission names weighs together, done or not.
    let mut targets = request.action.target_keys();
    for other in case.submission.iter().flat_map(|s| &s.actions) {
        if other.kind() == request.action.kind() {
            targets.extend(other.target_keys());
        }
    }
    targets.sort();
    targets.dedup();
    let window = rules.map_or(3_600_000, |p| p.window_ms);
    let touched = app
        .store
        .targets_touched(
            &request.client,
            request.brain.as_str(),
            request.action.kind().name(),
            &targets,
            now.plus_ms(-window),
        )
        .await;
    Ok(match ours(touched)? {
        Ok(targets) => Fact::known(Volume { targets }, "platform", now),
        Err(why) => Fact::Missing(why),
    })
}

/// Somebody whom the directory does not know.
fn nobody(address: &str) -> Requester {
    Requester {
        account_id: None,
        address: address.to_owned(),
        identities: Vec::new(),
        verification: Verification::Unverified,
        verified_at: None,
    }
}

/// Who a ticket's sender is: exactly one active account with that address on file, or nobody.
async fn requester(client: &Client, address: &str) -> Result<Requester, CallError> {
    let unknown = nobody(address);
    if address.is_empty() {
        return Ok(unknown);
    }
    let query = domain::AccountQuery::Address(address.to_owned());
    let found = client.directory.find_accounts(&query).await?;
    let identities = found.iter().flat_map(identities).collect();
    Ok(match found.as_slice() {
        [one] => Requester {
            account_id: Some(one.account.id.clone()),
            identities,
            verification: if one.state.enabled {
                Verification::AddressOnFile
            } else {
                Verification::Unverified
            },
            ..unknown
        },
        _ => Requester { identities, ..unknown },
    })
}

/// Every login and address that somebody with this account may approve under, lower case.
fn identities(account: &Account) -> Vec<String> {
    let addresses = account.mail.iter().chain(&account.other_mails);
    std::iter::once(&account.account.login).chain(addresses).map(|i| i.to_lowercase()).collect()
}

fn relation(
    client: &Client,
    requester: Option<&Requester>,
    target: &Account,
    group: Option<&Group>,
) -> Relation {
    let Some((requester, id)) = requester.and_then(|r| Some((r, r.account_id.as_deref()?))) else {
        return Relation::Unrelated;
    };
    if group.is_some_and(|g| g.owner_ids.iter().any(|o| o == id)) {
        return Relation::GroupOwner;
    }
    if target.account.id == id {
        return Relation::Oneself;
    }
    if target.manager_id.as_deref() == Some(id) {
        return Relation::Manager;
    }
    let named = client.authorised_contacts.contains(&requester.address.to_lowercase());
    // A name on a list helps only somebody who is who they say.
    match named && requester.verification >= Verification::AddressOnFile {
        true => Relation::AuthorisedContact,
        false => Relation::Unrelated,
    }
}

fn target_facts(client: &Client, account: Option<&Account>, named: &AccountRef) -> TargetFacts {
    let Some(account) = account else {
        return TargetFacts {
            exists: false,
            identities: Vec::new(),
            privileged: Vec::new(),
            service: Vec::new(),
            break_glass: false,
            as_named: true,
        };
    };
    let login = account.account.login.to_lowercase();
    let local = login.split('@').next().unwrap_or_default();
    let matches = |patterns: &BTreeSet<String>| {
        patterns.iter().find(|p| glob(p, &login) || glob(p, local)).cloned()
    };
    let privileged = account
        .groups
        .iter()
        .filter(|g| g.privileged || client.privileged_groups.contains(&g.name.to_lowercase()))
        .map(|g| g.name.clone())
        .collect();
    let mut service = account.service_marks.clone();
    service.extend(matches(&client.service_accounts).map(|p| format!("its login matches {p:?}")));
    TargetFacts {
        exists: true,
        identities: identities(account),
        privileged,
        service,
        break_glass: matches(&client.break_glass).is_some(),
        // Byte for byte: another spelling would be another digest for the same account.
        as_named: account.account == *named,
    }
}

/// How sensitive a group is by its own marks, and by those of every group that it is nested into,
/// because whoever joins it joins them too. The names listed are lower case.
fn group_facts(
    privileged: &BTreeSet<String>,
    sensitive: &BTreeSet<String>,
    group: Option<&Group>,
) -> GroupFacts {
    let Some(group) = group else {
        let because = "no such group".to_owned();
        return GroupFacts {
            exists: false,
            sensitivity: Sensitivity::Privileged,
            because,
            marks: Vec::new(),
            as_named: true,
        };
    };
    let name = group.group.name.to_lowercase();
    let listed = |names: &BTreeSet<String>, g: &GroupRef| names.contains(&g.name.to_lowercase());
    let nested = |is: &dyn Fn(&GroupRef) -> bool| {
        group.parents.iter().find(|p| is(p)).map(|p| p.name.clone())
    };
    let (sensitivity, because) = if group.group.privileged {
        (Sensitivity::Privileged, "the directory marks the group as administrative".to_owned())
    } else if privileged.contains(&name) {
        (Sensitivity::Privileged, "listed in `privileged_groups`".to_owned())
    } else if let Some(parent) = group.privileged_parents.first() {
        (Sensitivity::Privileged, format!("the group is nested into {parent}"))
    } else if let Some(parent) = nested(&|p| listed(privileged, p)) {
        let because = format!("the group is nested into {parent}, listed in `privileged_groups`");
        (Sensitivity::Privileged, because)
    } else if sensitive.contains(&name) {
        (Sensitivity::Sensitive, "listed in `sensitive_groups`".to_owned())
    } else if let Some(word) = sensitive_word(&name, group.description.as_deref()) {
        (Sensitivity::Sensitive, format!("its name or description says {word:?}"))
    } else if let Some(parent) = nested(&|p| listed(sensitive, p)) {
        let because = format!("the group is nested into {parent}, listed in `sensitive_groups`");
        (Sensitivity::Sensitive, because)
    } else if let Some(parent) = nested(&|p| sensitive_word(&p.name.to_lowercase(), None).is_some())
    {
        (Sensitivity::Sensitive, format!("the group is nested into {parent}, whose name says so"))
    } else {
        (Sensitivity::Normal, "nothing marks it as sensitive".to_owned())
    };
    let marks = things::marks(&name, group.description.as_deref());
    GroupFacts { exists: true, sensitivity, because, marks, as_named: true }
}

pub(super) fn sensitive_word(name: &str, description: Option<&str>) -> Option<&'static str> {
    let text = format!(" {name} {} ", description.unwrap_or_default().to_lowercase());
    let words: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    SENSITIVE_WORDS.iter().copied().find(|w| words.contains(&format!(" {w} ")))
}

/// `*` stands for any text; everything else for itself. Both sides are lower case.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_written() {
        assert!(glob("svc-*", "svc-backup"));
        assert!(!glob("svc-*", "my-svc-backup"));
        assert!(glob("*break*glass*", "emergency-break-the-glass-1"));
        assert!(glob("exact", "exact"));
        assert!(!glob("exact", "exactly"));
    }

    #[test]
    fn sensitive_words_are_whole_words() {
        assert_eq!(sensitive_word("hr-europe", None), Some("hr"));
        assert_eq!(sensitive_word("three bears", None), None);
        assert_eq!(sensitive_word("team 7", Some("Access to PAYROLL data")), Some("payroll"));
    }

    fn reference(name: &str, privileged: bool) -> GroupRef {
        GroupRef { id: name.into(), name: name.into(), privileged }
    }

    fn sensitivity_within(parents: &[GroupRef]) -> (Sensitivity, String) {
        let names = |n: &str| BTreeSet::from([n.to_owned()]);
        let group = Group {
            group: reference("Team 7", false),
            description: None,
            owner_ids: vec![],
            parents: parents.to_vec(),
            privileged_parents: vec![],
        };
        let facts = group_facts(&names("tier 0"), &names("crown jewels"), Some(&group));
        (facts.sensitivity, facts.because)
    }

    #[test]
    fn a_group_is_as_sensitive_as_what_it_is_nested_into() {
        let plain = reference("Everybody", false);
        assert_eq!(sensitivity_within(&[]).0, Sensitivity::Normal);
        assert_eq!(sensitivity_within(std::slice::from_ref(&plain)).0, Sensitivity::Normal);
        for (name, expected) in [
            ("Tier 0", Sensitivity::Privileged),
            ("Crown Jewels", Sensitivity::Sensitive),
            ("Payroll", Sensitivity::Sensitive),
        ] {
            let (found, because) = sensitivity_within(&[plain.clone(), reference(name, false)]);
            assert_eq!(found, expected, "{name}");
            assert!(because.contains(name), "{because}");
        }
        let both = [reference("Payroll", false), reference("Tier 0", false)];
        assert_eq!(sensitivity_within(&both).0, Sensitivity::Privileged);
    }

    #[test]
    fn an_account_is_known_by_its_login_and_every_address() {
        let account = Account {
            account: domain::AccountRef {
                id: "1".into(),
                login: "JRoe@Corp.Acme.test".into(),
                name: "Jane Roe".into(),
            },
            mail: Some("jane.roe@acme.test".into()),
            other_mails: vec!["jane@home.example".into(), "j.roe@acme.test".into()],
            given_name: None,
            surname: None,
            title: None,
            department: None,
            manager_id: None,
            state: domain::AccountState {
                enabled: true,
                lock: domain::Lock::Unlocked,
                must_change: None,
                password_set_at: None,
            },
            groups: vec![],
            service_marks: vec![],
        };
        let known = identities(&account);
        let expected =
            ["jroe@corp.acme.test", "jane.roe@acme.test", "jane@home.example", "j.roe@acme.test"];
        assert_eq!(known, expected);
    }
}
