//! Row-level security on PostgreSQL: who asks for one client has nothing of another.

use crate::common::*;
use domain::{ActionKind, ClientId, UnixMs};
use secrecy::ExposeSecret as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::fmt::Write as _;
use store::Store;

/// A connection of the tables' owner, without any setting.
async fn owner(desk: &Desk) -> PgConnection {
    let url = options(desk.dir.path()).database.unwrap();
    let mut conn = PgConnection::connect(url.expose_secret()).await.unwrap();
    let bypass: bool = sqlx::query_scalar(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert!(!bypass, "a superuser would see everything and prove nothing");
    conn
}

/// Every table with a client, each with its columns: name, type, whether the database fills it.
async fn tables(conn: &mut PgConnection) -> Vec<(String, Vec<(String, String)>)> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT c.table_name::text FROM information_schema.columns c
         JOIN information_schema.tables t USING (table_schema, table_name)
         WHERE c.table_schema = current_schema() AND c.column_name = 'client'
           AND t.table_type = 'BASE TABLE' ORDER BY 1",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let mut tables = Vec::new();
    for name in names {
        let columns: Vec<(String, String)> = sqlx::query_as(
            "SELECT column_name::text, data_type::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'NO'
               AND column_name <> 'client'",
        )
        .bind(&name)
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        tables.push((name, columns));
    }
    tables
}

/// A statement in a transaction of this scope; `None` is no setting at all. The count of rows.
async fn within(
    conn: &mut PgConnection,
    scope: Option<&str>,
    sql: &str,
) -> Result<u64, sqlx::Error> {
    let mut tx = conn.begin().await?;
    if let Some(scope) = scope {
        sqlx::query("SELECT set_config('journeyman.client', $1, true)")
            .bind(scope)
            .execute(&mut *tx)
            .await?;
    }
    let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}

fn insert(table: &str, columns: &[(String, String)]) -> String {
    let (mut names, mut values) = ("client".to_owned(), "'acme'".to_owned());
    for (name, kind) in columns {
        let value = match kind.as_str() {
            "bigint" => "0",
            "text" => "'x'",
            "bytea" => "'\\x00'",
            other => panic!("a value for {other}"),
        };
        write!(names, ", {name}").unwrap();
        write!(values, ", {value}").unwrap();
    }
    format!("INSERT INTO {table} ({names}) VALUES ({values})")
}

#[tokio::test]
async fn every_table_with_a_client_shows_and_takes_rows_of_that_client_alone() {
    if !on_postgres() {
        return;
    }
    let desk = desk().await;
    let mut conn = owner(&desk).await;
    let tables = tables(&mut conn).await;
    assert!(tables.len() >= 18 && tables.iter().any(|(name, _)| name == "entries"), "{tables:?}");
    for (table, columns) in &tables {
        let add = insert(table, columns);
        let seen = format!("SELECT 1 FROM {table} WHERE client = 'acme'");
        let change = format!("UPDATE {table} SET client = client WHERE client = 'acme'");
        let delete = format!("DELETE FROM {table} WHERE client = 'acme'");
        for other in [None, Some("globex"), Some("")] {
            let refused = within(&mut conn, other, &add).await.unwrap_err().to_string();
            assert!(refused.contains("row-level security"), "{table}, {other:?}: {refused}");
        }
        assert_eq!(within(&mut conn, Some("acme"), &add).await.unwrap(), 1, "{table}");
        for other in [None, Some("globex"), Some("")] {
            for sql in [&seen, &change, &delete] {
                let rows = within(&mut conn, other, sql).await.unwrap();
                assert_eq!(rows, 0, "{table}: {sql} as {other:?}");
            }
        }
        for own in ["acme", "*"] {
            assert_eq!(within(&mut conn, Some(own), &seen).await.unwrap(), 1, "{table} as {own}");
        }
    }
    let stop = "INSERT INTO breakers VALUES ('', '', 'stop', 'x', 'boss', 0)";
    within(&mut conn, Some("*"), stop).await.unwrap();
    let seen = "SELECT 1 FROM breakers WHERE client = ''";
    assert_eq!(within(&mut conn, Some("globex"), seen).await.unwrap(), 1, "it stops everyone");
    assert_eq!(within(&mut conn, None, seen).await.unwrap(), 0);
    let close = "DELETE FROM breakers WHERE client = ''";
    assert_eq!(within(&mut conn, Some("globex"), close).await.unwrap(), 0);
}

/// What every read of one client answers.
async fn all_of(store: &Store, client: &ClientId) -> Vec<String> {
    let case = case_id(2);
    let kind = ActionKind::UnlockAccount;
    let zero = UnixMs(0);
    let brain = brain_id("technician");
    let mut said = Vec::new();
    macro_rules! say {
        ($($call:expr),* $(,)?) => { $(said.push(format!("{:?}", $call.await.unwrap()));)* };
    }
    say![
        store.approvals_of(client, case),
        store.cooling_down(client, digest(), zero),
        store.learned_approvers(client, kind, 9),
        store.similar(client, kind, 9),
        store.breaker_for(client, kind),
        store.cases(Some(client), None, 9),
        store.events(client, case),
        store.entries(client, 9),
        store.attempt_stats(Some(client), None, zero, zero),
        store.attempt(client, attempt_id(1)),
        store.ticket_case(client, "rt", "2"),
        store.targets_touched(client, "technician", kind.name(), &[], zero),
        store.checkpoint(client),
        store.cosigned_size(client, "w"),
        store.verify(client, None),
        store.prove_entry(client, 0),
    ];
    let (_, repeats) =
        store.brain_usage(&brain, client, digest(), case_id(99), zero, zero).await.unwrap();
    said.push(repeats.to_string());
    said
}

#[tokio::test]
async fn whatever_is_read_for_one_client_asks_for_that_client() {
    if !on_postgres() {
        return;
    }
    let desk = desk().await;
    let store = &desk.store;
    asked(store, 2).await;
    let client = acme();
    let run = store::NewEntry { actor: brain(), event: started(unlock(), attempt_id(1), None) };
    store.append(append(case_id(2), 2, vec![run])).await.unwrap();
    store.put_cosignature(&client, 1, "w", "line", T0).await.unwrap();
    while store.checkpoint(&client).await.unwrap().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let before = all_of(store, &client).await;
    assert!(!store.cases(None, None, 9).await.unwrap().is_empty());

    // From here on nobody sees all clients.
    let mut conn = owner(&desk).await;
    for (table, _) in tables(&mut conn).await {
        let own = "client = current_setting('journeyman.client', true)";
        let sql = format!("ALTER POLICY one_client ON {table} USING ({own})");
        within(&mut conn, None, &sql).await.unwrap();
    }
    assert!(store.cases(None, None, 9).await.unwrap().is_empty());
    assert_eq!(all_of(store, &client).await, before);
    let other = ClientId::new("globex").unwrap();
    assert!(store.entries(&other, 9).await.unwrap().is_empty());
}
