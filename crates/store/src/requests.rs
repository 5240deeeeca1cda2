//! Requests that come over the API, and what people add to a case.
//!
//! INVARIANTS: the same idempotency key leads to the same case for a day; a brain asks only in its
//! own name, and not once it is revoked, checked in the transaction that writes the request.

use crate::{
    CaseRow, NewEntry, Store, StoreError, View,
    cases::{COLUMNS, case_row},
    columns::{case, places},
    hand::{Lease, Offer},
    journal::{at_any_version, write_entry},
    msp::not_reserved,
    sql::{query, query_scalar},
    writer::{Fault, Tx},
};
use domain::{Actor, BrainId, CaseId, ClientId, Event, Submission, UnixMs};

/// How long an idempotency key is kept, in milliseconds.
const KEY_TTL_MS: i64 = 24 * 3_600_000;
/// What stands for the help desk of a request that has no ticket of its own there.
const REQUEST: &str = "request";

/// A request to take in.
#[derive(Clone, Debug)]
pub struct Submit {
    /// In whose systems.
    pub client: ClientId,
    /// Id for the case, if it is new.
    pub case: CaseId,
    /// What is asked for.
    pub submission: Submission,
    /// Who asks: the brain, or a person who undoes something.
    pub actor: Actor,
    /// The brain's key for this request, and a hash of its body.
    pub idempotency: Option<(String, [u8; 32])>,
    /// One line about it for lists.
    pub summary: String,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// A case was opened and will be looked at.
    New(CaseId),
    /// The same was asked before with this key; nothing changed.
    Again(CaseId),
    /// The key was used for something else; nothing changed.
    KeyReused,
}

/// Where a page of requests ended. As text it is opaque to callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCursor {
    /// When the last request of the page came.
    pub received_at: UnixMs,
    /// Its case.
    pub case: CaseId,
}

impl CaseRow {
    /// The cursor of the page that ends with this row.
    pub fn cursor(&self) -> RequestCursor {
        RequestCursor { received_at: self.received_at, case: self.id }
    }
}

impl std::fmt::Display for RequestCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.received_at.0, self.case)
    }
}

impl std::str::FromStr for RequestCursor {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (ms, case) = text.split_once('.')?;
            let received_at = UnixMs(ms.parse().ok()?);
            Some(RequestCursor { received_at, case: case.parse().ok()? })
        };
        read().ok_or_else(|| "this is no cursor; take the one that the last page named".into())
    }
}

impl Store {
    /// Takes a request in: case, first entry and wake-up in one transaction.
    pub async fn submit(&self, submit: Submit, now: UnixMs) -> Result<Submitted, StoreError> {
        let client = submit.client.clone();
        let offer = self.offer(now);
        let lease = offer.as_ref().map(Offer::lease);
        self.write_leasing(
            offer,
            move |tx| Box::pin(async move { take_in(tx, submit, now, lease).await }),
            |submitted| match submitted {
                Submitted::New(case) => Some((client, *case)),
                Submitted::Again(_) | Submitted::KeyReused => None,
            },
        )
        .await
    }

    /// Requests of one brain, newest first, from after `after` on.
    pub async fn requests_of(
        &self,
        brain: &BrainId,
        after: Option<RequestCursor>,
        limit: u32,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM cases
             WHERE brain = $1 AND ($2 IS NULL OR received_ms < $2 OR (received_ms = $2 AND id < $3))
             ORDER BY received_ms DESC, id DESC LIMIT $4"
        );
        let rows = query(sql)
            .bind(brain.as_str())
            .bind(after.map(|a| a.received_at.0))
            .bind(after.map(|a| a.case.to_string()))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| case_row(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// The case of this client's ticket, if it has one.
    pub async fn ticket_case(
        &self,
        client: &ClientId,
        psa: &str,
        ticket_id: &str,
    ) -> Result<Option<CaseId>, StoreError> {
        let row =
            query("SELECT case_id FROM tickets WHERE client = $1 AND psa = $2 AND ticket_id = $3")
                .bind(client.as_str())
                .bind(psa)
                .bind(ticket_id)
                .fetch_optional(self.of(client))
                .await
                .map_err(|e| self.fail(e))?;
        row.map(|r| case(&r, "case_id").map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// Cases of tickets, not of requests, newest first: of these clients, or of all.
    pub async fn tickets_of(
        &self,
        clients: Option<&[ClientId]>,
        limit: u32,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let whose = match clients {
            None => String::new(),
            Some([]) => return Ok(Vec::new()),
            Some(some) => format!("AND client IN ({})", places(2, some.len())),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM cases WHERE psa <> '{REQUEST}' {whose}
             ORDER BY received_ms DESC, id DESC LIMIT $1"
        );
        let mut query = query(sql).bind(i64::from(limit));
        for client in clients.unwrap_or_default() {
            query = query.bind(client.as_str());
        }
        let rows = query.fetch_all(&self.pool).await.map_err(|e| self.fail(e))?;
        rows.iter().map(|r| case_row(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Adds events to a case at whatever version it has, with views; `wake` has it looked at now.
    /// For what does not depend on a fold: done by hand, withdrawn, undone. Answers with the new
    /// version.
    #[allow(clippy::too_many_arguments, reason = "each says something of its own")]
    pub async fn record(
        &self,
        client: &ClientId,
        case: CaseId,
        actor: Actor,
        events: Vec<Event>,
        views: Vec<View>,
        wake: bool,
        now: UnixMs,
    ) -> Result<u64, StoreError> {
        let client = client.clone();
        let offer = if wake { self.offer(now) } else { None };
        let lease = offer.as_ref().map(Offer::lease);
        let mut views = views;
        if wake {
            views.push(View::News(lease));
        }
        let whose = client.clone();
        let entries =
            events.into_iter().map(|event| NewEntry { actor: actor.clone(), event }).collect();
        let done = self.write_leasing(
            offer,
            move |tx| {
                Box::pin(
                    async move { at_any_version(tx, &client, case, now, entries, views).await },
                )
            },
            |done| done.leased.then_some((whose, case)),
        );
        Ok(done.await?.version)
    }
}

async fn take_in(
    tx: &mut Tx,
    submit: Submit,
    now: UnixMs,
    lease: Option<Lease>,
) -> Result<Submitted, Fault> {
    let Submit { client, case: id, submission, actor, idempotency, summary } = submit;
    not_reserved(&client)?;
    let brain = submission.brain.clone();
    may_ask(tx, &brain, &actor).await?;
    if let Some((key, body)) = &idempotency
        && let Some(before) = asked_before(tx, &brain, key, body, now).await?
    {
        return Ok(before);
    }
    let case_id = id.to_string();
    let sentences: Vec<String> = submission.actions.iter().map(|a| a.sentence()).collect();
    let from = submission.ticket.as_ref().map(|t| t.from.clone()).unwrap_or_default();
    tx.later(
        query(
            "INSERT INTO cases (client, id, psa, ticket_id, subject, requester, brain, phase, summary,
               version, received_ms, updated_ms, wake_ms, lease_owner, lease_ms)
             VALUES ($1, $2, $3, $2, $4, $5, $6, 'working', $7, 1, $8, $8, $8, $9, $10)",
        )
        .bind(client.as_str())
        .bind(&case_id)
        .bind(REQUEST)
        .bind(sentences.join("; "))
        .bind(from)
        .bind(brain.as_str())
        .bind(summary)
        .bind(now.0)
        .bind(lease.as_ref().map(|l| l.node.to_string()))
        .bind(lease.as_ref().map_or(0, |l| l.until.0)),
    );
    write_entry(
        tx,
        &client,
        &case_id,
        now,
        &NewEntry { actor, event: Event::Submitted { submission } },
    )
    .await?;
    if let Some((key, body)) = idempotency {
        // Older keys are forgotten.
        tx.later(
            query("DELETE FROM idempotency WHERE at_ms <= $1").bind(now.plus_ms(-KEY_TTL_MS).0),
        );
        tx.later(
            query(
                "INSERT INTO idempotency (brain, key, body_hash, case_id, at_ms)
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(brain.as_str())
            .bind(key)
            .bind(body.to_vec())
            .bind(&case_id)
            .bind(now.0),
        );
    }
    Ok(Submitted::New(id))
}

async fn may_ask(tx: &mut Tx, brain: &BrainId, actor: &Actor) -> Result<(), Fault> {
    let Actor::Brain(asks) = actor else { return Ok(()) };
    if asks != brain {
        let text = format!("brain {asks} cannot ask in the name of {brain}");
        return Err(StoreError::Refused(text).into());
    }
    let revoked: i64 =
        query_scalar("SELECT COUNT(*) FROM brains WHERE id = $1 AND revoked_ms IS NOT NULL")
            .bind(brain.as_str())
            .fetch_one(tx.sql().await?)
            .await?;
    match revoked {
        0 => Ok(()),
        _ => Err(StoreError::Refused(format!("brain {brain} is revoked")).into()),
    }
}

/// What this key of the brain led to within the last day.
async fn asked_before(
    tx: &mut Tx,
    brain: &BrainId,
    key: &str,
    body: &[u8; 32],
    now: UnixMs,
) -> Result<Option<Submitted>, Fault> {
    let sql = "SELECT body_hash, case_id FROM idempotency
         WHERE brain = $1 AND key = $2 AND at_ms > $3";
    let row = query(sql)
        .bind(brain.as_str())
        .bind(key)
        .bind(now.plus_ms(-KEY_TTL_MS).0)
        .fetch_optional(tx.sql().await?)
        .await?;
    let Some(row) = row else { return Ok(None) };
    if row.try_get::<Vec<u8>, _>("body_hash")? != body {
        return Ok(Some(Submitted::KeyReused));
    }
    Ok(Some(Submitted::Again(case(&row, "case_id")?)))
}
