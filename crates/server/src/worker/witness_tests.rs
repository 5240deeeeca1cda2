#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse as _, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{CaseId, IncomingTicket, TicketRef, TicketStatus};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use std::sync::Mutex;
use store::{Intake, StoreOptions, Verifier, merkle};

const NAME: &str = "witness.example/w1";

/// A witness after C2SP's tlog-witness: knows logs by origin, remembers the newest checkpoint.
struct StandIn {
    key: SigningKey,
    logs: BTreeMap<String, Verifier>,
    seen: BTreeMap<String, (u64, merkle::Hash)>,
    asked: u32,
}

type Shared = Arc<Mutex<StandIn>>;

async fn add(State(witness): State<Shared>, body: String) -> axum::response::Response {
    let mut w = witness.lock().unwrap();
    w.asked += 1;
    let Some((head, note)) = body.split_once("\n\n") else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut lines = head.lines();
    let old = lines.next().and_then(|l| l.strip_prefix("old ")).and_then(|l| l.parse::<u64>().ok());
    let proof: Option<Vec<merkle::Hash>> =
        lines.map(|l| STANDARD.decode(l).ok()?.try_into().ok()).collect();
    let (Some(old), Some(proof)) = (old, proof) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let origin = note.lines().next().unwrap_or_default().to_owned();
    let Some(log) = w.logs.get(&origin) else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(read) = log.open(note) else { return StatusCode::FORBIDDEN.into_response() };
    if old > read.size || proof.len() > 63 {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let (size, root) = w.seen.get(&origin).copied().unwrap_or((0, merkle::empty_root()));
    if old != size || (old == read.size && root != read.root) {
        let kind = [("content-type", "text/x.tlog.size")];
        return (StatusCode::CONFLICT, kind, format!("{size}\n")).into_response();
    }
    if !merkle::verify_consistency(old, read.size, &proof, root, read.root) {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    w.seen.insert(origin, (read.size, read.root));
    let text = note.split_once("\n\n").unwrap().0;
    let message = format!("cosignature/v1\ntime 1800000000\n{text}\n");
    let signature = w.key.sign(message.as_bytes()).to_bytes();
    let bytes = [&id(&w.key)[..], &1_800_000_000u64.to_be_bytes(), &signature].concat();
    format!("\u{2014} {NAME} {}\n", STANDARD.encode(bytes)).into_response()
}

fn id(key: &SigningKey) -> [u8; 4] {
    let parts = [NAME.as_bytes(), b"\n\x04", key.verifying_key().as_bytes()].concat();
    Sha256::digest(parts)[..4].try_into().unwrap()
}

fn vkey(key: &SigningKey) -> String {
    let bytes = [&[4][..], key.verifying_key().as_bytes()].concat();
    format!("{NAME}+{}+{}", hex::encode(id(key)), STANDARD.encode(bytes))
}

struct Stage {
    dir: tempfile::TempDir,
    store: Store,
    client: ClientId,
    url: url::Url,
    cosigner: Cosigner,
    witness: Shared,
    http: reqwest::Client,
}

async fn open(dir: &Path) -> Store {
    Store::open(&StoreOptions::new(dir, "desk.example")).await.unwrap()
}

/// One more entry, its checkpoint signed.
async fn grow(dir: &Path, store: Store, n: u128) -> Store {
    let intake = Intake {
        client: ClientId::new("acme").unwrap(),
        ticket: IncomingTicket {
            ticket: TicketRef { psa: "rt".into(), id: n.to_string() },
            customer: "Acme".into(),
            from: "petra@acme.example".into(),
            from_name: "Petra".into(),
            subject: "Locked out".into(),
            body: "I am locked out.".into(),
            created_at: UnixMs(0),
            message_id: None,
            status: TicketStatus::New,
        },
        case: CaseId(uuid::Uuid::from_u128(n)),
        fingerprint: n.to_string(),
        duplicate_since: UnixMs(0),
        at: UnixMs(0),
    };
    store.receive(intake).await.unwrap();
    store.close().await;
    open(dir).await
}

impl Stage {
    async fn new() -> Stage {
        connectors::install_crypto_provider();
        let dir = tempfile::tempdir().unwrap();
        let store = grow(dir.path(), open(dir.path()).await, 1).await;
        let client = ClientId::new("acme").unwrap();
        let log = Verifier::from_vkey(&store.verifier_key(&client)).unwrap();
        let key = SigningKey::from_bytes(&[7; 32]);
        let cosigner = Cosigner::from_vkey(&vkey(&key)).unwrap();
        let logs = [(log.name().to_owned(), log)].into();
        let witness = StandIn { key, logs, seen: BTreeMap::new(), asked: 0 };
        let witness = Arc::new(Mutex::new(witness));
        let router = Router::new().route("/add-checkpoint", post(add)).with_state(witness.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/add-checkpoint", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Stage { dir, store, client, url: url.parse().unwrap(), cosigner, witness, http }
    }

    async fn show(&self, store: &Store) -> Result<(), String> {
        show(store, &self.http, &self.url, &self.cosigner, &self.client, UnixMs(5)).await
    }

    fn seen(&self) -> u64 {
        self.witness.lock().unwrap().seen.get("desk.example/acme").map_or(0, |(size, _)| *size)
    }

    fn asked(&self) -> u32 {
        self.witness.lock().unwrap().asked
    }
}

#[tokio::test]
async fn every_newest_checkpoint_is_cosigned_once_and_stands_in_proofs() {
    let mut stage = Stage::new().await;
    stage.show(&stage.store).await.unwrap();
    stage.show(&stage.store).await.unwrap();
    assert_eq!((stage.seen(), stage.asked()), (1, 1), "what is cosigned is not sent again");
    for n in 2..5 {
        stage.store = grow(stage.dir.path(), stage.store, n).await;
    }
    stage.show(&stage.store).await.unwrap();
    assert_eq!((stage.seen(), stage.asked()), (4, 2));
    let proof = stage.store.prove_entry(&stage.client, 2).await.unwrap();
    let found = stage.cosigner.find(&proof.checkpoint, &proof.checkpoint).unwrap();
    assert_eq!(found.1, 1_800_000_000);
}

#[tokio::test]
async fn a_witness_that_knows_another_size_is_asked_again_from_there() {
    let mut stage = Stage::new().await;
    stage.show(&stage.store).await.unwrap();
    // It forgot; and it saw what this database has no cosignature of.
    stage.witness.lock().unwrap().seen.clear();
    stage.store = grow(stage.dir.path(), stage.store, 2).await;
    stage.show(&stage.store).await.unwrap();
    assert_eq!((stage.seen(), stage.asked()), (2, 3));
}

#[tokio::test]
async fn a_rolled_back_journal_is_told_of_and_so_is_a_rewritten_one() {
    let mut stage = Stage::new().await;
    let copy = tempfile::tempdir().unwrap();
    stage.store.close().await;
    for entry in ["keys/journal-signing.key", "keys/vault.key", "journeyman.db"] {
        std::fs::create_dir_all(copy.path().join("keys")).unwrap();
        std::fs::copy(stage.dir.path().join(entry), copy.path().join(entry)).unwrap();
    }
    stage.store = open(stage.dir.path()).await;
    for n in 2..4 {
        stage.store = grow(stage.dir.path(), stage.store, n).await;
    }
    stage.show(&stage.store).await.unwrap();

    let old = open(copy.path()).await;
    let why = stage.show(&old).await.unwrap_err();
    assert!(why.contains("has seen 3 entries and this journal has 1: it was rolled back"), "{why}");
    let mut old = grow(copy.path(), old, 8).await;
    old = grow(copy.path(), old, 9).await;
    let why = stage.show(&old).await.unwrap_err();
    assert!(why.contains("another history up to 3 entries"), "{why}");
    old = grow(copy.path(), old, 10).await;
    let why = stage.show(&old).await.unwrap_err();
    assert!(why.contains("another history up to 3 entries"), "{why}");
    assert_eq!(stage.seen(), 3);

    // The file says the same.
    let file = stage.dir.path().join("kept");
    let clients = [stage.client.clone()];
    keep(&stage.store, &clients, &file).await.unwrap();
    let back = tempfile::tempdir().unwrap();
    let young = grow(back.path(), open(back.path()).await, 1).await;
    let why = keep(&young, &clients, &file).await.unwrap_err();
    assert!(why.contains("the file has seen 3 entries and this journal has 1"), "{why}");
}

#[tokio::test]
async fn refusals_name_the_remedy_and_a_false_cosignature_is_not_kept() {
    let stage = Stage::new().await;
    let logs = std::mem::take(&mut stage.witness.lock().unwrap().logs);
    let why = stage.show(&stage.store).await.unwrap_err();
    assert!(why.contains("404") && why.contains("register"), "{why}");
    let foreign = {
        let key = SigningKey::from_bytes(&[9; 32]);
        let name = "desk.example/acme";
        let parts = [name.as_bytes(), b"\n\x01", key.verifying_key().as_bytes()].concat();
        let bytes = [&[1][..], key.verifying_key().as_bytes()].concat();
        let id = hex::encode(&Sha256::digest(parts)[..4]);
        Verifier::from_vkey(&format!("{name}+{id}+{}", STANDARD.encode(bytes))).unwrap()
    };
    stage.witness.lock().unwrap().logs.insert("desk.example/acme".into(), foreign);
    let why = stage.show(&stage.store).await.unwrap_err();
    assert!(why.contains("403"), "{why}");
    stage.witness.lock().unwrap().logs = logs;
    stage.witness.lock().unwrap().key = SigningKey::from_bytes(&[8; 32]);
    let why = stage.show(&stage.store).await.unwrap_err();
    assert!(why.contains("not valid under `vkey`"), "{why}");
    assert_eq!(stage.store.cosigned_size(&stage.client, NAME).await, Ok(0));
    let nobody = "http://127.0.0.1:1/add-checkpoint?token=s3cret".parse().unwrap();
    let none = show(&stage.store, &stage.http, &nobody, &stage.cosigner, &stage.client, UnixMs(5));
    let why = none.await.unwrap_err();
    assert!(why.contains("does not answer") && !why.contains("s3cret"), "{why}");
}

#[tokio::test]
async fn a_file_gets_each_newest_checkpoint_once() {
    let mut stage = Stage::new().await;
    let file = stage.dir.path().join("kept");
    let clients = [stage.client.clone()];
    keep(&stage.store, &clients, &file).await.unwrap();
    keep(&stage.store, &clients, &file).await.unwrap();
    stage.store = grow(stage.dir.path(), stage.store, 2).await;
    keep(&stage.store, &clients, &file).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let notes = &stage.store.witnessed(&text).unwrap()[&stage.client];
    assert_eq!(notes.len(), 2);
    let report = stage.store.verify_witnessed(&stage.client, notes).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let nowhere = stage.dir.path().join("no/such/folder");
    assert!(keep(&stage.store, &clients, &nowhere).await.unwrap_err().contains("may append to"));
}

#[test]
fn pauses_grow_up_to_an_hour_and_a_success_ends_them() {
    let (client, mut pace) = (ClientId::new("acme").unwrap(), Pace::default());
    assert!(pace.is_due(&client, UnixMs(0)));
    let mut pauses = Vec::new();
    for _ in 0..8 {
        pace.done(&client, UnixMs(0), false);
        pauses.push(pace.next[&client].0.0 / 60_000);
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
    pace.done(&client, UnixMs(0), true);
    assert!(!pace.is_due(&client, UnixMs(59_999)) && pace.is_due(&client, UnixMs(60_000)));
}

#[test]
fn a_witness_is_configured_in_full_or_not_at_all() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let full = WitnessConfig {
        name: Some(NAME.into()),
        url: Some("https://witness.example/".into()),
        vkey: Some(vkey(&key)),
        file: None,
    };
    let (url, _) = Witness::new(&full).unwrap().remote.unwrap();
    assert_eq!(url.as_str(), "https://witness.example/add-checkpoint");
    let none = WitnessConfig { name: None, url: None, vkey: None, file: None };
    Witness::new(&WitnessConfig { file: Some("x".into()), ..none.clone() }).unwrap();
    for (bad, word) in [
        (none, "`file`"),
        (WitnessConfig { vkey: None, ..full.clone() }, "belong together"),
        (WitnessConfig { url: None, ..full.clone() }, "belong together"),
        (WitnessConfig { name: Some("other".into()), ..full.clone() }, NAME),
        (WitnessConfig { url: Some("http://witness.example".into()), ..full.clone() }, "https://"),
        (WitnessConfig { vkey: Some("a+b+c".into()), ..full }, "`vkey`"),
    ] {
        let why = Witness::new(&bad).unwrap_err();
        assert!(why.contains(word), "{why}");
    }
}
