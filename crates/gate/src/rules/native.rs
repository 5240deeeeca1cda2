//! The native form of a condition: a flat tree for the exact meaning, and tests with jumps for speed.
//!
//! INVARIANT: the jumps answer only when no fact in their way is missing and no calculation fails.
//! Left-to-right evaluation then means the same as CEL's. In every other case the tree decides, with
//! CEL's rule that `false && unknown` is false and `true || unknown` is true.

use super::program::Failure;
use super::vars::{Value, Var, Variables};

/// Index of a node of the tree, of a text, of a number or of a step.
pub(super) type At = u16;

/// Where jumps end: the condition holds.
pub(super) const YES: At = u16::MAX;
/// Where jumps end: the condition does not hold.
pub(super) const NO: At = u16::MAX - 1;
/// Where there are no jumps: ask the tree or the interpreter. Every index lies below.
pub(super) const ASK: At = u16::MAX - 2;

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Order::Less => a < b,
            Order::LessOrEqual => a <= b,
            Order::Greater => a > b,
            Order::GreaterOrEqual => a >= b,
        }
    }

    /// The same question asked from the other side.
    pub(super) fn mirrored(self) -> Order {
        match self {
            Order::Less => Order::Greater,
            Order::LessOrEqual => Order::GreaterOrEqual,
            Order::Greater => Order::Less,
            Order::GreaterOrEqual => Order::LessOrEqual,
        }
    }
}

/// Arithmetic on whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Sum {
    fn of(self, a: i64, b: i64) -> Result<i64, Failure> {
        if b == 0 && matches!(self, Sum::Divide | Sum::Remainder) {
            return Err(Failure::DivisionByZero);
        }
        match self {
            Sum::Add => a.checked_add(b),
            Sum::Subtract => a.checked_sub(b),
            Sum::Multiply => a.checked_mul(b),
            Sum::Divide => a.checked_div(b),
            Sum::Remainder => a.checked_rem(b),
        }
        .ok_or(Failure::Overflow)
    }
}

/// What to look for in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Start,
    End,
    Anywhere,
}

/// One node of the tree. Children stand before their parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Bool(bool),
    Int(i64),
    /// Index into the texts.
    Text(At),
    Var(Var),
    Not(At),
    And(At, At),
    Or(At, At),
    /// Condition, then, else.
    Choice(At, At, At),
    Equal(At, At),
    Compare(Order, At, At),
    Sum(Sum, At, At),
    Negate(At),
    /// A whole number among the numbers from..to.
    InInts(At, At, At),
    /// A text among the texts from..to.
    InTexts(At, At, At),
    /// A text among those of a list variable.
    InList(At, Var),
    /// Characters of a text.
    Length(At),
    /// Elements of a list variable.
    Count(Var),
    Has(Part, At, At),
}

/// A question about one variable that a jump can answer. Self-contained, so that a step costs one load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// A bool variable.
    Flag(Var),
    /// A number from low to high.
    Between(Var, i64, i64),
    /// A text that equals this one.
    Is(Var, Box<str>),
    /// A number among these.
    AmongInts(Var, Box<[i64]>),
    /// A text among these.
    AmongTexts(Var, Box<[Box<str>]>),
    /// Any other condition: ask the tree.
    Tree(At),
}

/// A test and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) test: Test,
    pub(super) yes: At,
    pub(super) no: At,
    /// In a pack, at the first step of a program: how many steps it has, and with which it starts.
    pub(super) len: At,
    pub(super) start: At,
}

// Two steps to a line of the processor's cache.
const _: () = assert!(size_of::<Step>() == 32);

impl Step {
    /// The answer where it can be had without a call; `None` when it takes [`Step::answer`].
    #[inline(always)]
    pub(super) fn glance<V: Variables + ?Sized>(&self, vars: &V) -> Option<bool> {
        match &self.test {
            Test::Flag(var) => match vars.get(*var) {
                Value::Bool(b) => Some(b),
                _ => None,
            },
            Test::Between(var, low, high) => match vars.get(*var) {
                Value::Int(i) => Some(*low <= i && i <= *high),
                _ => None,
            },
            Test::Is(var, text) => match vars.get(*var) {
                Value::Str(s) => Some(same(s, text)),
                _ => None,
            },
            Test::AmongInts(var, ints) => match vars.get(*var) {
                Value::Int(i) => Some(ints.contains(&i)),
                _ => None,
            },
            Test::AmongTexts(var, texts) => match vars.get(*var) {
                Value::Str(s) => Some(texts.iter().any(|t| same(s, t))),
                _ => None,
            },
            Test::Tree(_) => None,
        }
    }

    /// The answer; `None` when something is missing or fails.
    #[inline(always)]
    pub(super) fn answer<V: Variables + ?Sized>(&self, tree: &Tree, vars: &V) -> Option<bool> {
        match self.test {
            Test::Tree(at) => tree.truth(at, vars).ok(),
            _ => self.glance(vars),
        }
    }
}

/// Equality of texts that are short as a rule: a loop costs less here than a call.
#[inline(always)]
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(a, b)| a == b)
}

/// The meaning of a compiled condition.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Box<[Node]>,
    pub(super) texts: Box<[Box<str>]>,
    pub(super) ints: Box<[i64]>,
}

impl Tree {
    fn ints_in(&self, from: At, to: At) -> &[i64] {
        self.ints.get(usize::from(from)..usize::from(to)).unwrap_or_default()
    }

    fn texts_in(&self, from: At, to: At) -> &[Box<str>] {
        self.texts.get(usize::from(from)..usize::from(to)).unwrap_or_default()
    }

    /// The answer of the whole condition.
    pub(super) fn whole<V: Variables + ?Sized>(&self, vars: &V) -> Result<bool, Failure> {
        let root = self.nodes.len().checked_sub(1).and_then(|at| At::try_from(at).ok());
        self.truth(root.ok_or(Failure::Unreadable)?, vars)
    }

    #[inline(never)]
    fn truth<V: Variables + ?Sized>(&self, at: At, vars: &V) -> Result<bool, Failure> {
        match self.value(at, vars)? {
            Value::Bool(b) => Ok(b),
            _ => Err(Failure::Unreadable),
        }
    }

    fn int<V: Variables + ?Sized>(&self, at: At, vars: &V) -> Result<i64, Failure> {
        match self.value(at, vars)? {
            Value::Int(i) => Ok(i),
            _ => Err(Failure::Unreadable),
        }
    }

    fn text<'a, V: Variables + ?Sized>(&'a self, at: At, vars: &'a V) -> Result<&'a str, Failure> {
        match self.value(at, vars)? {
            Value::Str(s) => Ok(s),
            _ => Err(Failure::Unreadable),
        }
    }

    /// The value of a node, never `Missing`. Recursion is bounded by the number of nodes.
    fn value<'a, V: Variables + ?Sized>(
        &'a self,
        at: At,
        vars: &'a V,
    ) -> Result<Value<'a>, Failure> {
        let node = *self.nodes.get(usize::from(at)).ok_or(Failure::Unreadable)?;
        Ok(match node {
            Node::Bool(b) => Value::Bool(b),
            Node::Int(i) => Value::Int(i),
            Node::Text(text) => {
                Value::Str(self.texts.get(usize::from(text)).ok_or(Failure::Unreadable)?)
            }
            Node::Var(var) => known(var, vars)?,
            Node::Not(a) => Value::Bool(!self.truth(a, vars)?),
            Node::And(a, b) => Value::Bool(self.both(a, b, vars, false)?),
            Node::Or(a, b) => Value::Bool(self.both(a, b, vars, true)?),
            Node::Choice(c, yes, no) => {
                return self.value(if self.truth(c, vars)? { yes } else { no }, vars);
            }
            Node::Equal(a, b) => Value::Bool(self.value(a, vars)? == self.value(b, vars)?),
            Node::Compare(order, a, b) => Value::Bool(self.ordered(order, a, b, vars)?),
            Node::Sum(sum, a, b) => Value::Int(sum.of(self.int(a, vars)?, self.int(b, vars)?)?),
            Node::Negate(a) => {
                Value::Int(self.int(a, vars)?.checked_neg().ok_or(Failure::Overflow)?)
            }
            Node::InInts(a, from, to) => {
                Value::Bool(self.ints_in(from, to).contains(&self.int(a, vars)?))
            }
            Node::InTexts(a, from, to) => {
                let text = self.text(a, vars)?;
                Value::Bool(self.texts_in(from, to).iter().any(|t| &**t == text))
            }
            Node::InList(a, list) => {
                let text = self.text(a, vars)?;
                let mut found = false;
                listed(list, vars, &mut |t| found |= t == text)?;
                Value::Bool(found)
            }
            Node::Length(a) => Value::Int(length(self.text(a, vars)?)),
            Node::Count(list) => {
                let mut count = 0_i64;
                listed(list, vars, &mut |_| count += 1)?;
                Value::Int(count)
            }
            Node::Has(part, a, b) => {
                let (whole, part_text) = (self.text(a, vars)?, self.text(b, vars)?);
                Value::Bool(match part {
                    Part::Start => whole.starts_with(part_text),
                    Part::End => whole.ends_with(part_text),
                    Part::Anywhere => whole.contains(part_text),
                })
            }
        })
    }

    /// `&&` and `||`: `decides` is the answer that one side alone can give.
    fn both<V: Variables + ?Sized>(
        &self,
        a: At,
        b: At,
        vars: &V,
        decides: bool,
    ) -> Result<bool, Failure> {
        match self.truth(a, vars) {
            Ok(left) if left == decides => Ok(decides),
            Ok(_) => self.truth(b, vars),
            Err(failure) => match self.truth(b, vars) {
                Ok(right) if right == decides => Ok(decides),
                _ => Err(failure),
            },
        }
    }

    fn ordered<V: Variables + ?Sized>(
        &self,
        order: Order,
        a: At,
        b: At,
        vars: &V,
    ) -> Result<bool, Failure> {
        match (self.value(a, vars)?, self.value(b, vars)?) {
            (Value::Int(a), Value::Int(b)) => Ok(order.holds(&a, &b)),
            (Value::Str(a), Value::Str(b)) => Ok(order.holds(&a, &b)),
            _ => Err(Failure::Unreadable),
        }
    }
}

fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// A variable's value, which must be known and of the type in the table.
fn known<V: Variables + ?Sized>(var: Var, vars: &V) -> Result<Value<'_>, Failure> {
    use super::vars::VarType;
    match (vars.get(var), var.spec().ty) {
        (Value::Missing, _) => Err(Failure::Missing(var)),
        (value @ Value::Bool(_), VarType::Bool)
        | (value @ Value::Int(_), VarType::Int { .. })
        | (value @ Value::Str(_), VarType::Text | VarType::OneOf(_)) => Ok(value),
        _ => Err(Failure::WrongType(var)),
    }
}

fn listed<V: Variables + ?Sized>(
    var: Var,
    vars: &V,
    see: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    if vars.texts(var, see) { Ok(()) } else { Err(Failure::Missing(var)) }
}
