//! One text of SQL on two databases: SQLite in the data folder, or PostgreSQL for many nodes.
//!
//! INVARIANT: both sides run the same statement with the same arguments. What they do not share
//! (locks, pragmas, who else listens) is asked for by name in `db` and `writer`, nowhere else.

use futures::{StreamExt as _, future::BoxFuture, stream::BoxStream};
use sqlx::{
    AssertSqlSafe, ColumnIndex, Error, PgConnection, PgPool, Postgres, Row as _, SqliteConnection,
    SqlitePool, pool::PoolConnection, postgres::PgRow, sqlite::SqliteRow,
};
use std::{borrow::Cow, time::Duration};

/// One connection.
#[derive(Debug)]
pub(crate) enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Conn {
    /// Places for the arguments of many rows: `(…), (…)`, in the form that this database reads fastest.
    pub(crate) fn places(&self, rows: usize, width: usize) -> String {
        let all = rows * width;
        if all == 0 {
            return String::new();
        }
        let mut text = String::with_capacity(all * 5 + rows * 4);
        for n in 0..all {
            text.push_str(match (n, n % width) {
                (0, _) => "(",
                (_, 0) => "), (",
                _ => ", ",
            });
            match self {
                // It looks for the name of each place among all of them.
                Conn::Sqlite(_) => text.push('?'),
                Conn::Postgres(_) => {
                    text.push('$');
                    text.push_str(&(n + 1).to_string());
                }
            }
        }
        text.push(')');
        text
    }
}

/// Connections that only read.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    #[cfg(feature = "sim")]
    Sim(crate::sim::Reader),
}

/// One row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can be read as.
pub(crate) trait Column: Sized {
    fn sqlite(row: &SqliteRow, at: impl ColumnIndex<SqliteRow>) -> Result<Self, Error>;
    fn postgres(row: &PgRow, at: impl ColumnIndex<PgRow>) -> Result<Self, Error>;
}

macro_rules! columns {
    ($($type:ty, $kept:expr;)*) => {
        $(
            impl Column for $type {
                fn sqlite(row: &SqliteRow, at: impl ColumnIndex<SqliteRow>) -> Result<Self, Error> {
                    row.try_get(at)
                }
                fn postgres(row: &PgRow, at: impl ColumnIndex<PgRow>) -> Result<Self, Error> {
                    row.try_get(at).map($kept)
                }
            }
            impl Column for Option<$type> {
                fn sqlite(row: &SqliteRow, at: impl ColumnIndex<SqliteRow>) -> Result<Self, Error> {
                    row.try_get(at)
                }
                fn postgres(row: &PgRow, at: impl ColumnIndex<PgRow>) -> Result<Self, Error> {
                    row.try_get(at).map(|value: Self| value.map($kept))
                }
            }
        )*
    };
}

columns! {
    i64, std::convert::identity;
    Vec<u8>, std::convert::identity;
    String, with_nul;
}

/// PostgreSQL keeps every text but one with a NUL. This stands for it, and followed by itself for
/// itself.
const STAND_IN: char = '\u{f8fe}';

/// A text as PostgreSQL can keep it.
fn without_nul(text: String) -> String {
    match text.contains(['\0', STAND_IN]) {
        true => text.replace(STAND_IN, "\u{f8fe}\u{f8fe}").replace('\0', "\u{f8fe}0"),
        false => text,
    }
}

/// The text that [`without_nul`] was given.
pub(crate) fn with_nul(text: String) -> String {
    if !text.contains(STAND_IN) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            STAND_IN if chars.next() == Some('0') => out.push('\0'),
            c => out.push(c),
        }
    }
    out
}

impl Row {
    /// The value of a column, by name or by place.
    pub(crate) fn try_get<T: Column, I>(&self, at: I) -> Result<T, Error>
    where
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Row::Sqlite(row) => T::sqlite(row, at),
            Row::Postgres(row) => T::postgres(row, at),
        }
    }
}

/// An argument. The type of an absent one is known as well: PostgreSQL wants it.
#[derive(Clone, Debug)]
pub(crate) enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

macro_rules! args {
    ($($from:ty => $kind:ident: $into:expr;)*) => {
        $(
            impl From<$from> for Arg {
                fn from(value: $from) -> Arg {
                    Arg::$kind(Some($into(value)))
                }
            }
            impl From<Option<$from>> for Arg {
                fn from(value: Option<$from>) -> Arg {
                    Arg::$kind(value.map($into))
                }
            }
        )*
    };
}

args! {
    i64 => Int: std::convert::identity;
    String => Text: std::convert::identity;
    &str => Text: str::to_owned;
    &String => Text: String::clone;
    Vec<u8> => Bytes: std::convert::identity;
    &[u8] => Bytes: <[u8]>::to_vec;
    &Vec<u8> => Bytes: Vec::clone;
}

/// A statement with its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    sql: Cow<'static, str>,
    args: Vec<Arg>,
    /// What a simulation knows it by, when not by its text.
    name: Option<&'static str>,
}

/// A statement. Its text is ours: what others wrote comes as an argument.
pub(crate) fn query(sql: impl Into<Cow<'static, str>>) -> Query {
    Query { sql: sql.into(), args: Vec::new(), name: None }
}

/// Several statements as one text for SQLite, each with its own arguments, run in order up to the first that
/// fails. A simulation takes it for a write.
pub(crate) fn one_text(all: Vec<Query>) -> Query {
    let mut text = String::new();
    let mut args = Vec::new();
    for one in all {
        renumber(&mut text, &one.sql, args.len());
        text.push_str("; ");
        args.extend(one.args);
    }
    Query { sql: text.into(), args, name: Some("INSERT") }
}

/// Copies a statement with the numbers of its places raised; what stands in quotes stays.
fn renumber(out: &mut String, sql: &str, by: usize) {
    let mut quoted = false;
    let mut rest = sql;
    while let Some(at) = rest.find(['$', '\'']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let digits = from[1..].bytes().take_while(u8::is_ascii_digit).count();
        let (sign, after) = from.split_at(1 + digits);
        match sign[1..].parse::<usize>() {
            Ok(n) if !quoted && sign.starts_with('$') => {
                out.push('$');
                out.push_str(&(n + by).to_string());
            }
            _ => {
                quoted ^= sign.starts_with('\'');
                out.push_str(sign);
            }
        }
        rest = after;
    }
    out.push_str(rest);
}

/// Turns a [`Query`] into one of sqlx, for one of its databases.
macro_rules! prepared {
    ($query:expr, $text:expr) => {{
        let Query { sql, args, .. } = $query;
        let sql = match sql {
            Cow::Borrowed(text) => sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(text)),
            Cow::Owned(text) => sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(text)),
        };
        let mut query = sqlx::query(sql);
        for arg in args {
            query = match arg {
                Arg::Int(value) => query.bind(value),
                Arg::Text(value) => query.bind(value.map($text)),
                Arg::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
}

/// Where statements run.
pub(crate) trait Exec<'e>: Send {
    fn rows(self, query: Query) -> BoxFuture<'e, Result<Vec<Row>, Error>>;
    fn run(self, query: Query) -> BoxFuture<'e, Result<u64, Error>>;
}

/// Longer than any statement may take by the server's own limit: whoever hears nothing for so long
/// talks to nobody.
const SILENCE: Duration = Duration::from_secs(40);

/// The answer, or [`Error::PoolTimedOut`]: a network that was cut without a word answers never.
pub(crate) async fn in_time<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(SILENCE, answer).await.unwrap_or(Err(Error::PoolTimedOut))
}

/// Runs a statement of the writer; in a simulation as the world says.
#[cfg(feature = "sim")]
pub(crate) async fn writing<T>(
    sql: &str,
    act: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    crate::sim::through(crate::sim::Side::Writer, sql, act).await
}

/// Runs a statement of the writer.
#[cfg(not(feature = "sim"))]
pub(crate) async fn writing<T>(
    _: &str,
    act: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    act.await
}

/// Gives a connection back, unless it answers no more: the pool would wait for it without end.
pub(crate) fn heard<T>(
    conn: PoolConnection<Postgres>,
    answer: Result<T, Error>,
) -> Result<T, Error> {
    if matches!(answer, Err(Error::PoolTimedOut)) {
        drop(conn.detach());
    }
    answer
}

impl<'e> Exec<'e> for &'e mut Conn {
    fn rows(self, query: Query) -> BoxFuture<'e, Result<Vec<Row>, Error>> {
        match self {
            Conn::Sqlite(conn) => Box::pin(async move {
                let sql = query.sql.clone();
                let rows = prepared!(query, std::convert::identity).fetch_all(conn);
                let rows = writing(&sql, rows).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }),
            Conn::Postgres(conn) => Box::pin(async move {
                let rows = in_time(prepared!(query, without_nul).fetch_all(conn)).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }),
        }
    }

    fn run(self, query: Query) -> BoxFuture<'e, Result<u64, Error>> {
        match self {
            Conn::Sqlite(conn) => Box::pin(async move {
                let sql = query.name.map_or_else(|| query.sql.clone(), Cow::Borrowed);
                let done = prepared!(query, std::convert::identity).execute(conn);
                Ok(writing(&sql, done).await?.rows_affected())
            }),
            Conn::Postgres(conn) => Box::pin(async move {
                Ok(in_time(prepared!(query, without_nul).execute(conn)).await?.rows_affected())
            }),
        }
    }
}

impl<'e> Exec<'e> for &'e Pool {
    fn rows(self, query: Query) -> BoxFuture<'e, Result<Vec<Row>, Error>> {
        match self {
            Pool::Sqlite(pool) => Box::pin(async move {
                let rows = prepared!(query, std::convert::identity).fetch_all(pool).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }),
            Pool::Postgres(pool) => Box::pin(async move {
                let mut conn = pool.acquire().await?;
                let rows = in_time(prepared!(query, without_nul).fetch_all(&mut *conn)).await;
                let rows = heard(conn, rows)?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }),
            #[cfg(feature = "sim")]
            Pool::Sim(reader) => Box::pin(async move {
                let sql = query.sql.clone();
                let rows = async {
                    let mut conn = reader.lock().await;
                    prepared!(query, std::convert::identity).fetch_all(&mut *conn).await
                };
                let rows = crate::sim::through(crate::sim::Side::Reader, &sql, rows).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }),
        }
    }

    fn run(self, query: Query) -> BoxFuture<'e, Result<u64, Error>> {
        match self {
            Pool::Sqlite(pool) => Box::pin(async move {
                Ok(prepared!(query, std::convert::identity).execute(pool).await?.rows_affected())
            }),
            Pool::Postgres(pool) => Box::pin(async move {
                let mut conn = pool.acquire().await?;
                let done = in_time(prepared!(query, without_nul).execute(&mut *conn)).await;
                Ok(heard(conn, done)?.rows_affected())
            }),
            #[cfg(feature = "sim")]
            Pool::Sim(reader) => Box::pin(async move {
                let sql = query.sql.clone();
                let done = async {
                    let mut conn = reader.lock().await;
                    prepared!(query, std::convert::identity).execute(&mut *conn).await
                };
                let done = crate::sim::through(crate::sim::Side::Reader, &sql, done).await?;
                Ok(done.rows_affected())
            }),
        }
    }
}

impl Query {
    /// The statement for PostgreSQL.
    pub(crate) fn postgres(
        self,
    ) -> sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments> {
        prepared!(self, without_nul)
    }

    /// Names several statements in one text by the one that counts.
    pub(crate) fn named(mut self, name: &'static str) -> Query {
        self.name = Some(name);
        self
    }

    /// Adds an argument.
    pub(crate) fn bind(mut self, arg: impl Into<Arg>) -> Query {
        self.args.push(arg.into());
        self
    }

    /// Runs it; answers with the number of rows that it changed.
    pub(crate) async fn execute<'e>(self, on: impl Exec<'e>) -> Result<u64, Error> {
        on.run(self).await
    }

    /// Every row.
    pub(crate) async fn fetch_all<'e>(self, on: impl Exec<'e>) -> Result<Vec<Row>, Error> {
        on.rows(self).await
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional<'e>(self, on: impl Exec<'e>) -> Result<Option<Row>, Error> {
        Ok(on.rows(self).await?.into_iter().next())
    }

    /// The first row.
    pub(crate) async fn fetch_one<'e>(self, on: impl Exec<'e>) -> Result<Row, Error> {
        self.fetch_optional(on).await?.ok_or(Error::RowNotFound)
    }

    /// Rows one after another, for answers that are too long for memory.
    pub(crate) fn fetch(self, on: &mut Conn) -> BoxStream<'_, Result<Row, Error>> {
        match on {
            Conn::Sqlite(conn) => prepared!(self, std::convert::identity)
                .fetch(conn)
                .map(|r| r.map(Row::Sqlite))
                .boxed(),
            Conn::Postgres(conn) => {
                prepared!(self, without_nul).fetch(conn).map(|r| r.map(Row::Postgres)).boxed()
            }
        }
    }
}

/// A statement that answers with one column.
#[derive(Clone, Debug)]
pub(crate) struct Scalar(Query);

/// A statement that answers with one column.
pub(crate) fn query_scalar(sql: impl Into<Cow<'static, str>>) -> Scalar {
    Scalar(query(sql))
}

impl Scalar {
    /// Adds an argument.
    pub(crate) fn bind(self, arg: impl Into<Arg>) -> Scalar {
        Scalar(self.0.bind(arg))
    }

    /// The column of every row.
    pub(crate) async fn fetch_all<'e, T: Column>(self, on: impl Exec<'e>) -> Result<Vec<T>, Error> {
        self.0.fetch_all(on).await?.iter().map(|row| row.try_get(0)).collect()
    }

    /// That of the first row, if there is one.
    pub(crate) async fn fetch_optional<'e, T: Column>(
        self,
        on: impl Exec<'e>,
    ) -> Result<Option<T>, Error> {
        self.0.fetch_optional(on).await?.map(|row| row.try_get(0)).transpose()
    }

    /// That of the first row.
    pub(crate) async fn fetch_one<'e, T: Column>(self, on: impl Exec<'e>) -> Result<T, Error> {
        self.0.fetch_one(on).await?.try_get(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was() {
        for text in
            ["", "a", "\0", "a\0b", "\u{f8fe}", "\u{f8fe}0", "\0\u{f8fe}\0", "\u{f8fe}\u{f8fe}"]
        {
            let kept = without_nul(text.to_owned());
            assert!(!kept.contains('\0'));
            assert_eq!(with_nul(kept), text);
        }
    }
}
