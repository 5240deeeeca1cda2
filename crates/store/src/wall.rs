//! The second wall between clients: PostgreSQL itself holds back the rows of the others.
//!
//! The first wall is the client in every key and every `WHERE`. Behind it, each table with a client has
//! a policy that compares it with `journeyman.client`, which binds the tables' owner as well.
//! INVARIANTS: a connection begins with [`EVERYONE`], named so that nothing reads over all clients by
//! accident of a missing setting: without one there is nothing to see. What is read for one client
//! runs in a transaction of [`Store::of`], whose setting ends with it.

use crate::{
    Store,
    sql::{Exec, Pool, Query, Row, heard, in_time, query},
};
use domain::ClientId;
use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, Connection as _, Error, PgConnection, PgPool, Postgres, Transaction};

/// The setting that policies compare with.
pub(crate) const SCOPE: &str = "journeyman.client";
/// The scope of what rightly sees every client: the writer, claims, lists for people, migration.
pub(crate) const EVERYONE: &str = "*";

/// Readers that see one client only. SQLite has no such wall: one process, one file.
pub(crate) enum Scoped<'s> {
    /// As they are.
    Plain(&'s Pool),
    /// Each statement in a transaction of this client.
    Walled(&'s PgPool, &'s ClientId),
}

impl Store {
    /// The readers, for one client.
    pub(crate) fn of<'s>(&'s self, client: &'s ClientId) -> Scoped<'s> {
        match &self.pool {
            Pool::Postgres(pool) => Scoped::Walled(pool, client),
            _ => Scoped::Plain(&self.pool),
        }
    }

    /// The readers, for one client or, named by its absence, for all.
    pub(crate) fn of_any<'s>(&'s self, client: Option<&'s ClientId>) -> Scoped<'s> {
        client.map_or(Scoped::Plain(&self.pool), |client| self.of(client))
    }
}

/// Has an open transaction see this client only, to its end.
pub(crate) async fn behind<'e>(on: impl Exec<'e>, client: &ClientId) -> Result<(), Error> {
    let set = query("SELECT set_config($1, $2, true)").bind(SCOPE).bind(client.as_str());
    set.fetch_all(on).await.map(drop)
}

/// Begins a transaction of this client, in one round trip. Its end is sent when it is dropped, and not
/// waited for.
async fn begin<'c>(
    conn: &'c mut PgConnection,
    client: &ClientId,
    mode: &str,
) -> Result<Transaction<'c, Postgres>, Error> {
    // Statements in one message take no arguments; a quote is all that could end the text.
    let name = client.as_str().replace('\'', "''");
    let text = format!("BEGIN {mode}; SELECT set_config('{SCOPE}', '{name}', true)");
    conn.begin_with(AssertSqlSafe(text)).await
}

impl<'e> Exec<'e> for Scoped<'e> {
    fn rows(self, query: Query) -> BoxFuture<'e, Result<Vec<Row>, Error>> {
        match self {
            Scoped::Plain(pool) => pool.rows(query),
            Scoped::Walled(pool, client) => Box::pin(async move {
                let mut conn = pool.acquire().await?;
                let rows = in_time(async {
                    let mut tx = begin(&mut conn, client, "READ ONLY").await?;
                    query.postgres().fetch_all(&mut *tx).await
                });
                let rows = rows.await;
                Ok(heard(conn, rows)?.into_iter().map(Row::Postgres).collect())
            }),
        }
    }

    fn run(self, query: Query) -> BoxFuture<'e, Result<u64, Error>> {
        match self {
            Scoped::Plain(pool) => pool.run(query),
            Scoped::Walled(pool, client) => Box::pin(async move {
                let mut conn = pool.acquire().await?;
                let done = in_time(async {
                    let mut tx = begin(&mut conn, client, "READ WRITE").await?;
                    let done = query.postgres().execute(&mut *tx).await?.rows_affected();
                    tx.commit().await.map(|()| done)
                });
                let done = done.await;
                heard(conn, done)
            }),
        }
    }
}
