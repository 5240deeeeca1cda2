//! What the terminal shows: each case as it comes to rest, and live counts.

use super::{
    Stage,
    stream::{Case, Filed},
    summary::Summary,
};
use crate::clock;
use indicatif::{ProgressBar, ProgressStyle};
use std::{collections::BTreeMap, io::IsTerminal as _, sync::Mutex};

/// The terminal.
pub(crate) struct View {
    bar: ProgressBar,
    counts: Mutex<BTreeMap<String, u64>>,
    headless: bool,
}

impl View {
    pub(super) fn new(headless: bool, tickets: usize) -> View {
        let bar = match std::io::stderr().is_terminal() {
            true => ProgressBar::new(tickets as u64),
            false => ProgressBar::hidden(),
        };
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos}/{len} tickets · {elapsed} · {msg}")
        {
            bar.set_style(style);
        }
        View { bar, counts: Mutex::default(), headless }
    }

    /// Whether the scripted approver is at work; it is what headless runs wait for.
    pub(super) fn has_approver(&self) -> bool {
        self.headless
    }

    /// A line above the progress bar.
    pub(super) fn say(&self, text: &str) {
        match self.bar.is_hidden() {
            true => println!("{text}"),
            false => self.bar.println(text),
        }
    }

    /// A case came to rest.
    pub(super) async fn moved(&self, stage: &Stage, filed: &Filed, case: &Case) {
        let took_ms = clock::now().since(filed.at);
        let row = stage.app.store.case(case.id).await.ok().flatten();
        let what = row.as_ref().map(|r| r.summary.clone()).unwrap_or_default();
        let tier = row.and_then(|r| r.tier).unwrap_or_else(|| "-".into());
        if !self.headless {
            self.say(&format!(
                "{:<10} #{:<5} {:<20} {:<8} {:>6.1} s  {:<24} {}",
                case.client.as_str(),
                filed.psa_id,
                case.phase.replace('_', " "),
                tier,
                took_ms as f64 / 1000.0,
                what,
                filed.ticket.subject,
            ));
        }
        let message = match self.counts.lock() {
            Ok(mut counts) => {
                *counts.entry(case.phase.replace('_', " ")).or_default() += 1;
                let texts: Vec<String> =
                    counts.iter().map(|(phase, n)| format!("{n} {phase}")).collect();
                texts.join(", ")
            }
            Err(_) => String::new(),
        };
        self.bar.set_message(message);
        self.bar.inc(1);
    }

    /// The end.
    pub(super) fn end(&self, summary: &Summary) {
        self.bar.finish();
        println!("{}", summary.text());
    }
}
