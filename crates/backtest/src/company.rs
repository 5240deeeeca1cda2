//! The directory that a replay asks: the company's own where it was given, else one that is assumed.
//!
//! INVARIANT: an assumed directory says so ([`Directory::assumed`]), and the report repeats it. No account's state at the time of a ticket is on record,
//! so an account stands as the request says it does: locked when somebody asks to be let in, not a member when somebody asks to be added.

use domain::{
    Account, AccountQuery, AccountRef, AccountState, Action, Group, GroupRef, Intent, Lock, Org,
    ReadResult, UnixMs,
};
use std::collections::HashMap;

/// One company's directory.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    accounts: Vec<Account>,
    /// First and last day by account.
    days: Vec<(Option<UnixMs>, Option<UnixMs>)>,
    /// Accounts by address and by lower-case name.
    by: HashMap<String, Vec<usize>>,
    groups: HashMap<String, Group>,
    /// There is no record of the company: whoever asks or is named exists and is active, every group that is named exists.
    pub assumed: bool,
}

/// Who asks and what about, as far as it changes how accounts stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) from: &'a str,
    pub(crate) from_name: &'a str,
    pub(crate) intent: Intent,
    /// When, where it is known; without it everybody of the directory is there.
    pub(crate) at: Option<UnixMs>,
}

impl Directory {
    /// A directory of which nothing is known.
    pub fn assumed() -> Directory {
        Directory { assumed: true, ..Directory::default() }
    }

    /// A company's own directory.
    pub fn of(org: &Org) -> Directory {
        let mut out = Directory::default();
        for person in &org.people {
            let address = person.address.to_lowercase();
            let mut account = account(&address, &person.name);
            account.title = some(&person.title);
            account.department = some(&person.department);
            account.manager_id = some(&person.manager.to_lowercase());
            let mut keys = vec![person.name.to_lowercase(), address];
            keys.dedup();
            for key in keys.into_iter().filter(|k| !k.is_empty()) {
                out.by.entry(key).or_default().push(out.accounts.len());
            }
            out.accounts.push(account);
            out.days.push((person.since, person.until));
        }
        for thing in org.things.iter().filter(|t| t.kind == "group") {
            let owner_ids = thing.owners.iter().map(|o| o.to_lowercase()).collect();
            out.groups.insert(thing.name.to_lowercase(), group(&thing.name, owner_ids));
        }
        out
    }

    /// What a read brings back in this scene.
    pub(crate) fn answer(&self, action: &Action, scene: &Scene<'_>) -> ReadResult {
        match action {
            Action::FindUser(find) => {
                let found = match &find.query {
                    AccountQuery::Address(address) => {
                        self.find(&address.to_lowercase(), address, scene)
                    }
                    AccountQuery::Name(name) => self.find(&name.to_lowercase(), name, scene),
                };
                ReadResult::Accounts(found)
            }
            Action::ReadAccount(read) => ReadResult::Account(self.account(&read.account, scene)),
            Action::FindGroup(find) => {
                ReadResult::Groups(self.group_named(&find.name).into_iter().collect())
            }
            Action::ListDevices(_) => ReadResult::Devices(Vec::new()),
            other => {
                ReadResult::Unavailable(format!("a replay cannot read {}", other.kind().name()))
            }
        }
    }

    /// Accounts with this lower-case address or name.
    pub(crate) fn find(&self, key: &str, as_written: &str, scene: &Scene<'_>) -> Vec<Account> {
        if self.assumed {
            let own = key == scene.from || key == scene.from_name.to_lowercase();
            let made =
                if own { account(scene.from, scene.from_name) } else { account(key, as_written) };
            return vec![stands(made, scene)];
        }
        let places = self.by.get(key).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|at| self.at(*at, scene)).collect()
    }

    /// The account with this id; it is its address.
    pub(crate) fn account(&self, named: &AccountRef, scene: &Scene<'_>) -> Option<Account> {
        if self.assumed {
            return Some(stands(account(&named.id, &named.name), scene));
        }
        self.by.get(&named.id)?.iter().find_map(|at| self.at(*at, scene))
    }

    fn at(&self, at: usize, scene: &Scene<'_>) -> Option<Account> {
        let (since, until) = self.days.get(at).copied()?;
        let mut account = self.accounts.get(at)?.clone();
        if since.zip(scene.at).is_some_and(|(since, at)| at < since) {
            return None;
        }
        // The last day is a whole day.
        let gone = until.zip(scene.at).is_some_and(|(until, at)| at.since(until) > 86_400_000);
        account.state.enabled = !gone;
        Some(stands(account, scene))
    }

    /// The group of that name.
    pub(crate) fn group_named(&self, name: &str) -> Option<Group> {
        let key = name.trim().to_lowercase();
        match self.assumed {
            true => Some(group(name.trim(), Vec::new())),
            false => self.groups.get(&key).cloned(),
        }
    }

    /// Address of the manager of the person with that address, where the directory knows it.
    pub(crate) fn manager_of(&self, address: &str) -> Option<String> {
        let at = self.by.get(address)?.first()?;
        self.accounts.get(*at)?.manager_id.clone()
    }

    /// Name of the person with that address, where the directory knows it.
    pub(crate) fn name_of(&self, address: &str) -> Option<&str> {
        let at = self.by.get(address)?.first()?;
        self.accounts.get(*at).map(|a| a.account.name.as_str())
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn account(id: &str, name: &str) -> Account {
    let name = if name.is_empty() { id } else { name };
    let (given, family) = name.split_once(' ').unwrap_or((name, ""));
    Account {
        account: AccountRef { id: id.to_owned(), login: id.to_owned(), name: name.to_owned() },
        mail: Some(id.to_owned()),
        other_mails: Vec::new(),
        given_name: some(given),
        surname: some(family),
        title: None,
        department: None,
        manager_id: None,
        state: AccountState {
            enabled: true,
            lock: Lock::Unlocked,
            must_change: None,
            password_set_at: None,
        },
        groups: Vec::new(),
        service_marks: Vec::new(),
    }
}

fn group(name: &str, owner_ids: Vec<String>) -> Group {
    Group {
        group: GroupRef {
            id: format!("group:{}", name.to_lowercase()),
            name: name.to_owned(),
            privileged: false,
        },
        description: None,
        owner_ids,
        parents: Vec::new(),
        privileged_parents: Vec::new(),
    }
}

/// The account as the request says that it stands.
fn stands(mut account: Account, scene: &Scene<'_>) -> Account {
    let own = account.account.id == scene.from;
    match scene.intent {
        Intent::UnlockAccount => account.state.lock = Lock::Locked,
        Intent::EnableAccount if !own => account.state.enabled = false,
        // Whoever writes from a blocked account could not write: they mean the lockout.
        Intent::EnableAccount => account.state.lock = Lock::Locked,
        _ => {}
    }
    account
}
