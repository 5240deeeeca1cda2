//! A policy that was checked and made ready to judge by.

use super::{
    Policy, PolicyError,
    clients::Clients,
    data::ClientPolicy,
    kinds::{KindSet, PerKind, Traits, is_infrastructure},
    rule_set::{BookWriter, RuleBook, RuleSet, SetNumber},
};
use crate::calendar::{Calendar, ChangeFreeze};
use domain::{
    ActionKind, Autonomy, ClientId, DataMark, EscalationStep, Tier, UnixMs, Verification,
};
use std::{collections::BTreeSet, sync::Arc};

/// A policy without problems, prepared for every client. Only [`Policy::compile`] makes one.
#[derive(Clone, Debug)]
pub struct CompiledPolicy {
    version: Arc<str>,
    document: Arc<Policy>,
    traits: PerKind<Traits>,
    common: ForClient,
    clients: Clients,
    book: RuleBook,
}

/// What is found under a client's id: so little that the table of ten thousand clients stays small.
/// Clients that differ in nothing but rules share the rest.
#[derive(Clone, Debug)]
pub(crate) struct ForClient {
    pub(crate) rules: Arc<ClientRules>,
    custom: SetNumber,
}

/// What holds for one client.
#[derive(Clone, Debug)]
pub(crate) struct ClientRules {
    pub(crate) bulk_threshold: u32,
    pub(crate) critical_threshold: u32,
    pub(crate) approval_ttl_ms: i64,
    pub(crate) min_confidence: u8,
    pub(crate) cost_limit_minor: i64,
    pub(crate) autonomy: PerKind<Autonomy>,
    pub(crate) identity: PerKind<Verification>,
    pub(crate) two_person: KindSet,
    pub(crate) urgent: KindSet,
    pub(crate) steps: Arc<[EscalationStep]>,
    pub(crate) urgent_steps: Arc<[EscalationStep]>,
    /// What is supervised here, in words; empty when nothing is.
    pub(crate) regulated: Arc<str>,
    pub(crate) hypercare: Option<(UnixMs, Tier)>,
    /// Only watched.
    pub(crate) shadow: bool,
    pub(crate) calendar: Arc<Calendar>,
}

impl CompiledPolicy {
    /// Its version.
    pub fn version(&self) -> &Arc<str> {
        &self.version
    }

    /// The document that it was made from.
    pub fn document(&self) -> &Policy {
        &self.document
    }

    #[inline]
    pub(crate) fn client(&self, client: &ClientId) -> &ForClient {
        self.clients.get(client).unwrap_or(&self.common)
    }

    /// The client's own rules. INVARIANT: none only when the book is of another policy.
    #[inline]
    pub(crate) fn custom(&self, client: &ForClient) -> Option<RuleSet<'_>> {
        self.book.set(client.custom)
    }

    #[inline]
    pub(crate) fn traits(&self, kind: ActionKind) -> &Traits {
        self.traits.of(kind)
    }

    /// What the MSP allows for this client and kind.
    pub fn autonomy(&self, client: &ClientId, kind: ActionKind) -> Autonomy {
        self.document.autonomy(client, kind)
    }

    /// Whether this client is only watched.
    pub fn is_shadow(&self, client: &ClientId) -> bool {
        let own = self.document.clients.get(client).and_then(|c| c.shadow);
        own.unwrap_or(self.document.shadow)
    }

    /// When a maintenance window for this kind opens next for this client, and its name.
    pub fn next_opening(
        &self,
        client: &ClientId,
        kind: ActionKind,
        now: UnixMs,
    ) -> Option<(UnixMs, &str)> {
        self.client(client).rules.calendar.next_opening(kind, now)
    }
}

impl Policy {
    /// Checks everything and prepares it.
    ///
    /// # Errors
    /// Every problem of the document, each with the key and what would be right.
    pub fn compile(&self) -> Result<CompiledPolicy, PolicyError> {
        let mut wrong = Vec::new();
        self.check_numbers(&mut wrong);
        self.check_scripts(&mut wrong);
        let mut book = BookWriter::default();
        let none = ClientPolicy::default();
        let common = self.rules_for(None, &none, &mut book, None, &mut wrong);
        let mut clients = Vec::new();
        if let Some(common) = &common {
            let named = self.autonomy.keys().filter(|c| *c != "*");
            let mut ids: BTreeSet<ClientId> = self.clients.keys().cloned().collect();
            ids.extend(named.filter_map(|name| match ClientId::new(name.clone()) {
                Ok(id) => Some(id),
                Err(e) => {
                    wrong.push(format!("`autonomy` names a client that cannot be: {e}"));
                    None
                }
            }));
            for id in ids {
                let own = self.clients.get(&id).unwrap_or(&none);
                let mut found = Vec::new();
                let rules = self.rules_for(Some(&id), own, &mut book, Some(common), &mut found);
                wrong.extend(found.into_iter().map(|what| format!("client {id}: {what}")));
                if let Some(rules) = rules {
                    clients.push((id, rules));
                }
            }
        }
        match common {
            Some(common) if wrong.is_empty() => Ok(CompiledPolicy {
                version: self.version.as_str().into(),
                document: Arc::new(self.clone()),
                traits: PerKind::new(Traits::of),
                common,
                clients: Clients::new(clients),
                book: book.finish(),
            }),
            _ => Err(PolicyError(wrong)),
        }
    }

    /// What the MSP allows for this client and kind: the client's own word, else that for every
    /// client, else the default.
    pub fn autonomy(&self, client: &ClientId, kind: ActionKind) -> Autonomy {
        self.level(Some(client), kind)
    }

    fn level(&self, client: Option<&ClientId>, kind: ActionKind) -> Autonomy {
        let of = |key: &str| self.autonomy.get(key).and_then(|m| m.get(&kind)).copied();
        let own = client.and_then(|c| of(c.as_str()));
        own.or_else(|| of("*")).unwrap_or(self.default_autonomy)
    }

    fn rules_for(
        &self,
        client: Option<&ClientId>,
        own: &ClientPolicy,
        book: &mut BookWriter,
        common: Option<&ForClient>,
        wrong: &mut Vec<String>,
    ) -> Option<ForClient> {
        let bulk_threshold = own.bulk_threshold.unwrap_or(self.bulk_threshold);
        let critical_threshold = own.critical_threshold.unwrap_or(self.critical_threshold);
        if bulk_threshold == 0 || critical_threshold <= bulk_threshold {
            wrong.push(format!(
                "`critical_threshold` ({critical_threshold}) must be above `bulk_threshold` ({bulk_threshold}), and both above 0"
            ));
        }
        let approval_ttl_ms = own.approval_ttl_ms.unwrap_or(self.approval_ttl_ms);
        if approval_ttl_ms <= 0 {
            wrong.push(format!("`approval_ttl_ms` is {approval_ttl_ms}; it must be above 0"));
        }
        let min_confidence = own.min_confidence.unwrap_or(self.min_confidence);
        if min_confidence > 100 {
            wrong.push(format!("`min_confidence` is {min_confidence}; it is of a hundred"));
        }
        let own_calendar = own.maintenance_windows.is_some()
            || !own.change_freezes.is_empty()
            || own.business_hours.is_some()
            || own.time_zone.is_some();
        let calendar = match common.filter(|_| !own_calendar) {
            Some(common) => Some(common.rules.calendar.clone()),
            None => self.calendar(own, wrong).map(Arc::new),
        };
        let custom = match common.filter(|_| own.custom_rules.is_empty()) {
            Some(common) => common.custom,
            None => {
                let written = self.custom_rules.iter().chain(&own.custom_rules);
                book.add(written, wrong)
            }
        };
        if let Some(common) = common.filter(|_| self.shares_settings(client, own)) {
            return Some(ForClient { rules: common.rules.clone(), custom });
        }
        let steps = own.escalation.as_ref().unwrap_or(&self.escalation);
        if let Some(step) = steps.iter().find(|s| s.window_ms <= 0) {
            wrong.push(format!(
                "`escalation`: `window_ms` is {}; it must be above 0",
                step.window_ms
            ));
        }
        let hurry = |s: &EscalationStep| EscalationStep {
            window_ms: s.window_ms.min(self.urgent_window_ms),
            ..s.clone()
        };
        let marks: BTreeSet<DataMark> = self.regulated.union(&own.regulated).copied().collect();
        let words: Vec<&str> = marks.iter().map(|m| m.words()).collect();
        let until = self.hypercare_until.max(own.hypercare_until);
        let rules = ClientRules {
            bulk_threshold,
            critical_threshold,
            approval_ttl_ms,
            min_confidence,
            cost_limit_minor: own.cost_limit_minor.unwrap_or(self.cost_limit_minor),
            autonomy: PerKind::new(|kind| self.level(client, kind)),
            identity: PerKind::new(|kind| self.identity(kind)),
            two_person: self.two_person.union(&own.two_person).collect(),
            urgent: self.urgent.iter().collect(),
            steps: steps.clone().into(),
            urgent_steps: steps.iter().map(hurry).collect(),
            regulated: words.join(", ").into(),
            hypercare: until.map(|until| (until, self.hypercare_floor)),
            shadow: own.shadow.unwrap_or(self.shadow),
            calendar: calendar?,
        };
        Some(ForClient { rules: Arc::new(rules), custom })
    }

    /// Whether a client has everybody's settings, its rules aside.
    fn shares_settings(&self, client: Option<&ClientId>, own: &ClientPolicy) -> bool {
        let ClientPolicy {
            bulk_threshold: None,
            critical_threshold: None,
            approval_ttl_ms: None,
            min_confidence: None,
            cost_limit_minor: None,
            time_zone: None,
            maintenance_windows: None,
            change_freezes,
            business_hours: None,
            two_person,
            escalation: None,
            regulated,
            hypercare_until: None,
            shadow: None,
            custom_rules: _,
        } = own
        else {
            return false;
        };
        change_freezes.is_empty()
            && two_person.is_empty()
            && regulated.is_empty()
            && client.is_some_and(|id| !self.autonomy.contains_key(id.as_str()))
    }

    fn calendar(&self, own: &ClientPolicy, wrong: &mut Vec<String>) -> Option<Calendar> {
        let infrastructure: BTreeSet<ActionKind> =
            ActionKind::ALL.iter().copied().filter(|k| is_infrastructure(*k)).collect();
        let freezes: Vec<ChangeFreeze> = self
            .change_freezes
            .iter()
            .chain(&own.change_freezes)
            .map(|f| ChangeFreeze {
                actions: f.actions.clone().or_else(|| Some(infrastructure.clone())),
                ..f.clone()
            })
            .collect();
        let windows = own.maintenance_windows.as_ref().unwrap_or(&self.maintenance_windows);
        let hours = own.business_hours.as_ref().or(self.business_hours.as_ref());
        let zone = own.time_zone.as_deref().unwrap_or(&self.time_zone);
        match Calendar::compile(windows, &freezes, hours, zone) {
            Ok(calendar) => Some(calendar),
            Err(problems) => {
                wrong.extend(problems);
                None
            }
        }
    }

    /// How surely the requester must be known for this kind.
    pub fn identity(&self, kind: ActionKind) -> Verification {
        // INVARIANT: nothing in a policy makes an unverified requester count as verified.
        self.identity
            .get(&kind)
            .copied()
            .unwrap_or(Verification::AddressOnFile)
            .max(Verification::AddressOnFile)
    }

    fn check_numbers(&self, wrong: &mut Vec<String>) {
        if self.version.trim().is_empty() || self.version.len() > 100 {
            wrong.push(
                "`version` is empty or longer than 100 bytes; give it a name such as \"2026-11-21\""
                    .into(),
            );
        }
        for (name, value) in [
            ("window_ms", self.window_ms),
            ("max_fact_age_ms", self.max_fact_age_ms),
            ("max_verification_age_ms", self.max_verification_age_ms),
            ("fleet_window_ms", self.fleet_window_ms),
            ("urgent_window_ms", self.urgent_window_ms),
            ("breakers.window_ms", self.breakers.window_ms),
        ] {
            if value <= 0 {
                wrong.push(format!("`{name}` is {value}; it must be above 0"));
            }
        }
        for (name, value) in
            [("cool_down_ms", self.cool_down_ms), ("undo_period_ms", self.undo_period_ms)]
        {
            if value < 0 {
                wrong.push(format!("`{name}` is below 0; 0 means never"));
            }
        }
        for (name, value) in [
            ("fleet_failure_percent", self.fleet_failure_percent),
            ("breakers.error_percent", self.breakers.error_percent),
            ("breakers.unverified_percent", self.breakers.unverified_percent),
            ("breakers.reversal_percent", self.breakers.reversal_percent),
        ] {
            if value > 100 {
                wrong.push(format!("`{name}` is {value}; it is of a hundred"));
            }
        }
        if self.max_repeats == 0 || self.breakers.anomaly_factor == 0 {
            wrong.push("`max_repeats` and `breakers.anomaly_factor` must be above 0".into());
        }
    }

    fn check_scripts(&self, wrong: &mut Vec<String>) {
        for (id, script) in &self.approved_script_ids {
            let hexadecimal = script.sha256.bytes().all(|b| b.is_ascii_hexdigit());
            if script.sha256.len() != 64 || !hexadecimal {
                wrong.push(format!(
                    "`approved_script_ids` {id:?}: `sha256` must be 64 hexadecimal digits, the hash of the approved content"
                ));
            }
        }
    }
}
