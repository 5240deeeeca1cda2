//! The history that the shipped model learns from: our own texts, none of a customer's.
//!
//! Each file holds phrases by intent in a small notation: `{a|b|}` picks one alternative, `<slot>`
//! is filled from word lists, `subject || body` separates the two. INVARIANT: the expansion is a
//! pure function of the phrases, so every build learns from the same rows.

mod access;
mod accounts;
mod expand;
mod groups;
mod hard;
mod incidents;
mod other;
mod words;

use super::Labelled;
use domain::Intent;

/// Rows made from each phrase.
const ROWS_PER_PHRASE: u32 = 6;
/// Look-alikes get fewer rows: there are more of their phrases here than on any real desk, and the
/// threshold is chosen on this mix.
const ROWS_PER_LOOK_ALIKE: u32 = 2;

/// The phrases of every intent.
fn phrases() -> Vec<(Intent, &'static [&'static str])> {
    vec![
        (Intent::UnlockAccount, access::UNLOCK),
        (Intent::ResetPassword, access::RESET),
        (Intent::RequirePasswordChange, access::REQUIRE_CHANGE),
        (Intent::EnableAccount, accounts::ENABLE),
        (Intent::DisableAccount, accounts::DISABLE),
        (Intent::AccountStatus, accounts::STATUS),
        (Intent::AddToGroup, groups::ADD),
        (Intent::RemoveFromGroup, groups::REMOVE),
        (Intent::ListDevices, groups::DEVICES),
        (Intent::Thanks, incidents::THANKS),
        (Intent::SecurityIncident, incidents::SECURITY),
        (Intent::Other, other::OTHER),
        (Intent::Other, hard::LOOK_ALIKES),
    ]
}

/// The history that the shipped model learns from.
pub fn starter_history() -> Vec<Labelled> {
    let mut rows = Vec::with_capacity(6_000);
    let mut family = 0;
    for (intent, list) in phrases() {
        let few = std::ptr::eq(list, hard::LOOK_ALIKES);
        let rows_each = if few { ROWS_PER_LOOK_ALIKE } else { ROWS_PER_PHRASE };
        for phrase in list {
            for variant in 0..rows_each {
                let text = expand::expand(phrase, family, variant);
                rows.push(Labelled { text, intent, family });
            }
            family += 1;
        }
    }
    rows
}
