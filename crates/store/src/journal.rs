//! Appending to a case's journal, and reading it.
//!
//! INVARIANT: `entries` holds ids, kinds, tiers, codes, hashes and pseudonyms, no personal data in
//! the clear. What was said about whom stands in `entry_private`, and the leaf holds a keyed
//! commitment to it. The views (`cases`, `tickets`, `approvals`, `drops`) may hold personal data:
//! they are no part of the tree and can be rewritten.

use crate::{
    Keys, Store, StoreError,
    change::Change,
    keys::fill,
    leaf::{Leaf, commitment, findings},
    merkle::leaf_hash,
    sql::{Row, query, query_scalar},
    tip::as_i64,
    views::{Place, View, change_view, project},
    writer::{Fault, Moved, PendingRow, Tx},
};
use domain::{Actor, CaseId, ClientId, Event, Recorded, UnixMs};

/// One entry to append.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    /// Who.
    pub actor: Actor,
    /// What.
    pub event: Event,
}

/// Entries and views that change together, or not at all.
#[derive(Debug)]
pub struct Append {
    /// Whose.
    pub client: ClientId,
    /// Which case.
    pub case: CaseId,
    /// The case's version that the caller folded.
    pub expected: u64,
    /// When.
    pub at: UnixMs,
    /// Entries, in order.
    pub entries: Vec<NewEntry>,
    /// Views.
    pub views: Vec<View>,
}

/// An entry as the journal shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryRow {
    /// Place in the client's journal.
    pub seq: u64,
    /// When.
    pub at: UnixMs,
    /// Which case.
    pub case: String,
    /// Who; a person by pseudonym when the personal data was erased.
    pub actor: String,
    /// Kind of event.
    pub kind: String,
    /// Tier, when it carries a verdict.
    pub tier: Option<String>,
    /// Outcome, when it has one.
    pub outcome: Option<String>,
    /// Digest of the action, when it is about one.
    pub digest: Option<String>,
    /// The event itself; `None` when its personal data was erased.
    pub event: Option<Event>,
}

/// Clients that have a journal. Each of the three tables by itself shows that there was one.
pub(crate) const JOURNALS: &str = "SELECT client FROM tips UNION SELECT client FROM checkpoints
    UNION SELECT client FROM entries ORDER BY 1";

impl Store {
    /// Appends entries to a case and changes its views, in one transaction. Answers with the new
    /// version, or [`StoreError::Conflict`] when somebody else advanced the case.
    pub async fn append(&self, append: Append) -> Result<u64, StoreError> {
        let Append { client, case, expected, at, entries, views } = append;
        let case_id = case.to_string();
        let ready = all_ready(&self.keys, &client, &case_id, at, entries)?;
        self.write(move |tx| {
            Box::pin(async move {
                let done = advance(tx, &client, case_id, expected, at, ready, views).await?;
                Ok(done.version)
            })
        })
        .await
    }

    /// Every event of a case, oldest first.
    pub async fn events(
        &self,
        client: &ClientId,
        case: CaseId,
    ) -> Result<Vec<Recorded>, StoreError> {
        let rows = query(
            "SELECT e.seq, e.at_ms, p.body FROM entries e
             JOIN entry_private p ON p.client = e.client AND p.seq = e.seq
             WHERE e.client = $1 AND e.case_id = $2 ORDER BY e.seq",
        )
        .bind(client.as_str())
        .bind(case.to_string())
        .fetch_all(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        rows.iter().map(|row| self.recorded(row)).collect()
    }

    /// The newest entries of a client's journal, newest first.
    pub async fn entries(
        &self,
        client: &ClientId,
        limit: u32,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let rows = query(
            "SELECT e.seq, e.at_ms, e.case_id, e.actor, e.kind, e.tier, e.outcome, e.digest, p.body
             FROM entries e LEFT JOIN entry_private p ON p.client = e.client AND p.seq = e.seq
             WHERE e.client = $1 ORDER BY e.seq DESC LIMIT $2",
        )
        .bind(client.as_str())
        .bind(i64::from(limit))
        .fetch_all(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        rows.iter().map(|row| entry_row(row).map_err(|e| self.fail(e))).collect()
    }

    /// Clients that have a journal.
    pub async fn journals(&self) -> Result<Vec<ClientId>, StoreError> {
        let names: Vec<String> =
            query_scalar(JOURNALS).fetch_all(&self.pool).await.map_err(|e| self.fail(e))?;
        names
            .into_iter()
            .map(|n| ClientId::new(n).map_err(|e| StoreError::Broken(e.to_string())))
            .collect()
    }

    fn recorded(&self, row: &Row) -> Result<Recorded, StoreError> {
        let seq: i64 = row.try_get("seq").map_err(|e| self.fail(e))?;
        let at: i64 = row.try_get("at_ms").map_err(|e| self.fail(e))?;
        let body: Vec<u8> = row.try_get("body").map_err(|e| self.fail(e))?;
        let body: Body = serde_json::from_slice(&body).map_err(|e| {
            StoreError::Broken(format!(
                "journal entry {seq} cannot be read: {e}; run `journeyman journal verify`"
            ))
        })?;
        Ok(Recorded {
            seq: u64::try_from(seq).unwrap_or_default(),
            at: UnixMs(at),
            actor: body.actor,
            event: body.event,
        })
    }
}

/// What stands beside a leaf.
#[derive(serde::Serialize, serde::Deserialize)]
struct Body {
    actor: Actor,
    event: Event,
}

fn entry_row(row: &Row) -> Result<EntryRow, sqlx::Error> {
    let body: Option<Vec<u8>> = row.try_get("body")?;
    let body = body.and_then(|b| serde_json::from_slice::<Body>(&b).ok());
    let digest: Option<Vec<u8>> = row.try_get("digest")?;
    let actor = body.as_ref().map(|b| b.actor.to_string());
    Ok(EntryRow {
        seq: u64::try_from(row.try_get::<i64, _>("seq")?).unwrap_or_default(),
        at: UnixMs(row.try_get("at_ms")?),
        case: row.try_get("case_id")?,
        actor: actor.map_or_else(|| row.try_get("actor"), Ok)?,
        kind: row.try_get("kind")?,
        tier: row.try_get("tier")?,
        outcome: row.try_get("outcome")?,
        digest: digest.map(hex::encode),
        event: body.map(|b| b.event),
    })
}

/// An entry with everything that does not depend on its place: worked out by the caller, so that the
/// writer has less to do.
struct Ready {
    entry: NewEntry,
    leaf: Leaf,
    salt: [u8; 32],
    body: Vec<u8>,
}

/// What stands beside a leaf, for writing.
#[derive(serde::Serialize)]
struct BodyOf<'a> {
    actor: &'a Actor,
    event: &'a Event,
}

fn ready(
    keys: &Keys,
    client: &str,
    case_id: &str,
    at: UnixMs,
    entry: NewEntry,
) -> Result<Ready, StoreError> {
    let body = BodyOf { actor: &entry.actor, event: &entry.event };
    let body = serde_json::to_vec(&body)
        .map_err(|e| StoreError::Broken(format!("an event cannot be written: {e}")))?;
    let mut salt = [0u8; 32];
    fill(&mut salt)?;
    let verdict = entry.event.verdict();
    let leaf = Leaf {
        client: client.into(),
        seq: 0,
        at_ms: at.0,
        case_id: case_id.into(),
        actor: keys.actor(&entry.actor)?,
        kind: entry.event.kind().into(),
        digest: entry.event.digest().map(|d| d.0.to_vec()),
        tier: verdict.map(|v| v.tier.name().into()),
        findings: findings(&entry.event),
        policy_version: verdict.map(|v| v.policy_version.to_string()),
        outcome: entry.event.outcome_name().map(str::to_owned),
        commitment: commitment(&salt, &body),
    };
    Ok(Ready { entry, leaf, salt, body })
}

fn all_ready(
    keys: &Keys,
    client: &ClientId,
    case_id: &str,
    at: UnixMs,
    entries: Vec<NewEntry>,
) -> Result<Vec<Ready>, StoreError> {
    entries.into_iter().map(|entry| ready(keys, client.as_str(), case_id, at, entry)).collect()
}

/// The append itself, inside a transaction.
pub(crate) async fn in_tx(tx: &mut Tx, append: Append) -> Result<Advanced, Fault> {
    let Append { client, case, expected, at, entries, views } = append;
    let case_id = case.to_string();
    let ready = all_ready(&tx.keys, &client, &case_id, at, entries)?;
    advance(tx, &client, case_id, expected, at, ready, views).await
}

/// What an append led to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Advanced {
    /// The case's version by now.
    pub(crate) version: u64,
    /// The lease that was asked for was taken.
    pub(crate) leased: bool,
}

async fn advance(
    tx: &mut Tx,
    client: &ClientId,
    case_id: String,
    expected: u64,
    at: UnixMs,
    entries: Vec<Ready>,
    views: Vec<View>,
) -> Result<Advanced, Fault> {
    let found = tx.version(client.as_str(), &case_id).await?;
    match found.and_then(|v| u64::try_from(v).ok()) {
        Some(found) if found == expected => {}
        Some(found) => return Err(StoreError::Conflict { expected, found }.into()),
        None => {
            let text = format!("there is no case {case_id} of client {client}");
            return Err(StoreError::NotFound(text).into());
        }
    }
    let version = expected + entries.len() as u64;
    tx.set_version(Moved {
        client: client.to_string(),
        case: case_id.clone(),
        version: as_i64(version),
        at_ms: at.0,
    });
    let mut change = Change::default();
    for ready in entries {
        let (entry, seq) = write_ready(tx, ready).await?;
        let place = Place { client, case_id: &case_id, at, seq };
        project(tx, place, &entry, &mut change).await?;
    }
    for view in views {
        change_view(tx, client, &case_id, at, view, &mut change).await?;
    }
    let leased = change.write(tx, client, &case_id).await?;
    Ok(Advanced { version, leased })
}

/// The same, at whatever version the case has: for what people do and for what arrives, which does
/// not depend on a fold.
pub(crate) async fn at_any_version(
    tx: &mut Tx,
    client: &ClientId,
    case: CaseId,
    at: UnixMs,
    entries: Vec<NewEntry>,
    views: Vec<View>,
) -> Result<Advanced, Fault> {
    let version = tx.version(client.as_str(), &case.to_string()).await?;
    let version = version.ok_or_else(|| {
        StoreError::NotFound(format!("there is no case {case} of client {client}"))
    })?;
    let expected = u64::try_from(version).unwrap_or_default();
    in_tx(tx, Append { client: client.clone(), case, expected, at, entries, views }).await
}

/// Writes one entry, its private part, and the new right edge of the tree. Answers with its place.
pub(crate) async fn write_entry(
    tx: &mut Tx,
    client: &ClientId,
    case_id: &str,
    at: UnixMs,
    entry: &NewEntry,
) -> Result<i64, Fault> {
    let ready = ready(&tx.keys, client.as_str(), case_id, at, entry.clone())?;
    Ok(write_ready(tx, ready).await?.1)
}

async fn write_ready(tx: &mut Tx, ready: Ready) -> Result<(NewEntry, i64), Fault> {
    let Ready { entry, mut leaf, salt, body } = ready;
    let mut edge = tx.edge(&leaf.client).await?;
    let seq = as_i64(edge.size());
    leaf.seq = seq;
    let hash = leaf_hash(&leaf.bytes());
    edge.push(hash);
    tx.set_edge(&leaf.client, edge, UnixMs(leaf.at_ms));
    tx.tally.entry(&entry.event);
    tx.moved(&leaf.client, &leaf.case_id);
    tx.push(PendingRow { leaf, hash, salt, body });
    Ok((entry, seq))
}
