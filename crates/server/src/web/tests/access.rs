//! Who gets in where. Every route has a line here, or the first test fails.

use super::{
    scenes, seed,
    support::{Desk, Visitor, encode, form},
};
use crate::clock;
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use domain::{Actor, BreakerMode, BreakerScope, ClientId};
use store::Role;

/// What a caller meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    /// Let in.
    In,
    /// Sent to the sign-in page.
    SignIn,
    /// Told to sign in, without a page: for scripts.
    Unauthorised,
    /// Not with this role, or not with this form.
    Forbidden,
    /// No such thing.
    Missing,
}

use Met::{Forbidden, In, Missing, SignIn, Unauthorised};

/// What only administrators reach.
const ADMIN: [Met; 4] = [SignIn, Forbidden, Forbidden, In];

/// Route, method, address in the seeded desk, and what stranger, auditor, technician and
/// administrator meet. Signed-in callers send the token of their session.
const TABLE: &[(&str, &str, &str, [Met; 4])] = &[
    ("/healthz", "GET", "/healthz", [In, In, In, In]),
    ("/readyz", "GET", "/readyz", [In, In, In, In]),
    ("/fleet/summary", "GET", "/fleet/summary", [Missing; 4]),
    ("/metrics", "GET", "/metrics", [Unauthorised, Forbidden, Forbidden, In]),
    // Whatever the session: it wants a name and a password. See `super::reload`.
    ("/reload", "POST", "/reload", [Unauthorised; 4]),
    ("/assets/{name}", "GET", "/assets/unknown.css", [Missing; 4]),
    ("/login", "GET", "/login", [In, In, In, In]),
    ("/login", "POST", "/login", [Unauthorised; 4]),
    ("/login/once/{token}", "GET", "/login/once/abc", [In; 4]),
    ("/login/once/{token}", "POST", "/login/once/abc", [Forbidden; 4]),
    ("/logout", "POST", "/logout", [SignIn, In, In, In]),
    ("/", "GET", "/", [SignIn, In, In, In]),
    ("/cases/fragment", "GET", "/cases/fragment", [Unauthorised, In, In, In]),
    ("/cases/{id}", "GET", "/cases/CASE", [SignIn, In, In, In]),
    ("/approvals", "GET", "/approvals", [SignIn, In, In, In]),
    ("/approvals/{id}", "GET", "/approvals/QUESTION", [SignIn, In, In, In]),
    ("/approvals/{id}/approve", "POST", "/approvals/QUESTION/approve", [SignIn, Forbidden, In, In]),
    ("/approvals/{id}/deny", "POST", "/approvals/QUESTION/deny", [SignIn, Forbidden, In, In]),
    ("/approvals/{id}/change", "POST", "/approvals/QUESTION/change", [SignIn, Forbidden, In, In]),
    ("/approvals/case/{case}", "GET", "/approvals/case/ASKING", [SignIn, In, In, In]),
    (
        "/approvals/case/{case}/approve",
        "POST",
        "/approvals/case/ASKING/approve",
        [SignIn, Forbidden, In, In],
    ),
    (
        "/approvals/case/{case}/deny",
        "POST",
        "/approvals/case/ASKING/deny",
        [SignIn, Forbidden, In, In],
    ),
    ("/cases/{id}/by-hand", "POST", "/cases/REFUSED/by-hand", [SignIn, Forbidden, In, In]),
    ("/undo/{case}/{attempt}", "POST", "/undo/ENABLED/ATTEMPT", [SignIn, Forbidden, In, In]),
    ("/notifications", "GET", "/notifications", [SignIn, In, In, In]),
    ("/policy", "GET", "/policy", [SignIn, In, In, In]),
    ("/policy/edit", "GET", "/policy/edit", ADMIN),
    ("/policy/check", "POST", "/policy/check", ADMIN),
    ("/policy/propose", "POST", "/policy/propose", ADMIN),
    ("/policy/{version}/agree", "POST", "/policy/VERSION/agree", ADMIN),
    ("/policy/{version}/reject", "POST", "/policy/VERSION/reject", ADMIN),
    ("/policy/{version}/return", "POST", "/policy/VERSION/return", ADMIN),
    ("/autonomy", "GET", "/autonomy", [SignIn, In, In, In]),
    ("/autonomy/change", "GET", "/autonomy/change?client=acme&kind=reset_password", ADMIN),
    ("/autonomy/change", "POST", "/autonomy/change", ADMIN),
    ("/breakers", "GET", "/breakers", [SignIn, In, In, In]),
    ("/breakers/open", "POST", "/breakers/open", [SignIn, Forbidden, In, In]),
    ("/breakers/close", "POST", "/breakers/close", [SignIn, Forbidden, In, In]),
    ("/brains", "GET", "/brains", [SignIn, In, In, In]),
    ("/brains/add", "POST", "/brains/add", ADMIN),
    ("/brains/{id}/rotate", "POST", "/brains/claude/rotate", ADMIN),
    ("/brains/{id}/webhook", "POST", "/brains/claude/webhook", ADMIN),
    ("/brains/{id}/revoke", "POST", "/brains/claude/revoke", ADMIN),
    ("/people", "GET", "/people", [SignIn, In, In, In]),
    ("/people/{id}/role", "POST", "/people/auditor/role", ADMIN),
    ("/people/{id}/away", "POST", "/people/technician/away", [SignIn, Forbidden, In, In]),
    ("/people/{id}/deputy", "POST", "/people/technician/deputy", [SignIn, Forbidden, In, In]),
    ("/learning", "GET", "/learning", [SignIn, In, In, In]),
    ("/learning/{client}", "GET", "/learning/acme", [SignIn, In, In, In]),
    ("/learning/{client}/line", "POST", "/learning/acme/line", [SignIn, Forbidden, In, In]),
    ("/learning/{client}/add", "POST", "/learning/acme/add", [SignIn, Forbidden, In, In]),
    ("/backtest", "GET", "/backtest", [SignIn, In, In, In]),
    ("/backtest/{client}/{at}", "GET", "/backtest/-/7", [SignIn, In, In, In]),
    ("/shadow", "GET", "/shadow", [SignIn, In, In, In]),
    ("/journal", "GET", "/journal", [SignIn, In, In, In]),
    ("/journal/verify", "POST", "/journal/verify", [SignIn, In, In, In]),
    ("/events", "GET", "/events", [Unauthorised, In, In, In]),
    ("/secret/{token}", "GET", "/secret/abc", [Missing; 4]),
    ("/secret/{token}", "POST", "/secret/abc", [Missing; 4]),
    ("/secret/{token}/code", "POST", "/secret/abc/code", [Missing; 4]),
    ("/hooks/psa/{name}/{token}", "POST", "/hooks/psa/rt/wrong", [Missing; 4]),
    // Without a [slack]. With one, only a signature counts: see `super::slack`.
    ("/hooks/slack/events", "POST", "/hooks/slack/events", [Missing; 4]),
    ("/hooks/slack/interactions", "POST", "/hooks/slack/interactions", [Missing; 4]),
];

fn met(status: StatusCode, location: &str) -> Met {
    match status {
        StatusCode::SEE_OTHER if location.starts_with("/login?") => SignIn,
        StatusCode::SEE_OTHER if location == "/login" => SignIn,
        StatusCode::UNAUTHORIZED => Unauthorised,
        StatusCode::FORBIDDEN => Forbidden,
        StatusCode::NOT_FOUND => Missing,
        s if s.is_success() || s.is_redirection() => In,
        s => panic!("unexpected {s}"),
    }
}

#[test]
fn every_route_is_in_the_table() {
    let source = include_str!("../mod.rs");
    let mut routes: Vec<(String, usize)> = Vec::new();
    for line in source.lines() {
        let Some(rest) = line.trim().strip_prefix(".route(\"") else { continue };
        let (path, handlers) = rest.split_once('"').unwrap();
        let methods = ["get(", "post(", "put(", "delete(", "patch(", "any("];
        let count = methods.iter().map(|m| handlers.matches(m).count()).sum();
        routes.push((path.to_owned(), count));
    }
    assert!(routes.len() > 15, "the router is read wrongly: {routes:?}");
    for (path, count) in &routes {
        let lines = TABLE.iter().filter(|(route, ..)| route == path).count();
        assert_eq!(lines, *count, "{path} has {count} handlers and {lines} lines in the table");
    }
    for (route, ..) in TABLE {
        assert!(routes.iter().any(|(path, _)| path == route), "{route} is no route any more");
    }
}

/// Everything that an address of the table needs: its marks with what stands for them, and fields.
struct Stage {
    marks: Vec<(&'static str, String)>,
    fields: Vec<(&'static str, String)>,
}

/// Sets the stage anew for each line: most forms use something up.
async fn stage(desk: &Desk, route: &str) -> Stage {
    let app = &desk.app;
    let question = seed::group_question(app, 1_000, 3_600_000).await;
    let mut marks = vec![
        ("CASE", seed::unlock(app, 60_000).await.to_string()),
        ("QUESTION", question.id.to_string()),
    ];
    let mut fields = Vec::new();
    let mut put = |name, value: &str| fields.push((name, value.to_owned()));
    match route {
        "/approvals/{id}/change" => put("group.name", "Support"),
        "/cases/{id}/by-hand" => {
            let (case, digest) = scenes::refused(app).await;
            marks.push(("REFUSED", case.to_string()));
            put("digest", &digest.to_string());
        }
        "/undo/{case}/{attempt}" => {
            let (case, attempt) = scenes::enabled(app).await;
            marks.extend([("ENABLED", case.to_string()), ("ATTEMPT", attempt.to_string())]);
        }
        "/policy/check" | "/policy/propose" => {
            let row = app.store.active_policy().await.unwrap().unwrap();
            put("base", &row.version);
            put(
                "document",
                &row.document.replace("\"bulk_threshold\": 5", "\"bulk_threshold\": 4"),
            );
        }
        "/policy/{version}/agree" | "/policy/{version}/reject" | "/policy/{version}/return" => {
            marks.push(("VERSION", scenes::proposal(app, "boss").await));
        }
        "/autonomy/change" => put("client", "globex"),
        "/breakers/open" => put("scope", "everything"),
        "/breakers/close" => {
            let scope = BreakerScope::Client(ClientId::new("acme").unwrap());
            let (mode, by) = (BreakerMode::Stop, Actor::Platform);
            app.store.open_breaker(scope, mode, "test", by, clock::now()).await.unwrap();
            put("scope", "client");
            put("client", "acme");
        }
        "/brains/add" => put("id", "gpt"),
        "/learning/{client}/line" => {
            let version = scenes::playbook(app).await;
            put("version", &version.to_string());
            put("id", "system:navi");
            put("do", if version % 2 == 0 { "unlock" } else { "lock" });
        }
        "/learning/{client}/add" => {
            let version = scenes::playbook(app).await;
            put("version", &version.to_string());
            put("rule", "system");
            put("value", &format!("System {version}"));
        }
        "/backtest/{client}/{at}" => scenes::report(app, "a report").await,
        "/people/{id}/role" => put("role", "auditor"),
        "/people/{id}/away" => put("back", "1"),
        _ => {}
    }
    if route.starts_with("/approvals/case/") {
        let (case, questions) = scenes::two_questions(app).await;
        marks.push(("ASKING", case.to_string()));
        for q in questions {
            put("question", &format!("{}:{}", q.id, q.digest));
        }
    }
    let common = [
        ("digest", question.digest.to_string()),
        ("reason", "not now".into()),
        ("text", "did it on the console".into()),
        ("name", "nobody".into()),
        ("code", "123456".into()),
        ("kind", "reset_password".into()),
        ("level", "deny".into()),
        ("owner", "admin".into()),
        ("ceiling", "medium".into()),
        ("rate", "30".into()),
        ("all_clients", "1".into()),
        ("all_kinds", "1".into()),
    ];
    fields.extend(common);
    Stage { marks, fields }
}

#[tokio::test]
async fn each_role_gets_in_exactly_where_it_may() {
    for (index, role) in
        [None, Some(Role::Auditor), Some(Role::Technician), Some(Role::Admin)].iter().enumerate()
    {
        let desk = Desk::policed().await;
        scenes::brain(&desk.app, "claude").await;
        let enter = async || match role {
            Some(role) => desk.visitor(*role).await,
            None => desk.stranger(),
        };
        let mut visitor = enter().await;
        for (route, method, address, expected) in TABLE {
            let stage = stage(&desk, route).await;
            let address = stage
                .marks
                .iter()
                .fold((*address).to_owned(), |a, (mark, value)| a.replace(mark, value));
            let reply = match *method {
                "GET" => visitor.get(&address).await,
                _ => {
                    let fields: Vec<_> =
                        stage.fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
                    visitor.post_signed(&address, &fields).await
                }
            };
            let location = match *route {
                // It leads there by itself.
                "/logout" if role.is_some() => "",
                _ => reply.header("location"),
            };
            assert_eq!(
                met(reply.status, location),
                expected[index],
                "{method} {route} as {role:?}: {} {}",
                reply.status,
                reply.body
            );
            if *route == "/logout" {
                visitor = enter().await;
            }
        }
    }
}

/// Every address of a signed-in form without the session's token, in the seeded desk.
#[tokio::test]
async fn every_form_of_the_table_wants_the_sessions_token() {
    let desk = Desk::policed().await;
    scenes::brain(&desk.app, "claude").await;
    let mut admin = desk.visitor(Role::Admin).await;
    let open =
        ["/login", "/login/once/{token}", "/reload", "/secret/{token}", "/secret/{token}/code"];
    let open = |route: &str| open.contains(&route) || route.starts_with("/hooks/");
    let mut tried = 0;
    for (route, _, address, _) in TABLE.iter().filter(|(r, m, ..)| *m == "POST" && !open(r)) {
        let stage = stage(&desk, route).await;
        let address = stage
            .marks
            .iter()
            .fold((*address).to_owned(), |a, (mark, value)| a.replace(mark, value));
        let before = desk.app.store.entries(&store::msp_journal(), 1).await.unwrap();
        for token in [None, Some("0".repeat(64))] {
            let mut fields: Vec<_> = stage.fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            if let Some(token) = &token {
                fields.insert(0, ("csrf", token));
            }
            let reply = admin.post(&address, &fields).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{route} with {token:?}");
        }
        let after = desk.app.store.entries(&store::msp_journal(), 1).await.unwrap();
        assert_eq!(before.first().map(|e| e.seq), after.first().map(|e| e.seq), "{route}");
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
}

#[tokio::test]
async fn a_form_of_ten_megabytes_is_refused_whole() {
    let desk = Desk::policed().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let large = "x".repeat(10 * 1024 * 1024);
    for path in ["/policy/check", "/breakers/open", "/logout", "/brains/add"] {
        let reply = admin.post_signed(path, &[("document", &large)]).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        // Without a length in advance too.
        let body = format!("csrf={}&document={large}", admin.csrf);
        let parts = body.into_bytes().chunks(64 * 1024).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let stream = futures::stream::iter(parts.into_iter().map(Ok::<_, std::io::Error>));
        let request = form(path, &[]).header("sec-fetch-site", "same-origin");
        let reply = admin.send(request.body(Body::from_stream(stream)).unwrap()).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE, "{path} in parts");
    }
    let reply = desk.stranger().post("/login", &[("name", &large)]).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(admin.get("/").await.status, StatusCode::OK, "nobody was signed out");
    assert!(desk.app.store.breakers().await.unwrap().is_empty());
}

async fn refused(visitor: &mut Visitor, request: Request<Body>) {
    let reply = visitor.send(request).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
}

#[tokio::test]
async fn a_form_without_the_sessions_token_is_refused() {
    let desk = Desk::new().await;
    let question = seed::group_question(&desk.app, 1_000, 3_600_000).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let mut other = desk.visitor(Role::Admin).await;
    let digest = question.digest.to_string();
    let own = admin.csrf.clone();
    for path in ["/logout", "/journal/verify", "/approvals/ID/approve", "/approvals/ID/deny"] {
        let path = path.replace("ID", &question.id.to_string());
        for token in [None, Some(""), Some("0"), Some(other.csrf.as_str()), Some(&own[1..])] {
            let mut fields = vec![("digest", digest.as_str()), ("reason", "no")];
            fields.extend(token.map(|t| ("csrf", t)));
            let reply = admin.post(&path, &fields).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} with {token:?}");
        }
    }
    assert_eq!(other.get("/").await.status, StatusCode::OK);
    let still = desk.app.store.approval(question.id).await.unwrap().unwrap();
    assert_eq!(still.state.name(), "pending");
}

#[tokio::test]
async fn a_form_from_another_site_is_refused_even_with_the_token() {
    let desk = Desk::new().await;
    let mut admin = desk.visitor(Role::Admin).await;
    let csrf = admin.csrf.clone();
    let fields = [("csrf", csrf.as_str())];
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("x-nothing", "at all"),
    ] {
        for path in ["/logout", "/journal/verify"] {
            let request = form(path, &fields).header(name, value).header("host", "desk.example");
            refused(&mut admin, request.body(encode(&fields)).unwrap()).await;
        }
        let mut stranger = desk.stranger();
        for path in ["/login", "/login/once/abc", "/secret/abc", "/secret/abc/code"] {
            let request = form(path, &[]).header(name, value).header("host", "desk.example");
            refused(&mut stranger, request.body(Body::empty()).unwrap()).await;
        }
    }
    // By its address, and by the one that the visitor used.
    for origin in ["http://desk.example", "http://10.0.0.5:7300"] {
        let request = form("/journal/verify", &fields)
            .header("origin", origin)
            .header("host", "10.0.0.5:7300");
        let reply = admin.send(request.body(encode(&fields)).unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK, "{origin}");
    }
}

#[tokio::test]
async fn a_call_back_with_the_right_token_wakes_intake_and_a_wrong_one_does_not() {
    let desk = Desk::new().await;
    let token = desk.app.store.hook_token("rt");
    let mut psa = desk.stranger();
    let woken = desk.app.look.notified();
    tokio::pin!(woken);
    woken.as_mut().enable();
    let other = desk.app.store.hook_token("cw");
    for wrong in [other.as_str(), "0", &token[1..]] {
        let request = Request::post(format!("/hooks/psa/rt/{wrong}")).body(Body::empty()).unwrap();
        assert_eq!(psa.send(request).await.status, StatusCode::NOT_FOUND);
    }
    assert!(futures::poll!(woken.as_mut()).is_pending());
    let body = Body::from("{\"Action\":\"updated\",\"ID\":17}");
    let request = Request::post(format!("/hooks/psa/rt/{token}?id=17")).body(body).unwrap();
    assert_eq!(psa.send(request).await.status, StatusCode::NO_CONTENT);
    assert!(futures::poll!(woken.as_mut()).is_ready());
    let large = Body::from(vec![b'x'; 300 * 1024]);
    let request = Request::post(format!("/hooks/psa/rt/{token}")).body(large).unwrap();
    assert_eq!(psa.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let desk = Desk::new().await;
    let case = seed::unlock(&desk.app, 60_000).await;
    let mut admin = desk.visitor(Role::Admin).await;
    let mut stranger = desk.stranger();
    let case = format!("/cases/{case}");
    let mut replies = Vec::new();
    for path in ["/", case.as_str(), "/approvals", "/journal", "/events", "/cases/none", "/login"] {
        replies.push((path, admin.get(path).await));
    }
    for path in ["/policy", "/policy/edit", "/breakers", "/brains", "/people", "/notifications"] {
        replies.push((path, admin.get(path).await));
    }
    for path in ["/", "/login", "/login/once/x", "/secret/x", "/nowhere", "/healthz", "/logout"] {
        replies.push((path, stranger.get(path).await));
    }
    for (path, reply) in &replies {
        let policy = reply.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
        assert!(reply.header("x-robots-tag").contains("noindex"), "{path}");
        let kept = reply.header("cache-control");
        assert!(kept.contains("no-store") || *path == "/events", "{path}: {kept}");
        // What the policy would not let run must not be there.
        let body = &reply.body;
        assert!(!body.contains("<style") && !body.contains(" style="), "{path}");
        assert!(!body.contains(" onclick=") && !body.contains("<script>"), "{path}");
    }
    let page = &replies[0].1.body;
    for name in ["app.css", "app.js"] {
        let (stem, end) = name.split_once('.').unwrap();
        let start = page.find(&format!("/assets/{stem}.")).unwrap();
        let address = page[start..]
            .split('"')
            .find(|a| a.ends_with(end))
            .unwrap_or_else(|| panic!("{name} is not linked"));
        let asset = stranger.get(address).await;
        assert_eq!(asset.status, StatusCode::OK, "{address}");
        assert!(asset.header("cache-control").contains("immutable"));
    }
}
