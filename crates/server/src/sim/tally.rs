//! What came of many seeds: counted, and kept in a file when a run is so long that it must be able to
//! stop and go on.
//!
//! INVARIANT: a seed stands in the file only after it was lived through and nothing was wrong.

use super::Outcome;
use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Sums over seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// Seeds lived through.
    pub(super) seeds: u64,
    /// Nodes that ended.
    pub(super) crashes: u64,
    /// Statements of nodes.
    pub(super) statements: u64,
    /// What was done to the systems outside.
    pub(super) effects: u64,
    /// Tickets and requests.
    pub(super) cases: u64,
}

impl Sums {
    fn add(&mut self, [crashes, statements, effects, cases]: [u64; 4]) {
        self.seeds += 1;
        self.crashes += crashes;
        self.statements += statements;
        self.effects += effects;
        self.cases += cases;
    }
}

impl std::fmt::Display for Sums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Sums { seeds, crashes, statements, effects, cases } = self;
        write!(
            f,
            "{seeds} seeds, {crashes} nodes ended, {statements} statements, {cases} tickets and requests, {effects} outside changes"
        )
    }
}

/// The count, shared by the threads that live through seeds.
pub(super) struct Tally {
    state: Mutex<(Sums, Option<File>)>,
    /// Seeds that stood in the file already.
    before: BTreeSet<u64>,
}

impl Tally {
    /// A count that goes on with what stands in the file, when there is one. `kind` says which worlds
    /// these are: a file of others is refused.
    pub(super) fn open(file: Option<&Path>, kind: &str) -> Tally {
        let (mut sums, mut before) = (Sums::default(), BTreeSet::new());
        let file = file.map(|path| {
            let known = std::fs::read_to_string(path).unwrap_or_default();
            let mut lines = known.lines();
            let first = lines.next();
            assert!(first.is_none_or(|k| k == kind), "{}: not of {kind} worlds", path.display());
            for line in lines {
                // The last line may be cut off: its seed is lived through again.
                let numbers: Vec<u64> = line.split(' ').map_while(|n| n.parse().ok()).collect();
                if let [seed, crashes, statements, effects, cases, 0] = numbers[..]
                    && before.insert(seed)
                {
                    sums.add([crashes, statements, effects, cases]);
                }
            }
            let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
            match first {
                None => writeln!(file, "{kind}").unwrap(),
                Some(_) if !known.ends_with('\n') => writeln!(file).unwrap(),
                Some(_) => {}
            }
            file
        });
        Tally { state: Mutex::new((sums, file)), before }
    }

    /// Whether the seed was lived through by an earlier run.
    pub(super) fn knows(&self, seed: u64) -> bool {
        self.before.contains(&seed)
    }

    /// Counts a seed in which nothing was wrong.
    pub(super) fn add(&self, seed: u64, of: &Outcome) {
        let counts = [of.crashes, of.statements, of.effects as u64, of.cases as u64];
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.add(counts);
        if let Some(file) = &mut state.1 {
            let [crashes, statements, effects, cases] = counts;
            // The last number says that the line is whole.
            writeln!(file, "{seed} {crashes} {statements} {effects} {cases} 0").unwrap();
        }
    }

    /// What was counted up to now.
    pub(super) fn sums(&self) -> Sums {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}

#[test]
fn a_run_goes_on_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tally");
    let outcome =
        Outcome { wrong: vec![], crashes: 3, statements: 500, effects: 7, cases: 2, trace: 1 };
    let first = Tally::open(Some(&file), "storm");
    first.add(4, &outcome);
    first.add(6, &outcome);
    drop(first);
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap() + "5 3 50").unwrap();
    let second = Tally::open(Some(&file), "storm");
    assert_eq!([4, 5, 6].map(|seed| second.knows(seed)), [true, false, true]);
    second.add(5, &outcome);
    let third = Tally::open(Some(&file), "storm");
    assert_eq!(third.sums(), second.sums());
    assert_eq!((third.sums().seeds, third.sums().crashes), (3, 9));
    assert!(std::panic::catch_unwind(|| Tally::open(Some(&file), "usual")).is_err());
}
