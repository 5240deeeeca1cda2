//! A custom rule, compiled when it is saved.

use super::native::{ASK, At, NO, Step, Tree, YES};
use super::problem::RuleProblem;
use super::vars::{Var, Variables};
use super::{CustomRule, check, interpret, lower, scan};
use cel::IdedExpr;
use cel::parser::PrattParser;
use std::panic::catch_unwind;
use std::sync::Arc;

/// Deepest tree that the interpreter is given: it recurses.
const MAX_TREE_DEPTH: usize = 64;

/// Why a condition has no answer. The gate raises then, as if it had matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A variable that decides is not known.
    Missing(Var),
    /// A variable came with a value of another type than the table says.
    WrongType(Var),
    /// A number outgrew 64 bits.
    Overflow,
    /// Division, or remainder, by zero.
    DivisionByZero,
    /// A place outside of a list.
    OutOfRange,
    /// A text that is no number was to become one.
    Conversion,
    /// Anything else that the interpreter refused.
    Unreadable,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Missing(var) => write!(f, "`{var}` is not known"),
            Failure::WrongType(var) => write!(f, "`{var}` has a value of the wrong type"),
            Failure::Overflow => f.write_str("a number is too large"),
            Failure::DivisionByZero => f.write_str("division by zero"),
            Failure::OutOfRange => f.write_str("a place outside of the list"),
            Failure::Conversion => f.write_str("a value cannot be converted"),
            Failure::Unreadable => f.write_str("the condition cannot be evaluated"),
        }
    }
}

/// What a condition says about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds: the rule raises.
    Matches,
    /// It does not hold.
    DoesNotMatch,
    /// It has no answer: the gate raises, with this reason.
    Failed(Failure),
}

/// A checked and compiled condition. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Program {
    /// Tests and jumps; empty when the interpreter has to be asked.
    steps: Arc<[Step]>,
    start: At,
    rest: Arc<Rest>,
}

/// What most evaluations do not need.
#[derive(Debug)]
struct Rest {
    tree: Tree,
    /// What the interpreter is asked, when it has to be.
    interpreted: Option<IdedExpr>,
    used: Box<[Var]>,
    notes: check::Seen,
}

impl Program {
    /// Checks the rule's fields and its condition and compiles it. Problems that need the catalogue of
    /// actions, and conditions that can never hold, are found by [`super::check_rule`].
    pub fn compile(rule: &CustomRule) -> Result<Program, Vec<RuleProblem>> {
        let mut problems = rule.problems();
        match compile(&rule.name, &rule.condition) {
            Ok(program) if problems.is_empty() => return Ok(program),
            Ok(_) => {}
            Err(more) => problems.extend(more),
        }
        Err(problems)
    }

    /// What the condition says, given these facts.
    #[inline]
    pub fn eval<V: Variables + ?Sized>(&self, vars: &V) -> Outcome {
        match Program::glance(&self.steps, self.start, vars) {
            Ok(outcome) => outcome,
            Err(at) => self.go_on(at, vars),
        }
    }

    /// What the steps say, as long as a glance each is enough; else where they stopped.
    #[inline(always)]
    pub(super) fn glance<V: Variables + ?Sized>(
        steps: &[Step],
        start: At,
        vars: &V,
    ) -> Result<Outcome, At> {
        let mut at = start;
        while let Some(step) = steps.get(usize::from(at)) {
            let Some(yes) = step.glance(vars) else { return Err(at) };
            at = if yes { step.yes } else { step.no };
        }
        match at {
            YES => Ok(Outcome::Matches),
            NO => Ok(Outcome::DoesNotMatch),
            ask => Err(ask),
        }
    }

    /// Goes on where [`Program::glance`] stopped.
    #[inline(never)]
    pub(super) fn go_on<V: Variables + ?Sized>(&self, from: At, vars: &V) -> Outcome {
        if from == ASK { self.exact(vars) } else { self.walk(from, vars) }
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(super) fn start(&self) -> At {
        self.start
    }

    /// Goes on from a step that takes more than a glance.
    fn walk<V: Variables + ?Sized>(&self, from: At, vars: &V) -> Outcome {
        let mut at = from;
        while let Some(step) = self.steps.get(usize::from(at)) {
            let Some(yes) = step.answer(&self.rest.tree, vars) else { return self.exact(vars) };
            at = if yes { step.yes } else { step.no };
        }
        if at == YES { Outcome::Matches } else { Outcome::DoesNotMatch }
    }

    #[cold]
    #[inline(never)]
    fn exact<V: Variables + ?Sized>(&self, vars: &V) -> Outcome {
        let answer = match &self.rest.interpreted {
            None => self.rest.tree.whole(vars),
            Some(expr) => interpret::holds(expr, &self.rest.used, vars),
        };
        match answer {
            Ok(true) => Outcome::Matches,
            Ok(false) => Outcome::DoesNotMatch,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Whether it runs without the interpreter: no allocation, nanoseconds.
    pub fn is_native(&self) -> bool {
        self.rest.interpreted.is_none()
    }

    /// The variables that the condition uses, in the order of the table.
    pub fn variables(&self) -> impl Iterator<Item = Var> {
        self.rest.used.iter().copied()
    }

    pub(super) fn notes(&self) -> &check::Seen {
        &self.rest.notes
    }

    pub(super) fn tree(&self) -> Option<&Tree> {
        self.is_native().then_some(&self.rest.tree)
    }
}

fn compile(rule: &str, source: &str) -> Result<Program, Vec<RuleProblem>> {
    let names = scan::scan(rule, source).map_err(|problem| vec![problem])?;
    let expr = parse(rule, source).map_err(|problem| vec![problem])?;
    let notes = check::check(rule, &expr, &names)?;
    let used = notes.vars.iter().copied().collect();
    if let Some(native) = lower::lower(&expr) {
        let rest = Rest { tree: native.tree, interpreted: None, used, notes };
        let steps = native.steps.into();
        return Ok(Program { steps, start: native.start, rest: Arc::new(rest) });
    }
    if check::depth(&expr) > MAX_TREE_DEPTH {
        let what = "the condition is too deep for exists, all, filter, map and `+` on texts; \
            split it into several rules";
        return Err(vec![RuleProblem::new(rule, what)]);
    }
    let rest = Rest { tree: Tree::default(), interpreted: Some(expr), used, notes };
    Ok(Program { steps: Arc::new([]), start: ASK, rest: Arc::new(rest) })
}

fn parse(rule: &str, source: &str) -> Result<IdedExpr, RuleProblem> {
    let errors = match catch_unwind(|| PrattParser::new().parse(source)) {
        Ok(Ok(expr)) => return Ok(expr),
        Ok(Err(errors)) => errors.errors,
        Err(_) => Vec::new(),
    };
    let Some(first) = errors.first() else {
        return Err(RuleProblem::new(rule, "the condition cannot be read"));
    };
    Err(RuleProblem {
        rule: rule.to_string(),
        what: syntax(&first.msg),
        at: place(source, first.pos),
    })
}

/// A parser's message in our words.
fn syntax(message: &str) -> String {
    let message = message.trim_start_matches("Syntax error: ");
    if let Some(token) = message.strip_prefix("expected ") {
        return format!("{token} is missing here");
    }
    if let Some((found, expected)) =
        message.strip_prefix("mismatched input ").and_then(|m| m.split_once(" expecting "))
    {
        let found = found.trim_matches('\'');
        return match (found, expected) {
            ("<EOF>", "expression") => "the condition ends too early; a value is missing".into(),
            ("<EOF>", token) => format!("the condition ends too early; {token} is missing"),
            (found, "<EOF>") => {
                format!("`{found}` does not belong here; join conditions with `&&` or `||`")
            }
            (found, "expression") => format!("a value is missing before `{found}`"),
            (found, token) => format!("`{found}` stands where {token} belongs"),
        };
    }
    match message.strip_prefix("reserved identifier: ") {
        Some(word) => format!("`{word}` is a word that CEL keeps for itself"),
        None => format!("the condition cannot be read: {message}"),
    }
}

/// Characters from the start of `source`, counted from 1, for a line and column counted from 1.
fn place(source: &str, (line, column): (isize, isize)) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let upto = source.get(..(before + column).min(source.len()))?;
    Some(upto.chars().count() + 1)
}
