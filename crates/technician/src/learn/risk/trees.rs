//! Gradient-boosted decision trees for one yes-or-no question: second-order, on histograms.
//!
//! INVARIANT: the same rows and seed give the same trees.

/// Values are put into at most this many bins per feature.
const BINS: usize = 48;

/// How trees are grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Number of trees.
    pub trees: usize,
    /// Splits from root to leaf, at most.
    pub depth: usize,
    /// Share of each tree's answer that is taken.
    pub rate: f32,
    /// Weight of rows that a leaf needs at least.
    pub least_leaf: f32,
    /// Pull of leaves to zero, in rows.
    pub hold: f32,
    /// Share of features that each tree may use.
    pub features: f32,
}

impl Default for Growth {
    fn default() -> Self {
        Growth { trees: 100, depth: 4, rate: 0.08, least_leaf: 40.0, hold: 20.0, features: 0.35 }
    }
}

/// One step of a tree: go left where the feature is at most `cut`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Node {
    feature: u16,
    cut: f32,
    /// Where both sides are; 0 for a leaf.
    left: u32,
    right: u32,
    answer: f32,
}

/// Trees and where they begin.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Forest {
    trees: Vec<Vec<Node>>,
}

/// Values by feature, then by row, put into bins.
struct Binned {
    cuts: Vec<Vec<f32>>,
    bins: Vec<Vec<u8>>,
}

impl Binned {
    fn of(rows: &[Vec<f32>]) -> Binned {
        let width = rows.first().map_or(0, Vec::len);
        let mut out = Binned { cuts: Vec::new(), bins: Vec::new() };
        for feature in 0..width {
            let mut values: Vec<f32> = rows.iter().map(|r| r[feature]).collect();
            values.sort_by(f32::total_cmp);
            let mut cuts: Vec<f32> = (1..BINS)
                .filter_map(|i| values.get(values.len() * i / BINS).copied())
                .filter(|c| values.last().is_some_and(|top| c < top))
                .collect();
            cuts.dedup();
            let bin = |v: f32| cuts.partition_point(|c| *c < v) as u8;
            out.bins.push(rows.iter().map(|r| bin(r[feature])).collect());
            out.cuts.push(cuts);
        }
        out
    }
}

/// Sums of slopes and curvatures.
type Sums = [f32; 2];

struct Grower<'a> {
    data: &'a Binned,
    slopes: &'a [Sums],
    growth: Growth,
    usable: Vec<usize>,
    nodes: Vec<Node>,
}

impl Grower<'_> {
    fn leaf(&mut self, sums: Sums) -> u32 {
        let answer = -sums[0] / (sums[1] + self.growth.hold * 0.25) * self.growth.rate;
        self.nodes.push(Node { feature: 0, cut: 0.0, left: 0, right: 0, answer });
        (self.nodes.len() - 1) as u32
    }

    fn grow(&mut self, rows: &mut [u32], depth: usize) -> u32 {
        let mut all: Sums = [0.0; 2];
        for row in rows.iter() {
            let s = self.slopes[*row as usize];
            all = [all[0] + s[0], all[1] + s[1]];
        }
        let Some((feature, bin)) = (depth > 0).then(|| self.best(rows, all)).flatten() else {
            return self.leaf(all);
        };
        let bins = &self.data.bins[feature];
        let mut middle = 0;
        for at in 0..rows.len() {
            if bins[rows[at] as usize] <= bin {
                rows.swap(at, middle);
                middle += 1;
            }
        }
        let cut = self.data.cuts[feature][usize::from(bin)];
        let me = self.nodes.len();
        self.nodes.push(Node { feature: feature as u16, cut, left: 0, right: 0, answer: 0.0 });
        let (low, high) = rows.split_at_mut(middle);
        let left = self.grow(low, depth - 1);
        let right = self.grow(high, depth - 1);
        self.nodes[me].left = left;
        self.nodes[me].right = right;
        me as u32
    }

    /// The split that explains most, if any does.
    fn best(&self, rows: &[u32], all: Sums) -> Option<(usize, u8)> {
        let hold = self.growth.hold * 0.25;
        let worth = |s: Sums| s[0] * s[0] / (s[1] + hold);
        // A row at even odds has a curvature of 0.25.
        let least = self.growth.least_leaf * 0.25 * 0.25;
        let mut best = (worth(all) + 1e-3, None);
        for feature in &self.usable {
            let mut sums = [[0f32; 2]; BINS];
            let bins = &self.data.bins[*feature];
            for row in rows {
                let s = self.slopes[*row as usize];
                let into = &mut sums[usize::from(bins[*row as usize])];
                *into = [into[0] + s[0], into[1] + s[1]];
            }
            let mut low: Sums = [0.0; 2];
            for (bin, s) in sums.iter().enumerate().take(self.data.cuts[*feature].len()) {
                low = [low[0] + s[0], low[1] + s[1]];
                let high = [all[0] - low[0], all[1] - low[1]];
                if low[1] < least || high[1] < least {
                    continue;
                }
                let gain = worth(low) + worth(high);
                if gain > best.0 {
                    best = (gain, Some((*feature, bin as u8)));
                }
            }
        }
        best.1
    }
}

impl Forest {
    /// Learns `truth` from rows of equal length, beyond the log-odds in `starts`; `weights` say how much each row
    /// counts.
    pub(super) fn fit(
        rows: &[Vec<f32>],
        starts: &[f32],
        truth: &[bool],
        weights: &[f32],
        growth: Growth,
        seed: u64,
    ) -> Forest {
        let mut out = Forest { trees: Vec::new() };
        let data = Binned::of(rows);
        let width = data.cuts.len();
        let mut scores = starts.to_vec();
        let mut slopes = vec![[0f32; 2]; rows.len()];
        let mut dice = seed | 1;
        for _ in 0..growth.trees {
            for (((slope, score), truth), weight) in
                slopes.iter_mut().zip(&scores).zip(truth).zip(weights)
            {
                let p = sigmoid(*score);
                let y = f32::from(u8::from(*truth));
                *slope = [weight * (p - y), weight * (p * (1.0 - p)).max(1e-6)];
            }
            let usable: Vec<usize> = (0..width)
                .filter(|_| {
                    dice ^= dice << 13;
                    dice ^= dice >> 7;
                    dice ^= dice << 17;
                    ((dice >> 40) as f32) < growth.features * (1u32 << 24) as f32
                })
                .collect();
            let mut order: Vec<u32> = (0..rows.len() as u32).collect();
            let mut grower =
                Grower { data: &data, slopes: &slopes, growth, usable, nodes: Vec::new() };
            grower.grow(&mut order, growth.depth);
            let tree = grower.nodes;
            for (score, row) in scores.iter_mut().zip(rows) {
                *score += answer(&tree, row);
            }
            out.trees.push(tree);
        }
        out
    }

    /// What one row adds to its starting log-odds.
    pub(super) fn score(&self, row: &[f32]) -> f32 {
        self.trees.iter().map(|t| answer(t, row)).sum::<f32>()
    }
}

fn answer(tree: &[Node], row: &[f32]) -> f32 {
    let mut at = 0usize;
    while let Some(node) = tree.get(at) {
        if node.left == 0 {
            return node.answer;
        }
        let low = row.get(usize::from(node.feature)).is_none_or(|v| *v <= node.cut);
        at = if low { node.left } else { node.right } as usize;
    }
    0.0
}

/// The probability of log-odds.
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn it_learns_what_no_line_can_part() {
        // Yes exactly where both values lie on the same side.
        let rows: Vec<Vec<f32>> =
            (0..2_000).map(|i| vec![(i % 40) as f32, (i / 40 % 50) as f32, 7.0]).collect();
        let truth: Vec<bool> = rows.iter().map(|r| (r[0] < 13.0) == (r[1] < 17.0)).collect();
        let growth = Growth { features: 1.0, rate: 0.3, trees: 30, ..Growth::default() };
        let forest =
            Forest::fit(&rows, &vec![0.0; rows.len()], &truth, &vec![1.0; rows.len()], growth, 1);
        let right = rows.iter().zip(&truth).filter(|(r, t)| (forest.score(r) > 0.0) == **t).count();
        assert!(right >= 1_950, "{right} of 2,000");
    }
}
