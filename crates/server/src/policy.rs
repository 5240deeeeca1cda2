//! The policy in force, and what another one would have changed.
//!
//! INVARIANT: what is in force is what the store calls active. A document that cannot be read or has
//! a problem is not replaced by an older one: until it is mended everything is Critical.

use crate::app::App;
use domain::{CaseId, ClientId, Event, Fact, Tier, UnixMs};
use gate::{CompiledPolicy, Policy, Request};
use std::sync::{Arc, PoisonError, RwLock};
use store::{Store, StoreError};

/// How far back a dry run looks, in milliseconds.
const DRY_RUN_MS: i64 = 30 * 24 * 3_600_000;
/// Cases that a dry run looks at, newest first.
const DRY_RUN_CASES: u32 = 5_000;
/// A longer document is refused, in bytes.
const LONGEST: usize = 1_000_000;

/// The policy in force, or why there is none.
pub(crate) type InForce = Arc<Result<CompiledPolicy, String>>;

/// Holds the policy in force and is asked by every judgement.
#[derive(Debug)]
pub(crate) struct Live(RwLock<InForce>);

impl Live {
    /// Starts with this one.
    pub(crate) fn new(policy: Result<CompiledPolicy, String>) -> Live {
        Live(RwLock::new(Arc::new(policy)))
    }

    /// The one in force.
    pub(crate) fn get(&self) -> InForce {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, policy: Result<CompiledPolicy, String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// The version in force; `None` without a usable policy.
    fn version(&self) -> Option<Arc<str>> {
        self.get().as_ref().as_ref().ok().map(|p| p.version().clone())
    }
}

/// What the gate is asked with.
pub(crate) fn by(in_force: &Result<CompiledPolicy, String>) -> Result<&CompiledPolicy, &str> {
    in_force.as_ref().map_err(String::as_str)
}

/// The store's active policy, ready to judge by. The configuration's own is where a new installation
/// starts: it becomes the first version, and from then on the store's counts.
pub(crate) async fn load(
    store: &Store,
    first: Option<&Policy>,
    now: UnixMs,
) -> Result<Result<CompiledPolicy, String>, StoreError> {
    if let Some(first) = first {
        store.seed_policy(&first.version, &render(first), now).await?;
    }
    let Some(row) = store.active_policy().await? else {
        return Ok(Err("no policy was ever written; `journeyman policy import` takes one".into()));
    };
    Ok(parse(&row.document).and_then(|policy| {
        policy.compile().map_err(|e| format!("policy {} cannot be used: {e}", row.version))
    }))
}

impl App {
    /// The policy in force.
    pub(crate) fn policy(&self) -> InForce {
        self.live_policy.get()
    }

    /// Reads the active policy again. Another process may have changed it.
    pub(crate) async fn reload_policy(&self) -> Result<(), StoreError> {
        let active = self.store.active_policy().await?.map(|row| row.version);
        if active.as_deref() != self.live_policy.version().as_deref() {
            let policy = load(&self.store, None, crate::clock::now()).await?;
            match &policy {
                Ok(policy) => tracing::info!(version = %policy.version(), "policy in force"),
                Err(why) => tracing::error!(error = %why, "no policy is in force"),
            }
            self.live_policy.set(policy);
        }
        Ok(())
    }
}

/// Reads a document, JSON or TOML. Unknown keys are errors.
pub(crate) fn parse(text: &str) -> Result<Policy, String> {
    if text.len() > LONGEST {
        return Err(format!("the document is longer than {LONGEST} bytes"));
    }
    if text.trim().is_empty() {
        return Err("the document is empty; an empty policy would refuse every change".into());
    }
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|e| format!("the document is not a policy: {e}"));
    }
    toml::from_str(text).map_err(|e| format!("the document is not a policy: {}", e.message()))
}

/// The document as JSON, for people and for the store.
pub(crate) fn render(policy: &Policy) -> String {
    // A policy holds nothing that JSON cannot; an empty text would be refused when read.
    serde_json::to_string_pretty(policy).unwrap_or_default()
}

/// A version that follows this one: the day, and a number when there was one that day.
pub(crate) fn next_version(before: &str, now: UnixMs) -> String {
    let day: String = now.to_string().chars().take(10).collect();
    let number = match before.strip_prefix(&day) {
        None => return day,
        Some("") => 2,
        Some(rest) => rest.trim_start_matches('.').parse::<u32>().unwrap_or(1).saturating_add(1),
    };
    format!("{day}.{number}")
}

/// One past request that another policy would have judged differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) case: CaseId,
    pub(crate) client: ClientId,
    pub(crate) at: UnixMs,
    pub(crate) sentence: String,
    pub(crate) before: Tier,
    pub(crate) after: Tier,
    /// The finding that decides.
    pub(crate) because: String,
}

/// What a dry run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Simulation {
    /// Requests that were judged again.
    pub(crate) looked_at: usize,
    /// Those with another tier.
    pub(crate) changed: Vec<Change>,
}

/// Judges the changes that were asked for within the last 30 days again, each with the facts that
/// were read then and at the time that it was judged.
pub(crate) async fn simulate(
    store: &Store,
    policy: &CompiledPolicy,
    now: UnixMs,
) -> Result<Simulation, StoreError> {
    let mut found = Simulation { looked_at: 0, changed: Vec::new() };
    let since = now.plus_ms(-DRY_RUN_MS);
    for case in store.cases(None, None, DRY_RUN_CASES).await? {
        if case.updated_at < since {
            break;
        }
        for r in store.events(&case.client, case.id).await? {
            let domain::Recorded { at, actor, event, .. } = r;
            let Event::Judged { action, mut facts, verdict } = event else { continue };
            if facts.breaker == Fact::default() {
                // Judged before there were breakers.
                facts.breaker = Fact::known(None, "platform", verdict.judged_at);
            }
            if at < since || action.ticket().is_some() {
                continue;
            }
            let domain::Actor::Brain(brain) = actor else { continue };
            found.looked_at += 1;
            let sentence = action.sentence();
            let client = case.client.clone();
            let request = Request { client, case: case.id, brain, action, undoes: None };
            let again = gate::judge(Ok(policy), request, &facts, verdict.judged_at);
            if again.tier() != verdict.tier {
                let because = again.record().findings.first().map(|f| f.because.to_string());
                found.changed.push(Change {
                    case: case.id,
                    client: case.client.clone(),
                    at,
                    sentence,
                    before: verdict.tier,
                    after: again.tier(),
                    because: because.unwrap_or_default(),
                });
            }
        }
    }
    found.changed.sort_by_key(|c| std::cmp::Reverse(c.at));
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn versions_count_up_within_a_day() {
        let now = UnixMs(1_800_000_000_000);
        assert_eq!(next_version("demo-1", now), "2027-01-15");
        assert_eq!(next_version("2027-01-15", now), "2027-01-15.2");
        assert_eq!(next_version("2027-01-15.2", now), "2027-01-15.3");
    }

    #[test]
    fn a_document_is_read_as_json_or_toml_and_unknown_keys_are_named() {
        let policy = Policy::cautious("v1");
        assert_eq!(parse(&render(&policy)).unwrap(), policy);
        assert_eq!(parse("version = \"v1\"").unwrap(), policy);
        assert!(parse("version = \"v1\"\nbulk = 3").unwrap_err().contains("bulk"));
        assert!(parse("{\"version\": \"v1\", \"windows\": []}").unwrap_err().contains("windows"));
        assert!(parse(" \n").unwrap_err().contains("empty"));
        assert!(parse("{}").unwrap_err().contains("version"));
    }
}
