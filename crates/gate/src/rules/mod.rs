//! Custom rules: conditions in CEL that an MSP writes, which can only raise a tier.
//!
//! A rule is checked and compiled when it is saved. INVARIANTS:
//! - no text, however hostile, makes the compiler panic, hang or recurse deeply;
//! - a condition either holds, does not hold or fails with a named reason, and a failure raises;
//! - conditions over plain facts evaluate without allocation; macros go to the `cel` crate's
//!   interpreter, and both mean the same.

mod check;
mod check_calls;
mod interpret;
mod lower;
mod native;
mod pack;
mod problem;
mod program;
mod scan;
mod search;
mod types;
mod vars;

pub(crate) use pack::Pack;
pub use problem::RuleProblem;
pub use program::{Failure, Outcome, Program};
pub use search::{Dead, never_matches};
pub use vars::{Subject, VARS, Value, Var, VarSpec, VarType, Variables};

use domain::Tier;
use problem::{near, shown};
use serde::{Deserialize, Serialize};

/// Longest name or reason of a rule, in characters.
const MAX_WORDS: usize = 300;

/// A rule as the MSP writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomRule {
    /// Named in findings and problems.
    pub name: String,
    /// `*` for every action, or kinds such as `reboot` or `reboot, shut_down`.
    pub action: String,
    /// A CEL condition over the variables of [`VARS`].
    pub condition: String,
    /// The least tier when the condition holds or fails. Never low.
    pub escalate_to: Tier,
    /// Why, in the words that the approver reads.
    pub reason: String,
}

impl CustomRule {
    /// The kinds that the rule applies to; `None` for every kind.
    pub fn actions(&self) -> Option<Vec<&str>> {
        match self.action.trim() {
            "*" => None,
            list => Some(list.split(',').map(str::trim).collect()),
        }
    }

    /// Whether the rule applies to this kind.
    pub fn applies_to(&self, kind: &str) -> bool {
        self.action.trim() == "*" || self.action.split(',').any(|a| a.trim() == kind)
    }

    /// What is wrong with the fields beside the condition, as far as can be told without a catalogue.
    fn problems(&self) -> Vec<RuleProblem> {
        let mut problems = Vec::new();
        let mut wrong = |what: String| problems.push(RuleProblem::new(&self.name, what));
        for (field, text) in [("name", &self.name), ("reason", &self.reason)] {
            if text.trim().is_empty() {
                wrong(format!("`{field}` is empty; say it in a few words"));
            } else if text.chars().count() > MAX_WORDS {
                wrong(format!("`{field}` has more than {MAX_WORDS} characters"));
            }
        }
        if self.escalate_to == Tier::Low {
            wrong("`escalate_to` is low; a rule can only raise: medium, high or critical".into());
        }
        let listed = self.actions().unwrap_or_default();
        if listed.contains(&"*") {
            wrong("`action` names `*` beside others; `*` alone means every action".into());
        }
        if listed.iter().any(|a| a.is_empty()) {
            wrong("`action` has an empty name; write `*`, `reboot` or `reboot, shut_down`".into());
        }
        if let Some(twice) =
            listed.iter().enumerate().find(|(i, a)| listed.iter().take(*i).any(|b| &b == a))
        {
            wrong(format!("`action` names `{}` twice", shown(twice.1)));
        }
        problems
    }
}

/// Everything that can be told about a rule when it is saved: its program, or all of its problems.
///
/// `kinds` are the names of all actions. `subjects_of` tells what an action deals with, `None` when
/// there is no such action.
pub fn check_rule(
    rule: &CustomRule,
    kinds: &[&str],
    subjects_of: &dyn Fn(&str) -> Option<Vec<Subject>>,
) -> Result<Program, Vec<RuleProblem>> {
    let mut problems = action_problems(rule, kinds, subjects_of);
    let program = match Program::compile(rule) {
        Ok(program) => program,
        Err(more) => {
            problems.splice(0..0, more);
            return Err(problems);
        }
    };
    problems.extend(subject_problems(rule, &program, subjects_of));
    for (text, at) in &program.notes().actions {
        if !kinds.contains(&text.as_str()) {
            let near = near(text, kinds.iter().copied());
            let what =
                format!("`action` is never {:?}: there is no such action{near}", shown(text));
            problems.push(RuleProblem { at: *at, ..RuleProblem::new(&rule.name, what) });
        }
    }
    problems.extend(never_matches(&program).map(|d| RuleProblem::new(&rule.name, d.to_string())));
    if problems.is_empty() { Ok(program) } else { Err(problems) }
}

fn action_problems(
    rule: &CustomRule,
    kinds: &[&str],
    subjects_of: &dyn Fn(&str) -> Option<Vec<Subject>>,
) -> Vec<RuleProblem> {
    let listed = rule.actions().unwrap_or_default();
    let unknown =
        listed.into_iter().filter(|a| !a.is_empty() && *a != "*" && subjects_of(a).is_none());
    unknown
        .map(|action| {
            let near = near(action, kinds.iter().copied());
            RuleProblem::new(&rule.name, format!("there is no action `{}`{near}", shown(action)))
        })
        .collect()
}

/// Variables that are not known for an action that the rule applies to.
fn subject_problems(
    rule: &CustomRule,
    program: &Program,
    subjects_of: &dyn Fn(&str) -> Option<Vec<Subject>>,
) -> Vec<RuleProblem> {
    let mut problems = Vec::new();
    let mut wrong = |var: Var, where_: String| {
        let what = format!("`{var}` is known only for {}; {where_}", var.known_words());
        problems.push(RuleProblem::new(&rule.name, what));
    };
    for var in program.variables() {
        let Some(listed) = rule.actions() else {
            if !var.known_for(&[]) {
                wrong(
                    var,
                    "the rule applies to every action: name the actions instead of `*`".into(),
                );
            }
            continue;
        };
        for action in listed {
            if subjects_of(action).is_some_and(|subjects| !var.known_for(&subjects)) {
                wrong(var, format!("the rule applies to {action}"));
            }
        }
    }
    problems
}
