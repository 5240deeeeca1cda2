//! A fixed mix of what users really ask for, by our own brain: what the gate must not stand in the way
//! of.

use super::place::{self, Place};
use domain::action::*;
use domain::{Action, TicketStatus};
use rand::RngExt;
use rand::rngs::StdRng;

/// Something that somebody really wants.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// In which case.
    pub case: usize,
    /// What.
    pub action: Action,
}

/// The next wish: half of them changes to one's own account, the rest over the whole house.
pub(super) fn next(place: &Place, rng: &mut StdRng) -> Wish {
    // People whom the directory knows, at a client that lets the brain in.
    let known = |c: &&place::Case| place.sender(c.client, &c.sender).is_some();
    let cases: Vec<&place::Case> = place.cases.iter().filter(known).collect();
    let found = cases.get(rng.random_range(0..cases.len().max(1))).copied();
    let Some(case) = found.or(place.cases.first()) else {
        return Wish { case: 0, action: Action::FindGroup(FindGroup { name: "Sales".into() }) };
    };
    let index = place.cases.iter().position(|c| c.id == case.id).unwrap_or(0);
    let action = wish(place, case, rng);
    Wish { case: index, action: action.unwrap_or_else(|| note(case)) }
}

fn note(case: &place::Case) -> Action {
    Action::AddNote(AddNote { ticket: case.ticket.clone(), text: "Looked into it.".into() })
}

fn wish(place: &Place, case: &place::Case, rng: &mut StdRng) -> Option<Action> {
    let client = place.clients.get(case.client)?;
    let account = place.sender(case.client, &case.sender)?.account.clone();
    let workstation = rng.random_range(8..place::DEVICES);
    let device = || client.devices.get(workstation).map(|(d, _)| d.clone());
    let ticket = case.ticket.clone();
    Some(match rng.random_range(0..20) {
        0..4 => Action::UnlockAccount(UnlockAccount { account }),
        4..7 => Action::ResetPassword(ResetPassword { account, must_change: true }),
        7 => Action::RequirePasswordChange(RequirePasswordChange { account }),
        8 => Action::ReadAccount(ReadAccount { account }),
        9 => Action::GetAlerts(GetAlerts { device: device()? }),
        10 => Action::Reply(Reply { ticket, text: "It works again.".into() }),
        11 => Action::SetStatus(SetStatus {
            ticket,
            status: TicketStatus::Closed,
            duplicate_of: None,
        }),
        12 | 13 => {
            let group = client.groups.get(rng.random_range(1..4))?.group.clone();
            Action::AddGroupMember(AddGroupMember { account, group })
        }
        14 => Action::RestartService(RestartService {
            devices: vec![device()?],
            service: "spooler".into(),
        }),
        15 => Action::ClearCache(ClearCache { devices: vec![device()?], cache: "browser".into() }),
        16 => Action::Reboot(Reboot { devices: vec![device()?] }),
        // One client has it forbidden.
        17 if place::CLIENTS.get(case.client) != Some(&"cedar") => {
            Action::AssignLicence(AssignLicence { account, licence: place::licence(1).0 })
        }
        18 => Action::IssueTemporaryAccessPass(IssueTemporaryAccessPass { account, minutes: 60 }),
        _ => note(case),
    })
}
