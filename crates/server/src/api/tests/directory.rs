//! A directory of three people that forgets nothing and fails never.

use async_trait::async_trait;
use connectors::{CallError, Directory, Probe, ReadBack, account_read_back};
use domain::{
    Account, AccountQuery, AccountRef, AccountState, Action, ActionKind, Device, Group, Lock,
    UnixMs,
};
use gate::Grant;
use secrecy::SecretString;
use std::sync::Mutex;

/// People, and what was done to them.
#[derive(Debug)]
pub(super) struct People {
    accounts: Mutex<Vec<Account>>,
    /// Every action that was performed.
    pub(super) performed: Mutex<Vec<Action>>,
}

pub(super) fn account(name: &str) -> AccountRef {
    let login = format!("{name}@acme.example");
    AccountRef { id: format!("id-{name}"), login, name: format!("{name} of Acme") }
}

impl People {
    pub(super) fn new() -> People {
        let accounts = ["dana", "eve", "root"].map(|name| Account {
            account: account(name),
            mail: Some(format!("{name}@acme.example")),
            other_mails: vec![],
            given_name: None,
            surname: None,
            title: None,
            department: None,
            manager_id: None,
            state: AccountState {
                enabled: true,
                lock: Lock::Locked,
                must_change: None,
                password_set_at: None,
            },
            groups: match name {
                "root" => vec![domain::GroupRef {
                    id: "g-da".into(),
                    name: "Domain Admins".into(),
                    privileged: true,
                }],
                _ => vec![],
            },
            service_marks: vec![],
        });
        People { accounts: Mutex::new(accounts.to_vec()), performed: Mutex::default() }
    }
}

#[async_trait]
impl Directory for People {
    fn name(&self) -> &str {
        "the people"
    }

    fn vendor(&self) -> &'static str {
        "people"
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        &[ActionKind::UnlockAccount, ActionKind::DisableAccount]
    }

    async fn probe(&self) -> Result<Probe, CallError> {
        Ok(Probe { detail: "here".into(), warnings: vec![] })
    }

    async fn find_accounts(&self, query: &AccountQuery) -> Result<Vec<Account>, CallError> {
        let fits = |a: &&Account| match query {
            AccountQuery::Address(text) => a.mail.as_ref() == Some(text),
            AccountQuery::Name(text) => a.account.name == *text,
        };
        Ok(self.accounts.lock().unwrap().iter().filter(fits).cloned().collect())
    }

    async fn account(&self, id: &str) -> Result<Option<Account>, CallError> {
        Ok(self.accounts.lock().unwrap().iter().find(|a| a.account.id == id).cloned())
    }

    async fn find_groups(&self, _: &str) -> Result<Vec<Group>, CallError> {
        Ok(vec![])
    }

    async fn group(&self, _: &str) -> Result<Option<Group>, CallError> {
        Ok(None)
    }

    async fn is_direct_member(&self, _: &str, _: &str) -> Result<bool, CallError> {
        Ok(false)
    }

    async fn devices(&self, _: &str) -> Result<Vec<Device>, CallError> {
        Ok(vec![])
    }

    async fn perform(&self, grant: Grant, _: Option<&SecretString>) -> Result<(), CallError> {
        let action = grant.action().clone();
        let id = action.account().map(|a| a.id.clone()).unwrap_or_default();
        for found in self.accounts.lock().unwrap().iter_mut().filter(|a| a.account.id == id) {
            match &action {
                Action::UnlockAccount(_) => found.state.lock = Lock::Unlocked,
                Action::DisableAccount(_) => found.state.enabled = false,
                _ => return Err(CallError::rejected("cannot", "ask for something else")),
            }
        }
        self.performed.lock().unwrap().push(action);
        Ok(())
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
        Ok(account_read_back(action, now.as_ref(), before, started_at, None))
    }
}
