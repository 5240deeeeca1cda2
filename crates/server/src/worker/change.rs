//! What a person would rather have done: judged anew from fresh facts before it counts.

use super::{
    drive::{DriveError, Driver, Next},
    facts,
};
use crate::{clock, policy};
use domain::{Action, Actor, Approval, ApprovalId, ApprovalState, Event, PersonId, UnixMs};
use gate::{ChangeError, judge};
use store::{NewEntry, View};

impl Driver<'_> {
    /// Judges the change that somebody asked for, if one waits for that.
    pub(super) async fn judge_change(&self) -> Result<Option<Next>, DriveError> {
        let asked = self.view.held.iter().find_map(|h| {
            let (by, action) = h.change.as_ref()?;
            (h.state == ApprovalState::Pending).then_some((h, by, action))
        });
        let Some((held, by, action)) = asked else { return Ok(None) };
        let Some(old) = self.app.store.approval(held.approval).await? else { return Ok(None) };
        if let Some(why) = self.foreign(&held.action, action) {
            return self.refuse_change(&old, why).await.map(Some);
        }
        self.app.reload_policy().await?;
        let request = self.request(action.clone());
        let read = facts::read(self.app, self.client, &self.view, &request).await?;
        let in_force = self.app.policy();
        let now = clock::now();
        let verdict = judge(policy::by(&in_force), request, &read.facts, now);
        let to = ApprovalId(clock::new_id());
        let judged = self.judged(action, read.facts, &verdict);
        match gate::change(&old, &verdict, to, now) {
            Ok(new) => self.replace(&old, new, by, &held.action, action, judged).await.map(Some),
            Err(ChangeError::NotAsked) => Ok(None),
            Err(e) => self.refuse_change(&old, e.to_string()).await.map(Some),
        }
    }

    /// A ticket's answer names the account that was asked for; a change of whose account it is would
    /// answer somebody about somebody else.
    fn foreign(&self, asked: &Action, instead: &Action) -> Option<String> {
        let of = |a: &Action| a.account().map(|a| a.id.clone());
        if asked.kind() != instead.kind() {
            let text = "a change keeps the kind of action; deny this, and ask for the other";
            return Some(text.into());
        }
        if self.view.submission.is_none() && of(asked) != of(instead) {
            let text = "a change keeps the account that the ticket is about; deny this instead";
            return Some(text.into());
        }
        None
    }

    async fn replace(
        &self,
        old: &Approval,
        new: Approval,
        by: &PersonId,
        before: &Action,
        after: &Action,
        judged: NewEntry,
    ) -> Result<Next, DriveError> {
        let event = Event::Changed {
            approval: old.id,
            to: new.id,
            by: by.clone(),
            action: after.clone(),
            digest: new.digest,
            tier: new.tier,
            expires_at: new.expires_at,
            needed: new.needed,
            diff: difference(before, after),
        };
        let entries = vec![judged, NewEntry { actor: Actor::Platform, event }];
        let state = ApprovalState::Changed { by: by.clone(), at: clock::now(), to: new.id };
        let views = vec![View::Settle(old.id, state), View::Ask(Box::new(new))];
        self.append(entries, views).await?;
        Ok(Next::Again)
    }

    async fn refuse_change(&self, old: &Approval, reason: String) -> Result<Next, DriveError> {
        let event = Event::ChangeRefused { approval: old.id, reason };
        let waits = Approval { change: None, ..old.clone() };
        let entries = vec![NewEntry { actor: Actor::Platform, event }];
        self.append(entries, vec![View::Update(Box::new(waits))]).await?;
        Ok(Next::Again)
    }

    /// When the next people are asked about one of this case's open questions.
    pub(super) async fn next_turn(&self) -> Result<Option<UnixMs>, DriveError> {
        let mut turn = None;
        for held in self.view.held.iter().filter(|h| h.state == ApprovalState::Pending) {
            if let Some(approval) = self.app.store.approval(held.approval).await? {
                let next = gate::next_turn(&approval, clock::now());
                turn = [turn, next].into_iter().flatten().min();
            }
        }
        Ok(turn)
    }
}

/// What is different between two actions of one kind, field by field.
pub(crate) fn difference(before: &Action, after: &Action) -> Vec<String> {
    let fields = |a: &Action| match serde_json::to_value(a) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (old, new) = (fields(before), fields(after));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let show = |v: Option<&serde_json::Value>| match v {
        None => "nothing".to_owned(),
        Some(serde_json::Value::Array(items)) => {
            let names: Vec<String> = items.iter().map(named).collect();
            format!("{} ({})", items.len(), names.join(", "))
        }
        Some(v) => named(v),
    };
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| format!("{name}: {} → {}", show(old.get(name)), show(new.get(name))))
        .collect()
}

/// A value by its name, where it has one.
fn named(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(s) => s.clone(),
        serde_json::Value::Object(o) => {
            let name = ["name", "address", "login", "id"].iter().find_map(|k| o.get(*k)?.as_str());
            name.map_or_else(|| value.to_string(), str::to_owned)
        }
        other => other.to_string(),
    }
}
