//! Tiles of each client's tree, so that a proof does not read every leaf.
//!
//! INVARIANT: a tile follows from `entries` and is never believed by itself: whatever is made of
//! tiles is held against a signed checkpoint before it is handed out (`prove`).

use crate::{
    Store, StoreError,
    merkle::Hash,
    path::{HEIGHT, Known, WIDTH, Wanted, full, perfect},
    sql::{Query, query, query_scalar},
    tip::as_i64,
};
use domain::ClientId;

/// Tiles that are written in one piece of work: short, so that appends do not wait long.
const BATCH: u64 = 32;

/// One full tile.
struct Tile {
    n: u64,
    root: Hash,
    hashes: Vec<u8>,
}

impl Store {
    /// Stores every full tile of a client's tree that is not stored yet; answers with their number.
    /// Whoever is faster does it: it may run at any time, on any node, and again.
    ///
    /// # Errors
    /// When the database fails, or when entries are missing.
    pub async fn fill_tiles(&self, client: &ClientId) -> Result<u64, StoreError> {
        let size: Option<i64> = query_scalar("SELECT size FROM tips WHERE client = $1")
            .bind(client.as_str())
            .fetch_optional(self.of(client))
            .await
            .map_err(|e| self.fail(e))?;
        let size = size.and_then(|s| u64::try_from(s).ok()).unwrap_or(0);
        let mut written = 0;
        for level in (0..u64::BITS / HEIGHT).take_while(|l| full(*l, size) > 0) {
            let end = full(level, size);
            let mut next = self.first_missing(client, level).await?;
            while next < end {
                let to = end.min(next + BATCH);
                written += self.fill_some(client, level, next, to).await?;
                next = to;
            }
        }
        Ok(written)
    }

    /// The first place of a level where no tile is stored.
    async fn first_missing(&self, client: &ClientId, level: u32) -> Result<u64, StoreError> {
        let of = |sql: &'static str| query(sql).bind(client.as_str()).bind(i64::from(level));
        let row = of("SELECT COUNT(*), COALESCE(MAX(n) + 1, 0) FROM subtrees
             WHERE client = $1 AND level = $2")
        .fetch_one(self.of(client))
        .await
        .map_err(|e| self.fail(e))?;
        let count: i64 = row.try_get(0).map_err(|e| self.fail(e))?;
        let end: i64 = row.try_get(1).map_err(|e| self.fail(e))?;
        if count == end {
            return Ok(u64::try_from(count).unwrap_or(0));
        }
        let rows = of("SELECT n FROM subtrees WHERE client = $1 AND level = $2 ORDER BY n")
            .fetch_all(self.of(client))
            .await
            .map_err(|e| self.fail(e))?;
        let gap = (0i64..).zip(&rows).find(|(i, row)| row.try_get(0).ok() != Some(*i));
        Ok(gap.and_then(|(i, _)| u64::try_from(i).ok()).unwrap_or(rows.len() as u64))
    }

    /// Makes and stores the tiles from one place to before another.
    async fn fill_some(
        &self,
        client: &ClientId,
        level: u32,
        from: u64,
        to: u64,
    ) -> Result<u64, StoreError> {
        let below = self.row_of(client, level, from * WIDTH, to * WIDTH).await?;
        let tiles: Vec<Tile> = (from..to)
            .zip(below.as_chunks::<{ WIDTH as usize }>().0)
            .map(|(n, hashes)| Tile { n, root: perfect(hashes), hashes: hashes.concat() })
            .collect();
        let client = client.as_str().to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                let mut written = 0;
                for tile in tiles {
                    written += query(
                        "INSERT INTO subtrees (client, level, n, root, hashes)
                         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (client, level, n) DO NOTHING",
                    )
                    .bind(&client)
                    .bind(i64::from(level))
                    .bind(as_i64(tile.n))
                    .bind(tile.root.to_vec())
                    .bind(tile.hashes)
                    .execute(tx.sql().await?)
                    .await?;
                }
                Ok(written)
            })
        })
        .await
    }

    /// Hashes side by side at a tile's level: leaves at level 0, roots of the tiles below above it.
    async fn row_of(
        &self,
        client: &ClientId,
        level: u32,
        from: u64,
        to: u64,
    ) -> Result<Vec<Hash>, StoreError> {
        let hashes = self.try_row_of(client, level, from, to).await?;
        hashes.ok_or_else(|| {
            let (first, last) = (from << (HEIGHT * level), (to << (HEIGHT * level)) - 1);
            StoreError::Broken(format!(
                "the journal of {client} lacks entries or their hashes between {first} and {last}; run `journeyman journal verify`"
            ))
        })
    }

    /// The same; `None` when some are missing.
    async fn try_row_of(
        &self,
        client: &ClientId,
        level: u32,
        from: u64,
        to: u64,
    ) -> Result<Option<Vec<Hash>>, StoreError> {
        let hashes = match level {
            0 => {
                "SELECT leaf_hash AS hash FROM entries WHERE client = $1 AND seq >= $2 AND seq < $3
                 ORDER BY seq"
            }
            _ => {
                "SELECT root AS hash FROM subtrees WHERE client = $1 AND n >= $2 AND n < $3
                 AND level = $4 ORDER BY n"
            }
        };
        // In one text, since a row for each would cost more than all the rest.
        let all = query_scalar(format!(
            "SELECT COALESCE(string_agg(hex(hash), ''), '') FROM ({hashes}) AS hashes"
        ));
        let all = all.bind(client.as_str()).bind(as_i64(from)).bind(as_i64(to));
        let all = if level > 0 { all.bind(i64::from(level) - 1) } else { all };
        let text: String = all.fetch_one(self.of(client)).await.map_err(|e| self.fail(e))?;
        let bytes = hex::decode(text).unwrap_or_default();
        let (hashes, rest) = bytes.as_chunks::<32>();
        let whole = rest.is_empty() && hashes.len() as u64 == to - from;
        Ok(whole.then(|| hashes.to_vec()))
    }

    /// Reads what some subtrees need; `None` when a tile is missing or not of a tile's length.
    pub(crate) async fn load(
        &self,
        client: &ClientId,
        wanted: &Wanted,
    ) -> Result<Option<Known>, StoreError> {
        let mut known = Known::default();
        if !wanted.tiles.is_empty() {
            let rows = tiles_query(client, wanted)
                .fetch_all(self.of(client))
                .await
                .map_err(|e| self.fail(e))?;
            for row in &rows {
                let place = |at| row.try_get::<i64, _>(at).map_err(|e| self.fail(e));
                let (level, n) = (place(0)?, place(1)?);
                let hashes: Vec<u8> = row.try_get(2).map_err(|e| self.fail(e))?;
                let (hashes, rest) = hashes.as_chunks::<32>();
                if let (Ok(level), Ok(n)) = (u32::try_from(level), u64::try_from(n))
                    && hashes.len() as u64 == WIDTH
                    && rest.is_empty()
                {
                    known.tiles.insert((level, n), hashes.to_vec());
                }
            }
            if known.tiles.len() != wanted.tiles.len() {
                return Ok(None);
            }
        }
        for (level, (from, to)) in &wanted.edges {
            let Some(hashes) = self.try_row_of(client, *level, *from, *to).await? else {
                return Ok(None);
            };
            known.edges.insert(*level, (*from, hashes));
        }
        Ok(Some(known))
    }
}

/// All the tiles in one statement.
fn tiles_query(client: &ClientId, wanted: &Wanted) -> Query {
    let parts: Vec<String> = (0..wanted.tiles.len())
        .map(|i| {
            let (level, n) = (2 * i + 2, 2 * i + 3);
            format!("SELECT level, n, hashes FROM subtrees WHERE client = $1 AND level = ${level} AND n = ${n}")
        })
        .collect();
    let all = query(parts.join(" UNION ALL ")).bind(client.as_str());
    wanted.tiles.iter().fold(all, |q, (level, n)| q.bind(i64::from(*level)).bind(as_i64(*n)))
}
