//! Questions to people and their answers.

use crate::{
    Store, StoreError,
    journal::{Append, NewEntry, in_tx},
    views::wake_for_news,
    writer::{Fault, Tx},
};
use domain::{
    Actor, Approval, ApprovalId, ApprovalState, ClientId, Decision, Digest, Event, PersonId, UnixMs,
};
use gate::DecisionError;
use sqlx::{Row as _, sqlite::SqliteRow};

/// A question with the client's own row data.
pub type ApprovalRow = Approval;

/// Why a decision was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// The gate does not accept it.
    #[error("{0}")]
    Gate(DecisionError),
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Store {
    /// Questions in this state (all when `None`), newest first.
    pub async fn approvals(
        &self,
        state: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Approval>, StoreError> {
        let rows = sqlx::query(
            "SELECT body FROM approvals WHERE ($1 IS NULL OR state = $1)
             ORDER BY asked_ms DESC, id LIMIT $2",
        )
        .bind(state)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| approval(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// One question by id.
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        let row = sqlx::query("SELECT body FROM approvals WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        row.map(|r| approval(&r).map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// The newest question about this digest that was denied or expired since `since`: it cools down.
    pub async fn cooling_down(
        &self,
        client: &ClientId,
        digest: Digest,
        since: UnixMs,
    ) -> Result<Option<Approval>, StoreError> {
        let row = sqlx::query(
            "SELECT body FROM approvals
             WHERE client = $1 AND digest = $2 AND settled_ms >= $3
               AND state IN ('denied', 'expired')
             ORDER BY settled_ms DESC LIMIT 1",
        )
        .bind(client.as_str())
        .bind(digest.to_string())
        .bind(since.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        row.map(|r| approval(&r).map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// Records a person's decision: the gate's rules, the entry, the view and the case's wake-up in
    /// one transaction. `identities` are the person's account ids and addresses; `seen` is the
    /// digest of what they were shown.
    pub async fn decide(
        &self,
        id: ApprovalId,
        person: &PersonId,
        identities: &[String],
        seen: Digest,
        decision: Decision,
        now: UnixMs,
    ) -> Result<Approval, DecideError> {
        let (person, identities) = (person.clone(), identities.to_vec());
        self.write(move |tx| {
            Box::pin(async move { decide(tx, id, person, identities, seen, decision, now).await })
        })
        .await?
        .map_err(DecideError::Gate)
    }
}

async fn decide(
    tx: &mut Tx,
    id: ApprovalId,
    person: PersonId,
    identities: Vec<String>,
    seen: Digest,
    decision: Decision,
    now: UnixMs,
) -> Result<Result<Approval, DecisionError>, Fault> {
    let row = sqlx::query("SELECT body FROM approvals WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut tx.conn)
        .await?;
    let row = row.ok_or_else(|| StoreError::NotFound(format!("there is no question {id}")))?;
    let mut found = approval(&row)?;
    let state = match gate::decide(&found, &person, &identities, seen, &decision, now) {
        Ok(state) => state,
        Err(e) => return Ok(Err(e)),
    };
    let version: i64 =
        sqlx::query_scalar("SELECT version FROM cases WHERE client = $1 AND id = $2")
            .bind(found.client.as_str())
            .bind(found.case.to_string())
            .fetch_one(&mut tx.conn)
            .await?;
    let append = Append {
        client: found.client.clone(),
        case: found.case,
        expected: u64::try_from(version).unwrap_or_default(),
        at: now,
        entries: vec![NewEntry {
            actor: Actor::Person(person),
            event: Event::Decided { approval: id, decision },
        }],
        views: Vec::new(),
    };
    in_tx(tx, append).await?;
    settle(tx, &found.client, id, &state, now).await?;
    wake_for_news(tx, &found.client, &found.case.to_string(), now).await?;
    found.state = state;
    Ok(Ok(found))
}

pub(crate) async fn insert(tx: &mut Tx, approval: &Approval) -> Result<(), Fault> {
    let body = serde_json::to_string(approval)
        .map_err(|e| StoreError::Broken(format!("a question cannot be written: {e}")))?;
    sqlx::query(
        "INSERT INTO approvals (client, id, case_id, digest, tier, asked_ms, expires_ms, state, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(approval.client.as_str())
    .bind(approval.id.to_string())
    .bind(approval.case.to_string())
    .bind(approval.digest.to_string())
    .bind(approval.tier.name())
    .bind(approval.asked_at.0)
    .bind(approval.expires_at.0)
    .bind(approval.state.name())
    .bind(body)
    .execute(&mut tx.conn)
    .await?;
    Ok(())
}

pub(crate) async fn settle(
    tx: &mut Tx,
    client: &ClientId,
    id: ApprovalId,
    state: &ApprovalState,
    at: UnixMs,
) -> Result<(), Fault> {
    let row = sqlx::query("SELECT body FROM approvals WHERE client = $1 AND id = $2")
        .bind(client.as_str())
        .bind(id.to_string())
        .fetch_optional(&mut tx.conn)
        .await?;
    let row = row.ok_or_else(|| {
        StoreError::NotFound(format!("there is no question {id} of client {client}"))
    })?;
    let mut found = approval(&row)?;
    found.state = state.clone();
    let body = serde_json::to_string(&found)
        .map_err(|e| StoreError::Broken(format!("a question cannot be written: {e}")))?;
    sqlx::query(
        "UPDATE approvals SET state = $3, body = $4, settled_ms = $5 WHERE client = $1 AND id = $2",
    )
    .bind(client.as_str())
    .bind(id.to_string())
    .bind(state.name())
    .bind(body)
    .bind(at.0)
    .execute(&mut tx.conn)
    .await?;
    Ok(())
}

fn approval(row: &SqliteRow) -> Result<Approval, Fault> {
    let body: String = row.try_get("body")?;
    serde_json::from_str(&body)
        .map_err(|e| StoreError::Broken(format!("a question cannot be read: {e}")).into())
}
