//! Every attempt and what came of it: for undo, for the fleet's failure rate and for breakers.
//!
//! An attempt is *unverified* when the system accepted the change and reading back never showed it.

use crate::{
    NewEntry, Store, StoreError,
    columns::{brain, case, client, count, kind, places, time},
    sql::{Row, query},
    views::{Place, brain_of},
    writer::{Fault, Tx},
};
use domain::{Action, ActionKind, AttemptId, BrainId, CaseId, ClientId, Event, Outcome, UnixMs};
use std::collections::BTreeSet;

/// How the text of a failure begins that only reading back showed.
const ACCEPTED: &str = "the system accepted the change";
/// Between the patches of one change key.
const AND: char = '\n';

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Whose.
    pub client: ClientId,
    /// Its case.
    pub case: CaseId,
    /// The attempt.
    pub attempt: AttemptId,
    /// What kind of action.
    pub kind: ActionKind,
    /// The brain whose work it was.
    pub brain: Option<BrainId>,
    /// When it started.
    pub at: UnixMs,
    /// `open`, `done`, `failed`, `unverified` or `unknown`.
    pub state: String,
    /// It was taken back.
    pub undone: bool,
}

/// Counts from which a breaker may open. All but the last two are over the whole window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AttemptStats {
    /// Attempts that ended one way or the other.
    pub attempts: u32,
    /// Of these, failed.
    pub failed: u32,
    /// Of these, accepted by the system and never seen when reading back.
    pub unverified: u32,
    /// Attempts that a person took back.
    pub reversed: u32,
    /// Attempts that started within the last hour.
    pub last_hour: u32,
    /// Attempts an hour over the window before that.
    pub usual_per_hour: f64,
}

/// What is the same about two changes, for the fleet's failure rate: the patches, or the script with
/// its content; empty for every other kind.
pub fn change_key(action: &Action) -> String {
    match action {
        Action::DeployPatches(a) => {
            let patches: BTreeSet<String> =
                a.patches.iter().map(|p| p.trim().to_lowercase().replace(AND, " ")).collect();
            patches.into_iter().collect::<Vec<_>>().join(&AND.to_string())
        }
        Action::RunScript(a) => {
            format!("{}@{}", a.script.id, a.script.sha256.to_lowercase()).replace(AND, " ")
        }
        _ => String::new(),
    }
}

/// The patches or the script of a [`change_key`]; none when it has none.
pub fn split_change_key(key: &str) -> Vec<&str> {
    key.split(AND).filter(|change| !change.is_empty()).collect()
}

impl Store {
    /// How this change fared since then, across all clients: attempts that ended, and how many of
    /// them did not turn out as they should; not knowing counts as failure. Patches count together
    /// with every attempt that deployed at least one of them, so that bundling hides nothing.
    pub async fn fleet(
        &self,
        kind: ActionKind,
        change_key: &str,
        since: UnixMs,
    ) -> Result<(u32, u32), StoreError> {
        let changes = split_change_key(change_key);
        let same = match changes.len() {
            0 => String::new(),
            many => format!(
                "AND EXISTS (SELECT 1 FROM outcome_changes c WHERE c.client = o.client
                   AND c.attempt = o.attempt AND c.change IN ({}))",
                places(3, many)
            ),
        };
        let sql = format!(
            "SELECT COUNT(*) AS n, COUNT(CASE WHEN o.state <> 'done' THEN 1 END) AS bad
             FROM outcomes o WHERE o.kind = $1 AND o.at_ms >= $2 AND o.state <> 'open'
             AND NOT EXISTS (SELECT 1 FROM tips t WHERE t.client = o.client AND t.away = 2) {same}"
        );
        let mut query = query(sql).bind(kind.name()).bind(since.0);
        for change in changes {
            query = query.bind(change);
        }
        let row = query.fetch_one(&self.pool).await.map_err(|e| self.fail(e))?;
        let n = |column| count(&row, column).map_err(|f| f.into_store(&self.path));
        Ok((n("n")?, n("bad")?))
    }

    /// How attempts fared since `since`: of one client and one kind, where given; of all kinds but
    /// the close-outs otherwise. The last hour
    /// begins at `hour_since`; the usual rate is that of the time before it.
    pub async fn attempt_stats(
        &self,
        client: Option<&ClientId>,
        kind: Option<ActionKind>,
        since: UnixMs,
        hour_since: UnixMs,
    ) -> Result<AttemptStats, StoreError> {
        let row = query(
            "SELECT COUNT(CASE WHEN state IN ('done', 'failed', 'unverified') THEN 1 END) AS ended,
               COUNT(CASE WHEN state = 'failed' THEN 1 END) AS failed,
               COUNT(CASE WHEN state = 'unverified' THEN 1 END) AS unverified,
               COUNT(CASE WHEN undone = 1 THEN 1 END) AS reversed,
               COUNT(CASE WHEN at_ms >= $4 THEN 1 END) AS last_hour,
               COUNT(CASE WHEN at_ms < $4 THEN 1 END) AS earlier
             FROM outcomes
             WHERE at_ms >= $3 AND ($1 IS NULL OR client = $1)
               AND (kind = $2 OR ($2 IS NULL
                 AND kind NOT IN ('reply', 'add_note', 'log_time', 'set_status')))",
        )
        .bind(client.map(ClientId::as_str))
        .bind(kind.map(ActionKind::name))
        .bind(since.0)
        .bind(hour_since.0)
        .fetch_one(self.of_any(client))
        .await
        .map_err(|e| self.fail(e))?;
        let n = |column| count(&row, column).map_err(|f| f.into_store(&self.path));
        let hours = hour_since.since(since).max(0) as f64 / 3_600_000.0;
        let earlier = f64::from(n("earlier")?);
        Ok(AttemptStats {
            attempts: n("ended")?,
            failed: n("failed")?,
            unverified: n("unverified")?,
            reversed: n("reversed")?,
            last_hour: n("last_hour")?,
            usual_per_hour: if hours > 0.0 { earlier / hours.max(1.0) } else { 0.0 },
        })
    }

    /// One attempt of a client.
    pub async fn attempt(
        &self,
        client: &ClientId,
        attempt: AttemptId,
    ) -> Result<Option<AttemptRow>, StoreError> {
        let row = query(
            "SELECT client, case_id, kind, brain, at_ms, state, undone FROM outcomes
             WHERE client = $1 AND attempt = $2",
        )
        .bind(client.as_str())
        .bind(attempt.to_string())
        .fetch_optional(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        row.map(|r| one(&r, attempt).map_err(|f| f.into_store(&self.path))).transpose()
    }
}

fn one(r: &Row, attempt: AttemptId) -> Result<AttemptRow, Fault> {
    let by: String = r.try_get("brain")?;
    Ok(AttemptRow {
        client: client(r, "client")?,
        case: case(r, "case_id")?,
        attempt,
        kind: kind(&r.try_get::<String, _>("kind")?)?,
        brain: if by.is_empty() { None } else { Some(brain(r, "brain")?) },
        at: time(r, "at_ms")?,
        state: r.try_get("state")?,
        undone: r.try_get::<i64, _>("undone")? != 0,
    })
}

pub(crate) async fn project(tx: &mut Tx, place: Place<'_>, entry: &NewEntry) -> Result<(), Fault> {
    match &entry.event {
        Event::Started { attempt, action, approval, .. } => {
            let brain = brain_of(tx, place, &entry.actor).await?.unwrap_or_default();
            tx.later(
                query(
                    "INSERT INTO outcomes (client, attempt, case_id, kind, brain, approval, at_ms, state)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, 'open') ON CONFLICT DO NOTHING",
                )
                .bind(place.client.as_str())
                .bind(attempt.to_string())
                .bind(place.case_id)
                .bind(action.kind().name())
                .bind(brain)
                .bind(approval.map(|a| a.to_string()))
                .bind(place.at.0),
            );
            keep_changes(tx, place, *attempt, action).await
        }
        Event::Finished { attempt, outcome } => {
            let state = match outcome {
                Outcome::Failed(text) if text.starts_with(ACCEPTED) => "unverified",
                other => other.name(),
            };
            tx.later(
                query(
                    "UPDATE outcomes SET state = $3, ended_ms = $4 WHERE client = $1 AND attempt = $2",
                )
                .bind(place.client.as_str())
                .bind(attempt.to_string())
                .bind(state)
                .bind(place.at.0),
            );
            Ok(())
        }
        Event::Undone { attempt, .. } => {
            tx.later(
                query("UPDATE outcomes SET undone = 1 WHERE client = $1 AND attempt = $2")
                    .bind(place.client.as_str())
                    .bind(attempt.to_string()),
            );
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn keep_changes(
    tx: &mut Tx,
    place: Place<'_>,
    attempt: AttemptId,
    action: &Action,
) -> Result<(), Fault> {
    for change in change_key(action).split(AND).filter(|c| !c.is_empty()) {
        tx.later(
            query(
                "INSERT INTO outcome_changes (client, attempt, change) VALUES ($1, $2, $3)
                 ON CONFLICT DO NOTHING",
            )
            .bind(place.client.as_str())
            .bind(attempt.to_string())
            .bind(change),
        );
    }
    Ok(())
}
