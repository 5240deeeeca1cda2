//! How people decide: who decided the like before, how fast, how often yes, and what came of it.
//!
//! Fast yeses in great number are a sign of fatigue. Several questions of one case that were
//! answered at once are one decision.

use crate::{
    Store, StoreError,
    columns::{case, person, time},
    sql::{Row, query},
    writer::Fault,
};
use domain::{ActionKind, CaseId, ClientId, PersonId, UnixMs};
use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;

/// How one person decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApproverStats {
    /// Who.
    pub person: PersonId,
    /// How many decisions.
    pub decisions: u32,
    /// The most within any sixty minutes.
    pub busiest_hour: u32,
    /// Median time from question to answer, in milliseconds.
    pub median_ms: i64,
    /// How many of them were yes.
    pub approved: u32,
}

/// A question of the past that was about the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimilarCase {
    /// Its case.
    pub case: CaseId,
    /// What was asked.
    pub sentence: String,
    /// What people said: `approved`, `denied`, `changed`, `expired` or `void`.
    pub state: String,
    /// What came of it, where it ran: `done`, `failed`, `unverified`, `unknown`, `open` or `undone`.
    pub outcome: Option<String>,
    /// When it was asked.
    pub at: UnixMs,
}

struct Decided {
    person: PersonId,
    case: CaseId,
    at: UnixMs,
    waited_ms: i64,
    yes: bool,
}

impl Store {
    /// How each person decided since then, the busiest first.
    pub async fn approver_stats(&self, since: UnixMs) -> Result<Vec<ApproverStats>, StoreError> {
        let rows = query(
            "SELECT person, case_id, decision, asked_ms, at_ms FROM decisions
             WHERE at_ms >= $1 ORDER BY at_ms, case_id, asked_ms",
        )
        .bind(since.0)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        let mut people: BTreeMap<PersonId, Vec<Decided>> = BTreeMap::new();
        for row in &rows {
            let one = decided(row).map_err(|f| f.into_store(&self.path))?;
            let all = people.entry(one.person.clone()).or_default();
            // The rows of one grouped decision follow each other.
            if all.last().is_none_or(|last| (last.case, last.at) != (one.case, one.at)) {
                all.push(one);
            }
        }
        let mut stats: Vec<_> = people.into_iter().map(|(p, all)| one_person(p, &all)).collect();
        stats.sort_by(|a, b| b.decisions.cmp(&a.decisions).then(a.person.cmp(&b.person)));
        Ok(stats)
    }

    /// Who said yes to most of this kind for this client, and may still decide; the most first.
    pub async fn learned_approvers(
        &self,
        client: &ClientId,
        kind: ActionKind,
        limit: u32,
    ) -> Result<Vec<PersonId>, StoreError> {
        let rows = query(
            "SELECT d.person FROM decisions d JOIN people p ON p.id = d.person
             WHERE d.client = $1 AND d.kind = $2 AND d.decision = 'approved'
               AND p.role IN ('admin', 'technician')
             GROUP BY d.person ORDER BY COUNT(*) DESC, MAX(d.at_ms) DESC, d.person LIMIT $3",
        )
        .bind(client.as_str())
        .bind(kind.name())
        .bind(i64::from(limit))
        .fetch_all(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| person(r, "person").map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Settled questions about this kind for this client, newest first, with what came of them.
    pub async fn similar(
        &self,
        client: &ClientId,
        kind: ActionKind,
        limit: u32,
    ) -> Result<Vec<SimilarCase>, StoreError> {
        let rows = query(
            "SELECT a.*, (SELECT CASE WHEN o.undone = 1 THEN 'undone' ELSE o.state END
               FROM outcomes o WHERE o.client = a.client AND o.approval = a.id
               ORDER BY o.at_ms DESC, o.attempt DESC LIMIT 1) AS outcome
             FROM approvals a
             WHERE a.client = $1 AND a.kind = $2 AND a.state <> 'pending'
             ORDER BY a.asked_ms DESC, a.id LIMIT $3",
        )
        .bind(client.as_str())
        .bind(kind.name())
        .bind(i64::from(limit))
        .fetch_all(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| similar(r).map_err(|f| f.into_store(&self.path))).collect()
    }
}

fn decided(r: &Row) -> Result<Decided, Fault> {
    let at = time(r, "at_ms")?;
    Ok(Decided {
        person: person(r, "person")?,
        case: case(r, "case_id")?,
        at,
        waited_ms: at.since(time(r, "asked_ms")?),
        yes: r.try_get::<String, _>("decision")? == "approved",
    })
}

fn similar(r: &Row) -> Result<SimilarCase, Fault> {
    Ok(SimilarCase {
        case: case(r, "case_id")?,
        sentence: crate::approvals::approval(r)?.sentence,
        state: r.try_get("state")?,
        outcome: r.try_get("outcome")?,
        at: time(r, "asked_ms")?,
    })
}

/// `all` in the order of time.
fn one_person(person: PersonId, all: &[Decided]) -> ApproverStats {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut waited: Vec<i64> = all.iter().map(|d| d.waited_ms).collect();
    waited.sort_unstable();
    let mut busiest = 0;
    let mut first = 0;
    for (last, decided) in all.iter().enumerate() {
        while all.get(first).is_some_and(|d| decided.at.since(d.at) >= HOUR_MS) {
            first += 1;
        }
        busiest = busiest.max(last + 1 - first);
    }
    ApproverStats {
        person,
        decisions: number(all.len()),
        busiest_hour: number(busiest),
        median_ms: waited.get(waited.len().saturating_sub(1) / 2).copied().unwrap_or_default(),
        approved: number(all.iter().filter(|d| d.yes).count()),
    }
}
