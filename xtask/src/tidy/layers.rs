//! What each layer must not know: the pure crates no outside world, production no sandbox, nobody
//! but the store SQL.

use super::edges::links;
use super::tree::Tree;

/// Crates that know no clock, randomness, file, socket or environment.
const PURE: [&str; 4] = ["domain", "gate", "technician", "backtest"];

/// Packages that a pure crate does not link.
const IMPURE_PACKAGES: [&str; 14] = [
    "tokio",
    "sqlx",
    "reqwest",
    "rand",
    "getrandom",
    "axum",
    "hyper",
    "ldap3",
    "lettre",
    "fastrand",
    "async-std",
    "smol",
    "ureq",
    "rusqlite",
];

/// Names that a pure crate does not use.
const IMPURE_NAMES: [&str; 20] = [
    "tokio",
    "sqlx",
    "reqwest",
    "rand",
    "getrandom",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::io",
    "std::thread",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "println!",
    "eprintln!",
    "RandomState",
];

/// Threads that end before the call does change how long it takes, not what it gives.
const SCOPED_THREADS: &str = "std::thread::scope(";

/// Modules of `std` that must not come in by a list either, as in `use std::{fs, io};`.
const IMPURE_STD: [&str; 6] = ["fs", "env", "net", "process", "io", "thread"];

pub(super) fn pure_crates_stay_pure(tree: &Tree) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in PURE {
        let manifest = format!("crates/{name}/Cargo.toml");
        for package in links(tree.get(&manifest).unwrap_or_default()) {
            if IMPURE_PACKAGES.contains(&package.as_str()) {
                wrong.push(format!("{manifest}: `{name}` is pure and may not link `{package}`"));
            }
        }
        for (path, text) in tree.below(&format!("crates/{name}/src/"), ".rs") {
            for (number, line) in code(text) {
                let line = line.replace(SCOPED_THREADS, "");
                for word in IMPURE_NAMES.iter().filter(|w| mentions(&line, w)) {
                    wrong.push(format!(
                        "{path}:{number}: `{name}` is pure and may not use `{word}`; take it as an argument"
                    ));
                }
            }
            for module in listed_of_std(text) {
                wrong.push(format!(
                    "{path}: `{name}` is pure and may not use `std::{module}`; take it as an argument"
                ));
            }
        }
    }
    wrong
}

/// The lines that are not comments, counted from 1.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether the word stands in the line by itself, not as a part of a longer name.
fn mentions(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(part);
        let after = line[at + word.len()..].chars().next().is_some_and(part);
        !before && !after
    })
}

fn listed_of_std(text: &str) -> Vec<&'static str> {
    let lists = text.match_indices("use std::{").map(|(at, _)| {
        let list = &text[at..];
        &list[..list.find(';').unwrap_or(list.len())]
    });
    lists
        .flat_map(|list| {
            let first = |m: &str| {
                list.split(['{', ',']).any(|item| {
                    let item = item.trim().trim_end_matches(['}', ';']);
                    item == m
                        || item.starts_with(&format!("{m}::"))
                        || item.starts_with(&format!("{m} "))
                })
            };
            IMPURE_STD.into_iter().filter(|m| first(m)).collect::<Vec<_>>()
        })
        .collect()
}

fn of_tests(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

pub(super) fn sandbox_is_only_in_the_demo(tree: &Tree) -> Vec<String> {
    let server = "crates/server/src/";
    let in_demo = |path: &str| {
        path.starts_with("crates/server/src/demo/") || path == "crates/server/src/demo.rs"
    };
    let mut wrong = Vec::new();
    for (path, text) in tree.below(server, ".rs").filter(|(p, _)| !in_demo(p) && !of_tests(p)) {
        for (number, line) in code(text) {
            let used = line.contains("sandbox::") && !line.contains("demo::sandbox::");
            if used || mentions(line, "use sandbox") || mentions(line, "extern crate sandbox") {
                wrong.push(format!(
                    "{path}:{number}: the sandbox is used in crates/server/src/demo only"
                ));
            }
        }
    }
    wrong
}

pub(super) fn sql_stays_in_the_store(tree: &Tree) -> Vec<String> {
    let sql = |line: &str| {
        ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE "]
            .iter()
            .any(|w| line.contains(w))
            || (line.contains("UPDATE ") && line.contains(" SET "))
    };
    let mut wrong = Vec::new();
    let elsewhere = tree.below("crates/", ".rs").filter(|(p, _)| {
        // Tests tamper with the database to see that it is noticed.
        !p.starts_with("crates/store/") && !of_tests(p)
    });
    for (path, text) in elsewhere {
        for (number, _) in code(text).filter(|(_, line)| sql(line)) {
            wrong.push(format!("{path}:{number}: SQL is written in crates/store only"));
        }
    }
    wrong
}
