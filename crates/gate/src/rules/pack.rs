//! The programs of many rules in one piece of memory.
//!
//! A client among ten thousand is seldom in the processor's cache. Beside each other its rules cost a
//! few loads; each in its own place they cost a few loads per rule. INVARIANT: what is asked here is
//! answered as [`Program::eval`] would.

use super::native::{At, Step};
use super::program::{Outcome, Program};
use super::vars::Variables;

/// Programs, numbered from 0.
#[derive(Clone, Debug)]
pub(crate) struct Pack {
    heads: Box<[Head]>,
    steps: Box<[Step]>,
    programs: Box<[Program]>,
}

/// Where the steps of one program are.
#[derive(Clone, Copy, Debug)]
struct Head {
    from: u32,
    to: u32,
    start: At,
}

impl Pack {
    /// Lays the programs beside each other, in this order.
    pub(crate) fn new(programs: Vec<Program>) -> Pack {
        let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut steps = Vec::new();
        let mut heads = Vec::with_capacity(programs.len());
        for program in &programs {
            let from = place(steps.len());
            steps.extend_from_slice(program.steps());
            heads.push(Head { from, to: place(steps.len()), start: program.start() });
        }
        Pack { heads: heads.into(), steps: steps.into(), programs: programs.into() }
    }

    /// What the program of this number says; `None` when there is none.
    #[inline]
    pub(crate) fn eval<V: Variables + ?Sized>(&self, number: usize, vars: &V) -> Option<Outcome> {
        let head = self.heads.get(number)?;
        let steps = self.steps.get(head.from as usize..head.to as usize)?;
        match Program::glance(steps, head.start, vars) {
            Ok(outcome) => Some(outcome),
            Err(at) => self.programs.get(number).map(|program| program.go_on(at, vars)),
        }
    }
}
