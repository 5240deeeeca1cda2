//! Where tickets belong: the desk's own sorting, learned in the order of time and tried on what came next.

use crate::{
    figures::{self, Bin, Point, Share},
    prepare::Prepared,
};
use domain::PastTicket;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use technician::learn::classify::{self, Example, Request, Scratch, Settings};

/// Groups or categories with fewer tickets than this are not learned.
const LEAST: usize = 100;
/// A model learns from at most this many tickets, the newest.
const MOST: usize = 8_000;
/// It is learned anew when the history has grown by this factor.
const GROWTH: f64 = 2.0;

/// How well the desk's sorting can be foretold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Routing {
    /// What was learned: `group` or `category`; empty when the history sorts nothing.
    pub by: String,
    /// Classes with enough tickets.
    pub classes: usize,
    /// Right among all that were tried.
    pub right: Share,
    /// Right among those that it would have decided by itself, at a target of 95 %.
    pub decided_right: Share,
    /// Confidence against being right.
    pub calibration: Vec<Bin>,
    /// Mean distance of the two.
    pub calibration_error: f64,
    /// Deciding more against being wrong more often.
    pub curve: Vec<Point>,
}

/// Learns and tries. `order` are places of tickets, oldest first.
pub(crate) fn routing(tickets: &[PastTicket], prepared: &[Prepared], order: &[usize]) -> Routing {
    let (groups, categories) = (learned(tickets, group), learned(tickets, category));
    // The finer sorting says more.
    let (by, kept, class): (_, _, fn(&PastTicket) -> &str) = match groups.len() >= categories.len()
    {
        true => ("group", groups, group),
        false => ("category", categories, category),
    };
    if kept.len() < 2 {
        return Routing::default();
    }
    let rows: Vec<(usize, &str)> = order
        .iter()
        .filter_map(|at| Some((*at, class(tickets.get(*at)?))))
        .filter(|(_, class)| kept.contains(class))
        .collect();
    let tried = walk(tickets, prepared, &rows);
    let mut out = Routing { by: by.into(), classes: kept.len(), ..Routing::default() };
    for (_, right, decided) in &tried {
        out.right.add(*right);
        if *decided {
            out.decided_right.add(*right);
        }
    }
    let judged: Vec<(f64, bool)> = tried.iter().map(|(c, right, _)| (*c, *right)).collect();
    out.calibration = figures::bins(&judged);
    out.calibration_error = figures::calibration_error(&out.calibration);
    out.curve =
        figures::curve(judged.iter().map(|(c, right)| (*c, Some(*right))).collect(), judged.len());
    out
}

fn group(ticket: &PastTicket) -> &str {
    &ticket.group
}

fn category(ticket: &PastTicket) -> &str {
    &ticket.category
}

/// Classes with enough tickets.
fn learned(tickets: &[PastTicket], class: fn(&PastTicket) -> &str) -> HashSet<&str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in tickets.iter().map(class).filter(|name| !name.is_empty()) {
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().filter(|(_, n)| *n >= LEAST).map(|(name, _)| name).collect()
}

/// Confidence, right, decided: for every ticket that came after the first model.
fn walk(
    tickets: &[PastTicket],
    prepared: &[Prepared],
    rows: &[(usize, &str)],
) -> Vec<(f64, bool, bool)> {
    let request = |at: usize| Request {
        subject: tickets.get(at).map_or("", |t| &t.subject),
        body: prepared.get(at).map_or("", |p| &p.request),
        sender: tickets.get(at).map_or("", |t| &t.requester),
    };
    let mut out = Vec::new();
    let mut scratch = Scratch::default();
    let mut from = (rows.len() / 5).max(LEAST).min(rows.len());
    while from < rows.len() {
        let until = ((from as f64 * GROWTH) as usize).min(rows.len());
        let past = rows.get(from.saturating_sub(MOST)..from).unwrap_or(&[]);
        // What was still open when the next one came taught nothing yet.
        let next = rows.get(from).and_then(|(at, _)| prepared.get(*at)).map(|p| p.at);
        let open = |at: usize| {
            tickets
                .get(at)
                .and_then(|t| t.closed)
                .zip(next)
                .is_some_and(|(closed, next)| closed > next)
        };
        let examples: Vec<Example<'_>> = past
            .iter()
            .filter(|(at, _)| !open(*at))
            .map(|(at, class)| Example { request: request(*at), class })
            .collect();
        if let Ok(model) = classify::train(&examples, &Settings::default()) {
            for (at, class) in rows.get(from..until).unwrap_or(&[]) {
                let reading = model.read(&request(*at), &mut scratch);
                let right = model.classes().get(reading.class).is_some_and(|c| c == class);
                out.push((reading.confidence, right, reading.decided));
            }
        }
        from = until.max(from + 1);
    }
    out
}
