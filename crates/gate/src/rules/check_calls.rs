//! The type checker's part on operators and functions.

use super::check::{Checker, GATHERED};
use super::problem::{near, one_of, shown};
use super::types::{Ty, Typed, name_of};
use super::vars::{Var, VarType};
use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators as op};

/// Longest regular expression, in bytes. It is compiled at each evaluation.
const MAX_PATTERN: usize = 64;

const FUNCTIONS: [&str; 14] = [
    "contains",
    "endsWith",
    "startsWith",
    "matches",
    "size",
    "int",
    "double",
    "string",
    "exists",
    "all",
    "exists_one",
    "filter",
    "map",
    "has",
];

impl Checker<'_> {
    pub(super) fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Typed {
        let name = call.func_name.as_str();
        match (call.target.as_deref(), call.args.as_slice()) {
            (None, [only]) => match name {
                op::LOGICAL_NOT | op::NOT_STRICTLY_FALSE => {
                    self.truth(only, "`!` turns a condition round");
                    Ty::Bool.into()
                }
                op::NEGATE => self.number(only, "-"),
                "size" => self.size(only),
                "int" | "double" | "string" => self.convert(name, only),
                _ => self.no_function(expr, call),
            },
            (None, [a, b]) => match name {
                op::LOGICAL_AND | op::LOGICAL_OR => {
                    let sign = if name == op::LOGICAL_AND { "&&" } else { "||" };
                    let why = match &a.expr {
                        Expr::Ident(name) if name == GATHERED => {
                            "exists and all need a condition".to_string()
                        }
                        _ => format!("both sides of `{sign}` must be conditions"),
                    };
                    self.truth(a, &why);
                    self.truth(b, &why);
                    Ty::Bool.into()
                }
                op::EQUALS | op::NOT_EQUALS => self.compare(a, b, false),
                op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS => {
                    self.compare(a, b, true)
                }
                op::IN => self.within(a, b),
                op::ADD => self.sum(a, b),
                op::SUBSTRACT => self.numbers(a, b, "-"),
                op::MULTIPLY => self.numbers(a, b, "*"),
                op::DIVIDE => self.numbers(a, b, "/"),
                op::MODULO => self.numbers(a, b, "%"),
                op::INDEX => self.index(a, b),
                "matches" => self.pattern(a, b),
                _ => self.no_function(expr, call),
            },
            (None, [condition, yes, no]) if name == op::CONDITIONAL => {
                let why = match &no.expr {
                    Expr::Ident(name) if name == GATHERED => "filter needs a condition",
                    _ => "before `?` stands a condition",
                };
                self.truth(condition, why);
                self.choice(yes, no)
            }
            (Some(target), []) if name == "size" => self.size(target),
            (Some(target), [arg]) => match name {
                "contains" | "startsWith" | "endsWith" => {
                    for part in [target, arg] {
                        self.text(part, &format!("`{name}` looks for a text in a text"));
                    }
                    Ty::Bool.into()
                }
                "matches" => self.pattern(target, arg),
                _ => self.no_function(expr, call),
            },
            _ => self.no_function(expr, call),
        }
    }

    fn no_function(&mut self, expr: &IdedExpr, call: &CallExpr) -> Typed {
        let name = call.func_name.as_str();
        let what = match name {
            "contains" | "startsWith" | "endsWith" | "matches" => {
                format!(
                    "write `group_name.{name}(\"…\")`: one text before the dot, one in brackets"
                )
            }
            "exists" | "all" | "exists_one" | "filter" | "map" => {
                format!(
                    "write `device_names.{name}(n, …)`: a list, a name, a condition on the name"
                )
            }
            "size" => "write `size(…)` with one text or list".into(),
            "int" | "double" | "string" => format!("write `{name}(…)` with one value"),
            _ if FUNCTIONS.contains(&name) => format!("`{name}` does not fit here"),
            _ => format!("there is no function `{}`{}", shown(name), near(name, FUNCTIONS)),
        };
        self.problem(expr, what)
    }

    /// Reports unless `expr` is of one of these types; the type.
    fn need(&mut self, expr: &IdedExpr, allowed: &[Ty], why: &str) -> Typed {
        let found = self.expr(expr);
        if found.ty == Ty::Wrong || allowed.contains(&found.ty) {
            return found;
        }
        let what = format!("{} is {}; {why}", name_of(expr, found.ty), found.ty.words());
        self.problem(expr, what)
    }

    fn truth(&mut self, expr: &IdedExpr, why: &str) {
        self.need(expr, &[Ty::Bool], why);
    }

    fn text(&mut self, expr: &IdedExpr, why: &str) {
        self.need(expr, &[Ty::Text], why);
    }

    fn number(&mut self, expr: &IdedExpr, sign: &str) -> Typed {
        let why = format!("`{sign}` needs a number");
        self.need(expr, &[Ty::Int, Ty::Double], &why).ty.into()
    }

    fn numbers(&mut self, a: &IdedExpr, b: &IdedExpr, sign: &str) -> Typed {
        let (left, right) = (self.number(a, sign), self.number(b, sign));
        if sign == "%" && (left.ty == Ty::Double || right.ty == Ty::Double) {
            return self.problem(a, "`%` needs whole numbers");
        }
        if left.ty.fits(right.ty) {
            return if left.ty == Ty::Wrong { right } else { left };
        }
        self.problem(a, format!("`{sign}` needs two whole numbers, or two with a fraction"))
    }

    fn sum(&mut self, a: &IdedExpr, b: &IdedExpr) -> Typed {
        let (left, right) = (self.expr(a).ty, self.expr(b).ty);
        match (left, right) {
            (Ty::Wrong, _) | (_, Ty::Wrong) => Ty::Wrong.into(),
            (Ty::List(x), Ty::List(y)) if x.fits(y) => Ty::List(x.or(y)).into(),
            (Ty::Int, Ty::Int) | (Ty::Double, Ty::Double) | (Ty::Text, Ty::Text) => left.into(),
            _ => {
                let what = format!(
                    "`+` joins two of a kind; {} is {} and {} is {}",
                    name_of(a, left),
                    left.words(),
                    name_of(b, right),
                    right.words()
                );
                self.problem(a, what)
            }
        }
    }

    fn size(&mut self, expr: &IdedExpr) -> Typed {
        let found = self.expr(expr).ty;
        if matches!(found, Ty::Text | Ty::List(_) | Ty::Wrong) {
            return Ty::Int.into();
        }
        let what = format!(
            "{} is {}; `size` counts a text or a list",
            name_of(expr, found),
            found.words()
        );
        self.problem(expr, what)
    }

    fn convert(&mut self, name: &str, expr: &IdedExpr) -> Typed {
        let (allowed, result): (&[Ty], Ty) = match name {
            "int" => (&[Ty::Int, Ty::Double, Ty::Text], Ty::Int),
            "double" => (&[Ty::Int, Ty::Double, Ty::Text], Ty::Double),
            _ => (&[Ty::Bool, Ty::Int, Ty::Double, Ty::Text], Ty::Text),
        };
        self.need(expr, allowed, &format!("`{name}` cannot turn it into {}", result.words()));
        result.into()
    }

    fn choice(&mut self, yes: &IdedExpr, no: &IdedExpr) -> Typed {
        let (a, b) = (self.expr(yes).ty, self.expr(no).ty);
        if a.fits(b) {
            return if a == Ty::Wrong { b.into() } else { a.into() };
        }
        let what = format!(
            "both answers of `?:` must be of one type; {} is {}, {} is {}",
            name_of(yes, a),
            a.words(),
            name_of(no, b),
            b.words()
        );
        self.problem(yes, what)
    }

    fn index(&mut self, list: &IdedExpr, index: &IdedExpr) -> Typed {
        let found = self.expr(list);
        self.need(index, &[Ty::Int], "a place in a list is a whole number");
        match found.ty {
            Ty::List(elem) => Typed { ty: elem.ty(), of: found.of },
            Ty::Wrong => found,
            ty => {
                let what = format!("{} is {}; `[…]` needs a list", name_of(list, ty), ty.words());
                self.problem(list, what)
            }
        }
    }

    fn compare(&mut self, a: &IdedExpr, b: &IdedExpr, ordered: bool) -> Typed {
        let (left, right) = (self.expr(a), self.expr(b));
        if !left.ty.fits(right.ty) {
            // The literal is more likely the slip than the variable.
            let literal_first =
                matches!(a.expr, Expr::Literal(_)) && !matches!(b.expr, Expr::Literal(_));
            let (it, ty, other, theirs) =
                if literal_first { (b, right.ty, a, left.ty) } else { (a, left.ty, b, right.ty) };
            let mut what = format!(
                "{} is {}; compare it with {}, not with {}",
                name_of(it, ty),
                ty.words(),
                ty.partner(),
                name_of(other, theirs)
            );
            if let (Ty::List(_), Ty::Text) = (ty, theirs) {
                what = format!(
                    "{0} is a list; ask whether it holds a text: `\"…\" in {1}`",
                    name_of(it, ty),
                    name_of(it, ty).trim_matches('`')
                );
            }
            return self.problem(it, what);
        }
        if ordered && matches!(left.ty, Ty::Bool | Ty::List(_)) {
            let what = format!(
                "{} is {}; only numbers and texts come before or after one another",
                name_of(a, left.ty),
                left.ty.words()
            );
            return self.problem(a, what);
        }
        if !ordered {
            self.legal(left.of, b, a);
            self.legal(right.of, a, b);
        }
        Ty::Bool.into()
    }

    fn within(&mut self, a: &IdedExpr, list: &IdedExpr) -> Typed {
        let (left, right) = (self.expr(a), self.expr(list));
        let Ty::List(elem) = right.ty else {
            if right.ty == Ty::Wrong {
                return Ty::Bool.into();
            }
            let what = format!(
                "{} is {}; `in` needs a list on its right",
                name_of(list, right.ty),
                right.ty.words()
            );
            return self.problem(list, what);
        };
        if !left.ty.element().is_some_and(|e| elem.fits(e)) {
            let what = format!(
                "{} is {}; the list beside `in` holds none of these",
                name_of(a, left.ty),
                left.ty.words()
            );
            return self.problem(a, what);
        }
        self.legal(right.of, a, list);
        if let Expr::List(literal) = &list.expr {
            for element in &literal.elements {
                self.legal(left.of, element, a);
            }
        }
        Ty::Bool.into()
    }

    /// Reports a literal that the variable beside it never is.
    fn legal(&mut self, var: Option<Var>, literal: &IdedExpr, beside: &IdedExpr) {
        let (Some(var), Expr::Literal(value)) = (var, &literal.expr) else { return };
        match (value, var.spec().ty) {
            (LiteralValue::String(text), _) if var == Var::Action => {
                let at = self.place(beside);
                self.seen.actions.push((text.inner().to_string(), at));
            }
            (LiteralValue::String(text), VarType::OneOf(legal) | VarType::List(legal))
                if !legal.is_empty() && !legal.contains(&text.inner()) =>
            {
                let what = format!(
                    "`{var}` is never {:?}; it is one of {}",
                    shown(text.inner()),
                    one_of(legal)
                );
                self.problem(beside, what);
            }
            (LiteralValue::Int(i), VarType::Int { low, high })
                if !(low..=high).contains(i.inner()) =>
            {
                let what = match high {
                    i64::MAX => format!("`{var}` is never {}; it is {low} or more", i.inner()),
                    _ => format!("`{var}` is never {}; it is {low} to {high}", i.inner()),
                };
                self.problem(beside, what);
            }
            _ => {}
        }
    }

    fn pattern(&mut self, text: &IdedExpr, pattern: &IdedExpr) -> Typed {
        self.text(text, "`matches` tests a text");
        let Expr::Literal(LiteralValue::String(literal)) = &pattern.expr else {
            return self.problem(pattern, "`matches` needs its pattern as a text in quotes");
        };
        let pattern_text = literal.inner();
        if pattern_text.len() > MAX_PATTERN {
            return self.problem(text, format!("the pattern is longer than {MAX_PATTERN} bytes"));
        }
        let follows = |first: char, test: fn(char) -> bool| {
            pattern_text
                .chars()
                .zip(pattern_text.chars().skip(1))
                .any(|(a, b)| a == first && test(b))
        };
        if follows('\\', |c| c.is_ascii_alphabetic()) || follows('{', |c| c.is_ascii_digit()) {
            return self.problem(
                text,
                "patterns have no `\\d`, `\\w` and no counts such as `{3}`; write [0-9], [a-z0-9_] and `+`",
            );
        }
        if let Err(why) = super::interpret::try_pattern(pattern_text) {
            return self.problem(text, format!("the pattern cannot be read: {why}"));
        }
        Ty::Bool.into()
    }
}
