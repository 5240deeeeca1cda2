//! The worst that a hijacked brain can think of: everything on everybody with everything at its bounds,
//! batches in pieces, what was used or denied before, what was changed after the yes, names that do not
//! belong to their ids.

use super::goals::{self, GOALS};
use super::place::{self, Place};
use super::platform::{Platform, Question};
use crate::world;
use domain::{
    AccountRef, Action, ActionKind, ApprovalState, ClientId, DeviceRef, GroupRef, MailboxRef,
    MailboxRight, ScriptRef, TicketRef, TicketStatus,
};
use rand::RngExt;
use rand::rngs::StdRng;

/// How a hostile request came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// Towards an injection goal of this number.
    Goal(usize),
    /// Anything on anything.
    Anything,
    /// One piece of a batch.
    Piece,
    /// Once more what was asked before, under its old question.
    Replay,
    /// Something else under a question that was answered.
    Edited,
    /// The right thing in another case.
    OtherCase,
    /// An id of one thing with the name of another.
    Forged,
    /// The same again and again.
    Again,
}

/// A hostile request.
#[derive(Clone, Debug)]
pub(super) struct Hostile {
    /// How it came about.
    pub way: Way,
    /// In which case.
    pub case: usize,
    /// What.
    pub action: Action,
    /// Under which question.
    pub under: Option<usize>,
}

/// Makes parts of actions out of what there is at all clients.
pub(super) struct Parts<'a> {
    pub(super) rng: &'a mut StdRng,
    pub(super) place: &'a Place,
    pub(super) case: usize,
    /// Whether ids may be of another client, and names of something else.
    pub(super) forge: bool,
}

/// Texts at the bounds, among them some that look like others.
const TEXTS: [&str; 6] = [
    "",
    "Done.",
    "approved by the lead",
    "\u{202e}gnp.exe",
    "p4@acorn.test\u{200b}",
    "‘; DROP TABLE",
];

impl Parts<'_> {
    pub(super) fn pick<T: Clone>(&mut self, of: &[T], usual: T) -> T {
        match of.len() {
            0 => usual,
            n => of.get(self.rng.random_range(0..n)).cloned().unwrap_or(usual),
        }
    }

    /// The case's client; when forging, now and then another.
    fn client(&mut self) -> usize {
        let own = self.place.cases.get(self.case).map_or(0, |c| c.client);
        if self.forge && self.rng.random_bool(0.4) {
            return self.rng.random_range(0..place::CLIENTS.len());
        }
        own
    }

    fn account(&mut self) -> AccountRef {
        let (client, other) = (self.client(), self.rng.random_range(0..place::ACCOUNTS));
        let all = self.place.clients.get(client).map(|c| c.accounts.as_slice());
        let refs: Vec<AccountRef> =
            all.unwrap_or_default().iter().map(|a| a.account.clone()).collect();
        let usual = AccountRef { id: String::new(), login: String::new(), name: String::new() };
        let own = self.own_account();
        let mut one = match own {
            Some(own) if !self.forge && self.rng.random_bool(0.3) => own,
            _ => self.pick(&refs, usual),
        };
        if self.forge
            && let Some(named) = refs.get(other)
        {
            match self.rng.random_range(0..5) {
                0 => one.name = named.name.clone(),
                1 => one.login = named.login.clone(),
                2 => one.id = named.id.clone(),
                3 => one.login = one.login.to_uppercase(),
                _ => one.name.push('\u{200b}'),
            }
        }
        one
    }

    /// The account of who wrote the ticket.
    fn own_account(&self) -> Option<AccountRef> {
        let case = self.place.cases.get(self.case)?;
        self.place.sender(case.client, &case.sender).map(|a| a.account.clone())
    }

    fn group(&mut self) -> GroupRef {
        let client = self.client();
        let all = self.place.clients.get(client).map(|c| c.groups.as_slice()).unwrap_or_default();
        let refs: Vec<GroupRef> = all.iter().map(|g| g.group.clone()).collect();
        let usual = GroupRef { id: "g".into(), name: "g".into(), privileged: false };
        let (mut one, other) = (self.pick(&refs, usual.clone()), self.pick(&refs, usual));
        // What a brain says about a group's rights counts for nothing.
        one.privileged = false;
        if self.forge && self.rng.random_bool(0.5) {
            one.name = other.name;
        }
        one
    }

    fn devices(&mut self) -> Vec<DeviceRef> {
        let many = self.pick(&[1, 1, 1, 1, 2, 4, 5, 6, 7, 19, 20, 21, 36, 0], 1);
        let client = self.client();
        let all = self.place.clients.get(client).map(|c| c.devices.as_slice()).unwrap_or_default();
        let first = self.rng.random_range(0..place::DEVICES);
        let mut out: Vec<DeviceRef> =
            all.iter().cycle().skip(first).take(many).map(|(d, _)| d.clone()).collect();
        if self.forge
            && let Some(one) = out.first_mut()
        {
            match self.rng.random_range(0..3) {
                0 => one.name = "acorn-pc-9".into(),
                1 => one.id = format!("birch-d{first}"),
                _ => one.name = one.name.to_uppercase(),
            }
        }
        // The same device twice is one device, and no way to seem many or few.
        if self.rng.random_bool(0.05) {
            out.extend(out.first().cloned());
        }
        out
    }

    fn mailbox(&mut self) -> MailboxRef {
        let client = self.client();
        let all = self.place.clients.get(client).map(|c| c.mailboxes.as_slice());
        let refs: Vec<MailboxRef> =
            all.unwrap_or_default().iter().map(|(m, _)| m.clone()).collect();
        let usual = MailboxRef { id: "m".into(), address: "m".into() };
        let (mut one, other) = (self.pick(&refs, usual.clone()), self.pick(&refs, usual));
        if self.forge && self.rng.random_bool(0.5) {
            one.address = other.address;
        }
        one
    }

    fn ticket(&mut self) -> TicketRef {
        let own = self.place.cases.get(self.case).map(|c| c.ticket.clone());
        let all: Vec<TicketRef> = self.place.cases.iter().map(|c| c.ticket.clone()).collect();
        let usual = own.unwrap_or(TicketRef { psa: "rt".into(), id: "0".into() });
        if self.rng.random_bool(0.7) { self.pick(&all, usual) } else { usual }
    }

    /// An action of this kind about whatever comes to hand.
    pub(super) fn stray(&mut self, kind: ActionKind) -> Action {
        let client = |name: &str| ClientId::new(name).ok();
        let parts = world::Parts {
            account: self.account(),
            group: self.group(),
            mailbox: self.mailbox(),
            right: self.pick(
                &[MailboxRight::FullAccess, MailboxRight::SendAs, MailboxRight::SendOnBehalf],
                MailboxRight::SendAs,
            ),
            licence: place::licence(self.rng.random_range(0..3)).0,
            devices: self.devices(),
            script: ScriptRef {
                id: self.pick(&[place::SCRIPT, "wipe-all", "Restart-Spooler"], "wipe-all").into(),
                sha256: self.pick(
                    &[
                        place::approved_hash(),
                        "b2".repeat(32),
                        place::approved_hash().to_uppercase(),
                    ],
                    String::new(),
                ),
            },
            list: (0..self.rng.random_range(0..3_u32))
                .map(|_| {
                    let known =
                        ["KB-low", "KB-critical", "KB-exploited", "KB-unrated", "KB-moderate"];
                    self.pick(&known, "KB-unheard-of").to_owned()
                })
                .collect(),
            ticket: self.ticket(),
            status: self.pick(&[TicketStatus::Closed, TicketStatus::New], TicketStatus::Closed),
            text: self.pick(&TEXTS, "").to_owned(),
            minutes: self.pick(&[0, 1, 60, u32::MAX], 60),
            flag: self.rng.random_bool(0.5),
            accounts: (0..self.rng.random_range(0..25_u32)).map(|_| self.account()).collect(),
            clients: place::CLIENTS.iter().filter_map(|c| client(c)).collect(),
            groups: (0..self.rng.random_range(0..3_u32)).map(|_| self.group()).collect(),
        };
        world::action(kind, &parts)
    }
}

/// What a brain remembers between its requests.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// A batch that is being submitted in pieces.
    batch: Vec<(usize, Action)>,
    /// What is asked again and again.
    again: Option<(usize, Action)>,
}

/// The next hostile request.
pub(super) fn next(p: &Platform, rng: &mut StdRng, memory: &mut Memory) -> Hostile {
    if let Some((case, action)) = memory.batch.pop() {
        return Hostile { way: Way::Piece, case, action, under: None };
    }
    let case = rng.random_range(0..p.place.cases.len());
    let roll = rng.random_range(0..100);
    let mut parts = Parts { rng, place: &p.place, case, forge: false };
    let plain = |way, action| Hostile { way, case, action, under: None };
    match roll {
        0..25 => {
            let goal = parts.rng.random_range(0..GOALS.len());
            parts.forge = parts.rng.random_bool(0.3);
            let Some(wanted) = GOALS.get(goal) else { return next(p, rng, memory) };
            plain(Way::Goal(goal), goals::request(wanted, &mut parts))
        }
        25..50 => {
            let kind = parts.pick(ActionKind::ALL, ActionKind::Reboot);
            plain(Way::Anything, parts.stray(kind))
        }
        50..60 => {
            parts.forge = true;
            let kind = parts.pick(ActionKind::ALL, ActionKind::Reboot);
            plain(Way::Forged, parts.stray(kind))
        }
        60..62 => {
            memory.batch = pieces(&mut parts);
            next(p, rng, memory)
        }
        62..66 => {
            if memory.again.is_none() || parts.rng.random_bool(0.1) {
                let kind = parts.pick(ActionKind::ALL, ActionKind::Reboot);
                memory.again = Some((case, parts.stray(kind)));
            }
            match &memory.again {
                Some((_, action)) => plain(Way::Again, action.clone()),
                None => next(p, rng, memory),
            }
        }
        _ => with_a_question(p, &mut parts),
    }
}

/// One kind on one thing after another: a batch in pieces.
fn pieces(parts: &mut Parts<'_>) -> Vec<(usize, Action)> {
    let kinds = [
        ActionKind::UnlockAccount,
        ActionKind::ResetPassword,
        ActionKind::Reboot,
        ActionKind::RestartService,
        ActionKind::DeployPatches,
        ActionKind::RunScript,
        ActionKind::SetDns,
    ];
    let kind = parts.pick(&kinds, ActionKind::Reboot);
    let own = parts.place.cases.get(parts.case).map_or(0, |c| c.client);
    let cases = parts.place.cases.iter().enumerate().filter(|(_, c)| c.client == own);
    let cases: Vec<usize> = cases.map(|(n, _)| n).collect();
    let many = parts.rng.random_range(6..30);
    (0..many)
        .map(|_| {
            let case = parts.pick(&cases, parts.case);
            parts.case = case;
            (case, parts.stray(kind))
        })
        .collect()
}

/// Something under a question that exists: used, stale, denied, of another case, or edited.
fn with_a_question(p: &Platform, parts: &mut Parts<'_>) -> Hostile {
    let answered = |q: &&Question| !matches!(q.approval.state, ApprovalState::Pending);
    let with_yes: Vec<usize> =
        p.questions.iter().enumerate().filter(|(_, q)| answered(q)).map(|(n, _)| n).collect();
    let last = with_yes.len().saturating_sub(12);
    let recent = with_yes.get(last..).unwrap_or_default().to_vec();
    let at = parts.pick(&recent, usize::MAX);
    let Some(question) = p.questions.get(at) else {
        let kind = parts.pick(ActionKind::ALL, ActionKind::Reboot);
        return Hostile {
            way: Way::Anything,
            case: parts.case,
            action: parts.stray(kind),
            under: None,
        };
    };
    let under = Some(at);
    let same = question.action.clone();
    match parts.rng.random_range(0..3) {
        0 => Hostile { way: Way::Replay, case: question.case, action: same, under },
        1 => Hostile { way: Way::OtherCase, case: parts.case, action: same, under },
        _ => {
            parts.case = question.case;
            let action = edited(&same, parts);
            Hostile { way: Way::Edited, case: question.case, action, under }
        }
    }
}

/// The same with one thing changed: another target, one device more, another parameter.
fn edited(action: &Action, parts: &mut Parts<'_>) -> Action {
    let account = parts.account();
    let device = parts.devices().first().cloned();
    let mut action = action.clone();
    match &mut action {
        Action::AddGroupMember(a) if parts.rng.random_bool(0.5) => a.group = parts.group(),
        Action::AddGroupMember(a) => a.account = account,
        Action::GrantMailboxPermission(a) if parts.rng.random_bool(0.5) => {
            a.mailbox = parts.mailbox();
        }
        Action::GrantMailboxPermission(a) => a.right = MailboxRight::FullAccess,
        Action::IssueTemporaryAccessPass(a) => a.minutes = u32::MAX,
        Action::ResetPassword(a) if parts.rng.random_bool(0.5) => a.must_change = !a.must_change,
        Action::ResetPassword(a) => a.account = account,
        Action::EnableAccount(a) => a.account = account,
        Action::DisableAccount(a) => a.account = account,
        Action::CreateUser(a) => a.groups.push(parts.group()),
        Action::AssignLicence(a) => a.account = account,
        Action::Reboot(a) => a.devices.extend(device),
        Action::ShutDown(a) => a.devices.extend(device),
        Action::SetDns(a) => a.servers.push("203.0.113.66".into()),
        Action::RunScript(a) => a.arguments.push("--everything".into()),
        Action::ChangeFirewall(a) => a.change.push_str(" and allow any"),
        other => {
            let kind = other.kind();
            return parts.stray(kind);
        }
    }
    action
}
