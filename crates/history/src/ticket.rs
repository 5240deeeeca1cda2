//! One row and its mapping into a ticket. What a cell does not say stays open; what it says wrongly puts the row aside.

use crate::{
    dates::parse,
    mapping::{Cell, Field, Resolved, Unit},
    row::{Bad, Row, Why, head_of},
    talk::{Manner, split},
};
use domain::{PastDeed, PastEvent, PastTicket, UnixMs};
use serde::{Deserialize, Serialize};

/// A row as a ticket; in an event log with the row's own time and writer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) ticket: PastTicket,
    pub(crate) at: Option<UnixMs>,
    pub(crate) by: String,
}

/// Whether a cell says nothing, in the ways in which exports say nothing.
pub(crate) fn blank(cell: &str) -> bool {
    let cell = cell.trim();
    match cell.len() {
        0 => true,
        1..=19 => {
            const NOTHING: [&str; 14] = [
                "?",
                "-",
                "--",
                "n/a",
                "#n/a",
                "na",
                "null",
                "(null)",
                "none",
                "nan",
                "\\n",
                "(empty)",
                "(leer)",
                "0000-00-00 00:00:00",
            ];
            NOTHING.iter().any(|n| cell.eq_ignore_ascii_case(n))
        }
        _ => false,
    }
}

/// Minutes of work: a number in `unit`, 1:20, 1:20:00, `1 h 20 min`, or ServiceNow's time since 1970.
pub(crate) fn minutes(cell: &str, unit: Unit) -> Option<u32> {
    let cell = cell.trim();
    let whole = |seconds: f64| {
        let minutes = (seconds / 60.0).round();
        (0.0..=5_000_000.0).contains(&minutes).then_some(minutes as u32)
    };
    if let Ok(number) = cell.replacen(',', ".", 1).parse::<f64>() {
        let scale = match unit {
            Unit::Hours => 3600.0,
            Unit::Minutes => 60.0,
            Unit::Seconds => 1.0,
        };
        return whole(number * scale);
    }
    if let Some(rest) = cell.strip_prefix("1970-01-") {
        let (day, clock) = rest.split_once(' ')?;
        let days: f64 = day.parse().ok()?;
        return whole((days - 1.0) * 86_400.0 + clock_seconds(clock)?);
    }
    if cell.contains(':') {
        return whole(clock_seconds(cell)?);
    }
    let mut seconds = 0.0;
    let mut number = String::new();
    let mut any = false;
    let mut rest = cell;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() || c == '.' || c == ',' {
            number.push(if c == ',' { '.' } else { c });
            rest = &rest[1..];
        } else if c.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            let word = rest[..end].to_lowercase();
            let scale = match word.as_str() {
                "d" | "day" | "days" | "tag" | "tage" | "tagen" => 86_400.0,
                "h" | "hr" | "hrs" | "hour" | "hours" | "std" | "stunde" | "stunden" => 3600.0,
                "m" | "min" | "mins" | "minute" | "minutes" | "minuten" => 60.0,
                "s" | "sec" | "secs" | "second" | "seconds" | "sek" | "sekunde" | "sekunden" => 1.0,
                _ => return None,
            };
            seconds += number.trim_matches('.').parse::<f64>().ok()? * scale;
            number.clear();
            any = true;
            rest = &rest[end..];
        } else {
            rest = &rest[c.len_utf8()..];
        }
    }
    (any && number.trim_matches('.').is_empty()).then(|| whole(seconds)).flatten()
}

fn clock_seconds(clock: &str) -> Option<f64> {
    let mut seconds = 0.0;
    let mut count = 0;
    for (part, scale) in clock.split(':').zip([3600.0, 60.0, 1.0]) {
        seconds += part.trim().parse::<f64>().ok().filter(|n| *n >= 0.0)? * scale;
        count += 1;
    }
    (count == clock.split(':').count() && count > 1).then_some(seconds)
}

fn count(cell: &str) -> Option<u32> {
    match cell.to_ascii_lowercase().as_str() {
        "true" | "yes" | "ja" => Some(1),
        "false" | "no" | "nein" => Some(0),
        number => number.strip_suffix(".0").unwrap_or(number).parse().ok(),
    }
}

/// What an approval column says, where it says yes or no.
fn approved(cell: &str) -> Option<bool> {
    let plain = crate::names::plain(cell);
    match plain.as_str() {
        "approved" | "genehmigt" | "freigegeben" | "yes" | "ja" | "true" | "accepted" => Some(true),
        "rejected" | "denied" | "declined" | "abgelehnt" | "no" | "nein" | "refused" => Some(false),
        _ => None,
    }
}

fn join(into: &mut String, cell: &str, between: &str) {
    if !into.is_empty() {
        into.push_str(between);
    }
    into.push_str(cell);
}

/// The ticket that a row is.
pub(crate) fn ticket(row: &Row, mapping: &Resolved) -> Result<Part, Bad> {
    let mut part = Part::default();
    let ticket = &mut part.ticket;
    let (mut decided, mut approvers) = (None, Vec::new());
    for cell in &mapping.cells {
        let text = row.get(cell.at).trim();
        if blank(text) {
            continue;
        }
        match cell.field {
            Field::Id => set(&mut ticket.id, text),
            Field::Client => set(&mut ticket.client, text),
            Field::Requester => set(&mut ticket.requester, text),
            Field::Subject => set(&mut ticket.subject, text),
            Field::Body => set(&mut ticket.body, text),
            Field::Group => set(&mut ticket.group, text),
            Field::Assignee => set(&mut ticket.assignee, text),
            Field::Priority => set(&mut ticket.priority, text),
            Field::Status => set(&mut ticket.status, text),
            Field::Resolution => set(&mut ticket.resolution, text),
            Field::Category => join(&mut ticket.category, text, " / "),
            Field::Opened => ticket.opened = Some(date(row, text, cell, mapping)?),
            Field::Closed => ticket.closed = Some(date(row, text, cell, mapping)?),
            Field::EventAt => part.at = Some(date(row, text, cell, mapping)?),
            Field::EventBy => set(&mut part.by, text),
            Field::Minutes => {
                let found = minutes(text, cell.unit);
                ticket.minutes = Some(found.ok_or_else(|| number(row, text, cell.field))?);
            }
            Field::Reassigned => {
                ticket.reassigned = Some(count(text).ok_or_else(|| number(row, text, cell.field))?);
            }
            Field::Reopened => {
                ticket.reopened = Some(count(text).ok_or_else(|| number(row, text, cell.field))?);
            }
            Field::Comments | Field::Notes => {
                let internal = cell.field == Field::Notes;
                let manner = Manner { dates: cell.dates, zone: &mapping.zone, internal };
                ticket.events.extend(split(text, manner));
            }
            Field::Approval => decided = approved(text),
            Field::Approver => {
                approvers
                    .extend(text.split([',', ';', '\n']).map(str::trim).filter(|a| !a.is_empty()));
            }
            Field::Ignored => {}
        }
    }
    if !mapping.has_id {
        ticket.id = format!("row-{}", row.line);
    } else if ticket.id.is_empty() {
        let says = "the column that is `id` is empty".to_owned();
        return Err(aside(row, Why::NoId, says));
    }
    approvals(ticket, decided, &approvers);
    sides(ticket);
    in_order(&mut ticket.events);
    Ok(part)
}

fn set(into: &mut String, text: &str) {
    if into.is_empty() {
        into.push_str(text);
    }
}

/// The source's approval record. With several names nobody knows who of them decided.
fn approvals(ticket: &mut PastTicket, decided: Option<bool>, approvers: &[&str]) {
    let event = |by: &str, what| PastEvent { at: None, by: by.to_owned(), what };
    for of in approvers {
        ticket.events.push(event("", PastDeed::ApprovalAsked { of: (*of).to_owned() }));
    }
    if let Some(approved) = decided {
        let by = if let [one] = approvers { one } else { "" };
        ticket.events.push(event(by, PastDeed::ApprovalDecided { approved }));
    }
}

/// Who is known as the requester does not speak for the desk, who is known as the technician does.
fn sides(ticket: &mut PastTicket) {
    for event in &mut ticket.events {
        if event.by.is_empty() {
            continue;
        }
        if let PastDeed::Said { by_desk: side @ None, .. } = &mut event.what {
            if event.by.eq_ignore_ascii_case(&ticket.requester) {
                *side = Some(false);
            } else if event.by.eq_ignore_ascii_case(&ticket.assignee) {
                *side = Some(true);
            }
        }
    }
}

/// Oldest first; what has no time keeps its place behind what stood before it.
pub(crate) fn in_order(events: &mut [PastEvent]) {
    if events.is_sorted_by_key(|e| e.at) {
        return;
    }
    let mut before = None;
    let mut keyed: Vec<_> = Vec::with_capacity(events.len());
    for (place, event) in events.iter().enumerate() {
        before = event.at.or(before);
        keyed.push((before, place));
    }
    keyed.sort();
    let sorted: Vec<PastEvent> = keyed.iter().map(|(_, place)| events[*place].clone()).collect();
    events.clone_from_slice(&sorted);
}

fn date(row: &Row, text: &str, cell: &Cell, mapping: &Resolved) -> Result<UnixMs, Bad> {
    parse(text, cell.dates, &mapping.zone).ok_or_else(|| {
        let short: String = text.chars().take(40).collect();
        let says = format!("{}: `{short}` is no date ({})", cell.field.name(), cell.dates.words());
        aside(row, Why::Date, says)
    })
}

fn number(row: &Row, text: &str, field: Field) -> Bad {
    let short: String = text.chars().take(40).collect();
    aside(row, Why::Number, format!("{}: `{short}` is no number or time", field.name()))
}

/// The row as one that is put aside.
pub(crate) fn aside(row: &Row, why: Why, says: String) -> Bad {
    let cells: Vec<&str> = row.cells().collect();
    Bad { line: row.line, why, says, head: head_of(cells.join(",").as_bytes()) }
}
