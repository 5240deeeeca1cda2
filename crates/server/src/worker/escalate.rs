//! Asks people in turn: each step of the escalation when its window comes, by mail, and in the journal.
//!
//! INVARIANT: only people are asked, and only those who may decide the question. Whoever was asked
//! before stays asked; everybody else who may decide still can, in the console.

use super::drive::{DriveError, Driver, Next};
use crate::clock;
use domain::{Actor, Approval, ApprovalState, Ask, Event, PersonId, Relation, UnixMs};
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
            let mut people: Vec<Person> = Vec::new();
            for step in new {
                for person in self.whom(&approval, &step.ask, now).await? {
                    if !people.iter().any(|p| p.id == person.id) {
                        people.push(person);
                    }
                }
            }
            let event = Event::Asked {
                approval: approval.id,
                steps: u32::try_from(due.len()).unwrap_or(u32::MAX),
                people: people.iter().map(|p| p.id.clone()).collect(),
            };
            self.append(vec![NewEntry { actor: Actor::Platform, event }], Vec::new()).await?;
            self.mail(&approval, &people).await;
            return Ok(Some(Next::Again));
        }
        Ok(None)
    }

    /// The people of a step who may decide; whoever is away by their deputy.
    async fn whom(
        &self,
        approval: &Approval,
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
                let mails = self.addresses(approval, *relation).await;
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
    async fn addresses(&self, approval: &Approval, relation: Relation) -> Vec<String> {
        let held = self.view.held.iter().find(|h| h.approval == approval.id);
        let Some(action) = held.map(|h| &h.action) else { return Vec::new() };
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
                return self.client.authorised_contacts.iter().cloned().collect();
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
    async fn mail(&self, approval: &Approval, people: &[Person]) {
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
