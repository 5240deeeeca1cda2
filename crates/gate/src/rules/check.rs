//! The type checker: a condition that passes cannot meet a value of the wrong type.

use super::problem::{RuleProblem, near, shown};
use super::scan::Name;
use super::types::{Elem, Ty, Typed, name_of};
use super::vars::{VARS, Var};
use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, Expr, LiteralValue};
use std::collections::{BTreeMap, BTreeSet};

/// Most nodes of the tree, macros written out.
const MAX_NODES: usize = 200;
/// Most elements of a list literal.
const MAX_LIST: usize = 100;
/// The macros' own name for what they gather.
pub(super) const GATHERED: &str = "@result";

/// What the checker saw on its way.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Variables in use.
    pub(super) vars: BTreeSet<Var>,
    /// Whole numbers that stand in the condition.
    pub(super) ints: BTreeSet<i64>,
    /// Texts that stand in the condition.
    pub(super) texts: BTreeSet<String>,
    /// Texts that `action` is compared with, and where.
    pub(super) actions: Vec<(String, Option<usize>)>,
}

/// Checks `expr`, the parsed form of a condition with these names in it.
pub(super) fn check(
    rule: &str,
    expr: &IdedExpr,
    names: &[Name<'_>],
) -> Result<Seen, Vec<RuleProblem>> {
    let mut size = 0;
    if !small(expr, &mut size) {
        let what =
            format!("the condition has more than {MAX_NODES} parts; split it into several rules");
        return Err(vec![RuleProblem::new(rule, what)]);
    }
    let mut checker = Checker {
        rule,
        places: places(expr, names),
        problems: Vec::new(),
        scope: Vec::new(),
        loops: 0,
        seen: Seen::default(),
    };
    let whole = checker.expr(expr);
    if !whole.ty.fits(Ty::Bool) {
        let what = format!(
            "the condition is {}; it must be true or false{}",
            whole.ty.words(),
            if whole.ty == Ty::Int { ", for example `hour < 18`" } else { "" },
        );
        checker.problem(expr, what);
    }
    match checker.problems.is_empty() {
        true => Ok(checker.seen),
        false => Err(checker.problems),
    }
}

/// Everything directly under `expr`.
fn under(expr: &IdedExpr) -> Vec<&IdedExpr> {
    match &expr.expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(c) => {
            vec![&c.iter_range, &c.accu_init, &c.loop_cond, &c.loop_step, &c.result]
        }
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        _ => Vec::new(),
    }
}

/// Depth of the tree.
pub(super) fn depth(expr: &IdedExpr) -> usize {
    1 + under(expr).into_iter().map(depth).max().unwrap_or_default()
}

fn small(expr: &IdedExpr, size: &mut usize) -> bool {
    *size += 1;
    *size <= MAX_NODES && under(expr).into_iter().all(|e| small(e, size))
}

/// Where each name of the tree stands: ids grow from left to right, as the names do.
fn places(expr: &IdedExpr, names: &[Name<'_>]) -> BTreeMap<u64, usize> {
    fn idents<'e>(expr: &'e IdedExpr, found: &mut BTreeMap<u64, &'e str>) {
        if let Expr::Ident(name) = &expr.expr {
            found.insert(expr.id, name);
        }
        under(expr).into_iter().for_each(|e| idents(e, found));
    }
    let mut found = BTreeMap::new();
    idents(expr, &mut found);
    let mut left = names.iter();
    let mut place = |name: &str| {
        let mut ahead = left.clone();
        let at = ahead.find(|n| n.text == name.trim_start_matches('.'))?.at;
        left = ahead;
        Some(at)
    };
    found.into_iter().filter_map(|(id, name)| Some((id, place(name)?))).collect()
}

pub(super) struct Checker<'a> {
    rule: &'a str,
    places: BTreeMap<u64, usize>,
    problems: Vec<RuleProblem>,
    /// Names that macros bind, innermost last.
    scope: Vec<(String, Typed)>,
    /// Macros around the expression at hand.
    loops: usize,
    pub(super) seen: Seen,
}

impl Checker<'_> {
    pub(super) fn place(&self, expr: &IdedExpr) -> Option<usize> {
        let own = self.places.get(&expr.id).copied();
        own.or_else(|| under(expr).into_iter().find_map(|e| self.place(e)))
    }

    pub(super) fn problem(&mut self, expr: &IdedExpr, what: impl Into<String>) -> Typed {
        let at = self.place(expr);
        let problem = RuleProblem { rule: self.rule.to_string(), what: what.into(), at };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        Ty::Wrong.into()
    }

    pub(super) fn expr(&mut self, expr: &IdedExpr) -> Typed {
        match &expr.expr {
            Expr::Literal(literal) => self.literal(expr, literal),
            Expr::Ident(name) => self.ident(expr, name),
            Expr::Call(call) => self.call(expr, call),
            Expr::Comprehension(inner) => self.comprehension(expr, inner),
            Expr::List(list) if list.optional_indices.is_empty() => self.list(expr, &list.elements),
            Expr::Select(select) if select.test => self
                .problem(expr, "`has(…)` is not needed: a fact that is not known raises by itself"),
            Expr::Select(select) => {
                let field = shown(&select.field);
                self.problem(expr, format!("`.{field}` is not known: variables have no fields"))
            }
            _ => {
                self.problem(expr, "maps, objects and optional values do not belong in a condition")
            }
        }
    }

    fn literal(&mut self, expr: &IdedExpr, literal: &LiteralValue) -> Typed {
        match literal {
            LiteralValue::Boolean(_) => Ty::Bool.into(),
            LiteralValue::Int(i) => {
                self.seen.ints.insert(*i.inner());
                Ty::Int.into()
            }
            LiteralValue::Double(_) => Ty::Double.into(),
            LiteralValue::String(s) => {
                self.seen.texts.insert(s.inner().to_string());
                Ty::Text.into()
            }
            LiteralValue::UInt(u) => self.problem(expr, format!("write {0}, not {0}u", u.inner())),
            LiteralValue::Bytes(_) => self.problem(expr, "write texts without the `b`"),
            LiteralValue::Null => self
                .problem(expr, "`null` is not needed: a fact that is not known raises by itself"),
        }
    }

    fn ident(&mut self, expr: &IdedExpr, name: &str) -> Typed {
        if let Some((_, bound)) = self.scope.iter().rev().find(|(n, _)| n == name) {
            return *bound;
        }
        if let Some(var) = Var::named(name) {
            self.seen.vars.insert(var);
            return Typed { ty: var.spec().ty.into(), of: Some(var) };
        }
        let names = VARS.iter().map(|v| v.name).chain(self.scope.iter().map(|(n, _)| n.as_str()));
        let near = near(name, names.filter(|n| *n != GATHERED));
        self.problem(expr, format!("there is no variable `{}`{near}", shown(name)))
    }

    fn list(&mut self, expr: &IdedExpr, elements: &[IdedExpr]) -> Typed {
        if elements.len() > MAX_LIST {
            let what = format!("a list has {} elements; {MAX_LIST} are allowed", elements.len());
            return self.problem(expr, what);
        }
        let mut all = Elem::None;
        for element in elements {
            let ty = self.expr(element).ty;
            let Some(elem) = ty.element() else {
                return self.problem(element, "a list cannot hold a list");
            };
            if !all.fits(elem) {
                let what = format!(
                    "a list holds one type: {} is {}, the elements before it are not",
                    name_of(element, ty),
                    ty.words()
                );
                return self.problem(element, what);
            }
            all = all.or(elem);
        }
        Ty::List(all).into()
    }

    fn comprehension(&mut self, expr: &IdedExpr, inner: &ComprehensionExpr) -> Typed {
        let range = self.expr(&inner.iter_range);
        let Some(elem) = (match range.ty {
            Ty::List(elem) => Some(elem),
            Ty::Wrong => Some(Elem::Wrong),
            _ => None,
        }) else {
            let name = name_of(&inner.iter_range, range.ty);
            let what =
                format!("{name} is {}; exists, all, filter and map need a list", range.ty.words());
            return self.problem(&inner.iter_range, what);
        };
        if self.loops > 0 {
            return self
                .problem(expr, "exists, all, filter and map cannot stand inside one another");
        }
        self.loops += 1;
        let kept = self.scope.len();
        let start = self.expr(&inner.accu_init);
        self.scope.push((inner.iter_var.clone(), Typed { ty: elem.ty(), of: range.of }));
        self.scope.push((GATHERED.into(), start));
        self.expr(&inner.loop_cond);
        let step = self.expr(&inner.loop_step);
        self.scope.truncate(kept);
        self.scope.push((GATHERED.into(), step));
        let result = self.expr(&inner.result);
        self.scope.truncate(kept);
        self.loops -= 1;
        result
    }
}
