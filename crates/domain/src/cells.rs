//! Cells: which one a client lives in, and what each says of itself to the others.
//!
//! INVARIANT: what two cells know is put together by maxima only ([`Picture::merge`], [`Home::wins`]), so
//! that order, repetition and detours make no difference.

use crate::{ActionKind, BreakerMode, CellId, ClientId, UnixMs};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, ops::ControlFlow};

/// Where a client lives. Each move raises the version, and the larger one is true everywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Home {
    /// Whose.
    pub client: ClientId,
    /// 0 for what the configuration says; one more with each move.
    pub version: u64,
    /// The cell.
    pub cell: CellId,
    /// Entries of its journal when it moved there: a cell with fewer has not got it all.
    pub size: u64,
}

impl Home {
    /// Whether this is the truer of two statements about one client.
    pub fn wins(&self, other: &Home) -> bool {
        (self.version, &self.cell) > (other.version, &other.cell)
    }
}

/// How one kind of change fared in a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Count {
    /// Kind of action.
    pub kind: ActionKind,
    /// The patch or the script; empty for all of the kind together.
    pub change: String,
    /// Attempts that ended within the window.
    pub attempts: u32,
    /// Of these, how many did not turn out as they should.
    pub failures: u32,
}

/// A breaker that stops more than one client: of every cell, not only of the one that opened it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GlobalBreaker {
    /// What it does.
    pub mode: BreakerMode,
    /// Why it is open.
    pub reason: String,
    /// Since when.
    pub since: UnixMs,
}

/// What a cell says of itself. The newest is the one with the highest sequence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Summary {
    /// Grows with each summary of this cell.
    pub sequence: u64,
    /// When it was made, by the cell's own clock.
    pub at: UnixMs,
    /// Who says it.
    pub cell: CellId,
    /// What `counts` look back on, in milliseconds.
    pub window_ms: i64,
    /// How changes fared.
    pub counts: Vec<Count>,
    /// Its open breakers for everything.
    pub breakers: Vec<GlobalBreaker>,
    /// Moves that it knows of.
    pub homes: Vec<Home>,
}

impl Summary {
    /// Attempts and failures of a change; `None` when this summary looks back less far. Of several
    /// changes together no failure is left out, and no success counts twice: rather too bad than too
    /// good.
    pub fn fared(&self, kind: ActionKind, changes: &[&str], window_ms: i64) -> Option<(u32, u32)> {
        if self.window_ms < window_ms {
            return None;
        }
        let wanted: &[&str] = if changes.is_empty() { &[""] } else { changes };
        let found = self.counts.iter().filter(|c| c.kind == kind);
        let found = found.filter(|c| wanted.contains(&c.change.as_str()));
        let (most, failures) = found.fold((0u32, 0u32), |(most, failures), c| {
            (most.max(c.attempts), failures.saturating_add(c.failures))
        });
        Some((most.max(failures), failures))
    }
}

/// The newest summary of every cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture(BTreeMap<CellId, Summary>);

impl Picture {
    /// Takes a summary in; whether it is news. Two with one sequence, which an honest cell does not
    /// write, are told apart by what they say, the same everywhere.
    pub fn merge(&mut self, summary: Summary) -> bool {
        match self.0.get(&summary.cell) {
            Some(known) if *known >= summary => false,
            _ => {
                self.0.insert(summary.cell.clone(), summary);
                true
            }
        }
    }

    /// Takes in all that another knows.
    pub fn join(&mut self, other: &Picture) {
        for summary in other.0.values() {
            self.merge(summary.clone());
        }
    }

    /// What is known of a cell.
    pub fn of(&self, cell: &CellId) -> Option<&Summary> {
        self.0.get(cell)
    }

    /// Every summary.
    pub fn all(&self) -> impl Iterator<Item = &Summary> {
        self.0.values()
    }

    /// The strictest breaker for everything that any cell has open; of equals the oldest.
    pub fn breaker(&self) -> Option<(&CellId, &GlobalBreaker)> {
        let open = self.all().flat_map(|s| s.breakers.iter().map(move |b| (&s.cell, b)));
        open.max_by_key(|(_, b)| (b.mode, std::cmp::Reverse(b.since)))
    }

    /// How a change fared in these cells together, or the first of them that cannot say.
    pub fn fared<'c>(
        &self,
        cells: impl IntoIterator<Item = &'c CellId>,
        kind: ActionKind,
        changes: &[&str],
        window_ms: i64,
    ) -> Result<(u32, u32), &'c CellId> {
        let sum = cells.into_iter().try_fold((0u32, 0u32), |(attempts, failures), cell| match self
            .of(cell)
            .and_then(|s| s.fared(kind, changes, window_ms))
        {
            Some((a, f)) => {
                ControlFlow::Continue((attempts.saturating_add(a), failures.saturating_add(f)))
            }
            None => ControlFlow::Break(cell),
        });
        match sum {
            ControlFlow::Continue(sum) => Ok(sum),
            ControlFlow::Break(cell) => Err(cell),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn summary() -> impl Strategy<Value = Summary> {
        let breaker = (any::<bool>(), 0..3i64).prop_map(|(stop, since)| GlobalBreaker {
            mode: if stop { BreakerMode::Stop } else { BreakerMode::Ask },
            reason: "r".into(),
            since: UnixMs(since),
        });
        (0..3u8, 0..4u64, 0..3i64, prop::collection::vec(breaker, 0..3)).prop_map(
            |(cell, sequence, at, breakers)| Summary {
                sequence,
                at: UnixMs(at),
                cell: CellId::new(format!("eu{cell}")).unwrap(),
                window_ms: 10,
                counts: vec![],
                breakers,
                homes: vec![],
            },
        )
    }

    fn picture() -> impl Strategy<Value = Picture> {
        prop::collection::vec(summary(), 0..6).prop_map(|all| {
            let mut picture = Picture::default();
            for s in all {
                picture.merge(s);
            }
            picture
        })
    }

    fn joined(a: &Picture, b: &Picture) -> Picture {
        let mut a = a.clone();
        a.join(b);
        a
    }

    proptest! {
        #[test]
        fn order_repetition_and_detours_make_no_difference(a in picture(), b in picture(), c in picture()) {
            prop_assert_eq!(joined(&a, &b), joined(&b, &a));
            prop_assert_eq!(joined(&a, &a), a.clone());
            prop_assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
        }

        #[test]
        fn the_highest_sequence_stays(all in prop::collection::vec(summary(), 1..8)) {
            let mut picture = Picture::default();
            for s in &all {
                picture.merge(s.clone());
            }
            for s in &all {
                prop_assert!(picture.of(&s.cell).unwrap().sequence >= s.sequence);
            }
        }

        #[test]
        fn no_stop_is_lost_beside_a_question(a in picture(), b in picture()) {
            let both = joined(&a, &b);
            let strictest = both.all().flat_map(|s| &s.breakers).map(|b| b.mode).max();
            prop_assert_eq!(both.breaker().map(|(_, b)| b.mode), strictest);
        }
    }

    #[test]
    fn several_changes_together_are_rather_too_bad_than_too_good() {
        let count = |change: &str, attempts, failures| Count {
            kind: ActionKind::DeployPatches,
            change: change.into(),
            attempts,
            failures,
        };
        let cell = CellId::new("eu1").unwrap();
        let mut picture = Picture::default();
        picture.merge(Summary {
            sequence: 1,
            at: UnixMs(0),
            cell: cell.clone(),
            window_ms: 10,
            counts: vec![count("", 30, 9), count("kb1", 10, 3), count("kb2", 10, 4)],
            breakers: vec![],
            homes: vec![],
        });
        let fared = |changes: &[&str], window| {
            picture.fared([&cell], ActionKind::DeployPatches, changes, window)
        };
        assert_eq!(fared(&["kb1", "kb2"], 10), Ok((10, 7)));
        assert_eq!(fared(&["kb3"], 10), Ok((0, 0)));
        assert_eq!(fared(&[], 10), Ok((30, 9)));
        assert_eq!(fared(&["kb1"], 11), Err(&cell), "it does not look back so far");
        let silent = CellId::new("us1").unwrap();
        assert_eq!(picture.fared([&silent], ActionKind::DeployPatches, &[], 1), Err(&silent));
    }
}
