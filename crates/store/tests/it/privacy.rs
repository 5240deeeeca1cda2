//! Personal data does not stand in the clear in what can never be erased.

use crate::common::*;
use domain::{Author, Decision, Event, Message, PersonId, Tier};
use sqlx::{Column as _, Row as _};
use store::NewEntry;

#[tokio::test]
async fn nothing_said_about_anyone_stands_in_the_journal_in_the_clear() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let store = &desk.store;
    let (case, approval) = asked(store, 1).await;
    let wally = PersonId::new("wally@msp.example").unwrap();
    store
        .decide(approval.id, &wally, &[], approval.digest, Decision::Deny("Sleuth".into()), T0)
        .await
        .unwrap();
    let message = Message {
        id: "m1".into(),
        author: Author::Customer("petra.quill@acme.example".into()),
        body: "Call me on 555 0101".into(),
        at: T0,
        internal: false,
    };
    let said = NewEntry { actor: brain(), event: Event::MessageReceived { message } };
    let ended = NewEntry {
        actor: brain(),
        event: Event::Ended {
            outcome: domain::CaseOutcome::Refused,
            reason: "Petra Quill is not known".into(),
        },
    };
    let entries = vec![judged(Tier::High), said, note("Quill again"), ended];
    store.append(append(case, 3, entries)).await.unwrap();
    desk.store.clone().close().await;

    let plants =
        ["petra", "quill", "locked out", "laptop", "9c0c7f0e", "wally", "sleuth", "555 0101"];
    let mut conn = raw(desk.dir.path()).await;
    let mut seen = 0;
    for table in ["entries", "tips", "checkpoints"] {
        let sql = format!("SELECT * FROM {table}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap();
        assert!(!rows.is_empty(), "{table} is empty");
        for (row, at) in rows.iter().flat_map(|r| (0..r.len()).map(move |i| (r, i))) {
            let bytes: Vec<u8> = row.try_get_unchecked(at).unwrap();
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            for plant in plants {
                let name = row.column(at).name();
                assert!(!text.contains(plant), "{plant:?} stands in {table}.{name}");
            }
            seen += 1;
        }
    }
    assert!(seen > 80, "only {seen} values were looked at");

    // The same search does find them where they may stand.
    let bodies: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT body FROM entry_private").fetch_all(&mut conn).await.unwrap();
    let bodies = String::from_utf8_lossy(&bodies.concat()).to_lowercase();
    for plant in plants {
        assert!(bodies.contains(plant), "{plant:?} was never written");
    }
}

#[tokio::test]
async fn who_decided_is_shown_by_name_and_after_erasure_by_a_steady_pseudonym() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let wally = PersonId::new("wally@msp.example").unwrap();
    for n in 1..3 {
        let (_, approval) = asked(&desk.store, n).await;
        desk.store
            .decide(approval.id, &wally, &[], approval.digest, Decision::Approve, T0)
            .await
            .unwrap();
    }
    let decided = || async {
        let rows = desk.store.entries(&acme(), 99).await.unwrap();
        rows.into_iter().filter(|e| e.kind == "decided").map(|e| e.actor).collect::<Vec<_>>()
    };
    assert_eq!(decided().await, ["person:wally@msp.example", "person:wally@msp.example"]);
    let mut conn = raw(desk.dir.path()).await;
    run(&mut conn, "DELETE FROM entry_private").await.unwrap();
    let pseudonyms = decided().await;
    assert_eq!(pseudonyms[0], pseudonyms[1]);
    assert!(pseudonyms[0].starts_with("person:") && !pseudonyms[0].contains("wally"));
}

#[cfg(unix)]
#[tokio::test]
async fn only_this_user_can_read_the_data() {
    if on_postgres() {
        return;
    }
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data");
    let store = open(&dir).await;
    new_case(&store, 1).await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for file in ["journeyman.db", "journeyman.db-wal", "keys/vault.key", "keys/journal-signing.key"]
    {
        assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
    }
}
