//! How often the recogniser is right on real tickets that people have read, where it would act without a person.
//!
//! The tickets are no part of this repository; without them the test says so and measures nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "../examples/common/csv.rs"]
mod csv;

use common::model;
use domain::{IncomingTicket, Intent, TicketRef, TicketStatus, UnixMs};
use std::collections::BTreeMap;
use technician::{learn::text, understand};

const LABELS: &str = include_str!("labels/it_tickets.csv");

struct Label {
    label: String,
    or: String,
    application: bool,
}

fn labels() -> BTreeMap<String, Label> {
    let rows = LABELS.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let label = Label {
            label: cells[2].into(),
            or: cells[3].into(),
            application: cells[5] == "application",
        };
        (cells[0].to_owned(), label)
    });
    rows.collect()
}

#[test]
fn what_may_act_alone_is_right_on_real_tickets() {
    let folder = std::env::var("JOURNEYMAN_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").into());
    let Ok(text) = std::fs::read_to_string(format!("{folder}/data/it_tickets.csv")) else {
        println!("SKIPPED: {folder}/data/it_tickets.csv is not there; nothing was measured");
        return;
    };
    let labels = labels();
    let mut figures: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
    let mut acted_unlabelled = 0;
    for row in csv::records(&text).iter().skip(1) {
        let [subject, body, caller, _, id] = row.as_slice() else { panic!("{row:?}") };
        let ticket = IncomingTicket {
            ticket: TicketRef { psa: "csv".into(), id: id.clone() },
            customer: String::new(),
            from: caller.to_lowercase(),
            from_name: caller.clone(),
            subject: subject.clone(),
            body: text::read(subject, body).opening(),
            created_at: UnixMs(0),
            message_id: None,
            status: TicketStatus::New,
        };
        let read = understand(model(), &ticket, &[]);
        let alone = matches!(
            read.intent,
            Intent::UnlockAccount | Intent::ResetPassword | Intent::RequirePasswordChange
        );
        if read.abstained || !read.signals.is_empty() || !alone {
            continue;
        }
        let Some(known) = labels.get(id) else {
            println!("no label: ticket {id} as {}", read.intent.name());
            acted_unlabelled += 1;
            continue;
        };
        let way = figures.entry(read.intent.name()).or_default();
        let before = way[2];
        let either = |label: &str| matches!(label, "unlock_account" | "reset_password");
        match () {
            () if known.application => way[2] += 1,
            () if known.label == read.intent.name() => way[0] += 1,
            // The lesser of the two changes, or the other label that the reader thought of.
            () if known.or == read.intent.name()
                || (read.intent == Intent::UnlockAccount && either(&known.label)) =>
            {
                way[1] += 1
            }
            () => way[2] += 1,
        }
        if way[2] > before {
            println!("wrong: ticket {id} as {}", read.intent.name());
        }
    }
    println!("intent, as labelled, arguable, wrong; acted on without a label: {acted_unlabelled}");
    for (intent, [right, arguable, wrong]) in &figures {
        let all = right + arguable + wrong;
        println!(
            "{intent}: {right}, {arguable}, {wrong}: {:.1} % not wrong",
            100.0 * f64::from(right + arguable) / f64::from(all)
        );
        assert!(f64::from(*wrong) <= 0.02 * f64::from(all), "{intent}: {wrong} of {all} are wrong");
    }
    assert_eq!(acted_unlabelled, 0, "label these before the figure is believed");
}
