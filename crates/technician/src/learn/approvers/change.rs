//! Where in time one explanation gives way to another, and how likely a run of misses is by chance.

/// The last stretch of a history and what explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Index of its first case.
    pub(super) from: usize,
    /// Which explanation.
    pub(super) by: usize,
}

/// Fewest cases that a new stretch needs.
const LEAST: usize = 5;

/// `hits[e][n]`: explanation `e` explains case `n`. Explanations stand in order of preference: a later one has to
/// explain more than a fiftieth more cases. None when there is no case.
pub(super) fn last_stretch(hits: &[Vec<bool>]) -> Option<Stretch> {
    let cases = hits.first().map_or(0, Vec::len);
    if cases == 0 {
        return None;
    }
    let mut from = 0;
    loop {
        let sums: Vec<Vec<usize>> = hits.iter().map(|h| running(&h[from..])).collect();
        let left = cases - from;
        let (by, whole) = best(&sums, 0, left);
        match split(&sums, left, whole) {
            // Once more inside the later part: a rule may change twice.
            Some(at) => from += at,
            None => return Some(Stretch { from, by }),
        }
    }
}

/// Where two explanations, one after the other, beat every single one by enough.
fn split(sums: &[Vec<usize>], cases: usize, whole: usize) -> Option<usize> {
    let needed = 4.max(cases.div_ceil(14));
    let mut found: Option<(usize, usize)> = None;
    for at in LEAST..cases.saturating_sub(LEAST - 1) {
        let ((first, before), (second, after)) = (best(sums, 0, at), best(sums, at, cases));
        let clear = first != second
            && before * 10 >= at * 5
            && after * 10 >= (cases - at) * 5
            && count(&sums[second], 0, at) * 10 <= at * 6
            && before + after >= whole + needed;
        if clear && found.is_none_or(|(_, sum)| before + after > sum) {
            found = Some((at, before + after));
        }
    }
    found.map(|(at, _)| at)
}

fn running(hits: &[bool]) -> Vec<usize> {
    let mut sums = Vec::with_capacity(hits.len() + 1);
    sums.push(0);
    for hit in hits {
        sums.push(sums.last().copied().unwrap_or(0) + usize::from(*hit));
    }
    sums
}

fn count(sums: &[usize], from: usize, to: usize) -> usize {
    sums[to] - sums[from]
}

/// The explanation with most hits, and how many. An earlier one wins unless a later one is clearly better.
fn best(sums: &[Vec<usize>], from: usize, to: usize) -> (usize, usize) {
    let margin = (to - from) / 50;
    let mut best = (0, 0);
    for (n, sum) in sums.iter().enumerate() {
        let hits = count(sum, from, to);
        if n == 0 || hits > best.1 + margin {
            best = (n, hits);
        }
    }
    best
}

/// Probability of `misses` or more among `cases` when each misses with this probability.
pub(super) fn at_least(misses: usize, cases: usize, probability: f64) -> f64 {
    let mut term = (1.0 - probability).powi(i32::try_from(cases).unwrap_or(i32::MAX));
    let mut below = 0.0;
    for n in 0..misses {
        below += term;
        term *= (cases - n) as f64 / (n + 1) as f64 * probability / (1.0 - probability);
    }
    (1.0 - below).max(0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn hits(pattern: &str) -> Vec<Vec<bool>> {
        ["a", "b"].map(|e| pattern.chars().map(|c| c.to_string() == e).collect()).to_vec()
    }

    #[test]
    fn a_change_is_found_where_it_happened_and_noise_is_none() {
        let at = |p: &str| last_stretch(&hits(p)).map(|s| (s.from, s.by));
        assert_eq!(at("aaaaaaaaaabbbbbbbbbb"), Some((10, 1)));
        assert_eq!(at("aaaabaaaabaaaaabaaaa"), Some((0, 0)));
        assert_eq!(at("aaaaaaaaaaaaaaaaaabb"), Some((0, 0)), "two tickets are no new rule");
        assert_eq!(at("aaaaaaaaaabbbbbbbbbbbbbbbbbbbbaaaaaaaaaa"), Some((30, 0)), "back again");
        assert_eq!(last_stretch(&[]), None);
    }

    #[test]
    fn chances_are_those_of_the_binomial_distribution() {
        assert!((at_least(2, 3, 0.5) - 0.5).abs() < 1e-12);
        assert!((at_least(4, 4, 0.1) - 1e-4).abs() < 1e-12);
        assert_eq!(at_least(0, 9, 0.2), 1.0);
    }
}
