//! Cases that were only watched: what would have become of them, beside what people did.
//!
//! INVARIANT: a row follows from the entries `would_end` and `compared` of its case; only when it is looked at again is its own.

use crate::{
    NewEntry, Store, StoreError,
    columns::{case, client, json, kind, maybe_time, time, to_json},
    sql::{Row, query, query_scalar},
    views::Place,
    writer::{Fault, Tx},
};
use domain::{ActionKind, Agreement, CaseId, ClientId, Event, TicketRef, UnixMs, Would};

/// People are given this long before the desk is asked what they did, in milliseconds.
const FIRST_LOOK_MS: i64 = 60_000;

/// A case that was only watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowRow {
    /// Whose.
    pub client: ClientId,
    /// Which.
    pub case: CaseId,
    /// Its ticket.
    pub ticket: TicketRef,
    /// Subject line.
    pub subject: String,
    /// How it would have gone.
    pub would: Would,
    /// Changes that would have been made.
    pub kinds: Vec<ActionKind>,
    /// When that was clear.
    pub at: UnixMs,
    /// How often the desk was asked what people did.
    pub tries: u32,
    /// What people did, once they closed the ticket.
    pub compared: Option<Shadowed>,
}

/// What people did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadowed {
    /// When that was clear.
    pub at: UnixMs,
    /// How it stands to what would have been done.
    pub agreement: Agreement,
    /// Changes that the desk's words name.
    pub did: Vec<ActionKind>,
    /// Minutes of recorded work.
    pub minutes: Option<u32>,
}

const SELECT: &str = "SELECT s.client, s.case_id, s.would, s.kinds, s.at_ms, s.tries, s.compared_ms, s.agreement, s.differs,
       s.did, s.minutes, c.psa, c.ticket_id, c.subject
     FROM shadow s JOIN cases c ON c.client = s.client AND c.id = s.case_id";

impl Store {
    /// Watched cases, newest first; of one client, or of all.
    pub async fn shadow(
        &self,
        of: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<ShadowRow>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE ($1 IS NULL OR s.client = $1) ORDER BY s.at_ms DESC, s.case_id LIMIT $2"
        );
        let rows = query(sql)
            .bind(of.map(|c| c.as_str().to_owned()))
            .bind(i64::from(limit))
            .fetch_all(self.of_any(of))
            .await
            .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| row(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// How many watched cases would have gone which way, and how that stands to what people did; `None` where they have not closed it
    /// yet.
    pub async fn shadow_counts(
        &self,
        of: Option<&ClientId>,
    ) -> Result<Vec<(Would, Option<String>, u32)>, StoreError> {
        let rows = query(
            "SELECT would, agreement, COUNT(*) AS n FROM shadow WHERE ($1 IS NULL OR client = $1)
             GROUP BY would, agreement",
        )
        .bind(of.map(|c| c.as_str().to_owned()))
        .fetch_all(self.of_any(of))
        .await
        .map_err(|e| self.fail(e))?;
        let one = |r: &Row| -> Result<_, Fault> {
            let n: i64 = r.try_get("n")?;
            Ok((would(r)?, r.try_get("agreement")?, u32::try_from(n).unwrap_or(u32::MAX)))
        };
        rows.iter().map(|r| one(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Cases of which nobody knows yet what people did, and whose time to look has come.
    pub async fn shadow_due(&self, now: UnixMs, limit: u32) -> Result<Vec<ShadowRow>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE s.due_ms IS NOT NULL AND s.due_ms <= $1 ORDER BY s.due_ms LIMIT $2"
        );
        let rows = query(sql)
            .bind(now.0)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| row(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Has the ticket of a watched case looked at now, if nobody knows yet what people did.
    pub async fn shadow_soon(
        &self,
        client: &ClientId,
        case: CaseId,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let waits = "client = $1 AND case_id = $2 AND compared_ms IS NULL AND (due_ms IS NULL OR due_ms > $3)";
        let there: i64 = query_scalar(format!("SELECT COUNT(*) FROM shadow WHERE {waits}"))
            .bind(client.as_str())
            .bind(case.to_string())
            .bind(now.0)
            .fetch_one(self.of(client))
            .await
            .map_err(|e| self.fail(e))?;
        if there == 0 {
            return Ok(());
        }
        let client = client.clone();
        self.write(move |tx| {
            Box::pin(async move {
                tx.later(
                    query(format!("UPDATE shadow SET due_ms = $3 WHERE {waits}"))
                        .bind(client.as_str())
                        .bind(case.to_string())
                        .bind(now.0),
                );
                Ok(())
            })
        })
        .await
    }

    /// Looks at the ticket of a watched case again at this time; `None`: never more.
    pub async fn shadow_later(
        &self,
        client: &ClientId,
        case: CaseId,
        due: Option<UnixMs>,
    ) -> Result<(), StoreError> {
        let client = client.clone();
        self.write(move |tx| {
            Box::pin(async move {
                tx.later(
                    query(
                        "UPDATE shadow SET due_ms = $3, tries = tries + 1
                         WHERE client = $1 AND case_id = $2 AND compared_ms IS NULL",
                    )
                    .bind(client.as_str())
                    .bind(case.to_string())
                    .bind(due.map(|t| t.0)),
                );
                Ok(())
            })
        })
        .await
    }
}

fn would(r: &Row) -> Result<Would, Fault> {
    let text: String = r.try_get("would")?;
    Would::parse(&text).ok_or_else(|| {
        StoreError::Broken(format!(
            "{text:?} in the database is no end of a case; restore a backup"
        ))
        .into()
    })
}

fn kinds(text: &str) -> Result<Vec<ActionKind>, Fault> {
    json::<Vec<String>>(text)?.iter().map(|k| kind(k)).collect()
}

fn row(r: &Row) -> Result<ShadowRow, Fault> {
    let compared =
        match (maybe_time(r, "compared_ms")?, r.try_get::<Option<String>, _>("agreement")?) {
            (Some(at), Some(agreement)) => Some(Shadowed {
                at,
                agreement: match agreement.as_str() {
                    "same" => Agreement::Same,
                    "first_level" => Agreement::FirstLevel,
                    "differs" => Agreement::Differs(
                        r.try_get::<Option<String>, _>("differs")?.unwrap_or_default(),
                    ),
                    _ => Agreement::Unknown,
                },
                did: kinds(&r.try_get::<Option<String>, _>("did")?.unwrap_or_else(|| "[]".into()))?,
                minutes: r
                    .try_get::<Option<i64>, _>("minutes")?
                    .and_then(|m| u32::try_from(m).ok()),
            }),
            _ => None,
        };
    Ok(ShadowRow {
        client: client(r, "client")?,
        case: case(r, "case_id")?,
        ticket: TicketRef { psa: r.try_get("psa")?, id: r.try_get("ticket_id")? },
        subject: r.try_get("subject")?,
        would: would(r)?,
        kinds: kinds(&r.try_get::<String, _>("kinds")?)?,
        at: time(r, "at_ms")?,
        tries: u32::try_from(r.try_get::<i64, _>("tries")?).unwrap_or(u32::MAX),
        compared,
    })
}

fn names(kinds: &[ActionKind]) -> Result<String, Fault> {
    to_json(&kinds.iter().map(|k| k.name()).collect::<Vec<_>>())
}

pub(crate) fn project(tx: &mut Tx, place: Place<'_>, entry: &NewEntry) -> Result<(), Fault> {
    match &entry.event {
        Event::WouldEnd { would, changes, .. } => tx.later(
            query(
                "INSERT INTO shadow (client, case_id, would, kinds, at_ms, due_ms) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT DO NOTHING",
            )
            .bind(place.client.as_str())
            .bind(place.case_id)
            .bind(would.name())
            .bind(names(changes)?)
            .bind(place.at.0)
            .bind(place.at.plus_ms(FIRST_LOOK_MS).0),
        ),
        Event::Compared { handled, agreement } => {
            let differs = match agreement {
                Agreement::Differs(words) => Some(words.clone()),
                _ => None,
            };
            tx.later(
                query(
                    "UPDATE shadow SET due_ms = NULL, compared_ms = $3, agreement = $4, differs = $5, did = $6, minutes = $7
                     WHERE client = $1 AND case_id = $2",
                )
                .bind(place.client.as_str())
                .bind(place.case_id)
                .bind(place.at.0)
                .bind(agreement.name())
                .bind(differs)
                .bind(names(&handled.did)?)
                .bind(handled.minutes.map(i64::from)),
            );
        }
        _ => {}
    }
    Ok(())
}
