//! Where to begin: kinds of tickets by what they bring, each with what it takes and what it leaves, in one sentence.

use crate::report::{Class, Label, Scope};
use domain::Intent;

/// Kinds with fewer tickets than this that would be closed are not worth a beginning.
const LEAST: u32 = 5;
/// Entries at most.
const MOST: usize = 8;

/// Ranks classes by count × handling time × (1 − reopened).
pub(crate) fn scope(classes: &[(Class, Option<Intent>)], months: f64, rate: f64) -> Vec<Scope> {
    let mut out: Vec<Scope> = classes
        .iter()
        .filter(|(class, _)| class.label != Label::Escalate && class.closed() >= LEAST)
        .filter_map(|(class, intent)| {
            let (accept, reject) = sentences((*intent)?);
            let tickets = f64::from(class.closed()) / months;
            let hours = class.hours.times(1.0 / months);
            Some(Scope {
                class: class.name.clone(),
                tickets,
                hours,
                money: hours.times(rate),
                label: class.label,
                accept: accept.into(),
                reject: reject.into(),
            })
        })
        .collect();
    out.sort_by(|a, b| b.hours.total.total_cmp(&a.hours.total).then_with(|| a.class.cmp(&b.class)));
    out.truncate(MOST);
    out
}

/// Accept and reject, as the technician and the gate really decide.
fn sentences(intent: Intent) -> (&'static str, &'static str) {
    match intent {
        Intent::UnlockAccount => (
            "A known user asks to be let in again, and the directory shows that account locked.",
            "Another person's account without a right to it, privileged, service or emergency accounts, a blocked account, anything that smells of an attack.",
        ),
        Intent::ResetPassword => (
            "A known user asks for a new password for their own account; the temporary one goes to the address on file.",
            "Privileged, service or emergency accounts, passwords of other systems than the directory, a request for somebody else without a right to it.",
        ),
        Intent::RequirePasswordChange => (
            "A known user asks to be made to choose a new password at the next sign-in.",
            "Accounts of other people, privileged and service accounts.",
        ),
        Intent::EnableAccount => (
            "Somebody with a right to it asks that a blocked account works again.",
            "Accounts of people who left, requests by somebody unrelated.",
        ),
        Intent::DisableAccount => (
            "A manager or a named contact asks that a leaver's account is blocked.",
            "Requests by somebody unrelated, more accounts at once than the policy allows.",
        ),
        Intent::AddToGroup => (
            "A known user asks for access through one group that the directory has; its owner or a manager says yes.",
            "Administrative groups, groups with protected data without their owner's yes, a group that cannot be told from its name.",
        ),
        Intent::RemoveFromGroup => (
            "Somebody with a right to it asks that a person leaves one group.",
            "Groups that cannot be told from their name, requests by somebody unrelated.",
        ),
        Intent::ListDevices | Intent::AccountStatus => (
            "A known user asks about their own account or devices; nothing is changed.",
            "Questions about other people.",
        ),
        Intent::Thanks => (
            "The user says thanks and nothing else; the ticket is closed.",
            "Thanks with another question in it.",
        ),
        Intent::SecurityIncident | Intent::Other => ("Nothing.", "Everything: people take it."),
    }
}
