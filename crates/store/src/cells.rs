//! Cells: where each client lives, and the doors of those that move away.
//!
//! INVARIANTS: of two statements about one client the larger version is kept, whoever brings it; a
//! client whose door is shut gets no entry in its journal and no case of it is begun; a cell opens a
//! client's door only when it has every entry of its journal.

use crate::{
    Store, StoreError,
    columns::{client, count, kind},
    msp,
    sql::{Row, query, query_scalar},
    tip::as_i64,
    writer::{Fault, Tx},
};
use domain::{Actor, CellId, ClientId, Count, Event, Home, UnixMs, action::Need};

mod copy;
mod relocate;
pub use relocate::{Progress, Relocation, Step};

/// How far a client's door is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// It lives here, or was never elsewhere.
    Open,
    /// About to move: what was begun goes on, nothing new is.
    Closing,
    /// Moving, or moved away: readable, and nothing is written.
    Shut,
}

/// The tables' number for a door.
fn number(door: Door) -> i64 {
    match door {
        Door::Open => 0,
        Door::Closing => 1,
        Door::Shut => 2,
    }
}

/// Sets a door. A client without a journal gets an empty one.
async fn set_door(tx: &mut Tx, client: &ClientId, door: Door) -> Result<(), Fault> {
    query(
        "INSERT INTO tips (client, size, frontier, away) VALUES ($1, 0, $2, $3)
         ON CONFLICT (client) DO UPDATE SET away = excluded.away",
    )
    .bind(client.as_str())
    .bind(Vec::new())
    .bind(number(door))
    .execute(tx.sql().await?)
    .await?;
    tx.door(client.as_str(), door == Door::Shut);
    Ok(())
}

/// Writes a home down if it is truer than what is known, and opens or shuts the client's door here;
/// whether it was news.
async fn put(tx: &mut Tx, own: &CellId, home: Home, now: UnixMs) -> Result<bool, Fault> {
    let news = query(
        "INSERT INTO homes (client, cell, version, size) VALUES ($1, $2, $3, $4)
         ON CONFLICT (client) DO UPDATE
         SET cell = excluded.cell, version = excluded.version, size = excluded.size
         WHERE excluded.version > homes.version
            OR (excluded.version = homes.version AND excluded.cell > homes.cell)",
    )
    .bind(home.client.as_str())
    .bind(home.cell.as_str())
    .bind(as_i64(home.version))
    .bind(as_i64(home.size))
    .execute(tx.sql().await?)
    .await?;
    if news == 0 {
        return Ok(false);
    }
    let size = tx.edge_size(home.client.as_str()).await?;
    if home.cell != *own {
        set_door(tx, &home.client, Door::Shut).await?;
        relocate::retire(tx, &home.client, now).await?;
    } else if size >= home.size {
        set_door(tx, &home.client, Door::Open).await?;
    } else {
        let Home { client, size: wanted, .. } = &home;
        return Err(StoreError::Broken(format!(
            "{client} is to live here, but only {size} of the {wanted} entries of its journal are here; restore a newer backup, or run `journeyman cells move` again in the cell that it came from"
        ))
        .into());
    }
    let Home { client, cell, version, size } = home;
    let moved = Event::ClientMoved { client, cell, version, size };
    msp::write(tx, now, Actor::Platform, moved).await?;
    Ok(true)
}

impl Store {
    /// Names the cell that this database is.
    ///
    /// # Errors
    /// When it was named otherwise before.
    pub async fn name_cell(&self, cell: &CellId) -> Result<(), StoreError> {
        let cell = cell.clone();
        let path = self.path.clone();
        self.write(move |tx| {
            Box::pin(async move {
                query(
                    "INSERT INTO installation (name, value) VALUES ('cell', $1)
                     ON CONFLICT (name) DO NOTHING",
                )
                .bind(cell.as_str())
                .execute(tx.sql().await?)
                .await?;
                let named: String =
                    query_scalar("SELECT value FROM installation WHERE name = 'cell'")
                        .fetch_one(tx.sql().await?)
                        .await?;
                match named == cell.as_str() {
                    true => Ok(()),
                    false => Err(StoreError::Refused(format!(
                        "{path} is the cell {named}, not {cell}; check the address and the name"
                    ))
                    .into()),
                }
            })
        })
        .await
    }

    /// Where every client lives that ever moved, by client.
    pub async fn homes(&self) -> Result<Vec<Home>, StoreError> {
        let rows = query("SELECT client, cell, version, size FROM homes ORDER BY client")
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| home(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// Takes in what another cell knows of homes; answers with those that were news here.
    ///
    /// # Errors
    /// When the database fails, or a client is to live here whose journal is not all here; nothing of
    /// that client has changed then.
    pub async fn learn_homes(
        &self,
        own: &CellId,
        homes: Vec<Home>,
        now: UnixMs,
    ) -> Result<Vec<Home>, StoreError> {
        let mut news = Vec::new();
        let mut failed = Ok(());
        for home in homes {
            let (own, one) = (own.clone(), home.clone());
            let put = self.write(move |tx| Box::pin(async move { put(tx, &own, one, now).await }));
            match put.await {
                Ok(true) => news.push(home),
                Ok(false) => {}
                Err(e) => failed = Err(e),
            }
        }
        failed.map(|()| news)
    }

    /// How far a client's door is open here.
    pub async fn door(&self, client: &ClientId) -> Result<Door, StoreError> {
        let away: Option<i64> = query_scalar("SELECT away FROM tips WHERE client = $1")
            .bind(client.as_str())
            .fetch_optional(self.of(client))
            .await
            .map_err(|e| self.fail(e))?;
        Ok(match away {
            None | Some(0) => Door::Open,
            Some(1) => Door::Closing,
            Some(_) => Door::Shut,
        })
    }

    /// Notes a ticket of a client that lives elsewhere, or is about to: it is looked at should the
    /// client come to live here. The same twice is one.
    pub async fn pass_by(
        &self,
        client: &ClientId,
        psa: &str,
        ticket: &str,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let (client, psa, ticket) = (client.clone(), psa.to_owned(), ticket.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                query(
                    "INSERT INTO passed_by (client, psa, ticket_id, at_ms) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (client, psa, ticket_id) DO UPDATE SET at_ms = excluded.at_ms",
                )
                .bind(client.as_str())
                .bind(psa)
                .bind(ticket)
                .bind(now.0)
                .execute(tx.sql().await?)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Tickets of a PSA that were passed by, with their client, oldest first.
    pub async fn passed_by(&self, psa: &str) -> Result<Vec<(ClientId, String)>, StoreError> {
        let rows = query(
            "SELECT client, ticket_id FROM passed_by WHERE psa = $1 ORDER BY at_ms, ticket_id",
        )
        .bind(psa)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.fail(e))?;
        let one = |r: &Row| Ok((client(r, "client")?, r.try_get("ticket_id")?));
        rows.iter().map(|r| one(r).map_err(|f: Fault| f.into_store(&self.path))).collect()
    }

    /// Forgets a ticket that was passed by: it was looked at.
    pub async fn took_up(&self, client: &ClientId, psa: &str, id: &str) -> Result<(), StoreError> {
        let (client, psa, id) = (client.clone(), psa.to_owned(), id.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                query("DELETE FROM passed_by WHERE client = $1 AND psa = $2 AND ticket_id = $3")
                    .bind(client.as_str())
                    .bind(psa)
                    .bind(id)
                    .execute(tx.sql().await?)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// How each kind of change whose fate elsewhere counts has fared since then, and each patch and
    /// script by itself: of clients that live here.
    pub async fn fleet_counts(&self, since: UnixMs) -> Result<Vec<Count>, StoreError> {
        let sql = |change: &str, join: &str, group: &str| {
            format!(
                "SELECT o.kind, {change} AS change, COUNT(*) AS n,
                   COUNT(CASE WHEN o.state <> 'done' THEN 1 END) AS bad
                 FROM outcomes o {join}
                 WHERE o.at_ms >= $1 AND o.state <> 'open' AND NOT EXISTS
                   (SELECT 1 FROM tips t WHERE t.client = o.client AND t.away = 2)
                 GROUP BY o.kind{group}"
            )
        };
        let join = "JOIN outcome_changes c ON c.client = o.client AND c.attempt = o.attempt";
        let mut counts = Vec::new();
        for sql in [sql("''", "", ""), sql("c.change", join, ", c.change")] {
            let rows = query(sql).bind(since.0).fetch_all(&self.pool).await;
            for row in rows.map_err(|e| self.fail(e))? {
                counts.push(counted(&row).map_err(|f| f.into_store(&self.path))?);
            }
        }
        counts.retain(|c| c.kind.needs().contains(&Need::Fleet));
        counts.sort();
        Ok(counts)
    }
}

fn counted(r: &Row) -> Result<Count, Fault> {
    Ok(Count {
        kind: kind(&r.try_get::<String, _>("kind")?)?,
        change: r.try_get("change")?,
        attempts: count(r, "n")?,
        failures: count(r, "bad")?,
    })
}

fn home(r: &Row) -> Result<Home, Fault> {
    let cell: String = r.try_get("cell")?;
    let number =
        |name: &str| Ok::<_, Fault>(u64::try_from(r.try_get::<i64, _>(name)?).unwrap_or(0));
    Ok(Home {
        client: client(r, "client")?,
        version: number("version")?,
        cell: CellId::new(cell).map_err(|e| StoreError::Broken(e.to_string()))?,
        size: number("size")?,
    })
}
