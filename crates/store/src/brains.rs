//! Brains that are let in: their limits, the hash of their token, and where they are told of news.
//!
//! INVARIANTS: a token stands here only as a hash, a webhook's secret only sealed; a revoked brain
//! stays revoked, and its id is never given to another.

use crate::{
    Store, StoreError,
    columns::{brain, count, json, maybe_time, person, tier, time, to_json},
    msp,
    sql::{Row, query, query_scalar},
    vault::{seal_for, unseal},
    writer::{Fault, Tx},
};
use domain::{ActionKind, Actor, BrainId, ClientId, Event, PersonId, Tier, UnixMs};
use secrecy::SecretString;

/// How old the time of the last use may be before it is written again, in milliseconds.
const USED_EVERY_MS: i64 = 60_000;

/// A brain and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrainRow {
    /// Its id.
    pub id: BrainId,
    /// Name for people.
    pub name: String,
    /// Who answers for it, and may not approve what it asks for.
    pub owner: PersonId,
    /// Clients that it may act for; `None` is all.
    pub clients: Option<Vec<ClientId>>,
    /// Kinds of action that it may request; `None` is all.
    pub kinds: Option<Vec<ActionKind>>,
    /// A verdict above this is for people only.
    pub ceiling: Tier,
    /// Writes that it may request within a minute; 0 means that no rate is set.
    pub rate_per_min: u32,
    /// Where it is told of news.
    pub webhook_url: Option<String>,
    /// When it was let in.
    pub created_at: UnixMs,
    /// When it was shut out.
    pub revoked_at: Option<UnixMs>,
    /// When its token was last used, to the minute.
    pub last_used_at: Option<UnixMs>,
}

/// A brain to let in.
#[derive(Clone, Debug)]
pub struct NewBrain {
    /// Its id; never used before.
    pub id: BrainId,
    /// See [`BrainRow::name`].
    pub name: String,
    /// See [`BrainRow::owner`].
    pub owner: PersonId,
    /// See [`BrainRow::clients`].
    pub clients: Option<Vec<ClientId>>,
    /// See [`BrainRow::kinds`].
    pub kinds: Option<Vec<ActionKind>>,
    /// See [`BrainRow::ceiling`].
    pub ceiling: Tier,
    /// See [`BrainRow::rate_per_min`].
    pub rate_per_min: u32,
    /// Hash of its token, never the token.
    pub token_hash: String,
}

const COLUMNS: &str = "id, name, owner, clients, kinds, ceiling, rate_per_min, webhook_url, created_ms, revoked_ms, last_used_ms";

impl Store {
    /// Lets a brain in. Refused when the id was ever used.
    pub async fn add_brain(
        &self,
        new: NewBrain,
        by: PersonId,
        now: UnixMs,
    ) -> Result<BrainRow, StoreError> {
        self.write(move |tx| Box::pin(async move { add(tx, new, by, now).await })).await
    }

    /// Gives a brain a new token; the old one no longer works.
    pub async fn rotate_brain_token(
        &self,
        id: &BrainId,
        token_hash: String,
        by: PersonId,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let row = working(tx, &id).await?;
                query("UPDATE brains SET token_hash = $2 WHERE id = $1")
                    .bind(id.as_str())
                    .bind(token_hash)
                    .execute(tx.sql().await?)
                    .await?;
                tell(tx, &row, "a new token; the old one no longer works", by, now).await
            })
        })
        .await
    }

    /// Shuts a brain out, at once and for good; `false` when it was out before. Needs a reason.
    pub async fn revoke_brain(
        &self,
        id: &BrainId,
        by: PersonId,
        reason: &str,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let (id, reason) = (id.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let reason = msp::words(&reason, "shutting a brain out needs a reason")?;
                let row = load(tx, &id).await?;
                if row.revoked_at.is_some() {
                    return Ok(false);
                }
                query(
                    "UPDATE brains SET revoked_ms = $2, webhook_url = NULL, webhook_secret = NULL
                     WHERE id = $1",
                )
                .bind(id.as_str())
                .bind(now.0)
                .execute(tx.sql().await?)
                .await?;
                tx.wiped = true;
                let event = Event::BrainRevoked { brain: id, reason };
                msp::write(tx, now, Actor::Person(by), event).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Every brain that was ever let in, by id.
    pub async fn brains(&self) -> Result<Vec<BrainRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM brains ORDER BY id");
        let rows = query(sql).fetch_all(&self.pool).await.map_err(|e| self.fail(e))?;
        rows.iter().map(|r| row(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// One brain, revoked or not.
    pub async fn brain(&self, id: &BrainId) -> Result<Option<BrainRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM brains WHERE id = $1");
        let found = query(sql)
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        found.map(|r| row(&r).map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// The brain whose token has this hash, unless it is revoked.
    pub async fn brain_by_token(
        &self,
        hash: &str,
        now: UnixMs,
    ) -> Result<Option<BrainRow>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM brains WHERE token_hash = $1 AND revoked_ms IS NULL");
        let found =
            query(sql).bind(hash).fetch_optional(&self.pool).await.map_err(|e| self.fail(e))?;
        let Some(found) = found else { return Ok(None) };
        let mut found = row(&found).map_err(|f| f.into_store(&self.path))?;
        if found.last_used_at.is_none_or(|at| now.since(at) >= USED_EVERY_MS) {
            let id = found.id.clone();
            // A full disk must not keep a brain from reading how its requests stand.
            match self.write(move |tx| Box::pin(async move { used(tx, &id, now).await })).await {
                Ok(()) => found.last_used_at = Some(now),
                Err(e) => tracing::debug!(error = %e, "the time of a brain's last use is not kept"),
            }
        }
        Ok(Some(found))
    }

    /// Sets where a brain is told of news, and the secret that signs it; no secret keeps the one
    /// that is there. No address: it is told nothing any more.
    pub async fn set_brain_webhook(
        &self,
        id: &BrainId,
        url: Option<String>,
        secret: Option<SecretString>,
        by: PersonId,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let id = id.clone();
        let sealed = secret.map(|s| seal_for(&self.keys, &purpose(&id), &s)).transpose()?;
        self.write(move |tx| {
            Box::pin(async move {
                let row = working(tx, &id).await?;
                let done = query(
                    "UPDATE brains SET webhook_url = $2, webhook_secret =
                       CASE WHEN $2 IS NULL THEN NULL ELSE COALESCE($3, webhook_secret) END
                     WHERE id = $1 AND ($2 IS NULL OR COALESCE($3, webhook_secret) IS NOT NULL)",
                )
                .bind(id.as_str())
                .bind(url.clone())
                .bind(sealed)
                .execute(tx.sql().await?)
                .await?;
                if done == 0 {
                    let text = "a webhook needs a secret that signs what is sent";
                    return Err(StoreError::Refused(text.into()).into());
                }
                tx.wiped = true;
                // Not the address: tokens are often part of it.
                let change = match url {
                    Some(_) => "a webhook was set",
                    None => "the webhook was removed",
                };
                tell(tx, &row, change, by, now).await
            })
        })
        .await
    }

    /// Where a brain is told of news, and the secret that signs it.
    pub async fn brain_webhook(
        &self,
        id: &BrainId,
    ) -> Result<Option<(String, SecretString)>, StoreError> {
        let row = query(
            "SELECT webhook_url, webhook_secret FROM brains WHERE id = $1 AND revoked_ms IS NULL",
        )
        .bind(id.as_str())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        let read = |row: &Row| Ok((row.try_get("webhook_url")?, row.try_get("webhook_secret")?));
        let found: Option<(Option<String>, Option<Vec<u8>>)> =
            row.as_ref().map(read).transpose().map_err(|e| self.fail(e))?;
        let Some((Some(url), Some(sealed))) = found else { return Ok(None) };
        Ok(Some((url, unseal(&self.keys, &purpose(id), &sealed)?)))
    }
}

/// What a webhook's secret is sealed for, so that it opens for no other brain.
fn purpose(id: &BrainId) -> String {
    format!("webhook of brain {id}")
}

async fn add(tx: &mut Tx, new: NewBrain, by: PersonId, now: UnixMs) -> Result<BrainRow, Fault> {
    let taken: i64 = query_scalar("SELECT COUNT(*) FROM brains WHERE id = $1 OR token_hash = $2")
        .bind(new.id.as_str())
        .bind(&new.token_hash)
        .fetch_one(tx.sql().await?)
        .await?;
    if taken > 0 {
        let text = format!("there is or was a brain {}; choose another id", new.id);
        return Err(StoreError::Refused(text).into());
    }
    query(
        "INSERT INTO brains (id, name, owner, clients, kinds, ceiling, rate_per_min, token_hash,
           created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.id.as_str())
    .bind(new.name)
    .bind(new.owner.as_str())
    .bind(new.clients.as_ref().map(to_json).transpose()?)
    .bind(new.kinds.as_ref().map(to_json).transpose()?)
    .bind(new.ceiling.name())
    .bind(i64::from(new.rate_per_min))
    .bind(new.token_hash)
    .bind(now.0)
    .execute(tx.sql().await?)
    .await?;
    let row = load(tx, &new.id).await?;
    tell(tx, &row, "let in", by, now).await?;
    Ok(row)
}

/// Journals a brain's limits as they stand now, with what changed first.
async fn tell(
    tx: &mut Tx,
    row: &BrainRow,
    change: &str,
    by: PersonId,
    now: UnixMs,
) -> Result<(), Fault> {
    let all = "all".to_owned();
    let clients = row.clients.as_ref().map(|c| c.iter().map(ClientId::as_str).collect::<Vec<_>>());
    let kinds = row.kinds.as_ref().map(|k| k.iter().map(|k| k.name()).collect::<Vec<_>>());
    let limits = vec![
        change.to_owned(),
        format!("owner: {}", row.owner),
        format!("clients: {}", clients.map_or(all.clone(), |c| c.join(", "))),
        format!("actions: {}", kinds.map_or(all, |k| k.join(", "))),
        format!("up to: {}", row.ceiling),
        match row.rate_per_min {
            0 => "no rate".into(),
            n => format!("writes a minute: {n}"),
        },
    ];
    let event = Event::BrainAdded { brain: row.id.clone(), limits };
    msp::write(tx, now, Actor::Person(by), event).await
}

async fn used(tx: &mut Tx, id: &BrainId, now: UnixMs) -> Result<(), Fault> {
    query("UPDATE brains SET last_used_ms = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(now.0)
        .execute(tx.sql().await?)
        .await?;
    Ok(())
}

async fn load(tx: &mut Tx, id: &BrainId) -> Result<BrainRow, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM brains WHERE id = $1");
    let found = query(sql).bind(id.as_str()).fetch_optional(tx.sql().await?).await?;
    row(&found.ok_or_else(|| StoreError::NotFound(format!("there is no brain {id}")))?)
}

/// A brain that is not revoked.
async fn working(tx: &mut Tx, id: &BrainId) -> Result<BrainRow, Fault> {
    let row = load(tx, id).await?;
    match row.revoked_at {
        None => Ok(row),
        Some(at) => Err(StoreError::Refused(format!(
            "brain {id} was revoked at {at} and stays so; add another one"
        ))
        .into()),
    }
}

fn row(r: &Row) -> Result<BrainRow, Fault> {
    let list = |column| r.try_get::<Option<String>, _>(column);
    Ok(BrainRow {
        id: brain(r, "id")?,
        name: r.try_get("name")?,
        owner: person(r, "owner")?,
        clients: list("clients")?.as_deref().map(json).transpose()?,
        kinds: list("kinds")?.as_deref().map(json).transpose()?,
        ceiling: tier(&r.try_get::<String, _>("ceiling")?)?,
        rate_per_min: count(r, "rate_per_min")?,
        webhook_url: r.try_get("webhook_url")?,
        created_at: time(r, "created_ms")?,
        revoked_at: maybe_time(r, "revoked_ms")?,
        last_used_at: maybe_time(r, "last_used_ms")?,
    })
}
