//! A directory that answers at once, and notes when it was given a grant.

use async_trait::async_trait;
use connectors::{CallError, Directory, Probe, ReadBack, account_read_back};
use domain::{
    Account, AccountQuery, AccountRef, AccountState, Action, ActionKind, CaseId, Device, Group,
    Lock, UnixMs,
};
use gate::Grant;
use secrecy::SecretString;
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Instant,
};
use tokio::sync::oneshot;

/// Accounts `id-N`, each locked until it is unlocked.
#[derive(Debug, Default)]
pub(super) struct Answering {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    unlocked: HashSet<String>,
    awaited: HashMap<CaseId, oneshot::Sender<Instant>>,
}

/// The account of this number.
pub(super) fn account(n: u64) -> AccountRef {
    let login = format!("user{n}@bench.example");
    AccountRef { id: format!("id-{n}"), login, name: format!("User {n}") }
}

impl Answering {
    /// Tells when this case's grant arrives.
    pub(super) fn granted(&self, case: CaseId) -> oneshot::Receiver<Instant> {
        let (tell, told) = oneshot::channel();
        self.with(|s| s.awaited.insert(case, tell));
        told
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn read(&self, id: &str) -> Option<Account> {
        let n = id.strip_prefix("id-")?.parse().ok()?;
        let lock = match self.with(|s| s.unlocked.contains(id)) {
            true => Lock::Unlocked,
            false => Lock::Locked,
        };
        let account = account(n);
        Some(Account {
            mail: Some(account.login.clone()),
            account,
            other_mails: Vec::new(),
            given_name: Some("User".into()),
            surname: Some("Bench".into()),
            title: None,
            department: None,
            manager_id: None,
            state: AccountState {
                enabled: true,
                lock,
                must_change: Some(false),
                password_set_at: Some(UnixMs(1_700_000_000_000)),
            },
            groups: Vec::new(),
            service_marks: Vec::new(),
        })
    }
}

#[async_trait]
impl Directory for Answering {
    fn name(&self) -> &str {
        "the stand-in"
    }

    fn vendor(&self) -> &'static str {
        "bench"
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        &[ActionKind::UnlockAccount]
    }

    async fn probe(&self) -> Result<Probe, CallError> {
        Ok(Probe { detail: "here".into(), warnings: Vec::new() })
    }

    async fn find_accounts(&self, _: &AccountQuery) -> Result<Vec<Account>, CallError> {
        Ok(Vec::new())
    }

    async fn account(&self, id: &str) -> Result<Option<Account>, CallError> {
        Ok(self.read(id))
    }

    async fn find_groups(&self, _: &str) -> Result<Vec<Group>, CallError> {
        Ok(Vec::new())
    }

    async fn group(&self, _: &str) -> Result<Option<Group>, CallError> {
        Ok(None)
    }

    async fn is_direct_member(&self, _: &str, _: &str) -> Result<bool, CallError> {
        Ok(false)
    }

    async fn devices(&self, _: &str) -> Result<Vec<Device>, CallError> {
        Ok(Vec::new())
    }

    async fn perform(&self, grant: Grant, _: Option<&SecretString>) -> Result<(), CallError> {
        let at = Instant::now();
        let id = grant.action().account().map(|a| a.id.clone()).unwrap_or_default();
        let awaited = self.with(|s| {
            s.unlocked.insert(id);
            s.awaited.remove(&grant.case())
        });
        if let Some(tell) = awaited {
            // Whoever waited may have given up.
            let _ = tell.send(at);
        }
        Ok(())
    }

    async fn read_back(
        &self,
        action: &Action,
        before: Option<&AccountState>,
        started_at: UnixMs,
        _: Option<&SecretString>,
    ) -> Result<ReadBack, CallError> {
        let now = action.account().and_then(|a| self.read(&a.id));
        Ok(account_read_back(action, now.as_ref(), before, started_at, None))
    }
}
