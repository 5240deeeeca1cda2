//! Asks people in turn: each step of the escalation when its window comes, by mail, and in the journal.
//!
//! INVARIANT: only people are asked, and only those who may decide the question. Whoever was asked
//! before stays asked; everybody else who may decide still can, in the console.

use super::drive::{DriveError, Driver, Next};
use crate::clock;
use domain::{
    Action, Actor, Approval, ApprovalState, Ask, EscalationStep, Event, PersonId, Relation, UnixMs,
};
use store::{NewEntry, Person};

/// Learned approvers who are asked.
const LEARNED: u32 = 3;

impl Driver<'_> {
    /// Asks whose turn has come.
    pub(super) async fn escalate(&self) -> Result<Option<Next>, DriveError> {
        let now = clock::now();
        for held in self.view.held.iter().filter(|h| h.state == ApprovalState::Pending) {
            let Some(approval) = self.app.store.approval(held.approval).await? else { continue };
            let due = gate::asked(&approval, now);
            let before = usize::try_from(held.asked_steps).unwrap_or(usize::MAX);
            let Some(new) = due.get(before..).filter(|new| !new.is_empty()) else { continue };
            let (asked, people) = self.ask(&approval, &held.action, new, due.len(), now).await?;
            self.append(vec![asked], Vec::new()).await?;
            self.mail(&approval, &people).await;
            return Ok(Some(Next::Again));
        }
        Ok(None)
    }

    /// Those whose turn comes with a question that is put now: the entry that says so, if there are any.
    pub(super) async fn first_asked(
        &self,
        approval: &Approval,
        action: &Action,
    ) -> Result<Option<(NewEntry, Vec<Person>)>, DriveError> {
        let due = gate::asked(approval, approval.asked_at);
        match due.is_empty() {
            true => Ok(None),
            false => self.ask(approval, action, due, due.len(), approval.asked_at).await.map(Some),
        }
    }

    /// The people of these steps, and the entry that they are asked by now.
    async fn ask(
        &self,
        approval: &Approval,
        action: &Action,
        new: &[EscalationStep],
        asked: usize,
        now: UnixMs,
    ) -> Result<(NewEntry, Vec<Person>), DriveError> {
        let mut people: Vec<Person> = Vec::new();
        for step in new {
            for person in self.whom(approval, action, &step.ask, now).await? {
                if !people.iter().any(|p| p.id == person.id) {
                    people.push(person);
                }
            }
        }
        let event = Event::Asked {
            approval: approval.id,
            steps: u32::try_from(asked).unwrap_or(u32::MAX),
            people: people.iter().map(|p| p.id.clone()).collect(),
        };
        Ok((NewEntry { actor: Actor::Platform, event }, people))
    }

    /// The people of a step who may decide; whoever is away by their deputy.
    async fn whom(
        &self,
        approval: &Approval,
        action: &Action,
        ask: &Ask,
        now: UnixMs,
    ) -> Result<Vec<Person>, DriveError> {
        let all = self.app.store.people().await?;
        let by_id = |id: &PersonId| all.iter().find(|p| p.id == *id);
        let named: Vec<&Person> = match ask {
            Ask::Role(role) => all.iter().filter(|p| p.role.name() == role).collect(),
            Ask::Person(id) => by_id(id).into_iter().collect(),
            Ask::Learned => match approval.kind {
                Some(kind) => {
                    let store = &self.app.store;
                    let ids = store.learned_approvers(&approval.client, kind, LEARNED).await?;
                    ids.iter().filter_map(by_id).collect()
                }
                None => Vec::new(),
            },
            Ask::Relation(relation) => {
                let mails = self.addresses(action, *relation).await;
                all.iter().filter(|p| mails.contains(&p.email.to_lowercase())).collect()
            }
        };
        let there = named.into_iter().filter_map(|person| {
            let away = person.away.is_some_and(|(from, until)| from <= now && now < until);
            if away { person.deputy.as_ref().and_then(by_id) } else { Some(person) }
        });
        let barred = |p: &Person| {
            let mail = p.email.to_lowercase();
            approval.excluded.iter().any(|e| *e == mail || e == p.id.as_str())
        };
        Ok(there.filter(|p| p.role.may_decide() && !barred(p)).cloned().collect())
    }

    /// Addresses of whoever has the relation to the target, from the directory.
    async fn addresses(&self, action: &Action, relation: Relation) -> Vec<String> {
        let directory = &self.client.directory;
        let mut ids: Vec<String> = Vec::new();
        match relation {
            Relation::Manager => {
                if let Some(account) = action.account()
                    && let Ok(Some(account)) = directory.account(&account.id).await
                {
                    ids.extend(account.manager_id);
                }
            }
            Relation::GroupOwner => {
                if let Some(group) = action.group()
                    && let Ok(Some(group)) = directory.group(&group.id).await
                {
                    ids.extend(group.owner_ids);
                }
            }
            Relation::AuthorisedContact => {
                return self.client.lists.authorised_contacts.iter().cloned().collect();
            }
            // Nobody decides for themselves.
            Relation::Oneself | Relation::Unrelated => {}
        }
        let mut mails = Vec::new();
        for id in ids {
            if let Ok(Some(account)) = directory.account(&id).await {
                mails.extend(account.mail.iter().chain(&account.other_mails).cloned());
                mails.push(account.account.login.to_lowercase());
            }
        }
        mails
    }

    /// Tells them by mail, where mail is set up. The console shows the question anyway.
    pub(super) async fn mail(&self, approval: &Approval, people: &[Person]) {
        let Some(smtp) = &self.parts.mail else { return };
        let subject = format!("Your decision: {}", approval.sentence);
        let text = format!(
            "{}\n\nClient {}, tier {}, until {}.\n\nRead and decide: {}/approvals/{}\n",
            approval.sentence,
            self.client.name,
            approval.tier,
            approval.expires_at,
            self.app.public_url,
            approval.id
        );
        for person in people.iter().filter(|p| !p.email.is_empty()) {
            if let Err(e) = smtp.send(&person.email, &subject, &text).await
                && self.app.complaints.raise("escalation", &e.to_string())
            {
                tracing::warn!(person = %person.id, error = %e, "a question could not be mailed");
            }
        }
    }
}
