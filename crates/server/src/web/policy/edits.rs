//! Small changes of a policy from forms: thresholds, a window, a rule.

use crate::web::{form::Fields, words};
use domain::{ActionKind, ClientId, Tier};
use gate::{
    Policy,
    calendar::{MaintenanceWindow, Weekday},
    rules::CustomRule,
};
use std::collections::BTreeSet;

/// Between client and name in the value of a choice; no client id holds one.
const BETWEEN: char = '|';
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Makes the change that the form asks for. `Err` names the field and what would be right.
pub(super) fn apply(policy: &mut Policy, what: &str, fields: &Fields) -> Result<(), String> {
    match what {
        // The enter key presses the first button, whichever small form was filled in.
        "" | "check" if fields.filled("rule_condition").is_some() => add_rule(policy, fields),
        "" | "check" if fields.filled("window_name").is_some() => add_window(policy, fields),
        "" | "check" => Ok(()),
        "thresholds" => thresholds(policy, fields),
        "add_window" => add_window(policy, fields),
        "remove_window" => remove_window(policy, fields),
        "add_rule" => add_rule(policy, fields),
        "remove_rule" => remove_rule(policy, fields),
        other => Err(format!("there is no change {other:?} here; edit the document instead")),
    }
}

fn number<T: std::str::FromStr>(fields: &Fields, name: &str, label: &str) -> Result<T, String> {
    let text = fields.get(name).trim();
    text.parse().map_err(|_| format!("{label} is {text:?}; a whole number is right, such as 5"))
}

fn thresholds(policy: &mut Policy, fields: &Fields) -> Result<(), String> {
    policy.bulk_threshold = number(fields, "bulk_threshold", "the bulk threshold")?;
    policy.critical_threshold = number(fields, "critical_threshold", "the mass threshold")?;
    policy.min_confidence = number(fields, "min_confidence", "the least confidence")?;
    policy.cost_limit_minor = number(fields, "cost_limit_minor", "the cost limit")?;
    let minutes: i64 = number(fields, "ttl_minutes", "the time of a question")?;
    policy.approval_ttl_ms = minutes.saturating_mul(MINUTE_MS);
    let hours: i64 = number(fields, "undo_hours", "the undo period")?;
    policy.undo_period_ms = hours.saturating_mul(HOUR_MS);
    Ok(())
}

/// The client of a small form; `None` is every client.
fn client(fields: &Fields, name: &str) -> Result<Option<ClientId>, String> {
    match fields.get(name) {
        "" => Ok(None),
        id => ClientId::new(id).map(Some).map_err(|e| e.to_string()),
    }
}

fn kinds<'a>(names: impl Iterator<Item = &'a str>) -> Result<Option<BTreeSet<ActionKind>>, String> {
    let kinds: BTreeSet<ActionKind> = names
        .map(|n| words::kind(n).ok_or_else(|| format!("there is no action {n:?}")))
        .collect::<Result<_, _>>()?;
    Ok((!kinds.is_empty()).then_some(kinds))
}

fn add_window(policy: &mut Policy, fields: &Fields) -> Result<(), String> {
    let day = |name: &str| Weekday::ALL.into_iter().find(|d| d.name() == name);
    let window = MaintenanceWindow {
        name: fields.filled("window_name").ok_or("give the window a name that people know")?,
        days: fields.all("window_day").filter_map(day).collect(),
        start: fields.get("window_start").trim().to_owned(),
        end: fields.get("window_end").trim().to_owned(),
        time_zone: fields.filled("window_zone").unwrap_or_else(|| policy.time_zone.clone()),
        except: dates(fields.get("window_except")),
        actions: kinds(fields.all("window_kind"))?,
    };
    let common = policy.maintenance_windows.clone();
    let list = match client(fields, "window_client")? {
        None => &mut policy.maintenance_windows,
        // A client's own list takes the place of the common one, so it begins as that.
        Some(id) => policy.clients.entry(id).or_default().maintenance_windows.get_or_insert(common),
    };
    list.push(window);
    Ok(())
}

fn dates(text: &str) -> BTreeSet<String> {
    text.split([',', ' ', '\n', '\r']).filter(|d| !d.is_empty()).map(str::to_owned).collect()
}

/// Every window that can be removed: value and words.
pub(super) fn windows(policy: &Policy) -> Vec<(String, String)> {
    let common = policy.maintenance_windows.iter().map(|w| entry(None, &w.name));
    let own = policy.clients.iter().flat_map(|(id, c)| {
        c.maintenance_windows.iter().flatten().map(|w| entry(Some(id), &w.name))
    });
    common.chain(own).collect()
}

/// Every rule that can be removed: value and words.
pub(super) fn rules(policy: &Policy) -> Vec<(String, String)> {
    let common = policy.custom_rules.iter().map(|r| entry(None, &r.name));
    let own = policy
        .clients
        .iter()
        .flat_map(|(id, c)| c.custom_rules.iter().map(|r| entry(Some(id), &r.name)));
    common.chain(own).collect()
}

fn entry(client: Option<&ClientId>, name: &str) -> (String, String) {
    match client {
        None => (format!("{BETWEEN}{name}"), format!("{name} (every client)")),
        Some(id) => (format!("{id}{BETWEEN}{name}"), format!("{name} ({id})")),
    }
}

/// What was chosen to be removed: whose, and its name.
fn chosen(fields: &Fields, field: &str) -> Result<(Option<ClientId>, String), String> {
    let (id, name) =
        fields.get(field).split_once(BETWEEN).ok_or("choose what to remove from the list")?;
    let client = match id {
        "" => None,
        id => Some(ClientId::new(id).map_err(|e| e.to_string())?),
    };
    Ok((client, name.to_owned()))
}

/// Removes the entries of this name; `Err` when there are none.
fn remove<T>(list: Option<&mut Vec<T>>, is: impl Fn(&T) -> bool) -> Result<(), String> {
    let gone = || "what was to be removed is not there any more".to_owned();
    let list = list.ok_or_else(gone)?;
    let before = list.len();
    list.retain(|entry| !is(entry));
    if list.len() == before { Err(gone()) } else { Ok(()) }
}

fn remove_window(policy: &mut Policy, fields: &Fields) -> Result<(), String> {
    let (client, name) = chosen(fields, "window")?;
    let list = match client {
        None => Some(&mut policy.maintenance_windows),
        Some(id) => policy.clients.get_mut(&id).and_then(|c| c.maintenance_windows.as_mut()),
    };
    remove(list, |w| w.name == name)
}

fn add_rule(policy: &mut Policy, fields: &Fields) -> Result<(), String> {
    let tier = fields.get("rule_tier");
    let rule = CustomRule {
        name: fields.filled("rule_name").ok_or("give the rule a name")?,
        action: fields.filled("rule_action").unwrap_or_else(|| "*".into()),
        condition: fields.filled("rule_condition").ok_or("write the rule's condition")?,
        escalate_to: Tier::ALL
            .into_iter()
            .find(|t| t.name() == tier)
            .ok_or("choose the tier that the rule raises to")?,
        reason: fields.filled("rule_reason").ok_or("say why, as the approver reads it")?,
    };
    match client(fields, "rule_client")? {
        None => policy.custom_rules.push(rule),
        Some(id) => policy.clients.entry(id).or_default().custom_rules.push(rule),
    }
    Ok(())
}

fn remove_rule(policy: &mut Policy, fields: &Fields) -> Result<(), String> {
    let (client, name) = chosen(fields, "rule")?;
    let list = match client {
        None => Some(&mut policy.custom_rules),
        Some(id) => policy.clients.get_mut(&id).map(|c| &mut c.custom_rules),
    };
    remove(list, |r| r.name == name)
}
