//! Tiles of each client's tree, so that a proof does not read every leaf.
//!
//! INVARIANT: a tile follows from `entries` and is never believed by itself: whatever is made of
//! tiles is held against a signed checkpoint before it is handed out (`prove`).

use crate::{
    Store, StoreError,
    merkle::Hash,
    path::{HEIGHT, Known, Range, WIDTH, Wanted, full, perfect},
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
        // In one text, since a row for each would cost more than all the rest.
        let all = query_scalar(format!(
            "SELECT COALESCE(string_agg(hex(hash), ''), '') FROM ({}) AS hashes",
            side_by_side(level, 2, 3)
        ));
        let all = all.bind(client.as_str()).bind(as_i64(from)).bind(as_i64(to));
        let all = if level > 0 { all.bind(i64::from(level) - 1) } else { all };
        let text: String = all.fetch_one(self.of(client)).await.map_err(|e| self.fail(e))?;
        Ok(hashes_of(&text).filter(|hashes| hashes.len() as u64 == to - from))
    }

    /// Reads what some subtrees need; `None` when a tile is missing or not of a tile's length.
    pub(crate) async fn load(
        &self,
        client: &ClientId,
        wanted: &Wanted,
    ) -> Result<Option<Known>, StoreError> {
        let mut known = Known::default();
        let mut edges = Vec::new();
        for (level, range) in &wanted.edges {
            match self.edges.get(client, *level, *range) {
                Some(hashes) => drop(known.edges.insert(*level, (range.0, hashes))),
                None => edges.push((*level, *range)),
            }
        }
        if wanted.tiles.is_empty() && edges.is_empty() {
            return Ok(Some(known));
        }
        let rows = reading(client, wanted, &edges).fetch_all(self.of(client)).await;
        for row in &rows.map_err(|e| self.fail(e))? {
            let place = |at| row.try_get::<i64, _>(at).map_err(|e| self.fail(e));
            let (edge, level, n) = (place(0)? == 1, place(1)?, place(2)?);
            let text: String = row.try_get(3).map_err(|e| self.fail(e))?;
            let (Ok(level), Ok(n)) = (u32::try_from(level), u64::try_from(n)) else { continue };
            let Some(hashes) = hashes_of(&text) else { continue };
            if edge {
                known.edges.insert(level, (n, hashes));
            } else if hashes.len() as u64 == WIDTH {
                known.tiles.insert((level, n), hashes);
            }
        }
        for (level, (from, to)) in edges {
            match known.edges.get(&level) {
                Some((_, hashes)) if hashes.len() as u64 == to - from => {
                    self.edges.put(client, level, (from, to), hashes);
                }
                _ => return Ok(None),
            }
        }
        Ok((known.tiles.len() == wanted.tiles.len()).then_some(known))
    }
}

/// Selects hashes side by side at a tile's level, as [`Store::row_of`] says. `from` and `to` are the
/// numbers of arguments; that of the level below comes after them.
fn side_by_side(level: u32, from: usize, to: usize) -> String {
    match level {
        0 => format!(
            "SELECT leaf_hash AS hash FROM entries
             WHERE client = $1 AND seq >= ${from} AND seq < ${to} ORDER BY seq"
        ),
        _ => format!(
            "SELECT root AS hash FROM subtrees WHERE client = $1 AND n >= ${from} AND n < ${to}
             AND level = ${} ORDER BY n",
            to + 1
        ),
    }
}

/// Hashes out of their digits; `None` when these are none, or no whole number of them.
fn hashes_of(digits: &str) -> Option<Vec<Hash>> {
    let bytes = hex::decode(digits).ok()?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| hashes.to_vec())
}

/// All the tiles, and what lies beyond them, in one statement: whether it is no tile, level, first
/// place, hashes.
fn reading(client: &ClientId, wanted: &Wanted, edges: &[(u32, Range)]) -> Query {
    let (mut parts, mut args) = (Vec::new(), Vec::new());
    let tiles = (0..wanted.tiles.len()).map(|i| {
        let (level, n) = (2 * i + 2, 2 * i + 3);
        format!(
            "SELECT CAST(0 AS BIGINT), level, n, hex(hashes) FROM subtrees
             WHERE client = $1 AND level = ${level} AND n = ${n}"
        )
    });
    parts.extend(tiles);
    args.extend(wanted.tiles.iter().flat_map(|(level, n)| [i64::from(*level), as_i64(*n)]));
    for (level, (from, to)) in edges {
        let at = args.len() + 2;
        let hashes = side_by_side(*level, at, at + 1);
        parts.push(format!(
            "SELECT CAST(1 AS BIGINT), CAST({level} AS BIGINT), CAST(${at} AS BIGINT), COALESCE(string_agg(hex(hash), ''), '')
             FROM ({hashes}) AS hashes"
        ));
        args.extend([as_i64(*from), as_i64(*to)]);
        args.extend((*level > 0).then(|| i64::from(*level) - 1));
    }
    let all = query(parts.join(" UNION ALL ")).bind(client.as_str());
    args.into_iter().fold(all, Query::bind)
}
