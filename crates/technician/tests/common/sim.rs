//! A small desk in memory: answers what the plan proposes, the way the worker would.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::model;
use domain::*;
use technician::{Context, Profile, Step, WaitFor, next, requester_texts, understand};

/// Ids without randomness: the number in the last digits.
fn id<T: std::str::FromStr>(n: usize) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("00000000-0000-7000-8000-{n:012}").parse().unwrap()
}

/// How the world behaves in one scenario.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) ticket: IncomingTicket,
    pub(crate) accounts: Vec<Account>,
    pub(crate) groups: Vec<Group>,
    pub(crate) devices: Vec<Device>,
    pub(crate) profile: Profile,
    /// Tier by action; the rest is Low.
    pub(crate) tiers: Vec<(ActionKind, Tier)>,
    /// One after the other; without a further one the question expires.
    pub(crate) decisions: Vec<Said>,
    /// One after the other: sender and text; without a further one nobody answers.
    pub(crate) answers: Vec<(String, String)>,
    /// The first attempts of a kind fail with these texts.
    pub(crate) failures: Vec<(ActionKind, Vec<String>)>,
    /// The directory does not answer this many times.
    pub(crate) outages: usize,
    pub(crate) duplicate_of: Option<String>,
    pub(crate) secret: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) enum Said {
    Yes,
    No(&'static str),
    Void,
}

pub(crate) struct Sim {
    pub(crate) script: Script,
    pub(crate) events: Vec<Recorded>,
    pub(crate) now: UnixMs,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: CaseOutcome,
    pub(crate) reason: String,
    pub(crate) done: Vec<Action>,
    pub(crate) view: CaseView,
}

impl Sim {
    pub(crate) fn new(script: Script) -> Sim {
        let mut sim = Sim { now: UnixMs(1_000_000), events: Vec::new(), script };
        let ticket = sim.script.ticket.clone();
        sim.record(Actor::Platform, Event::Received { ticket });
        if let Some(of) = sim.script.duplicate_of.clone() {
            sim.record(Actor::Platform, Event::Noted { code: "duplicate_of".into(), text: of });
        }
        sim
    }

    /// The case after a crash: only these many events were written.
    pub(crate) fn cut(script: &Script, events: &[Recorded]) -> Sim {
        let now = events.last().unwrap().at;
        let mut sim = Sim { script: script.clone(), events: events.to_vec(), now };
        // The mark of a duplicate is written together with the ticket.
        if let (1, Some(of)) = (events.len(), script.duplicate_of.clone()) {
            sim.record(Actor::Platform, Event::Noted { code: "duplicate_of".into(), text: of });
        }
        sim
    }

    fn record(&mut self, actor: Actor, event: Event) {
        self.now = self.now.plus_ms(10);
        let seq = self.events.len() as u64;
        self.events.push(Recorded { seq, at: self.now, actor, event });
    }

    pub(crate) fn view(&self) -> CaseView {
        CaseView::fold(&ClientId::new("acme").unwrap(), id(1), &self.events).unwrap()
    }

    pub(crate) fn next(&self) -> Step {
        let context = Context {
            profile: &self.script.profile,
            now: self.now,
            secret_link: self.script.secret,
        };
        let view = self.view();
        let step = next(&view, &context);
        assert_eq!(step, next(&view, &context), "the same case must give the same step");
        step
    }

    /// Works the case to its end.
    pub(crate) fn run(mut self) -> (Ended, Vec<Recorded>) {
        for _ in 0..300 {
            match self.next() {
                Step::Understand => {
                    let view = self.view();
                    let understanding = understand(model(), &view.ticket, &requester_texts(&view));
                    self.record(
                        Actor::Platform,
                        Event::Understood { understanding, model: "m".into() },
                    );
                }
                Step::Propose(action) => self.propose(action),
                Step::Wait { until, for_whom } => self.wait(until, for_whom),
                Step::Finish { outcome, reason } => {
                    let view = self.view();
                    let done = view.attempts.iter().filter(|a| a.evidence().is_some());
                    let done = done.map(|a| a.action.clone()).collect();
                    self.record(Actor::Platform, Event::Ended { outcome, reason: reason.clone() });
                    assert_eq!(self.next(), Step::Finish { outcome, reason: reason.clone() });
                    return (Ended { outcome, reason, done, view }, self.events);
                }
            }
        }
        panic!("the case goes round in circles: {:?}", self.next());
    }

    fn verdict(&self, action: &Action) -> VerdictRecord {
        let tiers = self.script.tiers.iter().find(|(k, _)| *k == action.kind());
        let tier = tiers.map_or(Tier::Low, |(_, t)| *t);
        let follows = match tier {
            Tier::Low => Follow::Run,
            Tier::Medium => Follow::RunAndNotify,
            Tier::High => Follow::Hold(ApprovalPlan {
                excluded: vec![],
                ttl_ms: 1_000_000,
                needed: 1,
                steps: Default::default(),
            }),
            Tier::Critical => Follow::Refuse,
        };
        let finding = Finding {
            assessor: "base".into(),
            minimum: tier,
            code: "test_code".into(),
            because: "because".into(),
        };
        VerdictRecord {
            digest: action.digest(&ClientId::new("acme").unwrap()),
            tier,
            findings: vec![finding],
            policy_version: "test".into(),
            follows,
            judged_at: self.now,
            shadow: false,
        }
    }

    fn propose(&mut self, action: Action) {
        let verdict = self.verdict(&action);
        let view = self.view();
        assert!(view.done(&action).is_none(), "proposed again although done: {action:?}");
        if !action.kind().is_write() {
            let result = self.look_up(&action, &view);
            return self.record(Actor::Platform, Event::Read { action, verdict, result });
        }
        self.check_write(&action, &view);
        self.record(
            Actor::Platform,
            Event::Judged { action: action.clone(), facts: facts(), verdict: verdict.clone() },
        );
        let approved =
            view.held_for(&action).filter(|h| matches!(h.state, ApprovalState::Approved { .. }));
        match verdict.follows {
            Follow::Refuse => {}
            Follow::Hold(_) if approved.is_none() => {
                let event = Event::Held {
                    approval: id(1_000 + self.events.len()),
                    digest: verdict.digest,
                    tier: verdict.tier,
                    expires_at: self.now.plus_ms(1_000_000),
                    needed: 1,
                    action,
                };
                self.record(Actor::Platform, event);
            }
            _ => self.perform(action, &verdict, approved.map(|h| h.approval)),
        }
    }

    /// What must hold for every write that is ever proposed.
    fn check_write(&self, action: &Action, view: &CaseView) {
        if let Action::Reply(r) = action {
            assert!(!r.text.contains(technician::closeout::SECRET_LINK), "{}", r.text);
        }
        let Some(account) = action.account() else { return };
        let from_directory = view.reads.iter().any(|r| match &r.result {
            ReadResult::Accounts(a) => a.iter().any(|a| a.account == *account),
            ReadResult::Account(Some(a)) => a.account == *account,
            _ => false,
        });
        assert!(from_directory, "the account came from nowhere: {action:?}");
        let understood = view.understanding.as_ref().unwrap();
        let unsafe_signal = understood.signals.iter().any(|s| {
            matches!(s, Signal::Incident(_) | Signal::Orders(_) | Signal::SeveralRequests(_))
        });
        assert!(!unsafe_signal && !understood.abstained, "{action:?} despite {understood:?}");
        let known =
            self.script.accounts.iter().filter(|a| has_address(a, &view.ticket.from)).count();
        assert_eq!(known, 1, "changed something for an unknown sender: {action:?}");
        if let Some(group) = action.group() {
            let read = view.reads.iter().any(
                |r| matches!(&r.result, ReadResult::Groups(g) if g.iter().any(|g| g.group == *group)),
            );
            assert!(read, "the group came from nowhere: {action:?}");
        }
    }

    fn perform(&mut self, action: Action, verdict: &VerdictRecord, approval: Option<ApprovalId>) {
        let before = self.view().attempts_of(&action).count();
        let attempt: AttemptId = id(5_000 + self.events.len());
        let failure = self.script.failures.iter().find(|(k, _)| *k == action.kind());
        let failure = failure.and_then(|(_, texts)| texts.get(before).cloned());
        self.record(
            Actor::Platform,
            Event::Started {
                attempt,
                action,
                digest: verdict.digest,
                tier: verdict.tier,
                approval,
                was_member: None,
                before: None,
            },
        );
        let outcome = match failure {
            Some(text) => Outcome::Failed(text),
            None => Outcome::Done("read back and found".into()),
        };
        self.record(Actor::Platform, Event::Finished { attempt, outcome });
    }

    fn wait(&mut self, until: Option<UnixMs>, for_whom: WaitFor) {
        let view = self.view();
        match for_whom {
            WaitFor::System => match until {
                Some(at) => self.now = at,
                None => {
                    let attempt = view.unresolved().next().unwrap().id;
                    let outcome = Outcome::Failed("interrupted: the server stopped".into());
                    self.record(Actor::Platform, Event::Finished { attempt, outcome });
                }
            },
            WaitFor::Approval => {
                let held =
                    view.held.iter().rev().find(|h| h.state == ApprovalState::Pending).unwrap();
                let approval = held.approval;
                let decided =
                    view.held.iter().filter(|h| h.state != ApprovalState::Pending).count();
                let person = Actor::Person(PersonId::new("alex").unwrap());
                match self.script.decisions.get(decided).cloned() {
                    Some(Said::Yes) => {
                        self.record(
                            person,
                            Event::Decided { approval, decision: Decision::Approve },
                        );
                    }
                    Some(Said::No(why)) => self.record(
                        person,
                        Event::Decided { approval, decision: Decision::Deny(why.into()) },
                    ),
                    Some(Said::Void) => self.record(
                        Actor::Platform,
                        Event::Voided { approval, reason: "tier rose".into() },
                    ),
                    None => {
                        self.now = until.unwrap();
                        self.record(Actor::Platform, Event::Expired { approval });
                    }
                }
            }
            WaitFor::User => {
                let said = view.messages.len();
                match self.script.answers.get(said).cloned() {
                    Some((from, body)) => {
                        self.now = self.now.plus_ms(60_000);
                        let message = Message {
                            id: said.to_string(),
                            author: Author::Customer(from),
                            body,
                            at: self.now,
                            internal: false,
                        };
                        self.record(Actor::Platform, Event::MessageReceived { message });
                    }
                    None => self.now = until.unwrap(),
                }
            }
        }
    }

    fn look_up(&self, action: &Action, view: &CaseView) -> ReadResult {
        if view.reads.len() < self.script.outages {
            return ReadResult::Unavailable("no answer".into());
        }
        let after = |a: &Account| changed(a, view);
        match action {
            Action::FindUser(f) => {
                let hit = |a: &&Account| match &f.query {
                    AccountQuery::Address(q) => has_address(a, q),
                    AccountQuery::Name(n) => a.account.name.to_lowercase() == n.to_lowercase(),
                };
                ReadResult::Accounts(self.script.accounts.iter().filter(hit).map(after).collect())
            }
            Action::ReadAccount(r) => ReadResult::Account(
                self.script.accounts.iter().find(|a| a.account.id == r.account.id).map(after),
            ),
            Action::FindGroup(f) => ReadResult::Groups(
                self.script
                    .groups
                    .iter()
                    .filter(|g| g.group.name.to_lowercase() == f.name.to_lowercase())
                    .cloned()
                    .collect(),
            ),
            Action::ListDevices(_) => ReadResult::Devices(self.script.devices.clone()),
            other => panic!("{other:?} is no read"),
        }
    }
}

fn has_address(a: &Account, q: &str) -> bool {
    let q = q.to_lowercase();
    a.mail.as_deref() == Some(&q)
        || a.account.login == q
        || a.account.login.split('@').next() == Some(&q)
}

/// An account as it reads after what was done on this case.
fn changed(a: &Account, view: &CaseView) -> Account {
    let mut a = a.clone();
    for attempt in view.attempts.iter().filter(|t| t.evidence().is_some()) {
        if attempt.action.account().is_some_and(|r| r.id == a.account.id) {
            match &attempt.action {
                Action::UnlockAccount(_) => a.state.lock = Lock::Unlocked,
                Action::EnableAccount(_) => a.state.enabled = true,
                Action::DisableAccount(_) => a.state.enabled = false,
                Action::AddGroupMember(g) => a.groups.push(g.group.clone()),
                Action::RemoveGroupMember(g) => a.groups.retain(|h| h.id != g.group.id),
                _ => {}
            }
        }
    }
    a
}

fn facts() -> Facts {
    Facts::none("not read in this test")
}
