//! Learning from a history beside scikit-learn on the same split. The example in the technician measures; real
//! data are not part of the repository, so without them it measures on the starter history.

use super::{data, figures};
use crate::process::{cargo, output, program, run as run_command, target_dir};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

mod vectors;

const TICKETS: &str = "it_tickets.csv";
const INCIDENTS: &str = "servicenow_incident_log.csv.gz";
/// The peer and what it stands on, each in one exact version.
const PYTHON: &[&str] = &["scikit-learn==1.9.1"];
/// Times faster that we want to be, in processor time: the machine may be busy, and our two threads count twice.
const TRAIN_AIM: f64 = 20.0;
const PREDICT_AIM: f64 = 50.0;
/// Accuracy, macro-F1, calibration error at most, share decided; and accuracy for Level 1.
const AIMS: [(&str, f64); 4] =
    [("accuracy", 0.83), ("macro_f1", 0.64), ("ece", 0.02), ("decided_at_95", 0.60)];
const LEVEL_1_AIM: f64 = 0.885;

pub(super) fn run() -> Result<Value, String> {
    let dir = target_dir().join("learning");
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let split = dir.join("split.json");
    let tickets = data(TICKETS);
    if tickets.is_none() {
        println!("no {TICKETS} beside the repository: on the starter history");
    }
    let embeddings = vectors::of(&dir, || learning(tickets.as_deref()))?;
    let mut command = learning(tickets.as_deref());
    command.arg("--split").arg(&split);
    match &embeddings {
        Ok(v) => drop(command.arg("--texts").arg(&v.texts).arg("--vectors").arg(&v.vectors)),
        Err(why) => println!("without embeddings: {why}"),
    }
    match data(INCIDENTS) {
        Some(file) => drop(command.arg("--incidents").arg(unpacked(&file, &dir)?)),
        None => println!("no {INCIDENTS} beside the repository: without risks at opening"),
    }
    let ours = figures(&output(&mut command)?)?;
    let peer = match python(&dir) {
        Ok(python) => figures(&output(program(python).arg("labs/peers/learning.py").arg(&split))?)?,
        Err(why) => {
            println!("scikit-learn is not measured: {why}");
            json!({ "missing": why })
        }
    };
    let mut all = compare(&ours, peer);
    all["real_tickets"] = json!(tickets.is_some());
    all["embeddings"] = match embeddings {
        Ok(v) => v.figures,
        Err(why) => json!({ "missing": why }),
    };
    Ok(all)
}

/// The example that measures, on these tickets.
fn learning(tickets: Option<&Path>) -> Command {
    let mut command = cargo();
    let example = ["run", "--release", "--quiet", "-p", "technician", "--example", "learning"];
    command.args(example).arg("--");
    if let Some(file) = tickets {
        command.arg("--tickets").arg(file);
    }
    command
}

/// The log without its compression.
fn unpacked(file: &Path, dir: &Path) -> Result<PathBuf, String> {
    let text = output(program("gzip").arg("-dc").arg(file))?;
    let out = dir.join("incidents.csv");
    std::fs::write(&out, text).map_err(|e| format!("cannot write {}: {e}", out.display()))?;
    Ok(out)
}

/// A Python with scikit-learn, installed below the target folder at the first run.
fn python(dir: &Path) -> Result<PathBuf, String> {
    let python = dir.join("venv/bin/python");
    let ready = dir.join("installed");
    if std::fs::read_to_string(&ready).is_ok_and(|text| text == PYTHON.join(" ")) {
        return Ok(python);
    }
    run_command(program("python3").args(["-m", "venv"]).arg(dir.join("venv")))?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
    ];
    run_command(program(&python).args(pip).args(PYTHON))?;
    std::fs::write(&ready, PYTHON.join(" "))
        .map_err(|e| format!("cannot write {}: {e}", ready.display()))?;
    Ok(python)
}

/// Each question beside the peer's answer, and the aims.
fn compare(ours: &Value, peer: Value) -> Value {
    let mut ratios = json!({});
    for (name, of) in ours["tickets"].as_object().into_iter().flatten() {
        let theirs = &peer[name.as_str()];
        let ratio = |a: &Value, b: &Value| Some(a.as_f64()? / b.as_f64()?);
        let pick = |what: &str| ratio(&of[what], &theirs[what]);
        ratios[name] = json!({
            "training_times_faster": ratio(&theirs["train_cpu_s"], &of["train_cpu_s"]),
            "training_times_faster_on_the_wall": ratio(&theirs["train_s"], &of["train_s"]),
            "prediction_times_faster": pick("predict_per_cpu_s"),
            "prediction_times_faster_on_the_wall": pick("predict_per_s"),
            "decided": ratio(&of["at_95"]["decided"], &theirs["at_95"]["decided"]),
            "errors": of["accuracy"].as_f64().zip(theirs["accuracy"].as_f64())
                .map(|(a, b)| (1.0 - a) / (1.0 - b)),
        });
    }
    json!({ "aims": aims(ours, &ratios), "ratios": ratios, "ours": ours, "scikit_learn": peer })
}

fn aims(ours: &Value, ratios: &Value) -> Value {
    let groups = &ours["tickets"]["groups_16"];
    let mut out = json!({});
    let mut add = |name: &str, aim: f64, got: Option<f64>, at_most: bool| {
        let met = got.map(|g| if at_most { g <= aim } else { g > aim });
        out[name] = json!({ "aim": aim, "got": got, "met": met });
    };
    for (name, aim) in AIMS {
        let got = if name == "decided_at_95" { &groups["at_95"]["decided"] } else { &groups[name] };
        add(name, aim, got.as_f64(), name == "ece");
    }
    add("level_1_accuracy", LEVEL_1_AIM, ours["tickets"]["level_1"]["accuracy"].as_f64(), false);
    let slowest = groups["updates"]["slowest_s"].as_f64();
    add("update_s", 1.0, slowest, true);
    let times = |what: &str| ratios["groups_16"][what].as_f64();
    add("training_times_faster", TRAIN_AIM, times("training_times_faster"), false);
    add("prediction_times_faster", PREDICT_AIM, times("prediction_times_faster"), false);
    for (name, of) in ours["incidents"].as_object().into_iter().flatten() {
        if let Some(aim) = of["aim"].as_f64() {
            add(&format!("auc_{name}"), aim, of["auc"].as_f64(), false);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn ratios_and_aims_come_from_the_same_question() {
        let ours = json!({
            "tickets": { "groups_16": {
                "train_cpu_s": 0.5, "predict_per_cpu_s": 60_000.0, "accuracy": 0.84, "macro_f1": 0.6, "ece": 0.01,
                "at_95": { "decided": 0.6 }, "updates": { "slowest_s": 0.1 },
            } },
            "incidents": { "present": true, "late": { "auc": 0.8, "aim": 0.766 } },
        });
        let peer = json!({ "groups_16": {
            "train_cpu_s": 20.0, "predict_per_cpu_s": 1_000.0, "accuracy": 0.8, "at_95": { "decided": 0.5 },
        } });
        let all = compare(&ours, peer);
        assert_eq!(all["ratios"]["groups_16"]["training_times_faster"], 40.0);
        assert_eq!(all["ratios"]["groups_16"]["prediction_times_faster"], 60.0);
        assert_eq!(all["aims"]["accuracy"]["met"], true);
        assert_eq!(all["aims"]["macro_f1"]["met"], false);
        assert_eq!(all["aims"]["ece"]["met"], true);
        assert_eq!(all["aims"]["auc_late"]["met"], true);
    }

    #[test]
    fn without_the_peer_or_real_tickets_no_aim_is_met() {
        let ours =
            json!({ "tickets": { "generated_intents": { "train_s": 1.0 } }, "incidents": {} });
        let all = compare(&ours, json!({ "missing": "no pip" }));
        assert_eq!(all["aims"]["training_times_faster"]["met"], Value::Null);
        assert_eq!(all["scikit_learn"]["missing"], "no pip");
    }
}
