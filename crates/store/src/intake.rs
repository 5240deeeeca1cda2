//! Intake: a ticket becomes a case once, with its first entry and its wake-up.

use crate::{
    NewEntry, Store, StoreError,
    columns::{case, client},
    journal::write_entry,
    msp::not_reserved,
    sql::{query, query_scalar},
    writer::{Fault, Tx},
};
use domain::{Actor, CaseId, ClientId, Event, IncomingTicket, UnixMs};

/// A ticket to take in.
#[derive(Debug)]
pub struct Intake {
    /// Whose.
    pub client: ClientId,
    /// The ticket.
    pub ticket: IncomingTicket,
    /// Id for the case, if it is new.
    pub case: CaseId,
    /// The same for tickets that say the same: sender, subject and text, normalised.
    pub fingerprint: String,
    /// A ticket with this fingerprint that arrived since then makes this one a duplicate.
    pub duplicate_since: UnixMs,
    /// Now.
    pub at: UnixMs,
}

/// What became of a ticket that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A case was opened and will be looked at.
    New(CaseId),
    /// It was known already; nothing changed.
    Known(CaseId),
}

/// A ticket that has a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTicket {
    /// Whose.
    pub client: ClientId,
    /// The case.
    pub case: CaseId,
}

impl Store {
    /// Takes a ticket in: case, first entry and wake-up in one transaction. The same ticket twice
    /// changes nothing. A ticket that repeats a recent one is noted as its duplicate. One that was set
    /// aside is so no more.
    pub async fn receive(&self, intake: Intake) -> Result<Received, StoreError> {
        self.write(move |tx| Box::pin(async move { receive(tx, intake).await })).await
    }

    /// The case of a ticket, if it has one.
    pub async fn known_ticket(
        &self,
        psa: &str,
        ticket: &str,
    ) -> Result<Option<KnownTicket>, StoreError> {
        let row = query("SELECT client, case_id FROM tickets WHERE psa = $1 AND ticket_id = $2")
            .bind(psa)
            .bind(ticket)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        row.map(|r| {
            Ok(KnownTicket {
                client: client(&r, "client").map_err(|f| f.into_store(&self.path))?,
                case: case(&r, "case_id").map_err(|f| f.into_store(&self.path))?,
            })
        })
        .transpose()
    }

    /// Messages of a ticket that were taken in before.
    pub async fn seen_messages(&self, psa: &str, ticket: &str) -> Result<Vec<String>, StoreError> {
        query_scalar("SELECT message_id FROM seen_messages WHERE psa = $1 AND ticket_id = $2")
            .bind(psa)
            .bind(ticket)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.fail(e))
    }

    /// Where reading of a PSA stopped.
    pub async fn cursor(&self, psa: &str) -> Result<Option<String>, StoreError> {
        query_scalar("SELECT cursor FROM cursors WHERE psa = $1")
            .bind(psa)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))
    }

    /// Keeps a ticket that could not be taken in, to be looked at again later. It stays until
    /// [`Store::receive`] takes it in or [`Store::not_aside`] says that nothing is left to do.
    pub async fn set_aside(&self, psa: &str, ticket: &str) -> Result<(), StoreError> {
        let (psa, ticket) = (psa.to_owned(), ticket.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                query(
                    "INSERT INTO set_aside (psa, ticket_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                )
                .bind(psa)
                .bind(ticket)
                .execute(tx.sql().await?)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The tickets that are set aside. Looking takes none away: a crash loses none.
    pub async fn aside(&self, psa: &str) -> Result<Vec<String>, StoreError> {
        query_scalar("SELECT ticket_id FROM set_aside WHERE psa = $1 ORDER BY ticket_id")
            .bind(psa)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.fail(e))
    }

    /// Takes a ticket off those that are set aside: nothing of it is left to take in.
    pub async fn not_aside(&self, psa: &str, ticket: &str) -> Result<(), StoreError> {
        let (psa, ticket) = (psa.to_owned(), ticket.to_owned());
        self.write(move |tx| Box::pin(async move { not_aside(tx, &psa, &ticket).await })).await
    }

    /// Remembers where reading of a PSA stopped. Call after what was read is taken in.
    pub async fn set_cursor(&self, psa: &str, cursor: &str) -> Result<(), StoreError> {
        let (psa, cursor) = (psa.to_owned(), cursor.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                query(
                    "INSERT INTO cursors (psa, cursor) VALUES ($1, $2)
                     ON CONFLICT (psa) DO UPDATE SET cursor = excluded.cursor",
                )
                .bind(psa)
                .bind(cursor)
                .execute(tx.sql().await?)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

/// The same words this long after the work on them ended are a repeated mail; later they are a new
/// trouble of the same kind. Milliseconds.
const REPEAT_AFTER_END_MS: i64 = 15 * 60_000;

async fn not_aside(tx: &mut Tx, psa: &str, ticket: &str) -> Result<(), Fault> {
    let done = query("DELETE FROM set_aside WHERE psa = $1 AND ticket_id = $2");
    done.bind(psa).bind(ticket).execute(tx.sql().await?).await?;
    Ok(())
}

async fn receive(tx: &mut Tx, intake: Intake) -> Result<Received, Fault> {
    let Intake { client: whose, ticket, case: id, fingerprint, duplicate_since, at } = intake;
    not_reserved(&whose)?;
    not_aside(tx, &ticket.ticket.psa, &ticket.ticket.id).await?;
    let known = query("SELECT case_id FROM tickets WHERE psa = $1 AND ticket_id = $2")
        .bind(&ticket.ticket.psa)
        .bind(&ticket.ticket.id)
        .fetch_optional(tx.sql().await?)
        .await?;
    if let Some(row) = known {
        return Ok(Received::Known(case(&row, "case_id")?));
    }
    let original: Option<String> = query_scalar(
        "SELECT t.ticket_id FROM tickets t
         JOIN cases c ON c.client = t.client AND c.id = t.case_id
         WHERE t.client = $1 AND t.psa = $2 AND t.fingerprint = $3 AND t.received_ms >= $4
           AND (c.ended_ms IS NULL OR c.ended_ms >= $5)
         ORDER BY t.received_ms LIMIT 1",
    )
    .bind(whose.as_str())
    .bind(&ticket.ticket.psa)
    .bind(&fingerprint)
    .bind(duplicate_since.0)
    .bind(at.plus_ms(-REPEAT_AFTER_END_MS).0)
    .fetch_optional(tx.sql().await?)
    .await?;
    let mut entries = vec![NewEntry {
        actor: Actor::Platform,
        event: Event::Received { ticket: ticket.clone() },
    }];
    if let Some(original) = original {
        let event = Event::Noted { code: "duplicate_of".into(), text: original };
        entries.push(NewEntry { actor: Actor::Platform, event });
    }
    tx.later(
        query(
            "INSERT INTO cases (client, id, psa, ticket_id, subject, requester, phase, summary, version,
               received_ms, updated_ms, wake_ms)
             VALUES ($1, $2, $3, $4, $5, $6, 'working', '', $7, $8, $8, $8)",
        )
        .bind(whose.as_str())
        .bind(id.to_string())
        .bind(&ticket.ticket.psa)
        .bind(&ticket.ticket.id)
        .bind(&ticket.subject)
        .bind(&ticket.from)
        .bind(i64::try_from(entries.len()).unwrap_or(1))
        .bind(at.0),
    );
    tx.later(
        query(
            "INSERT INTO tickets (psa, ticket_id, client, case_id, fingerprint, received_ms)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&ticket.ticket.psa)
        .bind(&ticket.ticket.id)
        .bind(whose.as_str())
        .bind(id.to_string())
        .bind(&fingerprint)
        .bind(at.0),
    );
    for entry in &entries {
        write_entry(tx, &whose, &id.to_string(), at, entry).await?;
    }
    Ok(Received::New(id))
}
