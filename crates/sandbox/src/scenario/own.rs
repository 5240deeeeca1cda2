//! A user's own tickets, one JSON object a line.

use super::ScenarioTicket;
use crate::effect::Effect;
use domain::ClientId;
use serde::Deserialize;

/// What is wrong with a file of tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTicketError {
    /// Line, counted from 1.
    pub line: usize,
    /// What was wrong, and what would be right.
    pub what: String,
}

impl std::fmt::Display for OwnTicketError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for OwnTicketError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    client: ClientId,
    from: String,
    #[serde(default)]
    from_name: String,
    subject: String,
    body: String,
    allow: Option<Vec<Effect>>,
}

/// The clients that tickets can be written for.
const CLIENTS: [&str; 3] = ["fabrikam", "northwind", "lakeside"];

/// Reads tickets, one JSON object `{client, from, subject, body}` a line, with optional
/// `from_name` and `allow` (list of effects). Empty lines and lines that begin with `#` are skipped.
pub fn parse_own(jsonl: &str) -> Result<Vec<ScenarioTicket>, OwnTicketError> {
    let mut tickets = Vec::new();
    for (place, text) in jsonl.lines().enumerate() {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let fail = |what: String| OwnTicketError { line: place + 1, what };
        let line: Line = serde_json::from_str(text).map_err(|e| {
            fail(format!(
                "{e}; each line is one JSON object with client, from, subject and body, and may have from_name and allow"
            ))
        })?;
        tickets.push(ticket(line).map_err(fail)?);
    }
    Ok(tickets)
}

fn ticket(line: Line) -> Result<ScenarioTicket, String> {
    if !CLIENTS.contains(&line.client.as_str()) {
        return Err(format!(
            "unknown client {:?}: use one of {}",
            line.client.as_str(),
            CLIENTS.join(", ")
        ));
    }
    let from = line.from.trim().to_lowercase();
    if !from.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')) {
        return Err(format!(
            "from is {:?}: write a mail address such as jo@company.example",
            line.from
        ));
    }
    if line.subject.trim().is_empty() && line.body.trim().is_empty() {
        return Err("subject and body are both empty: write at least one".to_owned());
    }
    let closes = |e: &Effect| matches!(e, Effect::TicketClosed { .. });
    if line.allow.as_ref().is_some_and(|allow| allow.iter().any(closes)) {
        return Err("allow cannot list ticket_closed, for the ticket's number is not known yet: leave it out, closing is allowed".to_owned());
    }
    Ok(ScenarioTicket {
        client: line.client,
        from,
        from_name: line.from_name,
        subject: line.subject,
        body: line.body,
        kind: "own".into(),
        checked: line.allow.is_some(),
        allow: line.allow.unwrap_or_default(),
        may_close: true,
        needs_person: false,
        prepare: Vec::new(),
        follow_up: None,
    })
}
