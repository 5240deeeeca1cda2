//! Who asks, whose account is meant, which group: what the directory says, never the prose.

use super::{Flow, Plan, Step, WaitFor};
use crate::closeout::{self, Why};
use domain::{
    Account, AccountQuery, Action, Group, Mention, ReadResult,
    action::{FindGroup, FindUser, ReadAccount},
};

/// A system that does not answer is asked this often in all.
const READ_TRIES: usize = 3;

/// What the directory says about the sender.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sender<'a> {
    /// Exactly one account.
    Known(&'a Account),
    /// Nobody.
    Unknown,
    /// More than one account.
    Several,
    /// The directory does not answer.
    Unavailable,
}

impl<'a> Plan<'a> {
    /// The result of a read, or the step that brings it. `None` when it cannot be had.
    pub(super) fn read(&self, action: Action) -> Flow<Option<&'a ReadResult>> {
        if self.case.refused(&action) {
            return Ok(None);
        }
        match self.case.read(&action) {
            None => Err(Step::Propose(action)),
            Some(ReadResult::Unavailable(_)) => {
                let tries = self.case.reads.iter().filter(|r| r.action == action);
                let (count, last) = tries.fold((0, None), |(n, _), r| (n + 1, Some(r.at)));
                if count >= READ_TRIES {
                    return Ok(None);
                }
                let again = last.map(|at| at.plus_ms(self.context.profile.retry_wait_ms));
                match again {
                    Some(at) if self.context.now < at => {
                        Err(Step::Wait { until: Some(at), for_whom: WaitFor::System })
                    }
                    _ => Err(Step::Propose(action)),
                }
            }
            Some(result) => Ok(Some(result)),
        }
    }

    /// Who the sender is.
    pub(super) fn sender(&self) -> Flow<Sender<'a>> {
        let from = self.case.ticket.from.trim().to_lowercase();
        if from.is_empty() {
            return Ok(Sender::Unknown);
        }
        let find = Action::FindUser(FindUser { query: AccountQuery::Address(from) });
        Ok(match self.read(find)? {
            Some(ReadResult::Accounts(found)) => match found.as_slice() {
                [] => Sender::Unknown,
                [one] => Sender::Known(one),
                _ => Sender::Several,
            },
            _ => Sender::Unavailable,
        })
    }

    /// The sender as the one who asks, or the hand-over when that is not clear.
    pub(super) fn requester(&self) -> Flow<&'a Account> {
        match self.sender()? {
            Sender::Known(account) => Ok(account),
            Sender::Unknown => Err(self.hand_over(Why::UnknownSender, "")),
            Sender::Several => Err(self.hand_over(Why::AmbiguousSender, "")),
            Sender::Unavailable => Err(self.hand_over(Why::Unavailable, "")),
        }
    }

    /// Whose account is meant. Asks once when that is not clear.
    pub(super) fn target(
        &self,
        requester: &'a Account,
        about: Option<&Mention>,
    ) -> Flow<&'a Account> {
        let msp = &self.context.profile.msp_name;
        let (query, named) = match about {
            None => return Ok(requester),
            Some(Mention::Name(n)) if n.trim().is_empty() => {
                return Err(self.ask(closeout::ask_person(requester, msp)));
            }
            Some(Mention::Name(n)) => (AccountQuery::Name(n.trim().to_string()), n),
            Some(Mention::Address(a)) => (AccountQuery::Address(a.trim().to_lowercase()), a),
        };
        match self.read(Action::FindUser(FindUser { query }))? {
            Some(ReadResult::Accounts(found)) => match found.as_slice() {
                [one] => Ok(one),
                _ => Err(self.ask(closeout::ask_person_again(requester, named, msp))),
            },
            _ => Err(self.hand_over(Why::Unavailable, "")),
        }
    }

    /// The account's state as read for this case.
    pub(super) fn account(&self, of: &Account) -> Flow<&'a Account> {
        match self.read(Action::ReadAccount(ReadAccount { account: of.account.clone() }))? {
            Some(ReadResult::Account(Some(account))) => Ok(account),
            _ => Err(self.hand_over(Why::Unavailable, "")),
        }
    }

    /// Which group is meant. Tries the name with and without a closing noun; asks once when none or
    /// several match.
    pub(super) fn group(&self, requester: &'a Account, named: Option<&str>) -> Flow<&'a Group> {
        let msp = &self.context.profile.msp_name;
        let Some(named) = named.map(str::trim).filter(|n| !n.is_empty()) else {
            return Err(self.ask(closeout::ask_group(requester, msp)));
        };
        for name in spellings(named) {
            match self.read(Action::FindGroup(FindGroup { name }))? {
                Some(ReadResult::Groups(found)) => match found.as_slice() {
                    [] => {}
                    [one] => return Ok(one),
                    several => {
                        return Err(
                            self.ask(closeout::ask_group_again(requester, named, several, msp))
                        );
                    }
                },
                _ => return Err(self.hand_over(Why::Unavailable, "")),
            }
        }
        Err(self.ask(closeout::ask_group_again(requester, named, &[], msp)))
    }
}

/// How a group that is called this way may be spelled in the directory, likeliest first.
fn spellings(named: &str) -> Vec<String> {
    const NOUNS: [&str; 6] =
        [" group", " team", " list", " channel", " gruppe", " distribution list"];
    let lower = named.to_lowercase();
    let noun = NOUNS.iter().rev().find(|n| lower.ends_with(**n));
    let mut out = vec![named.to_string()];
    match noun.and_then(|n| named.get(..named.len() - n.len())) {
        Some(bare) => out.push(bare.trim().to_string()),
        None => out.extend([format!("{named} Team"), format!("{named} Group")]),
    }
    out.retain(|n| !n.is_empty());
    out
}
