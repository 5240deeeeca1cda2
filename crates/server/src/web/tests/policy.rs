//! Changing the policy: what the pages say before and after, and who has to agree.

use super::{
    scenes, seed,
    support::{Desk, Visitor},
};
use axum::http::StatusCode;
use domain::{ActionKind, Autonomy, ClientId, Tier};
use store::{PolicyState, Role};

async fn document(desk: &Desk) -> String {
    desk.app.store.active_policy().await.unwrap().unwrap().document
}

async fn check(visitor: &mut Visitor, text: &str, more: &[(&str, &str)]) -> super::support::Reply {
    let mut fields = vec![("document", text)];
    fields.extend_from_slice(more);
    visitor.post_signed("/policy/check", &fields).await
}

/// The value of a hidden field as the browser would send it back.
fn unescaped(text: &str) -> String {
    let text = text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<");
    text.replace("&#62;", ">").replace("&#38;", "&")
}

#[tokio::test]
async fn the_page_says_in_words_what_is_in_force() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let text = document(&desk).await;
    let window = [
        ("do", "add_window"),
        ("window_name", "Nights"),
        ("window_day", "monday"),
        ("window_day", "tuesday"),
        ("window_start", "22:00"),
        ("window_end", "04:00"),
        ("window_zone", "Europe/Berlin"),
        ("window_client", "acme"),
    ];
    let page = check(&mut admin, &text, &window).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let (text, base) = (unescaped(&page.field("document")), page.field("base"));
    let fields = [("document", text.as_str()), ("base", &base), ("reason", "nightly restarts")];
    let reply = admin.post_signed("/policy/propose", &fields).await;
    assert_eq!(reply.header("location"), "/policy", "{}", reply.body);
    // A window loosens: another administrator agrees.
    let version = desk.app.store.policies(1).await.unwrap().remove(0).version;
    let mut boss = desk.named("boss").await;
    let reply = boss.post_signed(&format!("/policy/{version}/agree"), &[]).await;
    assert_eq!(reply.header("location"), "/policy", "{}", reply.body);
    let page = boss.get("/policy").await.body;
    let lower = page.to_lowercase();
    for words in [
        "more than 5 targets within 1 h: one tier up",
        "from 100 targets within 1 h: people only",
        "Mon, Tue 22:00–04:00 Europe/Berlin",
        "Acme Industries",
        "nightly restarts",
        "agreed by boss",
        "Everybody who may decide, at once.",
    ] {
        assert!(lower.contains(&words.to_lowercase()), "{words}: {page}");
    }
    assert!(page.contains("Opens <time") || page.contains("Open now"), "how it stands now");
    let live = desk.app.policy();
    assert_eq!(&**live.as_ref().as_ref().unwrap().version(), version.as_str(), "judged by it");
}

#[tokio::test]
async fn every_problem_is_named_and_nothing_is_proposed() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let good = document(&desk).await;
    let cases: [(String, &str); 6] = [
        ("{".into(), "not a policy"),
        (String::new(), "empty"),
        (good.replace("bulk_threshold", "bulk_treshold"), "bulk_treshold"),
        (good.replace("\"bulk_threshold\": 5", "\"bulk_threshold\": \"five\""), "five"),
        (good.replace("\"bulk_threshold\": 5", "\"bulk_threshold\": 500"), "critical_threshold"),
        (format!("{{\"version\":{}", "[".repeat(5_000)), "not a policy"),
    ];
    for (text, named) in &cases {
        let page = check(&mut admin, text, &[]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{named}");
        assert!(page.body.contains(named), "{named}: {}", page.body);
        let fields = [("document", text.as_str()), ("base", "2026-11-20"), ("reason", "x")];
        let reply = admin.post_signed("/policy/propose", &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{named}");
    }
    let both = good
        .replace("\"bulk_threshold\": 5", "\"bulk_threshold\": 0")
        .replace("\"min_confidence\": 80", "\"min_confidence\": 101");
    let page = check(&mut admin, &both, &[]).await.body;
    assert!(page.contains("bulk_threshold") && page.contains("min_confidence"), "all at once");
    let same = check(&mut admin, &good, &[]).await.body;
    assert!(same.contains("exactly what is in force already"), "{same}");
    assert_eq!(desk.app.store.policies(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn small_forms_say_what_is_missing_and_keep_what_was_typed() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let text = document(&desk).await;
    for (more, named) in [
        (vec![("do", "thresholds"), ("bulk_threshold", "many")], "whole number"),
        (vec![("do", "add_window"), ("window_start", "22:00")], "give the window a name"),
        (vec![("do", "add_rule"), ("rule_name", "busy")], "condition"),
        (vec![("do", "remove_rule"), ("rule", "|none")], "not there any more"),
        (vec![("do", "remove_window")], "choose what to remove"),
        (vec![("do", "explode")], "there is no change"),
        (
            vec![
                ("do", "add_rule"),
                ("rule_name", "busy"),
                ("rule_condition", "user_activ"),
                ("rule_tier", "high"),
                ("rule_reason", "somebody works"),
            ],
            "user_activ",
        ),
    ] {
        let page = check(&mut admin, &text, &more).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{more:?}");
        let body = page.body.to_lowercase();
        assert!(body.contains(&named.to_lowercase()), "{more:?}: {}", page.body);
        if more.contains(&("rule_name", "busy")) {
            assert!(page.body.contains("name=\"rule_name\" maxlength=\"200\" value=\"busy\""));
        }
    }
}

#[tokio::test]
async fn a_stricter_rule_is_in_force_at_once_and_the_dry_run_tells_whom_it_meets() {
    let desk = Desk::policed().await;
    seed::unlock(&desk.app, 600_000).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let rule = [
        ("rule_name", "no unlocks"),
        ("rule_action", "unlock_account"),
        ("rule_condition", "requester_verified"),
        ("rule_tier", "high"),
        ("rule_reason", "an attack is under way"),
    ];
    // Without the button's own word, as the enter key sends it.
    let page = check(&mut admin, &document(&desk).await, &rule).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("Nothing gets looser"), "{}", page.body);
    assert!(page.body.contains("1 of 1 requests would have had another tier"), "{}", page.body);
    assert!(page.body.contains("an attack is under way") || page.body.contains("An attack"));
    let (text, base) = (unescaped(&page.field("document")), page.field("base"));
    for empty in ["", "  "] {
        let fields = [("document", text.as_str()), ("base", &base), ("reason", empty)];
        let reply = admin.post_signed("/policy/propose", &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let stale = [("document", text.as_str()), ("base", "another"), ("reason", "attack")];
    let reply = admin.post_signed("/policy/propose", &stale).await;
    assert_eq!(reply.status, StatusCode::CONFLICT, "compared with something else");
    let fields = [("document", text.as_str()), ("base", &base), ("reason", "attack")];
    admin.post_signed("/policy/propose", &fields).await;
    let row = desk.app.store.active_policy().await.unwrap().unwrap();
    assert_eq!((row.author.as_str(), row.base.as_deref()), ("admin", Some("2026-11-20")));
    let live = desk.app.policy();
    let rules = &live.as_ref().as_ref().unwrap().document().custom_rules;
    assert_eq!(rules[0].escalate_to, Tier::High);
    let page = admin.get("/policy").await.body;
    assert!(page.contains("requester_verified") && page.contains("no unlocks"), "{page}");
    let told = admin.get("/notifications").await.body;
    assert!(told.contains(&format!("Policy {} is in force", row.version)), "{told}");
}

#[tokio::test]
async fn what_loosens_waits_for_somebody_else() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let mut boss = desk.named("boss").await;
    let looser = document(&desk).await.replace("\"bulk_threshold\": 5", "\"bulk_threshold\": 9");
    let page = check(&mut admin, &looser, &[]).await;
    assert!(page.body.contains("class=\"loosens\">bulk_threshold: more"), "{}", page.body);
    let (text, base) = (unescaped(&page.field("document")), page.field("base"));
    let fields = [("document", text.as_str()), ("base", &base), ("reason", "large night shift")];
    admin.post_signed("/policy/propose", &fields).await;
    let row = desk.app.store.policies(1).await.unwrap().remove(0);
    assert_eq!(row.state, PolicyState::Proposed);
    let (agree, reject) =
        (format!("/policy/{}/agree", row.version), format!("/policy/{}/reject", row.version));
    let own = admin.get("/policy").await.body;
    assert!(own.contains("another administrator has to agree") && !own.contains(&agree), "{own}");
    let reply = admin.post_signed(&agree, &[]).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.body.contains("second person"), "{}", reply.body);
    let page = boss.get("/policy").await.body;
    assert!(page.contains(&agree) && page.contains("Large night shift"), "{page}");
    let reply = boss.post_signed(&reject, &[]).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is needed");
    boss.post_signed(&agree, &[]).await;
    let live = desk.app.policy();
    assert_eq!(live.as_ref().as_ref().unwrap().document().bulk_threshold, 9);
    let again = boss.post_signed(&agree, &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "agreed before");
    assert_eq!(boss.post_signed("/policy/none/agree", &[]).await.status, StatusCode::NOT_FOUND);

    // One click back: stricter again, so at once.
    let reply = boss.post_signed("/policy/2026-11-20/return", &[]).await;
    assert_eq!(reply.header("location"), "/policy", "{}", reply.body);
    let row = desk.app.store.active_policy().await.unwrap().unwrap();
    assert_eq!(crate::policy::parse(&row.document).unwrap().bulk_threshold, 5);
    assert!(row.reason.contains("2026-11-20") && row.version != "2026-11-20");
    let page = boss.get("/policy").await.body;
    assert!(page.contains("Was in force") && page.contains("agreed by boss"), "the history tells");
}

#[tokio::test]
async fn a_rejected_proposal_stays_out() {
    let desk = Desk::policed().await;
    let version = scenes::proposal(&desk.app, "boss").await;
    let mut admin = desk.visitor(Role::Admin).await;
    let path = format!("/policy/{version}/reject");
    admin.post_signed(&path, &[("reason", "not before the audit")]).await;
    let agree = format!("/policy/{version}/agree");
    let reply = desk.visitor(Role::Admin).await.post_signed(&agree, &[]).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    let page = admin.get("/policy").await.body;
    assert!(page.contains("rejected by admin"), "{page}");
    let journal = admin.get("/journal?client=@msp").await.body;
    assert!(journal.contains("not before the audit"), "{journal}");
}

#[tokio::test]
async fn a_cell_of_the_matrix_becomes_a_policy() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let page = admin.get("/autonomy").await.body;
    for words in
        ["Acme Industries", "Globex", "Reset password", "Reboot", "Change firewall", "Reply"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("Read account"), "reads have no level");
    assert!(page.contains("A person approves each one."), "the legend");
    let change = |level: &'static str| {
        [("client", "acme"), ("kind", "reset_password"), ("level", level), ("reason", "merger")]
    };
    admin.post_signed("/autonomy/change", &change("deny")).await;
    let level = |policy: &crate::policy::InForce| {
        let acme = ClientId::new("acme").unwrap();
        policy.as_ref().as_ref().unwrap().autonomy(&acme, ActionKind::ResetPassword)
    };
    assert_eq!(level(&desk.app.policy()), Autonomy::Deny, "stricter: at once");
    admin.post_signed("/autonomy/change", &change("inherit")).await;
    assert_eq!(level(&desk.app.policy()), Autonomy::Deny, "looser: it waits");
    let version = desk.app.store.policies(1).await.unwrap().remove(0).version;
    let mut boss = desk.named("boss").await;
    boss.post_signed(&format!("/policy/{version}/agree"), &[]).await;
    assert_eq!(level(&desk.app.policy()), Autonomy::AutoAndClose);
    for (fields, status) in [
        ([("client", "acme"), ("kind", "reset_password"), ("level", "all"), ("reason", "x")], 422),
        ([("client", "acme"), ("kind", "reset_password"), ("level", "deny"), ("reason", "")], 422),
        (
            [("client", "nobody"), ("kind", "reset_password"), ("level", "deny"), ("reason", "x")],
            404,
        ),
        ([("client", "acme"), ("kind", "read_account"), ("level", "deny"), ("reason", "x")], 404),
    ] {
        let reply = admin.post_signed("/autonomy/change", &fields).await;
        assert_eq!(reply.status.as_u16(), status, "{fields:?}");
    }
}

#[tokio::test]
async fn without_a_policy_every_page_says_that_all_is_refused() {
    let desk = Desk::new().await;
    let mut admin = desk.visitor(Role::Admin).await;
    for path in ["/", "/policy", "/approvals"] {
        let page = admin.get(path).await.body;
        assert!(page.contains("No policy is in force: every change is refused."), "{path}");
    }
    assert_eq!(admin.get("/autonomy").await.status, StatusCode::CONFLICT);
    assert_eq!(admin.get("/policy/edit").await.status, StatusCode::OK, "one can be written");
}

#[tokio::test]
async fn names_that_hide_or_turn_text_are_written_out() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let text = document(&desk).await;
    let rule = [
        ("do", "add_rule"),
        ("rule_name", "safe\u{202e}elur\u{200b}"),
        ("rule_action", "*"),
        ("rule_condition", "requester_verified"),
        ("rule_tier", "critical"),
        ("rule_reason", "<b onclick=x>\u{2066}</b>"),
    ];
    let page = check(&mut admin, &text, &rule).await;
    let kept = unescaped(&page.field("document"));
    assert!(kept.contains("\\u202e") && kept.contains("\\u200b"), "nothing is lost: {kept}");
    let base = page.field("base");
    let fields = [("document", kept.as_str()), ("base", &base), ("reason", "test")];
    admin.post_signed("/policy/propose", &fields).await;
    let live = desk.app.policy();
    let rules = &live.as_ref().as_ref().unwrap().document().custom_rules;
    assert_eq!(rules[0].name, "safe\u{202e}elur\u{200b}");
    for path in ["/policy", "/policy/edit", "/notifications", "/journal?client=@msp"] {
        let page = admin.get(path).await.body;
        assert!(!page.contains(['\u{202e}', '\u{200b}', '\u{2066}']), "{path}");
        assert!(!page.contains("<b onclick"), "{path}");
    }
    assert!(admin.get("/policy").await.body.contains("safe⟦U+202E⟧elur⟦U+200B⟧"));
}
