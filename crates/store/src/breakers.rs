//! Open breakers. A closed one is not here any more; the journal says that it was.
//!
//! INVARIANT: opening is never refused and only ever makes stricter; closing takes a person and a
//! reason. Reads see what any process committed, at once.

use crate::{
    Store, StoreError,
    columns::{client, kind, mode, time},
    msp,
    sql::{Row, query},
    writer::{Fault, Tx},
};
use domain::{
    ActionKind, Actor, BreakerFacts, BreakerMode, BreakerScope, ClientId, Event, PersonId, UnixMs,
};

/// An open breaker, with who opened it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerRow {
    /// What it is.
    pub facts: BreakerFacts,
    /// Who opened it: `platform`, or `person:` and the id.
    pub by: String,
}

const COLUMNS: &str = "client, kind, mode, reason, opened_by, since_ms";

impl Store {
    /// Opens a breaker; `false` when one of the same scope is open that is at least as strict.
    pub async fn open_breaker(
        &self,
        scope: BreakerScope,
        mode: BreakerMode,
        reason: &str,
        actor: Actor,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        // Nobody who stops the machine is asked for words first.
        let reason = match reason.trim() {
            "" => "no reason given".to_owned(),
            reason => reason.to_owned(),
        };
        self.write(move |tx| {
            Box::pin(async move { open(tx, scope, mode, reason, actor, now).await })
        })
        .await
    }

    /// Closes a breaker; `false` when none of this scope was open. Needs a reason.
    pub async fn close_breaker(
        &self,
        scope: BreakerScope,
        person: PersonId,
        reason: &str,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let reason = reason.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                let reason = msp::words(&reason, "closing a breaker needs a reason")?;
                let (client, kind) = key(&scope);
                let done = query("DELETE FROM breakers WHERE client = $1 AND kind = $2")
                    .bind(client)
                    .bind(kind)
                    .execute(tx.sql().await?)
                    .await?;
                if done == 0 {
                    return Ok(false);
                }
                let event = Event::BreakerClosed { scope, reason };
                msp::write(tx, now, Actor::Person(person), event).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Every open breaker, the widest first.
    pub async fn breakers(&self) -> Result<Vec<BreakerRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM breakers ORDER BY client, kind");
        let rows = query(sql).fetch_all(&self.pool).await.map_err(|e| self.fail(e))?;
        rows.iter().map(|r| breaker(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// The strictest open breaker that covers this client and kind; of equals the widest.
    pub async fn breaker_for(
        &self,
        client: &ClientId,
        kind: ActionKind,
    ) -> Result<Option<BreakerFacts>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM breakers
             WHERE client = '' OR (client = $1 AND kind IN ('', $2)) ORDER BY client, kind"
        );
        let rows = query(sql)
            .bind(client.as_str())
            .bind(kind.name())
            .fetch_all(self.of(client))
            .await
            .map_err(|e| self.fail(e))?;
        let mut strictest: Option<BreakerFacts> = None;
        for row in &rows {
            let found = breaker(row).map_err(|f| f.into_store(&self.path))?.facts;
            if strictest.as_ref().is_none_or(|s| found.mode > s.mode) {
                strictest = Some(found);
            }
        }
        Ok(strictest)
    }
}

async fn open(
    tx: &mut Tx,
    scope: BreakerScope,
    mode: BreakerMode,
    reason: String,
    actor: Actor,
    now: UnixMs,
) -> Result<bool, Fault> {
    let (client, kind) = key(&scope);
    let sql = format!("SELECT {COLUMNS} FROM breakers WHERE client = $1 AND kind = $2");
    let there = query(sql).bind(client).bind(kind).fetch_optional(tx.sql().await?).await?;
    if let Some(row) = there
        && breaker(&row)?.facts.mode >= mode
    {
        return Ok(false);
    }
    query(
        "INSERT INTO breakers (client, kind, mode, reason, opened_by, since_ms)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (client, kind) DO UPDATE SET mode = excluded.mode, reason = excluded.reason,
           opened_by = excluded.opened_by, since_ms = excluded.since_ms",
    )
    .bind(client)
    .bind(kind)
    .bind(mode.name())
    .bind(&reason)
    .bind(actor.to_string())
    .bind(now.0)
    .execute(tx.sql().await?)
    .await?;
    msp::write(tx, now, actor, Event::BreakerOpened { scope, mode, reason }).await?;
    Ok(true)
}

/// Client and kind as they stand in the table; neither is ever empty by itself.
fn key(scope: &BreakerScope) -> (&str, &'static str) {
    match scope {
        BreakerScope::Everything => ("", ""),
        BreakerScope::Client(client) => (client.as_str(), ""),
        BreakerScope::Action(client, kind) => (client.as_str(), kind.name()),
    }
}

fn breaker(r: &Row) -> Result<BreakerRow, Fault> {
    let (whose, what): (String, String) = (r.try_get("client")?, r.try_get("kind")?);
    let scope = match (whose.as_str(), what.as_str()) {
        ("", _) => BreakerScope::Everything,
        (_, "") => BreakerScope::Client(client(r, "client")?),
        (_, name) => BreakerScope::Action(client(r, "client")?, kind(name)?),
    };
    let facts = BreakerFacts {
        scope,
        mode: mode(&r.try_get::<String, _>("mode")?)?,
        reason: r.try_get("reason")?,
        since: time(r, "since_ms")?,
    };
    Ok(BreakerRow { facts, by: r.try_get("opened_by")? })
}
