//! A custom rule, compiled when it is saved.

use super::native::Native;
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
    form: Form,
    notes: Arc<check::Seen>,
}

#[derive(Clone, Debug)]
enum Form {
    Native(Arc<Native>),
    Interpreted(Arc<Interpreted>),
}

#[derive(Debug)]
struct Interpreted {
    expr: IdedExpr,
    used: Box<[Var]>,
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
        let answer = match &self.form {
            Form::Native(native) => native.holds(vars),
            Form::Interpreted(it) => interpret::holds(&it.expr, &it.used, vars),
        };
        match answer {
            Ok(true) => Outcome::Matches,
            Ok(false) => Outcome::DoesNotMatch,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Whether it runs without the interpreter: no allocation, nanoseconds.
    pub fn is_native(&self) -> bool {
        matches!(self.form, Form::Native(_))
    }

    /// The variables that the condition uses, in the order of the table.
    pub fn variables(&self) -> impl Iterator<Item = Var> {
        self.notes.vars.iter().copied()
    }

    pub(super) fn notes(&self) -> &check::Seen {
        &self.notes
    }

    pub(super) fn native(&self) -> Option<&Native> {
        match &self.form {
            Form::Native(native) => Some(native),
            Form::Interpreted(_) => None,
        }
    }
}

fn compile(rule: &str, source: &str) -> Result<Program, Vec<RuleProblem>> {
    let names = scan::scan(rule, source).map_err(|problem| vec![problem])?;
    let expr = parse(rule, source).map_err(|problem| vec![problem])?;
    let notes = check::check(rule, &expr, &names)?;
    let form = match lower::lower(&expr) {
        Some(native) => Form::Native(Arc::new(native)),
        None if check::depth(&expr) > MAX_TREE_DEPTH => {
            let what = "the condition is too deep for exists, all, filter, map and `+` on texts; \
                split it into several rules";
            return Err(vec![RuleProblem::new(rule, what)]);
        }
        None => {
            let used = notes.vars.iter().copied().collect();
            Form::Interpreted(Arc::new(Interpreted { expr, used }))
        }
    };
    Ok(Program { form, notes: Arc::new(notes) })
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
