//! The systems outside: one help desk and one directory that forget nothing, over a network that
//! loses requests and answers, delivers late, and repeats what it listed before.

use super::{
    check,
    world::{Broken, Effect, World},
};
use crate::clock;
use async_trait::async_trait;
use connectors::{CallError, Change, Changes, Directory, Probe, Psa, ReadBack, account_read_back};
use domain::{
    Account, AccountQuery, AccountRef, AccountState, Action, ActionKind, Author, Device, Group,
    GroupRef, IncomingTicket, Lock, Message, TicketRef, TicketState, TicketStatus, UnixMs,
};
use gate::Grant;
use secrecy::SecretString;
use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use store::Store;

pub(super) const PSA: &str = "desk";
pub(super) const USERS: usize = 12;

/// A change that the outside makes at once.
type Change_ = Box<dyn FnOnce(&mut Systems) + Send>;

/// What the systems hold.
#[derive(Debug, Default)]
pub(super) struct Systems {
    accounts: Vec<Account>,
    groups: Vec<(Group, Vec<String>)>,
    pub(super) tickets: Vec<Ticket>,
    /// Every touch of a ticket, in order; the cursor counts them.
    touches: Vec<usize>,
}

/// One ticket.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) incoming: IncomingTicket,
    pub(super) status: TicketStatus,
    messages: Vec<Message>,
    time_notes: Vec<String>,
}

/// The outside, as one node reaches it.
#[derive(Clone, Debug)]
pub(super) struct Outside {
    pub(super) world: World,
    pub(super) systems: Arc<Mutex<Systems>>,
    /// A look into the journal, for the checks.
    pub(super) journal: Arc<OnceLock<Store>>,
}

pub(super) fn account(n: usize) -> AccountRef {
    let login = format!("user{n}@acme.example");
    AccountRef { id: format!("id-{n}"), login, name: format!("User{n} Acme") }
}

pub(super) fn group(n: usize) -> GroupRef {
    GroupRef { id: format!("g-{n}"), name: format!("Project {n}"), privileged: false }
}

impl Outside {
    pub(super) fn new(world: World) -> Outside {
        let accounts = (0..USERS).map(|n| Account {
            account: account(n),
            mail: Some(format!("user{n}@acme.example")),
            other_mails: vec![format!("user{n}@home.example")],
            given_name: Some(format!("User{n}")),
            surname: Some("Acme".into()),
            title: None,
            department: None,
            manager_id: None,
            state: AccountState {
                enabled: true,
                lock: if n % 3 == 0 { Lock::Locked } else { Lock::Unlocked },
                must_change: Some(false),
                password_set_at: Some(UnixMs(1_700_000_000_000)),
            },
            groups: vec![],
            service_marks: vec![],
        });
        let groups = (0..3).map(|n| Group {
            group: group(n),
            description: None,
            owner_ids: vec![account(1).id],
            parents: vec![],
            privileged_parents: vec![],
        });
        let systems = Systems {
            accounts: accounts.collect(),
            groups: groups.map(|g| (g, vec![])).collect(),
            ..Systems::default()
        };
        let systems = Arc::new(Mutex::new(systems));
        Outside { world, systems, journal: Arc::default() }
    }

    /// A user writes to the help desk; the ticket's number.
    pub(super) fn file(&self, from: usize, subject: &str, body: &str) -> usize {
        let mut systems = self.systems.lock().unwrap();
        let n = systems.tickets.len();
        let incoming = IncomingTicket {
            ticket: TicketRef { psa: PSA.into(), id: n.to_string() },
            customer: "Acme".into(),
            from: format!("user{from}@acme.example"),
            from_name: format!("User{from} Acme"),
            subject: subject.into(),
            body: body.into(),
            created_at: UnixMs(store::sim::now().unwrap()),
            message_id: None,
            status: TicketStatus::New,
        };
        systems.tickets.push(Ticket {
            incoming,
            status: TicketStatus::New,
            messages: vec![],
            time_notes: vec![],
        });
        systems.touches.push(n);
        n
    }

    /// A user writes once more.
    pub(super) fn write(&self, ticket: usize, body: &str) {
        let mut systems = self.systems.lock().unwrap();
        let Some(found) = systems.tickets.get_mut(ticket) else { return };
        let author = Author::Customer(found.incoming.from.clone());
        found.say(author, body.into(), false);
        systems.touches.push(ticket);
    }

    /// The way to a system and back for a question.
    async fn ask<T>(&self, answer: impl FnOnce(&Systems) -> T) -> Result<T, CallError> {
        self.world.rest(1, 40).await;
        let trouble = {
            let mut state = self.world.state();
            let rate = state.rates.call_trouble;
            state.one_in(rate)
        };
        match trouble.then(|| self.world.below(3)) {
            None => Ok(answer(&self.systems.lock().unwrap())),
            Some(0) => Err(CallError::retry("the system is busy")),
            Some(1) => {
                self.world.rest(5_000, 30_000).await;
                Err(CallError::retry("the system did not answer in time"))
            }
            Some(_) => {
                self.world.rest(1_000, 9_000).await;
                Ok(answer(&self.systems.lock().unwrap()))
            }
        }
    }

    /// The way to a system and back for a change, under a grant.
    async fn change(&self, grant: &Grant, change: Change_) -> Result<(), CallError> {
        let journal = self.journal.get().unwrap();
        if let Err(why) = check::may_run(journal, grant, clock::now()).await {
            self.world.wrong(why);
        }
        self.crash_now_and_then().await;
        self.world.rest(1, 60).await;
        let (trouble, kind) = {
            let mut state = self.world.state();
            let rate = state.rates.call_trouble;
            let trouble = state.one_in(rate);
            drop(state);
            (trouble, self.world.below(5))
        };
        if !trouble {
            self.apply(grant, change);
            self.crash_now_and_then().await;
            return Ok(());
        }
        match kind {
            0 => Err(CallError::retry("the system is busy")),
            1 => {
                // The request never came.
                self.world.rest(5_000, 30_000).await;
                Err(CallError::unknown("the answer did not come in time"))
            }
            2 => {
                // It came, and the answer got lost.
                self.apply(grant, change);
                self.crash_now_and_then().await;
                self.world.rest(1, 30_000).await;
                Err(CallError::unknown("the connection broke"))
            }
            3 => {
                // It comes after its sender gave up, though in the time that is waited for.
                let (outside, effect) = (self.clone(), effect(grant));
                tokio::spawn(async move {
                    outside.world.rest(1, 12_000).await;
                    outside.done(effect, change);
                });
                Err(CallError::unknown("the connection broke"))
            }
            _ => {
                self.world.rest(1_000, 20_000).await;
                self.apply(grant, change);
                Ok(())
            }
        }
    }

    async fn crash_now_and_then(&self) {
        let crash = {
            let mut state = self.world.state();
            let rate = state.rates.call_crash;
            state.one_in(rate)
        };
        if crash {
            store::sim::crash().await;
        }
    }

    fn apply(&self, grant: &Grant, change: Change_) {
        self.done(effect(grant), change);
    }

    fn done(&self, effect: Effect, change: Change_) {
        let mut state = self.world.state();
        state.note("effect");
        if state.broken == Broken::Twice && !effect.status {
            state.effects.push(effect.clone());
        }
        state.effects.push(effect);
        drop(state);
        change(&mut self.systems.lock().unwrap());
    }
}

fn effect(grant: &Grant) -> Effect {
    Effect {
        attempt: grant.attempt(),
        client: grant.client().clone(),
        case: grant.case(),
        digest: grant.digest(),
        status: grant.action().kind() == ActionKind::SetStatus,
    }
}

impl Ticket {
    fn say(&mut self, author: Author, body: String, internal: bool) {
        let id = format!("m{}", self.messages.len());
        let at = UnixMs(store::sim::now().unwrap());
        self.messages.push(Message { id, author, body, at, internal });
    }
}

impl Systems {
    fn of(&mut self, action: &Action) -> Option<&mut Account> {
        let id = action.account()?.id.clone();
        self.accounts.iter_mut().find(|a| a.account.id == id)
    }

    fn perform(&mut self, action: &Action, at: UnixMs) {
        if let (Some(group), Some(account)) = (action.group(), action.account()) {
            let found = self.groups.iter_mut().find(|(g, _)| g.group.id == group.id);
            if let Some((_, members)) = found {
                members.retain(|m| *m != account.id);
                if matches!(action, Action::AddGroupMember(_)) {
                    members.push(account.id.clone());
                }
            }
            return;
        }
        let Some(account) = self.of(action) else { return };
        match action {
            Action::UnlockAccount(_) => account.state.lock = Lock::Unlocked,
            Action::EnableAccount(_) => account.state.enabled = true,
            Action::DisableAccount(_) => account.state.enabled = false,
            Action::RequirePasswordChange(_) => account.state.must_change = Some(true),
            Action::ResetPassword(_) => {
                account.state.password_set_at = Some(at);
                account.state.lock = Lock::Unlocked;
            }
            _ => {}
        }
    }

    fn with_groups(&self, account: &Account) -> Account {
        let mut account = account.clone();
        account.groups = self
            .groups
            .iter()
            .filter(|(_, members)| members.contains(&account.account.id))
            .map(|(g, _)| g.group.clone())
            .collect();
        account
    }
}

#[async_trait]
impl Directory for Outside {
    fn name(&self) -> &str {
        "the directory"
    }

    fn vendor(&self) -> &'static str {
        "sim"
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        &[
            ActionKind::UnlockAccount,
            ActionKind::EnableAccount,
            ActionKind::DisableAccount,
            ActionKind::RequirePasswordChange,
            ActionKind::ResetPassword,
            ActionKind::AddGroupMember,
            ActionKind::RemoveGroupMember,
        ]
    }

    async fn probe(&self) -> Result<Probe, CallError> {
        Ok(Probe { detail: "here".into(), warnings: vec![] })
    }

    async fn find_accounts(&self, query: &AccountQuery) -> Result<Vec<Account>, CallError> {
        let query = query.clone();
        self.ask(move |systems| {
            let fits = |a: &&Account| match &query {
                AccountQuery::Address(text) => {
                    let known = [a.mail.as_deref(), Some(a.account.login.as_str())];
                    known.iter().flatten().any(|k| k.eq_ignore_ascii_case(text))
                }
                AccountQuery::Name(text) => a.account.name.eq_ignore_ascii_case(text),
            };
            systems.accounts.iter().filter(fits).map(|a| systems.with_groups(a)).collect()
        })
        .await
    }

    async fn account(&self, id: &str) -> Result<Option<Account>, CallError> {
        let id = id.to_owned();
        self.ask(move |systems| {
            let found = systems.accounts.iter().find(|a| a.account.id == id);
            found.map(|a| systems.with_groups(a))
        })
        .await
    }

    async fn find_groups(&self, name: &str) -> Result<Vec<Group>, CallError> {
        let name = name.to_owned();
        self.ask(move |systems| {
            let all = systems.groups.iter().map(|(g, _)| g);
            all.filter(|g| g.group.name.eq_ignore_ascii_case(&name)).cloned().collect()
        })
        .await
    }

    async fn group(&self, id: &str) -> Result<Option<Group>, CallError> {
        let id = id.to_owned();
        self.ask(move |systems| {
            systems.groups.iter().map(|(g, _)| g).find(|g| g.group.id == id).cloned()
        })
        .await
    }

    async fn is_direct_member(&self, group: &str, account: &str) -> Result<bool, CallError> {
        let (group, account) = (group.to_owned(), account.to_owned());
        self.ask(move |systems| {
            systems.groups.iter().any(|(g, m)| g.group.id == group && m.contains(&account))
        })
        .await
    }

    async fn devices(&self, _: &str) -> Result<Vec<Device>, CallError> {
        Ok(vec![])
    }

    async fn perform(&self, grant: Grant, _: Option<&SecretString>) -> Result<(), CallError> {
        let action = grant.action().clone();
        // The directory's clock is right.
        let world = self.world.clone();
        let change: Change_ = Box::new(move |systems| {
            let at = store::sim::World::now(&mut world.clone(), None);
            systems.perform(&action, UnixMs(at));
        });
        self.change(&grant, change).await
    }

    async fn read_back(
        &self,
        action: &Action,
        before: Option<&AccountState>,
        started_at: UnixMs,
        _: Option<&SecretString>,
    ) -> Result<ReadBack, CallError> {
        let id = action.account().map(|a| a.id.clone()).unwrap_or_default();
        let now = self.account(&id).await?;
        let member = match action.group() {
            Some(group) => Some(self.is_direct_member(&group.id, &id).await?),
            None => None,
        };
        Ok(account_read_back(action, now.as_ref(), before, started_at, member))
    }
}

fn number(id: &str) -> usize {
    id.parse().unwrap_or(usize::MAX)
}

#[async_trait]
impl Psa for Outside {
    fn name(&self) -> &str {
        PSA
    }

    fn vendor(&self) -> &'static str {
        "sim"
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        &[ActionKind::Reply, ActionKind::AddNote, ActionKind::LogTime, ActionKind::SetStatus]
    }

    async fn probe(&self) -> Result<Probe, CallError> {
        Ok(Probe { detail: "here".into(), warnings: vec![] })
    }

    async fn changes(&self, cursor: Option<&str>) -> Result<Changes, CallError> {
        let from = cursor.map_or(0, number);
        // Repeats are allowed, gaps are not.
        let from = from.saturating_sub(usize::try_from(self.world.below(3)).unwrap());
        self.ask(move |systems| {
            let page: Vec<usize> = systems.touches.iter().skip(from).take(4).copied().collect();
            let end = from + page.len();
            let change = |n: usize| Change { id: n.to_string(), updated_at: UnixMs(0) };
            Changes {
                changes: page.into_iter().map(change).collect(),
                cursor: end.to_string(),
                more: end < systems.touches.len(),
            }
        })
        .await
    }

    async fn incoming(&self, id: &str) -> Result<Option<IncomingTicket>, CallError> {
        let n = number(id);
        self.ask(move |systems| {
            let ticket = systems.tickets.get(n)?;
            Some(IncomingTicket { status: ticket.status, ..ticket.incoming.clone() })
        })
        .await
    }

    async fn ticket(&self, id: &str) -> Result<Option<TicketState>, CallError> {
        let n = number(id);
        self.ask(move |systems| {
            let ticket = systems.tickets.get(n)?;
            Some(TicketState {
                ticket: ticket.incoming.ticket.clone(),
                status: ticket.status,
                messages: ticket.messages.clone(),
                minutes_worked: 0,
                time_notes: ticket.time_notes.clone(),
                links: vec![],
            })
        })
        .await
    }

    async fn perform(&self, grant: Grant) -> Result<(), CallError> {
        let action = grant.action().clone();
        let mark = format!("[jm-{}]", grant.digest().short());
        let change: Change_ = Box::new(move |systems| {
            let Some(n) = action.ticket().map(|t| number(&t.id)) else { return };
            let Some(ticket) = systems.tickets.get_mut(n) else { return };
            match &action {
                Action::Reply(a) => {
                    ticket.say(Author::Ourselves, format!("{}\n\n{mark}", a.text), false);
                }
                Action::AddNote(a) => {
                    ticket.say(Author::Ourselves, format!("{}\n\n{mark}", a.text), true);
                }
                Action::LogTime(_) => ticket.time_notes.push(mark),
                Action::SetStatus(a) => ticket.status = a.status,
                _ => {}
            }
            systems.touches.push(n);
        });
        self.change(&grant, change).await
    }

    async fn read_back(&self, action: &Action, mark: &str) -> Result<ReadBack, CallError> {
        let mark = format!("[jm-{mark}]");
        let action = action.clone();
        self.ask(move |systems| {
            let found = action.ticket().and_then(|t| systems.tickets.get(number(&t.id)));
            let Some(ticket) = found else { return ReadBack::NotShown("no such ticket".into()) };
            let written = |internal| {
                let ours = |m: &&Message| m.author == Author::Ourselves && m.internal == internal;
                ticket.messages.iter().filter(ours).any(|m| m.body.ends_with(&mark))
            };
            let there = match &action {
                Action::Reply(_) => written(false),
                Action::AddNote(_) => written(true),
                Action::LogTime(_) => ticket.time_notes.contains(&mark),
                Action::SetStatus(a) => ticket.status == a.status,
                _ => false,
            };
            match there {
                true => ReadBack::Shown("it is there".into()),
                false => ReadBack::NotShown("it is not there".into()),
            }
        })
        .await
    }
}

/// How long after the trouble everything must have come to its end.
pub(super) const PATIENCE: Duration = Duration::from_secs(2_400);
