//! Which crate may import which. A new edge needs a reason in ARCHITECTURE.md.

use super::tree::Tree;
use std::collections::BTreeMap;
use toml::{Table, Value};

struct Edges {
    name: &'static str,
    may: &'static [&'static str],
    in_tests: &'static [&'static str],
}

const ALLOWED: &[Edges] = &[
    Edges { name: "domain", may: &[], in_tests: &[] },
    Edges { name: "gate", may: &["domain"], in_tests: &[] },
    Edges { name: "technician", may: &["domain", "gate"], in_tests: &[] },
    Edges { name: "connectors", may: &["domain", "gate"], in_tests: &["sandbox"] },
    Edges { name: "store", may: &["domain", "gate"], in_tests: &[] },
    Edges { name: "rivals", may: &["domain", "gate"], in_tests: &[] },
    Edges { name: "history", may: &["domain"], in_tests: &[] },
    Edges { name: "embed", may: &[], in_tests: &[] },
    Edges { name: "backtest", may: &["domain", "gate", "technician"], in_tests: &["sandbox"] },
    Edges { name: "sandbox", may: &["domain"], in_tests: &[] },
    Edges {
        name: "server",
        may: &[
            "domain",
            "gate",
            "technician",
            "connectors",
            "store",
            "history",
            "embed",
            "backtest",
            "sandbox",
        ],
        in_tests: &[],
    },
    Edges { name: "xtask", may: &[], in_tests: &[] },
];

/// Name, path and content of every crate's Cargo.toml, and what could not be read.
fn manifests(tree: &Tree) -> (BTreeMap<String, (String, Table)>, Vec<String>) {
    let (mut manifests, mut wrong) = (BTreeMap::new(), Vec::new());
    for (path, text) in tree.below("", "/Cargo.toml") {
        let table = match text.parse::<Table>() {
            Ok(table) => table,
            Err(e) => {
                wrong.push(format!("{path} is not TOML: {e}"));
                continue;
            }
        };
        let name = table.get("package").and_then(|p| p.get("name")).and_then(Value::as_str);
        match name {
            Some(name) => drop(manifests.insert(name.to_owned(), (path.to_owned(), table))),
            None => wrong.push(format!("{path} has no package name")),
        }
    }
    (manifests, wrong)
}

/// The packages that a table of dependencies names, renamed ones by their real name.
fn named(table: &Table, section: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |dependencies: &Value| {
        for (key, value) in dependencies.as_table().into_iter().flatten() {
            let real = value.get("package").and_then(Value::as_str);
            names.push(real.unwrap_or(key).to_owned());
        }
    };
    if let Some(dependencies) = table.get(section) {
        add(dependencies);
    }
    for target in table.get("target").and_then(Value::as_table).into_iter().flatten() {
        if let Some(dependencies) = target.1.get(section) {
            add(dependencies);
        }
    }
    names
}

/// Outside packages that a crate links; tests and build scripts aside.
pub(super) fn links(text: &str) -> Vec<String> {
    text.parse::<Table>().map(|t| named(&t, "dependencies")).unwrap_or_default()
}

pub(super) fn crates_import_only_what_they_may(tree: &Tree) -> Vec<String> {
    let (manifests, mut wrong) = manifests(tree);
    for (name, (path, table)) in &manifests {
        let Some(edges) = ALLOWED.iter().find(|e| e.name == name) else {
            wrong.push(format!(
                "{path}: crate `{name}` is not in xtask/src/tidy/edges.rs; say there what it may import"
            ));
            continue;
        };
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            for dependency in named(table, section) {
                let in_tests =
                    section == "dev-dependencies" && edges.in_tests.contains(&dependency.as_str());
                let may = edges.may.contains(&dependency.as_str()) || in_tests;
                if manifests.contains_key(&dependency) && !may {
                    wrong.push(format!(
                        "{path}: `{name}` may not import `{dependency}`; it may import {:?}",
                        edges.may
                    ));
                }
            }
        }
    }
    wrong
}

pub(super) fn every_crate_takes_the_workspace_lints(tree: &Tree) -> Vec<String> {
    let (manifests, _) = manifests(tree);
    let lints = |table: &Table| {
        table.get("lints").and_then(|l| l.get("workspace")) == Some(&Value::Boolean(true))
    };
    manifests
        .values()
        .filter(|(_, table)| !lints(table))
        .map(|(path, _)| format!("{path}: add `[lints]` with `workspace = true`"))
        .collect()
}
