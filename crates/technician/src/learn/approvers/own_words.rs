//! The words that a person wrote themselves: without what is quoted, forwarded, a footer or a form.

use crate::learn::text::repair;
use crate::understand::opens::{Opens, opens};

/// A message taken apart.
pub(super) struct Message {
    /// Sentences in the writer's own words, as written; a question keeps its mark.
    pub(super) own: Vec<String>,
    /// Who wrote the mail below, as its header says: "Ann Lee <ann@x.example>".
    pub(super) below: Option<String>,
    /// A form was filled in.
    pub(super) form: bool,
}

/// Takes a message apart.
pub(super) fn read(text: &str) -> Message {
    let text = repair(text);
    let mut message = Message { own: Vec::new(), below: None, form: false };
    let mut quoting = Quoting::No;
    let mut fields = 0;
    let mut ended = false;
    for line in text.lines() {
        let line = line.trim();
        let kind = opens(line);
        if kind == Opens::QuotedLine {
            continue;
        }
        if quoting == Quoting::Marked && !line.is_empty() {
            quoting = Quoting::No;
        }
        if kind == Opens::Chain || is_header(line) {
            quoting = opens_marked(line);
            if message.below.is_none() {
                message.below = author(line);
            }
            continue;
        }
        if quoting != Quoting::No
            || matches!(kind, Opens::Noise | Opens::Greeting) && line.len() < 24
        {
            continue;
        }
        let signs_off = kind == Opens::SignOff
            && !message.own.is_empty()
            && (!line.contains(' ') || line.len() < 40 && !says_more(line));
        ended |= kind == Opens::Footer || signs_off;
        if ended {
            continue;
        }
        if is_field(line) {
            fields += 1;
            continue;
        }
        sentences(line, &mut message.own);
    }
    message.form = fields >= 2 || text.contains("[x]") || text.contains("[ ]");
    message
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    No,
    /// Only the lines that follow with ">".
    Marked,
    /// All to the end.
    Rest,
}

/// "On … wrote:" is followed by marked lines, and what comes after them is new again.
fn opens_marked(line: &str) -> Quoting {
    let lower = line.to_lowercase();
    let marked = lower.ends_with("wrote:") || lower.contains(" schrieb") && lower.ends_with(':');
    if marked { Quoting::Marked } else { Quoting::Rest }
}

/// A header that the mail reader did not mark: "Sent:", "Gesendet:", "From:" with a bare name.
fn is_header(line: &str) -> bool {
    let lower = line.to_lowercase();
    ["from: ", "von: ", "sent: ", "gesendet: "].iter().any(|h| lower.starts_with(h))
}

fn author(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    for head in ["from:", "von:"] {
        if lower.starts_with(head) {
            return line.get(head.len()..).map(|rest| rest.trim().to_owned());
        }
    }
    let address = line.split_once('<')?.1.split_once('>')?.0;
    Some(address.to_owned())
}

/// "Approved by: Ann", "Cost centre: 4711": a label of a few words and a value.
fn is_field(line: &str) -> bool {
    let Some((label, value)) = line.split_once(':') else { return false };
    let lower = label.to_lowercase();
    let official = [
        "approv",
        "genehm",
        "freigabe",
        "authori",
        "signature",
        "cost centre",
        "date",
        "antrag",
        "request type",
        "effective",
    ];
    let words = label.split_whitespace().count();
    words <= 6 && !value.starts_with("//") && official.iter().any(|w| lower.contains(w))
}

/// "Thanks, approved" is more than a sign-off.
fn says_more(line: &str) -> bool {
    let lower = line.to_lowercase();
    ["approv", "genehm", "freig", "agree", "ok", "yes", "fine", "go ahead"]
        .iter()
        .any(|w| lower.contains(w))
}

/// Cuts a line into sentences. A greeting before a comma goes.
fn sentences(line: &str, out: &mut Vec<String>) {
    let line = without_greeting(line);
    let mut start = 0;
    for (at, c) in line.char_indices() {
        if matches!(c, '.' | '!' | '?' | ';') {
            let end = at + c.len_utf8();
            let next = line.get(end..).and_then(|r| r.chars().next());
            if next.is_none_or(char::is_whitespace) {
                out.extend(line.get(start..end).map(|s| s.trim().to_owned()));
                start = end;
            }
        }
    }
    if let Some(rest) = line.get(start..).map(str::trim).filter(|r| !r.is_empty()) {
        out.push(rest.to_owned());
    }
}

fn without_greeting(line: &str) -> &str {
    let lower = line.to_lowercase();
    let greets = [
        "hi",
        "hello",
        "hey",
        "dear",
        "hallo",
        "guten tag",
        "moin",
        "liebe",
        "lieber",
        "good morning",
    ];
    let greeted = greets
        .iter()
        .any(|g| lower.strip_prefix(g).is_some_and(|rest| rest.starts_with([' ', ',', '!'])));
    match line.split_once(',') {
        Some((greeting, rest)) if greeted && greeting.split_whitespace().count() <= 4 => {
            rest.trim()
        }
        _ => line,
    }
}
