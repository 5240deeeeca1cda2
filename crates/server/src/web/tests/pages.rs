//! What the pages show, and what they never show.

use super::{
    seed::{self, Tale},
    support::Desk,
};
use crate::clock;
use axum::http::StatusCode;
use domain::{
    Action, AttemptId, CaseOutcome, ClientId, Fact, Intent, Outcome, Relation, Signal, TargetFacts,
    action,
};
use store::Role;

#[tokio::test]
async fn an_empty_desk_says_what_to_do_next() {
    let desk = Desk::new().await;
    let mut auditor = desk.visitor(Role::Auditor).await;
    let page = auditor.get("/").await;
    assert!(page.body.contains("No client is connected yet"), "{}", page.body);
    assert!(page.body.contains("journeyman doctor"));
    assert!(auditor.get("/approvals").await.body.contains("Nothing waits for you"));
    let journal = auditor.get("/journal").await.body;
    assert!(journal.contains("added as auditor"), "only the gate's own settings: {journal}");
}

#[tokio::test]
async fn the_list_counts_and_filters_by_phase_and_client() {
    let desk = Desk::new().await;
    let closed = seed::unlock(&desk.app, 600_000).await;
    let question = seed::group_question(&desk.app, 60_000, 3_600_000).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let both = [closed.to_string(), question.case.to_string()];
    let shows = |body: &str| both.clone().map(|id| body.contains(&format!("/cases/{id}\"")));
    for (address, expected) in [
        ("/", [true, true]),
        ("/?phase=closed", [true, false]),
        ("/?phase=waiting_for_approval", [false, true]),
        ("/?client=acme", [true, false]),
        ("/?client=globex&phase=closed", [false, false]),
        ("/?phase=nonsense", [true, true]),
    ] {
        let page = admin.get(address).await;
        assert_eq!(shows(&page.body), expected, "{address}");
        let fragment = admin.get(&address.replacen('/', "/cases/fragment", 1)).await;
        assert_eq!(shows(&fragment.body), expected, "fragment of {address}");
        assert!(!fragment.body.contains("<html"), "a fragment is no page");
        let line = format!("data-live-url=\"/cases/fragment{}", &address[1..]);
        if !address.contains("nonsense") {
            assert!(page.body.contains(&line.replace('&', "&#38;")), "{address}: {line}");
        }
    }
    let page = admin.get("/").await.body;
    let tile = |class: &str| {
        let at = page.find(&format!("tile-{class}\" class")).unwrap();
        let rest = &page[at..];
        let number = rest.find("number\">").unwrap() + 8;
        rest[number..number + rest[number..].find('<').unwrap()].to_owned()
    };
    assert_eq!([tile("all"), tile("closed"), tile("waiting_for_approval")], ["2", "1", "1"]);
    assert!(page.contains("id=\"nav-pending\" class=\"count\" data-live>1<"), "the waiting count");
}

#[tokio::test]
async fn a_case_tells_its_story_from_intake_to_verification() {
    let desk = Desk::new().await;
    let case = seed::unlock(&desk.app, 600_000).await;
    let mut auditor = desk.visitor(Role::Auditor).await;
    let page = auditor.get(&format!("/cases/{case}")).await.body;
    let story = &page[page.find("id=\"story\"").unwrap()..];
    let order = [
        "I have a call at ten.",
        "Understood: unlock account",
        "97 % sure",
        "Looked for the account of jane.roe@acme.test",
        "LT-0417",
        "The gate lets it run",
        "own_account_verified",
        "Unlock",
        "Done, and proven by reading back",
        "The account reads as not locked.",
        "Answered the user",
        "your account was locked after wrong passwords",
        "Set the ticket to closed",
        "Closed",
    ];
    let mut from = 0;
    for text in order {
        match story[from..].find(text) {
            Some(at) => from += at,
            None => panic!("{text:?} is missing or out of order"),
        }
    }
    assert_eq!(story.matches("Wrote on the ticket").count(), 1, "close-outs stand together");
    assert!(story.contains("verified by the address on file"), "facts are shown");
}

#[tokio::test]
async fn a_refusal_names_every_finding() {
    let desk = Desk::new().await;
    let from = ("Eve", "eve@acme.test");
    let mut t =
        Tale::begin(&desk.app, "acme", from, "unlock", "unlock the admin please", 5_000).await;
    let who = seed::account("Ada Admin", "ada.admin@acme.test");
    let mut facts = t.facts(Relation::Unrelated);
    let target = TargetFacts {
        exists: true,
        identities: vec![],
        privileged: vec!["Domain Admins".into()],
        service: vec![],
        break_glass: false,
        as_named: true,
    };
    facts.target = Fact::known(target, "Active Directory", t.at);
    let unlock = Action::UnlockAccount(action::UnlockAccount { account: who });
    let verdict = t.judged(&unlock, facts).await;
    t.end(CaseOutcome::Refused, "the gate refused").await;
    let mut admin = desk.visitor(Role::Admin).await;
    let page = admin.get(&format!("/cases/{}", t.case)).await.body;
    assert!(page.contains("The gate refuses"));
    assert!(verdict.findings.len() > 1);
    for finding in &verdict.findings {
        assert!(page.contains(&*finding.code), "{} is missing", finding.code);
    }
    assert!(page.contains("Domain Admins"));
}

#[tokio::test]
async fn text_of_a_ticket_stays_text() {
    let desk = Desk::new().await;
    let evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>";
    let from = (evil, "eve@acme.test");
    let mut t = Tale::begin(&desk.app, "acme", from, evil, evil, 5_000).await;
    t.understood(Intent::Other, 0.4, vec![Signal::Orders(evil.into())]).await;
    t.wrote(evil).await;
    let failed = Outcome::Failed(evil.into());
    let unlock =
        Action::UnlockAccount(action::UnlockAccount { account: seed::account(evil, evil) });
    let facts = t.facts(Relation::Oneself);
    t.did(unlock, facts, failed, vec![], AttemptId(clock::new_id())).await;
    let who = seed::account(evil, evil);
    let disable = Action::DisableAccount(action::DisableAccount { account: who });
    let facts = t.facts(Relation::Unrelated);
    let question = t.held(disable, facts, 3_600_000).await;
    t.end(CaseOutcome::Dispatched, evil).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let (case, question) = (format!("/cases/{}", t.case), format!("/approvals/{}", question.id));
    for path in ["/", "/cases/fragment", &case, "/approvals", &question, "/journal"] {
        let page = admin.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.body.contains("&#60;script&#62;"), "{path} does not show it at all");
        for raw in ["<script>alert", "<img src=x", "\"'><b>"] {
            assert!(!page.body.contains(raw), "{path} lets {raw} through");
        }
    }
    for path in ["/login?next=%22%3E%3Cscript%3E", "/login/once/%22%3E%3Cscript%3E"] {
        assert!(!admin.get(path).await.body.contains("<script>"), "{path}");
        assert!(!desk.stranger().get(path).await.body.contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn the_link_to_a_password_is_nowhere_in_the_console() {
    let desk = Desk::new().await;
    let (case, token) = seed::reset(&desk.app, 600_000, "Temp-Pass-word-1234").await;
    let mut admin = desk.visitor(Role::Admin).await;
    let page = admin.get(&format!("/cases/{case}")).await.body;
    assert_eq!(page.matches("/secret/…").count(), 2, "our reply and the user's quote of it");
    let case = format!("/cases/{case}");
    for path in ["/", case.as_str(), "/journal", "/approvals", "/cases/fragment"] {
        let body = admin.get(path).await.body;
        assert!(!body.contains(&token), "{path}");
        assert!(!body.contains("Temp-Pass-word-1234"), "{path}");
    }
}

#[tokio::test]
async fn verifying_shows_a_whole_journal_and_a_broken_promise() {
    let desk = Desk::new().await;
    seed::unlock(&desk.app, 600_000).await;
    let mut auditor = desk.visitor(Role::Auditor).await;
    let page = auditor.post_signed("/journal/verify", &[("client", "acme")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("is whole"), "{}", page.body);
    let bad = [("client", "acme"), ("kept", "not a checkpoint")];
    let page = auditor.post_signed("/journal/verify", &bad).await;
    assert!(page.body.contains("tampered with or is damaged"), "{}", page.body);
    let acme = ClientId::new("acme").unwrap();
    let mut note = None;
    while note.is_none() {
        note = desk.app.store.checkpoint(&acme).await.unwrap();
        tokio::task::yield_now().await;
    }
    // As a browser sends it back, without the last line break.
    let note = note.unwrap().trim().replace('\n', "\r\n");
    let good = [("client", "acme"), ("kept", note.as_str())];
    let page = auditor.post_signed("/journal/verify", &good).await;
    assert!(page.body.contains("yours among them"), "{}", page.body);
    assert!(page.body.contains("is whole"), "{}", page.body);
    let none = auditor.post_signed("/journal/verify", &[("client", "nobody")]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_not_there_has_a_page_of_its_own() {
    let desk = Desk::new().await;
    let mut admin = desk.visitor(Role::Admin).await;
    for path in [
        "/nowhere",
        "/cases/1",
        "/cases/00000000-0000-0000-0000-000000000000",
        "/approvals/1",
        "/approvals/00000000-0000-0000-0000-000000000000",
        "/journal?client=nobody",
    ] {
        let page = admin.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.body.contains("Nothing here") && page.body.contains("href=\"/\""), "{path}");
    }
    assert_eq!(admin.get("/logout").await.status, StatusCode::METHOD_NOT_ALLOWED);
}
