//! The Merkle tree of RFC 6962 (section 2.1): hashes, the right edge, inclusion and consistency.

use sha2::{Digest as _, Sha256};

/// A node's hash.
pub type Hash = [u8; 32];

/// Hash of a leaf: SHA-256(0x00 ‖ data).
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Root of the empty tree: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The right edge of a tree: roots of its perfect subtrees, largest first. Enough to append.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_perfect(leaf, 0);
    }

    /// Appends a perfect subtree of `1 << height` leaves to a tree whose size is a multiple of that.
    pub(crate) fn push_perfect(&mut self, root: Hash, height: u32) {
        let mut node = root;
        let mut size = self.size >> height;
        // One perfect subtree closes for every trailing one-bit of the size.
        while size & 1 == 1 {
            let Some(left) = self.roots.pop() else { break };
            node = node_hash(&left, &node);
            size >>= 1;
        }
        self.roots.push(node);
        self.size += 1 << height;
    }

    /// This tree with a smaller one at its right, whose leaves fit below this one's lowest subtree.
    pub(crate) fn joined(&self, right: &Frontier) -> Frontier {
        let roots = [self.roots.as_slice(), right.roots.as_slice()].concat();
        Frontier { size: self.size + right.size, roots }
    }

    /// Root of the tree.
    pub fn root(&self) -> Hash {
        let mut iter = self.roots.iter().rev();
        let Some(last) = iter.next() else { return empty_root() };
        iter.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Bytes for storage.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.roots.concat()
    }

    /// Reads [`Frontier::to_bytes`] for a tree of `size` leaves; `None` when they do not fit.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Frontier> {
        let (chunks, rest) = bytes.as_chunks::<32>();
        (rest.is_empty() && chunks.len() == size.count_ones() as usize)
            .then(|| Frontier { size, roots: chunks.to_vec() })
    }
}

/// Root over these leaves.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// Largest power of two below `n`, for `n` of at least 2.
fn split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// Proof that leaf `index` stands in the tree over `leaves`; empty when there is no such leaf.
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 || index >= leaves.len() {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, sibling) = match index < k {
        true => (inclusion_proof(left, index), root(right)),
        false => (inclusion_proof(right, index - k), root(left)),
    };
    proof.push(sibling);
    proof
}

/// Checks an inclusion proof.
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut node) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            node = node_hash(sibling, &node);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && node == root
}

/// Proof that the tree over the first `old` leaves is a beginning of the tree over `leaves`.
pub fn consistency_proof(leaves: &[Hash], old: usize) -> Vec<Hash> {
    if old == 0 || old >= leaves.len() {
        return Vec::new();
    }
    subproof(leaves, old, true)
}

fn subproof(leaves: &[Hash], old: usize, whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) = match old <= k {
        true => (subproof(left, old, whole), root(right)),
        false => (subproof(right, old - k, false), root(left)),
    };
    proof.push(other);
    proof
}

/// Checks a consistency proof between two trees, by their sizes and roots.
pub fn verify_consistency(old: u64, new: u64, proof: &[Hash], from: Hash, to: Hash) -> bool {
    match (old, new) {
        (o, n) if o > n => return false,
        (o, n) if o == n => return proof.is_empty() && from == to,
        (0, _) => return proof.is_empty() && from == empty_root(),
        _ => {}
    }
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let mut rest = proof.iter();
    let seed = match at {
        0 => Some(&from),
        _ => rest.next(),
    };
    let Some(&seed) = seed else { return false };
    let (mut old_root, mut new_root) = (seed, seed);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_root = node_hash(sibling, &old_root);
            new_root = node_hash(sibling, &new_root);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_root = node_hash(&new_root, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_root == from && new_root == to
}
