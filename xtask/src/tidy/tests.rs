//! Every rule is shown a small repository that keeps it and one that breaks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::supply::{Rules, licence_allowed, packages};
use super::tree::Tree;
use super::*;
use std::path::Path;

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\n[lints]\nworkspace = true\n[dependencies]\n{dependencies}\n"
    )
}

/// A repository that keeps every rule, with these files put in or changed.
fn with(changes: &[(&str, &str)]) -> Tree {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for (name, dependencies) in [
        ("domain", "serde.workspace = true"),
        ("gate", "domain.workspace = true"),
        ("technician", "domain.workspace = true\ngate.workspace = true"),
        ("store", "domain.workspace = true"),
        ("sandbox", "domain.workspace = true"),
        ("server", "domain.workspace = true\nsandbox.workspace = true"),
    ] {
        write(root, &format!("crates/{name}/Cargo.toml"), &manifest(name, dependencies));
        write(root, &format!("crates/{name}/src/lib.rs"), "//! Nothing random, no std::fs.\n");
    }
    write(root, "Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
    write(root, "crates/server/src/demo/mod.rs", "use sandbox::Sandbox;\n");
    write(root, "crates/store/src/cases.rs", "const Q: &str = \"SELECT id FROM cases\";\n");
    write(root, "crates/gate/src/assess/base.rs", "//! Base.\n");
    write(root, "labs/up.sh", "#!/bin/bash\n");
    write(root, "ARCHITECTURE.md", "Start at `crates/gate/src/lib.rs`.\n");
    write(root, "target/debug/made.rs", "made by the build, names /nothing/\n");
    for (path, text) in changes {
        write(root, path, text);
    }
    Tree::read(root).unwrap()
}

fn all(tree: &Tree) -> Vec<String> {
    RULES.iter().flat_map(|rule| rule(tree)).collect()
}

/// The one violation that a change brings about, whatever rule finds it.
fn only(changes: &[(&str, &str)]) -> String {
    let wrong = all(&with(changes));
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    wrong.into_iter().next().unwrap()
}

fn keeps(changes: &[(&str, &str)]) {
    let wrong = all(&with(changes));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_tidy_repository_passes_and_what_the_build_made_is_not_looked_at() {
    let tree = with(&[]);
    assert!(all(&tree).is_empty(), "{:#?}", all(&tree));
    assert!(!tree.files.keys().any(|f| f.starts_with("target/")));
}

#[test]
fn a_forbidden_edge_is_found_in_every_place_where_it_can_be_written() {
    for text in [
        manifest("gate", "store.workspace = true"),
        manifest("gate", "vault = { package = \"store\", path = \"../store\" }"),
        manifest("gate", "[dev-dependencies]\nstore.workspace = true"),
        manifest("gate", "[build-dependencies]\nstore.workspace = true"),
        manifest("gate", "[target.'cfg(unix)'.dependencies]\nstore.workspace = true"),
    ] {
        let wrong = only(&[("crates/gate/Cargo.toml", &text)]);
        assert!(wrong.contains("`gate` may not import `store`"), "{wrong}");
    }
}

#[test]
fn connectors_may_use_the_sandbox_in_tests_only() {
    let in_tests = manifest("connectors", "[dev-dependencies]\nsandbox.workspace = true");
    keeps(&[("crates/connectors/Cargo.toml", &in_tests)]);
    let linked = manifest("connectors", "sandbox.workspace = true");
    let wrong = only(&[("crates/connectors/Cargo.toml", &linked)]);
    assert!(wrong.contains("`connectors` may not import `sandbox`"), "{wrong}");
}

#[test]
fn a_new_crate_has_to_be_placed() {
    let wrong = only(&[("crates/extra/Cargo.toml", &manifest("extra", ""))]);
    assert!(wrong.contains("`extra` is not in xtask/src/tidy/edges.rs"), "{wrong}");
}

#[test]
fn a_crate_without_the_workspace_lints_is_found() {
    for lints in ["", "[lints]\nworkspace = false\n", "[lints.rust]\nunused = \"allow\"\n"] {
        let text = format!("[package]\nname = \"store\"\n{lints}");
        let wrong = only(&[("crates/store/Cargo.toml", &text)]);
        assert!(wrong.contains("workspace = true"), "{wrong}");
    }
}

#[test]
fn a_pure_crate_links_nothing_impure() {
    let text = manifest("domain", "tokio = \"1\"");
    let wrong = only(&[("crates/domain/Cargo.toml", &text)]);
    assert!(wrong.contains("`domain` is pure and may not link `tokio`"), "{wrong}");
}

#[test]
fn a_pure_crate_reads_no_clock_file_environment_or_chance() {
    for (line, named) in [
        ("let t = SystemTime::now();", "SystemTime"),
        ("let t = jiff::Timestamp::now();", "Timestamp::now"),
        ("let text = std::fs::read(path);", "std::fs"),
        ("let home = std::env::var(\"HOME\");", "std::env"),
        ("use std::{collections::BTreeMap, env};", "std::env"),
        ("use std::{\n    fmt,\n    fs::File,\n};", "std::fs"),
        ("use std::{io as other};", "std::io"),
        ("let n: u8 = rand::random();", "rand"),
        ("let id = Uuid::now_v7();", "Uuid::now_v7"),
        ("println!(\"{x}\");", "println!"),
    ] {
        let wrong = only(&[("crates/technician/src/plan/mod.rs", line)]);
        assert!(wrong.contains("technician/src/plan/mod.rs") && wrong.contains(named), "{wrong}");
    }
    let harmless =
        "// SystemTime::now is for others.\nlet operand = brand(strand);\nuse std::{fmt, iter};\n";
    keeps(&[("crates/technician/src/plan/mod.rs", harmless)]);
    keeps(&[("crates/server/src/clock.rs", "let t = SystemTime::now();")]);
}

#[test]
fn production_does_not_use_the_sandbox() {
    for line in ["use sandbox::World;", "let w = sandbox::World::new(7);", "use sandbox as play;"] {
        let wrong = only(&[("crates/server/src/worker.rs", line)]);
        assert!(wrong.starts_with("crates/server/src/worker.rs:1:"), "{wrong}");
    }
    keeps(&[
        ("crates/server/src/demo/stream.rs", "use sandbox::World;"),
        ("crates/server/src/worker/tests.rs", "use sandbox::World;"),
        ("crates/server/src/cli.rs", "/// Starts the sandbox.\nlet help = \"the sandbox\";"),
    ]);
}

#[test]
fn sql_outside_the_store_is_found() {
    for line in [
        "query(\"SELECT id FROM cases\")",
        "let sql = \"INSERT INTO cases VALUES ($1)\";",
        "\"UPDATE cases SET state = $1\"",
        "\"DELETE FROM cases\"",
    ] {
        let wrong = only(&[("crates/server/src/web.rs", line)]);
        assert!(wrong.contains("SQL is written in crates/store only"), "{wrong}");
    }
    keeps(&[("crates/server/src/web.rs", "let label = \"Select a case, or UPDATE it\";")]);
}

#[test]
fn a_path_on_the_map_that_is_gone_is_found() {
    for (text, path) in [
        ("See `crates/gate/src/gone.rs`.", "crates/gate/src/gone.rs"),
        ("See `gone.rs`.", "gone.rs"),
        ("Run `labs/gone.sh DIR`.", "labs/gone.sh"),
        ("All of `crates/gone/*`.", "crates/gone/"),
        ("```\ncrates/gone   the nouns\n```", "crates/gone"),
    ] {
        let wrong = only(&[("ARCHITECTURE.md", text)]);
        assert_eq!(wrong, format!("ARCHITECTURE.md names `{path}`, which is not there"));
    }
}

#[test]
fn what_is_on_the_map_and_what_is_no_path_pass() {
    keeps(&[(
        "ARCHITECTURE.md",
        "`crates/gate/`, `crates/*`, `assess/base.rs`, `src/assess/`, `base.rs`, `labs/up.sh DIR`,\n\
         `GET /healthz`, `/cases/{id}`, `application/json`, `http://127.0.0.1:7300/`, `Run | Hold`,\n\
         `crates/{domain,gate}`\n```\ncrates/domain   the nouns; in/out\nlabs/  real systems\n```\n",
    )]);
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "README.md", "");
    let wrong = map::every_path_on_the_map_exists(&Tree::read(dir.path()).unwrap());
    assert_eq!(wrong, ["ARCHITECTURE.md is missing"]);
}

#[test]
fn a_link_to_a_file_that_is_gone_is_found() {
    for (page, text, named) in [
        ("README.md", "![A case](docs/gone.png)", "README.md:1: links to `docs/gone.png`"),
        ("README.md", "\nSee [`gate`](crates/gone/) and", "README.md:2: links to `crates/gone/`"),
        ("README.md", "See [it](docs/gone.md#part \"title\").", "`docs/gone.md`"),
        ("README.md", "[it]: docs/gone.md", "`docs/gone.md`"),
        ("docs/a.md", "[map](ARCHITECTURE.md)", "docs/a.md:1: links to `ARCHITECTURE.md`"),
        ("docs/a.md", "[out](../../other/README.md)", "`../../other/README.md`"),
        ("docs/a.md", "[root](/labs/up.sh)", "`/labs/up.sh`"),
    ] {
        let wrong = only(&[(page, text)]);
        assert!(wrong.contains(named) && wrong.ends_with("which is not there"), "{wrong}");
    }
}

#[test]
fn links_that_lead_somewhere_and_what_is_no_local_link_pass() {
    let readme = "![A case](docs/case.png) [labs](labs/) [`up`](./labs/up.sh#run)\n\
        [out](https://example.test/gone.md) [mail](mailto:a@example.test) [here](#part)\n\
        `[not](a-link.md)`\n```\n[not](a-link.md)\n```\n[map]: ARCHITECTURE.md\n";
    keeps(&[
        ("README.md", readme),
        ("docs/case.png", "a picture"),
        ("docs/a.md", "[map](../ARCHITECTURE.md) [b](b.md) [root](..)\n"),
        ("docs/b.md", ""),
        ("crates/gate/NOTES.md", "[elsewhere](gone.md)"),
    ]);
}

#[test]
fn a_file_over_the_limit_is_refused_and_one_over_the_aim_is_listed() {
    let lines = |n: usize| "// one\n".repeat(n);
    let wrong = only(&[("crates/gate/src/long.rs", &lines(801))]);
    assert!(wrong.contains("crates/gate/src/long.rs has 801 lines"), "{wrong}");
    let (longer, long, fine) = (lines(800), lines(401), lines(400));
    let changes = [("a/fine.rs", fine.as_str()), ("a/long.css", &long), ("a/longer.rs", &longer)];
    keeps(&changes);
    let tree = with(&changes);
    assert_eq!(files::long(&tree), [("a/longer.rs", 800), ("a/long.css", 401)]);
}

#[test]
fn a_folder_of_one_machine_is_found() {
    let text = format!("cd {}main\n", ["/wo", "rk/"].concat());
    let wrong = only(&[("labs/up.sh", &text)]);
    assert!(wrong.starts_with("labs/up.sh:1:"), "{wrong}");
}

#[test]
fn licences_are_read_as_expressions() {
    let allowed: Vec<String> = ["MIT", "Apache-2.0", "ISC"].map(Into::into).into();
    for met in [
        "MIT",
        "MIT OR GPL-3.0",
        "GPL-3.0 OR MIT",
        "MIT/Apache-2.0",
        "Apache-2.0 AND ISC",
        "(GPL-3.0 OR MIT) AND ISC",
        "Apache-2.0 WITH LLVM-exception OR MIT",
    ] {
        assert!(licence_allowed(met, &allowed), "{met}");
    }
    for unmet in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR ISC) AND GPL-3.0",
        "Apache-2.0 WITH LLVM-exception",
        "MIT OR",
        "MIT MIT",
        "(MIT",
    ] {
        assert!(!licence_allowed(unmet, &allowed), "{unmet:?}");
    }
}

#[test]
fn licences_bans_and_sources_of_packages_are_held() {
    let rules =
        "[licenses]\nallow = [\"MIT\"]\n[bans]\ndeny = [{ crate = \"bad\", reason = \"old\" }]\n";
    let rules = Rules::read(rules).unwrap();
    let index = "registry+https://example.test/crates.io-index";
    let metadata = serde_json::json!({"packages": [
        {"name": "ours", "license": "MIT", "source": null},
        {"name": "fine", "license": "MIT OR X", "source": index},
        {"name": "bad", "license": "MIT", "source": index},
        {"name": "copyleft", "license": "GPL-3.0", "source": index},
        {"name": "unstated", "license": null, "source": index},
        {"name": "forked", "license": "MIT", "source": "git+https://example.test/forked"},
    ]});
    let wrong = packages(&metadata, &rules).join("\n");
    for expected in [
        "bad is banned by deny.toml: old",
        "copyleft: licence \"GPL-3.0\" is not allowed",
        "unstated: licence \"\" is not allowed",
        "forked comes from git+https://example.test/forked",
    ] {
        assert!(wrong.contains(expected), "{expected}: {wrong}");
    }
    assert_eq!(wrong.lines().count(), 4, "{wrong}");
    assert!(Rules::read("[bans]").is_err());

    // A wrapper may use what is banned; anybody else may not.
    let rules = "[licenses]\nallow = [\"MIT\"]\n[bans]\ndeny = [{ crate = \"bad\", wrappers = [\"fine\"], reason = \"old\" }]";
    let rules = Rules::read(rules).unwrap();
    let used_by = |user: &str| {
        let metadata = serde_json::json!({
            "packages": [
                {"id": "1", "name": "bad", "license": "MIT", "source": null},
                {"id": "2", "name": user, "license": "MIT", "source": null},
            ],
            "resolve": {"nodes": [
                {"id": "1", "dependencies": []},
                {"id": "2", "dependencies": ["1"]},
            ]},
        });
        packages(&metadata, &rules)
    };
    assert!(used_by("fine").is_empty(), "{:?}", used_by("fine"));
    assert_eq!(used_by("other").len(), 1);
}
