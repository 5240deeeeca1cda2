//! One approval step of ours beside the same step in DBOS and in Restate: request, durable decision,
//! woken, granted. All wait for the same disk, one after the other in one run.

use super::{figures, wanted};
use crate::process::{cargo, output, program, run as run_command, target_dir};
use serde_json::{Value, json};

/// How many are outstanding at once.
const OUTSTANDING: [&str; 2] = ["1", "64"];
/// Times faster that we want to be.
const AIM: f64 = 20.0;

/// The server with the feature `bench`.
pub(super) fn server() -> Result<std::path::PathBuf, String> {
    let build =
        ["build", "--release", "-p", "server", "--bin", "journeyman", "--features", "bench"];
    run_command(cargo().args(build))?;
    Ok(target_dir().join("release/journeyman"))
}

pub(super) fn run() -> Result<Value, String> {
    let steps = wanted(500)?.to_string();
    let binary = server()?;
    let dir = target_dir().join("peers");
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let mut ours = vec!["bench".to_owned(), "steps".into(), "--steps".into(), steps.clone()];
    ours.extend(["--dir".into(), dir.display().to_string()]);
    ours.extend(OUTSTANDING.iter().flat_map(|n| ["--outstanding".to_owned(), (*n).to_owned()]));
    let sqlite = figures(&output(program(&binary).args(&ours))?)?;
    // The PostgreSQL that DBOS was measured on is there only while the script runs.
    let after =
        format!("{} {} --database JOURNEYMAN_BENCH_POSTGRES", binary.display(), ours.join(" "));
    let peers = output(
        program("bash")
            .arg("labs/peers/steps.sh")
            .arg(&dir)
            .arg(&steps)
            .args(OUTSTANDING)
            .env("SHELL_AFTER", after),
    )?;
    Ok(compare(sqlite, figures(&peers)?))
}

/// Each peer beside what of ours stands on the same kind of store.
fn compare(sqlite: Value, mut peers: Value) -> Value {
    let postgres = peers["after"].take();
    let mut ratios = json!({});
    let pairs = [("dbos_sqlite", &sqlite), ("dbos_postgres", &postgres), ("restate", &sqlite)];
    let mut least = f64::INFINITY;
    for (peer, ours) in pairs {
        for outstanding in OUTSTANDING.map(|n| format!("outstanding_{n}")) {
            let of = |side: &Value, what: &str| side[&outstanding][what].as_f64();
            let ratio = |what: &str| Some((of(&peers[peer], what)?, of(ours, what)?));
            let Some((theirs, our)) = ratio("request_to_granted_p50_ms") else { continue };
            let slower = theirs / our;
            least = least.min(slower);
            ratios[peer][&outstanding]["request_to_granted_p50"] = json!(slower);
            ratios[peer][&outstanding]["decision_to_granted_p50"] =
                json!(ratio("decision_to_granted_p50_ms").map(|(theirs, our)| theirs / our));
            ratios[peer][&outstanding]["per_s"] =
                json!(ratio("per_s").map(|(theirs, our)| our / theirs));
        }
    }
    let missing = peers["missing"].take();
    let complete = missing.as_object().is_some_and(serde_json::Map::is_empty);
    if let Some(all) = peers.as_object_mut() {
        all.remove("after");
        all.remove("missing");
    }
    json!({
        "ours": { "sqlite": sqlite, "postgres": postgres },
        "peers": peers,
        "not_measured": missing,
        "times_faster": ratios,
        "aim": { "times_faster": AIM, "least": least, "met": complete && least >= AIM },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn figures(ms: f64, per_s: f64) -> Value {
        let one = json!({
            "request_to_granted_p50_ms": ms, "decision_to_granted_p50_ms": ms / 2.0, "per_s": per_s,
        });
        json!({ "outstanding_1": one, "outstanding_64": one })
    }

    #[test]
    fn a_peer_is_compared_with_our_store_of_its_kind() {
        let peers = json!({
            "dbos_sqlite": figures(100.0, 10.0), "dbos_postgres": figures(40.0, 20.0),
            "restate": figures(50.0, 5.0), "after": figures(4.0, 200.0), "missing": {},
        });
        let all = compare(figures(2.0, 400.0), peers);
        let times = &all["times_faster"];
        assert_eq!(times["dbos_sqlite"]["outstanding_1"]["request_to_granted_p50"], 50.0);
        assert_eq!(times["dbos_sqlite"]["outstanding_64"]["per_s"], 40.0);
        assert_eq!(times["dbos_postgres"]["outstanding_1"]["request_to_granted_p50"], 10.0);
        assert_eq!(all["aim"], json!({ "times_faster": 20.0, "least": 10.0, "met": false }));
    }

    #[test]
    fn the_aim_is_not_met_without_every_peer() {
        let peers = json!({
            "restate": figures(500.0, 5.0), "after": figures(4.0, 200.0),
            "missing": { "dbos_sqlite": "no pip" },
        });
        let all = compare(figures(2.0, 400.0), peers);
        assert_eq!(all["aim"]["met"], false);
        assert_eq!(all["not_measured"]["dbos_sqlite"], "no pip");
    }
}
