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
use shuttle::scheduler::{DfsScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner, thread};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

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
    static QUESTION: OnceLock<Approval> = OnceLock::new();
    QUESTION.get_or_init(first_question).clone()
}

fn first_question() -> Approval {
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
    /// The clock on the wall. Here, so that looking at it is no step of its own.
    now: UnixMs,
    /// The question and what it is about; the last one counts.
    questions: Vec<(Approval, Action)>,
    started: Vec<(Digest, UnixMs)>,
}

/// The store.
#[derive(Clone)]
struct Store {
    case: Arc<Mutex<Case>>,
    /// Writes whatever happened since the case was read: what ours must never do.
    blind: bool,
}

impl Store {
    fn new() -> Store {
        let questions = vec![(question(), reset(true))];
        let file = Case { version: 0, now: NOW, questions, started: vec![] };
        Store { case: Arc::new(Mutex::new(file)), blind: false }
    }

    /// One step of a transaction. Whoever else runs may run before it, and nobody during it: so a
    /// race is in what order these come, and there are few enough of them to try every one.
    fn step(&self) -> MutexGuard<'_, Case> {
        thread::yield_now();
        self.case.lock().unwrap()
    }

    fn read(&self) -> Case {
        self.step().clone()
    }

    /// Reads, decides, writes; again when somebody else wrote in between.
    fn update<E>(&self, decide: impl Fn(&mut Case, UnixMs) -> Result<(), E>) -> Result<(), E> {
        loop {
            let mut file = self.read();
            let version = file.version;
            let now = file.now;
            decide(&mut file, now)?;
            file.version += 1;
            let mut stored = self.step();
            if self.blind || stored.version == version {
                *stored = Case { now: stored.now, ..file };
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

/// Something that runs beside others, and the name of what came of it.
type Run = fn(Store) -> bool;

/// Runs these at once, each in a thread of its own. Answers with what is written at the end, and
/// whether each one's word counted.
fn at_once(store: &Store, runs: &[Run]) -> (Case, Vec<bool>) {
    let running: Vec<_> = runs
        .iter()
        .map(|run| {
            let (store, run) = (store.clone(), *run);
            thread::spawn(move || run(store))
        })
        .collect();
    let counted = running.into_iter().map(|t| t.join().unwrap()).collect();
    (store.read(), counted)
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

/// The states of all questions, first to last.
fn states(file: &Case) -> Vec<&'static str> {
    file.questions.iter().map(|(q, _)| q.state.name()).collect()
}

fn yes(store: Store) -> bool {
    store.say("kim", question().digest, &Decision::Approve).is_ok()
}

fn no(store: Store) -> bool {
    store.say("mo", question().digest, &Decision::Deny("not now".into())).is_ok()
}

fn otherwise(store: Store) -> bool {
    store.say("lee", question().digest, &Decision::Change(Box::new(reset(false)))).is_ok()
}

fn judged(store: Store) -> bool {
    store.judge_change().is_ok()
}

fn changed(store: Store) -> bool {
    otherwise(store.clone()) && judged(store)
}

fn worked(store: Store) -> bool {
    store.work().is_ok()
}

fn time_is_up(store: Store) -> bool {
    store.step().now = NOW.plus_ms(TTL_MS);
    store.sweep().is_ok()
}

/// Every interleaving.
fn every(race: impl Fn() + Send + Sync + 'static) {
    let tried = run(DfsScheduler::new(None, false), race);
    assert!(tried > 20, "{tried} interleavings are not all there are");
}

/// So many random interleavings, the same ones every time.
fn many(race: impl Fn() + Send + Sync + 'static) {
    run(RandomScheduler::new_from_seed(7, 3_000), race);
}

fn run(scheduler: impl Scheduler + 'static, race: impl Fn() + Send + Sync + 'static) -> usize {
    // Made once and outside: nobody may wait for it in the middle of a race.
    let _ = question();
    let mut config = Config::new();
    config.stack_size = 0x8_0000;
    Runner::new(scheduler, config).run(race)
}

#[test]
fn of_a_yes_and_the_end_of_its_time_exactly_one_counts() {
    every(|| {
        let (file, counted) = at_once(&Store::new(), &[yes, time_is_up]);
        held(&file);
        assert_eq!(counted[0], states(&file) == ["approved"]);
        assert_eq!(counted[1], states(&file) == ["expired"]);
        assert!(counted[0] != counted[1]);
    });
}

fn approve_and_deny(blind: bool) {
    let (file, counted) = at_once(&Store { blind, ..Store::new() }, &[yes, no]);
    held(&file);
    assert!(counted[0] != counted[1], "one word counts");
    assert_eq!(counted[0], states(&file) == ["approved"]);
    assert_eq!(counted[1], states(&file) == ["denied"]);
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
        assert!(yes(store.clone()));
        let (file, counted) = at_once(&store, &[worked, worked]);
        held(&file);
        assert!(file.started.len() == 1 && counted[0] != counted[1]);
    });
}

#[test]
fn a_worker_and_the_end_of_its_time() {
    every(|| {
        let store = Store::new();
        assert!(yes(store.clone()));
        let (file, counted) = at_once(&store, &[worked, time_is_up]);
        held(&file);
        assert_eq!(states(&file), ["approved"], "what was decided in time stays so");
        assert_eq!((counted[0], counted[1]), (!file.started.is_empty(), false));
    });
}

#[test]
fn of_a_yes_and_a_change_exactly_one_counts() {
    every(|| {
        let (file, counted) = at_once(&Store::new(), &[yes, changed]);
        held(&file);
        assert!(counted[0] != counted[1]);
        let expected: &[&str] = if counted[0] { &["approved"] } else { &["changed", "approved"] };
        assert_eq!(states(&file), expected);
    });
}

#[test]
fn a_no_while_a_change_is_judged_stands_or_comes_too_late() {
    every(|| {
        let store = Store::new();
        assert!(otherwise(store.clone()));
        let (file, counted) = at_once(&store, &[judged, no]);
        held(&file);
        let expected: &[&str] = if counted[1] { &["denied"] } else { &["changed", "approved"] };
        assert_eq!(states(&file), expected);
        assert_eq!(worked(store), counted[0]);
    });
}

#[test]
fn a_change_that_is_judged_while_its_time_ends() {
    every(|| {
        let store = Store::new();
        assert!(otherwise(store.clone()));
        let (file, counted) = at_once(&store, &[judged, time_is_up]);
        held(&file);
        let replaced = file.questions.len() == 2;
        let expected: &[&str] = if replaced { &["changed", "approved"] } else { &["expired"] };
        assert_eq!(states(&file), expected);
        assert!(replaced != counted[1]);
    });
}

#[test]
fn a_yes_a_no_and_a_worker() {
    many(|| {
        let (file, counted) = at_once(&Store::new(), &[yes, no, worked]);
        held(&file);
        assert!(counted[0] != counted[1]);
        assert!(!counted[2] || counted[0], "nothing runs that was denied");
    });
}

/// Everybody at once, in random orders.
#[test]
fn everybody_at_once() {
    many(|| {
        let runs = [yes, no, changed, worked, worked, time_is_up];
        let (file, counted) = at_once(&Store::new(), &runs);
        held(&file);
        let ran = counted[3..5].iter().filter(|ran| **ran).count();
        assert_eq!(ran, file.started.len());
    });
}
