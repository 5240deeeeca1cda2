//! One ticket of the past through the technician and the gate, with a person who says yes wherever one is asked.
//!
//! The steps are those of a live case: [`technician::next`] names them, every action is judged by [`gate::judge`], and the case is nothing but its events,
//! folded. Only what lies outside is made up: the directory ([`crate::company`]), the effect of an action (it happens), the person asked (they say yes). INVARIANT: nothing here can reach a system; a verdict leads to no grant.

use crate::company::{Directory, Scene};
use domain::{
    Action, ActionKind, Actor, ApprovalId, ApprovalState, AttemptId, BrainFacts, BrainId, CaseId,
    CaseOutcome, CaseView, ClientId, Decision, Event, Fact, Facts, Follow, IncomingTicket, Outcome,
    PersonId, Recorded, TicketFacts, Tier, Understanding, UnixMs, VerdictRecord, Volume, Would,
};
use gate::{CompiledPolicy, Request, directory::Lists};
use std::collections::{HashMap, VecDeque};
use technician::{Context, Profile, Step, WaitFor};

/// Steps after which a case that does not end is given up; a live case needs some thirty.
const MOST_STEPS: usize = 300;
/// The source of every fact in a replay.
const SOURCE: &str = "replay";

/// What the technician and the gate would have made of a ticket.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Replayed {
    /// How it would have gone.
    pub would: Would,
    /// Changes that would have been made, in order.
    pub changes: Vec<Action>,
    /// How often a person would have been asked.
    pub questions: u32,
    /// Why it went this way, in the technician's or the gate's words.
    pub reason: String,
}

/// What stays the same from ticket to ticket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bench<'a> {
    pub(crate) policy: &'a CompiledPolicy,
    pub(crate) profile: &'a Profile,
    pub(crate) lists: &'a Lists,
    pub(crate) client: &'a ClientId,
    pub(crate) brain: &'a BrainId,
    pub(crate) ceiling: Tier,
    pub(crate) directory: &'a Directory,
}

/// What was touched within the policy's window: the blast radius of tickets adds up.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    by_kind: HashMap<ActionKind, VecDeque<(UnixMs, String)>>,
}

impl Touched {
    fn volume(&mut self, action: &Action, now: UnixMs, window_ms: i64) -> Volume {
        let queue = self.by_kind.entry(action.kind()).or_default();
        while queue.front().is_some_and(|(at, _)| now.since(*at) > window_ms) {
            queue.pop_front();
        }
        let mut targets = action.target_keys();
        targets.extend(queue.iter().map(|(_, t)| t.clone()));
        targets.sort();
        targets.dedup();
        Volume { targets: u32::try_from(targets.len()).unwrap_or(u32::MAX) }
    }

    fn touch(&mut self, action: &Action, now: UnixMs) {
        let queue = self.by_kind.entry(action.kind()).or_default();
        queue.extend(action.target_keys().into_iter().map(|t| (now, t)));
    }
}

/// One case on its way.
struct Run<'a> {
    bench: Bench<'a>,
    scene: Scene<'a>,
    understanding: &'a Understanding,
    view: CaseView,
    now: UnixMs,
    seq: u64,
    /// Why the gate held or refused, for the report.
    because: Option<String>,
}

/// Replays one ticket. `understanding` is what the technician made of its text.
pub(crate) fn replay(
    bench: Bench<'_>,
    ticket: IncomingTicket,
    understanding: &Understanding,
    timed: bool,
    touched: &mut Touched,
) -> Replayed {
    let (from, from_name) = (ticket.from.clone(), ticket.from_name.clone());
    let now = ticket.created_at;
    let scene = Scene {
        from: &from,
        from_name: &from_name,
        intent: understanding.intent,
        at: timed.then_some(now),
    };
    let first =
        Recorded { seq: 0, at: now, actor: Actor::Platform, event: Event::Received { ticket } };
    let case = CaseId(uuid::Uuid::from_u128(1));
    let Some(view) = CaseView::fold(bench.client, case, std::slice::from_ref(&first)) else {
        return handed_over("the ticket could not be taken in");
    };
    let run = Run { bench, scene, understanding, view, now, seq: 0, because: None };
    run.drive(touched)
}

fn handed_over(reason: &str) -> Replayed {
    Replayed {
        would: Would::HandOver,
        changes: Vec::new(),
        questions: 0,
        reason: reason.to_owned(),
    }
}

impl Run<'_> {
    fn drive(mut self, touched: &mut Touched) -> Replayed {
        for _ in 0..MOST_STEPS {
            let context = Context {
                profile: self.bench.profile,
                now: self.now,
                secret_link: Some("https://once.invalid"),
            };
            match technician::next(&self.view, &context) {
                Step::Understand => {
                    let understanding = self.understanding.clone();
                    self.record(
                        Actor::Platform,
                        Event::Understood { understanding, model: SOURCE.into() },
                    );
                }
                Step::Propose(action) => self.propose(action, touched),
                Step::Wait { for_whom: WaitFor::User, .. } => {
                    return self.ended(Would::AskUser, "the user has to be asked first");
                }
                Step::Wait { for_whom: WaitFor::Approval, .. } => self.say_yes(),
                Step::Wait { until: Some(at), .. } => self.now = at,
                Step::Wait { .. } => break,
                Step::Finish { outcome: CaseOutcome::Closed, reason } => {
                    let alone = self.view.held.is_empty();
                    let would = if alone { Would::CloseAlone } else { Would::CloseAfterYes };
                    return self.ended(would, &reason);
                }
                Step::Finish { reason, .. } => {
                    let reason = match &self.because {
                        Some(because) => format!("{reason}: {because}"),
                        None => reason,
                    };
                    return self.ended(Would::HandOver, &reason);
                }
            }
        }
        handed_over("the case came to no end")
    }

    fn ended(&self, would: Would, reason: &str) -> Replayed {
        let done =
            self.view.attempts.iter().filter(|a| a.evidence().is_some() && is_change(&a.action));
        let changes = done.map(|a| a.action.clone()).collect();
        let questions = self.view.held.iter().map(|h| u32::from(h.needed)).sum();
        Replayed { would, changes, questions, reason: reason.to_owned() }
    }

    fn record(&mut self, actor: Actor, event: Event) {
        self.seq += 1;
        self.now = self.now.plus_ms(10);
        self.view.record(&Recorded { seq: self.seq, at: self.now, actor, event });
    }

    fn propose(&mut self, action: Action, touched: &mut Touched) {
        let facts = self.facts(&action, touched);
        let request = Request {
            client: self.bench.client.clone(),
            case: self.view.id,
            brain: self.bench.brain.clone(),
            action: action.clone(),
            undoes: None,
        };
        let verdict =
            gate::judge(Ok(self.bench.policy), request, &facts, self.now).record().clone();
        if !action.kind().is_write() {
            let result = self.bench.directory.answer(&action, &self.scene);
            return self.record(Actor::Platform, Event::Read { action, verdict, result });
        }
        let change = is_change(&action);
        self.record(
            Actor::Platform,
            Event::Judged { action: action.clone(), facts, verdict: verdict.clone() },
        );
        let approved = self
            .view
            .held_for(&action)
            .filter(|h| matches!(h.state, ApprovalState::Approved { .. }))
            .map(|h| h.approval);
        match &verdict.follows {
            Follow::Refuse => self.because = because(&verdict),
            Follow::Hold(plan) if approved.is_none() => {
                self.because = because(&verdict);
                let event = Event::Held {
                    approval: ApprovalId(self.id()),
                    digest: verdict.digest,
                    tier: verdict.tier,
                    expires_at: self.now.plus_ms(plan.ttl_ms),
                    needed: plan.needed,
                    action,
                };
                self.record(Actor::Platform, event);
            }
            _ => {
                if change {
                    touched.touch(&action, self.now);
                }
                self.perform(action, &verdict, approved);
            }
        }
    }

    fn perform(&mut self, action: Action, verdict: &VerdictRecord, approval: Option<ApprovalId>) {
        let attempt = AttemptId(self.id());
        let (digest, tier) = (verdict.digest, verdict.tier);
        self.record(
            Actor::Platform,
            Event::Started {
                attempt,
                action,
                digest,
                tier,
                approval,
                before: None,
                was_member: None,
            },
        );
        self.record(
            Actor::Platform,
            Event::Finished { attempt, outcome: Outcome::Done(SOURCE.into()) },
        );
    }

    /// Everybody who is asked says yes.
    fn say_yes(&mut self) {
        let pending = self.view.held.iter().rev().find(|h| h.state == ApprovalState::Pending);
        let Some((approval, needed)) = pending.map(|h| (h.approval, h.needed)) else { return };
        for n in 0..needed {
            if let Ok(person) = PersonId::new(format!("approver-{n}")) {
                self.record(
                    Actor::Person(person),
                    Event::Decided { approval, decision: Decision::Approve },
                );
            }
        }
    }

    fn id(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(u128::from(self.seq) + 2)
    }

    /// What the platform would have read, as far as the replay's directory knows it.
    fn facts(&self, action: &Action, touched: &mut Touched) -> Facts {
        let (platform, at) = ("platform", self.now);
        let mut facts = Facts::none("not needed for this action");
        if action.ticket().is_some() {
            facts.ticket = Fact::known(TicketFacts { of_this_case: true }, platform, at);
        }
        let brain = BrainFacts {
            in_scope: true,
            ceiling: self.bench.ceiling,
            requests: 1,
            rate: 0,
            repeats: 0,
        };
        facts.brain = Fact::known(brain, platform, at);
        facts.breaker = Fact::known(None, platform, at);
        if !is_change(action) {
            return facts;
        }
        let (lists, directory) = (self.bench.lists, self.bench.directory);
        let found = directory.find(self.scene.from, self.scene.from, &self.scene);
        let requester = gate::directory::requester(self.scene.from, &found);
        if let Some(named) = action.account() {
            let target = directory.account(named, &self.scene);
            let group = action.group().and_then(|g| directory.group_named(&g.name));
            facts.target =
                Fact::known(gate::directory::target(lists, target.as_ref(), named), SOURCE, at);
            if let Some(named) = action.group() {
                facts.group =
                    Fact::known(gate::directory::group(lists, group.as_ref(), named), SOURCE, at);
            }
            facts.relation = match &target {
                Some(target) => {
                    let relation =
                        gate::directory::relation(lists, Some(&requester), target, group.as_ref());
                    Fact::known(relation, SOURCE, at)
                }
                None => Fact::Missing("no such account at that time".into()),
            };
        }
        facts.requester = Fact::known(requester, SOURCE, at);
        let window_ms = self.bench.policy.document().window_ms;
        facts.volume = Fact::known(touched.volume(action, self.now, window_ms), platform, at);
        facts.cooling_down = Fact::known(false, platform, at);
        facts
    }
}

/// A change of a client's system, not a word on the ticket.
fn is_change(action: &Action) -> bool {
    action.kind().is_write() && action.ticket().is_none()
}

/// The findings that decided.
fn because(verdict: &VerdictRecord) -> Option<String> {
    let decided = verdict.findings.iter().filter(|f| f.minimum == verdict.tier);
    let words: Vec<String> = decided.map(|f| f.because.to_string()).collect();
    (!words.is_empty()).then(|| words.join("; "))
}
