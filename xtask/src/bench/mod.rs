//! Benchmarks. Each writes its figures, its peer or floor measured in the same session, and the
//! ratio; a figure without something to hold it against says little.

mod approvers;
mod gate;
mod hijack;
mod journal;
mod learning;
mod opinions;
mod proofs;
mod recognise;
mod scale;
mod start;
mod steps;
mod throughput;

use crate::process::root;
use serde_json::{Value, json};

struct Bench {
    name: &'static str,
    what: &'static str,
    run: fn() -> Result<Value, String>,
}

const ALL: [Bench; 12] = [
    Bench {
        name: "approvers",
        what: "who approves what, learned from drawn histories; beside the hidden rules (simulated)",
        run: approvers::run,
    },
    Bench {
        name: "gate",
        what: "time per decision; beside cedar-policy, regorus and cel doing the same policy",
        run: gate::run,
    },
    Bench {
        name: "hijack",
        what: "effects that a hijacked brain has without a right; beside benign requests unharmed",
        run: hijack::run,
    },
    Bench {
        name: "journal",
        what: "durable journal appends per second; floor: one write and fsync of the same bytes",
        run: journal::run,
    },
    Bench {
        name: "learning",
        what: "routing and risks learned from a history; beside scikit-learn on the same split",
        run: learning::run,
    },
    Bench {
        name: "opinions",
        what: "disagreements of the gate with its law as Cedar policies, on random inputs",
        run: opinions::run,
    },
    Bench {
        name: "proofs",
        what: "time per proof and entries verified per second; floors: one query, hashing in memory",
        run: proofs::run,
    },
    Bench {
        name: "recognise",
        what: "requests recognised, abstained on and read per second; real tickets where they are",
        run: recognise::run,
    },
    Bench {
        name: "scale",
        what: "cost of a case and memory of a client as they grow; floor: the smallest installation",
        run: scale::run,
    },
    Bench {
        name: "start",
        what: "time from start to the first answer, and idle memory; floor: the same binary's --version",
        run: start::run,
    },
    Bench {
        name: "steps",
        what: "one approval step, request to grant; beside DBOS and Restate doing the same",
        run: steps::run,
    },
    Bench {
        name: "throughput",
        what: "tickets closed per second, one node and three; floor: the disk's fsyncs per second",
        run: throughput::run,
    },
];

pub(crate) fn list() -> Result<(), String> {
    for bench in ALL {
        println!("{:12}{}", bench.name, bench.what);
    }
    Ok(())
}

/// Runs one, prints its figures and writes them to the file.
pub(crate) fn run(name: &str, file: Option<&str>) -> Result<(), String> {
    let Some(bench) = ALL.into_iter().find(|b| b.name == name) else {
        let names = ALL.map(|b| b.name).join(", ");
        return Err(format!("no benchmark is named {name:?}; there are {names}"));
    };
    let mut figures = (bench.run)()?;
    figures["bench"] = json!(bench.name);
    figures["cores"] = json!(std::thread::available_parallelism().map_or(0, usize::from));
    let text = format!("{figures:#}\n");
    print!("{text}");
    if let Some(file) = file {
        // Relative to where it was called, not to the root.
        std::fs::write(file, text).map_err(|e| format!("{file} cannot be written: {e}"))?;
    }
    Ok(())
}

/// The JSON object that an example prints; anything before it is for people.
fn figures(printed: &str) -> Result<Value, String> {
    let start = printed.find('{').ok_or("the benchmark printed no JSON object")?;
    let value: Value = serde_json::from_str(&printed[start..])
        .map_err(|e| format!("the benchmark printed no JSON object: {e}"))?;
    if value.is_object() { Ok(value) } else { Err("the benchmark printed no JSON object".into()) }
}

/// How much to do: what the environment asks for, else all of it.
fn wanted(all: u64) -> Result<u64, String> {
    match std::env::var("JOURNEYMAN_BENCH_N") {
        Ok(text) => text
            .parse()
            .map_err(|_| format!("JOURNEYMAN_BENCH_N is {text:?}; a whole number is wanted")),
        Err(_) => Ok(all),
    }
}

/// A data set beside the repository, or in the folder that `JOURNEYMAN_SHARED` names, where there is one.
fn data(name: &str) -> Option<std::path::PathBuf> {
    let shared = std::env::var_os("JOURNEYMAN_SHARED").unwrap_or_else(|| "../shared".into());
    let file = root().join(shared).join("data").join(name);
    file.is_file().then_some(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn figures_are_the_json_object_after_what_is_for_people() {
        assert_eq!(figures("read 5 tickets\n{\"n\": 5}\n").unwrap(), json!({"n": 5}));
        for bad in ["", "done", "{\"n\": 5} and more", "{\"n\""] {
            assert!(figures(bad).unwrap_err().contains("no JSON object"), "{bad}");
        }
    }

    #[test]
    fn an_unknown_benchmark_is_answered_with_the_known_ones() {
        assert!(run("speed", None).unwrap_err().contains(
            "approvers, gate, hijack, journal, learning, opinions, proofs, recognise, scale, start, steps"
        ));
    }
}
