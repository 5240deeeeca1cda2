//! From the parser's tree to the native form, or to nothing where the native form lacks the words.

use super::native::{ASK, At, NO, Node, Order, Part, Step, Sum, Test, Tree, YES};
use super::vars::{Var, VarType};
use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators as op};

/// The native form of a condition.
pub(super) struct Native {
    pub(super) steps: Vec<Step>,
    /// The first step.
    pub(super) start: At,
    pub(super) tree: Tree,
}

/// The native form of a checked condition; `None` when only the interpreter can evaluate it.
pub(super) fn lower(expr: &IdedExpr) -> Option<Native> {
    let mut lowering = Lowering::default();
    let root = lowering.node(expr)?;
    let start = lowering.jump(root, YES, NO)?;
    let tree = Tree {
        nodes: lowering.nodes.into(),
        texts: lowering.texts.into(),
        ints: lowering.ints.into(),
    };
    Some(Native { steps: lowering.steps, start, tree })
}

#[derive(Default)]
struct Lowering {
    nodes: Vec<Node>,
    steps: Vec<Step>,
    texts: Vec<Box<str>>,
    ints: Vec<i64>,
}

impl Lowering {
    fn push(&mut self, node: Node) -> Option<At> {
        let at = At::try_from(self.nodes.len()).ok().filter(|at| *at < ASK)?;
        self.nodes.push(node);
        Some(at)
    }

    fn look(&self, at: At) -> Option<Node> {
        self.nodes.get(usize::from(at)).copied()
    }

    /// Lowers `expr`; its node is the last one pushed.
    fn node(&mut self, expr: &IdedExpr) -> Option<At> {
        let node = match &expr.expr {
            Expr::Literal(LiteralValue::Boolean(b)) => Node::Bool(*b.inner()),
            Expr::Literal(LiteralValue::Int(i)) => Node::Int(*i.inner()),
            Expr::Literal(LiteralValue::String(s)) => {
                self.texts.push(s.inner().into());
                Node::Text(At::try_from(self.texts.len() - 1).ok()?)
            }
            Expr::Ident(name) => {
                let var = Var::named(name)?;
                if matches!(var.spec().ty, VarType::List(_)) {
                    return None;
                }
                Node::Var(var)
            }
            Expr::Call(call) => self.call(call)?,
            _ => return None,
        };
        self.push(node)
    }

    fn call(&mut self, call: &CallExpr) -> Option<Node> {
        let name = call.func_name.as_str();
        Some(match (call.target.as_deref(), call.args.as_slice()) {
            (None, [a]) if name == op::LOGICAL_NOT => Node::Not(self.node(a)?),
            (None, [a]) if name == op::NEGATE => Node::Negate(self.node(a)?),
            (None, [a]) | (Some(a), []) if name == "size" => self.size(a)?,
            (None, [a, list]) if name == op::IN => self.within(a, list)?,
            (None, [a, b]) => {
                let order = |order| move |a, b| Node::Compare(order, a, b);
                let sum = |sum| move |a, b| Node::Sum(sum, a, b);
                let make: Box<dyn Fn(At, At) -> Node> = match name {
                    op::LOGICAL_AND => Box::new(Node::And),
                    op::LOGICAL_OR => Box::new(Node::Or),
                    op::EQUALS | op::NOT_EQUALS => Box::new(Node::Equal),
                    op::LESS => Box::new(order(Order::Less)),
                    op::LESS_EQUALS => Box::new(order(Order::LessOrEqual)),
                    op::GREATER => Box::new(order(Order::Greater)),
                    op::GREATER_EQUALS => Box::new(order(Order::GreaterOrEqual)),
                    op::ADD => Box::new(sum(Sum::Add)),
                    op::SUBSTRACT => Box::new(sum(Sum::Subtract)),
                    op::MULTIPLY => Box::new(sum(Sum::Multiply)),
                    op::DIVIDE => Box::new(sum(Sum::Divide)),
                    op::MODULO => Box::new(sum(Sum::Remainder)),
                    _ => return None,
                };
                let node = make(self.node(a)?, self.node(b)?);
                if name == op::ADD && !(self.is_int(a) && self.is_int(b)) {
                    return None;
                }
                match name {
                    op::NOT_EQUALS => Node::Not(self.push(node)?),
                    _ => node,
                }
            }
            (None, [c, yes, no]) if name == op::CONDITIONAL => {
                Node::Choice(self.node(c)?, self.node(yes)?, self.node(no)?)
            }
            (Some(text), [part]) => {
                let kind = match name {
                    "startsWith" => Part::Start,
                    "endsWith" => Part::End,
                    "contains" => Part::Anywhere,
                    _ => return None,
                };
                Node::Has(kind, self.node(text)?, self.node(part)?)
            }
            _ => return None,
        })
    }

    /// Whether a checked operand of `+` is a number rather than a text.
    fn is_int(&self, expr: &IdedExpr) -> bool {
        match &expr.expr {
            Expr::Literal(literal) => matches!(literal, LiteralValue::Int(_)),
            Expr::Ident(name) => {
                Var::named(name).is_some_and(|v| matches!(v.spec().ty, VarType::Int { .. }))
            }
            Expr::Call(call) if call.func_name == op::CONDITIONAL => {
                call.args.get(1).is_some_and(|yes| self.is_int(yes))
            }
            Expr::Call(call) if call.func_name == op::ADD => {
                call.args.first().is_some_and(|a| self.is_int(a))
            }
            _ => true,
        }
    }

    fn size(&mut self, of: &IdedExpr) -> Option<Node> {
        if let Some(list) = list_var(of) {
            return Some(Node::Count(list));
        }
        Some(Node::Length(self.node(of)?))
    }

    fn within(&mut self, a: &IdedExpr, list: &IdedExpr) -> Option<Node> {
        if let Some(list) = list_var(list) {
            return Some(Node::InList(self.node(a)?, list));
        }
        let Expr::List(list) = &list.expr else { return None };
        let a = self.node(a)?;
        let (ints, texts) = (self.ints.len(), self.texts.len());
        for element in &list.elements {
            match &element.expr {
                Expr::Literal(LiteralValue::Int(i)) => self.ints.push(*i.inner()),
                Expr::Literal(LiteralValue::String(s)) => self.texts.push(s.inner().into()),
                _ => return None,
            }
        }
        let range =
            |from: usize, to: usize| Some((At::try_from(from).ok()?, At::try_from(to).ok()?));
        if self.ints.len() > ints {
            let (from, to) = range(ints, self.ints.len())?;
            return Some(Node::InInts(a, from, to));
        }
        let (from, to) = range(texts, self.texts.len())?;
        // An empty list holds nothing of any type; only texts are lowered so.
        (to > from).then_some(Node::InTexts(a, from, to))
    }

    /// Steps that go to `yes` when the node at `at` holds, else to `no`; where they start.
    fn jump(&mut self, at: At, yes: At, no: At) -> Option<At> {
        let (test, yes, no) = match self.look(at)? {
            Node::Bool(b) => return Some(if b { yes } else { no }),
            Node::Not(a) => return self.jump(a, no, yes),
            Node::And(a, b) => {
                let second = self.jump(b, yes, no)?;
                return self.jump(a, second, no);
            }
            Node::Or(a, b) => {
                let second = self.jump(b, yes, no)?;
                return self.jump(a, yes, second);
            }
            Node::Choice(c, a, b) => {
                let (a, b) = (self.jump(a, yes, no)?, self.jump(b, yes, no)?);
                return self.jump(c, a, b);
            }
            Node::Equal(a, b) => match self.flag(a, b) {
                Some((flag, true)) => return self.jump(flag, yes, no),
                Some((flag, false)) => return self.jump(flag, no, yes),
                None => (self.equal(at, a, b), yes, no),
            },
            Node::Var(var) => (Test::Flag(var), yes, no),
            Node::Compare(order, a, b) => (self.compare(at, order, a, b), yes, no),
            Node::InInts(a, from, to) => match self.look(a)? {
                Node::Var(var) => {
                    let ints = self.ints.get(usize::from(from)..usize::from(to))?;
                    (Test::AmongInts(var, ints.into()), yes, no)
                }
                _ => (Test::Tree(at), yes, no),
            },
            Node::InTexts(a, from, to) => match self.look(a)? {
                Node::Var(var) => {
                    let texts = self.texts.get(usize::from(from)..usize::from(to))?;
                    (Test::AmongTexts(var, texts.into()), yes, no)
                }
                _ => (Test::Tree(at), yes, no),
            },
            _ => (Test::Tree(at), yes, no),
        };
        let step = At::try_from(self.steps.len()).ok().filter(|at| *at < ASK)?;
        self.steps.push(Step { test, yes, no, len: 0, start: 0 });
        Some(step)
    }

    /// `condition == true` and the like: the condition and the literal.
    fn flag(&self, a: At, b: At) -> Option<(At, bool)> {
        match (self.look(a)?, self.look(b)?) {
            (_, Node::Bool(literal)) => Some((a, literal)),
            (Node::Bool(literal), _) => Some((b, literal)),
            _ => None,
        }
    }

    fn equal(&self, at: At, a: At, b: At) -> Test {
        match (self.look(a), self.look(b)) {
            (Some(Node::Var(var)), Some(Node::Text(text)))
            | (Some(Node::Text(text)), Some(Node::Var(var))) => {
                let text = self.texts.get(usize::from(text)).cloned();
                text.map_or(Test::Tree(at), |text| Test::Is(var, text))
            }
            (Some(Node::Var(var)), Some(Node::Int(i)))
            | (Some(Node::Int(i)), Some(Node::Var(var))) => Test::Between(var, i, i),
            _ => Test::Tree(at),
        }
    }

    fn compare(&self, at: At, order: Order, a: At, b: At) -> Test {
        let (var, order, i) = match (self.look(a), self.look(b)) {
            (Some(Node::Var(var)), Some(Node::Int(i))) => (var, order, i),
            (Some(Node::Int(i)), Some(Node::Var(var))) => (var, order.mirrored(), i),
            _ => return Test::Tree(at),
        };
        // Beyond the ends of the number line nothing lies between.
        let (low, high) = match order {
            Order::Less => i.checked_sub(1).map_or((1, 0), |high| (i64::MIN, high)),
            Order::LessOrEqual => (i64::MIN, i),
            Order::Greater => i.checked_add(1).map_or((1, 0), |low| (low, i64::MAX)),
            Order::GreaterOrEqual => (i, i64::MAX),
        };
        Test::Between(var, low, high)
    }
}

fn list_var(expr: &IdedExpr) -> Option<Var> {
    let Expr::Ident(name) = &expr.expr else { return None };
    Var::named(name).filter(|var| matches!(var.spec().ty, VarType::List(_)))
}
