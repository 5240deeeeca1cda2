//! What one piece of work changes in a case's row: gathered, and written as one statement.

use crate::{
    hand::Lease,
    sql::query,
    writer::{Fault, Tx},
};
use domain::{CasePhase, ClientId, Tier, UnixMs};

/// Changes of one row of `cases`; what is `None` stays.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) phase: Option<CasePhase>,
    pub(crate) tier: Option<Tier>,
    pub(crate) summary: Option<String>,
    pub(crate) ended: Option<UnixMs>,
    /// This lease is given up, or an older one of the same node.
    pub(crate) release: Option<Lease>,
    /// Something arrived, and stays so whatever else is written.
    pub(crate) news_stays: bool,
    wake: Option<Option<UnixMs>>,
    news: Option<bool>,
    lease: Option<(UnixMs, Lease)>,
}

impl Change {
    /// Sets when the case is looked at again. Whoever sets it has folded all there was to know.
    pub(crate) fn put_off(&mut self, when: Option<UnixMs>) {
        self.wake = Some(when);
        self.news = Some(false);
    }

    /// Has the case looked at now, because something arrived from outside; by whom the lease is for, if
    /// nobody holds one.
    pub(crate) fn news(&mut self, now: UnixMs, lease: Option<Lease>) {
        self.wake = Some(Some(now));
        self.news = Some(true);
        self.lease = lease.map(|lease| (now, lease));
    }

    fn is_empty(&self) -> bool {
        self.phase.is_none()
            && self.tier.is_none()
            && self.summary.is_none()
            && self.ended.is_none()
            && self.release.is_none()
            && self.wake.is_none()
            && !self.news_stays
    }

    /// Writes it. Answers whether the lease was taken.
    pub(crate) async fn write(
        self,
        tx: &mut Tx,
        client: &ClientId,
        case_id: &str,
    ) -> Result<bool, Fault> {
        if self.is_empty() {
            return Ok(false);
        }
        let news = if self.news_stays { Some(true) } else { self.news };
        let (due, lease) = self.lease.unzip();
        let until = lease.as_ref().map(|l| l.until.0);
        let change = match &lease {
            Some(_) => query(format!("{CHANGE} RETURNING lease_ms")),
            None => query(CHANGE),
        };
        let change = change
            .bind(client.as_str())
            .bind(case_id)
            .bind(self.phase.map(CasePhase::name))
            .bind(self.tier.map(Tier::name))
            .bind(self.summary)
            .bind(self.ended.map(|t| t.0))
            .bind(i64::from(self.wake.is_some()))
            .bind(self.wake.flatten().map(|t| t.0))
            .bind(news.map(i64::from))
            .bind(self.release.as_ref().map(|l| l.node.to_string()))
            .bind(lease.map(|l| l.node.to_string()))
            .bind(until)
            .bind(due.map(|t| t.0))
            .bind(self.release.map(|l| l.until.0));
        if until.is_none() {
            tx.later(change);
            return Ok(false);
        }
        let row = change.fetch_optional(tx.sql().await?).await?;
        let lease_ms: Option<i64> = row.map(|row| row.try_get("lease_ms")).transpose()?;
        Ok(lease_ms == until)
    }
}

/// `$10` gives up its lease that runs no longer than `$14`; `$11` takes one until `$12`, if none is held at
/// `$13`. A case that is leased as its news is told has no news left.
const CHANGE: &str = "UPDATE cases SET
   phase = COALESCE($3, phase), tier = COALESCE($4, tier), summary = COALESCE($5, summary),
   ended_ms = COALESCE($6, ended_ms),
   wake_ms = CASE WHEN $7 = 1 THEN $8 ELSE wake_ms END,
   news = CASE WHEN $11 IS NOT NULL AND lease_ms <= $13 THEN 0 ELSE COALESCE($9, news) END,
   lease_owner = CASE WHEN $11 IS NOT NULL AND lease_ms <= $13 THEN $11
                      WHEN lease_owner = $10 AND lease_ms <= $14 THEN NULL ELSE lease_owner END,
   lease_ms = CASE WHEN $11 IS NOT NULL AND lease_ms <= $13 THEN $12
                   WHEN lease_owner = $10 AND lease_ms <= $14 THEN 0 ELSE lease_ms END
 WHERE client = $1 AND id = $2";
