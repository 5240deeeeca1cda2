//! `journeyman journal prove` and `journal check-proof`: one entry, proven to somebody who has no access.

use super::CliResult;
use domain::ClientId;
use std::{io::Read as _, path::PathBuf, process::ExitCode};
use store::{Cosigner, EntryProof, ShownLeaf, Store, Verifier};

/// What to prove.
#[derive(Debug, clap::Args)]
pub(super) struct Prove {
    /// Whose journal.
    #[arg(long)]
    pub(super) client: String,
    /// Number of the entry, as `journal show` prints it.
    #[arg(long)]
    entry: u64,
    /// JSON instead of C2SP's tlog-proof text.
    #[arg(long)]
    json: bool,
}

/// What to check.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The proof, in either form; `-` reads standard input.
    file: PathBuf,
    /// The journal's verifier key, as `journal checkpoint` prints it.
    #[arg(long, value_name = "VKEY")]
    key: String,
    /// A witness's verifier key: its cosignature is required then.
    #[arg(long, value_name = "VKEY")]
    witness_key: Option<String>,
}

pub(super) async fn prove(store: &Store, client: &ClientId, args: &Prove) -> CliResult {
    let proof = store.prove_entry(client, args.entry).await?;
    match args.json {
        true => println!("{:#}", proof.to_json()),
        false => print!("{}", proof.to_text()),
    }
    eprintln!("checked with the key {}", store.verifier_key(client));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn check(args: &Check) -> CliResult {
    let key = Verifier::from_vkey(&args.key).map_err(|e| format!("--key: {e}"))?;
    let witness = args.witness_key.as_deref().map(Cosigner::from_vkey).transpose();
    let witness = witness.map_err(|e| format!("--witness-key: {e}"))?;
    let mut text = String::new();
    let read = match args.file.to_str() {
        Some("-") => std::io::stdin().read_to_string(&mut text).map(drop),
        _ => std::fs::read_to_string(&args.file).map(|read| text = read),
    };
    read.map_err(|e| format!("cannot read the proof {}: {e}", args.file.display()))?;
    let proof = EntryProof::read(&text)?;
    let signed = proof.check(&key)?;
    println!(
        "proven: entry {} of {}, which has {} entries",
        proof.index, signed.origin, signed.size
    );
    if let Some(witness) = witness {
        let (_, time) = witness.find(&proof.checkpoint, &proof.checkpoint).ok_or_else(|| {
            format!("the checkpoint has no valid cosignature by {}", witness.name())
        })?;
        let at = i64::try_from(time).unwrap_or(i64::MAX).saturating_mul(1_000);
        println!("witnessed by {} at {}", witness.name(), domain::UnixMs(at));
    }
    match (&proof.leaf, proof.entry()) {
        (ShownLeaf::Bytes(_), Some(entry)) => println!("{:#}", serde_json::to_value(&entry)?),
        _ => println!("its personal data was erased; leaf hash only"),
    }
    Ok(ExitCode::SUCCESS)
}
