//! The Active Directory connector against a real domain controller (`labs/samba`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use async_trait::async_trait;
use common::directory::{
    DirectoryFixture, SignIn, World, assert_gate_refuses, by_address, directory_suite, do_it,
    group_named,
};
use common::net::{Proxy, TlsServer, closed_port, silent_server};
use common::{fresh_password, labs, now, permit};
use connectors::idp::active_directory::{ActiveDirectory, ActiveDirectoryConfig};
use connectors::{CallError, Directory, ReadBack};
use domain::{
    Account, AccountQuery, Action, Group,
    action::{AddGroupMember, DisableAccount, RemoveGroupMember, ResetPassword, UnlockAccount},
};
use ldap3::{LdapConnAsync, LdapConnSettings};
use serde_json::{Value, json};
use std::sync::Arc;

struct Lab {
    all: Value,
}

impl Lab {
    fn of(test: &str) -> Option<Lab> {
        labs(test).map(|all| Lab { all })
    }

    fn get(&self, key: &str) -> &str {
        self.all["active_directory"][key]
            .as_str()
            .unwrap_or_else(|| panic!("labs.json lacks {key}"))
    }

    fn port(&self) -> u16 {
        url::Url::parse(self.get("url")).unwrap().port().unwrap()
    }

    fn tls(&self, key: &str) -> &str {
        self.all["tls"][key].as_str().unwrap()
    }

    /// The lab's configuration with some settings replaced.
    fn config(&self, changes: Value) -> ActiveDirectoryConfig {
        let mut config = json!({
            "url": self.get("url"),
            "base_dn": self.get("base_dn"),
            "bind_dn": self.get("bind_dn"),
            "password": { "file": self.get("password_file") },
            "ca_file": self.get("ca_file"),
            "timeout_ms": 20_000,
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        serde_json::from_value(config).unwrap()
    }

    fn directory(&self, changes: Value) -> ActiveDirectory {
        ActiveDirectory::new("acme-ad", self.config(changes)).unwrap()
    }

    /// Result code and text of a sign-in past the connector.
    async fn bind(&self, who: &str, password: &str) -> (u32, String) {
        let mut roots = rustls::RootCertStore::empty();
        let pem = std::fs::read(self.get("ca_file")).unwrap();
        use rustls_pki_types::{CertificateDer, pem::PemObject};
        for cert in CertificateDer::pem_slice_iter(&pem) {
            roots.add(cert.unwrap()).unwrap();
        }
        connectors::install_crypto_provider();
        let tls =
            rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let settings = LdapConnSettings::new().set_config(Arc::new(tls));
        let (connection, mut ldap) =
            LdapConnAsync::with_settings(settings, self.get("url")).await.unwrap();
        ldap3::drive!(connection);
        let result = ldap.simple_bind(who, password).await.unwrap();
        ldap.unbind().await.unwrap();
        (result.rc, result.text)
    }
}

#[async_trait]
impl World for Lab {
    async fn lock_out(&self, account: &Account) -> bool {
        let tries = self.all["active_directory"]["lockout_threshold"].as_u64().unwrap() + 1;
        for _ in 0..tries {
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

fn refusal(answer: Result<impl std::fmt::Debug, CallError>) -> String {
    match answer {
        Err(error @ CallError::Rejected { .. }) => error.to_string(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn later(answer: Result<impl std::fmt::Debug, CallError>) -> String {
    match answer {
        Err(error @ CallError::Retry { .. }) => error.to_string(),
        other => panic!("expected to try again, got {other:?}"),
    }
}

fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{text:?} should say {word:?}");
    }
    for secret in ["Svc-Pass!2026", "not-the-password", "Lab-Pass!2026"] {
        assert!(!text.contains(secret), "{text:?} holds a secret");
    }
}

#[tokio::test]
async fn behaves_as_every_directory_must() {
    let Some(lab) = Lab::of("behaves_as_every_directory_must") else { return };
    let ad = lab.directory(json!({}));
    let fixture = DirectoryFixture {
        world: &lab,
        worker: "bklein@acme.test",
        managed: ("jroe@acme.test", "mboss@acme.test"),
        alias: Some(("jane@home.example", "jroe@acme.test")),
        umlaut: ("Jürgen", "Müller", "juergen.mueller@acme.test"),
        odd_name: "Sean O'Neil (*) #1, \\ Dept",
        twins: "Alex Miller",
        blocked: "lleft@acme.test",
        administrators: &["dadmin@acme.test", "nnested@acme.test"],
        service: Some("sqlrunner@acme.test"),
        devices: ("jroe@acme.test", 2),
        group: "Sales",
        odd_group: Some("Läger (Nord) *"),
        owned_group: ("Payroll", "ppay@acme.test"),
        nested_group: Some("Helpers of Helpers"),
        nobody: "nobody@acme.test",
    };
    directory_suite(&ad, &fixture).await;
}

#[tokio::test]
async fn shows_what_only_active_directory_has() {
    let Some(lab) = Lab::of("shows_what_only_active_directory_has") else { return };
    let ad = lab.directory(json!({}));
    let alias = by_address(&ad, "jane.roe@acme.test").await;
    assert_eq!(alias.account.login, "jroe@acme.test");
    assert_eq!(by_address(&ad, "jroe").await.account, alias.account, "the short login works too");
    assert_eq!(alias.title.as_deref(), Some("Accountant"));
    assert!(alias.groups.iter().any(|g| g.name == "Finance"));
    assert!(alias.groups.iter().any(|g| g.name == "Domain Users"), "the primary group counts");
    let nested = by_address(&ad, "nnested@acme.test").await;
    let privileged: Vec<_> =
        nested.groups.iter().filter(|g| g.privileged).map(|g| g.name.as_str()).collect();
    let guard = "protected by AdminSDHolder";
    assert_eq!(privileged, ["Administrators", "Domain Admins", "Server Helpers", guard]);
    assert!(group_named(&ad, "Domain Admins").await.group.privileged);
    assert!(group_named(&ad, "Backup Operators").await.group.privileged);
    let backup = by_address(&ad, "svc-backup@acme.test").await;
    assert!(backup.service_marks[0].contains("OU=Service Accounts"), "{:?}", backup.service_marks);
    // The directory itself takes ü for u; an address must match letter by letter.
    let near = AccountQuery::Address("jrœ@acme.test".into());
    assert!(ad.find_accounts(&near).await.unwrap().is_empty());
    let near = AccountQuery::Address("jröe@acme.test".into());
    assert!(ad.find_accounts(&near).await.unwrap().is_empty());
    let computer = AccountQuery::Address("ACME-L01$".into());
    assert!(ad.find_accounts(&computer).await.unwrap().is_empty(), "a computer is no person");
}

#[tokio::test]
async fn people_are_looked_for_where_they_are_said_to_be() {
    let Some(lab) = Lab::of("people_are_looked_for_where_they_are_said_to_be") else { return };
    let ad = lab.directory(json!({ "people_base": lab.get("people_base") }));
    assert_eq!(by_address(&ad, "jroe@acme.test").await.account.name, "Jane Roe");
    let outside = AccountQuery::Address("svc-backup@acme.test".into());
    assert!(ad.find_accounts(&outside).await.unwrap().is_empty());
    let wrong = lab.directory(json!({ "people_base": "OU=Nowhere,DC=acme,DC=test" }));
    says(&refusal(wrong.probe().await), &["OU=Nowhere,DC=acme,DC=test", "`people_base`"]);
    let wrong = lab.directory(json!({ "base_dn": "DC=other,DC=test" }));
    says(&refusal(wrong.probe().await), &["DC=other,DC=test", "`base_dn`"]);
}

/// Even with a grant in hand, administrators are out of the service account's reach.
#[tokio::test]
async fn the_directory_itself_keeps_administrators_out_of_reach() {
    let Some(lab) = Lab::of("the_directory_itself_keeps_administrators_out_of_reach") else {
        return;
    };
    let ad = lab.directory(json!({}));
    let secret = fresh_password();
    for address in ["dadmin@acme.test", "nnested@acme.test", "svc-backup@acme.test"] {
        let target = by_address(&ad, address).await;
        let account = target.account.clone();
        let actions = [
            Action::ResetPassword(ResetPassword { account: account.clone(), must_change: true }),
            Action::UnlockAccount(UnlockAccount { account: account.clone() }),
            Action::DisableAccount(DisableAccount { account: account.clone() }),
        ];
        for action in actions {
            assert_gate_refuses(&action, &target);
            let text = refusal(ad.perform(permit(&action), Some(&secret)).await);
            says(&text, &["svc-journeyman@acme.test has no right", &account.name, "delegate"]);
        }
        assert_eq!(ad.account(&account.id).await.unwrap().unwrap(), target, "nothing changed");
    }
    let jane = by_address(&ad, "jroe@acme.test").await.account;
    for group in ["Domain Admins", "Server Helpers", "Helpers of Helpers"] {
        let Group { group, .. } = group_named(&ad, group).await;
        let add =
            Action::AddGroupMember(AddGroupMember { account: jane.clone(), group: group.clone() });
        says(
            &refusal(ad.perform(permit(&add), None).await),
            &["no right", &group.name, "Write member"],
        );
        assert!(!ad.is_direct_member(&group.id, &jane.id).await.unwrap());
    }
}

#[tokio::test]
async fn missing_rights_and_too_many_rights_are_named() {
    let Some(lab) = Lab::of("missing_rights_and_too_many_rights_are_named") else { return };
    let powerless = lab.directory(json!({ "bind_dn": lab.get("powerless_bind_dn") }));
    let account = by_address(&powerless, "amiller@acme.test").await.account;
    let unlock = Action::UnlockAccount(UnlockAccount { account });
    let text = refusal(powerless.perform(permit(&unlock), None).await);
    says(&text, &["svc-powerless@acme.test has no right", "Write lockoutTime"]);

    let probe = lab.directory(json!({})).probe().await.unwrap();
    says(&probe.detail, &["DC=acme,DC=test", "svc-journeyman@acme.test"]);
    assert!(probe.warnings.is_empty(), "{:?}", probe.warnings);
    let admin = lab.directory(json!({
        "bind_dn": lab.get("admin_bind_dn"),
        "password": { "file": lab.get("admin_password_file") },
    }));
    let warnings = admin.probe().await.unwrap().warnings;
    // The built-in administrator has no userPrincipalName in every domain; by name it is found.
    let by_dn = lab.directory(json!({
        "bind_dn": "CN=Administrator,CN=Users,DC=acme,DC=test",
        "password": { "file": lab.get("admin_password_file") },
    }));
    let warnings = [warnings, by_dn.probe().await.unwrap().warnings].concat();
    says(&warnings.join(" "), &["is an administrator", "Domain Admins"]);
}

#[tokio::test]
async fn a_password_that_the_domain_refuses_is_told_as_such() {
    let Some(lab) = Lab::of("a_password_that_the_domain_refuses_is_told_as_such") else { return };
    let ad = lab.directory(json!({}));
    let account = by_address(&ad, "amiller2@acme.test").await.account;
    let reset = Action::ResetPassword(ResetPassword { account, must_change: true });
    let weak = "abc".to_owned().into();
    says(
        &refusal(ad.perform(permit(&reset), Some(&weak)).await),
        &["password policy", "Alex Miller"],
    );
    // An empty password would sign in as nobody, which the server accepts: no proof of anything.
    let empty = String::new().into();
    refusal(ad.perform(permit(&reset), Some(&empty)).await);
    for wrong in [&weak, &empty] {
        let shown = ad.read_back(&reset, None, now(), Some(wrong)).await.unwrap();
        assert!(matches!(shown, ReadBack::NotShown(_)), "{shown:?}");
    }
}

#[tokio::test]
async fn odd_names_can_be_changed_like_any_other() {
    let Some(lab) = Lab::of("odd_names_can_be_changed_like_any_other") else { return };
    let ad = lab.directory(json!({}));
    let account = by_address(&ad, "s.o'neil@acme.test").await.account;
    let group = group_named(&ad, "Läger (Nord) *").await.group;
    let add = AddGroupMember { account: account.clone(), group: group.clone() };
    do_it(&ad, &Action::AddGroupMember(add), None).await;
    let remove = RemoveGroupMember { account: account.clone(), group };
    do_it(&ad, &Action::RemoveGroupMember(remove), None).await;
    let reset = ResetPassword { account, must_change: true };
    let secret = "Ünïcödé \"quoted\" Pass!1".to_owned() + &common::unique("x");
    do_it(&ad, &Action::ResetPassword(reset), Some(&secret.into())).await;
}

#[tokio::test]
async fn what_is_wrong_with_the_connection_is_said_in_one_message() {
    let Some(lab) = Lab::of("what_is_wrong_with_the_connection_is_said_in_one_message") else {
        return;
    };
    let probe = async |changes: Value| lab.directory(changes).probe().await;

    let wrong_password = json!({ "password": { "file": lab.get("wrong_password_file") } });
    says(
        &refusal(probe(wrong_password).await),
        &["svc-journeyman@acme.test", "password is wrong", "localhost"],
    );
    let blocked = json!({ "bind_dn": "lleft@acme.test", "password": { "file": secret_file(&lab, "Lab-Pass!2026") } });
    says(&refusal(probe(blocked).await), &["lleft@acme.test is blocked", "enable"]);

    let wrong_ca = json!({ "ca_file": lab.tls("other_ca_file") });
    says(&refusal(probe(wrong_ca).await), &["certificate", "not trusted", "`ca_file`"]);
    let expired = TlsServer::start(lab.tls("expired_certificate"), lab.tls("expired_key")).await;
    let url = format!("ldaps://localhost:{}", expired.port);
    says(
        &refusal(probe(json!({ "url": url })).await),
        &["certificate of localhost", "is expired", "renew"],
    );
    let named =
        TlsServer::start(lab.tls("wrong_name_certificate"), lab.tls("wrong_name_key")).await;
    let url = format!("ldaps://localhost:{}", named.port);
    says(&refusal(probe(json!({ "url": url })).await), &["is for another name", "`url`"]);

    let closed = json!({ "url": format!("ldaps://localhost:{}", closed_port()) });
    says(&later(probe(closed).await), &["cannot reach localhost", "nothing listens", "firewall"]);
    let nowhere = json!({ "url": "ldaps://dc1.does-not-exist.invalid" });
    says(&later(probe(nowhere).await), &["dc1.does-not-exist.invalid:636", "cannot"]);
    let (_keep, port) = silent_server();
    let silent = json!({ "url": format!("ldaps://localhost:{port}"), "timeout_ms": 200 });
    says(&later(probe(silent).await), &["did not answer", "200 ms"]);
    let plain = json!({ "url": lab.get("plain_url") });
    says(&refusal(probe(plain).await), &["without encryption", "ldaps"]);
}

/// A password on disk for one test.
fn secret_file(lab: &Lab, secret: &str) -> String {
    let path = format!("{}.{}", lab.get("wrong_password_file"), common::unique("test"));
    std::fs::write(&path, secret).unwrap();
    path
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_reading_back_settles_it() {
    let Some(lab) = Lab::of("a_lost_answer_is_unknown_and_reading_back_settles_it") else { return };
    let proxy = Proxy::to(lab.port()).await;
    let ad = lab.directory(json!({ "url": format!("ldaps://localhost:{}", proxy.port) }));
    let account = by_address(&ad, "amiller@acme.test").await.account;
    let block = Action::DisableAccount(DisableAccount { account: account.clone() });
    let reset =
        Action::ResetPassword(ResetPassword { account: account.clone(), must_change: true });

    // Here already the read before the write gets no answer.
    proxy.lose_answers(true);
    let lost = ad.perform(permit(&block), None).await;
    assert!(matches!(lost, Err(CallError::Retry { .. })), "a lost read changes nothing: {lost:?}");
    proxy.lose_answers(false);
    let after = ad.account(&account.id).await.expect("the connection is opened again by itself");
    assert!(after.unwrap().state.enabled);

    let secret = fresh_password();
    let started = now();
    let answer = lose_the_write(&lab, &reset, &secret).await;
    assert!(matches!(answer, Err(CallError::Unknown { .. })), "{answer:?}");
    let shown = ad.read_back(&reset, None, started, Some(&secret)).await.unwrap();
    assert!(matches!(shown, ReadBack::Shown(_)), "the change had happened: {shown:?}");
}

/// Sends the action through a proxy that loses the answer to its last exchange. How many exchanges
/// there are is found by trying: with one lost too early nothing was sent, which is `Retry`.
async fn lose_the_write(
    lab: &Lab,
    action: &Action,
    secret: &secrecy::SecretString,
) -> Result<(), CallError> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    for pass in 1..12 {
        let seen = Arc::new(AtomicUsize::new(0));
        let lose = Arc::new(std::sync::Mutex::new(None::<Arc<Proxy>>));
        let (count, slot) = (seen.clone(), lose.clone());
        let hook: common::net::Hook = Arc::new(move |_| {
            if count.fetch_add(1, Ordering::SeqCst) + 1 == pass
                && let Some(proxy) = slot.lock().unwrap().as_ref()
            {
                proxy.lose_answers(true);
            }
            Box::pin(async {})
        });
        let proxy = Arc::new(Proxy::with_hook(lab.port(), hook).await);
        let ad = lab.directory(json!({ "url": format!("ldaps://localhost:{}", proxy.port) }));
        ad.probe().await.unwrap();
        seen.store(0, Ordering::SeqCst);
        *lose.lock().unwrap() = Some(proxy.clone());
        match ad.perform(permit(action), Some(secret)).await {
            Err(CallError::Retry { .. }) => {}
            other => return other,
        }
    }
    panic!("the write was never reached");
}
