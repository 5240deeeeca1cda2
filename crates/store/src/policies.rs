//! Policies: every version that was ever written, and which one is in force.
//!
//! INVARIANTS: a version never changes; at most one is active; what loosens anything was agreed to by
//! a second person, against the very policy that it replaces.

use crate::{
    Store, StoreError,
    columns::{json, maybe_time, time, to_json},
    msp,
    sql::{Row, query, query_scalar},
    writer::{Fault, Tx},
};
use domain::{Actor, Digest, Event, PersonId, UnixMs};
use sha2::{Digest as _, Sha256};

/// Where a policy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyState {
    /// Waits for a second person.
    Proposed,
    /// In force.
    Active,
    /// Was in force.
    Retired,
    /// Never was and never will be.
    Rejected,
}

impl PolicyState {
    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            PolicyState::Proposed => "proposed",
            PolicyState::Active => "active",
            PolicyState::Retired => "retired",
            PolicyState::Rejected => "rejected",
        }
    }

    fn parse(text: &str) -> Result<PolicyState, Fault> {
        use PolicyState::{Active, Proposed, Rejected, Retired};
        [Proposed, Active, Retired, Rejected]
            .into_iter()
            .find(|s| s.name() == text)
            .ok_or_else(|| StoreError::Broken(format!("{text:?} is no state of a policy")).into())
    }
}

/// One version of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// Its name, as in every verdict that it led to.
    pub version: String,
    /// The version that it was written against.
    pub base: Option<String>,
    /// Who wrote it; `platform` for the one that the installation began with.
    pub author: String,
    /// Why, in the author's words.
    pub reason: String,
    /// The document, JSON.
    pub document: String,
    /// What is different from the base, line by line.
    pub diff: Vec<String>,
    /// What it loosens; a second person has to agree unless this is empty.
    pub loosens: Vec<String>,
    /// Where it stands.
    pub state: PolicyState,
    /// When it was written.
    pub proposed_at: UnixMs,
    /// Who agreed or rejected it; nobody when it needed no second person.
    pub decided_by: Option<String>,
    /// When it came into force or was rejected.
    pub decided_at: Option<UnixMs>,
}

/// A policy that somebody wrote.
#[derive(Clone, Debug)]
pub struct NewPolicy {
    /// Its name; never used before.
    pub version: String,
    /// The active version that it was written against; `None` only when there is none.
    pub base: Option<String>,
    /// Who wrote it.
    pub author: PersonId,
    /// Why; not empty.
    pub reason: String,
    /// The document, JSON.
    pub document: String,
    /// What is different, line by line.
    pub diff: Vec<String>,
    /// What it loosens.
    pub loosens: Vec<String>,
}

const COLUMNS: &str = "version, base, author, reason, document, diff, loosens, state, proposed_ms, decided_by, decided_ms";

impl Store {
    /// The policy in force.
    pub async fn active_policy(&self) -> Result<Option<PolicyRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM policies WHERE state = 'active'");
        let row = query(sql).fetch_optional(&self.pool).await.map_err(|e| self.fail(e))?;
        row.map(|r| policy(&r).map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// Every version, newest first.
    pub async fn policies(&self, limit: u32) -> Result<Vec<PolicyRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM policies ORDER BY n DESC LIMIT $1");
        let rows = query(sql)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| policy(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// One version.
    pub async fn policy(&self, version: &str) -> Result<Option<PolicyRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM policies WHERE version = $1");
        let row =
            query(sql).bind(version).fetch_optional(&self.pool).await.map_err(|e| self.fail(e))?;
        row.map(|r| policy(&r).map_err(|f| f.into_store(&self.path))).transpose()
    }

    /// Puts the first policy in force, in the platform's name; `false`, and nothing changed, when
    /// there is one, whatever its state.
    pub async fn seed_policy(
        &self,
        version: &str,
        document: &str,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let row = PolicyRow {
            version: version.into(),
            base: None,
            author: Actor::Platform.to_string(),
            reason: "the policy that this installation began with".into(),
            document: document.into(),
            diff: Vec::new(),
            loosens: Vec::new(),
            state: PolicyState::Proposed,
            proposed_at: now,
            decided_by: None,
            decided_at: None,
        };
        self.write(move |tx| {
            Box::pin(async move {
                let there: i64 = query_scalar("SELECT COUNT(*) FROM policies")
                    .fetch_one(tx.sql().await?)
                    .await?;
                if there > 0 {
                    return Ok(false);
                }
                let row = propose(tx, row, Actor::Platform).await?;
                activate(tx, &row, Actor::Platform, None, now).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Writes a new version. It is in force at once when it loosens nothing, and waits for a second
    /// person otherwise. Refused: a version that was used, no reason, and a base that is not the
    /// active version (somebody else was faster: compare anew).
    pub async fn propose_policy(
        &self,
        new: NewPolicy,
        now: UnixMs,
    ) -> Result<PolicyRow, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let author = Actor::Person(new.author.clone());
                let row = PolicyRow {
                    reason: msp::words(&new.reason, "a policy needs a reason")?,
                    version: new.version,
                    base: new.base,
                    author: new.author.to_string(),
                    document: new.document,
                    diff: new.diff,
                    loosens: new.loosens,
                    state: PolicyState::Proposed,
                    proposed_at: now,
                    decided_by: None,
                    decided_at: None,
                };
                base_is_active(tx, row.base.as_deref()).await?;
                let row = propose(tx, row, author.clone()).await?;
                if !row.loosens.is_empty() {
                    return Ok(row);
                }
                activate(tx, &row, author, None, now).await?;
                load(tx, &row.version).await
            })
        })
        .await
    }

    /// Agrees to a proposed policy, or rejects it. Only somebody else than the author can agree, and
    /// only while the policy that it was compared with is still in force; the author may take it
    /// back. A rejection needs a reason.
    pub async fn decide_policy(
        &self,
        version: &str,
        person: &PersonId,
        approve: bool,
        reason: &str,
        now: UnixMs,
    ) -> Result<PolicyRow, StoreError> {
        let (version, person, reason) = (version.to_owned(), person.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let row = load(tx, &version).await?;
                if row.state != PolicyState::Proposed {
                    let text = format!("policy {version} is already {}", row.state.name());
                    return Err(StoreError::Refused(text).into());
                }
                if approve {
                    agree(tx, &row, person, now).await?;
                } else {
                    reject(tx, &row, person, &reason, now).await?;
                }
                load(tx, &version).await
            })
        })
        .await
    }
}

async fn agree(tx: &mut Tx, row: &PolicyRow, person: PersonId, now: UnixMs) -> Result<(), Fault> {
    if row.author == person.as_str() {
        return Err(StoreError::Refused(format!(
            "{person} wrote policy {}, which loosens something: a second person has to agree",
            row.version
        ))
        .into());
    }
    base_is_active(tx, row.base.as_deref()).await?;
    let by = person.to_string();
    activate(tx, row, Actor::Person(person), Some(by), now).await
}

async fn reject(
    tx: &mut Tx,
    row: &PolicyRow,
    person: PersonId,
    reason: &str,
    now: UnixMs,
) -> Result<(), Fault> {
    let reason = msp::words(reason, "rejecting a policy needs a reason")?;
    set_state(tx, row, PolicyState::Rejected, Some(person.to_string()), now).await?;
    let event = Event::PolicyRejected { version: row.version.clone(), reason };
    msp::write(tx, now, Actor::Person(person), event).await
}

async fn base_is_active(tx: &mut Tx, base: Option<&str>) -> Result<(), Fault> {
    let active: Option<String> =
        query_scalar("SELECT version FROM policies WHERE state = 'active'")
            .fetch_optional(tx.sql().await?)
            .await?;
    if active.as_deref() == base {
        return Ok(());
    }
    let name = |version: Option<&str>| version.map_or("no policy".to_owned(), |v| v.into());
    Err(StoreError::Refused(format!(
        "it was written against {}, but {} is in force by now; compare it with that one and propose it anew",
        name(base),
        name(active.as_deref())
    ))
    .into())
}

async fn propose(tx: &mut Tx, row: PolicyRow, author: Actor) -> Result<PolicyRow, Fault> {
    if row.version.trim().is_empty() {
        let text = "a policy needs a version, such as the day it was written";
        return Err(StoreError::Refused(text.into()).into());
    }
    let done = query(
        "INSERT INTO policies (version, base, author, reason, document, diff, loosens, state,
           proposed_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'proposed', $8) ON CONFLICT (version) DO NOTHING",
    )
    .bind(&row.version)
    .bind(row.base.clone())
    .bind(&row.author)
    .bind(&row.reason)
    .bind(&row.document)
    .bind(to_json(&row.diff)?)
    .bind(to_json(&row.loosens)?)
    .bind(row.proposed_at.0)
    .execute(tx.sql().await?)
    .await?;
    if done == 0 {
        let text = format!("there is a policy {:?} already; choose another version", row.version);
        return Err(StoreError::Refused(text).into());
    }
    let event = Event::PolicyProposed {
        version: row.version.clone(),
        base: row.base.clone(),
        reason: row.reason.clone(),
        diff: row.diff.clone(),
        loosens: row.loosens.clone(),
        document: digest(&row.document),
    };
    msp::write(tx, row.proposed_at, author, event).await?;
    Ok(row)
}

async fn activate(
    tx: &mut Tx,
    row: &PolicyRow,
    actor: Actor,
    by: Option<String>,
    now: UnixMs,
) -> Result<(), Fault> {
    query("UPDATE policies SET state = 'retired' WHERE state = 'active'")
        .execute(tx.sql().await?)
        .await?;
    set_state(tx, row, PolicyState::Active, by, now).await?;
    let event =
        Event::PolicyActivated { version: row.version.clone(), document: digest(&row.document) };
    msp::write(tx, now, actor, event).await
}

async fn set_state(
    tx: &mut Tx,
    row: &PolicyRow,
    state: PolicyState,
    by: Option<String>,
    now: UnixMs,
) -> Result<(), Fault> {
    query("UPDATE policies SET state = $2, decided_by = $3, decided_ms = $4 WHERE version = $1")
        .bind(&row.version)
        .bind(state.name())
        .bind(by)
        .bind(now.0)
        .execute(tx.sql().await?)
        .await?;
    Ok(())
}

async fn load(tx: &mut Tx, version: &str) -> Result<PolicyRow, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM policies WHERE version = $1");
    let row = query(sql).bind(version).fetch_optional(tx.sql().await?).await?;
    policy(&row.ok_or_else(|| StoreError::NotFound(format!("there is no policy {version:?}")))?)
}

fn policy(r: &Row) -> Result<PolicyRow, Fault> {
    Ok(PolicyRow {
        version: r.try_get("version")?,
        base: r.try_get("base")?,
        author: r.try_get("author")?,
        reason: r.try_get("reason")?,
        document: r.try_get("document")?,
        diff: json(&r.try_get::<String, _>("diff")?)?,
        loosens: json(&r.try_get::<String, _>("loosens")?)?,
        state: PolicyState::parse(&r.try_get::<String, _>("state")?)?,
        proposed_at: time(r, "proposed_ms")?,
        decided_by: r.try_get("decided_by")?,
        decided_at: maybe_time(r, "decided_ms")?,
    })
}

fn digest(document: &str) -> Digest {
    Digest(Sha256::digest(document.as_bytes()).into())
}
