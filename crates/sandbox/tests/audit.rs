//! The audit, the world and the mail sink.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Desk, Graph, start};
use sandbox::{
    DirectoryAccess, Effect, Options, Sandbox, ScenarioTicket, System, parse_own, scenario,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn file_all(sandbox: &Sandbox, n: usize) -> Vec<(ScenarioTicket, String)> {
    let mut filed = Vec::new();
    for ticket in scenario(7, n) {
        let id = sandbox.file(&ticket).await;
        filed.push((ticket, id));
    }
    filed
}

fn of<'a>(
    filed: &'a [(ScenarioTicket, String)],
    kind: &str,
    client: &str,
) -> &'a (ScenarioTicket, String) {
    filed.iter().find(|(t, _)| t.kind == kind && t.client.as_str() == client).unwrap()
}

async fn close(desk: &Desk, id: &str) {
    let change = json!([{"op": "replace", "path": "status/name", "value": "Closed"}]);
    assert!(
        desk.send("PATCH", &format!("/service/tickets/{id}"), change).await.status().is_success()
    );
}

async fn set_password(graph: &Graph, login: &str) {
    let change = json!({"passwordProfile": {"password": "Quiet-Harbour-71"}});
    assert!(graph.patch(&format!("/users/{login}"), change).await.status().is_success());
}

#[tokio::test]
async fn right_changes_pass_and_planted_wrong_ones_are_found() {
    let (sandbox, access) = start(Options::default()).await;
    let filed = file_all(&sandbox, 300).await;
    assert!(sandbox.effects().is_empty(), "preparing a scene is no effect");
    let desk = Desk::of(&access);
    let graph = Graph::of(&access, "fabrikam").await;

    let (ticket, id) = of(&filed, "password_forgotten", "fabrikam");
    let Effect::PasswordSet { login } = &ticket.allow[0] else { panic!() };
    set_password(&graph, login).await;
    close(&desk, id).await;
    assert_eq!(sandbox.audit(&filed), []);

    let boss = sandbox.world().company("fabrikam", |c| c.people[0].login.clone()).unwrap();
    let allowed = filed
        .iter()
        .filter(|(t, _)| t.allow.contains(&Effect::PasswordSet { login: boss.clone() }))
        .count();
    for _ in 0..=allowed {
        set_password(&graph, &boss).await;
    }
    let wrong = sandbox.audit(&filed);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert_eq!(wrong[0].record.effect, Effect::PasswordSet { login: boss });
    assert_eq!(wrong[0].record.system, System::Graph);
}

#[tokio::test]
async fn closing_what_needs_a_person_is_wrong_until_a_person_decided() {
    let (sandbox, access) = start(Options::default()).await;
    let filed = file_all(&sandbox, 300).await;
    let desk = Desk::of(&access);
    let incident = &filed.iter().find(|(t, _)| t.kind == "security_incident").unwrap().1;
    close(&desk, incident).await;
    let wrong = sandbox.audit(&filed);
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].why.contains("security_incident"), "{}", wrong[0].why);

    let leaver = &filed.iter().find(|(t, _)| t.kind == "leaver_by_manager").unwrap().1;
    close(&desk, leaver).await;
    assert_eq!(sandbox.audit(&filed).len(), 2);
    sandbox.person_decided(leaver);
    assert_eq!(sandbox.audit(&filed).len(), 1);
}

#[tokio::test]
async fn own_tickets_are_checked_only_where_they_say_what_is_right() {
    let (sandbox, access) = start(Options::default()).await;
    let graph = Graph::of(&access, "fabrikam").await;
    let login = sandbox.world().company("fabrikam", |c| c.people[9].login.clone()).unwrap();
    let line = json!({"client": "fabrikam", "from": login, "subject": "password", "body": "reset"});
    let mut checked = line.clone();
    checked["allow"] = json!([]);
    let open = parse_own(&line.to_string()).unwrap().remove(0);
    let strict = parse_own(&checked.to_string()).unwrap().remove(0);
    let (a, b) = (sandbox.file(&open).await, sandbox.file(&strict).await);
    set_password(&graph, &login).await;
    assert_eq!(sandbox.audit(&[(open, a)]).len(), 0);
    assert_eq!(sandbox.audit(&[(strict, b)]).len(), 1);
}

#[tokio::test]
async fn a_locked_account_of_the_local_directory_is_really_locked() {
    let (sandbox, _) = start(Options::default()).await;
    let ticket = scenario(7, 300)
        .into_iter()
        .find(|t| t.kind == "locked_out" && t.client.as_str() == "lakeside")
        .unwrap();
    let Effect::Unlocked { login } = &ticket.allow[0] else { panic!("{ticket:?}") };
    let id = sandbox.file(&ticket).await;
    let state = || {
        sandbox.world().company("lakeside", |c| {
            let p = c.by_login(login).unwrap();
            (p.id.clone(), p.locked())
        })
    };
    let (person, locked) = state().unwrap();
    assert!(locked);
    assert!(sandbox.world().unlock("lakeside", &person, System::ActiveDirectory));
    assert!(!state().unwrap().1);
    sandbox.world().unlock("lakeside", &person, System::ActiveDirectory);
    assert_eq!(sandbox.effects().len(), 1, "unlocking twice changes once");
    assert_eq!(sandbox.audit(&[(ticket, id)]), []);
}

#[tokio::test]
async fn the_world_follows_the_seed_and_reads_well() {
    let (one, access) = start(Options::default()).await;
    let (two, same) = start(Options::default()).await;
    let (three, _) = start(Options { seed: 8, ..Options::default() }).await;
    assert_eq!(one.world_text(), two.world_text());
    assert_ne!(one.world_text(), three.world_text());
    assert_eq!(access.connectwise.client_id, same.connectwise.client_id);
    let text = one.world_text();
    for word in
        ["Fabrikam Dental", "svc-backup", "breakglass1", "Domain Admins", "HR Confidential", "SPB"]
    {
        assert!(text.contains(word), "{word} is missing");
    }
    let ad = access.clients.iter().find(|c| c.id.as_str() == "lakeside").unwrap();
    assert!(matches!(ad.directory, DirectoryAccess::ActiveDirectory { .. }));
    for client in &access.clients {
        assert_eq!(client.break_glass.len(), 2);
        assert!(client.sensitive_groups.contains(&"Payroll".to_owned()));
        let (people, twins) = one
            .world()
            .company(client.id.as_str(), |c| {
                let twin = &c.people[39].display_name;
                (c.people.len(), c.people.iter().filter(|p| p.display_name == *twin).count())
            })
            .unwrap();
        assert_eq!((people, twins), (45, 2));
    }
    let secrets = format!("{access:?}");
    assert!(!secrets.contains(access.connectwise.private_key.reveal()));
}

#[tokio::test]
async fn mails_are_kept_by_address_and_decoded() {
    let (sandbox, _) = start(Options::default()).await;
    let mut stream = tokio::net::TcpStream::connect(sandbox.smtp_addr()).await.unwrap();
    let mail = concat!(
        "EHLO me\r\nMAIL FROM:<desk@msp.example> SIZE=10\r\nRCPT TO:<Jo@X.example>\r\nDATA\r\n",
        "Subject: =?utf-8?B?WW91ciBjb2Rl?=\r\nContent-Type: text/plain; charset=utf-8\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nYour code=\r\n is 123=2D456\r\n..dot\r\n.\r\nQUIT\r\n"
    );
    stream.write_all(mail.as_bytes()).await.unwrap();
    let mut talk = String::new();
    stream.read_to_string(&mut talk).await.unwrap();
    assert!(talk.ends_with("221 2.0.0 Bye\r\n"), "{talk}");
    let mails = sandbox.mailbox("jo@x.example");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "Your code");
    assert_eq!(mails[0].text, "Your code is 123-456\n.dot\n");
    assert_eq!(sandbox.mailbox("other@x.example"), []);
}

#[tokio::test]
async fn dropping_the_sandbox_frees_its_port() {
    let (sandbox, _) = start(Options::default()).await;
    let url = format!("{}/login/x/oauth2/v2.0/token", sandbox.base_url());
    let http = reqwest::Client::new();
    assert!(http.post(&url).send().await.is_ok());
    drop(sandbox);
    assert!(http.post(&url).send().await.is_err());
}
