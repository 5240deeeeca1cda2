//! Proofs for those who have no store, and what witnesses kept.

use crate::common::*;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::Tier;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use store::{
    Cosigner, EntryProof, ProofError, ShownLeaf, Store, StoreError, Verifier, add_checkpoint,
    split_notes,
};

/// Six entries, the second with every column filled; checkpoint signed.
async fn journal() -> Desk {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    desk.store.append(append(case, 1, vec![judged(Tier::High)])).await.unwrap();
    for version in 2..6 {
        add(&desk.store, case, version).await.unwrap();
    }
    desk.store.close().await;
    let store = open(desk.dir.path()).await;
    Desk { dir: desk.dir, store }
}

fn key(store: &Store) -> Verifier {
    Verifier::from_vkey(&store.verifier_key(&acme())).unwrap()
}

/// Checks a proof with nothing of ours: text as C2SP writes it, `signed_note` and `tlog_tiles`.
fn check_elsewhere(text: &str, vkey: &str) -> Vec<u8> {
    let (head, note) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("c2sp.org/tlog-proof@v1"));
    let leaf = STANDARD.decode(lines.next().unwrap().strip_prefix("extra ").unwrap()).unwrap();
    let index: u64 = lines.next().unwrap().strip_prefix("index ").unwrap().parse().unwrap();
    let path = lines.map(|l| tlog_tiles::Hash::parse_hash(l).unwrap()).collect();

    let verifier = signed_note::StandardVerifier::new(vkey).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let note = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    assert_eq!(note.verify(&known).unwrap().0.len(), 1);
    let head = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    let hash = tlog_tiles::record_hash(&leaf);
    tlog_tiles::check_record(&path, head.size(), *head.hash(), index, hash).unwrap();
    leaf
}

#[tokio::test]
async fn an_independent_program_accepts_our_proofs() {
    let desk = journal().await;
    for seq in 0..6 {
        let proof = desk.store.prove_entry(&acme(), seq).await.unwrap();
        let leaf = check_elsewhere(&proof.to_text(), &desk.store.verifier_key(&acme()));
        assert_eq!(proof.leaf, ShownLeaf::Bytes(leaf));
    }
}

#[tokio::test]
async fn a_proof_is_checked_without_a_store_in_both_forms() {
    let desk = journal().await;
    let proof = desk.store.prove_entry(&acme(), 1).await.unwrap();
    for text in [proof.to_text(), proof.to_json().to_string()] {
        let read = EntryProof::read(&text).unwrap();
        assert_eq!(read, proof);
        let signed = read.check(&key(&desk.store)).unwrap();
        assert_eq!((signed.origin.as_str(), signed.size), ("desk.example.net/acme", 6));
        let entry = read.entry().unwrap();
        assert_eq!((entry.client.as_str(), entry.seq, entry.kind.as_str()), ("acme", 1, "judged"));
        assert_eq!(
            (entry.tier.as_deref(), entry.digest),
            (Some("high"), Some(digest().to_string()))
        );
        assert_eq!(entry.findings, "requester:high:requester_unverified");
    }
    let shown = proof.to_text() + &proof.to_json().to_string();
    assert!(!shown.contains("petra"), "a proof holds no personal data");
}

#[tokio::test]
async fn no_changed_proof_is_accepted() {
    let desk = journal().await;
    let (key, proof) = (key(&desk.store), desk.store.prove_entry(&acme(), 1).await.unwrap());
    let text = proof.to_text();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(changed) = String::from_utf8(bytes)
            && let Ok(read) = EntryProof::read(&changed)
            && read.check(&key).is_ok()
        {
            let same = (read.index, &read.leaf, &read.path) == (1, &proof.leaf, &proof.path);
            assert!(same, "byte {at} changed what is proven");
        }
    }
    let other = Verifier::from_vkey(&desk.store.verifier_key(&store::msp_journal())).unwrap();
    assert!(matches!(proof.check(&other), Err(ProofError::Checkpoint(_))));
    let moved = EntryProof { index: 2, ..proof.clone() };
    assert_eq!(moved.check(&key), Err(ProofError::NotIncluded(2, 6)));
    for bad in [
        "",
        "{}",
        "no proof",
        "c2sp.org/tlog-proof@v1\nindex 1\n\nx",
        "c2sp.org/tlog-proof@v1\nextra AA==\nindex 01\n\nx",
    ] {
        assert!(matches!(EntryProof::read(bad), Err(ProofError::Malformed(_))), "{bad:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_proven_is_refused_with_the_reason() {
    if on_postgres() {
        return;
    }
    let desk = journal().await;
    let none = desk.store.prove_entry(&acme(), 6).await;
    assert!(
        matches!(none, Err(StoreError::NotFound(why)) if why.contains("no checkpoint of acme"))
    );
    let mut conn = tamperer(desk.dir.path()).await;
    run(&mut conn, "UPDATE entries SET tier = 'low' WHERE seq = 1").await.unwrap();
    let Err(StoreError::Broken(why)) = desk.store.prove_entry(&acme(), 1).await else { panic!() };
    assert!(why.contains("entry 1 of acme") && why.contains("journal verify"), "{why}");
}

#[tokio::test]
async fn of_an_erased_entry_only_the_hash_is_shown() {
    if on_postgres() {
        return;
    }
    let desk = journal().await;
    let mut conn = raw(desk.dir.path()).await;
    run(&mut conn, "DELETE FROM entry_private WHERE seq = 1").await.unwrap();
    let proof = desk.store.prove_entry(&acme(), 1).await.unwrap();
    assert!(matches!(proof.leaf, ShownLeaf::Hash(_)));
    for text in [proof.to_text(), proof.to_json().to_string()] {
        let read = EntryProof::read(&text).unwrap();
        assert_eq!((&read, read.entry()), (&proof, None));
        read.check(&key(&desk.store)).unwrap();
    }
}

#[test]
fn only_verifier_keys_of_the_right_kind_are_read() {
    let good = "witness.example/w1";
    let witness = Witness::new(good);
    assert_eq!(Cosigner::from_vkey(&witness.vkey(4)).unwrap().name(), good);
    Verifier::from_vkey(&witness.vkey(1)).unwrap();
    assert!(Cosigner::from_vkey(&witness.vkey(1)).is_err());
    assert!(Verifier::from_vkey(&witness.vkey(4)).is_err());
    let vkey = witness.vkey(4);
    for bad in [
        "",
        "a",
        "a+b",
        "a+b+c",
        "+00000000+AAAA",
        &vkey[..vkey.len() - 4],
        &vkey.replacen("w1", "w2", 1),
    ] {
        assert!(Cosigner::from_vkey(bad).is_err(), "{bad}");
    }
}

/// A witness's key, written after the specification.
struct Witness {
    name: &'static str,
    key: SigningKey,
}

impl Witness {
    fn new(name: &'static str) -> Witness {
        Witness { name, key: SigningKey::from_bytes(&[7; 32]) }
    }

    fn id(&self, kind: u8) -> [u8; 4] {
        let key = self.key.verifying_key();
        let hash = Sha256::digest([self.name.as_bytes(), b"\n", &[kind], key.as_bytes()].concat());
        hash[..4].try_into().unwrap()
    }

    fn vkey(&self, kind: u8) -> String {
        let key = [&[kind][..], self.key.verifying_key().as_bytes()].concat();
        format!("{}+{}+{}", self.name, hex::encode(self.id(kind)), STANDARD.encode(key))
    }

    fn cosign(&self, note: &str, time: u64) -> String {
        let body = note.split_once("\n\n").unwrap().0;
        let message = format!("cosignature/v1\ntime {time}\n{body}\n");
        let signature = self.key.sign(message.as_bytes()).to_bytes();
        let bytes = [&self.id(4)[..], &time.to_be_bytes(), &signature].concat();
        format!("\u{2014} {} {}", self.name, STANDARD.encode(bytes))
    }
}

#[tokio::test]
async fn a_cosignature_is_checked_kept_and_shown_in_proofs() {
    let desk = journal().await;
    let witness = Witness::new("witness.example/w1");
    let cosigner = Cosigner::from_vkey(&witness.vkey(4)).unwrap();
    let note = desk.store.checkpoint(&acme()).await.unwrap().unwrap();
    let line = witness.cosign(&note, 1_679_315_147);
    let answer = format!("\u{2014} witness.example/w0 AAAA\n{line}\n");
    assert_eq!(cosigner.find(&note, &answer), Some((line.clone(), 1_679_315_147)));
    assert_eq!(cosigner.find(&note.replacen("\n6\n", "\n7\n", 1), &answer), None);
    assert_eq!(cosigner.find(&note, &note), None, "our own signature is none of a witness");
    let late = Witness { name: "witness.example/w1", key: SigningKey::from_bytes(&[8; 32]) };
    assert_eq!(cosigner.find(&note, &late.cosign(&note, 1)), None);

    let put = |size| desk.store.put_cosignature(&ACME, size, witness.name, &line, T0);
    assert_eq!(desk.store.cosigned_size(&acme(), witness.name).await, Ok(0));
    put(6).await.unwrap();
    put(6).await.unwrap();
    assert_eq!(desk.store.cosigned_size(&acme(), witness.name).await, Ok(6));
    assert_eq!(desk.store.cosigned_size(&acme(), "another").await, Ok(0));
    let proof = desk.store.prove_entry(&acme(), 3).await.unwrap();
    assert_eq!(proof.checkpoint, format!("{note}{line}\n"));
    check_elsewhere(&proof.to_text(), &desk.store.verifier_key(&acme()));
    assert!(cosigner.find(&proof.checkpoint, &proof.checkpoint).is_some());
}

static ACME: std::sync::LazyLock<domain::ClientId> = std::sync::LazyLock::new(acme);

#[test]
fn the_request_to_a_witness_is_that_of_the_specification() {
    let note = "log\n1\nAAA=\n\n\u{2014} log BBB=\n";
    assert_eq!(add_checkpoint(0, &[], note), format!("old 0\n\n{note}"));
    let zeros = STANDARD.encode([0; 32]);
    assert_eq!(
        add_checkpoint(7, &[[0; 32], [0; 32]], note),
        format!("old 7\n{zeros}\n{zeros}\n\n{note}")
    );
}

#[test]
fn a_file_of_many_notes_is_read_with_and_without_lines_between() {
    let note = |n| format!("log/a\n{n}\nAAA=\n\n\u{2014} log/a BBB=\n\u{2014} w CCC=\n");
    let all = [note(1), note(2), note(3)];
    assert_eq!(split_notes(&all.concat()), all);
    assert_eq!(split_notes(&all.join("\n\n")), all);
    assert_eq!(split_notes(&format!("\n\n{}", all[0])), all[..1]);
    assert!(split_notes("\n").is_empty());
    assert_eq!(split_notes("torn\n").len(), 1, "a torn one is not left out");
}

#[tokio::test]
async fn a_rollback_and_a_fork_are_found_by_what_a_witness_kept() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    desk.store.close().await;
    let backup = tempfile::tempdir().unwrap();
    copy_folder(desk.dir.path(), backup.path());
    let mut kept = String::new();
    for version in 1..4 {
        let store = open(desk.dir.path()).await;
        kept += &store.checkpoint(&acme()).await.unwrap().unwrap();
        add(&store, case, version).await.unwrap();
        store.close().await;
    }
    let store = open(desk.dir.path()).await;
    let notes = store.witnessed(&kept).unwrap();
    assert_eq!(notes[&acme()].len(), 3);
    let report = store.verify_witnessed(&acme(), &notes[&acme()]).await.unwrap();
    assert!(report.is_clean(), "{report:?}");

    let old = open(backup.path()).await;
    let report = old.verify_witnessed(&acme(), &notes[&acme()]).await.unwrap();
    let texts: Vec<&str> = report.problems.iter().map(|p| p.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "rollback: a witnessed checkpoint says 2 entries; only 1 are left",
            "rollback: a witnessed checkpoint says 3 entries; only 1 are left",
        ]
    );
    for version in 1..4 {
        add(&old, case, version).await.unwrap();
    }
    let report = old.verify_witnessed(&acme(), &notes[&acme()]).await.unwrap();
    let texts: Vec<&str> = report.problems.iter().map(|p| p.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "fork: a witnessed checkpoint at size 2 says another history",
            "fork: a witnessed checkpoint at size 3 says another history",
        ]
    );
    for nothing in ["", "no note", "other.example/acme\n1\nAAA=\n\n\u{2014} x y\n"] {
        assert!(matches!(store.witnessed(nothing), Err(StoreError::NotFound(_))), "{nothing:?}");
    }
}

#[tokio::test]
async fn verifying_looks_at_the_stored_subtrees_too() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let notes = (1..600).map(|n| note(&format!("entry {n}"))).collect();
    desk.store.append(append(case, 1, notes)).await.unwrap();
    assert_eq!(desk.store.fill_tiles(&acme()).await, Ok(2));
    assert_eq!(assert_clean(&desk.store, &acme()).await, 600);
    let mut conn = tamperer(desk.dir.path()).await;
    for sql in [
        "UPDATE subtrees SET root = zeroblob(32) WHERE n = 1",
        "UPDATE subtrees SET hashes = zeroblob(8192) WHERE n = 1",
        "UPDATE subtrees SET level = 1 WHERE n = 1",
        "UPDATE subtrees SET n = 2 WHERE n = 1",
        "UPDATE subtrees SET hashes = (SELECT hashes FROM subtrees WHERE n = 0) WHERE n = 1",
    ] {
        run(&mut conn, "BEGIN").await.unwrap();
        run(&mut conn, sql).await.unwrap();
        run(&mut conn, "COMMIT").await.unwrap();
        let report = desk.store.verify(&acme(), None).await.unwrap();
        assert_eq!(report.problems.len(), 1, "{sql}: {report:?}");
        assert!(report.problems[0].text.contains("the stored subtree"), "{report:?}");
        run(&mut conn, "DELETE FROM subtrees WHERE n > 0").await.unwrap();
        assert_eq!(desk.store.fill_tiles(&acme()).await, Ok(1), "{sql}");
        assert_clean(&desk.store, &acme()).await;
    }
}

#[tokio::test]
async fn a_number_that_is_none_is_found_where_entries_are_read_fast() {
    if on_postgres() {
        return;
    }
    let desk = journal().await;
    let mut conn = tamperer(desk.dir.path()).await;
    for (value, back) in [("'none'", 5), ("4.5", 5), ("-3", 0), ("9223372036854775807", 5)] {
        let sql = format!("UPDATE entries SET seq = {value} WHERE seq = {back}");
        assert_eq!(run(&mut conn, &sql).await.unwrap(), 1);
        let report = desk.store.verify(&acme(), None).await.unwrap();
        assert!(!report.is_clean(), "{value}");
        let sql = format!("UPDATE entries SET seq = {back} WHERE seq = {value}");
        assert_eq!(run(&mut conn, &sql).await.unwrap(), 1);
        assert_clean(&desk.store, &acme()).await;
    }
    // Of another type, with the same bytes: nothing else can read it.
    run(&mut conn, "UPDATE entries SET kind = CAST(kind AS BLOB) WHERE seq = 2").await.unwrap();
    let report = desk.store.verify(&acme(), None).await.unwrap();
    assert_eq!((report.problems[0].seq, report.problems.len() > 1), (Some(2), true), "{report:?}");
    let what = "tail after a zero byte";
    run(&mut conn, "UPDATE entries SET kind = CAST(kind AS TEXT) WHERE seq = 2").await.unwrap();
    assert_clean(&desk.store, &acme()).await;
    run(&mut conn, "UPDATE entries SET kind = kind || char(0) || 'x' WHERE seq = 2").await.unwrap();
    assert!(!desk.store.verify(&acme(), None).await.unwrap().is_clean(), "{what}");
}

/// Reading many entries as one text must not let one entry pass for two.
#[tokio::test]
async fn an_entry_that_holds_the_text_of_the_next_is_found() {
    if on_postgres() {
        return;
    }
    let desk = journal().await;
    let mut conn = tamperer(desk.dir.path()).await;
    let row = "typeof(e.seq) || e.seq || char(31) || typeof(e.at_ms) || e.at_ms || char(31)
        || typeof(case_id) || case_id || char(31) || typeof(actor) || actor || char(31)";
    let swallow = format!(
        "UPDATE entries SET kind = kind || char(31)
           || (SELECT {row} FROM entries e WHERE e.seq = 3) WHERE seq = 2"
    );
    run(&mut conn, &swallow).await.unwrap();
    assert!(!desk.store.verify(&acme(), None).await.unwrap().is_clean());
    run(&mut conn, "DELETE FROM entries WHERE seq = 3").await.unwrap();
    let report = desk.store.verify(&acme(), None).await.unwrap();
    assert!(
        report.problems.iter().any(|p| p.text == "entry 3 is missing or out of order"),
        "{report:?}"
    );
}
