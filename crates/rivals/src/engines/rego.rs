//! The law in Rego, by regorus: interpreted, and compiled for its virtual machine.

use super::Engine;
use crate::flat::{Flat, Value};
use crate::law::Article;
use crate::render;
use domain::Tier;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use std::collections::BTreeMap;

const FOUND: &str = "data.law.found";

/// One member of the set `found` per line that holds: its tier and its number.
fn module(law: &[Article]) -> (String, serde_json::Value) {
    let (groups, own) = render::groups(law);
    let mut text = String::from("package law\n\nimport rego.v1\n\n");
    for (number, (article, group)) in law.iter().zip(own).enumerate() {
        let kinds = match (group, article.kinds.as_slice()) {
            (None, _) => None,
            (_, [one]) => Some(format!("input.kind == \"{one}\"")),
            (Some(group), _) => Some(format!("data.groups.g{group}[input.kind]")),
        };
        let when = article.when.iter().map(|c| render::rego(c));
        let all: Vec<String> = kinds.into_iter().chain(when).collect();
        let body = if all.is_empty() { "true".to_owned() } else { all.join("\n\t") };
        text.push_str(&format!(
            "found contains [{}, {number}] if {{\n\t{body}\n}}\n\n",
            article.tier as u8
        ));
    }
    let mut data = serde_json::Map::new();
    for (n, group) in groups.iter().enumerate() {
        let members = group.iter().map(|k| ((*k).to_owned(), serde_json::Value::Bool(true)));
        data.insert(format!("g{n}"), members.collect::<serde_json::Map<_, _>>().into());
    }
    (text, serde_json::json!({ "groups": data }))
}

fn engine(law: &[Article]) -> Result<(regorus::Engine, regorus::Value), String> {
    let (text, data) = module(law);
    let mut engine = regorus::Engine::new();
    engine.add_policy("law.rego".into(), text).map_err(|e| e.to_string())?;
    let data = regorus::Value::from(data);
    engine.add_data(data.clone()).map_err(|e| e.to_string())?;
    Ok((engine, data))
}

fn input(flat: &Flat<'_>) -> regorus::Value {
    let pairs = flat.values.iter().map(|(name, value)| {
        let value = match value {
            Value::Bool(b) => regorus::Value::from(*b),
            Value::Int(i) => regorus::Value::from(*i),
            Value::Text(t) => regorus::Value::from(*t),
        };
        (regorus::Value::from(*name), value)
    });
    regorus::Value::from(pairs.collect::<BTreeMap<_, _>>())
}

fn highest(found: &regorus::Value) -> Result<Tier, String> {
    if *found == regorus::Value::Undefined {
        return Ok(Tier::Low);
    }
    let mut highest = Tier::Low;
    for line in found.as_set().map_err(|e| e.to_string())? {
        let tier = line.as_array().ok().and_then(|l| l.first()).and_then(|t| t.as_u8().ok());
        let tier = tier.and_then(|t| Tier::ALL.get(usize::from(t))).ok_or("not a finding")?;
        highest = highest.max(*tier);
    }
    Ok(highest)
}

/// Regorus, interpreting.
#[derive(Debug)]
pub struct Rego {
    engine: regorus::Engine,
}

impl Engine for Rego {
    const NAME: &'static str = "regorus, interpreter";

    fn load(law: &[Article]) -> Result<Rego, String> {
        Ok(Rego { engine: engine(law)?.0 })
    }

    fn highest(&mut self, flat: &Flat<'_>) -> Result<Tier, String> {
        self.engine.set_input(input(flat));
        let found = self.engine.eval_rule(FOUND.into()).map_err(|e| e.to_string())?;
        highest(&found)
    }
}

/// Regorus, compiled for its virtual machine.
#[derive(Debug)]
pub struct RegoVm {
    vm: RegoVM,
}

impl Engine for RegoVm {
    const NAME: &'static str = "regorus, virtual machine";

    fn load(law: &[Article]) -> Result<RegoVm, String> {
        let (mut engine, data) = engine(law)?;
        let compiled = engine.compile_with_entrypoint(&FOUND.into()).map_err(|e| e.to_string())?;
        let program =
            Compiler::compile_from_policy(&compiled, &[FOUND]).map_err(|e| e.to_string())?;
        let mut vm = RegoVM::new();
        vm.load_program(program);
        vm.set_data(data).map_err(|e| e.to_string())?;
        Ok(RegoVm { vm })
    }

    fn highest(&mut self, flat: &Flat<'_>) -> Result<Tier, String> {
        self.vm.set_input(input(flat));
        let found = self.vm.execute().map_err(|e| e.to_string())?;
        highest(&found)
    }
}
