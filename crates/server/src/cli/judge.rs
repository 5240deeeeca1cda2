//! `journeyman judge --explain FILE`: the gate, offline.

use super::CliResult;
use domain::{Facts, UnixMs};
use gate::{Policy, Request, judge};
use serde::Deserialize;
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// JSON with `policy` (absent: none), `request` and `facts`, and `now` in milliseconds since the
    /// Unix epoch (absent: when the newest fact was read).
    #[arg(long, value_name = "FILE")]
    explain: PathBuf,
    /// Print the verdict as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    policy: Option<Policy>,
    request: Request,
    facts: Facts,
    #[serde(default)]
    now: Option<UnixMs>,
}

pub(crate) fn run(args: Args) -> CliResult {
    let path = args.explain.display();
    let text =
        std::fs::read_to_string(&args.explain).map_err(|e| format!("cannot read {path}: {e}"))?;
    let input: Input = serde_json::from_str(&text)
        .map_err(|e| format!("{path}: {e}; docs/judge-example.json shows the form"))?;
    let now = input.now.unwrap_or_else(|| newest(&input.facts));
    let sentence = input.request.action.sentence();
    let policy = match &input.policy {
        None => Err("no policy was given".to_owned()),
        Some(policy) => policy.compile().map_err(|e| e.to_string()),
    };
    let verdict = judge(crate::policy::by(&policy), input.request, &input.facts, now);
    let record = verdict.record();
    if args.json {
        println!("{}", serde_json::to_string_pretty(record)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{sentence}");
    println!("{} → {} (policy {})", record.tier, record.follows.name(), record.policy_version);
    println!("digest {}", record.digest);
    for f in &record.findings {
        println!("  {:<8} {:<20} {}: {}", f.minimum.name(), f.code, f.assessor, f.because);
    }
    Ok(ExitCode::SUCCESS)
}

fn newest(facts: &Facts) -> UnixMs {
    fn at<T>(fact: &domain::Fact<T>) -> Option<UnixMs> {
        match fact {
            domain::Fact::Known(k) => Some(k.read_at),
            domain::Fact::Missing(_) => None,
        }
    }
    [
        at(&facts.requester),
        at(&facts.relation),
        at(&facts.target),
        at(&facts.group),
        at(&facts.volume),
        at(&facts.brain),
        at(&facts.ticket),
        at(&facts.mailbox),
        at(&facts.devices),
        at(&facts.patch),
        at(&facts.fleet),
        at(&facts.script),
        at(&facts.cost),
        at(&facts.breaker),
        at(&facts.undo),
    ]
    .into_iter()
    .flatten()
    .max()
    .unwrap_or_default()
}
