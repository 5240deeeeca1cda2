//! What people are told of without being asked: in the console, and by mail until it went out.

use crate::{
    Store, StoreError,
    columns::{attempt, maybe_time, time},
    sql::{Query, Row, query, query_scalar},
    writer::{Fault, Tx},
};
use domain::{AttemptId, CaseId, ClientId, UnixMs};
use std::{borrow::Cow, str::FromStr as _};

/// How often a mail is tried; after that the notice stands in the console alone.
const MAX_TRIES: i64 = 10;

/// Something to tell people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewNotice {
    /// Whose systems it is about, if one client's.
    pub client: Option<ClientId>,
    /// The case, if one.
    pub case: Option<CaseId>,
    /// The attempt that can be taken back, if one.
    pub attempt: Option<AttemptId>,
    /// Stable code of what it is about, such as `ran` or `breaker`.
    pub kind: String,
    /// What happened, in one sentence.
    pub title: String,
    /// For whom, where, how sure and why, in plain words.
    pub detail: String,
    /// Until when the attempt can be taken back with one click.
    pub undo_until: Option<UnixMs>,
}

/// Something that people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its number; the newest is the highest.
    pub id: i64,
    /// When.
    pub at: UnixMs,
    /// What.
    pub what: NewNotice,
    /// The attempt was taken back already.
    pub undone: bool,
    /// When it went out by mail.
    pub mailed_at: Option<UnixMs>,
    /// How often mailing it failed.
    pub mail_tries: u32,
}

const SELECT: &str = "SELECT n.*, COALESCE(o.undone, 0) AS undone FROM notices n
     LEFT JOIN outcomes o ON o.client = n.client AND o.attempt = n.attempt";

impl Store {
    /// Tells people of something that no case's entry says. Answers with its number.
    pub async fn put_notice(&self, notice: NewNotice, now: UnixMs) -> Result<i64, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let case = notice.case.map(|c| c.to_string());
                let client = notice.client.clone();
                let place = client.as_ref().map(|c| (c.as_str(), case.as_deref().unwrap_or("")));
                let row = insert(format!("{INSERT} RETURNING id"), place, &notice, now);
                Ok(row.fetch_one(tx.sql().await?).await?.try_get("id")?)
            })
        })
        .await
    }

    /// What people were told, newest first.
    pub async fn notices(&self, limit: u32) -> Result<Vec<Notice>, StoreError> {
        let sql = format!("{SELECT} ORDER BY n.id DESC LIMIT $1");
        self.notices_by(sql, limit).await
    }

    /// How many things people were told since then.
    pub async fn notice_count_since(&self, since: UnixMs) -> Result<u64, StoreError> {
        let n: i64 = query_scalar("SELECT COUNT(*) FROM notices WHERE at_ms >= $1")
            .bind(since.0)
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        Ok(u64::try_from(n).unwrap_or_default())
    }

    /// What has not gone out by mail, oldest first; not what failed too often.
    pub async fn unmailed(&self, limit: u32) -> Result<Vec<Notice>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE n.mailed_ms IS NULL AND n.mail_tries < {MAX_TRIES}
             ORDER BY n.id LIMIT $1"
        );
        self.notices_by(sql, limit).await
    }

    /// Says that a notice went out by mail, or that trying failed.
    pub async fn mailed(&self, id: i64, ok: bool, now: UnixMs) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                query(
                    "UPDATE notices SET mailed_ms = CASE WHEN $2 = 1 THEN $3 ELSE mailed_ms END,
                       mail_tries = mail_tries + 1 - $2
                     WHERE id = $1",
                )
                .bind(id)
                .bind(i64::from(ok))
                .bind(now.0)
                .execute(tx.sql().await?)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn notices_by(&self, sql: String, limit: u32) -> Result<Vec<Notice>, StoreError> {
        let rows = query(sql)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| notice(r).map_err(|f| f.into_store(&self.path))).collect()
    }
}

/// Writes a notice that belongs to an entry; `place` is client and case.
pub(crate) fn with_entry(tx: &mut Tx, place: (&str, &str), notice: &NewNotice, at: UnixMs) {
    tx.later(insert(INSERT, Some(place), notice, at));
}

const INSERT: &str =
    "INSERT INTO notices (at_ms, client, case_id, attempt, kind, title, detail, undo_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// A notice to write; `place` is client and case, an empty case for none.
fn insert(
    sql: impl Into<Cow<'static, str>>,
    place: Option<(&str, &str)>,
    notice: &NewNotice,
    at: UnixMs,
) -> Query {
    query(sql)
        .bind(at.0)
        .bind(place.map(|p| p.0))
        .bind(place.map(|p| p.1).filter(|case| !case.is_empty()))
        .bind(notice.attempt.map(|a| a.to_string()))
        .bind(&notice.kind)
        .bind(&notice.title)
        .bind(&notice.detail)
        .bind(notice.undo_until.map(|u| u.0))
}

pub(crate) fn notice(r: &Row) -> Result<Notice, Fault> {
    let text = |column| r.try_get::<Option<String>, _>(column);
    let broken = |what: &str| StoreError::Broken(format!("a notice names no {what}"));
    let client = text("client")?.map(ClientId::new).transpose().map_err(|_| broken("client"))?;
    let case = text("case_id")?.map(|c| CaseId::from_str(&c)).transpose();
    Ok(Notice {
        id: r.try_get("id")?,
        at: time(r, "at_ms")?,
        what: NewNotice {
            client,
            case: case.map_err(|_| broken("case"))?,
            attempt: text("attempt")?.as_deref().map(attempt).transpose()?,
            kind: r.try_get("kind")?,
            title: r.try_get("title")?,
            detail: r.try_get("detail")?,
            undo_until: maybe_time(r, "undo_ms")?,
        },
        undone: r.try_get::<i64, _>("undone")? != 0,
        mailed_at: maybe_time(r, "mailed_ms")?,
        mail_tries: crate::columns::count(r, "mail_tries")?,
    })
}
