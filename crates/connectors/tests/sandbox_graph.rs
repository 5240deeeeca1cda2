//! Microsoft Graph, spoken to the sandbox over real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "sandbox_graph/scripted.rs"]
mod scripted;

mod sandbox_support;

use connectors::idp::graph::{Graph, GraphConfig};
use connectors::{CallError, Directory, ReadBack};
use domain::action::*;
use domain::*;
use sandbox::world::Company;
use sandbox::{Effect, Fault, FaultKind, Sandbox, System};
use sandbox_support::*;
use secrecy::SecretString;
use std::time::Duration;
use tempfile::TempDir;

const CLIENT: &str = "fabrikam";

struct Bench {
    sandbox: Sandbox,
    graph: Graph,
    dir: TempDir,
}

async fn bench() -> Bench {
    let (sandbox, dir) = (sandbox().await, TempDir::new().unwrap());
    let graph = graph(&sandbox, CLIENT, &dir);
    Bench { sandbox, graph, dir }
}

impl Bench {
    fn world<T>(&self, read: impl FnOnce(&Company) -> T) -> T {
        self.sandbox.world().company(CLIENT, read).unwrap()
    }

    /// Somebody ordinary.
    async fn user(&self) -> Account {
        let id = self.world(|c| {
            let plain = |p: &&sandbox::world::Person| p.enabled && !c.is_privileged(&p.id);
            c.people.iter().skip(30).find(plain).unwrap().id.clone()
        });
        self.graph.account(&id).await.unwrap().unwrap()
    }

    async fn group(&self, name: &str) -> Group {
        let mut found = self.graph.find_groups(name).await.unwrap();
        assert_eq!(found.len(), 1, "{name}");
        found.remove(0)
    }

    async fn perform(&self, action: &Action, secret: Option<&str>) -> Result<(), CallError> {
        let secret = secret.map(|s| SecretString::from(s.to_owned()));
        self.graph.perform(permit(CLIENT, action), secret.as_ref()).await
    }

    async fn shown(&self, action: &Action, before: &Account, started: UnixMs) -> bool {
        let read = self.graph.read_back(action, Some(&before.state), started, None).await.unwrap();
        matches!(read, ReadBack::Shown(_))
    }

    fn fault(&self, method: &str, path: &str, kind: FaultKind, times: u32) {
        self.sandbox.fault(Fault {
            system: System::Graph,
            method: Some(method.into()),
            path_contains: path.into(),
            kind,
            times,
        });
    }
}

#[tokio::test]
async fn the_probe_says_who_we_are_and_a_config_is_read_from_toml_words() {
    let b = bench().await;
    let probe = b.graph.probe().await.unwrap();
    let name = client_access(&b.sandbox, CLIENT).name;
    assert!(probe.detail.contains(&name), "{}", probe.detail);
    assert!(probe.warnings.is_empty(), "{:?}", probe.warnings);

    let words = r#"{"tenant":"contoso.example","client_id":"app","client_secret":{"env":"X"}}"#;
    let config: GraphConfig = serde_json::from_str(words).unwrap();
    assert_eq!(config.base_url, "https://graph.microsoft.com/v1.0");
    let typo = words.replace("tenant", "tennant");
    assert!(serde_json::from_str::<GraphConfig>(&typo).is_err());
}

#[tokio::test]
async fn people_are_found_by_every_address_on_file_and_by_name_in_either_order() {
    let b = bench().await;
    let person = b.world(|c| c.people[9].clone());
    let private = person.other_mails[0].to_uppercase();
    for address in [person.login.clone(), person.mail.to_uppercase(), private] {
        let found = b.graph.find_accounts(&AccountQuery::Address(address.clone())).await.unwrap();
        assert_eq!(found.len(), 1, "{address}");
        assert_eq!(found[0].account.id, person.id);
        assert_eq!(found[0].manager_id, person.manager);
        assert_eq!(found[0].other_mails, person.other_mails);
        assert_eq!(found[0].state.lock, Lock::NotShown);
        assert_eq!(found[0].state.password_set_at, Some(person.password_set_at));
        assert_eq!(found[0].state.must_change, Some(false));
    }
    let (given, family) = (person.given_name.as_str(), person.surname.as_str());
    for name in [format!("{given} {family}"), format!("{family}, {given}").to_lowercase()] {
        let found = b.graph.find_accounts(&AccountQuery::Name(name.clone())).await.unwrap();
        assert!(found.iter().any(|a| a.account.id == person.id), "{name}");
    }
    for nobody in ["", "nobody@fabrikam.example", given] {
        let found = b.graph.find_accounts(&AccountQuery::Address(nobody.into())).await.unwrap();
        assert!(found.is_empty(), "{nobody}");
    }
}

#[tokio::test]
async fn two_people_of_one_name_are_both_shown() {
    let b = bench().await;
    let twin = b.world(|c| c.people[12].display_name.clone());
    let found = b.graph.find_accounts(&AccountQuery::Name(twin)).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_ne!(found[0].account.id, found[1].account.id);
}

#[tokio::test]
async fn a_quote_in_a_name_neither_breaks_the_query_nor_widens_it() {
    let b = bench().await;
    for name in ["O'Brien", "Mary O'Brien", "' or accountEnabled eq true or displayName eq '"] {
        let by_name = b.graph.find_accounts(&AccountQuery::Name(name.into())).await.unwrap();
        let by_mail = b.graph.find_accounts(&AccountQuery::Address(name.into())).await.unwrap();
        let groups = b.graph.find_groups(name).await.unwrap();
        assert_eq!((by_name.len(), by_mail.len(), groups.len()), (0, 0, 0), "{name}");
    }
}

#[tokio::test]
async fn an_id_from_elsewhere_is_nobody() {
    let b = bench().await;
    assert_eq!(b.graph.account("00000000-0000-0000-0000-000000000000").await.unwrap(), None);
    assert_eq!(b.graph.group("00000000-0000-0000-0000-000000000000").await.unwrap(), None);
    assert!(b.graph.account("..").await.is_err());
}

#[tokio::test]
async fn a_role_through_a_nested_group_makes_its_holder_privileged() {
    let b = bench().await;
    let (nested, direct) = b.world(|c| {
        let team = c.group_named("Server Operations").unwrap();
        let top = c.group_named("Global Administrator").unwrap();
        (team.members[0].clone(), top.members[0].clone())
    });
    let marks = |account: &Account| {
        let mut names: Vec<String> =
            account.groups.iter().filter(|g| g.privileged).map(|g| g.name.clone()).collect();
        names.sort();
        names
    };
    let account = b.graph.account(&nested).await.unwrap().unwrap();
    assert_eq!(marks(&account), ["Server Operations", "User Administrator"]);
    let account = b.graph.account(&direct).await.unwrap().unwrap();
    assert_eq!(marks(&account), ["Global Administrator"]);
    assert!(marks(&b.user().await).is_empty());

    let team = b.group("server operations").await;
    assert!(team.group.privileged);
    assert_eq!(team.privileged_parents, ["User Administrator"]);
    assert!(team.parents.iter().any(|p| p.name == "User Administrator" && p.privileged));
    assert_eq!(team.owner_ids, [direct]);
    let plain = b.group("Wiki Editors").await;
    assert!(!plain.group.privileged && plain.privileged_parents.is_empty());
    assert_eq!(b.graph.group(&plain.group.id).await.unwrap(), Some(plain));
}

#[tokio::test]
async fn every_change_is_made_shown_and_harmless_to_repeat() {
    let b = bench().await;
    let user = b.user().await;
    let (account, group) = (user.account.clone(), b.group("Wiki Editors").await.group);
    let steps = [
        Action::DisableAccount(DisableAccount { account: account.clone() }),
        Action::EnableAccount(EnableAccount { account: account.clone() }),
        Action::RequirePasswordChange(RequirePasswordChange { account: account.clone() }),
        Action::AddGroupMember(AddGroupMember { account: account.clone(), group: group.clone() }),
        Action::RemoveGroupMember(RemoveGroupMember { account: account.clone(), group }),
    ];
    for action in steps {
        assert!(b.graph.capabilities().contains(&action.kind()));
        let started = now();
        assert!(!b.shown(&action, &user, started).await, "{action:?}");
        b.perform(&action, None).await.unwrap();
        assert!(b.shown(&action, &user, started).await, "{action:?}");
        b.perform(&action, None).await.unwrap();
        assert!(b.shown(&action, &user, started).await, "twice: {action:?}");
    }
    let login = account.login;
    let effects: Vec<Effect> = b.sandbox.effects().into_iter().map(|r| r.effect).collect();
    assert_eq!(
        effects,
        [
            Effect::Disabled { login: login.clone() },
            Effect::Enabled { login: login.clone() },
            Effect::ChangeRequired { login: login.clone() },
            Effect::MemberAdded { group: "Wiki Editors".into(), login: login.clone() },
            Effect::MemberRemoved { group: "Wiki Editors".into(), login },
        ],
        "each change happened once and nothing else did"
    );
}

#[tokio::test]
async fn a_reset_sets_that_password_and_only_a_new_one_counts_as_shown() {
    let b = bench().await;
    let user = b.user().await;
    let reset =
        Action::ResetPassword(ResetPassword { account: user.account.clone(), must_change: true });
    let started = now();
    assert!(!b.shown(&reset, &user, started).await);
    b.perform(&reset, Some("Plum-Harbour-2719")).await.unwrap();
    let (password, must) = b.world(|c| {
        let p = c.person(&user.account.id).unwrap();
        (p.password.reveal().to_owned(), p.must_change)
    });
    assert_eq!((password.as_str(), must), ("Plum-Harbour-2719", true));
    assert!(b.shown(&reset, &user, started).await);

    let error = b.perform(&reset, None).await.unwrap_err();
    assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
    let error = b.perform(&reset, Some("short")).await.unwrap_err();
    assert!(error.to_string().contains("complexity"), "Graph's own words: {error}");
    assert!(!format!("{error:?}").contains("short"));
}

#[tokio::test]
async fn throttling_names_the_vendors_seconds_and_changes_nothing() {
    let b = bench().await;
    let user = b.user().await;
    let action = Action::DisableAccount(DisableAccount { account: user.account.clone() });
    for code in [429, 503] {
        let kind = FaultKind::Status { code, retry_after_s: Some(17) };
        b.fault("PATCH", "/users/", kind, 1);
        match b.perform(&action, None).await.unwrap_err() {
            CallError::Retry { after, .. } => assert_eq!(after, Some(Duration::from_secs(17))),
            other => panic!("{other:?}"),
        }
        b.fault("GET", "/users/", kind, 1);
        let error = b.graph.account(&user.account.id).await.unwrap_err();
        assert!(matches!(error, CallError::Retry { after: Some(_), .. }), "{error:?}");
    }
    assert!(b.sandbox.effects().is_empty());
    b.perform(&action, None).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_reading_back_tells() {
    let b = bench().await;
    let user = b.user().await;
    let group = b.group("Wiki Editors").await.group;
    let steps = [
        (
            "PATCH",
            "/users/",
            Action::DisableAccount(DisableAccount { account: user.account.clone() }),
        ),
        (
            "POST",
            "/members/",
            Action::AddGroupMember(AddGroupMember { account: user.account.clone(), group }),
        ),
    ];
    for (method, path, action) in steps {
        for (kind, happened) in [(FaultKind::DropBefore, false), (FaultKind::DropAfter, true)] {
            b.fault(method, path, kind, 1);
            let started = now();
            let error = b.perform(&action, None).await.unwrap_err();
            assert!(matches!(error, CallError::Unknown { .. }), "{kind:?}: {error:?}");
            assert_eq!(b.shown(&action, &user, started).await, happened, "{kind:?}");
        }
    }
    b.fault("GET", "/users/", FaultKind::DropAfter, 1);
    let error = b.graph.account(&user.account.id).await.unwrap_err();
    assert!(matches!(error, CallError::Retry { .. }), "a read may simply be repeated: {error:?}");
}

#[tokio::test]
async fn wrong_credentials_say_which_setting_to_mend_and_never_the_secret() {
    let b = bench().await;
    let good = graph_config(&b.sandbox, CLIENT, &b.dir);
    let wrong = |change: &dyn Fn(&mut GraphConfig)| {
        let mut config = good.clone();
        change(&mut config);
        Graph::new("g", &config).unwrap()
    };
    let file = secret_file(&b.dir, "wrong", "hunter2-is-wrong");
    let cases = [
        (wrong(&|c| c.client_secret = file.clone()), "client secret"),
        (wrong(&|c| c.tenant = "nowhere.example".into()), "tenant"),
        (wrong(&|c| c.client_id = "00000000-1111".into()), "client_id"),
    ];
    for (graph, word) in cases {
        let error = graph.probe().await.unwrap_err();
        assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
        assert!(error.to_string().contains(word), "{error}");
        assert!(!format!("{error:?}{graph:?}").contains("hunter2"), "{error:?}");
    }
    let gone = connectors::SecretSource::File(b.dir.path().join("absent"));
    let error = wrong(&|c| c.client_secret = gone.clone()).probe().await.unwrap_err();
    assert!(error.to_string().contains("absent"), "{error}");
    for (field, config) in [
        ("base_url", GraphConfig { base_url: "http://graph.example/v1.0".into(), ..good.clone() }),
        ("tenant", GraphConfig { tenant: "a/../b".into(), ..good.clone() }),
    ] {
        let error = Graph::new("g", &config).unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let b = bench().await;
    let user = b.user().await;
    let group = b.group("Wiki Editors").await.group;
    let denied = FaultKind::Status { code: 403, retry_after_s: None };
    let reset =
        Action::ResetPassword(ResetPassword { account: user.account.clone(), must_change: true });
    let cases = [
        ("PATCH", reset, "User-PasswordProfile.ReadWrite.All"),
        (
            "PATCH",
            Action::EnableAccount(EnableAccount { account: user.account.clone() }),
            "User.ReadWrite.All",
        ),
        (
            "POST",
            Action::AddGroupMember(AddGroupMember { account: user.account.clone(), group }),
            "GroupMember.ReadWrite.All",
        ),
    ];
    for (method, action, permission) in cases {
        b.fault(method, "", denied, 1);
        let error = b.perform(&action, Some("Plum-Harbour-2719")).await.unwrap_err();
        assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
        assert!(error.to_string().contains(permission), "{error}");
    }
    b.fault("GET", "/ownedDevices", denied, 1);
    let error = b.graph.devices(&user.account.id).await.unwrap_err();
    assert!(error.to_string().contains("Device.Read.All"), "{error}");
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_a_useless_one_reported() {
    let b = bench().await;
    let user = b.user().await;
    let action = Action::DisableAccount(DisableAccount { account: user.account.clone() });
    let expired = FaultKind::Status { code: 401, retry_after_s: None };
    b.fault("PATCH", "/users/", expired, 1);
    b.perform(&action, None).await.unwrap();
    b.fault("PATCH", "/users/", expired, 2);
    let error = b.perform(&action, None).await.unwrap_err();
    assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
    assert_eq!(b.sandbox.effects().len(), 1);
}

#[tokio::test]
async fn devices_are_listed_once_each() {
    let b = bench().await;
    let user = b.user().await;
    let devices = b.graph.devices(&user.account.id).await.unwrap();
    let mut expected: Vec<String> =
        b.world(|c| c.devices_of(&user.account.id).iter().map(|d| d.name.clone()).collect());
    let mut names: Vec<String> = devices.iter().map(|d| d.name.clone()).collect();
    names.sort();
    expected.sort();
    assert_eq!(names, expected);
    assert!(devices[0].os.starts_with("Windows 10.0"), "{devices:?}");
    assert!(devices[0].last_seen.is_some());
    assert!(b.graph.devices("00000000-0000-0000-0000-000000000000").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_entra_cannot_do_is_not_declared_and_refused() {
    let b = bench().await;
    let user = b.user().await;
    assert!(!b.graph.capabilities().contains(&ActionKind::UnlockAccount));
    let unlock = Action::UnlockAccount(UnlockAccount { account: user.account.clone() });
    let error = b.perform(&unlock, None).await.unwrap_err();
    assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
    let gone = AccountRef { id: "00000000-0000-0000-0000-000000000000".into(), ..user.account };
    let action = Action::DisableAccount(DisableAccount { account: gone });
    let error = b.perform(&action, None).await.unwrap_err();
    assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
    assert!(b.sandbox.effects().is_empty());
}

#[tokio::test]
async fn a_group_that_is_gone_is_no_success_of_removing_a_member() {
    let b = bench().await;
    let user = b.user().await;
    let group = GroupRef {
        id: "00000000-0000-0000-0000-000000000000".into(),
        name: "Gone".into(),
        privileged: false,
    };
    let action =
        Action::RemoveGroupMember(RemoveGroupMember { account: user.account.clone(), group });
    let error = b.perform(&action, None).await.unwrap_err();
    assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
}

#[tokio::test]
async fn an_unreachable_service_is_named_and_tried_again() {
    let b = bench().await;
    let user = b.user().await;
    let host = b.sandbox.base_url().trim_start_matches("http://").to_owned();
    drop(b.sandbox);
    let action = Action::DisableAccount(DisableAccount { account: user.account.clone() });
    let grant = permit(CLIENT, &action);
    // The pooled connection may break first: then nobody knows, which is right for a write.
    let first = b.graph.perform(grant, None).await.unwrap_err();
    assert!(!matches!(first, CallError::Rejected { .. }), "{first:?}");
    let error = b.graph.probe().await.unwrap_err();
    assert!(matches!(error, CallError::Retry { .. }), "{error:?}");
    assert!(error.to_string().contains(&host), "{error}");
}
