//! Looks for rules that can never match, or that fail on evaluation, by trying them out.
//!
//! INVARIANT: "can never match" is said only when the values tried stand for all there are. Order and
//! equality cannot tell more values apart than lie within a few steps of the numbers in the condition;
//! wherever anything else is done with a variable that has many values, nothing is claimed.

use super::native::Node;
use super::program::{Failure, Outcome, Program};
use super::vars::{Value, Var, VarType, Variables};
use std::collections::BTreeSet;

/// Most combinations of values that are tried natively, and through the interpreter.
const MAX_TRIES: (usize, usize) = (200_000, 2_000);
/// A number with at most this many values is tried with all of them when need be.
const FEW: i64 = 128;

/// Why a rule does nothing useful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dead {
    /// No facts make it match.
    Never,
    /// It fails whatever the facts.
    AlwaysFails(Failure),
    /// It fails for some facts: which, and how.
    Fails(Failure, String),
}

impl std::fmt::Display for Dead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Dead::Never => f.write_str("the condition can never match; the rule would do nothing"),
            Dead::AlwaysFails(why) => {
                write!(f, "the condition fails on evaluation: {why}; it would raise every time")
            }
            Dead::Fails(why, when) => {
                write!(
                    f,
                    "the condition fails on evaluation when {when}: {why}; test for that first"
                )
            }
        }
    }
}

/// Whether the condition can never match or fails; `None` when it is fine or nothing can be said.
pub fn never_matches(program: &Program) -> Option<Dead> {
    let plan = Plan::of(program);
    let most = if program.is_native() { MAX_TRIES.0 } else { MAX_TRIES.1 };
    let mut model = Model { plan: &plan, at: vec![0; plan.vars.len()] };
    let (mut matched, mut answered) = (false, false);
    let mut failed: Option<(Failure, String)> = None;
    let mut complete = plan.complete;
    for tried in 0.. {
        if tried >= most {
            complete = false;
            break;
        }
        match program.eval(&model) {
            Outcome::Matches => (matched, answered) = (true, true),
            Outcome::DoesNotMatch => answered = true,
            Outcome::Failed(why) if failed.is_none() => failed = Some((why, model.words())),
            Outcome::Failed(_) => {}
        }
        if !model.advance() {
            break;
        }
    }
    match failed {
        Some((why, _)) if !answered => Some(Dead::AlwaysFails(why)),
        Some((why, when)) => Some(Dead::Fails(why, when)),
        None if complete && !matched => Some(Dead::Never),
        None => None,
    }
}

/// A value to try.
#[derive(Clone, Debug)]
enum Sample {
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<String>),
}

/// Values to try for each variable in use.
struct Plan {
    vars: Vec<(Var, Vec<Sample>)>,
    complete: bool,
}

impl Plan {
    fn of(program: &Program) -> Plan {
        let notes = program.notes();
        let simple = simple(program);
        let count = |test: fn(VarType) -> bool| {
            notes.vars.iter().filter(|v| test(v.spec().ty)).count().max(1)
        };
        let numbers = count(|ty| matches!(ty, VarType::Int { .. }));
        let texts = count(|ty| matches!(ty, VarType::Text));
        let mut plan = Plan { vars: Vec::new(), complete: true };
        for var in notes.vars.iter().copied() {
            let is_simple = simple.contains(&var);
            let samples = match var.spec().ty {
                VarType::Bool => vec![Sample::Bool(false), Sample::Bool(true)],
                VarType::OneOf(legal) => {
                    legal.iter().map(|t| Sample::Text((*t).to_string())).collect()
                }
                VarType::Int { low, high } if !is_simple && high.saturating_sub(low) < FEW => {
                    (low..=high).map(Sample::Int).collect()
                }
                VarType::Int { low, high } => {
                    plan.complete &= is_simple;
                    ints(&notes.ints, low, high, numbers)
                }
                VarType::Text => {
                    plan.complete &= is_simple;
                    self::texts(&notes.texts, texts)
                }
                VarType::List(legal) => {
                    plan.complete = false;
                    lists(&notes.texts, legal)
                }
            };
            plan.vars.push((var, samples));
        }
        plan
    }
}

/// Every number within `reach` of one that stands in the condition, of 0 or of the bounds.
fn ints(constants: &BTreeSet<i64>, low: i64, high: i64, reach: usize) -> Vec<Sample> {
    let reach = i64::try_from(reach).unwrap_or(i64::MAX);
    let ends = [low, high].into_iter().filter(|end| !matches!(*end, i64::MIN | i64::MAX));
    let around = constants.iter().copied().chain([0]).chain(ends);
    let near: BTreeSet<i64> = around
        .flat_map(|c| c.saturating_sub(reach)..=c.saturating_add(reach))
        .filter(|i| (low..=high).contains(i))
        .collect();
    near.into_iter().map(Sample::Int).collect()
}

/// Every text of the condition, and others that it does not know.
fn texts(constants: &BTreeSet<String>, others: usize) -> Vec<Sample> {
    let fresh = (0..=constants.len() + others).map(|i| format!("other{i}"));
    let fresh = fresh.filter(|t| !constants.contains(t)).take(others);
    let known = constants.iter().cloned().chain([String::new()]);
    let all: BTreeSet<String> = known.chain(fresh).collect();
    all.into_iter().map(Sample::Text).collect()
}

/// A few lists: each text alone, all of them together.
fn lists(constants: &BTreeSet<String>, legal: &[&str]) -> Vec<Sample> {
    let all: Vec<String> = match legal {
        [] => constants.iter().cloned().chain(["other".to_string()]).collect(),
        legal => legal.iter().map(|t| (*t).to_string()).collect(),
    };
    let mut lists: Vec<Sample> =
        all.iter().take(20).map(|t| Sample::List(vec![t.clone()])).collect();
    lists.push(Sample::List(all));
    lists
}

/// Variables of which only order or equality with constants and one another is asked.
fn simple(program: &Program) -> BTreeSet<Var> {
    let Some(tree) = program.tree() else { return BTreeSet::new() };
    let leaf = |at: u16| {
        let node = tree.nodes.get(usize::from(at));
        matches!(node, Some(Node::Var(_) | Node::Int(_) | Node::Text(_)))
    };
    let is_text = |at: u16| match tree.nodes.get(usize::from(at)) {
        Some(Node::Var(var)) => !matches!(var.spec().ty, VarType::Int { .. }),
        Some(Node::Text(_)) => true,
        _ => false,
    };
    let mut fine: BTreeSet<u16> = BTreeSet::new();
    for node in &tree.nodes {
        match *node {
            Node::Equal(a, b) if leaf(a) && leaf(b) => fine.extend([a, b]),
            Node::Compare(_, a, b) if leaf(a) && leaf(b) && !is_text(a) => fine.extend([a, b]),
            Node::InInts(a, ..) | Node::InTexts(a, ..) => fine.extend([a]),
            _ => {}
        }
    }
    let mut all: BTreeSet<Var> = program.notes().vars.clone();
    for (at, node) in tree.nodes.iter().enumerate() {
        if let Node::Var(var) = node
            && !u16::try_from(at).is_ok_and(|at| fine.contains(&at))
        {
            all.remove(var);
        }
    }
    all
}

/// One combination of values.
struct Model<'a> {
    plan: &'a Plan,
    at: Vec<usize>,
}

impl Model<'_> {
    fn samples(&self) -> impl Iterator<Item = (Var, &Sample)> {
        let picked = self.plan.vars.iter().zip(&self.at);
        picked.filter_map(|((var, samples), at)| Some((*var, samples.get(*at)?)))
    }

    fn sample(&self, var: Var) -> Option<&Sample> {
        self.samples().find(|(v, _)| *v == var).map(|(_, sample)| sample)
    }

    /// The next combination; false when there is none.
    fn advance(&mut self) -> bool {
        for ((_, samples), at) in self.plan.vars.iter().zip(&mut self.at) {
            *at += 1;
            if *at < samples.len() {
                return true;
            }
            *at = 0;
        }
        false
    }

    /// Plain words: `targets` is 0 and `weekday` is "monday".
    fn words(&self) -> String {
        let words = self.samples().map(|(var, sample)| match sample {
            Sample::Bool(b) => format!("`{var}` is {b}"),
            Sample::Int(i) => format!("`{var}` is {i}"),
            Sample::Text(t) => format!("`{var}` is {t:?}"),
            Sample::List(t) => format!("`{var}` is {t:?}"),
        });
        words.collect::<Vec<_>>().join(" and ")
    }
}

impl Variables for Model<'_> {
    fn get(&self, var: Var) -> Value<'_> {
        match self.sample(var) {
            Some(Sample::Bool(b)) => Value::Bool(*b),
            Some(Sample::Int(i)) => Value::Int(*i),
            Some(Sample::Text(t)) => Value::Str(t),
            Some(Sample::List(_)) | None => Value::Missing,
        }
    }

    fn texts(&self, var: Var, see: &mut dyn FnMut(&str)) -> bool {
        match self.sample(var) {
            Some(Sample::List(texts)) => {
                texts.iter().for_each(|t| see(t));
                true
            }
            _ => false,
        }
    }
}
