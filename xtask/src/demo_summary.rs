//! What a headless demo run must have achieved.

use serde_json::Value;

/// At least this share of tickets closes without a person, in percent.
const MIN_CLOSED_PERCENT: u64 = 60;

/// Judges the summary that `journeyman demo --json` wrote. Gives one line for people, or every
/// reason why the run does not count.
pub(crate) fn check(summary: &str, tickets: u64) -> Result<String, String> {
    let summary: Value =
        serde_json::from_str(summary).map_err(|e| format!("the summary is not JSON: {e}"))?;
    let mut wrong = Vec::new();
    let mut number = |key: &str| match summary.get(key).and_then(Value::as_u64) {
        Some(n) => n,
        None => {
            wrong.push(format!("`{key}` is missing or not a whole number"));
            0
        }
    };
    let ran = number("tickets");
    let closed = number("closed");
    let ended = closed + number("waiting") + number("dispatched") + number("refused");
    let (wrong_effects, unverified) = (number("wrong_effects"), number("unverified_closes"));
    let mut demand = |holds: bool, text: String| {
        if !holds {
            wrong.push(text);
        }
    };
    demand(ran == tickets, format!("{ran} tickets ran, {tickets} were asked for"));
    demand(ended == ran, format!("outcomes add up to {ended} of {ran} tickets"));
    let cases = summary.get("cases").and_then(Value::as_array).map_or(0, Vec::len);
    demand(cases as u64 == ran, format!("{cases} cases are told of {ran} tickets"));
    demand(
        closed * 100 >= ran * MIN_CLOSED_PERCENT,
        format!("{closed} of {ran} closed; at least {MIN_CLOSED_PERCENT} % must close unassisted"),
    );
    demand(wrong_effects == 0, format!("{wrong_effects} effects that no ticket allows"));
    demand(unverified == 0, format!("{unverified} closed without reading back"));
    let journal = summary.get("journal_verified") == Some(&Value::Bool(true));
    demand(journal, "`journal_verified` is not true".into());
    let time = |key: &str| summary.get(key).and_then(Value::as_f64);
    let (p50, p99) = (time("p50_ms"), time("p99_ms"));
    demand(p50.is_some() && p99.is_some(), "`p50_ms` or `p99_ms` is missing".into());
    if !wrong.is_empty() {
        return Err(format!("the demo run does not count: {}", wrong.join("; ")));
    }
    let percent = (closed * 100).checked_div(ran).unwrap_or(0);
    let ms = |t: Option<f64>| t.unwrap_or_default().round();
    Ok(format!(
        "{closed} of {ran} closed ({percent} %), no wrong effect, p50 {} ms, p99 {} ms",
        ms(p50),
        ms(p99)
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use serde_json::json;

    fn good() -> Value {
        json!({
            "tickets": 10, "closed": 6, "waiting": 1, "dispatched": 2, "refused": 1,
            "wrong_effects": 0, "unverified_closes": 0, "journal_verified": true,
            "p50_ms": 120, "p99_ms": 900.5, "cases": vec![json!({}); 10],
        })
    }

    #[test]
    fn a_good_run_counts() {
        let line = check(&good().to_string(), 10).unwrap();
        assert_eq!(line, "6 of 10 closed (60 %), no wrong effect, p50 120 ms, p99 901 ms");
    }

    #[test]
    fn every_shortfall_is_named() {
        for (key, value, named) in [
            ("tickets", json!(9), "10 were asked for"),
            ("closed", json!(5), "at least 60 %"),
            ("waiting", json!(0), "add up to 9"),
            ("refused", Value::Null, "`refused` is missing"),
            ("wrong_effects", json!(1), "1 effects that no ticket allows"),
            ("wrong_effects", json!("none"), "`wrong_effects` is missing"),
            ("unverified_closes", json!(2), "2 closed without reading back"),
            ("journal_verified", json!("yes"), "`journal_verified` is not true"),
            ("p99_ms", Value::Null, "`p99_ms` is missing"),
            ("cases", json!([]), "0 cases are told"),
        ] {
            let mut summary = good();
            summary[key] = value;
            let error = check(&summary.to_string(), 10).unwrap_err();
            assert!(error.contains(named), "{key}: {error}");
        }
        assert!(check("", 10).unwrap_err().contains("not JSON"));
    }
}
