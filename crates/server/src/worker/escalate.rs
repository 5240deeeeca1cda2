//! Asks people in turn: each step of the escalation when its window comes, by mail, and in the journal.
//!
//! INVARIANT: only people are asked, and only those who may decide the question. Whoever was asked
//! before stays asked; everybody else who may decide still can, in the console.

use super::drive::{DriveError, Driver, Next};
use crate::clock;
use domain::{
    Account, AccountQuery, Action, ActionKind, Actor, Approval, ApprovalState, Ask, EscalationStep,
    Event, PersonId, Relation, UnixMs,
    playbook::{Approves, Rule},
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
                    let mails = self.in_playbook(action, kind).await?;
                    let told = all.iter().filter(|p| mails.contains(&p.email.to_lowercase()));
                    let mut named: Vec<&Person> = told.collect();
                    let store = &self.app.store;
                    let ids = store.learned_approvers(&approval.client, kind, LEARNED).await?;
                    named.extend(ids.iter().filter_map(by_id));
                    named
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

    /// Addresses of those whom the client's playbook names first for such a change, from the directory as it is now. Exceptions for
    /// some departments or groups only are left to people.
    async fn in_playbook(
        &self,
        action: &Action,
        kind: ActionKind,
    ) -> Result<Vec<String>, DriveError> {
        let Some(row) = self.app.store.playbook(&self.client.id).await? else {
            return Ok(Vec::new());
        };
        let mut mails = Vec::new();
        for line in row.playbook.in_force() {
            let Rule::Approver { kind: Some(of), who, everyone: true, .. } = &line.rule else {
                continue;
            };
            if *of != kind {
                continue;
            }
            mails.extend(match who {
                // What a person wrote may name somebody of the desk, whom the directory does not know.
                Approves::Person(address) if line.by.is_some() => vec![address.to_lowercase()],
                Approves::Person(address) => self.of_active(address).await,
                Approves::Owner => self.addresses(action, Relation::GroupOwner).await,
                Approves::Manager => self.of_requesters_manager().await,
                // Nothing of ours reads who leads what; the line is shown to people.
                Approves::DepartmentHead | Approves::Finance | Approves::Nobody => Vec::new(),
            });
        }
        Ok(mails)
    }

    /// The addresses of whoever has this one, while they are active.
    async fn of_active(&self, address: &str) -> Vec<String> {
        let query = AccountQuery::Address(address.to_lowercase());
        match self.client.directory.find_accounts(&query).await.as_deref() {
            Ok([one]) if one.state.enabled => addresses_of(one),
            _ => Vec::new(),
        }
    }

    /// Addresses of the manager of whoever asks.
    async fn of_requesters_manager(&self) -> Vec<String> {
        let from = self.view.ticket.from.trim().to_lowercase();
        if from.is_empty() {
            return Vec::new();
        }
        let directory = &self.client.directory;
        match directory.find_accounts(&AccountQuery::Address(from)).await.as_deref() {
            Ok([requester]) => self.mails_of(requester.manager_id.iter().cloned().collect()).await,
            _ => Vec::new(),
        }
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
        self.mails_of(ids).await
    }

    /// The addresses of these accounts, lower case.
    async fn mails_of(&self, ids: Vec<String>) -> Vec<String> {
        let directory = &self.client.directory;
        let mut mails = Vec::new();
        for id in ids {
            if let Ok(Some(account)) = directory.account(&id).await {
                mails.extend(addresses_of(&account));
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

/// Every address of an account, lower case.
fn addresses_of(account: &Account) -> Vec<String> {
    let mails = account.mail.iter().chain(&account.other_mails);
    mails.chain([&account.account.login]).map(|m| m.to_lowercase()).collect()
}
