//! The programs of many rules in one piece of memory.
//!
//! A client among ten thousand is seldom in the processor's cache. Beside each other its rules cost a
//! few loads, and those at once; each in its own place they cost a few loads per rule, one after the
//! other. INVARIANT: what is asked here is answered as [`Program::eval`] would.

use super::native::{ASK, At, NO, Step, Test};
use super::program::{Failure, Outcome, Program};
use super::vars::Variables;
use std::ops::Range;

/// Programs, numbered from 0.
#[derive(Clone, Debug)]
pub(crate) struct Pack {
    steps: Box<[Step]>,
    programs: Box<[Program]>,
}

impl Pack {
    /// Lays the programs beside each other, in this order; also answers where the steps of each begin,
    /// and where those of the last end.
    pub(crate) fn new(programs: Vec<Program>) -> (Pack, Vec<usize>) {
        let mut steps: Vec<Step> = Vec::new();
        let mut places = Vec::with_capacity(programs.len() + 1);
        for program in &programs {
            let at = steps.len();
            places.push(at);
            match program.steps() {
                // It has to be asked by itself.
                [] => steps.push(Step { test: Test::Tree(0), yes: NO, no: NO, len: 0, start: 0 }),
                own => steps.extend_from_slice(own),
            }
            // INVARIANT: a program has fewer than `ASK` steps.
            let len = At::try_from(steps.len() - at).unwrap_or(ASK);
            let start = program.start();
            steps.iter_mut().skip(at).take(1).for_each(|s| (s.len, s.start) = (len, start));
        }
        places.push(steps.len());
        (Pack { steps: steps.into(), programs: programs.into() }, places)
    }

    /// What the programs of these numbers say, those left out that do not match. The steps of the
    /// first of them begin at `place`.
    #[inline]
    pub(crate) fn ask<'a, V: Variables + ?Sized>(
        &'a self,
        place: usize,
        numbers: Range<usize>,
        vars: &'a V,
    ) -> impl Iterator<Item = (usize, Outcome)> + 'a {
        let mut at = place;
        numbers.filter_map(move |number| {
            let outcome = self.one(&mut at, number, vars);
            (outcome != Outcome::DoesNotMatch).then_some((number, outcome))
        })
    }

    #[inline(always)]
    fn one<V: Variables + ?Sized>(&self, at: &mut usize, number: usize, vars: &V) -> Outcome {
        let rest = self.steps.get(*at..).unwrap_or_default();
        let head = rest.first().map_or((0, ASK), |head| (usize::from(head.len), head.start));
        let steps = rest.get(..head.0).unwrap_or_default();
        *at += head.0;
        match Program::glance(steps, head.1, vars) {
            Ok(outcome) => outcome,
            Err(at) => match self.programs.get(number) {
                Some(program) => program.go_on(at, vars),
                None => Outcome::Failed(Failure::Unreadable),
            },
        }
    }

    /// Has the steps at these places fetched: all at once, and while something else is calculated.
    #[inline]
    pub(crate) fn fetch(&self, places: Range<usize>) {
        /// Steps that are worth fetching ahead.
        const AHEAD: usize = 16;
        let steps = self.steps.get(places).unwrap_or_default();
        let lines = steps.iter().step_by(2).take(AHEAD / 2);
        std::hint::black_box(lines.fold(0, |sum, step| sum ^ step.yes));
    }
}
