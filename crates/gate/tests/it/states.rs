//! The approval state machine, explored exhaustively: two approvers, the requester, the clock, the
//! platform and two workers, in every order. What the model keeps beside the gate's own data is a
//! plain record of who said what to which digest; the properties are held against that.

mod machine;

use crate::worlds::*;
use domain::ApprovalState;
use gate::expire;
use machine::{
    LAST_TICK, Machine, PEOPLE, Question, State, WORDS, WORLDS, Word, World, now, of_kim, reset,
};
use stateright::{Checker, Model, Property};

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
