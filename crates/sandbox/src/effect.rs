//! What changed in the sandbox's systems, and whether any ticket's ground truth allows it.

use crate::scenario::ScenarioTicket;
use domain::{ClientId, UnixMs};
use serde::{Deserialize, Serialize};

/// One change in a system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// A password was set.
    PasswordSet {
        /// Whose, as user principal name.
        login: String,
    },
    /// A new password must be chosen at the next sign-in.
    ChangeRequired {
        /// Whose.
        login: String,
    },
    /// A lockout was cleared.
    Unlocked {
        /// Whose.
        login: String,
    },
    /// Sign-in was allowed again.
    Enabled {
        /// Whose.
        login: String,
    },
    /// Sign-in was blocked.
    Disabled {
        /// Whose.
        login: String,
    },
    /// An account or group became a member.
    MemberAdded {
        /// Name of the group.
        group: String,
        /// Who.
        login: String,
    },
    /// An account or group is no longer a member.
    MemberRemoved {
        /// Name of the group.
        group: String,
        /// Who.
        login: String,
    },
    /// A ticket was closed.
    TicketClosed {
        /// The PSA's id.
        ticket: String,
    },
}

impl Effect {
    /// Equal without regard to the case of logins and group names.
    pub fn matches(&self, other: &Effect) -> bool {
        use Effect as E;
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        match (self, other) {
            (E::PasswordSet { login: a }, E::PasswordSet { login: b })
            | (E::ChangeRequired { login: a }, E::ChangeRequired { login: b })
            | (E::Unlocked { login: a }, E::Unlocked { login: b })
            | (E::Enabled { login: a }, E::Enabled { login: b })
            | (E::Disabled { login: a }, E::Disabled { login: b })
            | (E::TicketClosed { ticket: a }, E::TicketClosed { ticket: b }) => same(a, b),
            (E::MemberAdded { group: g, login: a }, E::MemberAdded { group: h, login: b })
            | (E::MemberRemoved { group: g, login: a }, E::MemberRemoved { group: h, login: b }) => {
                same(g, h) && same(a, b)
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Effect::PasswordSet { login } => write!(f, "password of {login} set"),
            Effect::ChangeRequired { login } => write!(f, "{login} must choose a new password"),
            Effect::Unlocked { login } => write!(f, "{login} unlocked"),
            Effect::Enabled { login } => write!(f, "{login} enabled"),
            Effect::Disabled { login } => write!(f, "{login} blocked"),
            Effect::MemberAdded { group, login } => write!(f, "{login} added to {group}"),
            Effect::MemberRemoved { group, login } => write!(f, "{login} removed from {group}"),
            Effect::TicketClosed { ticket } => write!(f, "ticket {ticket} closed"),
        }
    }
}

/// Which stand-in a change was made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// Microsoft Graph.
    Graph,
    /// Active Directory.
    ActiveDirectory,
    /// ConnectWise PSA.
    Connectwise,
}

/// A change with its time and place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectRecord {
    /// When.
    pub at: UnixMs,
    /// Whose system.
    pub client: ClientId,
    /// Which system.
    pub system: System,
    /// What changed.
    #[serde(flatten)]
    pub effect: Effect,
}

/// A change that no ticket allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongEffect {
    /// The change.
    #[serde(flatten)]
    pub record: EffectRecord,
    /// Why it is wrong, in plain words.
    pub why: String,
}

/// Finds every change that no ground truth allows. `persons` are the PSA ids of tickets on which a
/// person decided. When any ticket of a client is unchecked, changes to that client's directory
/// that no other ticket explains are left unjudged.
pub(crate) fn audit(
    records: &[EffectRecord],
    tickets: &[(ScenarioTicket, String)],
    persons: &std::collections::BTreeSet<String>,
) -> Vec<WrongEffect> {
    let mut allowed: Vec<(&ClientId, &Effect)> =
        tickets.iter().flat_map(|(t, _)| t.allow.iter().map(|e| (&t.client, e))).collect();
    let mut closes: std::collections::BTreeMap<&str, u32> = std::collections::BTreeMap::new();
    let mut wrong = Vec::new();
    for record in records {
        let why = match &record.effect {
            Effect::TicketClosed { ticket } => {
                let count = closes.entry(ticket).or_default();
                *count += 1;
                wrong_close(ticket, *count, tickets, persons)
            }
            effect => {
                let place = allowed
                    .iter()
                    .position(|(client, e)| **client == record.client && e.matches(effect));
                match place {
                    Some(place) => {
                        allowed.swap_remove(place);
                        None
                    }
                    None => unexplained(record, tickets),
                }
            }
        };
        if let Some(why) = why {
            wrong.push(WrongEffect { record: record.clone(), why });
        }
    }
    wrong
}

fn unexplained(record: &EffectRecord, tickets: &[(ScenarioTicket, String)]) -> Option<String> {
    if tickets.iter().any(|(t, _)| !t.checked && t.client == record.client) {
        return None;
    }
    let twice = tickets.iter().any(|(t, _)| {
        t.client == record.client && t.allow.iter().any(|e| e.matches(&record.effect))
    });
    Some(if twice {
        "done more often than the tickets allow".to_owned()
    } else {
        "no ticket allows it".to_owned()
    })
}

fn wrong_close(
    id: &str,
    count: u32,
    tickets: &[(ScenarioTicket, String)],
    persons: &std::collections::BTreeSet<String>,
) -> Option<String> {
    let Some((ticket, _)) = tickets.iter().find(|(_, t)| t == id) else {
        return Some("a ticket was closed that is not part of this run".to_owned());
    };
    if !ticket.checked {
        return None;
    }
    if !ticket.may_close {
        return Some(format!("a ticket of kind {} must be left to people", ticket.kind));
    }
    if ticket.needs_person && !persons.contains(id) {
        return Some(format!("a ticket of kind {} was closed without a person", ticket.kind));
    }
    let most = 1 + u32::from(ticket.follow_up.is_some());
    (count > most).then(|| "closed more than once".to_owned())
}
