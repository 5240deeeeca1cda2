//! The Request Tracker connector against a real one (`labs/rt`), fed by real mail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use async_trait::async_trait;
use common::net::{Hook, Proxy, TlsServer, closed_port, silent_server};
use common::psa::{Desk, PsaFixture, do_it, drain, psa_suite, reference, state};
use common::{labs, mark, permit, unique};
use connectors::psa::request_tracker::{RequestTracker, RequestTrackerConfig};
use connectors::{CallError, Psa, ReadBack};
use domain::{
    Action, TicketStatus,
    action::{AddNote, Reply, SetStatus},
};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Lab {
    all: Value,
}

impl Lab {
    fn of(test: &str) -> Option<Lab> {
        labs(test).map(|all| Lab { all })
    }

    fn get(&self, key: &str) -> &str {
        self.all["request_tracker"][key].as_str().unwrap_or_else(|| panic!("labs.json lacks {key}"))
    }

    fn tls(&self, key: &str) -> &str {
        self.all["tls"][key].as_str().unwrap()
    }

    fn plain_port(&self) -> u16 {
        url::Url::parse(self.get("plain_url")).unwrap().port().unwrap()
    }

    fn desk(&self, changes: Value) -> RequestTracker {
        let mut config = json!({
            "url": self.get("url"),
            "token": { "file": self.get("token_file") },
            "queues": ["Acme", "Globex"],
            "ca_file": self.get("ca_file"),
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        let config: RequestTrackerConfig = serde_json::from_value(config).unwrap();
        RequestTracker::new("rt", config).unwrap()
    }

    /// A mail through the real gateway.
    fn mail(&self, from: &str, subject: &str, body: &str, message_id: &str, to: &str) {
        let script = format!("{}/mail-to-rt.sh", self.all["scripts"].as_str().unwrap());
        let folder = std::env::var("JOURNEYMAN_LABS").unwrap().replace("/labs.json", "");
        let mut child = Command::new(script)
            .args(["--pipe", &folder, from, subject, message_id, to])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    async fn call(&self, who: (&str, &str), method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/REST/2.0/{path}", self.get("plain_url"));
        let method = method.parse().unwrap();
        connectors::install_crypto_provider();
        let request = reqwest::Client::new().request(method, url).basic_auth(who.0, Some(who.1));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    fn root(&self) -> (&str, &str) {
        ("root", self.get("root_password"))
    }

    fn technician(&self) -> (&str, &str) {
        (self.get("technician"), self.get("technician_password"))
    }

    /// Ids of the tickets with exactly this subject.
    async fn ids(&self, subject: &str) -> Vec<String> {
        let query = format!("Subject = '{}'", subject.replace('\\', "\\\\").replace('\'', "\\'"));
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let path = format!("tickets?query={query}&orderby=id&per_page=100");
        let found = self.call(self.root(), "GET", &path, Value::Null).await;
        let items = found["items"].as_array().unwrap();
        items.iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[async_trait]
impl Desk for Lab {
    async fn opens(&self, address: &str, name: &str, subject: &str, body: &str) -> String {
        if subject.starts_with("Many ") {
            let ticket = json!({ "Queue": "Acme", "Subject": subject, "Requestor": address, "Content": body });
            let made = self.call(self.root(), "POST", "ticket", ticket).await;
            return made["id"].as_str().map_or_else(|| made["id"].to_string(), str::to_owned);
        }
        self.mail(&format!("{name} <{address}>"), subject, body, "", "help@acme.test");
        let ids = self.ids(subject).await;
        assert_eq!(ids.len(), 1, "the mail {subject:?} is one ticket");
        ids[0].clone()
    }

    async fn writes(&self, id: &str, address: &str, body: &str) {
        self.mail(address, &format!("Re: [acme.test #{id}] again"), body, "", "help@acme.test");
    }

    async fn notes(&self, id: &str, text: &str) {
        let body = json!({ "Content": text, "ContentType": "text/plain" });
        self.call(self.technician(), "POST", &format!("ticket/{id}/comment"), body).await;
    }
}

const JANE: (&str, &str) = ("jroe@acme.test", "Jane Roe");

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

fn says(lab: &Lab, text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{text:?} should say {word:?}");
    }
    for key in ["token_file", "wrong_token_file", "idle_token_file"] {
        let secret = std::fs::read_to_string(lab.get(key)).unwrap();
        assert!(!text.contains(secret.trim()), "{text:?} holds a secret");
    }
}

#[tokio::test]
async fn behaves_as_every_help_desk_must() {
    let Some(lab) = Lab::of("behaves_as_every_help_desk_must") else { return };
    let fixture = PsaFixture {
        desk: &lab,
        customer: "Acme",
        from: JANE,
        technician: "Tina Technician",
        no_ticket: "999999",
        many: 3,
    };
    psa_suite(&lab.desk(json!({})), &fixture).await;
}

/// The lab holds hundreds of tickets that were last touched within the same seconds.
#[tokio::test]
async fn no_ticket_is_lost_between_two_pages() {
    let Some(lab) = Lab::of("no_ticket_is_lost_between_two_pages") else { return };
    let globex = lab.desk(json!({ "queues": ["Globex"] }));
    let mut cursor = "2020-01-01T00:00:00Z".to_owned();
    let first = globex.changes(Some(&cursor)).await.unwrap();
    assert!(first.more && first.changes.len() == 100);
    let seen = drain(&globex, &mut cursor).await;
    for number in 1..=230 {
        let ids = if number % 23 == 0 {
            lab.ids(&format!("Old ticket {number}")).await
        } else {
            continue;
        };
        assert!(seen.contains(&ids[0]), "ticket {} is among {} seen", ids[0], seen.len());
    }
    assert!(seen.len() >= 230, "{} of 230", seen.len());
    let old = lab.ids("Old ticket 7").await.remove(0);
    let ticket = globex.incoming(&old).await.unwrap().unwrap();
    assert_eq!((ticket.status, ticket.body.as_str()), (TicketStatus::Closed, ""));
    let again = globex.changes(Some(&cursor)).await.unwrap();
    assert!(!again.more && !again.changes.iter().any(|c| c.id == old), "the old is done with");
}

/// What became of a closed ticket, by the words and clicks of people.
#[tokio::test]
async fn closed_tickets_come_with_all_that_became_of_them() {
    let Some(lab) = Lab::of("closed_tickets_come_with_all_that_became_of_them") else { return };
    let rt = lab.desk(json!({}));
    let id = lab.opens(JANE.0, JANE.1, &unique("Past"), "please unlock me").await;
    let before = (id.parse::<u64>().unwrap() - 1).to_string();
    let path = format!("ticket/{id}");
    lab.notes(&id, "looks locked").await;
    lab.call(lab.technician(), "PUT", &path, json!({ "Owner": lab.get("technician") })).await;
    lab.writes(&id, JANE.0, "thank you").await;
    for (status, minutes) in [("resolved", 0), ("open", 0), ("resolved", 15)] {
        let work = json!({ "Content": "done", "ContentType": "text/plain", "TimeTaken": minutes });
        if minutes > 0 {
            lab.call(lab.technician(), "POST", &format!("{path}/comment"), work).await;
        }
        lab.call(lab.root(), "PUT", &path, json!({ "Status": status })).await;
    }
    let page = rt.closed(Some(&before)).await.unwrap();
    let past = page.tickets.iter().find(|t| t.id == id).unwrap();
    assert_eq!(rt.past(&id).await.unwrap().as_ref(), Some(past));
    let open = lab.opens(JANE.0, JANE.1, &unique("Open"), "please unlock me").await;
    assert!(rt.past(&open).await.unwrap().is_none(), "nobody closed it");
    assert_eq!((past.client.as_str(), past.group.as_str()), ("Acme", "Acme"));
    assert_eq!((past.requester.as_str(), past.body.as_str()), (JANE.0, "please unlock me"));
    assert_eq!(
        (past.reopened, past.minutes, past.status.as_str()),
        (Some(1), Some(15), "resolved")
    );
    assert!(!past.assignee.is_empty() && past.opened.is_some() && past.closed >= past.opened);
    let told = serde_json::to_value(&past.events).unwrap();
    let has = |what: Value| {
        told.as_array()
            .unwrap()
            .iter()
            .any(|e| what.as_object().unwrap().iter().all(|(key, value)| e.get(key) == Some(value)))
    };
    assert!(
        has(json!({ "what": "said", "text": "looks locked", "internal": true, "by_desk": true })),
        "{told}"
    );
    assert!(
        has(json!({ "what": "said", "text": "thank you", "by_desk": false, "by": JANE.0 })),
        "{told}"
    );
    assert!(has(json!({ "what": "assigned", "assignee": past.assignee })), "{told}");
    assert!(
        has(json!({ "what": "status", "to": "resolved" })) && has(json!({ "what": "reopened" })),
        "{told}"
    );
    assert!(has(json!({ "what": "worked", "minutes": 15 })), "{told}");

    // Page by page through the closed tickets of the past, each once.
    let globex = lab.desk(json!({ "queues": ["Globex"] }));
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    while seen.len() < 30 {
        let page = globex.closed(cursor.as_deref()).await.unwrap();
        assert!(page.more);
        seen.extend(page.tickets.into_iter().map(|t| t.id.parse::<u64>().unwrap()));
        cursor = Some(page.cursor);
    }
    assert!(seen.is_sorted() && seen.windows(2).all(|w| w[0] != w[1]), "{seen:?}");
    says(&lab, &refusal(globex.closed(Some("2020/1")).await), &["begin again"]);
}

/// Request Tracker makes a second ticket of the same mail; the Message-ID tells that it is one.
#[tokio::test]
async fn the_same_mail_twice_carries_the_same_message_id() {
    let Some(lab) = Lab::of("the_same_mail_twice_carries_the_same_message_id") else { return };
    let (subject, id) = (unique("Twice"), unique("mail"));
    for _ in 0..2 {
        lab.mail(
            "jroe@acme.test",
            &subject,
            "hello",
            &format!("<{id}@acme.test>"),
            "help@acme.test",
        );
    }
    let rt = lab.desk(json!({}));
    let ids = lab.ids(&subject).await;
    assert_eq!(ids.len(), 2);
    for ticket in &ids {
        let incoming = rt.incoming(ticket).await.unwrap().unwrap();
        assert_eq!(incoming.message_id, Some(format!("{id}@acme.test")));
    }
    let typed = lab.opens(JANE.0, JANE.1, "Many typed in", "by a person").await;
    assert_eq!(rt.incoming(&typed).await.unwrap().unwrap().message_id, None, "no mail, no id");
}

#[tokio::test]
async fn a_mail_is_read_as_its_plain_text() {
    let Some(lab) = Lab::of("a_mail_is_read_as_its_plain_text") else { return };
    let rt = lab.desk(json!({}));
    for (kind, content, expected) in [
        (
            "text/html",
            "<p>Guten Tag,<br>bitte <b>Müller</b> entsperren</p><style>p{}</style>",
            "Guten Tag,\nbitte Müller entsperren",
        ),
        ("text/plain", "  Umbruch\r\nund Ende  ", "Umbruch\nund Ende"),
    ] {
        let subject = unique("Kind");
        let body = json!({ "Queue": "Globex", "Subject": subject, "Requestor": "desk@globex.test", "Content": content, "ContentType": kind });
        lab.call(lab.root(), "POST", "ticket", body).await;
        let ticket = rt.incoming(&lab.ids(&subject).await[0]).await.unwrap().unwrap();
        assert_eq!(ticket.body, expected);
        assert_eq!(ticket.customer, "Globex");
        assert_eq!(ticket.from, "desk@globex.test");
    }
}

/// A queue that is not configured does not exist for us, whatever the token could see.
#[tokio::test]
async fn tickets_of_other_queues_are_left_alone() {
    let Some(lab) = Lab::of("tickets_of_other_queues_are_left_alone") else { return };
    let acme_only = lab.desk(json!({ "queues": ["Acme"] }));
    let mut cursor = acme_only.changes(None).await.unwrap().cursor;
    let subject = unique("Foreign");
    lab.mail("desk@globex.test", &subject, "not yours", "", "help@globex.test");
    let id = lab.ids(&subject).await.remove(0);
    assert!(!drain(&acme_only, &mut cursor).await.contains(&id));
    assert_eq!(acme_only.incoming(&id).await.unwrap(), None);
    assert_eq!(acme_only.ticket(&id).await.unwrap(), None);
    let note =
        Action::AddNote(AddNote { ticket: reference(&acme_only, &id), text: "hello".into() });
    says(&lab, &refusal(acme_only.perform(permit(&note)).await), &[&id, "another queue"]);
    let both = lab.desk(json!({}));
    assert_eq!(state(&both, &id).await.messages, []);
    // A queue's name is data, not part of the question.
    let odd = lab.desk(json!({ "queues": ["Acme' OR id > 0 OR Queue = 'x", "It's \\ odd"] }));
    let found = odd.changes(Some("2020-01-01T00:00:00Z")).await.unwrap().changes;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_change_by_somebody_else_in_between_is_seen() {
    let Some(lab) = Lab::of("a_change_by_somebody_else_in_between_is_seen") else { return };
    let lab = Arc::new(lab);
    let id = lab.opens(JANE.0, JANE.1, &unique("Race"), "please").await;
    let puts = Arc::new(AtomicUsize::new(0));
    // How many of our attempts a technician gets in between.
    for (interruptions, expected) in [(1, true), (99, false)] {
        puts.store(0, Ordering::SeqCst);
        let (desk, ticket, count) = (lab.clone(), id.clone(), puts.clone());
        let hook: Hook = Arc::new(move |chunk| {
            let (desk, ticket, count) = (desk.clone(), ticket.clone(), count.clone());
            Box::pin(async move {
                if chunk.starts_with(b"PUT ")
                    && count.fetch_add(1, Ordering::SeqCst) < interruptions
                {
                    desk.notes(&ticket, "me first").await;
                }
            })
        });
        let proxy = Proxy::with_hook(lab.plain_port(), hook).await;
        let rt = lab.desk(json!({ "url": format!("http://127.0.0.1:{}", proxy.port) }));
        let status = if expected { TicketStatus::Closed } else { TicketStatus::WaitingOnCustomer };
        let action = Action::SetStatus(SetStatus {
            ticket: reference(&rt, &id),
            status,
            duplicate_of: None,
        });
        let answer = rt.perform(permit(&action)).await;
        if expected {
            answer.expect("read again and done");
            assert_eq!(
                puts.load(Ordering::SeqCst),
                2,
                "the first try was stale, the second was not"
            );
        } else {
            says(&lab, &later(answer), &["somebody else", &id]);
            assert_eq!(
                state(&rt, &id).await.status,
                TicketStatus::Closed,
                "nothing was overwritten"
            );
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_reading_back_settles_it() {
    let Some(lab) = Lab::of("a_lost_answer_is_unknown_and_reading_back_settles_it") else { return };
    let id = lab.opens(JANE.0, JANE.1, &unique("Lost"), "please").await;
    let proxy: Arc<std::sync::OnceLock<Proxy>> = Arc::default();
    let slot = proxy.clone();
    let hook: Hook = Arc::new(move |chunk| {
        let slot = slot.clone();
        Box::pin(async move {
            if let Some(proxy) = slot.get() {
                proxy.lose_answers(chunk.starts_with(b"POST ") || !chunk.starts_with(b"GET "));
            }
        })
    });
    let started = Proxy::with_hook(lab.plain_port(), hook).await;
    let rt = lab.desk(json!({ "url": format!("http://127.0.0.1:{}", started.port) }));
    let _ = proxy.set(started);
    let reply =
        Action::Reply(Reply { ticket: reference(&rt, &id), text: "It works again.".into() });
    let answer = rt.perform(permit(&reply)).await;
    assert!(matches!(answer, Err(CallError::Unknown { .. })), "{answer:?}");
    // The server may still be at it.
    let direct = lab.desk(json!({}));
    for _ in 0..100 {
        if let ReadBack::Shown(_) = direct.read_back(&reply, &mark(&reply)).await.unwrap() {
            let answers = state(&direct, &id).await.messages;
            assert_eq!(answers.iter().filter(|m| m.body.contains("It works again.")).count(), 1);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the reply that was sent never showed");
}

#[tokio::test]
async fn a_status_that_the_desk_does_not_have_is_not_taken_for_done() {
    let Some(lab) = Lab::of("a_status_that_the_desk_does_not_have_is_not_taken_for_done") else {
        return;
    };
    let rt = lab.desk(json!({ "statuses": { "needs_technician": "escalated" } }));
    let id = lab.opens(JANE.0, JANE.1, &unique("Bogus"), "please").await;
    let action = Action::SetStatus(SetStatus {
        ticket: reference(&rt, &id),
        status: TicketStatus::NeedsTechnician,
        duplicate_of: None,
    });
    says(&lab, &refusal(rt.perform(permit(&action)).await), &["escalated", "`statuses`"]);
    let shown = rt.read_back(&action, &mark(&action)).await.unwrap();
    assert!(matches!(shown, ReadBack::NotShown(_)), "{shown:?}");
    let missing = Action::SetStatus(SetStatus {
        ticket: reference(&rt, &id),
        status: TicketStatus::Closed,
        duplicate_of: Some("999999".into()),
    });
    refusal(rt.perform(permit(&missing)).await);
}

#[tokio::test]
async fn the_user_gets_the_answer_by_mail() {
    let Some(lab) = Lab::of("the_user_gets_the_answer_by_mail") else { return };
    let rt = lab.desk(json!({}));
    let id = lab.opens("mboss@acme.test", "Max Boss", &unique("Mail"), "please").await;
    let text = unique("Your account works again");
    do_it(&rt, &Action::Reply(Reply { ticket: reference(&rt, &id), text: text.clone() })).await;
    let inbox = std::path::PathBuf::from(lab.all["mail"]["maildir"].as_str().unwrap())
        .join("mboss@acme.test/new");
    for _ in 0..200 {
        let mails = std::fs::read_dir(&inbox).into_iter().flatten().flatten();
        if mails.filter_map(|m| std::fs::read_to_string(m.path()).ok()).any(|m| m.contains(&text)) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("no mail in {}", inbox.display());
}

#[tokio::test]
async fn what_is_wrong_with_the_connection_is_said_in_one_message() {
    let Some(lab) = Lab::of("what_is_wrong_with_the_connection_is_said_in_one_message") else {
        return;
    };
    let probe = async |changes: Value| lab.desk(changes).probe().await;
    let good = probe(json!({})).await.unwrap();
    says(&lab, &good.detail, &["Request Tracker 5", "bot", "Acme"]);

    let token = json!({ "token": { "file": lab.get("wrong_token_file") } });
    says(
        &lab,
        &refusal(probe(token).await),
        &["does not accept the token", "rt-wrong.token", "Auth Tokens"],
    );
    let idle = json!({ "token": { "file": lab.get("idle_token_file") } });
    says(&lab, &refusal(probe(idle).await), &["Acme", "SeeQueue"]);
    says(
        &lab,
        &refusal(probe(json!({ "queues": ["Acme", "Umbrella"] })).await),
        &["Umbrella", "`queues`"],
    );
    let path = json!({ "url": format!("{}/help", lab.get("url")) });
    says(&lab, &refusal(probe(path).await), &["localhost"]);

    says(
        &lab,
        &refusal(probe(json!({ "ca_file": lab.tls("other_ca_file") })).await),
        &["certificate", "localhost", "`ca_file`"],
    );
    let expired = TlsServer::start(lab.tls("expired_certificate"), lab.tls("expired_key")).await;
    let url = json!({ "url": format!("https://localhost:{}", expired.port) });
    says(&lab, &refusal(probe(url).await), &["certificate", "xpired", "renew"]);
    let named =
        TlsServer::start(lab.tls("wrong_name_certificate"), lab.tls("wrong_name_key")).await;
    let url = json!({ "url": format!("https://localhost:{}", named.port) });
    says(&lab, &refusal(probe(url).await), &["certificate", "name"]);

    let url = json!({ "url": format!("https://localhost:{}", closed_port()) });
    says(&lab, &later(probe(url).await), &["cannot reach localhost"]);
    let url = json!({ "url": "https://rt.does-not-exist.invalid" });
    says(&lab, &later(probe(url).await), &["rt.does-not-exist.invalid"]);
    let (_keep, port) = silent_server();
    let url = json!({ "url": format!("http://127.0.0.1:{port}"), "timeout_ms": 200 });
    says(&lab, &later(probe(url).await), &["did not answer"]);
}

#[tokio::test]
async fn missing_rights_are_named() {
    let Some(lab) = Lab::of("missing_rights_are_named") else { return };
    let id = lab.opens(JANE.0, JANE.1, &unique("Rights"), "please").await;
    let idle = lab.desk(json!({ "token": { "file": lab.get("idle_token_file") } }));
    let note = Action::AddNote(AddNote { ticket: reference(&idle, &id), text: "hello".into() });
    says(&lab, &refusal(idle.perform(permit(&note)).await), &["may not", "CommentOnTicket"]);
}
