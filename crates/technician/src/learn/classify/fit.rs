//! Fits in the order of time, and keeps the score that each row had before it was learned from.
//!
//! The first part of the history is learned; then block after block is scored, and only then learned.
//! These scores are what calibration and thresholds rest on: no row is judged by a model that knew it.

use super::descent::{Block, Descent, LANES};
use super::matrix::Matrix;
use crate::learn::descent::shuffle;

/// Share of the rows that are learned before the first is scored, in percent.
pub(super) const FIRST: usize = 40;
/// Blocks that the rest is scored in.
pub(super) const STAGES: usize = 4;
/// Passes over the first part, over each stage, and at the end.
const PASSES: [u32; 3] = [8, 4, 5];

/// What was learned.
#[derive(Debug)]
pub(super) struct Fit {
    /// `slots × width` weights.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
    /// Classes, rounded up to whole blocks.
    pub(super) width: usize,
    /// The first row that was scored before it was learned.
    pub(super) from: usize,
    /// Scores of the rows from there on, `width` each.
    pub(super) before: Vec<f32>,
}

/// How a fit is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) seed: u64,
    pub(super) threads: usize,
    /// Score rows before they are learned; else only fit.
    pub(super) staged: bool,
}

struct Part {
    weights: Vec<Block>,
    bias: Block,
    before: Vec<Block>,
}

/// Fits all classes; threads share them out, and their number changes nothing.
pub(super) fn fit(matrix: &Matrix, classes: &[u32], count: usize, slots: usize, pace: Pace) -> Fit {
    let blocks = count.div_ceil(LANES).max(1);
    let from = if pace.staged { matrix.rows() * FIRST / 100 } else { matrix.rows() };
    let since = known_since(matrix, slots);
    let one = |block: usize| part(matrix, classes, count, slots, block, from, &since, pace.seed);
    let mut parts: Vec<Option<Part>> = (0..blocks).map(|_| None).collect();
    let threads = pace.threads.clamp(1, blocks);
    if threads == 1 {
        for (block, slot) in parts.iter_mut().enumerate() {
            *slot = Some(one(block));
        }
    } else {
        std::thread::scope(|scope| {
            let mut shares: Vec<Vec<(usize, &mut Option<Part>)>> =
                (0..threads).map(|_| Vec::new()).collect();
            for (block, slot) in parts.iter_mut().enumerate() {
                shares[block % threads].push((block, slot));
            }
            for share in shares {
                let one = &one;
                scope.spawn(move || {
                    for (block, slot) in share {
                        *slot = Some(one(block));
                    }
                });
            }
        });
    }
    together(parts.into_iter().flatten().collect(), slots, matrix.rows() - from, from)
}

fn together(parts: Vec<Part>, slots: usize, scored: usize, from: usize) -> Fit {
    let width = parts.len() * LANES;
    let mut out = Fit {
        weights: vec![0.0; slots * width],
        bias: vec![0.0; width],
        width,
        from,
        before: vec![0.0; scored * width],
    };
    let lay = |into: &mut [f32], block: usize, rows: &[Block]| {
        for (line, row) in into.chunks_exact_mut(width).zip(rows) {
            line[block * LANES..(block + 1) * LANES].copy_from_slice(row);
        }
    };
    for (block, part) in parts.iter().enumerate() {
        lay(&mut out.weights, block, &part.weights);
        lay(&mut out.bias, block, std::slice::from_ref(&part.bias));
        lay(&mut out.before, block, &part.before);
    }
    out
}

#[allow(clippy::too_many_arguments)]
fn part(
    matrix: &Matrix,
    classes: &[u32],
    count: usize,
    slots: usize,
    block: usize,
    from: usize,
    since: &[u32],
    seed: u64,
) -> Part {
    let rows = matrix.rows();
    let mut descent = Descent::new(matrix, classes, slots, block);
    let mut dice = seed | 1;
    let mut number = 0;
    let mut learn = |descent: &mut Descent<'_>, known: usize, passes: u32| {
        descent.learn_from(known, count);
        let mut order: Vec<u32> = (0..known as u32).collect();
        for _ in 0..passes {
            shuffle(&mut order, &mut dice);
            descent.pass(&order, number);
            number += 1;
        }
    };
    let mut before = Vec::with_capacity(rows - from);
    let [first, stage, last] = PASSES;
    if from == rows {
        learn(&mut descent, rows, first + last);
        return Part { weights: descent.weights, bias: descent.bias, before };
    }
    learn(&mut descent, from, first);
    for at in 0..STAGES {
        let (begin, end) =
            (from + (rows - from) * at / STAGES, from + (rows - from) * (at + 1) / STAGES);
        before.extend((begin..end).map(|row| descent.score(row, since, begin as u32)));
        learn(&mut descent, end, if at + 1 == STAGES { last } else { stage });
    }
    Part { weights: descent.weights, bias: descent.bias, before }
}

/// By slot: the row with which the feature had occurred often enough to be kept.
fn known_since(matrix: &Matrix, slots: usize) -> Vec<u32> {
    let mut out = vec![u32::MAX; slots];
    let mut once = vec![false; slots];
    for row in 0..matrix.rows() {
        for (slot, _) in matrix.row(row) {
            let slot = *slot as usize;
            if !once[slot] {
                once[slot] = true;
            } else if out[slot] == u32::MAX {
                out[slot] = row as u32;
            }
        }
    }
    out
}

/// Where a continued fit begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    pub(super) weights: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) width: usize,
}

/// Passes over new rows.
const NEW_PASSES: u32 = 6;

/// Learns new rows only: the dual variables of old ones rest.
pub(super) fn continued(
    matrix: &Matrix,
    classes: &[u32],
    start: Start<'_>,
    seed: u64,
) -> (Vec<f32>, Vec<f32>) {
    let (mut weights, mut bias) = (start.weights.to_vec(), start.bias.to_vec());
    let slots = start.weights.len() / start.width.max(1);
    for block in 0..start.width / LANES {
        let columns = block * LANES..(block + 1) * LANES;
        let mut descent = Descent::new(matrix, classes, slots, block);
        let lines = start.weights.chunks_exact(start.width);
        for (to, line) in descent.weights.iter_mut().zip(lines) {
            to.copy_from_slice(&line[columns.clone()]);
        }
        descent.bias.copy_from_slice(&start.bias[columns.clone()]);
        let mut order: Vec<u32> = (0..matrix.rows() as u32).collect();
        let mut dice = seed | 1;
        for number in 0..NEW_PASSES {
            shuffle(&mut order, &mut dice);
            descent.pass(&order, number);
        }
        for (line, row) in weights.chunks_exact_mut(start.width).zip(&descent.weights) {
            line[columns.clone()].copy_from_slice(row);
        }
        bias[columns].copy_from_slice(&descent.bias);
    }
    (weights, bias)
}
