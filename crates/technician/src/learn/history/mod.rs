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
mod manager_look_alikes;
mod manager_other;
mod manager_words;
mod other;
mod people_asks;
mod people_hard;
mod people_other;
mod people_words;
mod words;

use super::Labelled;
use domain::Intent;

/// Rows made from each phrase.
const ROWS_PER_PHRASE: u32 = 6;
/// Look-alikes get fewer rows: there are more of their phrases here than on any real desk, and the
/// threshold is chosen on this mix.
const ROWS_PER_LOOK_ALIKE: u32 = 2;

/// The phrases of every intent, and how many rows are made from each.
fn phrases() -> Vec<(Intent, u32, &'static [&'static str])> {
    let plain = |intent, list| (intent, ROWS_PER_PHRASE, list);
    let look_alike = |list| (Intent::Other, ROWS_PER_LOOK_ALIKE, list);
    vec![
        plain(Intent::UnlockAccount, access::UNLOCK),
        plain(Intent::UnlockAccount, people_words::UNLOCK),
        plain(Intent::ResetPassword, access::RESET),
        plain(Intent::ResetPassword, people_words::RESET),
        plain(Intent::RequirePasswordChange, access::REQUIRE_CHANGE),
        plain(Intent::RequirePasswordChange, people_words::REQUIRE_CHANGE),
        plain(Intent::EnableAccount, accounts::ENABLE),
        plain(Intent::EnableAccount, manager_words::ENABLE),
        plain(Intent::DisableAccount, accounts::DISABLE),
        plain(Intent::DisableAccount, manager_words::DISABLE),
        plain(Intent::AccountStatus, accounts::STATUS),
        plain(Intent::AccountStatus, people_asks::STATUS),
        plain(Intent::AddToGroup, groups::ADD),
        plain(Intent::AddToGroup, manager_words::ADD),
        plain(Intent::RemoveFromGroup, groups::REMOVE),
        plain(Intent::RemoveFromGroup, manager_words::REMOVE),
        plain(Intent::ListDevices, groups::DEVICES),
        plain(Intent::ListDevices, people_asks::DEVICES),
        plain(Intent::Thanks, incidents::THANKS),
        plain(Intent::Thanks, people_asks::THANKS),
        plain(Intent::SecurityIncident, incidents::SECURITY),
        plain(Intent::SecurityIncident, manager_other::SECURITY),
        plain(Intent::Other, other::OTHER),
        plain(Intent::Other, manager_other::OTHER),
        plain(Intent::Other, people_other::OTHER),
        look_alike(hard::LOOK_ALIKES),
        look_alike(manager_look_alikes::LOOK_ALIKES),
        look_alike(people_hard::LOOK_ALIKES),
    ]
}

/// The history that the shipped model learns from.
pub fn starter_history() -> Vec<Labelled> {
    let mut rows = Vec::with_capacity(12_000);
    let mut family = 0;
    for (intent, rows_each, list) in phrases() {
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

/// Short mark of the phrases and of how rows are made from them. Changes when a model learned from
/// them would; used to notice an artifact of an older version.
pub fn starter_mark() -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut step = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    step(env!("CARGO_PKG_VERSION"));
    step(&format!("{:?}", super::TrainOptions::default()));
    for (intent, rows, list) in phrases() {
        step(intent.name());
        step(&rows.to_string());
        list.iter().for_each(|phrase| step(phrase));
    }
    format!("{hash:016x}")
}
