//! The people, groups and devices of the desk in memory.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::sim::{Said, Script};
use super::ticket;
use domain::*;
use technician::Profile;

pub(crate) const LINK: &str = "https://desk.example/s/one-time";

pub(crate) fn person(given: &str, surname: &str) -> Account {
    let login = format!("{}.{}@acme.example", given.to_lowercase(), surname.to_lowercase());
    Account {
        account: AccountRef {
            id: format!("id-{login}"),
            login: login.clone(),
            name: format!("{given} {surname}"),
        },
        mail: Some(login),
        other_mails: vec![],
        given_name: Some(given.into()),
        surname: Some(surname.into()),
        title: None,
        department: None,
        manager_id: None,
        state: AccountState {
            enabled: true,
            lock: Lock::Unlocked,
            must_change: Some(false),
            password_set_at: Some(UnixMs(0)),
        },
        groups: vec![],
        service_marks: vec![],
    }
}

pub(crate) fn group(name: &str) -> Group {
    Group {
        group: GroupRef {
            id: format!("g-{}", name.to_lowercase()),
            name: name.into(),
            privileged: false,
        },
        description: None,
        owner_ids: vec![],
        parents: vec![],
        privileged_parents: vec![],
    }
}

/// Kim Reed writes; Jane Roe and two Bob Smiths work there too.
pub(crate) fn desk(body: &str) -> Script {
    let mut second = person("Bob", "Smith");
    second.account.id = "id-bob2".into();
    second.account.login = "bsmith2@acme.example".into();
    second.mail = Some("bob.smith2@acme.example".into());
    Script {
        ticket: ticket("", body),
        accounts: vec![
            person("Kim", "Reed"),
            person("Jane", "Roe"),
            person("Bob", "Smith"),
            second,
        ],
        groups: vec![group("Finance"), group("Sales Team"), group("Payroll")],
        devices: vec![Device {
            id: "d1".into(),
            name: "LT-0042".into(),
            os: "Windows 11".into(),
            model: Some("ThinkPad T14".into()),
            last_seen: Some(UnixMs(1_700_000_000_000)),
        }],
        profile: Profile {
            msp_name: "Northwind IT".into(),
            can: ActionKind::ALL.to_vec(),
            ..Profile::default()
        },
        tiers: vec![],
        decisions: vec![],
        answers: vec![],
        failures: vec![],
        outages: 0,
        duplicate_of: None,
        secret: Some(LINK),
    }
}

impl Script {
    pub(crate) fn kim(mut self, change: impl Fn(&mut Account)) -> Script {
        change(&mut self.accounts[0]);
        self
    }

    pub(crate) fn jane(mut self, change: impl Fn(&mut Account)) -> Script {
        change(&mut self.accounts[1]);
        self
    }

    pub(crate) fn with(mut self, change: impl Fn(&mut Script)) -> Script {
        change(&mut self);
        self
    }

    pub(crate) fn answer(mut self, text: &str) -> Script {
        self.answers.push(("kim.reed@acme.example".into(), text.into()));
        self
    }

    pub(crate) fn held(self, kind: ActionKind, decisions: &[Said]) -> Script {
        self.with(|s| {
            s.tiers.push((kind, Tier::High));
            s.decisions = decisions.to_vec();
        })
    }
}
