//! The law as Cedar policies: one `forbid` per line, and a `permit` for what none of them forbids.
//!
//! The policies that decide a request are its findings. A policy that cannot be evaluated is an error
//! here; Cedar itself would skip it.

use super::Engine;
use crate::flat::{Flat, Value};
use crate::law::Article;
use crate::render;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy,
    PolicyId, PolicySet, Request, RestrictedExpression,
};
use domain::{ActionKind, Tier};
use std::collections::{HashMap, HashSet};

/// Cedar with the law loaded.
#[derive(Debug)]
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    kinds: HashMap<&'static str, EntityUid>,
    principal: EntityUid,
    client: EntityTypeName,
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let name: EntityTypeName = kind.parse().map_err(|e| format!("{kind}: {e}"))?;
    Ok(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}

/// The text of the policies, for people.
pub(crate) fn policies(law: &[Article]) -> Vec<(String, String)> {
    let (_, own) = render::groups(law);
    let mut texts = vec![("permit".to_owned(), "permit(principal, action, resource);".to_owned())];
    for (number, (article, group)) in law.iter().zip(own).enumerate() {
        let scope = match (group, article.kinds.as_slice()) {
            (None, _) => "action".to_owned(),
            (_, [one]) => format!("action == Action::\"{one}\""),
            (Some(group), _) => format!("action in Action::\"group{group}\""),
        };
        let when: Vec<String> = article.when.iter().map(|c| render::cedar(c)).collect();
        let when = match when.is_empty() {
            true => String::new(),
            false => format!(" when {{ {} }}", when.join(" && ")),
        };
        let id = format!("{}{number}", article.tier as u8);
        texts.push((id, format!("forbid(principal, {scope}, resource){when};")));
    }
    texts
}

impl Engine for Cedar {
    const NAME: &'static str = "cedar-policy";

    fn load(law: &[Article]) -> Result<Cedar, String> {
        let (groups, _) = render::groups(law);
        let mut policies = PolicySet::new();
        for (id, text) in self::policies(law) {
            let policy = Policy::parse(Some(PolicyId::new(id)), &text);
            let policy = policy.map_err(|e| format!("{text}: {e}"))?;
            policies.add(policy).map_err(|e| e.to_string())?;
        }
        let mut kinds = HashMap::new();
        let mut entities = Vec::new();
        for kind in ActionKind::ALL {
            let own = uid("Action", kind.name())?;
            let mut parents = HashSet::new();
            for (n, group) in groups.iter().enumerate() {
                if group.contains(&kind.name()) {
                    parents.insert(uid("Action", &format!("group{n}"))?);
                }
            }
            kinds.insert(kind.name(), own.clone());
            entities.push(Entity::new_no_attrs(own, parents));
        }
        for n in 0..groups.len() {
            entities
                .push(Entity::new_no_attrs(uid("Action", &format!("group{n}"))?, HashSet::new()));
        }
        Ok(Cedar {
            authorizer: Authorizer::new(),
            policies,
            entities: Entities::from_entities(entities, None).map_err(|e| e.to_string())?,
            kinds,
            principal: uid("Brain", "brain")?,
            client: "Client".parse().map_err(|e| format!("Client: {e}"))?,
        })
    }

    fn highest(&mut self, flat: &Flat<'_>) -> Result<Tier, String> {
        let pairs = flat.values.iter().map(|(name, value)| {
            let value = match value {
                Value::Bool(b) => RestrictedExpression::new_bool(*b),
                Value::Int(i) => RestrictedExpression::new_long(*i),
                Value::Text(t) => RestrictedExpression::new_string((*t).to_owned()),
            };
            ((*name).to_owned(), value)
        });
        let context = Context::from_pairs(pairs).map_err(|e| e.to_string())?;
        let action = self.kinds.get(flat.kind).ok_or("no such kind")?.clone();
        let client =
            EntityUid::from_type_name_and_id(self.client.clone(), EntityId::new(flat.client));
        let request = Request::new(self.principal.clone(), action, client, context, None);
        let request = request.map_err(|e| e.to_string())?;
        let answer = self.authorizer.is_authorized(&request, &self.policies, &self.entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(error.to_string());
        }
        if answer.decision() == Decision::Allow {
            return Ok(Tier::Low);
        }
        // The first character of a policy's id is its tier.
        let id = |id: &PolicyId| {
            let id: &str = id.as_ref();
            id.bytes().next().map(|b| usize::from(b - b'0'))
        };
        let highest = answer.diagnostics().reason().filter_map(id).max();
        highest.and_then(|t| Tier::ALL.get(t).copied()).ok_or_else(|| "no reason given".to_owned())
    }
}
