//! Copying one client's rows to another cell, and proving that its journal arrived.
//!
//! INVARIANTS: the client's door is shut in both cells; what the journal has there already (an earlier
//! try, or the client lived there before) must be the beginning of what it has here; the views there
//! are replaced in the transaction that compares every entry.

use super::{Door, set_door};
use crate::{
    Report, Store, StoreError,
    moving::{Columns, Kind, arg, columns, tables},
    sql::{Arg, Conn, Query, query, query_scalar},
    tip::as_i64,
    writer::Fault,
};
use domain::ClientId;
use futures::TryStreamExt as _;

/// Entries of one transaction: short, so that the other clients of the target do not wait long.
const PART: i64 = 2_048;
/// Rows of one statement.
const CHUNK: usize = 64;
/// What goes its own way: the journal in parts, the map by its versions. Messages in a chat stay with
/// the cell that posted them.
const APART: [&str; 5] = ["entries", "entry_private", "tips", "homes", "chat_posts"];
/// What is added to, and never replaced.
const ADDED: [&str; 2] = ["checkpoints", "passed_by"];

/// Copies a client and proves its journal equal in both: size, root, every entry.
pub(super) async fn prove(
    from: &Store,
    to: &Store,
    client: &ClientId,
) -> Result<Report, StoreError> {
    let old = from.verify(client, None).await?;
    if let Some(problem) = old.problems.first() {
        return Err(StoreError::Broken(format!(
            "the journal of {client} does not prove where it is ({}); run `journeyman journal verify`",
            problem.text
        )));
    }
    begin(to, client).await?;
    let mut source = from.source.snapshot(Some(client)).await.map_err(|e| from.fail(e))?;
    let copied = journal(&mut source, to, client).await;
    let copied = match copied {
        Ok(()) => views(source, to, client).await,
        Err(e) => {
            let _ = source.close().await;
            Err(e)
        }
    };
    copied?;
    let new = to.verify(client, None).await?;
    match new.is_clean() && (old.size, old.root) == (new.size, new.root) {
        true => Ok(new),
        false => Err(StoreError::Broken(format!(
            "the journal of {client} did not arrive as it was; it stays where it is: run `journeyman cells move --cancel`, and look at the target with `journeyman journal verify`"
        ))),
    }
}

/// Has nobody write for the client in the target.
async fn begin(to: &Store, client: &ClientId) -> Result<(), StoreError> {
    let open = to.door(client).await? != Door::Shut;
    let client = client.clone();
    to.write(move |tx| {
        Box::pin(async move {
            let there: i64 = query_scalar("SELECT COUNT(*) FROM entries WHERE client = $1")
                .bind(client.as_str())
                .fetch_one(tx.sql().await?)
                .await?;
            if open && there > 0 {
                return Err(StoreError::Refused(format!(
                    "the target has a journal of {client} of its own, with {there} entries; a client lives in one cell: check `cell` of its [[client]] in both configurations"
                ))
                .into());
            }
            set_door(tx, &client, Door::Shut).await
        })
    })
    .await
}

/// Rows as arguments, with the statement that writes them.
struct Rows {
    head: String,
    tail: &'static str,
    width: usize,
    values: Vec<Vec<Arg>>,
}

impl Rows {
    async fn write(self, to: &mut Conn) -> Result<(), sqlx::Error> {
        for some in self.values.chunks(CHUNK) {
            let places = to.places(some.len(), self.width);
            let insert = query(format!("{} {places} {}", self.head, self.tail));
            let filled = some.iter().flatten().cloned().fold(insert, Query::bind);
            filled.execute(&mut *to).await?;
        }
        Ok(())
    }
}

/// Reads what a filter leaves of a table. Numbers that each database gives itself stay behind.
async fn read(
    from: &mut Conn,
    table: &str,
    filter: &str,
    args: &[Arg],
    tail: &'static str,
) -> Result<Rows, Fault> {
    let columns: Columns = columns(from, table).await?;
    let own = |(name, kind): &(String, Kind)| name == "id" && *kind == Kind::Int;
    let columns: Columns = columns.into_iter().filter(|c| !own(c)).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    let select = query(format!("SELECT {names} FROM {table} {filter}"));
    let rows = args.iter().cloned().fold(select, Query::bind).fetch_all(&mut *from).await?;
    let values = rows
        .iter()
        .map(|row| columns.iter().enumerate().map(|(at, (_, kind))| arg(row, at, *kind)).collect());
    let values = values.collect::<Result<_, sqlx::Error>>()?;
    let head = format!("INSERT INTO {table} ({names}) VALUES");
    Ok(Rows { head, tail, width: columns.len(), values })
}

/// Brings the target's journal up to this one's, in parts.
async fn journal(from: &mut Conn, to: &Store, client: &ClientId) -> Result<(), StoreError> {
    let fail = |fault: Fault| fault.into_store(&to.path);
    let name = client.as_str();
    let there: i64 =
        query_scalar("SELECT COALESCE(MAX(seq) + 1, 0) FROM entries WHERE client = $1")
            .bind(name)
            .fetch_one(to.of(client))
            .await
            .map_err(|e| to.fail(e))?;
    let size: i64 = query_scalar("SELECT COALESCE(MAX(seq) + 1, 0) FROM entries WHERE client = $1")
        .bind(name)
        .fetch_one(&mut *from)
        .await
        .map_err(|e| to.fail(e))?;
    let mut next = there;
    while next < size {
        let end = size.min(next + PART);
        let args = [Arg::from(name), Arg::from(next), Arg::from(end)];
        let filter = "WHERE client = $1 AND seq >= $2 AND seq < $3 ORDER BY seq";
        let entries = read(from, "entries", filter, &args, "").await.map_err(fail)?;
        let private = read(from, "entry_private", filter, &args, "").await.map_err(fail)?;
        to.write(move |tx| {
            Box::pin(async move {
                let conn = tx.sql().await?;
                entries.write(&mut *conn).await?;
                Ok(private.write(conn).await?)
            })
        })
        .await?;
        next = end;
    }
    // Erased here since it was there.
    let erased: Vec<i64> = query_scalar(
        "SELECT e.seq FROM entries e LEFT JOIN entry_private p
           ON p.client = e.client AND p.seq = e.seq
         WHERE e.client = $1 AND e.seq < $2 AND p.seq IS NULL",
    )
    .bind(name)
    .bind(there)
    .fetch_all(from)
    .await
    .map_err(|e| to.fail(e))?;
    let name = name.to_owned();
    to.write(move |tx| {
        Box::pin(async move {
            for seq in erased {
                query("DELETE FROM entry_private WHERE client = $1 AND seq = $2")
                    .bind(&name)
                    .bind(seq)
                    .execute(tx.sql().await?)
                    .await?;
            }
            Ok(())
        })
    })
    .await
}

/// Replaces the views and the right edge, and compares every entry before it is committed.
async fn views(mut from: Conn, to: &Store, client: &ClientId) -> Result<(), StoreError> {
    let client = client.clone();
    to.write(move |tx| {
        Box::pin(async move {
            let done = replace(&mut from, tx.sql().await?, &client).await;
            let _ = from.close().await;
            done
        })
    })
    .await
}

async fn replace(from: &mut Conn, to: &mut Conn, client: &ClientId) -> Result<(), Fault> {
    let name = [Arg::from(client.as_str())];
    for table in tables(from).await? {
        let of_client = columns(from, &table).await?.iter().any(|(column, _)| column == "client");
        if !of_client || APART.contains(&table.as_str()) {
            continue;
        }
        let added = ADDED.contains(&table.as_str());
        if !added {
            let delete = query(format!("DELETE FROM {table} WHERE client = $1"));
            delete.bind(client.as_str()).execute(&mut *to).await?;
        }
        let tail = if added { "ON CONFLICT DO NOTHING" } else { "" };
        read(from, &table, "WHERE client = $1", &name, tail).await?.write(&mut *to).await?;
    }
    // Of the client by its tickets and its cases only.
    for (table, filter) in [
        (
            "seen_messages",
            "WHERE EXISTS (SELECT 1 FROM tickets t WHERE t.client = $1
               AND t.psa = seen_messages.psa AND t.ticket_id = seen_messages.ticket_id)",
        ),
        (
            "idempotency",
            "WHERE EXISTS (SELECT 1 FROM cases c WHERE c.client = $1 AND c.id = case_id)",
        ),
    ] {
        read(from, table, filter, &name, "ON CONFLICT DO NOTHING").await?.write(&mut *to).await?;
    }
    let tip = query("SELECT size, frontier FROM tips WHERE client = $1")
        .bind(client.as_str())
        .fetch_one(&mut *from)
        .await?;
    query("UPDATE tips SET size = $2, frontier = $3 WHERE client = $1")
        .bind(client.as_str())
        .bind(tip.try_get::<i64, _>(0)?)
        .bind(tip.try_get::<Vec<u8>, _>(1)?)
        .execute(&mut *to)
        .await?;
    same(from, to, client).await
}

/// Compares the journals, entry by entry.
async fn same(from: &mut Conn, to: &mut Conn, client: &ClientId) -> Result<(), Fault> {
    let all = query("SELECT seq, leaf_hash FROM entries WHERE client = $1 ORDER BY seq")
        .bind(client.as_str());
    let (mut here, mut there) = (all.clone().fetch(from), all.fetch(to));
    let mut seq = 0u64;
    loop {
        let (a, b) = (here.try_next().await?, there.try_next().await?);
        let (a, b) = match (a, b) {
            (None, None) => return Ok(()),
            (Some(a), Some(b)) => (a, b),
            _ => return Err(differs(client, seq)),
        };
        let of = |row: &crate::sql::Row| -> Result<(i64, Vec<u8>), sqlx::Error> {
            Ok((row.try_get(0)?, row.try_get(1)?))
        };
        if of(&a)? != of(&b)? || of(&a)?.0 != as_i64(seq) {
            return Err(differs(client, seq));
        }
        seq += 1;
    }
}

fn differs(client: &ClientId, seq: u64) -> Fault {
    StoreError::Broken(format!(
        "entry {seq} of the journal of {client} is not the same in both cells; nothing was replaced: run `journeyman journal verify` in both"
    ))
    .into()
}
