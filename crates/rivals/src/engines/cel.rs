//! The law as CEL conditions, each interpreted.

use super::Engine;
use crate::flat::{Flat, Value};
use crate::law::Article;
use crate::render;
use ::cel::{Context, Env, Program};
use domain::Tier;
use std::sync::Arc;

/// CEL with the law loaded.
pub struct Cel {
    env: Arc<Env>,
    lines: Vec<(Tier, Program)>,
}

impl Engine for Cel {
    const NAME: &'static str = "cel";

    fn load(law: &[Article]) -> Result<Cel, String> {
        let mut lines = Vec::with_capacity(law.len());
        for article in law {
            let kinds = match article.kinds.as_slice() {
                [] => None,
                [one] => Some(format!("kind == \"{one}\"")),
                many => Some(format!("kind in {many:?}")),
            };
            let when = article.when.iter().map(|c| render::cel(c));
            let all: Vec<String> = kinds.into_iter().chain(when).collect();
            let text = if all.is_empty() { "true".to_owned() } else { all.join(" && ") };
            let program = Program::compile(&text).map_err(|e| format!("{text}: {e}"))?;
            lines.push((article.tier, program));
        }
        Ok(Cel { env: Arc::new(Env::stdlib()), lines })
    }

    fn highest(&mut self, flat: &Flat<'_>) -> Result<Tier, String> {
        let mut context = Context::with_env(Arc::clone(&self.env));
        for (name, value) in &flat.values {
            match value {
                Value::Bool(b) => context.add_variable_from_value(*name, *b),
                Value::Int(i) => context.add_variable_from_value(*name, *i),
                Value::Text(t) => context.add_variable_from_value(*name, *t),
            }
        }
        let mut highest = Tier::Low;
        for (tier, program) in &self.lines {
            match program.execute(&context) {
                Ok(::cel::Value::Bool(true)) => highest = highest.max(*tier),
                Ok(::cel::Value::Bool(false)) => {}
                Ok(other) => return Err(format!("not a truth: {other:?}")),
                Err(e) => return Err(e.to_string()),
            }
        }
        Ok(highest)
    }
}
