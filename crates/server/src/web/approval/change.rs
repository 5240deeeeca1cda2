//! Changing what was asked for: a form made from the action itself, and the action made from the form.
//!
//! INVARIANT: the form can only leave targets out and set parameters. Whose account it is, which
//! ticket and which kind of action stay; whatever comes out is judged anew before it counts.

use crate::web::{form::Fields, visible, words};
use domain::Action;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Longest text of one field, in characters.
const LONGEST: usize = 1_000;
/// What no change touches.
const FIXED: [&str; 4] = ["kind", "account", "ticket", "device"];
/// Marks a list of which some were picked, even when none was.
const PICKED: &str = "picked.";

/// One field of the form.
pub(super) struct Field {
    pub(super) label: String,
    pub(super) name: String,
    pub(super) input: Input,
}

/// How a field is filled in.
pub(super) enum Input {
    /// One line of text.
    Text(String),
    /// A whole number.
    Number(String),
    /// Yes or no.
    Flag(bool),
    /// One text a line.
    Lines(String),
    /// Some of these: place and label.
    Pick(Vec<(usize, String)>),
    /// One of these.
    Choice(Vec<(&'static str, String, bool)>),
}

fn object(action: &Action) -> Map<String, Value> {
    match serde_json::to_value(action) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// Every field that may be changed; empty when there is none.
pub(super) fn fields(action: &Action) -> Vec<Field> {
    let mut out = Vec::new();
    for (name, value) in object(action) {
        if FIXED.contains(&name.as_str()) {
            continue;
        }
        match &value {
            Value::Object(parts) => {
                for (part, value) in parts {
                    let label = format!("{}: {}", words::spaced(&name), part_name(part));
                    if let Value::String(text) = value {
                        let input = Input::Text(text.clone());
                        out.push(Field { label, name: format!("{name}.{part}"), input });
                    }
                }
            }
            value => {
                if let Some(input) = input(&name, value) {
                    out.push(Field { label: words::spaced(&name), name, input });
                }
            }
        }
    }
    out
}

fn part_name(part: &str) -> String {
    match part {
        "sha256" => "SHA-256".into(),
        part => part.replace('_', " "),
    }
}

fn input(name: &str, value: &Value) -> Option<Input> {
    match value {
        Value::Bool(yes) => Some(Input::Flag(*yes)),
        Value::Number(n) => Some(Input::Number(n.to_string())),
        Value::String(text) => Some(match choices(name) {
            [] => Input::Text(text.clone()),
            all => Input::Choice(
                all.iter().map(|c| (*c, words::spaced(c), *c == text.as_str())).collect(),
            ),
        }),
        Value::Array(items) if free(name) => {
            let lines: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            Some(Input::Lines(lines.join("\n")))
        }
        // One alone cannot be left out.
        Value::Array(items) if items.len() > 1 => {
            Some(Input::Pick(items.iter().map(label).enumerate().collect()))
        }
        _ => None,
    }
}

/// Lists that may grow: they are no targets.
fn free(name: &str) -> bool {
    matches!(name, "arguments" | "servers")
}

fn choices(name: &str) -> &'static [&'static str] {
    match name {
        "right" => &["full_access", "send_as", "send_on_behalf"],
        "status" => &[
            "new",
            "in_progress",
            "waiting_on_customer",
            "waiting_on_approval",
            "needs_technician",
            "closed",
        ],
        _ => &[],
    }
}

/// A value by its names.
pub(super) fn label(value: &Value) -> String {
    let Value::Object(parts) = value else { return scalar(value) };
    let text = |key: &str| parts.get(key).and_then(Value::as_str);
    let name = ["name", "address", "id"].iter().find_map(|k| text(k)).unwrap_or_default();
    match ["login", "sha256", "sku", "id"].iter().find_map(|k| text(k)) {
        Some(more) if more != name => format!("{name} ({more})"),
        _ => name.to_owned(),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Null => "none".into(),
        other => other.to_string(),
    }
}

/// Targets and parameters of an action by name, for the page.
pub(super) fn parameters(action: &Action) -> Vec<(String, Vec<String>)> {
    object(action)
        .iter()
        .filter(|(name, _)| *name != "kind")
        .map(|(name, value)| {
            let values = match value {
                Value::Array(items) if items.is_empty() => vec!["none".into()],
                Value::Array(items) => items.iter().map(label).collect(),
                value => vec![label(value)],
            };
            (words::spaced(name), values)
        })
        .collect()
}

/// The action as the form changes it. `Err` names the field and what would be right.
pub(super) fn apply(action: &Action, form: &Fields) -> Result<Action, String> {
    let mut all = object(action);
    for (name, value) in &mut all {
        if FIXED.contains(&name.as_str()) {
            continue;
        }
        if let Value::Object(parts) = value {
            for (part, value) in parts.iter_mut() {
                let field = format!("{name}.{part}");
                if let Value::String(text) = value
                    && form.has(&field)
                {
                    *text = typed(text, form.get(&field), &field)?;
                }
            }
            continue;
        }
        change(name, value, form)?;
    }
    serde_json::from_value(Value::Object(all))
        .map_err(|e| format!("that is no such action any more: {e}"))
}

fn change(name: &str, value: &mut Value, form: &Fields) -> Result<(), String> {
    match value {
        Value::Bool(yes) if form.has(&format!("{PICKED}{name}")) => *yes = form.has(name),
        Value::Number(n) if form.has(name) => {
            let text = form.get(name).trim();
            let number: u32 = text.parse().map_err(|_| {
                format!("{} is {text:?}; a whole number is right", words::spaced(name))
            })?;
            *n = number.into();
        }
        Value::String(text) if form.has(name) => {
            let new = typed(text, form.get(name), name)?;
            let among = choices(name);
            if !among.is_empty() && !among.contains(&new.as_str()) {
                return Err(format!("{}: choose one of {}", words::spaced(name), among.join(", ")));
            }
            *text = new;
        }
        Value::Array(items) if free(name) && form.has(name) => {
            let before: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            let text = typed(&before.join("\n"), form.get(name), name)?;
            *items = text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(|line| Value::String(line.to_owned()))
                .collect();
        }
        Value::Array(items) if form.has(&format!("{PICKED}{name}")) => {
            let kept: BTreeSet<usize> =
                form.all(name).filter_map(|place| place.parse().ok()).collect();
            let mut place = 0;
            items.retain(|_| {
                place += 1;
                kept.contains(&(place - 1))
            });
            if items.is_empty() {
                let what = words::spaced(name).to_lowercase();
                return Err(format!("keep at least one of the {what}; to do nothing, deny it"));
            }
        }
        _ => {}
    }
    Ok(())
}

/// What was typed, unless the field shows what was there: hidden characters are written out on the
/// page, and sending them back must not change the action.
fn typed(before: &str, text: &str, name: &str) -> Result<String, String> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text == visible::visible(before).trim() {
        return Ok(before.to_owned());
    }
    let name = words::spaced(name);
    if visible::hides(text) {
        return Err(format!("{name} has characters that cannot be seen; type it anew"));
    }
    if text.chars().count() > LONGEST {
        return Err(format!("{name} is longer than {LONGEST} characters"));
    }
    if text.is_empty() && !before.contains('\n') && !before.trim().is_empty() {
        return Err(format!("{name} is empty; say what it should be"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::{AccountRef, DeviceRef, GroupRef, ScriptRef, action};

    fn form(pairs: &[(&str, &str)]) -> Fields {
        Fields::of(pairs)
    }

    fn devices() -> Vec<DeviceRef> {
        ["a", "b", "c"].map(|n| DeviceRef { id: format!("id-{n}"), name: n.to_uppercase() }).into()
    }

    #[test]
    fn devices_are_left_out_and_never_added() {
        let reboot = Action::Reboot(action::Reboot { devices: devices() });
        let kept =
            apply(&reboot, &form(&[("picked.devices", "1"), ("devices", "0"), ("devices", "2")]));
        let names: Vec<_> = kept.unwrap().devices().iter().map(|d| d.name.clone()).collect();
        assert_eq!(names, ["A", "C"]);
        let none = apply(&reboot, &form(&[("picked.devices", "1"), ("devices", "9")]));
        assert!(none.unwrap_err().contains("keep at least one"));
        assert_eq!(apply(&reboot, &form(&[("devices", "0")])).unwrap(), reboot, "no such form");
    }

    #[test]
    fn parameters_change_and_accounts_do_not() {
        let account =
            AccountRef { id: "1".into(), login: "jo@acme.test".into(), name: "Jo".into() };
        let reset = Action::ResetPassword(action::ResetPassword {
            account: account.clone(),
            must_change: true,
        });
        let changed = apply(&reset, &form(&[("picked.must_change", "1"), ("account.id", "2")]));
        let wanted = action::ResetPassword { account: account.clone(), must_change: false };
        assert_eq!(changed.unwrap(), Action::ResetPassword(wanted));
        let pass = Action::IssueTemporaryAccessPass(action::IssueTemporaryAccessPass {
            account: account.clone(),
            minutes: 60,
        });
        for bad in ["", "-1", "1e3", "99999999999"] {
            assert!(apply(&pass, &form(&[("minutes", bad)])).unwrap_err().contains("whole number"));
        }
        let group = GroupRef { id: "g1".into(), name: "Sales".into(), privileged: false };
        let add = Action::AddGroupMember(action::AddGroupMember { account, group });
        let other = apply(&add, &form(&[("group.id", "g2"), ("group.name", "Support")])).unwrap();
        assert_eq!(other.group().unwrap().name, "Support");
        assert!(apply(&add, &form(&[("group.name", " ")])).unwrap_err().contains("is empty"));
        assert!(
            apply(&add, &form(&[("group.name", "Sa\u{202e}les")])).unwrap_err().contains("seen")
        );
    }

    #[test]
    fn what_is_sent_back_as_shown_changes_nothing() {
        let run = Action::RunScript(action::RunScript {
            devices: devices(),
            script: ScriptRef { id: "fix\u{200b}".into(), sha256: "0".repeat(64) },
            arguments: vec!["-quiet".into(), "C:\\Temp".into()],
        });
        let mut sent = vec![("picked.devices".to_owned(), "1".to_owned())];
        for field in fields(&run) {
            match field.input {
                Input::Text(t) | Input::Number(t) | Input::Lines(t) => {
                    sent.push((field.name, visible::visible(&t).replace('\n', "\r\n")));
                }
                Input::Pick(all) => {
                    sent.extend(all.iter().map(|(i, _)| (field.name.clone(), i.to_string())));
                }
                Input::Flag(_) | Input::Choice(_) => {}
            }
        }
        let pairs: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(apply(&run, &form(&pairs)).unwrap(), run);
    }

    #[test]
    fn every_target_is_named() {
        let all = parameters(&Action::Reboot(action::Reboot { devices: devices() }));
        let names = ["A (id-a)", "B (id-b)", "C (id-c)"].map(str::to_owned).to_vec();
        assert_eq!(all, [("Devices".to_owned(), names)]);
    }
}
