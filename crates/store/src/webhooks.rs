//! What the webhooks of brains are to be told. The body is made when it is sent, from the case as it
//! stands then, so that what waits here holds no personal data.

use crate::{
    Store, StoreError,
    columns::{brain, case, client, count, time},
    sql::{Row, query},
    views::Place,
    writer::{Fault, Tx},
};
use domain::{BrainId, CaseId, ClientId, Event, UnixMs};

/// One thing that a brain's webhook is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number, the same however often it is tried.
    pub id: i64,
    /// Whom it is for.
    pub brain: BrainId,
    /// Whose case.
    pub client: ClientId,
    /// Which case.
    pub case: CaseId,
    /// Kind of the event, as in the journal.
    pub kind: String,
    /// Place of the entry in the client's journal.
    pub seq: u64,
    /// When it happened.
    pub created_at: UnixMs,
    /// How often sending it failed.
    pub tries: u32,
}

impl Store {
    /// What is to be sent by now, oldest first; nothing to brains that are revoked or have no
    /// webhook any more.
    pub async fn due_deliveries(
        &self,
        now: UnixMs,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = query(
            "SELECT d.* FROM deliveries d JOIN brains b ON b.id = d.brain
             WHERE d.state = 'due' AND d.next_ms <= $1 AND b.revoked_ms IS NULL
               AND b.webhook_url IS NOT NULL
             ORDER BY d.id LIMIT $2",
        )
        .bind(now.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| delivery(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Says that a delivery arrived.
    pub async fn delivered(&self, id: i64, now: UnixMs) -> Result<(), StoreError> {
        self.settle_delivery(id, "delivered", 0, Some(now)).await
    }

    /// Says that a delivery failed, and when it is tried again; `None` gives it up.
    pub async fn delivery_failed(&self, id: i64, next: Option<UnixMs>) -> Result<(), StoreError> {
        let state = if next.is_some() { "due" } else { "given_up" };
        self.settle_delivery(id, state, 1, next).await
    }

    async fn settle_delivery(
        &self,
        id: i64,
        state: &'static str,
        failed: i64,
        when: Option<UnixMs>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                query(
                    "UPDATE deliveries SET state = $2, tries = tries + $3, next_ms = $4
                     WHERE id = $1 AND state = 'due'",
                )
                .bind(id)
                .bind(state)
                .bind(failed)
                .bind(when.map(|w| w.0))
                .execute(tx.sql().await?)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

/// What is news to the brain that asked.
fn is_news(event: &Event) -> bool {
    matches!(
        event,
        Event::Judged { .. }
            | Event::Held { .. }
            | Event::Decided { .. }
            | Event::Changed { .. }
            | Event::Expired { .. }
            | Event::Voided { .. }
            | Event::Finished { .. }
            | Event::HandedOver { .. }
            | Event::Ended { .. }
    )
}

pub(crate) async fn project(tx: &mut Tx, place: Place<'_>, event: &Event) -> Result<(), Fault> {
    if !is_news(event) {
        return Ok(());
    }
    tx.later(
        query(
            "INSERT INTO deliveries (brain, client, case_id, kind, seq, created_ms, next_ms)
             SELECT b.id, c.client, c.id, $3, $4, $5, $5
             FROM cases c JOIN brains b ON b.id = c.brain
             WHERE c.client = $1 AND c.id = $2 AND b.webhook_url IS NOT NULL
               AND b.revoked_ms IS NULL",
        )
        .bind(place.client.as_str())
        .bind(place.case_id)
        .bind(event.kind())
        .bind(place.seq)
        .bind(place.at.0),
    );
    Ok(())
}

fn delivery(r: &Row) -> Result<Delivery, Fault> {
    Ok(Delivery {
        id: r.try_get("id")?,
        brain: brain(r, "brain")?,
        client: client(r, "client")?,
        case: case(r, "case_id")?,
        kind: r.try_get("kind")?,
        seq: u64::try_from(r.try_get::<i64, _>("seq")?).unwrap_or_default(),
        created_at: time(r, "created_ms")?,
        tries: count(r, "tries")?,
    })
}
