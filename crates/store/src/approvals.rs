//! Questions to people and their answers.
//!
//! INVARIANT: the gate judges every decision inside the transaction that records it, so of several
//! at once exactly one finds the question as it was shown.

use crate::{
    Store, StoreError,
    hand::{Lease, Offer},
    journal::{NewEntry, at_any_version},
    people,
    sql::{Row, query},
    views::View,
    writer::{Fault, Tx},
};
use domain::{
    Actor, Approval, ApprovalId, ApprovalState, CaseId, CasePhase, ClientId, Decision, Digest,
    Event, PersonId, UnixMs,
};
use gate::DecisionError;
use std::collections::BTreeSet;

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
        let rows = query(
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

    /// Every question of a case, oldest first.
    pub async fn approvals_of(
        &self,
        client: &ClientId,
        case: CaseId,
    ) -> Result<Vec<Approval>, StoreError> {
        let rows = query(
            "SELECT body FROM approvals WHERE client = $1 AND case_id = $2 ORDER BY asked_ms, id",
        )
        .bind(client.as_str())
        .bind(case.to_string())
        .fetch_all(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| approval(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// One question by id.
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        let row = query("SELECT body FROM approvals WHERE id = $1")
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
        let row = query(
            "SELECT body FROM approvals
             WHERE client = $1 AND digest = $2 AND settled_ms >= $3
               AND state IN ('denied', 'expired')
             ORDER BY settled_ms DESC LIMIT 1",
        )
        .bind(client.as_str())
        .bind(digest.to_string())
        .bind(since.0)
        .fetch_optional(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        row.map(|r| approval(&r).map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// Records a person's decision: the gate's rules, the entry, the view and the case's wake-up in
    /// one transaction. Whoever was removed, or may not decide any more, is refused there, however
    /// short ago that was. `identities` are the person's account ids and addresses; `seen` is the
    /// digest of what they were shown. Answers with the question as it stands then: it may still
    /// wait, for a second person or for a change to be judged.
    pub async fn decide(
        &self,
        id: ApprovalId,
        person: &PersonId,
        identities: &[String],
        seen: Digest,
        decision: Decision,
        now: UnixMs,
    ) -> Result<Approval, DecideError> {
        let all = self.decide_all(&[(id, seen)], person, identities, decision, now).await?;
        let one = all.into_iter().next();
        one.ok_or_else(|| StoreError::NotFound(format!("there is no question {id}")).into())
    }

    /// Records one decision on several questions of one case: all of them, or none. The same
    /// question twice counts once.
    pub async fn decide_all(
        &self,
        ids: &[(ApprovalId, Digest)],
        person: &PersonId,
        identities: &[String],
        decision: Decision,
        now: UnixMs,
    ) -> Result<Vec<Approval>, DecideError> {
        let mut asked = BTreeSet::new();
        let ids = ids.iter().copied().filter(|one| asked.insert(*one)).collect();
        let said =
            Said { person: person.clone(), identities: identities.to_vec(), decision, at: now };
        let offer = self.offer(now);
        let lease = offer.as_ref().map(Offer::lease);
        let done = self.write_leasing(
            offer,
            move |tx| Box::pin(async move { decide(tx, ids, said, lease).await }),
            |done| {
                let (all, _) = done.as_ref().ok().filter(|(_, leased)| *leased)?;
                all.first().map(|a| (a.client.clone(), a.case))
            },
        );
        done.await?.map(|(all, _)| all).map_err(DecideError::Gate)
    }
}

/// What a person said, and when.
struct Said {
    person: PersonId,
    identities: Vec<String>,
    decision: Decision,
    at: UnixMs,
}

async fn decide(
    tx: &mut Tx,
    ids: Vec<(ApprovalId, Digest)>,
    said: Said,
    lease: Option<Lease>,
) -> Result<Result<(Vec<Approval>, bool), DecisionError>, Fault> {
    if ids.len() > 1 && matches!(said.decision, Decision::Change(_)) {
        let text = "a change is of one question; name one";
        return Err(StoreError::Refused(text.into()).into());
    }
    if !people::may_decide(tx, &said.person).await? {
        let text = format!("{} may not decide; ask somebody whose role allows it", said.person);
        return Err(StoreError::Refused(text).into());
    }
    let mut after: Vec<Approval> = Vec::with_capacity(ids.len());
    // All are judged before anything is written.
    for (id, seen) in ids {
        let found = load(tx, id).await?;
        match gate::decide(&found, &said.person, &said.identities, seen, &said.decision, said.at) {
            Ok(decided) => after.push(decided),
            Err(e) => return Ok(Err(e)),
        }
    }
    let Some(first) = after.first() else {
        return Err(StoreError::Refused("no question was named; name at least one".into()).into());
    };
    let (client, case) = (first.client.clone(), first.case);
    if after.iter().any(|a| a.client != client || a.case != case) {
        let text = "these questions are of different cases; decide on each case by itself";
        return Err(StoreError::Refused(text.into()).into());
    }
    let leased = write_down(tx, &client, case, &said, &after, lease).await?;
    Ok(Ok((after, leased)))
}

async fn write_down(
    tx: &mut Tx,
    client: &ClientId,
    case: CaseId,
    said: &Said,
    after: &[Approval],
    lease: Option<Lease>,
) -> Result<bool, Fault> {
    let entry = |a: &Approval| NewEntry {
        actor: Actor::Person(said.person.clone()),
        event: Event::Decided { approval: a.id, decision: said.decision.clone() },
    };
    let entries = after.iter().map(entry).collect();
    let mut views = vec![View::News(lease)];
    if after.iter().all(|a| a.state == ApprovalState::Pending && a.change.is_none()) {
        views.push(View::Phase(CasePhase::WaitingForApproval));
    }
    let done = at_any_version(tx, client, case, said.at, entries, views).await?;
    for approval in after {
        rewrite(tx, approval, said.at).await?;
        count_decision(tx, approval, said).await?;
    }
    Ok(done.leased)
}

async fn count_decision(tx: &mut Tx, approval: &Approval, said: &Said) -> Result<(), Fault> {
    tx.later(
        query(
            "INSERT INTO decisions (client, approval, case_id, person, kind, decision, asked_ms, at_ms)
             SELECT client, id, case_id, $3, kind, $4, asked_ms, $5
             FROM approvals WHERE client = $1 AND id = $2",
        )
        .bind(approval.client.as_str())
        .bind(approval.id.to_string())
        .bind(said.person.as_str())
        .bind(said.decision.name())
        .bind(said.at.0),
    );
    Ok(())
}

pub(crate) async fn insert(tx: &mut Tx, approval: &Approval) -> Result<(), Fault> {
    let (by, at) = decided(&approval.state);
    tx.later(
        query(
            "INSERT INTO approvals (client, id, case_id, digest, kind, tier, asked_ms, expires_ms,
               state, body, decided_by, decided_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(approval.client.as_str())
        .bind(approval.id.to_string())
        .bind(approval.case.to_string())
        .bind(approval.digest.to_string())
        .bind(approval.kind.map(|k| k.name()))
        .bind(approval.tier.name())
        .bind(approval.asked_at.0)
        .bind(approval.expires_at.0)
        .bind(approval.state.name())
        .bind(body(approval)?)
        .bind(by)
        .bind(at),
    );
    Ok(())
}

/// Settles a question without a person's decision: it expired or is void.
pub(crate) async fn settle(
    tx: &mut Tx,
    client: &ClientId,
    id: ApprovalId,
    state: &ApprovalState,
    at: UnixMs,
) -> Result<(), Fault> {
    let mut found = load_of(tx, client, id).await?;
    found.state = state.clone();
    found.change = None;
    rewrite(tx, &found, at).await
}

/// Rewrites a question that still waits: a settled one never waits again.
pub(crate) async fn update(
    tx: &mut Tx,
    client: &ClientId,
    approval: &Approval,
    at: UnixMs,
) -> Result<(), Fault> {
    let found = load_of(tx, client, approval.id).await?;
    waiting(&found)?;
    if (&approval.client, approval.case, approval.digest)
        != (&found.client, found.case, found.digest)
    {
        let text = format!("question {} is about something else", approval.id);
        return Err(StoreError::Refused(text).into());
    }
    rewrite(tx, approval, at).await
}

/// Puts the question about a change in the place of the one that it changes.
pub(crate) async fn replace(
    tx: &mut Tx,
    client: &ClientId,
    old: ApprovalId,
    new: &Approval,
    at: UnixMs,
) -> Result<(), Fault> {
    let mut found = load_of(tx, client, old).await?;
    waiting(&found)?;
    let asked = found.change.take().filter(|_| new.client == *client && new.case == found.case);
    let Some(asked) = asked else {
        let text = format!("nobody asked for a change of question {old} in this case");
        return Err(StoreError::Refused(text).into());
    };
    found.state = ApprovalState::Changed { by: asked.by, at, to: new.id };
    rewrite(tx, &found, at).await?;
    insert(tx, new).await
}

fn waiting(approval: &Approval) -> Result<(), Fault> {
    match approval.state {
        ApprovalState::Pending => Ok(()),
        _ => Err(StoreError::Refused(format!(
            "question {} is already {}; nothing was changed",
            approval.id,
            approval.state.name()
        ))
        .into()),
    }
}

async fn rewrite(tx: &mut Tx, approval: &Approval, at: UnixMs) -> Result<(), Fault> {
    let (by, decided_at) = decided(&approval.state);
    let settled = (approval.state != ApprovalState::Pending).then_some(at.0);
    tx.later(
        query(
            "UPDATE approvals SET state = $3, body = $4, expires_ms = $5, settled_ms = $6,
               decided_by = COALESCE($7, decided_by), decided_ms = COALESCE($8, decided_ms)
             WHERE client = $1 AND id = $2",
        )
        .bind(approval.client.as_str())
        .bind(approval.id.to_string())
        .bind(approval.state.name())
        .bind(body(approval)?)
        .bind(approval.expires_at.0)
        .bind(settled)
        .bind(by)
        .bind(decided_at),
    );
    Ok(())
}

/// Which person settled it, and when.
fn decided(state: &ApprovalState) -> (Option<String>, Option<i64>) {
    match state {
        ApprovalState::Approved { by, at }
        | ApprovalState::Changed { by, at, .. }
        | ApprovalState::Denied { by, at, .. } => (Some(by.to_string()), Some(at.0)),
        ApprovalState::Pending | ApprovalState::Expired | ApprovalState::Void => (None, None),
    }
}

async fn load(tx: &mut Tx, id: ApprovalId) -> Result<Approval, Fault> {
    let row = query("SELECT body FROM approvals WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(tx.sql().await?)
        .await?;
    approval(&row.ok_or_else(|| StoreError::NotFound(format!("there is no question {id}")))?)
}

async fn load_of(tx: &mut Tx, client: &ClientId, id: ApprovalId) -> Result<Approval, Fault> {
    let row = query("SELECT body FROM approvals WHERE client = $1 AND id = $2")
        .bind(client.as_str())
        .bind(id.to_string())
        .fetch_optional(tx.sql().await?)
        .await?;
    approval(&row.ok_or_else(|| {
        StoreError::NotFound(format!("there is no question {id} of client {client}"))
    })?)
}

fn body(approval: &Approval) -> Result<String, Fault> {
    serde_json::to_string(approval)
        .map_err(|e| StoreError::Broken(format!("a question cannot be written: {e}")).into())
}

pub(crate) fn approval(row: &Row) -> Result<Approval, Fault> {
    let body: String = row.try_get("body")?;
    serde_json::from_str(&body)
        .map_err(|e| StoreError::Broken(format!("a question cannot be read: {e}")).into())
}
