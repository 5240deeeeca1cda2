//! Everything that has to hold before a change lands. CI runs exactly this.

use crate::labs::{self, Labs};
use crate::patroni::Patroni;
use crate::process::{self, cargo, exists, target_dir};
use crate::{demo_summary, tidy, tools};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const DEMO_TICKETS: u64 = 300;
const DEMO_SEED: u64 = 7;

enum End {
    Passed(String),
    Failed(String),
    Skipped(String),
}

#[derive(Default)]
struct Steps {
    done: Vec<(&'static str, Duration, End)>,
}

impl Steps {
    fn step(&mut self, name: &'static str, act: impl FnOnce() -> Result<String, String>) {
        println!("\n== {name}");
        let start = Instant::now();
        let end = match act() {
            Ok(text) => End::Passed(text),
            Err(text) => End::Failed(text),
        };
        self.note(name, start.elapsed(), end);
    }

    fn skip(&mut self, name: &'static str, why: &str) {
        println!("\n== {name}");
        // In CI a step that does not run is a step that failed.
        let end = match std::env::var_os("CI") {
            Some(_) => End::Failed(format!("skipped, and CI skips nothing: {why}")),
            None => End::Skipped(why.into()),
        };
        self.note(name, Duration::ZERO, end);
    }

    fn note(&mut self, name: &'static str, took: Duration, end: End) {
        let s = took.as_secs_f64();
        match &end {
            End::Passed(text) if text.is_empty() => println!("== {name}: passed in {s:.1} s"),
            End::Passed(text) => println!("== {name}: passed in {s:.1} s. {text}"),
            End::Failed(text) => println!("== {name}: FAILED after {s:.1} s. {}", text.trim_end()),
            End::Skipped(why) => println!("== {name}: SKIPPED. {why}"),
        }
        self.done.push((name, took, end));
    }

    fn conclude(self) -> Result<(), String> {
        println!("\n== verify");
        let (mut failed, mut skipped) = (Vec::new(), Vec::new());
        for (name, took, end) in &self.done {
            let (word, text) = match end {
                End::Passed(text) => ("passed", text),
                End::Failed(text) => {
                    failed.push(*name);
                    ("FAILED", text)
                }
                End::Skipped(text) => {
                    skipped.push(*name);
                    ("SKIPPED", text)
                }
            };
            let first = text.lines().next().unwrap_or_default();
            let line = format!("{name:12} {word:8} {:7.1} s  {first}", took.as_secs_f64());
            println!("{}", line.trim_end());
        }
        let total: Duration = self.done.iter().map(|(_, took, _)| *took).sum();
        let without = match skipped.is_empty() {
            true => String::new(),
            false => format!(", WITHOUT {}", skipped.join(", ")),
        };
        if failed.is_empty() {
            println!("verify: passed in {:.0} s{without}", total.as_secs_f64());
            return Ok(());
        }
        Err(format!("verify: FAILED in {}{without}", failed.join(", ")))
    }
}

pub(crate) fn run() -> Result<(), String> {
    let mut steps = Steps::default();
    steps.step("format", || quiet(process::run(cargo().args(["fmt", "--all", "--check"]))));
    steps.step("tidy", || quiet(tidy::run()));
    steps.step("clippy", || {
        let args = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            "server/bench",
            "--",
            "-D",
            "warnings",
        ];
        quiet(process::run(cargo().args(args)))
    });
    let labs = start_labs(&mut steps);
    let patroni = start_patroni(&mut steps, labs.is_some());
    let tools = install_tools(&mut steps);
    let postgres = labs.as_ref().map(Labs::postgres).transpose()?;
    steps.step("tests", || {
        let mut command = cargo();
        command.args(["test", "--workspace", "--no-fail-fast"]);
        if let Some(labs) = &labs {
            let (name, file) = labs.env();
            command.env(name, file);
        }
        if let Some((name, dir)) = patroni.as_ref().map(Patroni::env) {
            command.env(name, dir);
        }
        if let Some((name, file)) = &tools {
            command.env(name, file);
        }
        if let Some((name, url)) = &postgres {
            command.env(name, url);
        }
        quiet(process::run(&mut command))
    });
    if let Some(patroni) = patroni {
        steps.step("patroni down", || quiet(patroni.stop()));
    }
    if let Some((name, url)) = &postgres {
        // The suite of the store once more, on the other database.
        steps.step("postgres", || {
            let mut command = process::program(process::test_program("store", "it")?);
            command.current_dir(process::root().join("crates/store"));
            command.env(name, url).env("JOURNEYMAN_TEST_STORE", "postgres");
            quiet(process::run(&mut command))
        });
    }
    steps.step("simulation", simulation);
    steps.step("demo", demo);
    if exists("cargo-deny") {
        // Advisories need the advisory database from the network; the rest needs nothing.
        let args = ["deny", "--offline", "check", "bans", "licenses", "sources"];
        steps.step("deny", || quiet(process::run(cargo().args(args))));
    } else {
        let why = "cargo-deny is not installed; tidy has checked licences and sources by itself";
        steps.note("deny", Duration::ZERO, End::Skipped(why.into()));
    }
    if let Some(labs) = labs {
        steps.step("labs down", || quiet(labs.stop()));
    }
    steps.conclude()
}

/// Worlds that are lived through: nodes that end, disks that are full, answers that are lost. More of
/// them, and storms, by the commands of docs/simulation.md.
const SEEDS: u64 = 10_000;

fn simulation() -> Result<String, String> {
    let mut command = cargo();
    command.args([
        "test",
        "--workspace",
        "--bin",
        "journeyman",
        "--",
        "--nocapture",
        "sim::whatever",
    ]);
    if std::env::var_os("JOURNEYMAN_SIM_SEEDS").is_none() {
        command.env("JOURNEYMAN_SIM_SEEDS", SEEDS.to_string());
    }
    quiet(process::run(&mut command))
}

fn start_labs(steps: &mut Steps) -> Option<Labs> {
    if !labs::possible() {
        let why = "no apt-get here, so the real directory and help desk cannot be installed; \
                   their tests do not run";
        steps.skip("labs up", why);
        return None;
    }
    let mut started = None;
    steps.step("labs up", || {
        let labs = Labs::start()?;
        let described = labs.check();
        started = Some(labs);
        quiet(described)
    });
    started
}

/// After the labs, which installed what it needs.
fn start_patroni(steps: &mut Steps, labs: bool) -> Option<Patroni> {
    if !labs {
        steps.skip("patroni up", "the labs are not up; the test that kills a primary does not run");
        return None;
    }
    let mut started = None;
    steps.step("patroni up", || {
        started = Some(Patroni::start()?);
        Ok(String::new())
    });
    started
}

fn install_tools(steps: &mut Steps) -> Option<(&'static str, PathBuf)> {
    if !tools::possible() {
        let why = "no apt-get here, so the MCP inspector, the MCP conformance suite and schemathesis \
                   cannot be installed; their test does not run";
        steps.skip("tools", why);
        return None;
    }
    let mut found = None;
    steps.step("tools", || {
        found = Some(tools::install()?);
        Ok(String::new())
    });
    found
}

fn demo() -> Result<String, String> {
    let file = target_dir().join("verify-demo.json");
    // An old summary must not pass for a new one.
    if let Err(e) = std::fs::remove_file(&file)
        && e.kind() != std::io::ErrorKind::NotFound
    {
        return Err(format!("{} cannot be removed: {e}", file.display()));
    }
    let (tickets, seed) = (DEMO_TICKETS.to_string(), DEMO_SEED.to_string());
    // Built with the features of the whole workspace, as the tests are: nothing is built twice.
    process::run(cargo().args(["test", "--workspace", "--no-run"]))?;
    let name = format!("journeyman{}", std::env::consts::EXE_SUFFIX);
    let mut command = process::program(target_dir().join("debug").join(name));
    command.args(["demo", "--headless"]);
    command.args(["--tickets", &tickets, "--seed", &seed, "--json"]).arg(&file);
    process::run(&mut command)?;
    let summary = std::fs::read_to_string(&file)
        .map_err(|e| format!("the demo ended well but {} cannot be read: {e}", file.display()))?;
    demo_summary::check(&summary, DEMO_TICKETS)
}

fn quiet(done: Result<(), String>) -> Result<String, String> {
    done.map(|()| String::new())
}
