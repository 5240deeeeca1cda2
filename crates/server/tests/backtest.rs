//! `journeyman backtest` as somebody types it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use support::journeyman_in;

fn run(dir: &Path, args: &[&str]) -> (bool, String, String) {
    let said = journeyman_in(dir, &[&["backtest"], args].concat());
    (said.code == Some(0), said.out, said.err)
}

#[test]
fn a_simulated_history_becomes_a_page_and_figures() {
    let dir = tempfile::TempDir::new().unwrap();
    let (good, shown, said) =
        run(dir.path(), &["--sandbox", "1500", "--report", "r.html", "--json", "r.json"]);
    assert!(good, "{said}");
    assert!(shown.contains("closed alone") && shown.contains("where to begin:"), "{shown}");
    let page = std::fs::read_to_string(dir.path().join("r.html")).unwrap();
    assert!(page.contains("Who approves what") && page.contains("<svg"), "the page is not whole");
    let figures: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("r.json")).unwrap()).unwrap();
    assert_eq!(figures["tickets"], 1500);
    assert!(figures["would"]["closed alone"].as_u64().unwrap() > 200, "{}", figures["would"]);
    // The same seed gives the same figures.
    run(dir.path(), &["--sandbox", "1500", "--json", "again.json"]);
    assert_eq!(
        std::fs::read(dir.path().join("again.json")).unwrap(),
        std::fs::read(dir.path().join("r.json")).unwrap()
    );
    // On the first day less runs alone.
    let (_, _, _) =
        run(dir.path(), &["--sandbox", "1500", "--autonomy", "first-day", "--json", "first.json"]);
    let first: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("first.json")).unwrap()).unwrap();
    let alone = |v: &serde_json::Value| v["would"]["closed alone"].as_u64().unwrap_or(0);
    assert!(alone(&first) < alone(&figures), "{} {}", first["would"], figures["would"]);
}

#[test]
fn an_export_is_read_as_it_is_and_what_is_wrong_is_named() {
    let dir = tempfile::TempDir::new().unwrap();
    let mut export =
        String::from("Number,Short description,Description,Opened,Assignment group,Caller\n");
    for n in 0..60 {
        let (subject, group) = if n % 2 == 0 {
            ("I am locked out and cannot work: please unlock my account", "Service Desk")
        } else {
            ("The printer is on fire again", "Field")
        };
        export += &format!(
            "INC{n},{subject} ({n}),{subject},2026-05-{:02} 10:00,{group},user{n}@acme.example\n",
            1 + n % 28
        );
    }
    std::fs::write(dir.path().join("desk.csv"), export).unwrap();
    let people = r#"[{"client":"","people":[{"address":"user0@acme.example","name":"Ann Lee"}],"things":[]}]"#;
    std::fs::write(dir.path().join("people.json"), people).unwrap();
    std::fs::write(
        dir.path().join("numbers.csv"),
        "Number,Opened\nINC1,2026-05-13 10:00\nINC2,2026-05-14 10:00\n",
    )
    .unwrap();
    let alone = |args: &[&str]| {
        let (good, shown, said) = run(dir.path(), args);
        assert!(good, "{said}");
        let line = shown.lines().find(|l| l.contains("closed alone")).unwrap().to_owned();
        line.split_whitespace().find_map(|w| w.parse::<u32>().ok()).unwrap()
    };
    assert_eq!(alone(&["desk.csv", "--level1", "Service Desk"]), 30);
    assert_eq!(alone(&["desk.csv", "--directory", "people.json"]), 1);

    for (args, named) in [
        (vec!["nowhere.csv"], "nowhere.csv"),
        (vec!["numbers.csv"], "no column was taken for the subject or the description"),
        (vec!["desk.csv", "--directory", "desk.csv"], "a list of objects with `client`"),
        (vec!["desk.csv", "--minutes=-3"], "--minutes is -3"),
        (vec!["desk.csv", "--level1", "Service Dask"], "no ticket of the history is in that group"),
        (vec!["desk.csv", "--client", "acme"], "--config"),
        (vec!["desk.csv", "--config", "none.toml"], "none.toml"),
        (vec![], "HISTORY"),
        (vec!["desk.csv", "--report", "missing/r.html"], "missing/r.html"),
    ] {
        let (good, _, said) = run(dir.path(), &args);
        assert!(!good && said.contains(named), "{args:?}: {said}");
    }
}
