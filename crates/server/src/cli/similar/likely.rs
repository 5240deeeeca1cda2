//! Where a text would have gone: learned from the same tickets, by words, and by meaning too where vectors are there and held-out tickets
//! say that they help. Made for a client with few examples.

use super::{Asked, class, shown};
use domain::PastTicket;
use std::collections::HashMap;
use technician::learn::classify::{
    Example, Reading, Request, Scratch, Settings, train, train_fused,
};

/// The newest tickets that are learned from.
const MOST: usize = 8_000;
/// Classes with fewer tickets than this among them are left out.
const LEAST: usize = 5;

/// The vector of every different text, and that of the question.
pub(super) struct Meaning {
    pub(super) vectors: Vec<Vec<f32>>,
    pub(super) question: Vec<f32>,
}

/// One sentence; nothing when the tickets have too few classes or are too few. `places` says which different text each ticket has.
pub(super) fn class_of(
    text: &str,
    tickets: &[PastTicket],
    asked: &[Asked],
    places: &[usize],
    meaning: Option<&Meaning>,
) -> Option<String> {
    let from = tickets.len().saturating_sub(MOST);
    let newest = || tickets.iter().zip(places).skip(from).filter(|(t, _)| !class(t).is_empty());
    let mut counts: HashMap<&str, usize> = HashMap::new();
    newest().for_each(|(t, _)| *counts.entry(class(t)).or_default() += 1);
    let rows: Vec<(Example<'_>, usize)> = newest()
        .filter(|(t, _)| counts.get(class(t)).is_some_and(|n| *n >= LEAST))
        .filter_map(|(t, place)| {
            let Asked { subject, body, .. } = asked.get(*place)?;
            let request = Request { subject, body, sender: &t.requester };
            Some((Example { request, class: class(t) }, *place))
        })
        .collect();
    let examples: Vec<Example<'_>> = rows.iter().map(|(example, _)| *example).collect();
    let question = Request { subject: text, ..Request::default() };
    let settings = Settings::default();
    let mut scratch = Scratch::default();
    let (reading, classes, way) = match meaning {
        Some(Meaning { vectors, question: vector }) => {
            let of = |(_, place): &(Example<'_>, usize)| vectors.get(*place).cloned();
            let known: Vec<Vec<f32>> = rows.iter().filter_map(of).collect();
            let model = train_fused(&examples, &known, &settings).ok()?;
            let way = if model.uses_meaning() { "words and meaning" } else { "words" };
            let reading = model.read(&question, vector, &mut scratch);
            (reading, model.words().classes().to_vec(), way)
        }
        None => {
            let model = train(&examples, &settings).ok()?;
            (model.read(&question, &mut scratch), model.classes().to_vec(), "words")
        }
    };
    Some(sentence(&reading, &classes, examples.len(), way))
}

fn sentence(reading: &Reading, classes: &[String], tickets: usize, way: &str) -> String {
    let name = |at: usize| shown(classes.get(at).map_or("", String::as_str), 40);
    let (second, chance) = reading.runner_up;
    let sure = if reading.decided { "sure enough to decide" } else { "not sure enough to decide" };
    format!(
        "most likely {} ({:.0} %), then {} ({:.0} %): {sure}, by {way} of {tickets} tickets",
        name(reading.class),
        reading.confidence * 100.0,
        name(second),
        chance * 100.0
    )
}
