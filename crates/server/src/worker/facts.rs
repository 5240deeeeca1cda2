//! Facts for the gate: read by the platform from the client's own directory, never from prose.

use crate::{
    app::{App, Client},
    clock,
};
use connectors::CallError;
use domain::{
    Account, Action, BrainFacts, CaseView, Fact, Facts, Group, GroupFacts, GroupRef, Relation,
    Requester, Sensitivity, TargetFacts, TicketFacts, Verification, Volume,
};
use std::collections::BTreeSet;

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
        let facts_of = |g| group_facts(&client.privileged_groups, &client.sensitive_groups, g);
        facts.group = fact(source, found.as_ref().map(|g| facts_of(g.as_ref())));
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
        identities: Vec::new(),
        verification: Verification::Unverified,
    };
    if address.is_empty() {
        return Ok(unknown);
    }
    let query = domain::AccountQuery::Address(address.to_owned());
    let found = client.directory.find_accounts(&query).await?;
    let identities = found.iter().flat_map(identities).collect();
    Ok(match found.as_slice() {
        [one] => Requester {
            account_id: Some(one.account.id.clone()),
            address: address.to_owned(),
            identities,
            verification: if one.state.enabled {
                Verification::AddressOnFile
            } else {
                Verification::Unverified
            },
        },
        _ => Requester { identities, ..unknown },
    })
}

/// Every login and address that somebody with this account may approve under, lower case.
fn identities(account: &Account) -> Vec<String> {
    let addresses = account.mail.iter().chain(&account.other_mails);
    std::iter::once(&account.account.login).chain(addresses).map(|i| i.to_lowercase()).collect()
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
            identities: Vec::new(),
            privileged: Vec::new(),
            service: Vec::new(),
            break_glass: false,
        };
    };
    let login = account.account.login.to_lowercase();
    let local = login.split('@').next().unwrap_or_default();
    let matches = |patterns: &BTreeSet<String>| {
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
        identities: identities(account),
        privileged,
        service,
        break_glass: matches(&client.break_glass).is_some(),
    }
}

/// How sensitive a group is by its own marks, and by those of every group that it is nested into,
/// because whoever joins it joins them too. The names listed are lower case.
fn group_facts(
    privileged: &BTreeSet<String>,
    sensitive: &BTreeSet<String>,
    group: Option<&Group>,
) -> GroupFacts {
    let Some(group) = group else {
        let because = "no such group".to_owned();
        return GroupFacts { exists: false, sensitivity: Sensitivity::Privileged, because };
    };
    let name = group.group.name.to_lowercase();
    let listed = |names: &BTreeSet<String>, g: &GroupRef| names.contains(&g.name.to_lowercase());
    let nested = |is: &dyn Fn(&GroupRef) -> bool| {
        group.parents.iter().find(|p| is(p)).map(|p| p.name.clone())
    };
    let (sensitivity, because) = if group.group.privileged {
        (Sensitivity::Privileged, "the directory marks the group as administrative".to_owned())
    } else if privileged.contains(&name) {
        (Sensitivity::Privileged, "listed in `privileged_groups`".to_owned())
    } else if let Some(parent) = group.privileged_parents.first() {
        (Sensitivity::Privileged, format!("the group is nested into {parent}"))
    } else if let Some(parent) = nested(&|p| listed(privileged, p)) {
        let because = format!("the group is nested into {parent}, listed in `privileged_groups`");
        (Sensitivity::Privileged, because)
    } else if sensitive.contains(&name) {
        (Sensitivity::Sensitive, "listed in `sensitive_groups`".to_owned())
    } else if let Some(word) = sensitive_word(&name, group.description.as_deref()) {
        (Sensitivity::Sensitive, format!("its name or description says {word:?}"))
    } else if let Some(parent) = nested(&|p| listed(sensitive, p)) {
        let because = format!("the group is nested into {parent}, listed in `sensitive_groups`");
        (Sensitivity::Sensitive, because)
    } else if let Some(parent) = nested(&|p| sensitive_word(&p.name.to_lowercase(), None).is_some())
    {
        (Sensitivity::Sensitive, format!("the group is nested into {parent}, whose name says so"))
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

    fn reference(name: &str, privileged: bool) -> GroupRef {
        GroupRef { id: name.into(), name: name.into(), privileged }
    }

    fn sensitivity_within(parents: &[GroupRef]) -> (Sensitivity, String) {
        let names = |n: &str| BTreeSet::from([n.to_owned()]);
        let group = Group {
            group: reference("Team 7", false),
            description: None,
            owner_ids: vec![],
            parents: parents.to_vec(),
            privileged_parents: vec![],
        };
        let facts = group_facts(&names("tier 0"), &names("crown jewels"), Some(&group));
        (facts.sensitivity, facts.because)
    }

    #[test]
    fn a_group_is_as_sensitive_as_what_it_is_nested_into() {
        let plain = reference("Everybody", false);
        assert_eq!(sensitivity_within(&[]).0, Sensitivity::Normal);
        assert_eq!(sensitivity_within(std::slice::from_ref(&plain)).0, Sensitivity::Normal);
        for (name, expected) in [
            ("Tier 0", Sensitivity::Privileged),
            ("Crown Jewels", Sensitivity::Sensitive),
            ("Payroll", Sensitivity::Sensitive),
        ] {
            let (found, because) = sensitivity_within(&[plain.clone(), reference(name, false)]);
            assert_eq!(found, expected, "{name}");
            assert!(because.contains(name), "{because}");
        }
        let both = [reference("Payroll", false), reference("Tier 0", false)];
        assert_eq!(sensitivity_within(&both).0, Sensitivity::Privileged);
    }

    #[test]
    fn an_account_is_known_by_its_login_and_every_address() {
        let account = Account {
            account: domain::AccountRef {
                id: "1".into(),
                login: "JRoe@Corp.Acme.test".into(),
                name: "Jane Roe".into(),
            },
            mail: Some("jane.roe@acme.test".into()),
            other_mails: vec!["jane@home.example".into(), "j.roe@acme.test".into()],
            given_name: None,
            surname: None,
            title: None,
            department: None,
            manager_id: None,
            state: domain::AccountState {
                enabled: true,
                lock: domain::Lock::Unlocked,
                must_change: None,
                password_set_at: None,
            },
            groups: vec![],
            service_marks: vec![],
        };
        let known = identities(&account);
        let expected =
            ["jroe@corp.acme.test", "jane.roe@acme.test", "jane@home.example", "j.roe@acme.test"];
        assert_eq!(known, expected);
    }
}
