//! `journeyman import` as somebody types it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::journeyman_in;

#[test]
fn an_export_becomes_a_history_with_a_mapping_and_rejects_beside_it() {
    let dir = tempfile::TempDir::new().unwrap();
    let mut export = "Number,Short description,Description,Opened,Weather\n".to_owned();
    export += "A2,Printer,It is on fire,13/05/2026 10:00,fair\nA1,Mail,No mail at all,03/05/2026 10:00,fair\n";
    export += "A3,Broken,x,soon,foul\n";
    (10..20)
        .for_each(|n| export += &format!("A{n},Screen {n},It is dark,04/05/2026 {n}:00,rain\n"));
    std::fs::write(dir.path().join("desk.csv"), export).unwrap();
    let run = |args: &[&str]| {
        let said = journeyman_in(dir.path(), args);
        (said.code == Some(0), said.out, said.err)
    };
    let (good, shown, _) = run(&["import", "desk.csv", "--show"]);
    assert!(good && shown.contains("Short description") && shown.contains("subject"), "{shown}");
    assert!(!dir.path().join("desk.history.jsonl").exists());

    let (good, shown, said) = run(&["import", "desk.csv", "--client", "Acme"]);
    assert!(good, "{said}");
    assert!(shown.contains("rows put aside") && shown.contains("not a date"), "{shown}");
    assert!(shown.contains("from 2026-05-03T10:00:00Z to 2026-05-13T10:00:00Z"), "{shown}");
    let history = std::fs::read_to_string(dir.path().join("desk.history.jsonl")).unwrap();
    let lines: Vec<&str> = history.lines().collect();
    assert_eq!(lines.len(), 12);
    assert!(lines[0].starts_with(r#"{"id":"A1","client":"Acme","opened":"#), "{history}");
    let rejects = dir.path().join("desk.history.jsonl.rejects.csv");
    assert!(std::fs::read_to_string(rejects).unwrap().contains("4,\"opened: `soon` is no date"));

    // The mapping is corrected by hand, and read the next time.
    let file = dir.path().join("desk.history.jsonl.mapping.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("\"Weather\"\nis = \"ignored\"", "\"Weather\"\nis = \"category\""),
    )
    .unwrap();
    let (good, _, said) = run(&["import", "desk.csv"]);
    assert!(
        good && said.contains("the mapping is read from desk.history.jsonl.mapping.toml"),
        "{said}"
    );
    let history = std::fs::read_to_string(dir.path().join("desk.history.jsonl")).unwrap();
    assert!(history.contains(r#""category":"fair""#), "{history}");

    std::fs::write(
        &file,
        text.replace("\"Weather\"", "\"Wetter\"").replace("\"Number\"", "\"Nummer\""),
    )
    .unwrap();
    let (good, _, said) = run(&["import", "desk.csv"]);
    assert!(
        !good && said.contains("desk.history.jsonl.mapping.toml: the mapping names `Nummer`"),
        "{said}"
    );
    let (good, _, said) = run(&["import", "desk.history.jsonl", "--out", "desk.history.jsonl"]);
    assert!(!good && said.contains("name another with --out"), "{said}");
    let (good, _, said) = run(&["import", "nowhere.csv"]);
    assert!(!good && said.contains("nowhere.csv: No such file"), "{said}");
}
