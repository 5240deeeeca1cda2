//! `journeyman similar` as somebody types it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::journeyman_in;

#[test]
fn the_nearest_tickets_are_shown_in_plain_letters() {
    let dir = tempfile::TempDir::new().unwrap();
    let mut history = String::new();
    let mut add = |id: &str, subject: &str| {
        let day = 1_775_000_000_000i64 + history.lines().count() as i64 * 86_400_000;
        history += &format!(
            "{{\"id\":\"{id}\",\"opened\":{day},\"subject\":\"{subject}\",\"body\":\"please help\",\"group\":\"{}\"}}\n",
            if subject.contains("vpn") { "Network" } else { "Desk" }
        );
    };
    for n in 0..12 {
        add(&format!("P{n}"), &format!("printer {n} is out of toner"));
        add(&format!("M{n}"), &format!("outlook does not open on laptop {n}"));
    }
    for n in 0..30 {
        add(&format!("X{n}"), &format!("vpn drops on train {n}"));
    }
    add("L1", "locked out of my account");
    add("L2", "account \\u001b[31mlocked again");
    add("L3", "locked out of my account");
    std::fs::write(dir.path().join("h.jsonl"), history).unwrap();
    let said =
        journeyman_in(dir.path(), &["similar", "h.jsonl", "my account is locked", "--top", "2"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("57 tickets, 56 different ones, compared by words"), "{}", said.out);
    // The newer of two with the same words stands for both.
    assert!(
        said.out.contains("L3") && said.out.contains("L2") && !said.out.contains("L1"),
        "{}",
        said.out
    );
    assert!(said.out.contains("2026-05-2") && said.out.contains("Desk"), "{}", said.out);
    assert!(!said.out.contains('\u{1b}'), "{:?}", said.out);

    let said = journeyman_in(dir.path(), &["similar", "h.jsonl", "the vpn drops again"]);
    assert!(
        said.out.contains("most likely Network (") && said.out.contains("by words of 57 tickets"),
        "{}",
        said.out
    );

    // A folder without the model is an option that is off.
    let args = ["similar", "h.jsonl", "toner", "--embeddings", "nowhere"];
    let said = journeyman_in(dir.path(), &args);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.err.contains("nowhere holds no model") && said.out.contains("by words"),
        "{}",
        said.err
    );

    std::fs::create_dir(dir.path().join("broken")).unwrap();
    std::fs::write(dir.path().join("broken/vocab.txt"), "a").unwrap();
    let args = ["similar", "h.jsonl", "toner", "--embeddings", "broken"];
    let said = journeyman_in(dir.path(), &args);
    assert!(said.code != Some(0) && said.err.contains("config.json is missing"), "{}", said.err);
    let said = journeyman_in(dir.path(), &["similar", "h.jsonl", "zzzz"]);
    assert!(
        said.code != Some(0) && said.out.contains("none has anything in common"),
        "{}",
        said.out
    );
}
