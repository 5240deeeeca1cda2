//! What the native form lacks the words for goes to the `cel` crate's interpreter.
//!
//! INVARIANT: whatever the interpreter does, a panic of it included, the answer is an answer or a
//! failure with a name.

use super::program::Failure;
use super::vars::{Value, Var, VarType, Variables};
use cel::context::Context;
use cel::{Env, ExecutionError, IdedExpr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

/// The standard functions, built once.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Whether `expr` holds, given the variables that it uses.
pub(super) fn holds<V: Variables + ?Sized>(
    expr: &IdedExpr,
    used: &[Var],
    vars: &V,
) -> Result<bool, Failure> {
    let mut context = Context::with_env(Arc::clone(&ENV));
    for var in used {
        bind(&mut context, *var, vars)?;
    }
    let answer = catch_unwind(AssertUnwindSafe(|| cel::Value::resolve(expr, &context)));
    match answer {
        Ok(Ok(cel::Value::Bool(b))) => Ok(b),
        Ok(Ok(_)) | Err(_) => Err(Failure::Unreadable),
        Ok(Err(error)) => Err(failure(&error)),
    }
}

/// Adds the variable when it is known; to CEL, one that is not is an error where it is used.
fn bind<'c, V: Variables + ?Sized>(
    context: &mut Context<'c, 'c>,
    var: Var,
    vars: &V,
) -> Result<(), Failure> {
    if matches!(var.spec().ty, VarType::List(_)) {
        let mut texts: Vec<cel::Value> = Vec::new();
        if vars.texts(var, &mut |text| texts.push(text.to_string().into())) {
            context.add_variable_from_value(var.name(), texts);
        }
        return Ok(());
    }
    match (vars.get(var), var.spec().ty) {
        (Value::Missing, _) => {}
        (Value::Bool(b), VarType::Bool) => context.add_variable_from_value(var.name(), b),
        (Value::Int(i), VarType::Int { .. }) => context.add_variable_from_value(var.name(), i),
        (Value::Str(s), VarType::Text | VarType::OneOf(_)) => {
            context.add_variable_from_value(var.name(), s.to_string());
        }
        _ => return Err(Failure::WrongType(var)),
    }
    Ok(())
}

fn failure(error: &ExecutionError) -> Failure {
    match error {
        ExecutionError::UndeclaredReference(name) => {
            Var::named(name).map_or(Failure::Unreadable, Failure::Missing)
        }
        ExecutionError::Overflow(..) => Failure::Overflow,
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            Failure::DivisionByZero
        }
        ExecutionError::IndexOutOfBounds(_) => Failure::OutOfRange,
        ExecutionError::FunctionError { .. } => Failure::Conversion,
        _ => Failure::Unreadable,
    }
}

/// Whether the interpreter can read this regular expression; if not, why.
pub(super) fn try_pattern(pattern: &str) -> Result<(), String> {
    let call = cel::common::ast::CallExpr {
        func_name: "matches".into(),
        target: Some(Box::new(text(String::new()))),
        args: vec![text(pattern.to_string())],
    };
    let expr = IdedExpr { id: 0, expr: cel::common::ast::Expr::Call(call) };
    let context = Context::with_env(Arc::clone(&ENV));
    match catch_unwind(AssertUnwindSafe(|| cel::Value::resolve(&expr, &context))) {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            let error = error.to_string();
            Err(error.rsplit("error: ").next().unwrap_or_default().trim().to_string())
        }
        Err(_) => Err("it is too hard".into()),
    }
}

fn text(text: String) -> IdedExpr {
    let literal = cel::common::ast::LiteralValue::String(text.into());
    IdedExpr { id: 0, expr: cel::common::ast::Expr::Literal(literal) }
}
