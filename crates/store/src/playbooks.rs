//! Playbooks: what was learned about each client and what people made of it, every version.
//!
//! INVARIANT: a version never changes; each stands in the MSP's journal, with who wrote it and what is different.

use crate::{
    Store, StoreError,
    columns::{client, json, time, to_json},
    msp,
    sql::{Row, query, query_scalar},
    writer::Fault,
};
use domain::{Actor, ClientId, Digest, Event, UnixMs, playbook::Playbook};
use sha2::{Digest as _, Sha256};

/// One version of a client's playbook.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaybookRow {
    /// Whose.
    pub client: ClientId,
    /// Its number, from 1.
    pub version: u64,
    /// What it says.
    pub playbook: Playbook,
    /// Who wrote it: a person, or the platform when it learned.
    pub author: String,
    /// Why.
    pub reason: String,
    /// What is different from the version before.
    pub diff: Vec<String>,
    /// When.
    pub at: UnixMs,
}

/// A version to write.
#[derive(Clone, Debug)]
pub struct NewPlaybook {
    /// Whose.
    pub client: ClientId,
    /// The version that it was made from; 0 when there is none.
    pub base: u64,
    /// What it says.
    pub playbook: Playbook,
    /// Who wrote it.
    pub author: Actor,
    /// Why; not empty.
    pub reason: String,
}

const COLUMNS: &str = "client, version, document, author, reason, diff, at_ms";

impl Store {
    /// The playbook of a client as it stands; `None` when nothing was learned or written yet.
    pub async fn playbook(&self, of: &ClientId) -> Result<Option<PlaybookRow>, StoreError> {
        Ok(self.playbooks(of, 1).await?.into_iter().next())
    }

    /// The versions of a client's playbook, newest first.
    pub async fn playbooks(
        &self,
        of: &ClientId,
        limit: u32,
    ) -> Result<Vec<PlaybookRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM playbooks WHERE client = $1 ORDER BY version DESC LIMIT $2"
        );
        let rows = query(sql)
            .bind(of.as_str())
            .bind(i64::from(limit))
            .fetch_all(self.of(of))
            .await
            .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| row(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Writes a new version and its entry in the MSP's journal. Answers with its number, or with the present one when nothing is
    /// different.
    ///
    /// # Errors
    /// When it says something that cannot be, when there is no reason, and when somebody else wrote a version meanwhile.
    pub async fn put_playbook(&self, new: NewPlaybook, now: UnixMs) -> Result<u64, StoreError> {
        msp::not_reserved(&new.client).map_err(|f| f.into_store(&self.path))?;
        if let Err(wrong) = new.playbook.check() {
            return Err(StoreError::Refused(format!("the playbook: {}", wrong.join("; "))));
        }
        self.write(move |tx| {
            Box::pin(async move {
                let reason = msp::words(&new.reason, "a playbook needs a reason")?;
                let present: Option<i64> = query_scalar(
                    "SELECT version FROM playbooks WHERE client = $1 ORDER BY version DESC LIMIT 1",
                )
                .bind(new.client.as_str())
                .fetch_optional(tx.sql().await?)
                .await?;
                let present = u64::try_from(present.unwrap_or(0)).unwrap_or(0);
                if present != new.base {
                    return Err(StoreError::Refused(format!(
                        "the playbook of {} is at version {present} by now, and this was made from version {}; look at it again",
                        new.client, new.base
                    ))
                    .into());
                }
                let old: Option<String> = query_scalar(
                    "SELECT document FROM playbooks WHERE client = $1 AND version = $2",
                )
                .bind(new.client.as_str())
                .bind(as_i64(present))
                .fetch_optional(tx.sql().await?)
                .await?;
                let document = to_json(&new.playbook)?;
                if old.as_deref() == Some(document.as_str()) {
                    return Ok(present);
                }
                let old: Playbook = old.map(|d| json(&d)).transpose()?.unwrap_or_default();
                let diff = old.diff(&new.playbook);
                let version = present + 1;
                query(
                    "INSERT INTO playbooks (client, version, document, author, reason, diff, at_ms)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(new.client.as_str())
                .bind(as_i64(version))
                .bind(document.as_str())
                .bind(new.author.to_string())
                .bind(reason)
                .bind(to_json(&diff)?)
                .bind(now.0)
                .execute(tx.sql().await?)
                .await?;
                let event = Event::PlaybookChanged {
                    client: new.client,
                    version,
                    document: Digest(Sha256::digest(document.as_bytes()).into()),
                    diff,
                };
                msp::write(tx, now, new.author, event).await?;
                Ok(version)
            })
        })
        .await
    }
}

fn as_i64(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn row(r: &Row) -> Result<PlaybookRow, Fault> {
    Ok(PlaybookRow {
        client: client(r, "client")?,
        version: u64::try_from(r.try_get::<i64, _>("version")?).unwrap_or(0),
        playbook: json(&r.try_get::<String, _>("document")?)?,
        author: r.try_get("author")?,
        reason: r.try_get("reason")?,
        diff: json(&r.try_get::<String, _>("diff")?)?,
        at: time(r, "at_ms")?,
    })
}
