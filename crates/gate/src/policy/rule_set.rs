//! The custom rules of one client, found by kind of action.

use super::kinds::{KINDS, PerKind};
use crate::rules::{CustomRule, Program, Subject, check_rule};
use domain::{ActionKind, Tier, action::Need};
use std::{collections::HashMap, sync::Arc};

/// A rule that is ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct ReadyRule {
    pub(crate) program: Program,
    pub(crate) escalate_to: Tier,
    /// Name and reason, as the finding says them.
    pub(crate) reason: Arc<str>,
}

/// Rules in the order in which they are asked, strictest first, and which of them are for each kind.
#[derive(Clone, Debug)]
pub(crate) struct RuleSet {
    rules: Box<[ReadyRule]>,
    spans: PerKind<(u32, u32)>,
}

/// Programs by their text: most clients share their rules.
pub(crate) type Known = HashMap<String, Program>;

impl RuleSet {
    /// Checks and prepares. Problems go to `wrong`.
    pub(crate) fn compile<'a>(
        written: impl Iterator<Item = &'a CustomRule>,
        known: &mut Known,
        wrong: &mut Vec<String>,
    ) -> RuleSet {
        let mut by_kind: Vec<Vec<ReadyRule>> = vec![Vec::new(); KINDS];
        for rule in written {
            let Some(program) = program(rule, known, wrong) else { continue };
            let ready = ReadyRule {
                program,
                escalate_to: rule.escalate_to,
                reason: format!("rule {:?}: {}", rule.name, rule.reason).into(),
            };
            for (kind, list) in ActionKind::ALL.iter().zip(&mut by_kind) {
                if is_for(rule, *kind) {
                    list.push(ready.clone());
                }
            }
        }
        let mut rules: Vec<ReadyRule> = Vec::new();
        let mut spans = Vec::with_capacity(KINDS);
        for mut list in by_kind {
            list.sort_by_key(|r| std::cmp::Reverse(r.escalate_to));
            let start = rules.len();
            rules.extend(list);
            spans.push((as_u32(start), as_u32(rules.len())));
        }
        let spans = PerKind::new(|k| spans.get(k as usize).copied().unwrap_or_default());
        RuleSet { rules: rules.into(), spans }
    }

    /// The rules for this kind, strictest first.
    pub(crate) fn of(&self, kind: ActionKind) -> &[ReadyRule] {
        let (start, end) = *self.spans.of(kind);
        self.rules.get(start as usize..end as usize).unwrap_or_default()
    }
}

fn as_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Whether the rule is for this kind. `*` is for every write.
fn is_for(rule: &CustomRule, kind: ActionKind) -> bool {
    match rule.action.trim() {
        "*" => kind.is_write(),
        list => list.split(',').any(|name| name.trim() == kind.name()),
    }
}

fn program(rule: &CustomRule, known: &mut Known, wrong: &mut Vec<String>) -> Option<Program> {
    let key = format!("{}\n{}\n{}", rule.action, rule.escalate_to, rule.condition);
    if let Some(program) = known.get(&key) {
        return Some(program.clone());
    }
    let kinds: Vec<&str> = ActionKind::ALL.iter().map(|k| k.name()).collect();
    match check_rule(rule, &kinds, &subjects_of) {
        Ok(program) => {
            known.insert(key, program.clone());
            Some(program)
        }
        Err(problems) => {
            wrong.extend(problems.iter().map(|p| format!("`custom_rules` {p}")));
            None
        }
    }
}

/// Which variables are known for a kind of action.
fn subjects_of(name: &str) -> Option<Vec<Subject>> {
    let kind = ActionKind::ALL.iter().find(|k| k.name() == name)?;
    let mut subjects = vec![Subject::Any];
    subjects.extend(kind.needs().iter().filter_map(|need| match need {
        Need::Target => Some(Subject::Account),
        Need::Group => Some(Subject::Group),
        Need::Mailbox => Some(Subject::Mailbox),
        Need::Devices => Some(Subject::Devices),
        Need::Script => Some(Subject::Script),
        Need::Patch => Some(Subject::Patch),
        Need::Cost => Some(Subject::Cost),
        Need::Requester | Need::Relation | Need::Volume | Need::Ticket | Need::Fleet => None,
    }));
    Some(subjects)
}
