//! Measures the recogniser: `cargo xtask bench recognise`, or by itself
//! `cargo run --release -p technician --example recognise -- [tickets.csv]`.
//!
//! The optional file has the columns `Short description,Description,Caller,Assignment group,orig_row`
//! and real tickets without intents: what counts there is what is recognised on the Level-1 desk
//! (`GRP_0`), what is abstained on, and how fast. Prints JSON.
#![allow(clippy::print_stdout)]

#[path = "common/csv.rs"]
mod csv;

use domain::{IncomingTicket, Intent, Signal, TicketRef, TicketStatus, UnixMs};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;
use technician::{Labelled, Model, TrainOptions, starter_history, train, understand};

/// Tickets a second that the recogniser has to reach.
const FLOOR_PER_SECOND: f64 = 20_000.0;
const LEVEL_1: &str = "GRP_0";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let history = starter_history();
    let begun = Instant::now();
    let model = train(&history, &TrainOptions::default())?;
    let train_ms = begun.elapsed().as_millis() as u64;
    let held = model.held_out();
    let per_second = speed(&model, &history);
    let real = match std::env::args().nth(1) {
        None => json!({ "present": false, "why": "no file was named" }),
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => measure(&model, &path, &text),
            Err(error) => json!({ "present": false, "path": path, "why": error.to_string() }),
        },
    };
    let report = json!({
        "history": { "rows": history.len(), "train_ms": train_ms, "model_bytes": model.to_bytes().len(), "model": model.digest() },
        "held_out": {
            "rows": held.rows, "acting_rows": held.acting, "decided": held.decided, "wrong": held.wrong,
            "wrong_at_most": held.wrong_at_most, "ece": held.ece, "thresholds": thresholds(&model),
        },
        "recognise_per_second": per_second,
        "floor_per_second": FLOOR_PER_SECOND,
        "ratio": per_second / FLOOR_PER_SECOND,
        "real_tickets": real,
    });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

/// Tickets a second of the recogniser alone, over the whole history, at least half a second long.
fn speed(model: &Model, history: &[Labelled]) -> f64 {
    let mut scratch = Vec::new();
    let begun = Instant::now();
    let mut count = 0u32;
    while begun.elapsed().as_millis() < 500 {
        for row in history {
            std::hint::black_box(model.recognise(&row.text, &mut scratch));
            count += 1;
        }
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

fn measure(model: &Model, path: &str, text: &str) -> Value {
    let rows = csv::records(text);
    let mut header = rows.first().into_iter().flatten().map(String::as_str);
    let expected = ["Short description", "Description", "Caller", "Assignment group"];
    if !expected.iter().all(|e| header.next() == Some(e)) {
        let why = format!("the first line must name the columns {expected:?}");
        return json!({ "present": false, "path": path, "why": why });
    }
    let tickets: Vec<(IncomingTicket, bool)> =
        rows.iter().skip(1).filter_map(|r| ticket(r)).collect();
    let begun = Instant::now();
    let seen: Vec<_> =
        tickets.iter().map(|(t, level_1)| (understand(model, t, &[]), *level_1)).collect();
    let per_second = tickets.len() as f64 / begun.elapsed().as_secs_f64();
    let side = |wanted: bool| {
        let all: Vec<_> = seen.iter().filter(|(_, l)| *l == wanted).map(|(u, _)| u).collect();
        let total = all.len().max(1) as f64;
        let mut intents: BTreeMap<&str, usize> = BTreeMap::new();
        for u in all.iter().filter(|u| !u.abstained) {
            *intents.entry(u.intent.name()).or_default() += 1;
        }
        let abstained = all.iter().filter(|u| u.abstained).count();
        let acts = |u: &&&domain::Understanding| {
            let stop = |s: &Signal| !matches!(s, Signal::ClaimedApproval(_));
            !u.abstained
                && !matches!(u.intent, Intent::Other | Intent::SecurityIncident)
                && !u.signals.iter().any(stop)
        };
        let would_act = all.iter().filter(acts).count();
        let shares: BTreeMap<&str, f64> =
            intents.iter().map(|(k, v)| (*k, *v as f64 / total)).collect();
        json!({
            "tickets": all.len(), "recognised": shares, "abstained": abstained as f64 / total,
            "would_act": would_act as f64 / total,
        })
    };
    json!({
        "present": true, "path": path, "tickets": tickets.len(), "understand_per_second": per_second,
        "level_1": side(true), "other_desks": side(false),
    })
}

fn ticket(row: &[String]) -> Option<(IncomingTicket, bool)> {
    let [subject, body, caller, group, ..] = row else { return None };
    let ticket = IncomingTicket {
        ticket: TicketRef { psa: "csv".into(), id: String::new() },
        customer: String::new(),
        from: String::new(),
        from_name: caller.clone(),
        subject: subject.clone(),
        body: body.clone(),
        created_at: UnixMs(0),
        message_id: None,
        status: TicketStatus::New,
    };
    Some((ticket, group == LEVEL_1))
}

/// Confidence from which each intent is acted on.
fn thresholds(model: &Model) -> serde_json::Value {
    let of = |i: &Intent| (i.name().to_owned(), model.threshold(*i).into());
    serde_json::Value::Object(Intent::ALL.iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn quoted_fields_keep_commas_breaks_and_quotes() {
        let rows = super::csv::records("a,\"b, c\",\"say \"\"hi\"\"\nthere\"\r\n,x,\n");
        assert_eq!(rows, [vec!["a", "b, c", "say \"hi\"\nthere"], vec!["", "x", ""]]);
    }
}
