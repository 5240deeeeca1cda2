//! Leases and lists of cases.

use crate::{
    Store, StoreError,
    columns::{case, client, maybe_time, places, time},
    sql::{Pool, Query, Row, query, query_scalar},
    writer::Fault,
};
use domain::{BrainId, CaseId, ClientId, UnixMs};
use std::time::Duration;

/// A case under lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Whose.
    pub client: ClientId,
    /// Which.
    pub case: CaseId,
    /// When the lease runs out.
    pub until: UnixMs,
}

/// One line of a list of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// Whose.
    pub client: ClientId,
    /// Which.
    pub id: CaseId,
    /// Ticket, as `psa#id`.
    pub ticket: String,
    /// Subject line.
    pub subject: String,
    /// Sender's address.
    pub requester: String,
    /// The brain, when it is a request over the API.
    pub brain: Option<BrainId>,
    /// Where it stands.
    pub phase: String,
    /// One line on what was made of it.
    pub summary: String,
    /// Tier of the newest judged change, if any.
    pub tier: Option<String>,
    /// When it arrived.
    pub received_at: UnixMs,
    /// When it last changed.
    pub updated_at: UnixMs,
    /// When work on it ended.
    pub ended_at: Option<UnixMs>,
    /// When it is looked at again.
    pub wake_at: Option<UnixMs>,
}

pub(crate) const COLUMNS: &str = "client, id, psa, ticket_id, subject, requester, brain, phase, summary, tier, received_ms, updated_ms, ended_ms, wake_ms";

/// Of clients that live here and are not about to move.
const HERE: &str =
    "AND NOT EXISTS (SELECT 1 FROM tips t WHERE t.client = cases.client AND t.away > 0)";

impl Store {
    /// Leases up to `limit` cases that are due and not leased, oldest wake-up first; none while this
    /// server is not sure of its node's name.
    pub async fn claim(
        &self,
        owner: &str,
        now: UnixMs,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        if !self.standing.is_sure() {
            return Ok(Vec::new());
        }
        // A look by a reader first: an idle worker must not keep the writer busy.
        let due: i64 = query_scalar(
            format!("SELECT COUNT(*) FROM cases WHERE wake_ms IS NOT NULL AND wake_ms <= $1 AND lease_ms <= $1 {HERE}"),
        )
        .bind(now.0)
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        if due == 0 {
            return Ok(Vec::new());
        }
        let until = now.plus_ms(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        let owner = owner.to_owned();
        if let Pool::Postgres(_) = &self.pool {
            // Beside the writers: what one of them holds is not waited for.
            let rows = lease_due("FOR UPDATE SKIP LOCKED", owner, until, now, limit)
                .fetch_all(&self.pool)
                .await
                .map_err(|e| self.fail(e))?;
            return claimed(&rows, until).map_err(|f| f.into_store(&self.path));
        }
        self.write(move |tx| {
            Box::pin(async move {
                let due = lease_due("", owner, until, now, limit);
                claimed(&due.fetch_all(tx.sql().await?).await?, until)
            })
        })
        .await
    }

    /// Gives up a lease. With `retry_at` the case is looked at again then, whatever was planned,
    /// unless a decision or a message arrived meanwhile: that is looked at as soon as it can be.
    pub async fn release(
        &self,
        client: &ClientId,
        case: CaseId,
        owner: &str,
        retry_at: Option<UnixMs>,
    ) -> Result<(), StoreError> {
        let (client, owner) = (client.clone(), owner.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                query(
                    "UPDATE cases SET lease_owner = NULL, lease_ms = 0,
                       wake_ms = CASE WHEN news = 1 AND wake_ms IS NOT NULL THEN wake_ms
                                 ELSE COALESCE($4, wake_ms) END
                     WHERE client = $1 AND id = $2 AND lease_owner = $3",
                )
                .bind(client.as_str())
                .bind(case.to_string())
                .bind(owner)
                .bind(retry_at.map(|t| t.0))
                .execute(tx.sql().await?)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Holds a lease for so long from now; `false` when it is another's by now, or may be.
    pub async fn renew(
        &self,
        client: &ClientId,
        case: CaseId,
        owner: &str,
        now: UnixMs,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        if !self.standing.is_sure() {
            return Ok(false);
        }
        let until = now.plus_ms(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        let (client, owner) = (client.clone(), owner.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let held = query(
                    "UPDATE cases SET lease_ms = $4
                     WHERE client = $1 AND id = $2 AND lease_owner = $3 AND NOT EXISTS
                       (SELECT 1 FROM tips t WHERE t.client = cases.client AND t.away = 2)",
                )
                .bind(client.as_str())
                .bind(case.to_string())
                .bind(owner)
                .bind(until.0);
                Ok(held.execute(tx.sql().await?).await? > 0)
            })
        })
        .await
    }

    /// Gives up every lease of this owner: at start, those of the run before.
    pub async fn release_all(&self, owner: &str) -> Result<(), StoreError> {
        self.release_but(owner, &[]).await
    }

    /// Gives up every lease of this owner but those of these cases.
    pub async fn release_but(&self, owner: &str, kept: &[CaseId]) -> Result<(), StoreError> {
        let owner = owner.to_owned();
        let kept: Vec<String> = kept.iter().map(ToString::to_string).collect();
        self.write(move |tx| {
            Box::pin(async move {
                let not = match kept.len() {
                    0 => String::new(),
                    many => format!("AND id NOT IN ({})", places(2, many)),
                };
                let give_up = query(format!(
                    "UPDATE cases SET lease_owner = NULL, lease_ms = 0
                     WHERE lease_owner = $1 {not}"
                ));
                let give_up = kept.into_iter().fold(give_up.bind(owner), |q, id| q.bind(id));
                give_up.execute(tx.sql().await?).await?;
                Ok(())
            })
        })
        .await
    }

    /// Cases, newest change first; of one client when `client` is given.
    pub async fn cases(
        &self,
        client: Option<&ClientId>,
        phase: Option<&str>,
        limit: u32,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM cases
             WHERE ($1 IS NULL OR client = $1) AND ($2 IS NULL OR phase = $2)
             ORDER BY updated_ms DESC, id DESC LIMIT $3"
        );
        let rows = query(sql)
            .bind(client.map(ClientId::as_str))
            .bind(phase)
            .bind(i64::from(limit))
            .fetch_all(self.of_any(client))
            .await
            .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| case_row(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// One case by id, whosever it is: ids are unguessable and pages check the role.
    pub async fn case(&self, id: CaseId) -> Result<Option<CaseRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM cases WHERE id = $1");
        let row = query(sql)
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        row.map(|r| case_row(&r).map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// How many cases stand in each phase.
    pub async fn phase_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = query("SELECT phase, COUNT(*) AS n FROM cases GROUP BY phase")
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        rows.iter()
            .map(|r| {
                let n: i64 = r.try_get("n").map_err(|e| self.fail(e))?;
                let phase = r.try_get("phase").map_err(|e| self.fail(e))?;
                Ok((phase, u64::try_from(n).unwrap_or_default()))
            })
            .collect()
    }
}

/// Leases what is due; `beside` says what of it is left to others.
fn lease_due(beside: &str, owner: String, until: UnixMs, now: UnixMs, limit: u32) -> Query {
    query(format!(
        "WITH due AS MATERIALIZED (
           SELECT client, id FROM cases
           WHERE wake_ms IS NOT NULL AND wake_ms <= $3 AND lease_ms <= $3 {HERE}
           ORDER BY wake_ms LIMIT $4 {beside})
         UPDATE cases SET lease_owner = $1, lease_ms = $2, news = 0
         WHERE (client, id) IN (SELECT client, id FROM due)
         RETURNING client, id, wake_ms"
    ))
    .bind(owner)
    .bind(until.0)
    .bind(now.0)
    .bind(i64::from(limit))
}

fn claimed(rows: &[Row], until: UnixMs) -> Result<Vec<Claimed>, Fault> {
    let mut claimed = rows
        .iter()
        .map(|r| {
            let claimed = Claimed { client: client(r, "client")?, case: case(r, "id")?, until };
            Ok((r.try_get::<i64, _>("wake_ms")?, claimed))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    // RETURNING promises no order.
    claimed.sort_by_key(|(wake, c)| (*wake, c.case));
    Ok(claimed.into_iter().map(|(_, c)| c).collect())
}

pub(crate) fn case_row(r: &Row) -> Result<CaseRow, Fault> {
    let psa: String = r.try_get("psa")?;
    let ticket: String = r.try_get("ticket_id")?;
    Ok(CaseRow {
        client: client(r, "client")?,
        id: case(r, "id")?,
        ticket: format!("{psa}#{ticket}"),
        subject: r.try_get("subject")?,
        requester: r.try_get("requester")?,
        brain: r
            .try_get::<Option<String>, _>("brain")?
            .map(|b| BrainId::new(b).map_err(|e| StoreError::Broken(e.to_string())))
            .transpose()?,
        phase: r.try_get("phase")?,
        summary: r.try_get("summary")?,
        tier: r.try_get("tier")?,
        received_at: time(r, "received_ms")?,
        updated_at: time(r, "updated_ms")?,
        ended_at: maybe_time(r, "ended_ms")?,
        wake_at: maybe_time(r, "wake_ms")?,
    })
}
