//! `cargo xtask`: the project's own commands. `cargo verify` is what CI runs, and nothing else.

mod bench;
mod demo_summary;
mod guard;
mod labs;
mod patroni;
mod process;
mod tidy;
mod tools;
mod verify;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  verify                    format, tidy, lints, labs, every test, a demo run: what CI runs
  tidy                      the rules of ARCHITECTURE.md that a text search can hold
  labs up|down [DIR]        start or stop the real systems that connectors are tested against
  bench                     list the benchmarks
  bench NAME [--json FILE]  run one; write its figures, its floor and the ratio
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["verify"] => verify::run(),
        ["tidy"] => tidy::run(),
        ["labs", "up"] => labs::up(None),
        ["labs", "up", dir] => labs::up(Some(dir)),
        ["labs", "down"] => labs::down(None),
        ["labs", "down", dir] => labs::down(Some(dir)),
        ["bench"] => bench::list(),
        ["bench", name] => bench::run(name, None),
        ["bench", name, "--json", file] => bench::run(name, Some(file)),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{}", text.trim_end());
            ExitCode::FAILURE
        }
    }
}
