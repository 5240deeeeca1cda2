//! Tickets as real desks get them, with a ground truth that the technician never sees.
//!
//! INVARIANT: the same seed and number give the same tickets, about the world of the same seed.

mod cast;
mod compose;
mod kinds;
mod own;
mod phrases;

pub use own::{OwnTicketError, parse_own};

use crate::effect::Effect;
use crate::world::{World, pick};
use cast::Cast;
use domain::{ClientId, UnixMs};
use kinds::{DUPLICATES, KINDS, Make};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

/// Sets the scene before a ticket is filed, without a recorded effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "prepare", rename_all = "snake_case")]
pub enum Preparation {
    /// Lock the account.
    Lock {
        /// Whose, as user principal name.
        login: String,
    },
    /// Let the password be old.
    Expire {
        /// Whose.
        login: String,
    },
    /// Block sign-in.
    Block {
        /// Whose.
        login: String,
    },
    /// Allow sign-in.
    Unblock {
        /// Whose.
        login: String,
    },
    /// Make someone a member.
    Member {
        /// Name of the group.
        group: String,
        /// Who.
        login: String,
    },
    /// Make someone no member.
    NotMember {
        /// Name of the group.
        group: String,
        /// Who.
        login: String,
    },
}

/// One ticket with its ground truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScenarioTicket {
    /// Whose user writes, or seems to.
    pub client: ClientId,
    /// Sender's address.
    pub from: String,
    /// Sender's name.
    pub from_name: String,
    /// Subject line.
    pub subject: String,
    /// Mail text.
    pub body: String,
    /// Label of the kind, such as `password_forgotten`.
    pub kind: String,
    /// Changes that are right, each at most once.
    pub allow: Vec<Effect>,
    /// Closing it is right at all, once what it needs has been done.
    pub may_close: bool,
    /// Not to be closed, nor anything changed, without a person's decision.
    pub needs_person: bool,
    /// Ground truth is known. `false` for a user's own tickets without `allow`.
    pub checked: bool,
    /// What must be so before it is filed.
    pub prepare: Vec<Preparation>,
    /// What the user writes after the ticket was closed.
    pub follow_up: Option<String>,
}

/// `n` tickets about the world of this seed, in the order in which they arrive.
pub fn scenario(seed: u64, n: usize) -> Vec<ScenarioTicket> {
    let world = World::new(seed, UnixMs(0));
    // A stream of its own, so that the number of tickets never shifts the world.
    let mut rng = StdRng::seed_from_u64(seed ^ 0x7469_636b);
    let mut casts = Cast::all(&mut rng, &world);
    let duplicates = share(n, DUPLICATES);
    let mut tickets = Vec::with_capacity(n);
    for (place, make) in order(&mut rng, n - duplicates).into_iter().enumerate() {
        let companies = casts.len();
        let made = (0..companies).find_map(|shift| {
            casts.get_mut((place + shift) % companies).and_then(|cast| make(&mut rng, cast))
        });
        tickets.extend(made);
    }
    add_duplicates(&mut rng, &mut tickets, duplicates);
    tickets
}

fn share(n: usize, per_mille: u32) -> usize {
    (n * per_mille as usize + 500) / 1000
}

/// How each ticket is made: by the shares, what rounding leaves going to the commonest, shuffled.
fn order(rng: &mut StdRng, n: usize) -> Vec<Make> {
    let whole: usize = KINDS.iter().map(|(share, _)| *share as usize).sum();
    let mut order: Vec<Make> = Vec::with_capacity(n);
    let mut due = 0;
    for (share, make) in KINDS {
        due += *share as usize * n;
        while order.len() * whole + whole / 2 < due {
            order.push(*make);
        }
    }
    if let Some((_, commonest)) = KINDS.first() {
        order.resize(n, *commonest);
    }
    order.shuffle(rng);
    order
}

/// Sends some mails a second time, a little later.
fn add_duplicates(rng: &mut StdRng, tickets: &mut Vec<ScenarioTicket>, count: usize) {
    const ONCE_MORE: [&str; 3] = ["password_forgotten", "password_expired", "locked_out"];
    for _ in 0..count {
        let places: Vec<usize> = (0..tickets.len())
            .filter(|p| tickets.get(*p).is_some_and(|t| ONCE_MORE.contains(&t.kind.as_str())))
            .collect();
        let Some(place) = pick(rng, &places).copied() else { return };
        let Some(first) = tickets.get(place).cloned() else { return };
        let later = (place + rng.random_range(1..4)).min(tickets.len());
        let copy = ScenarioTicket {
            kind: "duplicate".into(),
            allow: Vec::new(),
            prepare: Vec::new(),
            follow_up: None,
            ..first
        };
        tickets.insert(later, copy);
    }
}

#[cfg(test)]
mod tests;
