//! What the tests share: a store in a temporary folder, and ready-made events.

use domain::action::UnlockAccount;
use domain::{
    AccountRef, Action, Actor, Approval, ApprovalId, ApprovalState, AttemptId, BrainId, CaseId,
    ClientId, Decision, Digest, Event, Facts, Finding, Follow, IncomingTicket, PersonId, TicketRef,
    TicketStatus, Tier, UnixMs, VerdictRecord,
};
use sqlx::{Connection as _, SqliteConnection};
use std::path::Path;
use store::{
    Append, DecideError, EntryRow, Intake, NewEntry, Person, Received, Role, Store, StoreError,
    StoreOptions, View, msp_journal,
};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const T0: UnixMs = UnixMs(1_800_000_000_000);
pub(crate) const HOUR_MS: i64 = 3_600_000;

pub(crate) struct Desk {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
}

/// The PostgreSQL on which the same tests run a second time, with JOURNEYMAN_TEST_STORE=postgres.
fn postgres() -> Option<String> {
    let wanted = std::env::var("JOURNEYMAN_TEST_STORE").is_ok_and(|store| store == "postgres");
    wanted.then(|| std::env::var("JOURNEYMAN_TEST_POSTGRES").unwrap())
}

/// Whether this run is on PostgreSQL: tests of files on disk have nothing to look at there.
pub(crate) fn on_postgres() -> bool {
    postgres().is_some()
}

/// Options for a store in this folder, or in a database of PostgreSQL that is this folder's.
pub(crate) fn options(dir: &Path) -> StoreOptions {
    let mut options = StoreOptions::new(dir, "desk.example.net");
    if let Some(server) = postgres() {
        let path = dir.display().to_string();
        let name: String = path.bytes().map(|b| format!("{b:02x}")).collect();
        let name = format!("t{}", &name[name.len().saturating_sub(40)..]);
        let url = format!("{}/{name}", plain(&server));
        std::thread::spawn(move || create(&server, &name)).join().unwrap();
        options.database = Some(url.into());
    }
    options
}

/// The address of a server for a role that is no superuser: it owns its tables, and policies bind it.
fn plain(server: &str) -> String {
    let host = server.rsplit_once('@').unwrap().1;
    format!("postgres://journeyman_plain:plain@{host}")
}

#[tokio::main(flavor = "current_thread")]
async fn create(server: &str, name: &str) {
    let mut conn = sqlx::PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let role = "CREATE ROLE journeyman_plain LOGIN PASSWORD 'plain'";
    let database = format!("CREATE DATABASE {name} OWNER journeyman_plain");
    for sql in [role.to_owned(), database] {
        // Somebody else may have made it at the same moment, or a moment ago.
        let _ = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await;
    }
}

pub(crate) async fn open(dir: &Path) -> Store {
    Store::open(&options(dir)).await.unwrap()
}

pub(crate) async fn desk() -> Desk {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    Desk { dir, store }
}

/// A second connection, as another program would have it.
pub(crate) async fn raw(dir: &Path) -> SqliteConnection {
    let url = format!("sqlite://{}", dir.join("journeyman.db").display());
    SqliteConnection::connect(&url).await.unwrap()
}

/// A connection of somebody who tampers: the triggers are gone.
pub(crate) async fn tamperer(dir: &Path) -> SqliteConnection {
    let mut conn = raw(dir).await;
    let triggers: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    for name in triggers {
        run(&mut conn, &format!("DROP TRIGGER {name}")).await.unwrap();
    }
    conn
}

pub(crate) async fn run(conn: &mut SqliteConnection, sql: &str) -> Result<u64, sqlx::Error> {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(conn).await.map(|d| d.rows_affected())
}

pub(crate) fn acme() -> ClientId {
    ClientId::new("acme").unwrap()
}

pub(crate) fn case_id(n: u128) -> CaseId {
    CaseId(Uuid::from_u128(n))
}

pub(crate) fn ticket(id: &str, subject: &str) -> IncomingTicket {
    IncomingTicket {
        ticket: TicketRef { psa: "rt".into(), id: id.into() },
        customer: "Acme".into(),
        from: "petra.quill@acme.example".into(),
        from_name: "Petra Quill".into(),
        subject: subject.into(),
        body: "I am locked out of my laptop.".into(),
        created_at: T0,
        message_id: None,
        status: TicketStatus::New,
    }
}

pub(crate) fn intake(n: u128) -> Intake {
    Intake {
        client: acme(),
        ticket: ticket(&n.to_string(), "Locked out"),
        case: case_id(n),
        fingerprint: format!("fingerprint {n}"),
        duplicate_since: UnixMs(0),
        at: T0,
    }
}

/// Takes ticket `n` in; its case has version 1.
pub(crate) async fn new_case(store: &Store, n: u128) -> CaseId {
    match store.receive(intake(n)).await.unwrap() {
        Received::New(id) => id,
        other => panic!("ticket {n} is {other:?}"),
    }
}

pub(crate) fn note(text: &str) -> NewEntry {
    NewEntry {
        actor: Actor::Platform,
        event: Event::Noted { code: "note".into(), text: text.into() },
    }
}

pub(crate) fn brain() -> Actor {
    Actor::Brain(BrainId::new("technician").unwrap())
}

pub(crate) fn unlock() -> Action {
    Action::UnlockAccount(UnlockAccount {
        account: AccountRef {
            id: "9c0c7f0e".into(),
            login: "petra.quill@acme.example".into(),
            name: "Petra Quill".into(),
        },
    })
}

pub(crate) fn digest() -> Digest {
    unlock().digest(&acme())
}

pub(crate) fn judged(tier: Tier) -> NewEntry {
    let finding = Finding {
        assessor: "requester".into(),
        minimum: tier,
        code: "requester_unverified".into(),
        because: "petra.quill@acme.example is not on file".into(),
    };
    NewEntry {
        actor: brain(),
        event: Event::Judged {
            action: unlock(),
            facts: Facts::none("not read"),
            verdict: VerdictRecord {
                digest: digest(),
                tier,
                findings: vec![finding],
                policy_version: "policy 7".into(),
                follows: Follow::Run,
                judged_at: T0,
                shadow: false,
            },
        },
    }
}

pub(crate) fn append(case: CaseId, expected: u64, entries: Vec<NewEntry>) -> Append {
    Append { client: acme(), case, expected, at: T0, entries, views: Vec::new() }
}

/// Appends one note to a case.
pub(crate) async fn add(store: &Store, case: CaseId, expected: u64) -> Result<u64, StoreError> {
    store.append(append(case, expected, vec![note(&format!("after {expected}"))])).await
}

/// A case with a question that waits for a person.
pub(crate) async fn asked(store: &Store, n: u128) -> (CaseId, Approval) {
    asked_of(store, n, 1).await
}

/// A case with a question that waits for that many people.
pub(crate) async fn asked_of(store: &Store, n: u128, needed: u8) -> (CaseId, Approval) {
    enlist(store).await;
    let case = new_case(store, n).await;
    let approval = Approval {
        id: ApprovalId(Uuid::from_u128(n + 1_000_000)),
        client: acme(),
        case,
        brain: Some(BrainId::new("technician").unwrap()),
        kind: Some(unlock().kind()),
        digest: digest(),
        sentence: unlock().sentence(),
        tier: Tier::High,
        excluded: vec!["9c0c7f0e".into(), "Petra.Quill@acme.example".into()],
        needed,
        yes: Vec::new(),
        steps: Vec::new().into(),
        not_before: None,
        change: None,
        replaces: None,
        asked_at: T0,
        expires_at: T0.plus_ms(4 * HOUR_MS),
        state: ApprovalState::Pending,
    };
    put_question(store, &approval, 1).await;
    (case, approval)
}

/// Adds people who may decide, unless the test brought its own.
async fn enlist(store: &Store) {
    if store.people_count().await.unwrap() > 0 {
        return;
    }
    let petra = "petra.quill@acme.example";
    for id in ["boss", "ann", "ben", "wally@msp.example", petra] {
        store.put_person(technician(id), T0).await.unwrap();
    }
}

pub(crate) fn technician(id: &str) -> Person {
    Person {
        id: person_id(id),
        name: id.into(),
        email: format!("{id}@msp.example"),
        role: Role::Technician,
        password_hash: "$argon2id$v=19$...".into(),
        away: None,
        deputy: None,
    }
}

/// Asks a question in its case, which has version `expected`.
pub(crate) async fn put_question(store: &Store, approval: &Approval, expected: u64) {
    let held = NewEntry {
        actor: brain(),
        event: Event::Held {
            approval: approval.id,
            action: unlock(),
            digest: approval.digest,
            tier: approval.tier,
            expires_at: approval.expires_at,
            needed: approval.needed,
        },
    };
    let mut entry = append(approval.case, expected, vec![held]);
    entry.views =
        vec![View::Ask(Box::new(approval.clone())), View::Wake(Some(approval.expires_at))];
    store.append(entry).await.unwrap();
}

/// Says yes or no in the name of a person who saw exactly this.
pub(crate) async fn say(
    store: &Store,
    approval: &Approval,
    person: &str,
    decision: Decision,
    at: UnixMs,
) -> Result<Approval, DecideError> {
    let own = vec![format!("{person}@msp.example")];
    store.decide(approval.id, &person_id(person), &own, approval.digest, decision, at).await
}

pub(crate) fn person_id(id: &str) -> PersonId {
    PersonId::new(id).unwrap()
}

pub(crate) fn brain_id(id: &str) -> BrainId {
    BrainId::new(id).unwrap()
}

/// The newest entry of the MSP's own journal, after checking all of it.
pub(crate) async fn newest_of_msp(store: &Store) -> EntryRow {
    assert_clean(store, &msp_journal()).await;
    store.entries(&msp_journal(), 1).await.unwrap().remove(0)
}

pub(crate) fn attempt_id(n: u128) -> AttemptId {
    AttemptId(Uuid::from_u128(n))
}

pub(crate) fn started(action: Action, attempt: AttemptId, approval: Option<ApprovalId>) -> Event {
    Event::Started {
        attempt,
        digest: action.digest(&acme()),
        action,
        tier: Tier::Low,
        approval,
        before: None,
        was_member: None,
    }
}

/// Whatever people may type: quotes, comments, statements, marks, other scripts, nothing.
pub(crate) const HOSTILE: [&str; 6] = [
    "'; DROP TABLE policies; --",
    "\"') OR 1=1 /*",
    "%_\\\u{0}\u{202e}x",
    "$1 $2 ?1 :a @b",
    "Ünïcödé 📎 עברית",
    "x' UNION SELECT token_hash FROM brains--",
];

pub(crate) async fn assert_clean(store: &Store, client: &ClientId) -> u64 {
    let report = store.verify(client, None).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.problems);
    report.size
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        match item.file_type().unwrap().is_dir() {
            true => copy_folder(&item.path(), &target),
            false => drop(std::fs::copy(item.path(), target).unwrap()),
        }
    }
}
