//! The custom rules of one client, found by kind of action.

use super::kinds::{KINDS, PerKind};
use crate::rules::{CustomRule, Outcome, Pack, Program, Subject, Variables, check_rule};
use domain::{ActionKind, Tier, action::Need};
use std::{collections::HashMap, ops::Range, sync::Arc};

/// What a rule that speaks says beside its condition.
#[derive(Clone, Debug)]
pub(crate) struct ReadyRule {
    pub(crate) escalate_to: Tier,
    /// Name and reason, as the finding says them.
    pub(crate) reason: Arc<str>,
}

/// Rules in the order in which they are asked, strictest first, and which of them are for each kind.
#[derive(Clone, Debug)]
pub(crate) struct RuleSet {
    spans: PerKind<Span>,
    pack: Pack,
    rules: Box<[ReadyRule]>,
}

/// The rules of one kind, strictest first: the first of them, and where those end that escalate to
/// critical, to high, to anything.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: u32,
    critical: u32,
    high: u32,
    to: u32,
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
        let mut by_kind: Vec<Vec<(Program, ReadyRule)>> = vec![Vec::new(); KINDS];
        for rule in written {
            let Some(program) = program(rule, known, wrong) else { continue };
            let ready = ReadyRule {
                escalate_to: rule.escalate_to,
                reason: format!("rule {:?}: {}", rule.name, rule.reason).into(),
            };
            for (kind, list) in ActionKind::ALL.iter().zip(&mut by_kind) {
                if is_for(rule, *kind) {
                    list.push((program.clone(), ready.clone()));
                }
            }
        }
        let (mut programs, mut rules) = (Vec::new(), Vec::new());
        let mut spans = Vec::with_capacity(KINDS);
        for mut list in by_kind {
            list.sort_by_key(|(_, r)| std::cmp::Reverse(r.escalate_to));
            let from = rules.len();
            let upto =
                |tier| as_u32(from + list.iter().filter(|l| l.1.escalate_to >= tier).count());
            spans.push(Span {
                from: as_u32(from),
                critical: upto(Tier::Critical),
                high: upto(Tier::High),
                to: as_u32(from + list.len()),
            });
            for (program, rule) in list {
                programs.push(program);
                rules.push(rule);
            }
        }
        let spans = PerKind::new(|k| spans.get(k as usize).copied().unwrap_or_default());
        RuleSet { spans, pack: Pack::new(programs), rules: rules.into() }
    }

    /// The numbers of the rules for this kind, strictest first.
    #[inline]
    pub(crate) fn of(&self, kind: ActionKind) -> Range<usize> {
        let span = self.spans.of(kind);
        span.from as usize..span.to as usize
    }

    /// Those of them that escalate above this tier; `None` is below every tier.
    #[inline]
    pub(crate) fn above(&self, kind: ActionKind, tier: Option<Tier>) -> Range<usize> {
        let span = self.spans.of(kind);
        let to = match tier {
            None | Some(Tier::Low) => span.to,
            Some(Tier::Medium) => span.high,
            Some(Tier::High) => span.critical,
            Some(Tier::Critical) => span.from,
        };
        span.from as usize..to as usize
    }

    /// What the rule of this number says, given these facts; `None` when there is none.
    #[inline]
    pub(crate) fn eval<V: Variables + ?Sized>(&self, number: usize, vars: &V) -> Option<Outcome> {
        self.pack.eval(number, vars)
    }

    /// The rule of this number.
    #[inline]
    pub(crate) fn rule(&self, number: usize) -> Option<&ReadyRule> {
        self.rules.get(number)
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
