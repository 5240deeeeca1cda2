//! Facts for the gate: read by the platform from the client's own directory, never from prose.

use crate::{
    app::{App, Client},
    clock,
};
use connectors::CallError;
use domain::{
    Account, Action, BrainFacts, CaseView, Fact, Facts, Group, GroupFacts, Relation, Requester,
    Sensitivity, TargetFacts, TicketFacts, Verification, Volume,
};

/// Words in a group's name or description that make it sensitive unless the policy says more.
const SENSITIVE_WORDS: &[&str] = &[
    "finance",
    "payroll",
    "salary",
    "accounting",
    "treasury",
    "hr",
    "human resources",
    "personnel",
    "legal",
    "executive",
    "executives",
    "board",
    "management",
    "directors",
    "vpn",
    "remote access",
    "admin",
    "admins",
    "administrators",
    "security",
    "patient",
    "patients",
    "phi",
    "medical",
    "confidential",
    "restricted",
    "secret",
    "audit",
    "banking",
    "payments",
];

/// What was read for one judgement.
pub(super) struct Read {
    pub(super) facts: Facts,
    /// The target as it reads now; also the undo's "before".
    pub(super) target: Option<Account>,
}

/// Reads everything that this action's judgement may rest on.
///
/// A directory that cannot be asked right now is no fact about anybody: the case pauses
/// ([`CallError::Retry`]) instead of being refused.
pub(super) async fn read(
    app: &App,
    client: &Client,
    case: &CaseView,
    action: &Action,
) -> Result<Read, CallError> {
    let mut facts = Facts::none("not needed for this action");
    facts.brain = Fact::known(
        BrainFacts { in_scope: true, ceiling: app.brain_ceiling },
        "platform",
        clock::now(),
    );
    if let Some(ticket) = action.ticket() {
        let of_this_case = *ticket == case.ticket.ticket;
        facts.ticket = Fact::known(TicketFacts { of_this_case }, "platform", clock::now());
    }
    let Some(account) = action.account().filter(|_| action.kind().is_write()) else {
        return Ok(Read { facts, target: None });
    };
    let source = client.directory.name();
    let found = now_or_gap(requester(client, &case.ticket.from).await)?;
    facts.requester = fact(source, found);
    let found = now_or_gap(client.directory.account(&account.id).await)?;
    facts.target = fact(source, found.as_ref().map(|t| target_facts(client, t.as_ref())));
    let target = found.ok().flatten();
    let mut group = None;
    if let Some(wanted) = action.group() {
        let found = now_or_gap(client.directory.group(&wanted.id).await)?;
        facts.group = fact(source, found.as_ref().map(|g| group_facts(client, g.as_ref())));
        group = found.ok().flatten();
    }
    let who = facts.requester.value().and_then(|r| r.account_id.as_deref());
    let found = target.as_ref().map(|t| relation(who, t, group.as_ref()));
    facts.relation = match found {
        Some(relation) => Fact::known(relation, source, clock::now()),
        None => Fact::Missing("the target could not be read".into()),
    };
    facts.volume = volume(app, client, action).await;
    facts.cooling_down = cooling_down(app, client, action).await;
    Ok(Read { facts, target })
}

/// Passes on what may pass by itself; anything else is a gap in the facts, with the reason.
fn now_or_gap<T>(result: Result<T, CallError>) -> Result<Result<T, String>, CallError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(e @ CallError::Retry { .. }) => Err(e),
        Err(e) => Ok(Err(e.to_string())),
    }
}

fn fact<T, E: AsRef<str>>(source: &str, found: Result<T, E>) -> Fact<T> {
    match found {
        Ok(value) => Fact::known(value, source, clock::now()),
        Err(why) => Fact::Missing(why.as_ref().to_owned()),
    }
}

/// Whether a person's no, or nobody's answer, still stands.
async fn cooling_down(app: &App, client: &Client, action: &Action) -> Fact<bool> {
    let now = clock::now();
    let cool_down_ms = app.policy.as_ref().map_or(0, |p| p.cool_down_ms);
    let digest = action.digest(&client.id);
    match app.store.cooling_down(&client.id, digest, now.plus_ms(-cool_down_ms)).await {
        Ok(found) => Fact::known(found.is_some(), "platform", now),
        Err(e) => Fact::Missing(e.to_string()),
    }
}

async fn volume(app: &App, client: &Client, action: &Action) -> Fact<Volume> {
    let now = clock::now();
    let window = app.policy.as_ref().map_or(3_600_000, |p| p.window_ms);
    let touched = app
        .store
        .targets_touched(
            &client.id,
            app.brain.as_str(),
            action.kind().name(),
            &action.target_key(),
            now.plus_ms(-window),
        )
        .await;
    match touched {
        Ok(targets) => Fact::known(Volume { targets }, "platform", now),
        Err(e) => Fact::Missing(e.to_string()),
    }
}

/// Who a ticket's sender is: exactly one active account with that address on file, or nobody.
async fn requester(client: &Client, address: &str) -> Result<Requester, CallError> {
    let unknown = Requester {
        account_id: None,
        address: address.to_owned(),
        verification: Verification::Unverified,
    };
    if address.is_empty() {
        return Ok(unknown);
    }
    let query = domain::AccountQuery::Address(address.to_owned());
    let found = client.directory.find_accounts(&query).await?;
    Ok(match found.as_slice() {
        [one] => Requester {
            account_id: Some(one.account.id.clone()),
            address: address.to_owned(),
            verification: if one.state.enabled {
                Verification::AddressOnFile
            } else {
                Verification::Unverified
            },
        },
        _ => unknown,
    })
}

fn relation(requester: Option<&str>, target: &Account, group: Option<&Group>) -> Relation {
    let Some(requester) = requester else { return Relation::Unrelated };
    if group.is_some_and(|g| g.owner_ids.iter().any(|o| o == requester)) {
        return Relation::GroupOwner;
    }
    if target.account.id == requester {
        return Relation::Oneself;
    }
    if target.manager_id.as_deref() == Some(requester) {
        return Relation::Manager;
    }
    Relation::Unrelated
}

fn target_facts(client: &Client, account: Option<&Account>) -> TargetFacts {
    let Some(account) = account else {
        return TargetFacts {
            exists: false,
            privileged: Vec::new(),
            service: Vec::new(),
            break_glass: false,
        };
    };
    let login = account.account.login.to_lowercase();
    let local = login.split('@').next().unwrap_or_default();
    let matches = |patterns: &std::collections::BTreeSet<String>| {
        patterns.iter().find(|p| glob(p, &login) || glob(p, local)).cloned()
    };
    let privileged = account
        .groups
        .iter()
        .filter(|g| g.privileged || client.privileged_groups.contains(&g.name.to_lowercase()))
        .map(|g| g.name.clone())
        .collect();
    let mut service = account.service_marks.clone();
    service.extend(matches(&client.service_accounts).map(|p| format!("its login matches {p:?}")));
    TargetFacts {
        exists: true,
        privileged,
        service,
        break_glass: matches(&client.break_glass).is_some(),
    }
}

fn group_facts(client: &Client, group: Option<&Group>) -> GroupFacts {
    let Some(group) = group else {
        let because = "no such group".to_owned();
        return GroupFacts { exists: false, sensitivity: Sensitivity::Privileged, because };
    };
    let name = group.group.name.to_lowercase();
    let (sensitivity, because) = if group.group.privileged {
        (Sensitivity::Privileged, "the directory marks the group as administrative".to_owned())
    } else if client.privileged_groups.contains(&name) {
        (Sensitivity::Privileged, "listed in `privileged_groups`".to_owned())
    } else if let Some(parent) = group.privileged_parents.first() {
        (Sensitivity::Privileged, format!("the group is nested into {parent}"))
    } else if client.sensitive_groups.contains(&name) {
        (Sensitivity::Sensitive, "listed in `sensitive_groups`".to_owned())
    } else if let Some(word) = sensitive_word(&name, group.description.as_deref()) {
        (Sensitivity::Sensitive, format!("its name or description says {word:?}"))
    } else {
        (Sensitivity::Normal, "nothing marks it as sensitive".to_owned())
    };
    GroupFacts { exists: true, sensitivity, because }
}

fn sensitive_word(name: &str, description: Option<&str>) -> Option<&'static str> {
    let text = format!(" {name} {} ", description.unwrap_or_default().to_lowercase());
    let words: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    SENSITIVE_WORDS.iter().copied().find(|w| words.contains(&format!(" {w} ")))
}

/// `*` stands for any text; everything else for itself. Both sides are lower case.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_written() {
        assert!(glob("svc-*", "svc-backup"));
        assert!(!glob("svc-*", "my-svc-backup"));
        assert!(glob("*break*glass*", "emergency-break-the-glass-1"));
        assert!(glob("exact", "exact"));
        assert!(!glob("exact", "exactly"));
    }

    #[test]
    fn sensitive_words_are_whole_words() {
        assert_eq!(sensitive_word("hr-europe", None), Some("hr"));
        assert_eq!(sensitive_word("three bears", None), None);
        assert_eq!(sensitive_word("team 7", Some("Access to PAYROLL data")), Some("payroll"));
    }
}
