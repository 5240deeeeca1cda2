//! A desk without clients or help desks, and a visitor with a cookie jar.

use super::seed;
use crate::{
    app::{App, Client},
    clock,
    parts::Parts,
    policy::Live,
    web::password,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use connectors::idp::graph::Graph;
use domain::{BrainId, ClientId, Intent, PersonId, Tier};
use std::sync::Arc;
use store::{Person, Role, Store, StoreOptions};
use technician::{Labelled, Model, TrainOptions};
use tempfile::TempDir;
use tokio::sync::{Mutex, Notify, broadcast, watch};
use tower::ServiceExt as _;

pub(super) const ORIGIN: &str = "http://desk.example";
pub(super) const PASSWORD: &str = "correct horse battery staple";

pub(super) struct Desk {
    pub(super) app: Arc<App>,
    pub(super) router: Router,
    _dir: TempDir,
}

/// The smallest model that can be trained; no page asks it anything.
fn model() -> Model {
    let rows = |i: usize, intent: Intent| {
        (0..6).map(move |n| Labelled {
            text: format!("{} number {n}", intent.name()),
            intent,
            family: u32::try_from(i * 6 + n).unwrap(),
        })
    };
    let history: Vec<Labelled> =
        Intent::ALL.into_iter().enumerate().flat_map(|(i, intent)| rows(i, intent)).collect();
    technician::train(&history, &TrainOptions::default()).unwrap()
}

impl Desk {
    pub(super) async fn new() -> Desk {
        Desk::with(|_| {}).await
    }

    /// A desk with an administrator, a technician and an auditor; `change` sees the parts first.
    pub(super) async fn with(change: impl FnOnce(&mut App)) -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreOptions::new(dir.path(), "desk.example")).await.unwrap();
        for role in [Role::Admin, Role::Technician, Role::Auditor] {
            store.put_person(person(role), clock::now()).await.unwrap();
        }
        let model = model();
        let mut app = App {
            store,
            parts: watch::Sender::new(Arc::new(Parts::default())),
            started: crate::config::example(),
            loaded: Mutex::new(crate::config::example()),
            live_policy: Live::new(Err("nobody wrote one".into())),
            brain: BrainId::new("technician").unwrap(),
            brain_ceiling: Tier::High,
            model_digest: model.digest(),
            model: Arc::new(model),
            msp_name: "Northwind IT".into(),
            public_url: ORIGIN.into(),
            due: Notify::new(),
            look: Notify::new(),
            changed: broadcast::channel(16).0,
            complaints: Default::default(),
            traces: Default::default(),
            ops: Default::default(),
            cells: Default::default(),
        };
        change(&mut app);
        let app = Arc::new(app);
        Desk { router: crate::web::router(app.clone()), app, _dir: dir }
    }

    /// A desk with two clients, a policy in force, and a second administrator called boss.
    pub(super) async fn policed() -> Desk {
        let desk = Desk::with(|app| {
            for (id, name) in [("acme", "Acme Industries"), ("globex", "Globex")] {
                let client = client(id, name);
                change_parts(app, |parts| drop(parts.clients.insert(client.id.clone(), client)));
            }
        })
        .await;
        let boss = Person {
            id: PersonId::new("boss").unwrap(),
            name: "The boss".into(),
            email: "boss@desk.example".into(),
            ..person(Role::Admin)
        };
        desk.app.store.put_person(boss, clock::now()).await.unwrap();
        let policy = seed::policy();
        let text = crate::policy::render(&policy);
        desk.app.store.seed_policy(&policy.version, &text, clock::now()).await.unwrap();
        desk.app.reload_policy().await.unwrap();
        desk
    }

    /// Someone who signed in with a one-time link.
    pub(super) async fn visitor(&self, role: Role) -> Visitor {
        self.named(role.name()).await
    }

    /// This person, signed in.
    pub(super) async fn named(&self, name: &str) -> Visitor {
        let id = PersonId::new(name).unwrap();
        let token = format!("test-{}", clock::new_id());
        let until = clock::now().plus_ms(60_000);
        self.app.store.put_login_token(password::token_hash(&token), &id, until).await.unwrap();
        let mut visitor = self.stranger();
        let reply = visitor.post(&format!("/login/once/{token}"), &[]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        visitor.csrf = visitor.get("/journal").await.field("csrf");
        visitor
    }

    /// Someone who is not signed in.
    pub(super) fn stranger(&self) -> Visitor {
        Visitor { router: self.router.clone(), cookie: None, csrf: String::new() }
    }
}

/// A client whose directory nobody asks anything.
/// Changes the parts of a desk that is being made.
pub(crate) fn change_parts(app: &mut App, change: impl FnOnce(&mut Parts)) {
    // Nobody else has them yet.
    app.parts.send_modify(|parts| change(Arc::get_mut(parts).unwrap()));
}

/// A configuration with nothing in it.
fn client(id: &str, name: &str) -> Client {
    connectors::install_crypto_provider();
    let config = "tenant = \"acme.example\"\nclient_id = \"c\"\nclient_secret = { env = \"NONE\" }";
    let config = toml::from_str(config).unwrap();
    Client {
        id: ClientId::new(id).unwrap(),
        name: name.into(),
        customers: vec![],
        lists: Default::default(),
        link_ttl_hours: 24,
        directory: Arc::new(Graph::new("Microsoft Graph".to_owned(), &config).unwrap()),
        profile: Default::default(),
        gate_lock: Default::default(),
    }
}

fn person(role: Role) -> Person {
    let name = role.name();
    Person {
        id: PersonId::new(name).unwrap(),
        name: format!("The {name}"),
        email: format!("{name}@desk.example"),
        role,
        password_hash: HASH.clone(),
        away: None,
        deputy: None,
    }
}

static HASH: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| password::hash(PASSWORD).unwrap());

pub(super) struct Visitor {
    router: Router,
    pub(super) cookie: Option<String>,
    pub(super) csrf: String,
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Visitor {
    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Posts a form as a browser does from a page of the same server.
    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = form(path, fields).header("sec-fetch-site", "same-origin");
        self.send(request.body(encode(fields)).unwrap()).await
    }

    /// The same, with the session's token.
    pub(super) async fn post_signed(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    pub(super) async fn send(&mut self, mut request: Request<Body>) -> Reply {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for value in parts.headers.get_all(header::SET_COOKIE) {
            let pair = value.to_str().unwrap().split(';').next().unwrap().to_owned();
            self.cookie = (!pair.ends_with('=')).then_some(pair);
        }
        let stream = parts.headers.get(header::CONTENT_TYPE);
        let body = match stream.is_some_and(|v| v == "text/event-stream") {
            // It does not end by itself.
            true => String::new(),
            false => {
                let bytes = to_bytes(body, usize::MAX).await.unwrap();
                String::from_utf8(bytes.to_vec()).unwrap()
            }
        };
        Reply { status: parts.status, headers: parts.headers, body }
    }
}

pub(super) fn form(path: &str, _: &[(&str, &str)]) -> axum::http::request::Builder {
    Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

pub(super) fn encode(fields: &[(&str, &str)]) -> Body {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        text.append_pair(name, value);
    }
    Body::from(text.finish())
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The value of a hidden field.
    pub(super) fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at = self.body.find(&mark).unwrap_or_else(|| panic!("no {name} in {}", self.body));
        let rest = &self.body[at + mark.len()..];
        rest[..rest.find('"').unwrap()].to_owned()
    }
}
