//! People, clock and workers at the same time, over a store as ours is: read, decide without holding
//! anything, and write only if nothing was written since. Every interleaving of few threads, and
//! many random ones of more, by `shuttle`.

use crate::worlds::*;
use domain::action::ResetPassword;
use domain::{
    Action, ActionKind, Approval, ApprovalId, ApprovalState, AttemptId, Autonomy, Decision, Digest,
    Facts, Follow, PersonId, Relation, UnixMs,
};
use gate::{CompiledPolicy, DecisionError, Request, Verdict, change, decide, expire, grant, judge};
use shuttle::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};
use shuttle::thread;
use std::sync::OnceLock;

const TTL_MS: i64 = 4 * 3_600_000;

fn compiled() -> &'static CompiledPolicy {
    static POLICY: OnceLock<CompiledPolicy> = OnceLock::new();
    POLICY.get_or_init(|| policy(Autonomy::AutoAndClose).compile().unwrap())
}

fn reset(must_change: bool) -> Action {
    Action::ResetPassword(ResetPassword { account: account(), must_change })
}

/// A password reset for somebody else: High.
fn verdict(action: Action, now: UnixMs) -> Verdict {
    let facts = Facts { relation: known(Relation::Manager), ..harmless() };
    let request = Request { action, ..request(ActionKind::ResetPassword) };
    judge(Ok(compiled()), request, &all_at(facts, now), now)
}

fn question() -> Approval {
    let verdict = verdict(reset(true), NOW);
    let Follow::Hold(plan) = verdict.follows() else { panic!("this is a held action") };
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

/// What is written about the case.
#[derive(Clone)]
struct Case {
    version: u32,
    /// The question and what it is about; the last one counts.
    questions: Vec<(Approval, Action)>,
    started: Vec<(Digest, UnixMs)>,
}

/// The store, and the clock on the wall.
#[derive(Clone)]
struct Store {
    case: Arc<Mutex<Case>>,
    clock: Arc<AtomicI64>,
    /// Writes whatever happened since the case was read: what ours must never do.
    blind: bool,
}

impl Store {
    fn new() -> Store {
        let file = Case { version: 0, questions: vec![(question(), reset(true))], started: vec![] };
        Store {
            case: Arc::new(Mutex::new(file)),
            clock: Arc::new(AtomicI64::new(NOW.0)),
            blind: false,
        }
    }

    fn now(&self) -> UnixMs {
        UnixMs(self.clock.load(Ordering::SeqCst))
    }

    fn read(&self) -> Case {
        self.case.lock().unwrap().clone()
    }

    /// Reads, decides, writes; again when somebody else wrote in between.
    fn update<E>(&self, decide: impl Fn(&mut Case, UnixMs) -> Result<(), E>) -> Result<(), E> {
        loop {
            let mut file = self.read();
            let version = file.version;
            decide(&mut file, self.now())?;
            file.version += 1;
            let mut stored = self.case.lock().unwrap();
            if self.blind || stored.version == version {
                *stored = file;
                return Ok(());
            }
        }
    }

    /// A person decides about what they saw before.
    fn say(&self, who: &str, seen: Digest, decision: &Decision) -> Result<(), DecisionError> {
        let person = PersonId::new(who).unwrap();
        let identities = [format!("{who}@msp.test")];
        self.update(|file, now| {
            let (asked, _) = file.questions.last_mut().unwrap();
            *asked = decide(asked, &person, &identities, seen, decision, now)?;
            Ok(())
        })
    }

    /// The platform ends a question whose time is up.
    fn sweep(&self) -> Result<(), ()> {
        self.update(|file, now| {
            let (asked, _) = file.questions.last_mut().unwrap();
            if !expire(asked, now) {
                return Err(());
            }
            asked.state = ApprovalState::Expired;
            Ok(())
        })
    }

    /// The platform judges a change that somebody asked for.
    fn judge_change(&self) -> Result<(), ()> {
        self.update(|file, now| {
            let (asked, _) = file.questions.last_mut().unwrap();
            let wanted = asked.change.clone().ok_or(())?;
            let to = ApprovalId(case(101).0);
            match change(asked, &verdict(wanted.action.clone(), now), to, now) {
                Ok(next) => {
                    asked.state = ApprovalState::Changed { by: wanted.by, at: now, to };
                    file.questions.push((next, wanted.action));
                }
                Err(_) => asked.change = None,
            }
            Ok(())
        })
    }

    /// A worker performs what the last question is about, if it may.
    fn work(&self) -> Result<(), ()> {
        self.update(|file, now| {
            if !file.started.is_empty() {
                return Err(());
            }
            let (asked, action) = file.questions.last().unwrap();
            let attempt = AttemptId(case(9).0);
            let granted = grant(verdict(action.clone(), now), Some(asked), attempt, now);
            let granted = granted.map_err(|_| ())?;
            file.started.push((granted.digest(), now));
            Ok(())
        })
    }
}

/// Runs these at once, each in a thread of its own, and answers with what is written at the end.
fn at_once(store: &Store, threads: Vec<Box<dyn FnOnce(Store) + Send>>) -> Case {
    let running: Vec<_> = threads
        .into_iter()
        .map(|run| {
            let store = store.clone();
            thread::spawn(move || run(store))
        })
        .collect();
    running.into_iter().for_each(|t| t.join().unwrap());
    store.read()
}

/// What holds after every race: one effect at most, and only what people said yes to in time.
fn held(file: &Case) {
    assert!(file.started.len() <= 1, "it ran twice");
    let open = file.questions.iter().filter(|(q, _)| q.state == ApprovalState::Pending).count();
    assert!(open <= 1);
    let (last, _) = file.questions.last().unwrap();
    if let Some((digest, at)) = file.started.first() {
        assert_eq!(last.digest, *digest, "what ran is what was asked about last");
        assert!(matches!(last.state, ApprovalState::Approved { .. }), "{:?}", last.state);
        assert!(*at < last.expires_at, "it ran after its time");
    }
}

fn yes(store: Store) -> Result<(), DecisionError> {
    store.say("kim", question().digest, &Decision::Approve)
}

fn no(store: Store) -> Result<(), DecisionError> {
    store.say("lee", question().digest, &Decision::Deny("not now".into()))
}

fn otherwise(store: &Store) -> Result<(), DecisionError> {
    store.say("lee", question().digest, &Decision::Change(Box::new(reset(false))))
}

fn time_is_up(store: Store) {
    store.clock.store(NOW.plus_ms(TTL_MS).0, Ordering::SeqCst);
    let _ = store.sweep();
}

/// Every interleaving, or the first hundred thousand.
fn every(race: impl Fn() + Send + Sync + 'static) {
    shuttle::check_dfs(race, Some(100_000));
}

fn approve_and_expire() {
    let file = at_once(
        &Store::new(),
        vec![
            Box::new(|s| {
                let said = yes(s);
                assert!(matches!(
                    said,
                    Ok(()) | Err(DecisionError::Expired(_) | DecisionError::NotPending(_))
                ));
            }),
            Box::new(time_is_up),
        ],
    );
    held(&file);
    let state = file.questions[0].0.state.name();
    assert!(["approved", "expired"].contains(&state), "{state}");
}

#[test]
fn of_a_yes_and_the_end_of_its_time_exactly_one_counts() {
    every(approve_and_expire);
}

fn approve_and_deny(blind: bool) {
    let store = Store { blind, ..Store::new() };
    let counted = Arc::new(Mutex::new(Vec::new()));
    let (first, second) = (counted.clone(), counted.clone());
    let file = at_once(
        &store,
        vec![
            Box::new(move |s| {
                if yes(s).is_ok() {
                    first.lock().unwrap().push("approved");
                }
            }),
            Box::new(move |s| {
                if no(s).is_ok() {
                    second.lock().unwrap().push("denied");
                }
            }),
        ],
    );
    held(&file);
    let counted = counted.lock().unwrap().clone();
    assert_eq!(counted, [file.questions[0].0.state.name()], "one word counts, and that one");
}

#[test]
fn of_a_yes_and_a_no_exactly_one_counts() {
    every(|| approve_and_deny(false));
}

/// The races would notice: with a store that writes blindly both words count.
#[test]
#[should_panic(expected = "one word counts")]
fn a_store_that_writes_blindly_is_caught() {
    every(|| approve_and_deny(true));
}

#[test]
fn of_two_workers_one_runs_it() {
    every(|| {
        let store = Store::new();
        yes(store.clone()).unwrap();
        let work = || -> Box<dyn FnOnce(Store) + Send> { Box::new(|s| drop(s.work())) };
        let file = at_once(&store, vec![work(), work()]);
        held(&file);
        assert_eq!(file.started.len(), 1);
    });
}

#[test]
fn a_worker_and_the_end_of_its_time() {
    every(|| {
        let store = Store::new();
        yes(store.clone()).unwrap();
        let file = at_once(&store, vec![Box::new(|s| drop(s.work())), Box::new(time_is_up)]);
        held(&file);
        assert_eq!(file.questions[0].0.state.name(), "approved", "what was decided stays so");
    });
}

#[test]
fn of_a_yes_and_a_change_exactly_one_counts() {
    every(|| {
        let store = Store::new();
        let file = at_once(
            &store,
            vec![
                Box::new(|s| drop(yes(s))),
                Box::new(|s| {
                    if otherwise(&s).is_ok() {
                        s.judge_change().unwrap();
                    }
                }),
            ],
        );
        held(&file);
        let states: Vec<&str> = file.questions.iter().map(|(q, _)| q.state.name()).collect();
        assert!([vec!["approved"], vec!["changed", "approved"]].contains(&states), "{states:?}");
    });
}

#[test]
fn a_no_while_a_change_is_judged_stands() {
    every(|| {
        let store = Store::new();
        otherwise(&store).unwrap();
        let file = at_once(
            &store,
            vec![
                Box::new(|s| drop(s.judge_change())),
                Box::new(|s| drop(s.say("kim", question().digest, &Decision::Deny("no".into())))),
            ],
        );
        held(&file);
        let states: Vec<&str> = file.questions.iter().map(|(q, _)| q.state.name()).collect();
        assert!([vec!["denied"], vec!["changed", "approved"]].contains(&states), "{states:?}");
        assert!(store.work().is_ok() == (states.len() == 2));
    });
}

#[test]
fn a_change_that_is_judged_while_its_time_ends() {
    every(|| {
        let store = Store::new();
        otherwise(&store).unwrap();
        let file =
            at_once(&store, vec![Box::new(|s| drop(s.judge_change())), Box::new(time_is_up)]);
        held(&file);
        let states: Vec<&str> = file.questions.iter().map(|(q, _)| q.state.name()).collect();
        assert!([vec!["expired"], vec!["changed", "approved"]].contains(&states), "{states:?}");
    });
}

/// Everything at once, in random orders.
#[test]
fn everybody_at_once() {
    shuttle::check_random(
        || {
            let store = Store::new();
            let file = at_once(
                &store,
                vec![
                    Box::new(|s| drop(yes(s))),
                    Box::new(|s| drop(no(s))),
                    Box::new(|s| {
                        if s.say("mo", question().digest, &Decision::Change(Box::new(reset(false))))
                            .is_ok()
                        {
                            let _ = s.judge_change();
                        }
                    }),
                    Box::new(|s| drop(s.work())),
                    Box::new(|s| drop(s.work())),
                    Box::new(time_is_up),
                ],
            );
            held(&file);
        },
        3_000,
    );
}
