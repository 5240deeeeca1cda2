//! The custom rules of every client in one book, found by client and kind of action.

use super::kinds::{KINDS, PerKind};
use crate::rules::{CustomRule, Outcome, Pack, Program, Subject, Variables, check_rule};
use domain::{ActionKind, Tier, action::Need};
use std::{collections::HashMap, sync::Arc};

/// What a rule that speaks says beside its condition.
#[derive(Clone, Debug)]
pub(crate) struct ReadyRule {
    pub(crate) escalate_to: Tier,
    /// Name and reason, as the finding says them.
    pub(crate) reason: Arc<str>,
}

/// The rules of all clients. Of a client among ten thousand little is in the processor's cache: what is
/// asked of it stands close together, and as few steps apart as can be.
#[derive(Clone, Debug)]
pub(crate) struct RuleBook {
    sets: Box<[PerKind<Span>]>,
    pack: Pack,
    rules: Box<[ReadyRule]>,
}

/// The rules of one client, in the order in which they are asked: strictest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleSet<'b> {
    spans: &'b PerKind<Span>,
    book: &'b RuleBook,
}

/// Which rules of a book are a client's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetNumber(u32);

/// The rules of one kind, strictest first: the first of them, and where those end that escalate to
/// critical, to high, to anything.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: u32,
    critical: u32,
    high: u32,
    to: u32,
    /// Where the steps of the first begin, and where those of the last end.
    steps: (u32, u32),
}

/// Writes a [`RuleBook`].
#[derive(Debug, Default)]
pub(crate) struct BookWriter {
    /// Programs by their text: most clients share their rules.
    known: HashMap<String, Program>,
    sets: Vec<PerKind<Span>>,
    programs: Vec<Program>,
    rules: Vec<ReadyRule>,
}

impl BookWriter {
    /// Checks a client's rules and adds them. Problems go to `wrong`.
    pub(crate) fn add<'a>(
        &mut self,
        written: impl Iterator<Item = &'a CustomRule>,
        wrong: &mut Vec<String>,
    ) -> SetNumber {
        let mut by_kind: Vec<Vec<(Program, ReadyRule)>> = vec![Vec::new(); KINDS];
        for rule in written {
            let Some(program) = program(rule, &mut self.known, wrong) else { continue };
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
        let spans: Vec<Span> = by_kind.into_iter().map(|list| self.add_kind(list)).collect();
        let number = as_u32(self.sets.len());
        self.sets.push(PerKind::new(|k| spans.get(k as usize).copied().unwrap_or_default()));
        SetNumber(number)
    }

    fn add_kind(&mut self, mut list: Vec<(Program, ReadyRule)>) -> Span {
        list.sort_by_key(|(_, r)| std::cmp::Reverse(r.escalate_to));
        let from = self.rules.len();
        let upto = |tier| as_u32(from + list.iter().filter(|l| l.1.escalate_to >= tier).count());
        let span = Span {
            from: as_u32(from),
            critical: upto(Tier::Critical),
            high: upto(Tier::High),
            to: as_u32(from + list.len()),
            steps: (0, 0),
        };
        for (program, rule) in list {
            self.programs.push(program);
            self.rules.push(rule);
        }
        span
    }

    /// The finished book.
    pub(crate) fn finish(self) -> RuleBook {
        let (pack, places) = Pack::new(self.programs);
        let place = |number: u32| places.get(number as usize).copied().map_or(0, as_u32);
        let whole = |span: &Span| Span { steps: (place(span.from), place(span.to)), ..*span };
        let sets = self.sets.iter().map(|set| PerKind::new(|kind| whole(set.of(kind)))).collect();
        RuleBook { sets, pack, rules: self.rules.into() }
    }
}

impl RuleBook {
    /// The rules of one client; `None` when the number is of another book.
    #[inline]
    pub(crate) fn set(&self, number: SetNumber) -> Option<RuleSet<'_>> {
        Some(RuleSet { spans: self.sets.get(number.0 as usize)?, book: self })
    }
}

impl<'b> RuleSet<'b> {
    /// Whether any rule is for this kind.
    #[inline]
    pub(crate) fn has(self, kind: ActionKind) -> bool {
        let span = self.spans.of(kind);
        span.from < span.to
    }

    /// Has the rules for this kind fetched from memory, for one who is going to ask them.
    #[inline]
    pub(crate) fn fetch(self, kind: ActionKind) {
        let (from, to) = self.spans.of(kind).steps;
        self.book.pack.fetch(from as usize..to as usize);
    }

    /// The rules for this kind that match or fail, given these facts, strictest first; of those alone
    /// that escalate above this tier. `None` is below every tier.
    #[inline]
    pub(crate) fn ask<'a, V: Variables + ?Sized>(
        self,
        kind: ActionKind,
        above: Option<Tier>,
        vars: &'a V,
    ) -> impl Iterator<Item = (&'b ReadyRule, Outcome)> + use<'a, 'b, V>
    where
        'b: 'a,
    {
        let span = self.spans.of(kind);
        let to = match above {
            None | Some(Tier::Low) => span.to,
            Some(Tier::Medium) => span.high,
            Some(Tier::High) => span.critical,
            Some(Tier::Critical) => span.from,
        };
        // INVARIANT: `rules` and the pack have the same numbers.
        let speak =
            self.book.pack.ask(span.steps.0 as usize, span.from as usize..to as usize, vars);
        speak.filter_map(|(number, outcome)| Some((self.book.rules.get(number)?, outcome)))
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

fn program(
    rule: &CustomRule,
    known: &mut HashMap<String, Program>,
    wrong: &mut Vec<String>,
) -> Option<Program> {
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
