//! One class against the rest, for eight classes at a time: squared hinge loss by dual coordinate
//! descent (Hsieh et al., ICML 2008). There is no learning rate, and adding rows is the same descent
//! continued with the old rows' dual variables where they are.
//!
//! How freely a weight moves depends on how differently its feature occurs inside and outside the
//! class (the idea of NB-SVM, Wang and Manning, ACL 2012).

use super::matrix::Matrix;

/// Classes are worked on in blocks of this many.
pub(super) const LANES: usize = 8;
/// One value per class of a block.
pub(super) type Block = [f32; LANES];

/// Cost of an error; chosen on rows later than those learned.
const COST: f32 = 0.4;
/// Errors on rows of a class smaller than the average cost more: by the ratio to this power.
const SMALL_CLASS_POWER: f32 = 0.4;
/// Rows that changed nothing in a pass are looked at every so many passes.
const IDLE_PASSES: u32 = 3;

/// The weights of eight classes while they are learned.
#[derive(Debug)]
pub(super) struct Descent<'a> {
    matrix: &'a Matrix,
    classes: &'a [u32],
    /// The first class of the block.
    first: u32,
    ease: Vec<Block>,
    /// By row: its squared length under the ease.
    curve: Vec<Block>,
    /// Cost of an error on a row of the class itself.
    own_cost: Block,
    duals: Vec<Block>,
    idle: Vec<bool>,
    /// What was learned, by slot.
    pub(super) weights: Vec<Block>,
    pub(super) bias: Block,
}

impl<'a> Descent<'a> {
    pub(super) fn new(
        matrix: &'a Matrix,
        classes: &'a [u32],
        slots: usize,
        block: usize,
    ) -> Descent<'a> {
        let zero = [0f32; LANES];
        Descent {
            matrix,
            classes,
            first: (block * LANES) as u32,
            ease: vec![[1.0; LANES]; slots],
            curve: vec![[1.0; LANES]; matrix.rows()],
            own_cost: [COST; LANES],
            duals: vec![zero; matrix.rows()],
            idle: vec![false; matrix.rows()],
            weights: vec![zero; slots],
            bias: zero,
        }
    }

    /// The lane of a row's class, if it is in this block.
    fn lane(&self, row: usize) -> Option<usize> {
        let lane = self.classes[row].checked_sub(self.first)? as usize;
        (lane < LANES).then_some(lane)
    }

    /// Takes the first `rows` rows as known: what they say about features and class sizes.
    pub(super) fn learn_from(&mut self, rows: usize, classes: usize) {
        let slots = self.ease.len();
        let mut inside = vec![[0f32; LANES]; slots];
        let mut all = vec![0f32; slots];
        let (mut inside_total, mut total, mut sizes) = ([0f32; LANES], 0f32, [0f32; LANES]);
        for row in 0..rows {
            let cells = self.matrix.row(row);
            total += cells.len() as f32;
            for (slot, _) in cells {
                all[*slot as usize] += 1.0;
            }
            if let Some(lane) = self.lane(row) {
                sizes[lane] += 1.0;
                inside_total[lane] += cells.len() as f32;
                for (slot, _) in cells {
                    inside[*slot as usize][lane] += 1.0;
                }
            }
        }
        let smooth = slots as f32;
        let inside_scale = inside_total.map(|t| 1.0 / (t + smooth));
        let outside_scale = inside_total.map(|t| 1.0 / (total - t + smooth));
        for ((ease, inside), all) in self.ease.iter_mut().zip(&inside).zip(&all) {
            for lane in 0..LANES {
                let p = (inside[lane] + 1.0) * inside_scale[lane];
                let q = (all - inside[lane] + 1.0) * outside_scale[lane];
                ease[lane] = (p / q).ln().abs().sqrt();
            }
        }
        let average = rows as f32 / classes.max(1) as f32;
        self.own_cost =
            sizes.map(|s| COST * (average / (s + 1.0)).max(1.0).powf(SMALL_CLASS_POWER));
        self.lay_out(rows);
    }

    /// Row lengths and weights anew, as the dual variables and the ease say.
    fn lay_out(&mut self, rows: usize) {
        self.weights.fill([0.0; LANES]);
        self.bias = [0.0; LANES];
        for row in 0..rows {
            let mut curve = [0f32; LANES];
            let sign = self.signs(row);
            let mut push = self.duals[row];
            let any = push.iter().any(|d| *d > 0.0);
            for (p, s) in push.iter_mut().zip(&sign) {
                *p *= s;
            }
            for (slot, x) in self.matrix.row(row) {
                let ease = &self.ease[*slot as usize];
                for (c, e) in curve.iter_mut().zip(ease) {
                    *c += x * x * e;
                }
                if any {
                    let weights = &mut self.weights[*slot as usize];
                    for lane in 0..LANES {
                        weights[lane] += x * push[lane] * ease[lane];
                    }
                }
            }
            for (b, p) in self.bias.iter_mut().zip(&push) {
                *b += p;
            }
            self.curve[row] = curve;
        }
        self.idle.fill(false);
    }

    fn signs(&self, row: usize) -> Block {
        let mut out = [-1.0; LANES];
        if let Some(lane) = self.lane(row) {
            out[lane] = 1.0;
        }
        out
    }

    /// One pass over the rows in this order.
    pub(super) fn pass(&mut self, order: &[u32], number: u32) {
        for row in order {
            let row = *row as usize;
            if !self.idle[row] || number.is_multiple_of(IDLE_PASSES) {
                self.idle[row] = !self.step(row);
            }
        }
    }

    /// Moves the dual variables of one row to their best; says whether any moved.
    fn step(&mut self, row: usize) -> bool {
        let cells = self.matrix.row(row);
        let mut sum = self.bias;
        for (slot, x) in cells {
            for (s, w) in sum.iter_mut().zip(&self.weights[*slot as usize]) {
                *s += x * w;
            }
        }
        let sign = self.signs(row);
        let (duals, curve) = (&mut self.duals[row], &self.curve[row]);
        let mut push = [0f32; LANES];
        let mut any = false;
        for lane in 0..LANES {
            let cost = if sign[lane] > 0.0 { self.own_cost[lane] } else { COST };
            let soft = 0.5 / cost;
            let slope = sign[lane] * sum[lane] - 1.0 + duals[lane] * soft;
            let new = (duals[lane] - slope / (curve[lane] + 1.0 + soft)).max(0.0);
            any |= (new - duals[lane]).abs() > 1e-4;
            push[lane] = (new - duals[lane]) * sign[lane];
            duals[lane] = new;
        }
        if push == [0.0; LANES] {
            return false;
        }
        for (b, p) in self.bias.iter_mut().zip(&push) {
            *b += p;
        }
        for (slot, x) in cells {
            let ease = &self.ease[*slot as usize];
            let weights = &mut self.weights[*slot as usize];
            for lane in 0..LANES {
                weights[lane] += x * push[lane] * ease[lane];
            }
        }
        any
    }

    /// Scores of one row, with features left out that were not known before `known` rows.
    pub(super) fn score(&self, row: usize, since: &[u32], known: u32) -> Block {
        let mut sum = [0f32; LANES];
        let mut square = 0f32;
        for (slot, x) in self.matrix.row(row) {
            if since[*slot as usize] >= known {
                continue;
            }
            square += x * x;
            for (s, w) in sum.iter_mut().zip(&self.weights[*slot as usize]) {
                *s += x * w;
            }
        }
        let scale = if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 };
        for (s, b) in sum.iter_mut().zip(&self.bias) {
            *s = *s * scale + b;
        }
        sum
    }
}
