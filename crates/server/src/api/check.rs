//! Holds what a brain sent against the shapes, and makes actions of it.
//!
//! INVARIANT: nothing that a shape does not name gets through, and every refusal says where.

use super::{
    shape::{self, Field, LONGEST_NAME, LONGEST_REASON, MOST_ACTIONS, Shape, TICKET},
    text::{wrong_name, wrong_prose},
};
use domain::{Action, ActionKind, ClientId, TicketRef};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, net::IpAddr};

/// What is wrong, and where: `actions[0].devices[2].name`. Empty for the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) at: String,
    pub(crate) what: String,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at.as_str() {
            "" => write!(f, "The body {}.", self.what),
            at => write!(f, "{at} {}.", self.what),
        }
    }
}

/// What a brain asks for, well-formed. Whether it may is another question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) client: ClientId,
    pub(crate) actions: Vec<Action>,
    pub(crate) reason: String,
    pub(crate) confidence: Option<u8>,
    pub(crate) ticket: Option<TicketRef>,
}

/// Shape of the sentence that says why.
pub(crate) const REASON: Shape = Shape::Prose(1, LONGEST_REASON);
/// Shape of the brain's own certainty.
pub(crate) const CONFIDENCE: Shape = Shape::Whole(0, 100);

/// Reads the body of a submission.
pub(crate) fn asked(body: &Value) -> Result<Asked, Wrong> {
    let map = object(body, "")?;
    let known = ["client", "actions", "reason", "confidence", "ticket"];
    only(map, &known, "")?;
    let get = |name: &str| {
        map.get(name).ok_or_else(|| wrong("", format!("has no `{name}`, which is required")))
    };
    let client = get("client")?;
    fits(&Shape::Client, client, "client")?;
    let actions = get("actions")?;
    let list = actions.as_array().ok_or_else(|| wrong_type("actions", "a list", actions))?;
    if list.is_empty() || list.len() > MOST_ACTIONS {
        return Err(wrong(
            "actions",
            format!("has {} items; 1 to {MOST_ACTIONS} are right", list.len()),
        ));
    }
    let mut read = Vec::with_capacity(list.len());
    for (i, item) in list.iter().enumerate() {
        let at = format!("actions[{i}]");
        let action = action(item, &at)?;
        if read.contains(&action) {
            return Err(wrong(&at, "asks for the same as an earlier one".into()));
        }
        read.push(action);
    }
    let reason = get("reason")?;
    fits(&REASON, reason, "reason")?;
    let optional = |name: &str, shape: &Shape| match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => fits(shape, value, name).map(|()| Some(value.clone())),
    };
    let confidence = optional("confidence", &CONFIDENCE)?;
    let ticket = optional("ticket", &TICKET)?;
    Ok(Asked {
        client: typed(client.clone(), "client")?,
        actions: read,
        reason: typed(reason.clone(), "reason")?,
        confidence: confidence.map(|v| typed(v, "confidence")).transpose()?,
        ticket: ticket.map(|v| typed(v, "ticket")).transpose()?,
    })
}

/// Reads the body of a withdrawal: why.
pub(crate) fn withdrawal(body: &Value) -> Result<String, Wrong> {
    let map = object(body, "")?;
    only(map, &["reason"], "")?;
    let reason =
        map.get("reason").ok_or_else(|| wrong("", "has no `reason`, which is required".into()))?;
    fits(&REASON, reason, "reason")?;
    typed(reason.clone(), "reason")
}

/// Reads one action: an object with its `kind` and the fields of that kind.
pub(crate) fn action(value: &Value, at: &str) -> Result<Action, Wrong> {
    let map = object(value, at)?;
    let kind_at = below(at, "kind");
    let kind = match map.get("kind") {
        None => return Err(wrong(at, "has no `kind`, which is required".into())),
        Some(Value::String(name)) => shape::kind(name).ok_or_else(|| {
            wrong(
                &kind_at,
                format!("{name:?} is no kind of action; GET /api/v1/actions lists them"),
            )
        })?,
        Some(other) => return Err(wrong_type(&kind_at, "a text", other)),
    };
    let mut fields = map.clone();
    fields.remove("kind");
    of_kind(kind, fields, at)
}

/// Makes an action of a kind's fields.
pub(crate) fn of_kind(
    kind: ActionKind,
    mut fields: Map<String, Value>,
    at: &str,
) -> Result<Action, Wrong> {
    in_object(shape::fields(kind), &fields, at)?;
    for name in ["group", "groups"] {
        if let Some(value) = fields.get_mut(name) {
            complete(value);
        }
    }
    fields.insert("kind".into(), kind.name().into());
    typed(Value::Object(fields), at)
}

/// A group whose mark was left out counts as unmarked; what the directory says decides anyway.
fn complete(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(complete),
        Value::Object(map)
            if map.len() == 2 && map.contains_key("id") && map.contains_key("name") =>
        {
            map.insert("privileged".into(), false.into());
        }
        _ => {}
    }
}

/// Whether a value has the shape.
pub(crate) fn fits(shape: &Shape, value: &Value, at: &str) -> Result<(), Wrong> {
    let text = || value.as_str().ok_or_else(|| wrong_type(at, "a text", value));
    let say = |found: Option<String>| found.map_or(Ok(()), |what| Err(wrong(at, what)));
    match shape {
        Shape::MaybeId if value.is_null() => Ok(()),
        Shape::Id | Shape::MaybeId => say(wrong_id(text()?)),
        Shape::Name(shortest) => say(wrong_name(text()?, *shortest)),
        Shape::Login => say(wrong_login(text()?)),
        Shape::Principal => say(wrong_principal(text()?)),
        Shape::Prose(shortest, longest) => say(wrong_prose(text()?, *shortest, *longest)),
        Shape::Sha256 => say(wrong_sha256(text()?)),
        Shape::Address => say(wrong_address(text()?)),
        Shape::Patch => say(wrong_patch(text()?)),
        Shape::Client => say(ClientId::new(text()?).is_err().then(|| "is not a client id".into())),
        Shape::Flag => match value.is_boolean() {
            true => Ok(()),
            false => Err(wrong_type(at, "true or false", value)),
        },
        Shape::Whole(from, to) => {
            let n = value.as_i64().or_else(|| value.as_u64().map(|_| i64::MAX));
            match n {
                Some(n) if n >= i64::from(*from) && n <= i64::from(*to) => Ok(()),
                Some(_) => Err(wrong(at, format!("is {value}; {from} to {to} is right"))),
                None => Err(wrong_type(at, "a whole number", value)),
            }
        }
        Shape::Word(words) => {
            let word = text()?;
            match words.contains(&word) {
                true => Ok(()),
                false => Err(wrong(
                    at,
                    format!("is {:?}; right is one of {}", short(word), words.join(", ")),
                )),
            }
        }
        Shape::Query => query(value, at),
        Shape::Object(fields) => in_object(fields, object(value, at)?, at),
        Shape::List(of, least, most) => list(of, *least..=*most, value, at),
    }
}

fn list(
    of: &Shape,
    count: std::ops::RangeInclusive<usize>,
    value: &Value,
    at: &str,
) -> Result<(), Wrong> {
    let items = value.as_array().ok_or_else(|| wrong_type(at, "a list", value))?;
    if !count.contains(&items.len()) {
        let (least, most) = (count.start(), count.end());
        return Err(wrong(at, format!("has {} items; {least} to {most} are right", items.len())));
    }
    let mut seen = BTreeSet::new();
    for (i, item) in items.iter().enumerate() {
        let here = format!("{at}[{i}]");
        fits(of, item, &here)?;
        // Arguments may repeat; a target that stands twice would count twice or hide that it does.
        let key = match item {
            Value::Object(map) => map.get("id").and_then(Value::as_str),
            Value::String(text) if !matches!(of, Shape::Prose(..)) => Some(text.as_str()),
            _ => None,
        };
        if let Some(key) = key
            && !seen.insert(key.to_lowercase())
        {
            return Err(wrong(&here, format!("names {:?} a second time", short(key))));
        }
    }
    Ok(())
}

fn in_object(fields: &[Field], map: &Map<String, Value>, at: &str) -> Result<(), Wrong> {
    let names: Vec<&str> = fields.iter().map(|f| f.name).collect();
    only(map, &names, at)?;
    for field in fields {
        match map.get(field.name) {
            Some(value) => fits(&field.shape, value, &below(at, field.name))?,
            None if field.required => {
                return Err(wrong(at, format!("has no `{}`, which is required", field.name)));
            }
            None => {}
        }
    }
    Ok(())
}

fn query(value: &Value, at: &str) -> Result<(), Wrong> {
    let map = object(value, at)?;
    only(map, &["address", "name"], at)?;
    match (map.get("address"), map.get("name")) {
        (Some(address), None) => fits(&Shape::Login, address, &below(at, "address")),
        (None, Some(name)) => fits(&Shape::Name(1), name, &below(at, "name")),
        _ => Err(wrong(at, "has to hold exactly one of `address` and `name`".into())),
    }
}

/// Refuses a field that is not known, by name.
pub(crate) fn only(map: &Map<String, Value>, known: &[&str], at: &str) -> Result<(), Wrong> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let known = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
            Err(wrong(at, format!("has an unknown field {:?}; known are {known}", short(key))))
        }
    }
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, Wrong> {
    value.as_object().ok_or_else(|| wrong_type(at, "an object", value))
}

fn typed<T: serde::de::DeserializeOwned>(value: Value, at: &str) -> Result<T, Wrong> {
    serde_json::from_value(value).map_err(|e| wrong(at, format!("cannot be read: {e}")))
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn wrong(at: &str, what: String) -> Wrong {
    Wrong { at: at.to_owned(), what }
}

fn wrong_type(at: &str, right: &str, value: &Value) -> Wrong {
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    wrong(at, format!("is {is}; {right} is right"))
}

/// The beginning of a text that somebody sent, for a message.
fn short(text: &str) -> String {
    match text.chars().count() {
        0..=60 => text.to_owned(),
        _ => text.chars().take(60).chain(['…']).collect(),
    }
}

fn wrong_id(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("is empty".into());
    }
    if text.len() > LONGEST_NAME {
        return Some(format!("is longer than {LONGEST_NAME} characters"));
    }
    let bad = text.chars().find(|c| !c.is_ascii_graphic())?;
    Some(format!("holds U+{:04X}; an id is visible ASCII without blanks", u32::from(bad)))
}

fn wrong_login(text: &str) -> Option<String> {
    if let Some(wrong) = wrong_name(text, 1) {
        return Some(wrong);
    }
    match text.chars().find(|c| c.is_whitespace() || "\"<>()[];:,/|".contains(*c)) {
        Some(c) => Some(format!("holds {c:?}, which no sign-in name holds")),
        None if text.matches('@').count() > 1 => Some("holds more than one @".into()),
        None => None,
    }
}

fn wrong_principal(text: &str) -> Option<String> {
    if let Some(wrong) = wrong_login(text) {
        return Some(wrong);
    }
    let right = text.split_once('@').is_some_and(|(local, host)| {
        let local_ok = (1..=64).contains(&local.chars().count())
            && local.chars().all(|c| c.is_alphanumeric() || "._-'+!#^~$&*=?{}%`".contains(c))
            && !local.starts_with('.')
            && !local.ends_with('.');
        let label_ok = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        local_ok && host.contains('.') && host.split('.').all(label_ok)
    });
    (!right).then(|| format!("is {:?}; name@domain.example is right", short(text)))
}

fn wrong_sha256(text: &str) -> Option<String> {
    let right = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (!right).then(|| "is no SHA-256: 64 lower-case hexadecimal digits are right".into())
}

fn wrong_address(text: &str) -> Option<String> {
    match text.parse::<IpAddr>() {
        Err(_) => Some(format!("is {:?}; an IPv4 or IPv6 address is right", short(text))),
        Ok(ip) if ip.is_unspecified() || ip.is_multicast() => {
            Some(format!("is {ip}, which no server answers at"))
        }
        Ok(_) => None,
    }
}

fn wrong_patch(text: &str) -> Option<String> {
    let right = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    (!right).then(|| format!("is {:?}; an id such as KB5034441 is right", short(text)))
}
