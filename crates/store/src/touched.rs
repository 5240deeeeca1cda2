//! What was touched lately: blast radius is cumulative, so that splitting a batch gains nothing.

use crate::{
    NewEntry, Store, StoreError,
    sql::{query, query_scalar},
    views::{Place, brain_of},
    writer::{Fault, Tx},
};
use domain::{ClientId, Event, UnixMs};
use std::collections::BTreeSet;

impl Store {
    /// Distinct targets of started actions of this kind by this brain since `since`, these `targets`
    /// included.
    pub async fn targets_touched(
        &self,
        client: &ClientId,
        brain: &str,
        kind: &str,
        targets: &[String],
        since: UnixMs,
    ) -> Result<u32, StoreError> {
        let before: Vec<String> = query_scalar(
            "SELECT DISTINCT target FROM touched
             WHERE client = $1 AND brain = $2 AND kind = $3 AND at_ms >= $4",
        )
        .bind(client.as_str())
        .bind(brain)
        .bind(kind)
        .bind(since.0)
        .fetch_all(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        let all: BTreeSet<&str> = before.iter().chain(targets).map(String::as_str).collect();
        Ok(u32::try_from(all.len()).unwrap_or(u32::MAX))
    }
}

pub(crate) async fn project(tx: &mut Tx, place: Place<'_>, entry: &NewEntry) -> Result<(), Fault> {
    let Event::Started { action, .. } = &entry.event else { return Ok(()) };
    let Some(brain) = brain_of(tx, place, &entry.actor).await? else { return Ok(()) };
    for target in action.target_keys().into_iter().collect::<BTreeSet<_>>() {
        tx.later(
            query(
                "INSERT INTO touched (client, brain, kind, target, at_ms) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(place.client.as_str())
            .bind(&brain)
            .bind(action.kind().name())
            .bind(target)
            .bind(place.at.0),
        );
    }
    Ok(())
}
