//! A cell that holds a whole conversation, taken apart: ServiceNow's journal, Jira's comment, a list of objects.

use crate::dates::{Dates, parse};
use domain::{PastDeed, PastEvent};
use jiff::tz::TimeZone;
use serde_json::Value;

/// How the column's dates are to be read, and whether it is the desk's own talk.
#[derive(Clone, Copy)]
pub(crate) struct Manner<'a> {
    pub(crate) dates: Dates,
    pub(crate) zone: &'a TimeZone,
    pub(crate) internal: bool,
}

/// The messages of a cell, oldest first where they have times.
pub(crate) fn split(cell: &str, manner: Manner<'_>) -> Vec<PastEvent> {
    let mut said = match cell.starts_with('[') {
        true => objects(cell, manner),
        false => None,
    }
    .or_else(|| journal(cell, manner))
    .or_else(|| with_semicolons(cell, manner))
    .unwrap_or_else(|| vec![message(None, "", cell, manner.internal)]);
    if said.iter().all(|e| e.at.is_some()) {
        said.sort_by_key(|e| e.at);
    }
    said
}

fn message(at: Option<domain::UnixMs>, by: &str, text: &str, internal: bool) -> PastEvent {
    let by_desk = internal.then_some(true);
    let what = PastDeed::Said { text: text.trim().to_owned(), internal, by_desk };
    PastEvent { at, by: by.trim().to_owned(), what }
}

/// `2026-05-03 10:11:12 - Ann Lee (Additional comments)` above each message.
fn journal(cell: &str, manner: Manner<'_>) -> Option<Vec<PastEvent>> {
    if !cell.contains(" - ") {
        return None;
    }
    let mut said = Vec::new();
    let mut head: Option<Head<'_>> = None;
    let mut text = String::new();
    let mut any = false;
    for line in cell.lines() {
        match head_of(line, manner) {
            Some(next) => {
                close(&mut said, head.take(), &mut text, manner);
                head = Some(next);
                any = true;
            }
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    close(&mut said, head, &mut text, manner);
    any.then_some(said)
}

struct Head<'a> {
    at: domain::UnixMs,
    by: &'a str,
    internal: bool,
}

fn close(said: &mut Vec<PastEvent>, head: Option<Head<'_>>, text: &mut String, manner: Manner<'_>) {
    let words = std::mem::take(text);
    if words.trim().is_empty() {
        return;
    }
    said.push(match head {
        Some(h) => message(Some(h.at), h.by, &words, h.internal),
        None => message(None, "", &words, manner.internal),
    });
}

fn head_of<'a>(line: &'a str, manner: Manner<'_>) -> Option<Head<'a>> {
    let line = line.trim();
    let rest = line.strip_suffix(')')?;
    let (date, rest) = rest.split_once(" - ")?;
    let (by, kind) = rest.rsplit_once(" (")?;
    let at = parse(date, manner.dates, manner.zone)?;
    let kind = kind.to_lowercase();
    let notes =
        kind.contains("work note") || kind.contains("arbeitsnotiz") || kind.contains("intern");
    let comment = kind.contains("comment") || kind.contains("kommentar");
    Some(Head { at, by, internal: notes || (manner.internal && !comment) })
}

/// `03/May/26 10:11 AM;ann;text`, as Jira writes a comment or a worklog.
fn with_semicolons(cell: &str, manner: Manner<'_>) -> Option<Vec<PastEvent>> {
    let (date, rest) = cell.split_once(';')?;
    let (by, text) = rest.split_once(';')?;
    let at = parse(date, manner.dates, manner.zone)?;
    (!by.contains(char::is_whitespace) || by.len() < 60)
        .then(|| vec![message(Some(at), by, text, manner.internal)])
}

/// A list of objects, each a comment.
fn objects(cell: &str, manner: Manner<'_>) -> Option<Vec<PastEvent>> {
    let list: Vec<Value> = serde_json::from_str(cell).ok()?;
    let mut said = Vec::new();
    for item in &list {
        let text = first(
            item,
            &[
                "plain_body",
                "body_text",
                "body",
                "text",
                "comment",
                "message",
                "content",
                "note",
                "value",
            ],
        )?;
        let by = first(
            item,
            &[
                "author.email",
                "author.emailAddress",
                "author.name",
                "author.displayName",
                "author",
                "email",
                "user.email",
                "user.name",
                "user",
                "by",
                "created_by",
                "from",
                "who",
                "author_id",
                "user_id",
            ],
        );
        let at = first(
            item,
            &[
                "created_at",
                "created",
                "createdDate",
                "createdAt",
                "at",
                "date",
                "datetime",
                "timestamp",
                "time",
            ],
        );
        let at = at.and_then(|t| {
            let form = match t.bytes().all(|b| b.is_ascii_digit()) {
                true if t.len() > 11 => Dates::EpochMs,
                true => Dates::EpochSeconds,
                false => manner.dates,
            };
            parse(&t, form, manner.zone)
        });
        let flag = |name: &str| item.get(name).and_then(Value::as_bool);
        let internal = flag("internal")
            .or(flag("private"))
            .or(flag("isInternal"))
            .or(flag("public").or(flag("is_public")).map(|public| !public))
            .unwrap_or(manner.internal);
        if !text.trim().is_empty() {
            said.push(message(at, &by.unwrap_or_default(), &text, internal));
        }
    }
    Some(said)
}

fn first(item: &Value, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| {
        let found = path.split('.').try_fold(item, |at, key| at.get(key))?;
        match found {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    })
}
