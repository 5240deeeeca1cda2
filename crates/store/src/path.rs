//! Which subtrees a proof is made of, and which tiles show them.
//!
//! A tile holds the hashes of 256 neighbours at a height that is a multiple of eight, as C2SP's
//! tlog-tiles has it. INVARIANT: only full tiles are asked for as a whole; beyond the last full one,
//! neighbours are asked for one by one, fewer than 256 at each level.

use crate::merkle::{Hash, empty_root, node_hash};
use std::collections::{BTreeMap, BTreeSet};

/// Height of a tile.
pub(crate) const HEIGHT: u32 = 8;
/// Hashes in a full tile.
pub(crate) const WIDTH: u64 = 1 << HEIGHT;

/// Leaves from the first number to before the second.
pub(crate) type Range = (u64, u64);

/// Largest power of two below `n`, for `n` of at least 2.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// The subtrees of the inclusion proof of `index` in a tree of `size`, in the proof's order; none when
/// there is no such leaf.
pub(crate) fn inclusion(index: u64, size: u64) -> Vec<Range> {
    let (mut low, mut high, mut path) = (0, size, Vec::new());
    if index >= size {
        return path;
    }
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push((middle, high));
            high = middle;
        } else {
            path.push((low, middle));
            low = middle;
        }
    }
    path.reverse();
    path
}

/// The subtrees of the consistency proof from `old` to `size`, in the proof's order; none when the
/// one tree is empty or not the smaller one.
pub(crate) fn consistency(old: u64, size: u64) -> Vec<Range> {
    let (mut low, mut high, mut path) = (0, size, Vec::new());
    if old == 0 || old >= size {
        return path;
    }
    while old < high {
        let middle = low + split(high - low);
        if old <= middle {
            path.push((middle, high));
            high = middle;
        } else {
            path.push((low, middle));
            low = middle;
        }
    }
    // The old tree itself is known to whoever checks the proof.
    if low > 0 {
        path.push((low, high));
    }
    path.reverse();
    path
}

/// A perfect subtree: `1 << height` leaves, the `index`-th such group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    height: u32,
    index: u64,
}

impl Node {
    /// Level of the tile that shows it, and its first and last hash there plus one.
    fn place(self) -> (u32, Range) {
        let above = self.height % HEIGHT;
        let first = self.index << above;
        (self.height / HEIGHT, (first, first + (1 << above)))
    }
}

/// The perfect subtrees of a range that is a subtree of some tree, left to right.
fn cover((low, high): Range) -> impl Iterator<Item = Node> {
    let mut at = low;
    (0..u64::BITS).rev().filter(move |h| (high - low) >> h & 1 == 1).map(move |height| {
        let node = Node { height, index: at >> height };
        at += 1 << height;
        node
    })
}

/// What must be read for some subtrees of a tree.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Full tiles, by level and place.
    pub(crate) tiles: BTreeSet<(u32, u64)>,
    /// Single hashes, by level: from the first place to before the second.
    pub(crate) edges: BTreeMap<u32, Range>,
}

/// Full tiles of a level in a tree of `size` leaves.
pub(crate) fn full(level: u32, size: u64) -> u64 {
    size.checked_shr(HEIGHT * (level + 1)).unwrap_or(0)
}

impl Wanted {
    /// For these subtrees of a tree of `size` leaves.
    pub(crate) fn of(ranges: &[Range], size: u64) -> Wanted {
        let mut wanted = Wanted::default();
        for node in ranges.iter().flat_map(|r| cover(*r)) {
            let (level, (first, end)) = node.place();
            if first / WIDTH < full(level, size) {
                wanted.tiles.insert((level, first / WIDTH));
            } else {
                let edge = wanted.edges.entry(level).or_insert((first, end));
                *edge = (edge.0.min(first), edge.1.max(end));
            }
        }
        wanted
    }
}

/// What was read for [`Wanted`].
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Hashes of full tiles.
    pub(crate) tiles: BTreeMap<(u32, u64), Vec<Hash>>,
    /// First place and hashes beyond the full tiles, by level.
    pub(crate) edges: BTreeMap<u32, (u64, Vec<Hash>)>,
}

impl Known {
    /// The root over a range; `None` when something for it is not here.
    pub(crate) fn root(&self, range: Range) -> Option<Hash> {
        let nodes: Option<Vec<Hash>> = cover(range).map(|n| self.node(n)).collect();
        let mut nodes = nodes?.into_iter().rev();
        let Some(last) = nodes.next() else { return Some(empty_root()) };
        Some(nodes.fold(last, |right, left| node_hash(&left, &right)))
    }

    fn node(&self, node: Node) -> Option<Hash> {
        let (level, (first, end)) = node.place();
        let (start, hashes) = match self.tiles.get(&(level, first / WIDTH)) {
            Some(hashes) => (first / WIDTH * WIDTH, hashes),
            None => self.edges.get(&level).map(|(start, hashes)| (*start, hashes))?,
        };
        let at = |n: u64| usize::try_from(n.checked_sub(start)?).ok();
        Some(perfect(hashes.get(at(first)?..at(end)?)?))
    }
}

/// The root over a power of two of neighbours.
pub(crate) fn perfect(hashes: &[Hash]) -> Hash {
    if let [one] = hashes {
        return *one;
    }
    let pairs = |row: &[Hash]| -> Vec<Hash> {
        row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect()
    };
    let mut row = pairs(hashes);
    while row.len() > 1 {
        row = pairs(&row);
    }
    row.first().copied().unwrap_or_else(empty_root)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::merkle::{consistency_proof, inclusion_proof, leaf_hash, root};
    use proptest::prelude::*;

    /// Everything that a tree of these leaves would have stored.
    struct Tree {
        levels: Vec<Vec<Hash>>,
    }

    impl Tree {
        fn new(leaves: &[Hash]) -> Tree {
            let mut levels = vec![leaves.to_vec()];
            while levels.last().unwrap().len() >= WIDTH as usize {
                let above = levels.last().unwrap().chunks_exact(WIDTH as usize).map(root).collect();
                levels.push(above);
            }
            Tree { levels }
        }

        fn read(&self, wanted: &Wanted) -> Known {
            let slice = |level: u32, from: u64, to: u64| {
                self.levels[level as usize][from as usize..to as usize].to_vec()
            };
            let tile = |(l, n): &(u32, u64)| ((*l, *n), slice(*l, n * WIDTH, (n + 1) * WIDTH));
            let edge = |(l, r): (&u32, &Range)| (*l, (r.0, slice(*l, r.0, r.1)));
            Known {
                tiles: wanted.tiles.iter().map(tile).collect(),
                edges: wanted.edges.iter().map(edge).collect(),
            }
        }

        fn roots(&self, ranges: &[Range], size: u64) -> Vec<Hash> {
            let wanted = Wanted::of(ranges, size);
            assert!(wanted.edges.values().all(|(from, to)| to - from < WIDTH), "{wanted:?}");
            let known = self.read(&wanted);
            ranges.iter().map(|r| known.root(*r).unwrap()).collect()
        }
    }

    fn leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    fn same(all: &[Hash], tree: &Tree, size: u64, at: u64) {
        let (part, i) = (&all[..size as usize], at as usize);
        let roots = |ranges: &[Range]| tree.roots(ranges, size);
        assert_eq!(roots(&inclusion(at, size)), inclusion_proof(part, i), "{at} in {size}");
        assert_eq!(roots(&consistency(at, size)), consistency_proof(part, i), "{at} to {size}");
    }

    #[test]
    fn proofs_from_tiles_are_those_of_the_specification_at_every_size() {
        let all = leaves(2_000);
        let tree = Tree::new(&all);
        for size in (0..=520).chain((521..=2_000).step_by(13)) {
            assert_eq!(tree.roots(&[(0, size)], size), [root(&all[..size as usize])]);
            let step = (size / 5).max(1);
            for at in (0..=size).step_by(step as usize).chain([1, 255, 256, 257, size / 2]) {
                same(&all, &tree, size, at.min(size));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6))]
        #[test]
        fn and_at_any_other(size in 1u64..200_000, at in any::<prop::sample::Index>()) {
            let all = leaves(size);
            let at = at.index(size as usize) as u64;
            same(&all, &Tree::new(&all), size, at);
        }
    }
}
