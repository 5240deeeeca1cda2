//! The tree against a naive one, against published answers, and against an independent library.

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use store::{
    Keys,
    merkle::{
        Frontier, Hash, consistency_proof, empty_root, inclusion_proof, leaf_hash, root,
        verify_consistency, verify_inclusion,
    },
};
use tlog_tiles::{HashReader, tlog::Error};

fn sha(parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// RFC 6962, section 2.1, word for word: k is the largest power of two smaller than n.
fn naive_root(data: &[Vec<u8>]) -> Hash {
    match data.len() {
        0 => sha(&[]),
        1 => sha(&[&[0], &data[0]]),
        n => {
            let k = (0..).map(|e| 1 << e).take_while(|k| *k < n).last().unwrap();
            sha(&[&[1], &naive_root(&data[..k]), &naive_root(&data[k..])])
        }
    }
}

fn data(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(|i| format!("entry {i}").into_bytes()).collect()
}

fn leaves(data: &[Vec<u8>]) -> Vec<Hash> {
    data.iter().map(|d| leaf_hash(d)).collect()
}

fn frontier(leaves: &[Hash]) -> Frontier {
    let mut edge = Frontier::default();
    for leaf in leaves {
        edge.push(*leaf);
    }
    edge
}

/// The eight inputs and roots that Certificate Transparency's reference tests use.
#[test]
fn known_answers() {
    let inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut edge = Frontier::default();
    assert_eq!(
        hex::encode(edge.root()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    for (input, root) in inputs.iter().zip(roots) {
        edge.push(leaf_hash(&hex::decode(input).unwrap()));
        assert_eq!(hex::encode(edge.root()), root, "root over {} leaves", edge.size());
    }
}

#[test]
fn frontier_and_root_equal_the_naive_root_at_every_size() {
    for n in 0..130 {
        let data = data(n);
        let leaves = leaves(&data);
        assert_eq!(root(&leaves), naive_root(&data));
        assert_eq!(frontier(&leaves).root(), naive_root(&data));
    }
}

#[test]
fn every_inclusion_proof_holds_and_every_change_breaks_it() {
    let all = leaves(&data(72));
    let heads: Vec<Hash> = (0..72).map(|n| root(&all[..n])).collect();
    for n in 1..=70_usize {
        let leaves = &all[..n];
        let root_n = heads[n];
        for i in 0..n {
            let proof = inclusion_proof(leaves, i);
            let (index, size) = (i as u64, n as u64);
            assert!(verify_inclusion(leaves[i], index, size, &proof, root_n), "{i} of {n}");
            for j in (0..n).filter(|j| *j != i) {
                assert!(!verify_inclusion(leaves[i], j as u64, size, &proof, root_n));
                assert!(!verify_inclusion(leaves[j], index, size, &proof, root_n));
            }
            assert!(!verify_inclusion(leaves[i], size + index, size, &proof, root_n));
            for other in [n - 1, n + 1] {
                let head = heads[other];
                assert!(!verify_inclusion(leaves[i], index, other as u64, &proof, head));
            }
            assert_spoiled(&proof, |p| verify_inclusion(leaves[i], index, size, p, root_n));
        }
    }
}

#[test]
fn every_consistency_proof_holds_and_every_change_breaks_it() {
    let all = leaves(&data(72));
    let heads: Vec<Hash> = (0..72).map(|n| root(&all[..n])).collect();
    let head = |n: usize| heads[n];
    for n in 1..=70_usize {
        for m in 1..=n {
            let proof = consistency_proof(&all[..n], m);
            let (old, new) = (m as u64, n as u64);
            assert!(verify_consistency(old, new, &proof, head(m), head(n)), "{m} to {n}");
            for other in (1..72).filter(|o| *o != m) {
                let size = other as u64;
                assert!(!verify_consistency(size, new, &proof, head(other), head(n)));
            }
            if m < n {
                assert!(!verify_consistency(old, new + 1, &proof, head(m), head(n + 1)));
                assert!(!verify_consistency(new, old, &proof, head(n), head(m)));
                assert_spoiled(&proof, |p| verify_consistency(old, new, p, head(m), head(n)));
            }
        }
        assert!(verify_consistency(0, n as u64, &[], empty_root(), head(n)));
        assert!(!verify_consistency(0, n as u64, &[], head(n), head(n)));
    }
}

/// A proof with a byte flipped, a hash dropped or a hash added is refused.
fn assert_spoiled(proof: &[Hash], holds: impl Fn(&[Hash]) -> bool) {
    for at in 0..proof.len() {
        for byte in [0, 13, 31] {
            let mut bad = proof.to_vec();
            bad[at][byte] ^= 1;
            assert!(!holds(&bad));
        }
        let mut short = proof.to_vec();
        short.remove(at);
        assert!(!holds(&short));
    }
    let mut long = proof.to_vec();
    long.push([7; 32]);
    assert!(!holds(&long));
}

proptest! {
    #[test]
    fn any_data_gives_the_naive_root(data in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..200)) {
        let edge = frontier(&leaves(&data));
        prop_assert_eq!(edge.root(), naive_root(&data));
        prop_assert_eq!(edge.size(), data.len() as u64);
        let again = Frontier::from_bytes(edge.size(), &edge.to_bytes());
        prop_assert_eq!(again, Some(edge));
    }

    #[test]
    fn a_frontier_of_the_wrong_length_is_refused(size in 0u64..1000, extra in 1usize..40) {
        let whole = size.count_ones() as usize * 32;
        prop_assert_eq!(Frontier::from_bytes(size, &vec![0; whole + extra]), None);
    }
}

/// Node storage for the other library.
struct Nodes(Vec<tlog_tiles::Hash>);

impl HashReader for Nodes {
    fn read_hashes(&self, at: &[u64]) -> Result<Vec<tlog_tiles::Hash>, Error> {
        Ok(at.iter().map(|i| self.0[usize::try_from(*i).unwrap()]).collect())
    }
}

fn theirs(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(|h| tlog_tiles::Hash(*h)).collect()
}

#[test]
fn another_library_gives_the_same_roots_and_proofs() {
    let data = data(70);
    let ours = leaves(&data);
    let mut nodes = Nodes(Vec::new());
    for (i, d) in data.iter().enumerate() {
        let new = tlog_tiles::stored_hashes(i as u64, d, &nodes).unwrap();
        nodes.0.extend(new);
        let n = i + 1;
        let size = n as u64;
        let head = tlog_tiles::tree_hash(size, &nodes).unwrap();
        assert_eq!(head.0, root(&ours[..n]));
        for (j, datum) in data.iter().enumerate().take(n) {
            let at = j as u64;
            let proof = theirs(&inclusion_proof(&ours[..n], j));
            assert_eq!(tlog_tiles::prove_record(size, at, &nodes).unwrap(), proof);
            let leaf = tlog_tiles::record_hash(datum);
            tlog_tiles::check_record(&proof, size, head, at, leaf).unwrap();
        }
        for m in 1..n {
            let proof = theirs(&consistency_proof(&ours[..n], m));
            assert_eq!(tlog_tiles::prove_tree(size, m as u64, &nodes).unwrap(), proof);
        }
    }
}

fn keys() -> (tempfile::TempDir, Keys) {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::open(dir.path(), "desk.example.net").unwrap();
    (dir, keys)
}

#[test]
fn another_library_opens_our_checkpoint_with_our_key() {
    let (_dir, keys) = keys();
    let signer = keys.signer("acme");
    let head = root(&leaves(&data(5)));
    let text = signer.sign(5, head);
    let verifier = signed_note::StandardVerifier::new(&signer.verifier().vkey()).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let note = signed_note::Note::from_bytes(text.as_bytes()).unwrap();
    let (verified, unknown) = note.verify(&known).unwrap();
    assert_eq!((verified.len(), unknown.len()), (1, 0));
    let read = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!(read.origin(), "desk.example.net/acme");
    assert_eq!((read.size(), read.hash().0), (5, head));
}

#[test]
fn a_checkpoint_with_any_byte_changed_is_refused() {
    let (_dir, keys) = keys();
    let signer = keys.signer("acme");
    let note = signer.sign(5, root(&leaves(&data(5))));
    let verifier = signer.verifier();
    let opened = verifier.open(&note).unwrap();
    assert_eq!((opened.size, opened.origin.as_str()), (5, "desk.example.net/acme"));
    for at in 0..note.len() {
        let mut bytes = note.clone().into_bytes();
        bytes[at] ^= 1;
        // Changing the trailing line break or the padding leaves the signed text as it was.
        if let Ok(changed) = String::from_utf8(bytes)
            && let Ok(read) = verifier.open(&changed)
        {
            assert_eq!(read, opened, "byte {at} changed what the checkpoint says");
            assert!(at >= note.len() - 2, "byte {at} went unnoticed");
        }
    }
}

#[test]
fn a_checkpoint_of_another_client_or_installation_is_refused() {
    let (_dir, mine) = keys();
    let (_other, others) = keys();
    let head = root(&leaves(&data(5)));
    let verifier = mine.signer("acme").verifier();
    assert!(verifier.open(&others.signer("acme").sign(5, head)).is_err());
    assert!(verifier.open(&mine.signer("globex").sign(5, head)).is_err());
    assert!(verifier.open("desk.example.net/acme\n5\nAAAA\n").is_err());
}
