//! Who gets in where. Every route has a line here, or the first test fails.

use super::{
    seed,
    support::{Desk, Visitor, encode, form},
};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
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

/// Route, method, address in the seeded desk, and what stranger, auditor, technician and
/// administrator meet. Signed-in callers send the token of their session.
const TABLE: &[(&str, &str, &str, [Met; 4])] = &[
    ("/healthz", "GET", "/healthz", [In, In, In, In]),
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
    ("/journal", "GET", "/journal", [SignIn, In, In, In]),
    ("/journal/verify", "POST", "/journal/verify", [SignIn, In, In, In]),
    ("/events", "GET", "/events", [Unauthorised, In, In, In]),
    ("/secret/{token}", "GET", "/secret/abc", [Missing; 4]),
    ("/secret/{token}", "POST", "/secret/abc", [Missing; 4]),
    ("/secret/{token}/code", "POST", "/secret/abc/code", [Missing; 4]),
    ("/hooks/psa/{name}/{token}", "POST", "/hooks/psa/rt/wrong", [Missing; 4]),
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

#[tokio::test]
async fn each_role_gets_in_exactly_where_it_may() {
    for (index, role) in
        [None, Some(Role::Auditor), Some(Role::Technician), Some(Role::Admin)].iter().enumerate()
    {
        let desk = Desk::new().await;
        let case = seed::unlock(&desk.app, 60_000).await;
        for (route, method, address, expected) in TABLE {
            // Deciding uses a question up, and signing out the session.
            let question = seed::group_question(&desk.app, 1_000, 3_600_000).await;
            let mut visitor = match role {
                Some(role) => desk.visitor(*role).await,
                None => desk.stranger(),
            };
            let address = address
                .replace("CASE", &case.to_string())
                .replace("QUESTION", &question.id.to_string());
            let digest = question.digest.to_string();
            let reply = match *method {
                "GET" => visitor.get(&address).await,
                _ => {
                    let fields = [
                        ("digest", digest.as_str()),
                        ("reason", "not now"),
                        ("name", "nobody"),
                        ("code", "123456"),
                    ];
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
                "{method} {route} as {role:?}: {}",
                reply.status
            );
        }
    }
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
