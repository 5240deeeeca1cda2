//! What the exploration moves: questions, screens, grants in workers' hands, and the plain record of
//! who said what.

use crate::worlds::*;
use domain::action::ResetPassword;
use domain::{
    AccountRef, Action, ActionKind, Approval, ApprovalId, ApprovalState, AttemptId, Autonomy,
    Decision, Digest, Facts, Follow, PersonId, Relation, UnixMs,
};
use gate::{CompiledPolicy, Request, Verdict, change, decide, grant, judge};
use std::hash::{Hash, Hasher};

/// A question lives two ticks of two hours.
pub(super) const TICK_MS: i64 = 2 * 3_600_000;
pub(super) const LAST_TICK: u8 = 3;
/// The two approvers, and the requester, who may not decide.
pub(super) const PEOPLE: [(&str, &str); 3] =
    [("kim", "kim@msp.test"), ("lee", "lee@msp.test"), ("jane", "jane.roe@acme.test")];

/// What the platform reads about the target by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum World {
    /// A person has to approve.
    AsAsked,
    /// Nobody has to.
    Harmless,
    /// Nobody can.
    Worse,
}

pub(super) const WORLDS: [World; 3] = [World::AsAsked, World::Harmless, World::Worse];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Word {
    Yes,
    YesNextTick,
    No,
    OtherParameter,
    OwnGain,
}

pub(super) const WORDS: [Word; 5] =
    [Word::Yes, Word::YesNextTick, Word::No, Word::OtherParameter, Word::OwnGain];

/// A question. The gate's own type, made hashable. At what time somebody spoke is left out: the gate
/// never looks at it again, and without it there are fewer states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question(pub(super) Approval);

impl Hash for Question {
    fn hash<H: Hasher>(&self, to: &mut H) {
        let a = &self.0;
        (a.id, a.digest, a.needed, a.not_before, a.expires_at).hash(to);
        a.yes.iter().for_each(|y| y.by.hash(to));
        a.change.as_ref().map(|c| (&c.by, &c.action)).hash(to);
        std::mem::discriminant(&a.state).hash(to);
        match &a.state {
            ApprovalState::Approved { by, .. }
            | ApprovalState::Denied { by, .. }
            | ApprovalState::Changed { by, .. } => by.hash(to),
            ApprovalState::Pending | ApprovalState::Expired | ApprovalState::Void => {}
        }
    }
}

/// A grant that a worker holds and has not used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Taken {
    /// Nothing was written since it was folded.
    pub(super) fresh: bool,
    /// The facts that were judged; they may age for half a minute.
    pub(super) world: World,
    pub(super) question: usize,
    pub(super) with_approval: bool,
    pub(super) not_after: UnixMs,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) tick: u8,
    pub(super) questions: Vec<(Question, Action)>,
    /// What the approvers have on their screens.
    pub(super) saw: [Digest; 2],
    pub(super) taken: [Option<Taken>; 2],
    pub(super) started: u8,
    // What really happened, independent of the gate's data.
    pub(super) yes: Vec<(usize, Digest)>,
    pub(super) named_time: Vec<(Digest, u8)>,
    pub(super) no: Vec<Digest>,
    pub(super) given_up: Vec<Digest>,
    pub(super) void: Vec<Digest>,
    pub(super) wrong: Option<&'static str>,
    pub(super) ran: Option<(Digest, bool)>,
}

pub(super) struct Machine {
    pub(super) policy: CompiledPolicy,
    pub(super) needed: u8,
    /// The store takes what a worker writes whatever happened since it folded.
    pub(super) careless: bool,
    /// By world, refusal before and tick.
    pub(super) facts: Vec<Facts>,
}

pub(super) fn now(tick: u8) -> UnixMs {
    NOW.plus_ms(i64::from(tick) * TICK_MS)
}

pub(super) fn reset(must_change: bool) -> Action {
    Action::ResetPassword(ResetPassword { account: account(), must_change })
}

pub(super) fn of_kim() -> Action {
    let account =
        AccountRef { id: "kims".into(), login: "kim@msp.test".into(), name: "Kim".into() };
    Action::ResetPassword(ResetPassword { account, must_change: true })
}

fn facts_of(world: World, refused_before: bool, tick: u8) -> Facts {
    let plain = Facts { cooling_down: known(refused_before), ..harmless() };
    let facts = match world {
        World::AsAsked => Facts { relation: known(Relation::Manager), ..plain },
        World::Harmless => plain,
        World::Worse => Facts { target: Target::Privileged.fact(), ..plain },
    };
    all_at(facts, now(tick))
}

impl Machine {
    pub(super) fn new(needed: u8) -> Machine {
        let mut policy = policy(Autonomy::AutoAndClose);
        policy.approval_ttl_ms = 2 * TICK_MS;
        if needed == 2 {
            policy.two_person.insert(ActionKind::ResetPassword);
        }
        let mut facts = Vec::new();
        for world in WORLDS {
            for refused in [false, true] {
                facts.extend((0..=LAST_TICK).map(|tick| facts_of(world, refused, tick)));
            }
        }
        Machine { policy: policy.compile().unwrap(), needed, careless: false, facts }
    }

    pub(super) fn judge(
        &self,
        action: &Action,
        world: World,
        refused_before: bool,
        tick: u8,
    ) -> Verdict {
        let ticks = usize::from(LAST_TICK) + 1;
        let facts = &self.facts
            [(world as usize * 2 + usize::from(refused_before)) * ticks + usize::from(tick)];
        let request = Request { action: action.clone(), ..request(ActionKind::ResetPassword) };
        judge(Ok(&self.policy), request, facts, now(tick))
    }

    pub(super) fn question(&self) -> Approval {
        let verdict = self.judge(&reset(true), World::AsAsked, false, 0);
        let Follow::Hold(plan) = verdict.follows() else { panic!("this is a held action") };
        assert_eq!(plan.needed, self.needed);
        Approval {
            id: ApprovalId(case(100).0),
            client: client(),
            case: case(1),
            brain: None,
            kind: Some(ActionKind::ResetPassword),
            digest: verdict.digest(),
            sentence: String::new(),
            tier: verdict.tier(),
            excluded: plan.excluded.clone(),
            needed: plan.needed,
            yes: vec![],
            steps: plan.steps.clone(),
            not_before: None,
            change: None,
            replaces: None,
            asked_at: NOW,
            expires_at: NOW.plus_ms(plan.ttl_ms),
            state: ApprovalState::Pending,
        }
    }
}

impl State {
    pub(super) fn current(&mut self) -> &mut Approval {
        &mut self.questions.last_mut().unwrap().0.0
    }

    /// Every event moves the case on: whoever folded it before cannot write any more.
    pub(super) fn written(&mut self) {
        self.taken.iter_mut().flatten().for_each(|taken| taken.fresh = false);
        // In what order it was said plays no part, and unordered there are fewer states.
        self.yes.sort_unstable();
        self.named_time.sort_unstable();
        self.no.sort_unstable();
    }

    pub(super) fn digest(&self) -> Digest {
        self.questions.last().unwrap().0.0.digest
    }

    /// A brain may not ask again what was denied or left unanswered.
    pub(super) fn refused_before(&self, digest: Digest) -> bool {
        self.questions.iter().map(|(q, _)| &q.0).any(|q| {
            q.digest == digest
                && matches!(q.state, ApprovalState::Denied { .. } | ApprovalState::Expired)
        })
    }

    pub(super) fn say(&mut self, who: usize, word: Word) -> Option<()> {
        let seen = match self.saw.get(who) {
            Some(saw) => *saw,
            None => self.digest(),
        };
        let tick = self.tick;
        let decision = match word {
            Word::Yes => Decision::Approve,
            Word::YesNextTick => Decision::ApproveAt(now(tick + 1)),
            Word::No => Decision::Deny("no".into()),
            Word::OtherParameter => Decision::Change(Box::new(reset(false))),
            Word::OwnGain => Decision::Change(Box::new(of_kim())),
        };
        let (name, identity) = PEOPLE[who];
        let person = PersonId::new(name).unwrap();
        let asked = self.current();
        let after = decide(asked, &person, &[identity.into()], seen, &decision, now(tick)).ok()?;
        *asked = after;
        self.written();
        match word {
            Word::Yes => self.yes.push((who, seen)),
            Word::YesNextTick => {
                self.yes.push((who, seen));
                self.named_time.push((seen, tick + 1));
            }
            Word::No => self.no.push(seen),
            Word::OtherParameter | Word::OwnGain => {}
        }
        Some(())
    }

    pub(super) fn judge_change(&mut self, world: World, machine: &Machine) -> Option<()> {
        let asked = self.current().change.clone()?;
        let old = self.digest();
        let refused = self.refused_before(asked.action.digest(&client()));
        let verdict = machine.judge(&asked.action, world, refused, self.tick);
        let to = ApprovalId(case(100 + self.questions.len() as u128).0);
        let at = now(self.tick);
        match change(self.current(), &verdict, to, at) {
            Ok(next) => {
                let who = PEOPLE.iter().position(|(name, _)| *name == asked.by.as_str()).unwrap();
                self.current().state = ApprovalState::Changed { by: asked.by, at, to };
                self.yes.push((who, next.digest));
                self.given_up.push(old);
                self.questions.push((Question(next), asked.action));
            }
            Err(_) => self.current().change = None,
        }
        self.written();
        Some(())
    }

    pub(super) fn take(
        &mut self,
        (worker, question): (usize, usize),
        world: World,
        machine: &Machine,
    ) -> Option<()> {
        let (asked, action) = self.questions.get(question)?;
        if self.started > 0 {
            return None;
        }
        let refused = self.refused_before(asked.0.digest);
        let verdict = machine.judge(action, world, refused, self.tick);
        let attempt = AttemptId(case(9).0);
        let grant = grant(verdict, Some(&asked.0), attempt, now(self.tick)).ok()?;
        self.taken[worker] = Some(Taken {
            fresh: true,
            world,
            question,
            with_approval: grant.approval().is_some(),
            not_after: grant.not_after(),
        });
        Some(())
    }

    /// The effect. Whether there was a right to it is told from what people said.
    pub(super) fn commit(&mut self, worker: usize, machine: &Machine) -> Option<()> {
        let taken = self.taken[worker].take()?;
        if !(taken.fresh || machine.careless) || now(self.tick) > taken.not_after {
            return Some(());
        }
        let digest = self.questions[taken.question].0.0.digest;
        let mut people: Vec<usize> =
            self.yes.iter().filter(|(_, d)| *d == digest).map(|(who, _)| *who).collect();
        people.sort_unstable();
        people.dedup();
        let named = self.named_time.iter().filter(|(d, _)| *d == digest).map(|(_, t)| *t).max();
        // An hour after the named time, and two ticks after it was asked: whichever is later.
        let late = self.tick >= 2 && named.is_none_or(|t| self.tick > t);
        self.wrong = self.wrong.or(if self.no.contains(&digest) {
            Some("denied")
        } else if self.given_up.contains(&digest) {
            Some("somebody wanted something else instead")
        } else if named.is_some_and(|t| self.tick < t)
            && !self.void.contains(&digest)
            && people.len() >= machine.needed.into()
        {
            Some("too early")
        } else if taken.world == World::Worse {
            Some("the facts refuse it")
        } else if !taken.with_approval {
            (taken.world != World::Harmless).then_some("without an approval")
        } else if people.len() < machine.needed.into() {
            Some("too few people said yes to exactly this")
        } else if people.contains(&2) {
            Some("the requester decided")
        } else if late {
            Some("after its time")
        } else if self.void.contains(&digest) {
            Some("who approved it may not any more")
        } else {
            None
        });
        self.ran = Some((digest, taken.with_approval));
        self.started += 1;
        self.written();
        Some(())
    }
}
