//! The approval state machine, explored exhaustively: two approvers, the requester, the clock, the
//! platform and two workers, in every order. What the model keeps beside the gate's own data is a
//! plain record of who said what to which digest; the properties are held against that.

use crate::worlds::*;
use domain::action::ResetPassword;
use domain::{
    AccountRef, Action, ActionKind, Approval, ApprovalId, ApprovalState, AttemptId, Autonomy,
    Decision, Digest, Facts, Follow, PersonId, Relation, UnixMs,
};
use gate::{CompiledPolicy, Request, Verdict, change, decide, expire, grant, judge};
use stateright::{Checker, Model, Property};
use std::hash::{Hash, Hasher};

/// A question lives two ticks of two hours.
const TICK_MS: i64 = 2 * 3_600_000;
const LAST_TICK: u8 = 3;
/// The two approvers, and the requester, who may not decide.
const PEOPLE: [(&str, &str); 3] =
    [("kim", "kim@msp.test"), ("lee", "lee@msp.test"), ("jane", "jane.roe@acme.test")];

/// What the platform reads about the target by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum World {
    /// A person has to approve.
    AsAsked,
    /// Nobody has to.
    Harmless,
    /// Nobody can.
    Worse,
}

const WORLDS: [World; 3] = [World::AsAsked, World::Harmless, World::Worse];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Word {
    Yes,
    YesNextTick,
    No,
    OtherParameter,
    OwnGain,
}

const WORDS: [Word; 5] =
    [Word::Yes, Word::YesNextTick, Word::No, Word::OtherParameter, Word::OwnGain];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Tick,
    /// The person loads the page, and so sees the current question.
    Look(usize),
    /// The person decides what they saw last.
    Say(usize, Word),
    /// The platform ends a question whose time is up.
    Expire,
    /// Somebody who approved leaves the role.
    Void,
    /// The platform judges the change that somebody asked for, in a world that may be any by now.
    JudgeChange(World),
    /// A worker folds the case, judges the action of a question and asks for a grant.
    Take(usize, usize, World),
    /// The worker writes *started*, which only the first one can, and performs.
    Commit(usize),
}

/// A question. The gate's own type, made hashable. At what time somebody spoke is left out: the gate
/// never looks at it again, and without it there are fewer states.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question(Approval);

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
struct Taken {
    /// Nothing was written since it was folded.
    fresh: bool,
    /// The facts that were judged; they may age for half a minute.
    world: World,
    question: usize,
    with_approval: bool,
    not_after: UnixMs,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    tick: u8,
    questions: Vec<(Question, Action)>,
    /// What the approvers have on their screens.
    saw: [Digest; 2],
    taken: [Option<Taken>; 2],
    started: u8,
    // What really happened, independent of the gate's data.
    yes: Vec<(usize, Digest)>,
    named_time: Vec<(Digest, u8)>,
    no: Vec<Digest>,
    given_up: Vec<Digest>,
    void: Vec<Digest>,
    wrong: Option<&'static str>,
    ran: Option<(Digest, bool)>,
}

struct Machine {
    policy: CompiledPolicy,
    needed: u8,
    /// The store takes what a worker writes whatever happened since it folded.
    careless: bool,
    /// By world, refusal before and tick.
    facts: Vec<Facts>,
}

fn now(tick: u8) -> UnixMs {
    NOW.plus_ms(i64::from(tick) * TICK_MS)
}

fn reset(must_change: bool) -> Action {
    Action::ResetPassword(ResetPassword { account: account(), must_change })
}

fn of_kim() -> Action {
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
    fn new(needed: u8) -> Machine {
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

    fn judge(&self, action: &Action, world: World, refused_before: bool, tick: u8) -> Verdict {
        let ticks = usize::from(LAST_TICK) + 1;
        let facts = &self.facts
            [(world as usize * 2 + usize::from(refused_before)) * ticks + usize::from(tick)];
        let request = Request { action: action.clone(), ..request(ActionKind::ResetPassword) };
        judge(Ok(&self.policy), request, facts, now(tick))
    }

    fn question(&self) -> Approval {
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
    fn current(&mut self) -> &mut Approval {
        &mut self.questions.last_mut().unwrap().0.0
    }

    /// Every event moves the case on: whoever folded it before cannot write any more.
    fn written(&mut self) {
        self.taken.iter_mut().flatten().for_each(|taken| taken.fresh = false);
        // In what order it was said plays no part, and unordered there are fewer states.
        self.yes.sort_unstable();
        self.named_time.sort_unstable();
        self.no.sort_unstable();
    }

    fn digest(&self) -> Digest {
        self.questions.last().unwrap().0.0.digest
    }

    /// A brain may not ask again what was denied or left unanswered.
    fn refused_before(&self, digest: Digest) -> bool {
        self.questions.iter().map(|(q, _)| &q.0).any(|q| {
            q.digest == digest
                && matches!(q.state, ApprovalState::Denied { .. } | ApprovalState::Expired)
        })
    }

    fn say(&mut self, who: usize, word: Word) -> Option<()> {
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

    fn judge_change(&mut self, world: World, machine: &Machine) -> Option<()> {
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

    fn take(
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
    fn commit(&mut self, worker: usize, machine: &Machine) -> Option<()> {
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

impl Model for Machine {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let question = Question(self.question());
        let digest = question.0.digest;
        vec![State {
            tick: 0,
            questions: vec![(question, reset(true))],
            saw: [digest, digest],
            taken: [None, None],
            started: 0,
            yes: vec![],
            named_time: vec![],
            no: vec![],
            given_up: vec![],
            void: vec![],
            wrong: None,
            ran: None,
        }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        if state.started > 0 {
            // Only what other workers still hold matters by now.
            steps.extend([Step::Commit(0), Step::Commit(1)]);
            return;
        }
        if state.tick < LAST_TICK {
            steps.push(Step::Tick);
        }
        steps.extend([Step::Expire, Step::Void]);
        steps.extend(WORLDS.map(Step::JudgeChange));
        for who in 0..PEOPLE.len() {
            if who < 2 {
                steps.push(Step::Look(who));
            }
            // Where two are needed, only one of the two names a time, and only the other one wants
            // something for the first: the other way round is the same with the names exchanged.
            let one_sided = |word: &Word| match word {
                Word::YesNextTick => self.needed == 1 || who == 0,
                Word::OwnGain => self.needed == 1 || who == 1,
                _ => true,
            };
            steps.extend(WORDS.into_iter().filter(one_sided).map(|word| Step::Say(who, word)));
        }
        for worker in 0..2 {
            for q in 0..state.questions.len() {
                steps.extend(WORLDS.map(|world| Step::Take(worker, q, world)));
            }
            steps.push(Step::Commit(worker));
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = last.clone();
        match step {
            Step::Tick => state.tick += 1,
            Step::Look(who) => state.saw[who] = state.digest(),
            Step::Say(who, word) => state.say(who, word)?,
            Step::Expire => {
                let at = now(state.tick);
                if !expire(state.current(), at) {
                    return None;
                }
                state.current().state = ApprovalState::Expired;
                state.written();
            }
            Step::Void => {
                let asked = state.current();
                if !matches!(asked.state, ApprovalState::Approved { .. }) {
                    return None;
                }
                asked.state = ApprovalState::Void;
                let digest = state.digest();
                state.void.push(digest);
                state.written();
            }
            Step::JudgeChange(world) => state.judge_change(world, self)?,
            Step::Take(worker, question, world) => state.take((worker, question), world, self)?,
            Step::Commit(worker) => state.commit(worker, self)?,
        }
        (state != *last).then_some(state)
    }

    /// A change may be changed again without end; two questions show it all.
    fn within_boundary(&self, state: &State) -> bool {
        state.questions.len() <= 2
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("at most one effect", |_, s: &State| s.started <= 1),
            Property::always("no effect without a right to it", |_, s: &State| s.wrong.is_none()),
            Property::always("the requester never decides", |_, s: &State| {
                s.yes.iter().all(|(who, _)| *who != 2)
            }),
            Property::always("a yes needs as many people as asked for", |m, s: &State| {
                s.questions.iter().all(|(q, _)| match &q.0.state {
                    ApprovalState::Approved { .. } => {
                        let mut who: Vec<_> = q.0.yes.iter().map(|y| &y.by).collect();
                        who.sort();
                        who.dedup();
                        who.len() >= usize::from(m.needed)
                    }
                    _ => true,
                })
            }),
            Property::always("at most one question is open", |_, s: &State| {
                s.questions.iter().filter(|(q, _)| q.0.state == ApprovalState::Pending).count() <= 1
            }),
            Property::always("nobody is asked about what they gain from", |_, s: &State| {
                s.questions.iter().all(|(_, action)| {
                    *action != of_kim()
                        || s.yes
                            .iter()
                            .all(|(who, d)| *who != 0 || *d != of_kim().digest(&client()))
                })
            }),
            Property::sometimes("what was asked for runs", |_, s: &State| {
                s.ran == Some((reset(true).digest(&client()), true))
            }),
            Property::sometimes("what somebody wanted instead runs", |_, s: &State| {
                s.ran == Some((reset(false).digest(&client()), true))
            }),
            Property::sometimes(
                "the harmless runs by itself, where one is enough",
                |m, s: &State| m.needed == 2 || s.ran.is_some_and(|(_, with)| !with),
            ),
            Property::always("where two are needed nothing runs by itself", |m, s: &State| {
                m.needed == 1 || s.ran.is_none_or(|(_, with)| with)
            }),
            Property::sometimes("something runs at a named time", |_, s: &State| {
                s.ran.is_some_and(|(d, with)| with && s.named_time.iter().any(|(n, _)| *n == d))
            }),
            Property::sometimes("it expires", |_, s: &State| {
                s.questions.iter().any(|(q, _)| q.0.state == ApprovalState::Expired)
            }),
            Property::sometimes("it is denied", |_, s: &State| !s.no.is_empty()),
            Property::sometimes("two workers hold a grant at once", |_, s: &State| {
                s.taken.iter().all(Option::is_some)
            }),
        ]
    }
}

fn explore(needed: u8) {
    let checker = Machine::new(needed).checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    // With two people fewer ways are open: nothing runs by itself.
    let least = if needed == 1 { 10_000 } else { 5_000 };
    assert!(checker.unique_state_count() > least, "{}", checker.unique_state_count());
}

/// The exploration would notice: a store that writes whatever happened since lets two workers run.
#[test]
fn a_careless_store_is_caught() {
    let careless = Machine { careless: true, ..Machine::new(1) };
    let checker = careless.checker().threads(2).spawn_bfs().join();
    let found = checker.discovery("at most one effect").expect("two effects");
    let commits = found.into_actions().into_iter().filter(|s| matches!(s, Step::Commit(_)));
    assert_eq!(commits.count(), 2);
}

#[test]
fn every_order_with_one_approver_needed() {
    explore(1);
}

#[test]
fn every_order_with_two_approvers_needed() {
    explore(2);
}
