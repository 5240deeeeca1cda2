//! What a headless demo run must have achieved.
//!
//! The totals are held against the cases that they were counted from.

use serde_json::Value;

/// At least this share of tickets closes without a person, in percent.
const MIN_UNASSISTED_PERCENT: u64 = 60;
/// How a case may have ended; each is also the key of its total.
const OUTCOMES: [&str; 4] = ["closed", "waiting", "dispatched", "refused"];

/// Judges the summary that `journeyman demo --json` wrote. Gives one line for people, or every
/// reason why the run does not count.
pub(crate) fn check(summary: &str, tickets: u64) -> Result<String, String> {
    let summary: Value =
        serde_json::from_str(summary).map_err(|e| format!("the summary is not JSON: {e}"))?;
    let cases = summary.get("cases").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut wrong = Vec::new();
    let mut number = |key: &str| match summary.get(key).and_then(Value::as_u64) {
        Some(n) => n,
        None => {
            wrong.push(format!("`{key}` is missing or not a whole number"));
            0
        }
    };
    let (ran, unassisted) = (number("tickets"), number("closed_unassisted"));
    let totals = OUTCOMES.map(|outcome| (outcome, number(outcome)));
    let (wrong_effects, unverified) = (number("wrong_effects"), number("unverified_closes"));
    let mut demand = |holds: bool, text: String| {
        if !holds {
            wrong.push(text);
        }
    };
    demand(ran == tickets, format!("{ran} tickets ran, {tickets} were asked for"));
    let ended: u64 = totals.iter().map(|(_, n)| n).sum();
    demand(ended == ran, format!("outcomes add up to {ended} of {ran} tickets"));
    demand(cases.len() as u64 == ran, format!("{} cases are told of {ran} tickets", cases.len()));
    for (outcome, total) in totals {
        let told = cases.iter().filter(|c| text(c, "outcome") == outcome).count() as u64;
        demand(told == total, format!("`{outcome}` is {total}, its cases are {told}"));
    }
    let alone = |c: &&Value| text(c, "outcome") == "closed" && !approved(c);
    let told = cases.iter().filter(alone).count() as u64;
    demand(
        told == unassisted,
        format!("`closed_unassisted` is {unassisted}, its cases are {told}"),
    );
    demand(
        unassisted * 100 >= ran * MIN_UNASSISTED_PERCENT,
        format!(
            "{unassisted} of {ran} closed unassisted; at least {MIN_UNASSISTED_PERCENT} % must"
        ),
    );
    demand(wrong_effects == 0, format!("{wrong_effects} effects that no ticket allows"));
    demand(unverified == 0, format!("{unverified} closed without reading back"));
    let journal = summary.get("journal_verified") == Some(&Value::Bool(true));
    demand(journal, "`journal_verified` is not true".into());
    let time = |key: &str| summary.get(key).and_then(Value::as_f64);
    let (p50, p99) = (time("p50_ms"), time("p99_ms"));
    demand(p50.is_some() && p99.is_some(), "`p50_ms` or `p99_ms` is missing".into());
    for tier in TIERS {
        let judged = summary.get("tiers").and_then(|t| t.get(tier)).and_then(Value::as_u64);
        let happened = judged.is_some_and(|n| n > 0);
        if !happened {
            wrong.push(format!("no change was judged {tier}; the demo shows every tier"));
        }
    }
    let guest = list(&summary, "guest").unwrap_or_default();
    for expected in GUEST {
        let found = guest.iter().any(|v| (text(v, "asked"), text(v, "status")) == expected);
        if !found {
            wrong.push(format!("the guest AI's {} was not answered {}", expected.0, expected.1));
        }
    }
    wrong.extend(cases.iter().filter_map(fault));
    if !wrong.is_empty() {
        return Err(format!("the demo run does not count: {}", shortened(&wrong)));
    }
    let percent = (unassisted * 100).checked_div(ran).unwrap_or(0);
    let ms = |t: Option<f64>| t.unwrap_or_default().round();
    Ok(format!(
        "{unassisted} of {ran} closed unassisted ({percent} %), no wrong effect, p50 {} ms, p99 {} ms",
        ms(p50),
        ms(p99)
    ))
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(case: &'a Value, key: &str) -> Option<&'a [Value]> {
    case.get(key).and_then(Value::as_array).map(Vec::as_slice)
}

fn approved(case: &Value) -> bool {
    list(case, "approved_by").is_some_and(|by| !by.is_empty())
}

/// What is wrong with one case: an end that is none, or a High action that nobody was asked about.
fn fault(case: &Value) -> Option<String> {
    let (ticket, outcome) = (text(case, "ticket"), text(case, "outcome"));
    if !OUTCOMES.contains(&outcome) {
        return Some(format!("ticket {ticket:?} ended as {outcome:?}, which is no outcome"));
    }
    let Some(judged) = list(case, "judged") else {
        return Some(format!("ticket {ticket:?} tells no `judged`"));
    };
    if let Some(odd) = judged.iter().find(|j| !TIERS.contains(&text(j, "tier"))) {
        return Some(format!("ticket {ticket:?} has a judgement without a tier: {odd}"));
    }
    let high = judged.iter().any(|j| text(j, "tier") == "high");
    (high && outcome == "closed" && !approved(case)).then(|| {
        format!("ticket {ticket:?} was judged high and closed, and `approved_by` names nobody")
    })
}

/// What another AI asks for over the API, and the answer that it must get.
const GUEST: [(&str, &str); 4] = [
    ("find_user", "done"),
    ("change_security_policy", "handed_over"),
    ("reboot", "refused"),
    ("wipe_device", "refused"),
];

const TIERS: [&str; 4] = ["low", "medium", "high", "critical"];

/// The first faults; a run gone wrong has hundreds of the same.
fn shortened(wrong: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    if wrong.len() > SHOWN {
        text.push_str(&format!("; and {} more", wrong.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use serde_json::json;

    fn case(ticket: &str, outcome: &str, tier: &str, approved_by: &[&str]) -> Value {
        json!({
            "ticket": ticket, "outcome": outcome, "approved_by": approved_by,
            "judged": [{ "tier": "low" }, { "tier": tier }],
        })
    }

    fn good() -> Value {
        let mut cases: Vec<Value> =
            (0..6).map(|n| case(&format!("t{n}"), "closed", "medium", &[])).collect();
        cases.push(case("t6", "closed", "high", &["approver"]));
        cases.push(case("t7", "waiting", "high", &[]));
        cases.push(case("t8", "dispatched", "high", &[]));
        cases.push(case("t9", "refused", "high", &[]));
        json!({
            "tickets": 10, "closed": 7, "closed_unassisted": 6, "waiting": 1, "dispatched": 1,
            "refused": 1, "wrong_effects": 0, "unverified_closes": 0, "journal_verified": true,
            "p50_ms": 120, "p99_ms": 900.5, "cases": cases,
            "tiers": {"low": 3, "medium": 6, "high": 4, "critical": 1},
            "guest": GUEST.map(|(asked, status)| json!({"asked": asked, "status": status})),
        })
    }

    fn error(summary: &Value) -> String {
        check(&summary.to_string(), 10).unwrap_err()
    }

    #[test]
    fn a_good_run_counts() {
        let line = check(&good().to_string(), 10).unwrap();
        assert_eq!(
            line,
            "6 of 10 closed unassisted (60 %), no wrong effect, p50 120 ms, p99 901 ms"
        );
    }

    #[test]
    fn every_shortfall_is_named() {
        for (key, value, named) in [
            ("tickets", json!(9), "10 were asked for"),
            ("closed", json!(8), "`closed` is 8, its cases are 7"),
            ("closed_unassisted", json!(7), "`closed_unassisted` is 7, its cases are 6"),
            ("closed_unassisted", Value::Null, "`closed_unassisted` is missing"),
            ("waiting", json!(0), "add up to 9"),
            ("refused", Value::Null, "`refused` is missing"),
            ("wrong_effects", json!(1), "1 effects that no ticket allows"),
            ("wrong_effects", json!("none"), "`wrong_effects` is missing"),
            ("unverified_closes", json!(2), "2 closed without reading back"),
            ("journal_verified", json!("yes"), "`journal_verified` is not true"),
            ("p99_ms", Value::Null, "`p99_ms` is missing"),
            ("cases", json!([]), "0 cases are told"),
            ("tiers", json!({"low": 3, "medium": 6, "high": 4}), "no change was judged critical"),
            ("guest", json!([]), "the guest AI's reboot was not answered refused"),
        ] {
            let mut summary = good();
            summary[key] = value;
            let error = error(&summary);
            assert!(error.contains(named), "{key}: {error}");
        }
        assert!(check("", 10).unwrap_err().contains("not JSON"));
    }

    #[test]
    fn a_close_that_a_person_approved_is_not_unassisted() {
        let mut summary = good();
        summary["cases"][0]["approved_by"] = json!(["approver"]);
        summary["closed_unassisted"] = json!(5);
        let error = error(&summary);
        assert!(error.contains("5 of 10 closed unassisted; at least 60 %"), "{error}");
        assert!(!error.contains("its cases"), "the totals agree: {error}");
    }

    #[test]
    fn a_case_that_has_not_ended_is_named_whatever_the_totals_say() {
        for outcome in ["working", "not_taken_in", ""] {
            let mut summary = good();
            summary["cases"][7]["outcome"] = json!(outcome);
            let error = error(&summary);
            assert!(error.contains(&format!("\"t7\" ended as {outcome:?}")), "{error}");
        }
    }

    #[test]
    fn a_high_action_that_nobody_was_asked_about_is_named() {
        let mut summary = good();
        summary["cases"][3]["judged"][0]["tier"] = json!("high");
        assert!(error(&summary).contains("\"t3\" was judged high"), "{}", error(&summary));

        let mut summary = good();
        summary["cases"][6]["approved_by"] = json!([]);
        assert!(error(&summary).contains("\"t6\" was judged high"), "{}", error(&summary));
        // What cannot be read is not taken for harmless.
        for (key, named) in [("judged", "tells no `judged`"), ("approved_by", "names nobody")] {
            let mut summary = good();
            summary["cases"][6].as_object_mut().unwrap().remove(key);
            assert!(error(&summary).contains(named), "{}", error(&summary));
        }
        let mut summary = good();
        summary["cases"][3]["judged"][1]["tier"] = json!("High");
        assert!(error(&summary).contains("without a tier"), "{}", error(&summary));
    }
}
