//! What brains asked for lately, so that a brain that asks too often or in a circle is noticed.
//!
//! INVARIANT: one row for each case and digest, written with the first verdict on it; judging the
//! same again, with fresh facts, is no second request.

use crate::{
    NewEntry, Store, StoreError,
    sql::{query, query_scalar},
    views::{Place, brain_of},
    writer::{Fault, Tx},
};
use domain::{BrainId, CaseId, ClientId, Digest, Event, UnixMs};

impl Store {
    /// How many writes this brain requested since `minute_since`, for all clients together, and how
    /// often exactly this digest since `window_since`. This request, of this case, is counted once in
    /// both, whether it was judged before or not.
    pub async fn brain_usage(
        &self,
        brain: &BrainId,
        client: &ClientId,
        digest: Digest,
        case: CaseId,
        minute_since: UnixMs,
        window_since: UnixMs,
    ) -> Result<(u32, u32), StoreError> {
        let requests = query_scalar(
            "SELECT COUNT(*) FROM asked
             WHERE brain = $1 AND at_ms >= $2 AND NOT (case_id = $3 AND digest = $4)",
        )
        .bind(brain.as_str())
        .bind(minute_since.0)
        .bind(case.to_string())
        .bind(digest.to_string())
        .fetch_one(&self.pool);
        let repeats = query_scalar(
            "SELECT COUNT(*) FROM asked
             WHERE client = $1 AND brain = $2 AND digest = $3 AND at_ms >= $4 AND case_id <> $5",
        )
        .bind(client.as_str())
        .bind(brain.as_str())
        .bind(digest.to_string())
        .bind(window_since.0)
        .bind(case.to_string())
        .fetch_one(self.of(client));
        let (requests, repeats): (i64, i64) =
            futures::future::try_join(requests, repeats).await.map_err(|e| self.fail(e))?;
        let and_this = |n: i64| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        Ok((and_this(requests), and_this(repeats)))
    }
}

pub(crate) async fn project(tx: &mut Tx, place: Place<'_>, entry: &NewEntry) -> Result<(), Fault> {
    let Event::Judged { action, verdict, .. } = &entry.event else { return Ok(()) };
    if !action.kind().is_write() {
        return Ok(());
    }
    let Some(brain) = brain_of(tx, place, &entry.actor).await? else { return Ok(()) };
    tx.later(
        query(
            "INSERT INTO asked (client, brain, digest, case_id, at_ms) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(place.client.as_str())
        .bind(brain)
        .bind(verdict.digest.to_string())
        .bind(place.case_id)
        .bind(place.at.0),
    );
    Ok(())
}
