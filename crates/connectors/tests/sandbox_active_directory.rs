//! The Active Directory connector against the sandbox's stand-in, over real LDAP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use async_trait::async_trait;
use common::directory::{
    DirectoryFixture, SignIn, World, assert_gate_refuses, by_address, directory_suite, do_it,
    group_named,
};
use common::{fresh_password, now, permit};
use connectors::idp::active_directory::{ActiveDirectory, ActiveDirectoryConfig};
use connectors::{CallError, Directory, ReadBack, SecretSource};
use domain::action::*;
use domain::{Account, AccountQuery, Action, Lock};
use ldap3::LdapConnAsync;
use sandbox::world::{Company, PersonKind};
use sandbox::{
    DirectoryAccess, Effect, Fault, FaultKind, Options, Preparation, Sandbox, System, WriteKind,
};
use secrecy::ExposeSecret;
use tempfile::TempDir;

const CLIENT: &str = "lakeside";

struct Bench {
    sandbox: Sandbox,
    ad: ActiveDirectory,
    _secrets: TempDir,
}

async fn bench() -> Bench {
    bench_with(|_| ()).await
}

async fn bench_with(change: impl FnOnce(&mut ActiveDirectoryConfig)) -> Bench {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let secrets = TempDir::new().unwrap();
    let client = sandbox.access().clients.into_iter().find(|c| c.id.as_str() == CLIENT).unwrap();
    let DirectoryAccess::ActiveDirectory { url, base_dn, bind_dn, bind_password, .. } =
        client.directory
    else {
        panic!("{CLIENT} uses Active Directory");
    };
    let file = secrets.path().join("bind");
    std::fs::write(&file, bind_password.reveal()).unwrap();
    let mut config = ActiveDirectoryConfig {
        url,
        base_dn,
        bind_dn,
        password: SecretSource::File(file),
        ca_file: None,
        timeout_ms: 20_000,
        people_base: None,
    };
    change(&mut config);
    let ad = ActiveDirectory::new("lakeside-ad", config).unwrap();
    Bench { sandbox, ad, _secrets: secrets }
}

impl Bench {
    fn world<T>(&self, read: impl FnOnce(&Company) -> T) -> T {
        self.sandbox.world().company(CLIENT, read).unwrap()
    }

    /// Login of the n-th ordinary person whom the suite may change.
    fn worker(&self, n: usize) -> String {
        self.world(|c| {
            let plain = |p: &&sandbox::world::Person| {
                p.kind == PersonKind::Human && p.enabled && !c.is_privileged(&p.id)
            };
            c.people.iter().skip(14).filter(plain).nth(n).unwrap().login.clone()
        })
    }

    fn login(&self, id: &str) -> String {
        self.world(|c| c.person(id).unwrap().login.clone())
    }

    fn effects(&self) -> Vec<Effect> {
        let records = self.sandbox.effects();
        assert!(records.iter().all(|r| r.system == System::ActiveDirectory));
        records.into_iter().map(|r| r.effect).collect()
    }

    /// Result code and text of a sign-in past the connector.
    async fn bind(&self, who: &str, password: &str) -> (u32, String) {
        let (connection, mut ldap) = LdapConnAsync::new(self.sandbox.ldap_url()).await.unwrap();
        ldap3::drive!(connection);
        let result = ldap.simple_bind(who, password).await.unwrap();
        (result.rc, result.text)
    }

    fn fault(&self, method: &str, kind: FaultKind) {
        self.sandbox.fault(Fault {
            system: System::ActiveDirectory,
            method: Some(method.into()),
            path_contains: String::new(),
            kind,
            times: 1,
        });
    }
}

#[async_trait]
impl World for Bench {
    async fn lock_out(&self, account: &Account) -> bool {
        for _ in 0..6 {
            self.bind(&account.account.login, "certainly-wrong").await;
        }
        true
    }

    async fn sign_in(&self, account: &Account, password: &str) -> Option<SignIn> {
        let (code, text) = self.bind(&account.account.login, password).await;
        Some(match code {
            0 => SignIn::Accepted,
            _ if text.contains("data 773") => SignIn::MustChange,
            _ => SignIn::Refused,
        })
    }
}

#[tokio::test]
async fn behaves_as_every_directory_must() {
    let b = bench().await;
    let worker = b.worker(0);
    let person = b.world(|c| c.by_login(&worker).unwrap().clone());
    let manager = b.login(person.manager.as_deref().unwrap());
    let other = b.world(|c| c.people[9].clone());
    let twins = b.world(|c| c.people[12].display_name.clone());
    let blocked =
        b.world(|c| c.people.iter().find(|p| !p.enabled).map(|p| p.login.clone()).unwrap());
    let (direct, nested, owner) = b.world(|c| {
        let login = |id: &String| c.person(id).unwrap().login.clone();
        (
            login(&c.group_named("Domain Admins").unwrap().members[0]),
            login(&c.group_named("Server Operations").unwrap().members[0]),
            login(&c.group_named("Payroll").unwrap().owners[0]),
        )
    });
    let service = b.world(|c| {
        c.people.iter().find(|p| p.kind == PersonKind::Service).map(|p| p.login.clone()).unwrap()
    });
    let fixture = DirectoryFixture {
        world: &b,
        worker: &worker,
        managed: (&worker, &manager),
        alias: Some((&other.other_mails[0], &other.mail)),
        umlaut: (&other.given_name, &other.surname, &other.mail),
        odd_name: &other.display_name,
        twins: &twins,
        blocked: &blocked,
        administrators: &[&direct, &nested],
        service: Some(&service),
        devices: (&worker, 1),
        group: "Wiki Editors",
        odd_group: None,
        owned_group: ("Payroll", &owner),
        nested_group: Some("Server Operations"),
        nobody: "nobody@lakeside-builders.example",
    };
    directory_suite(&b.ad, &fixture).await;
    // Everything it did shows as a change of that person, made in this directory.
    assert!(b.effects().len() > 8);
    assert!(b.effects().iter().all(|e| e.to_string().contains(&worker)), "{:?}", b.effects());
}

#[tokio::test]
async fn the_probe_tells_where_we_are_and_finds_no_excess_of_rights() {
    let b = bench().await;
    let probe = b.ad.probe().await.unwrap();
    assert!(probe.detail.contains("dc1.lakeside-builders.example"), "{}", probe.detail);
    assert!(probe.warnings.is_empty(), "{:?}", probe.warnings);
    let wrong = bench_with(|c| c.people_base = Some(format!("OU=Nowhere,{}", c.base_dn))).await;
    let error = wrong.ad.probe().await.unwrap_err().to_string();
    assert!(error.contains("`people_base`"), "{error}");
    let nobody = bench_with(|c| c.bind_dn = format!("CN=nobody,{}", c.base_dn)).await;
    let error = nobody.ad.probe().await.unwrap_err().to_string();
    assert!(error.contains("`bind_dn`"), "{error}");
}

#[tokio::test]
async fn a_letter_with_another_accent_is_another_address() {
    let b = bench().await;
    let person = b.world(|c| c.people[9].clone());
    let mut tried = 0;
    // The directory itself takes ü for u; whoever is found must match letter by letter.
    for (plain, accented) in [("a", "á"), ("e", "é"), ("i", "í"), ("o", "ö"), ("u", "ü")] {
        if !person.mail.contains(plain) {
            continue;
        }
        tried += 1;
        let mail = person.mail.replacen(plain, accented, 1);
        let name = format!("{} {}", person.given_name, person.surname.replace(plain, accented));
        let mut queries = vec![AccountQuery::Address(mail)];
        queries.extend((name != person.display_name).then_some(AccountQuery::Name(name)));
        for query in queries {
            let found = b.ad.find_accounts(&query).await.unwrap();
            assert!(found.is_empty(), "{query:?}");
        }
    }
    assert!(tried > 2);
    let found = b.ad.find_accounts(&AccountQuery::Name(person.display_name)).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_locked_account_is_shown_unlocked_and_proven() {
    let b = bench().await;
    let login = b.worker(1);
    b.sandbox.prepare(CLIENT, &Preparation::Lock { login: login.clone() });
    let account = by_address(&b.ad, &login).await;
    assert_eq!(account.state.lock, Lock::Locked);
    let unlock = Action::UnlockAccount(UnlockAccount { account: account.account.clone() });
    do_it(&b.ad, &unlock, None).await;
    assert_eq!(by_address(&b.ad, &login).await.state.lock, Lock::Unlocked);
    assert_eq!(b.effects(), [Effect::Unlocked { login: login.clone() }]);
    assert_eq!(b.sandbox.write_count(CLIENT, &login, WriteKind::Unlock), 1);
}

#[tokio::test]
async fn a_reset_lets_the_new_password_in_and_is_counted_once() {
    let b = bench().await;
    let login = b.worker(2);
    let old = b.world(|c| c.by_login(&login).unwrap().password.reveal().to_owned());
    let account = by_address(&b.ad, &login).await.account;
    let reset = |must_change| {
        Action::ResetPassword(ResetPassword { account: account.clone(), must_change })
    };
    let secret = fresh_password();
    do_it(&b.ad, &reset(false), Some(&secret)).await;
    assert_eq!(b.bind(&login, secret.expose_secret()).await.0, 0);
    let (code, text) = b.bind(&login, &old).await;
    assert!(code == 49 && text.contains("data 52e"), "{code} {text}");
    assert_eq!(b.effects(), [Effect::PasswordSet { login: login.clone() }]);
    assert_eq!(b.sandbox.write_count(CLIENT, &login, WriteKind::Password), 1);

    let second = fresh_password();
    do_it(&b.ad, &reset(true), Some(&second)).await;
    let state = by_address(&b.ad, &login).await.state;
    assert_eq!((state.must_change, state.password_set_at), (Some(true), None));
    assert!(b.bind(&login, second.expose_secret()).await.1.contains("data 773"));
    assert_eq!(b.sandbox.write_count(CLIENT, &login, WriteKind::Password), 2);

    let weak = "abc".to_owned().into();
    let error = b.ad.perform(permit(&reset(true)), Some(&weak)).await.unwrap_err().to_string();
    assert!(error.contains("password policy"), "{error}");
    assert_eq!(b.effects().len(), 2, "{:?}", b.effects());
}

#[tokio::test]
async fn what_is_special_about_an_account_is_marked() {
    let b = bench().await;
    let (direct, nested) = b.world(|c| {
        let login = |id: &String| c.person(id).unwrap().login.clone();
        (
            login(&c.group_named("Domain Admins").unwrap().members[0]),
            login(&c.group_named("Server Operations").unwrap().members[0]),
        )
    });
    let marks = async |login: &str| {
        let groups = by_address(&b.ad, login).await.groups;
        let names = groups.into_iter().filter(|g| g.privileged).map(|g| g.name);
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let guard = "protected by AdminSDHolder";
    assert_eq!(marks(&direct).await, ["Administrators", "Domain Admins", guard]);
    let above = ["Administrators", "Domain Admins", "Server Operations", guard];
    assert_eq!(marks(&nested).await, above);
    let worker = by_address(&b.ad, &b.worker(0)).await;
    assert!(marks(&worker.account.login).await.is_empty());
    assert!(worker.groups.iter().any(|g| g.name == "Domain Users"), "the primary group counts");
    let team = group_named(&b.ad, "Server Operations").await;
    assert_eq!(team.privileged_parents, ["Administrators", "Domain Admins"]);
    assert!(team.group.privileged, "the directory guards it as one of its administrators");
    let parents: Vec<&str> = team.parents.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(parents, ["Administrators", "Domain Admins"]);
    for account in ["svc-backup@lakeside-builders.example", "svc-scanner@lakeside-builders.example"]
    {
        let marks = by_address(&b.ad, account).await.service_marks.join("; ");
        assert!(marks.contains("service principal name HOST/"), "{marks}");
        assert!(marks.contains("OU=Service Accounts"), "{marks}");
    }
    assert!(worker.service_marks.is_empty());
}

#[tokio::test]
async fn administrators_are_out_of_reach_even_with_a_grant() {
    let b = bench().await;
    let worker = by_address(&b.ad, &b.worker(0)).await;
    for group in ["Domain Admins", "Account Operators", "Server Operations"] {
        let group = group_named(&b.ad, group).await.group;
        let add = AddGroupMember { account: worker.account.clone(), group: group.clone() };
        let error = b.ad.perform(permit(&Action::AddGroupMember(add)), None).await.unwrap_err();
        assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
        assert!(error.to_string().contains("no right"), "{error}");
        assert!(!b.ad.is_direct_member(&group.id, &worker.account.id).await.unwrap());
    }
    let admin = b.login(&b.world(|c| c.group_named("Domain Admins").unwrap().members[0].clone()));
    let admin = by_address(&b.ad, &admin).await;
    let account = admin.account.clone();
    for action in [
        Action::ResetPassword(ResetPassword { account: account.clone(), must_change: true }),
        Action::UnlockAccount(UnlockAccount { account: account.clone() }),
        Action::DisableAccount(DisableAccount { account }),
    ] {
        assert_gate_refuses(&action, &admin);
        let error = b.ad.perform(permit(&action), Some(&fresh_password())).await.unwrap_err();
        assert!(error.to_string().contains("no right"), "{error}");
    }
    assert!(b.effects().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_reading_settles_it() {
    let b = bench().await;
    let login = b.worker(3);
    let account = by_address(&b.ad, &login).await;
    let reset = Action::ResetPassword(ResetPassword {
        account: account.account.clone(),
        must_change: true,
    });
    let secret = fresh_password();
    for (kind, happened) in [(FaultKind::DropBefore, false), (FaultKind::DropAfter, true)] {
        let started = now();
        b.fault("MODIFY", kind);
        let answer = b.ad.perform(permit(&reset), Some(&secret)).await;
        assert!(matches!(answer, Err(CallError::Unknown { .. })), "{kind:?}: {answer:?}");
        let read = b.ad.read_back(&reset, Some(&account.state), started, Some(&secret)).await;
        assert_eq!(matches!(read.unwrap(), ReadBack::Shown(_)), happened, "{kind:?}");
    }
    assert_eq!(b.effects(), [Effect::PasswordSet { login }]);

    b.fault("MODIFY", FaultKind::Status { code: 503, retry_after_s: None });
    let busy = b.ad.perform(permit(&reset), Some(&secret)).await;
    assert!(matches!(busy, Err(CallError::Retry { .. })), "{busy:?}");
    // A read that is cut off is simply made again.
    b.fault("SEARCH", FaultKind::DropBefore);
    assert!(b.ad.account(&account.account.id).await.unwrap().is_some());
    assert_eq!(b.effects().len(), 1);
}
