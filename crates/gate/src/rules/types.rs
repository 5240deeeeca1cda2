//! The types of the condition language, and how expressions are named in messages.

use super::vars::{Var, VarType};
use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue};

/// Type of a list's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elem {
    Bool,
    Int,
    Double,
    Text,
    /// The empty list's.
    None,
    /// Could not be told; said so already.
    Wrong,
}

/// Type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    Bool,
    Int,
    Double,
    Text,
    List(Elem),
    /// Could not be told; said so already.
    Wrong,
}

impl Ty {
    /// Plain words, as in "is …".
    pub(super) fn words(self) -> &'static str {
        match self {
            Ty::Bool => "true or false",
            Ty::Int => "a number",
            Ty::Double => "a number with a fraction",
            Ty::Text => "a text",
            Ty::List(Elem::Text) => "a list of texts",
            Ty::List(_) => "a list",
            Ty::Wrong => "unclear",
        }
    }

    /// Plain words for what it may be compared with, as in "compare it with …".
    pub(super) fn partner(self) -> &'static str {
        match self {
            Ty::Bool => "true or false",
            Ty::Int => "a number",
            Ty::Double => "a number with a fraction, such as 1.5",
            Ty::Text => "a text in quotes",
            Ty::List(_) => "a list",
            Ty::Wrong => "something else",
        }
    }

    /// The type of a list's elements that are of this type.
    pub(super) fn element(self) -> Option<Elem> {
        match self {
            Ty::Bool => Some(Elem::Bool),
            Ty::Int => Some(Elem::Int),
            Ty::Double => Some(Elem::Double),
            Ty::Text => Some(Elem::Text),
            Ty::Wrong => Some(Elem::Wrong),
            Ty::List(_) => None,
        }
    }

    /// Whether values of both may stand where one type is needed.
    pub(super) fn fits(self, other: Ty) -> bool {
        match (self, other) {
            (Ty::Wrong, _) | (_, Ty::Wrong) => true,
            (Ty::List(a), Ty::List(b)) => a.fits(b),
            _ => self == other,
        }
    }
}

impl Elem {
    pub(super) fn fits(self, other: Elem) -> bool {
        self == other || matches!(self, Elem::None | Elem::Wrong) || other.loose()
    }

    fn loose(self) -> bool {
        matches!(self, Elem::None | Elem::Wrong)
    }

    /// The more definite of two that fit.
    pub(super) fn or(self, other: Elem) -> Elem {
        if self == Elem::None { other } else { self }
    }

    pub(super) fn ty(self) -> Ty {
        match self {
            Elem::Bool => Ty::Bool,
            Elem::Int => Ty::Int,
            Elem::Double => Ty::Double,
            Elem::Text => Ty::Text,
            Elem::None | Elem::Wrong => Ty::Wrong,
        }
    }
}

impl From<VarType> for Ty {
    fn from(ty: VarType) -> Ty {
        match ty {
            VarType::Bool => Ty::Bool,
            VarType::Int { .. } => Ty::Int,
            VarType::Text | VarType::OneOf(_) => Ty::Text,
            VarType::List(_) => Ty::List(Elem::Text),
        }
    }
}

/// A type, and the variable whose values the expression has, for as long as it is just that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Typed {
    pub(super) ty: Ty,
    pub(super) of: Option<Var>,
}

impl From<Ty> for Typed {
    fn from(ty: Ty) -> Typed {
        Typed { ty, of: None }
    }
}

/// The expression as a message names it: names and literals as written, else what it is.
pub(super) fn name_of(expr: &IdedExpr, ty: Ty) -> String {
    match &expr.expr {
        Expr::Ident(name) => format!("`{name}`"),
        Expr::Literal(LiteralValue::Boolean(b)) => b.inner().to_string(),
        Expr::Literal(LiteralValue::Int(i)) => i.inner().to_string(),
        Expr::Literal(LiteralValue::Double(d)) => d.inner().to_string(),
        Expr::Literal(LiteralValue::String(s)) => format!("{:?}", super::problem::shown(s.inner())),
        Expr::Call(call) if is_word(&call.func_name) => format!("`{}(…)`", call.func_name),
        _ => match ty {
            Ty::Bool => "this condition".into(),
            Ty::Int | Ty::Double => "this calculation".into(),
            _ => "this expression".into(),
        },
    }
}

fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
}
