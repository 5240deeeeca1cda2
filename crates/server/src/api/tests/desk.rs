//! An MSP with two clients and some brains, reached over HTTP.

use super::directory::{People, account};
use crate::{
    api::token,
    app::{App, Client},
    clock,
    parts::Parts,
    policy::Live,
    worker::{self, stop::Stop},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use domain::{
    ActionKind, Autonomy, BrainId, CaseId, ClientId, IncomingTicket, Intent, PersonId, TicketRef,
    TicketStatus, Tier, UnixMs,
};
use gate::Policy;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Intake, NewBrain, Person, Role, Store, StoreOptions};
use technician::{Labelled, Profile, TrainOptions};
use tempfile::TempDir;
use tokio::sync::{Mutex, Notify, broadcast, watch};
use tower::ServiceExt as _;

pub(super) const OURS: &str = "acme";
pub(super) const THEIRS: &str = "globex";

pub(super) struct Desk {
    pub(super) app: Arc<App>,
    pub(super) people: Arc<People>,
    pub(super) router: Router,
    worker: Option<watch::Sender<bool>>,
    _dir: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Reply {
    /// It has this status; the body otherwise.
    #[track_caller]
    pub(super) fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// It is a problem of this status and code that says these words.
    #[track_caller]
    pub(super) fn problem(self, status: u16, code: &str, words: &[&str]) {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json",
            "{:#}",
            self.body
        );
        let body = self.is(status);
        assert_eq!(body["code"], code, "{body:#}");
        assert_eq!(body["status"], status, "{body:#}");
        for word in words {
            assert!(
                body["detail"].as_str().unwrap().contains(word),
                "{word:?} is not said: {body:#}"
            );
        }
    }
}

/// A brain's limits.
pub(super) struct Limits {
    pub(super) clients: Option<&'static [&'static str]>,
    pub(super) kinds: Option<&'static [ActionKind]>,
    pub(super) ceiling: Tier,
    pub(super) rate: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { clients: Some(&[OURS]), kinds: None, ceiling: Tier::High, rate: 0 }
    }
}

impl Desk {
    pub(super) async fn new() -> Desk {
        Desk::with(|_| {}).await
    }

    /// The same; `change` sees the parts first.
    pub(super) async fn with(change: impl FnOnce(&mut App)) -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreOptions::new(dir.path(), "desk.example")).await.unwrap();
        for (id, role) in [("owner", Role::Technician), ("boss", Role::Admin)] {
            store.put_person(person(id, role), clock::now()).await.unwrap();
        }
        let people = Arc::new(People::new());
        let clients = [OURS, THEIRS].map(|id| client(id, &people));
        let model = technician::train(&history(), &TrainOptions::default()).unwrap();
        let clients = clients.into_iter().map(|c| (c.id.clone(), c)).collect();
        let parts = Parts { clients, poll_ms: 1_000, workers: 2, ..Parts::default() };
        let mut app = App {
            store,
            parts: watch::Sender::new(Arc::new(parts)),
            started: crate::config::example(),
            loaded: Mutex::new(crate::config::example()),
            live_policy: Live::new(Ok(policy().compile().unwrap())),
            brain: BrainId::new("technician").unwrap(),
            brain_ceiling: Tier::High,
            model_digest: model.digest(),
            model: Arc::new(model),
            msp_name: "Northwind IT".into(),
            public_url: "http://desk.example".into(),
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
        let json = serde_json::to_string(&policy()).unwrap();
        app.store.seed_policy(&policy().version, &json, clock::now()).await.unwrap();
        Desk { router: crate::api::router(app.clone()), people, app, worker: None, _dir: dir }
    }

    /// The same with a worker that drives what comes in.
    pub(super) async fn at_work() -> Desk {
        Desk::new().await.working()
    }

    /// Has a worker drive what comes in.
    pub(super) fn working(mut self) -> Desk {
        connectors::install_crypto_provider();
        let (switch, stop) = Stop::new();
        tokio::spawn(worker::run(self.app.clone(), stop));
        self.worker = Some(switch);
        self
    }

    /// Lets a brain in; its token.
    pub(super) async fn brain(&self, id: &str, limits: Limits) -> String {
        let id = BrainId::new(id).unwrap();
        let (token, token_hash) = token::new_token(&id).unwrap();
        let clients =
            limits.clients.map(|c| c.iter().map(|c| ClientId::new(*c).unwrap()).collect());
        let new = NewBrain {
            name: format!("The {id}"),
            id,
            owner: PersonId::new("owner").unwrap(),
            clients,
            kinds: limits.kinds.map(<[_]>::to_vec),
            ceiling: limits.ceiling,
            rate_per_min: limits.rate,
            token_hash,
        };
        let by = PersonId::new("boss").unwrap();
        self.app.store.add_brain(new, by, clock::now()).await.unwrap();
        token.expose_secret().to_owned()
    }

    pub(super) async fn revoke(&self, id: &str) {
        let (id, by) = (BrainId::new(id).unwrap(), PersonId::new("boss").unwrap());
        assert!(self.app.store.revoke_brain(&id, by, "test", clock::now()).await.unwrap());
    }

    /// A ticket of a client, from `from`; our own technician leaves it alone.
    pub(super) async fn ticket(
        &self,
        client: &str,
        number: &str,
        from: &str,
        text: &str,
    ) -> CaseId {
        let at = clock::now();
        let case = CaseId(clock::new_id());
        let ticket = IncomingTicket {
            ticket: TicketRef { psa: "rt".into(), id: number.into() },
            customer: client.into(),
            from: from.into(),
            from_name: "Dana".into(),
            subject: "Locked out".into(),
            body: text.into(),
            created_at: at,
            message_id: None,
            status: TicketStatus::New,
        };
        let intake = Intake {
            client: ClientId::new(client).unwrap(),
            ticket,
            case,
            fingerprint: case.to_string(),
            duplicate_since: at,
            at,
        };
        self.app.store.receive(intake).await.unwrap();
        case
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub(super) async fn get(&self, token: &str, path: &str) -> Reply {
        self.send(request(Method::GET, token, path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, token: &str, path: &str, key: &str, body: &Value) -> Reply {
        let request = request(Method::POST, token, path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Submits under a key of its own.
    pub(super) async fn submit(&self, token: &str, body: &Value) -> Reply {
        let key = clock::new_id().to_string();
        self.post(token, "/api/v1/requests?wait_ms=5000", &key, body).await
    }

    /// Entries in every journal, of requests that brains sent.
    pub(super) async fn requests(&self) -> usize {
        let mut count = 0;
        for case in self.app.store.cases(None, None, 100_000).await.unwrap() {
            count += usize::from(case.brain.is_some());
        }
        count
    }

    /// Every entry of every client's journal.
    pub(super) async fn entries(&self) -> usize {
        let mut count = 0;
        for client in [OURS, THEIRS] {
            let client = ClientId::new(client).unwrap();
            for case in self.app.store.cases(Some(&client), None, 100_000).await.unwrap() {
                count += self.app.store.events(&client, case.id).await.unwrap().len();
            }
        }
        count
    }

    /// The pending questions.
    pub(super) async fn questions(&self) -> Vec<domain::Approval> {
        self.app.store.approvals(Some("pending"), 100).await.unwrap()
    }

    /// A person answers every question.
    pub(super) async fn answer(&self, decision: domain::Decision) {
        for question in self.questions().await {
            let boss = PersonId::new("boss").unwrap();
            let identities = ["boss@desk.example".to_owned()];
            let decided = self.app.store.decide(
                question.id,
                &boss,
                &identities,
                question.digest,
                decision.clone(),
                clock::now(),
            );
            decided.await.unwrap();
        }
        self.app.due.notify_one();
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(switch) = &self.worker {
            let _ = switch.send(true);
        }
    }
}

pub(super) fn request(method: Method, token: &str, path: &str) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "desk.example");
    match token {
        "" => request,
        token => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
    }
}

/// `POST /requests` for one action without a ticket: nobody whom the platform knows asked.
pub(super) fn asks(action: Value) -> Value {
    json!({"client": OURS, "actions": [action], "reason": "The user cannot work."})
}

pub(super) fn unlock(name: &str) -> Value {
    json!({"kind": "unlock_account", "account": account(name)})
}

fn policy() -> Policy {
    let mut policy = Policy::cautious("test-1");
    policy.default_autonomy = Autonomy::AutoAndClose;
    policy
}

/// A configuration with nothing in it.
fn client(id: &str, people: &Arc<People>) -> Client {
    Client {
        id: ClientId::new(id).unwrap(),
        name: format!("{id} Ltd"),
        customers: vec![],
        lists: Default::default(),
        link_ttl_hours: 24,
        directory: people.clone(),
        profile: Profile { msp_name: "Northwind IT".into(), ..Profile::default() },
        gate_lock: Default::default(),
    }
}

fn person(id: &str, role: Role) -> Person {
    Person {
        id: PersonId::new(id).unwrap(),
        name: id.into(),
        email: format!("{id}@desk.example"),
        role,
        password_hash: String::new(),
        away: None,
        deputy: None,
    }
}

/// The smallest history that can be learned from.
fn history() -> Vec<Labelled> {
    let rows = |i: usize, intent: Intent| {
        (0..6).map(move |n| Labelled {
            text: format!("{} number {n}", intent.name()),
            intent,
            family: u32::try_from(i * 6 + n).unwrap(),
        })
    };
    Intent::ALL.into_iter().enumerate().flat_map(|(i, intent)| rows(i, intent)).collect()
}

/// When a text of the API says.
pub(super) fn is_time(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|t| t.ends_with('Z') && t.contains('T') && t != UnixMs(0).to_string())
}
