//! What tickets are about, where the desk's own categories do not say: clusters of their words, named by their words.
//!
//! Spherical k-means on weighted words, begun by k-means++. A ticket that fits no cluster stays outside: a name that fits
//! half of its tickets would be worse than none. INVARIANT: the same texts give the same clusters.

use crate::understand::clean::fold;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// Tickets in groups by what they are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    /// Names, the largest cluster first: its most telling words.
    pub names: Vec<String>,
    /// For each text its cluster, as a position in `names`.
    pub of: Vec<Option<usize>>,
}

/// Fewer texts than this are not grouped.
const LEAST_TEXTS: usize = 200;
/// A cluster has at least this many texts, and this share of them.
const LEAST: usize = 20;
const LEAST_SHARE: f64 = 0.005;
/// Centres are found on at most this many texts, spread evenly over all.
const SAMPLE: usize = 20_000;
const ROUNDS: usize = 15;
/// Words that are looked at, the most frequent ones.
const WORDS: usize = 6_000;
/// A word stands in at least this many texts, and in at most this share.
const RARE: usize = 5;
const COMMON: f64 = 0.3;
/// A text belongs to a cluster when it is at least this much like its centre (cosine).
const LIKE: f32 = 0.22;
/// Words in a name.
const NAMED_BY: usize = 3;

/// Groups texts.
pub fn clusters<'t>(texts: impl IntoIterator<Item = &'t str>) -> Clusters {
    let texts: Vec<Vec<String>> = texts.into_iter().map(words).collect();
    let empty = Clusters { names: Vec::new(), of: vec![None; texts.len()] };
    if texts.len() < LEAST_TEXTS {
        return empty;
    }
    let vocabulary = Vocabulary::of(&texts);
    let rows: Vec<Row> = texts.iter().map(|t| vocabulary.row(t)).collect();
    let step = rows.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<&Row> = rows.iter().step_by(step).filter(|r| !r.is_empty()).collect();
    // About as many clusters as a person would sort a desk into.
    let k = (((sample.len() as f64) / 25.0).sqrt() as usize).clamp(6, 30);
    if sample.len() < k * LEAST {
        return empty;
    }
    let mut centres = begin(&sample, k, vocabulary.words.len());
    for _ in 0..ROUNDS {
        centres = moved(&sample, &centres, vocabulary.words.len());
    }
    named(&rows, &centres, &vocabulary)
}

/// Words and their weights, length 1.
type Row = Vec<(u32, f32)>;

struct Vocabulary {
    words: Vec<String>,
    at: HashMap<String, u32>,
    rarity: Vec<f32>,
}

impl Vocabulary {
    fn of(texts: &[Vec<String>]) -> Vocabulary {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for text in texts {
            let distinct: HashSet<&str> = text.iter().map(String::as_str).collect();
            for word in distinct {
                *counts.entry(word).or_default() += 1;
            }
        }
        let most = (texts.len() as f64 * COMMON) as usize;
        let mut kept: Vec<(&str, usize)> =
            counts.into_iter().filter(|(_, n)| (RARE..=most).contains(n)).collect();
        kept.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        kept.truncate(WORDS);
        let rarity = kept.iter().map(|(_, n)| (texts.len() as f32 / *n as f32).ln()).collect();
        let words: Vec<String> = kept.into_iter().map(|(w, _)| w.to_owned()).collect();
        let at = words.iter().enumerate().map(|(n, w)| (w.clone(), n as u32)).collect();
        Vocabulary { words, at, rarity }
    }

    fn row(&self, text: &[String]) -> Row {
        let distinct: std::collections::BTreeSet<u32> =
            text.iter().filter_map(|w| self.at.get(w).copied()).collect();
        let weighted =
            distinct.into_iter().filter_map(|w| Some((w, *self.rarity.get(w as usize)?)));
        let mut row: Row = weighted.collect();
        let length = row.iter().map(|(_, x)| x * x).sum::<f32>().sqrt();
        row.iter_mut().for_each(|(_, x)| *x /= length.max(f32::MIN_POSITIVE));
        row
    }
}

/// The words that tell something.
fn words(text: &str) -> Vec<String> {
    static SAY_NOTHING: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        "the and for with that this have has had not you your are was were from can cannot could please help need needs our will would \
         there they them when what which who how but she his her its any all some out get got been hello team dear thanks thank regards \
         kind best sir madam morning afternoon xaddr xurl xfile company issue problem problems issues error request received ticket user \
         users unable able since also still now today yesterday again one two just like more other into than then only after before \
         die der das und ist nicht ich ein eine einen mit fur auf den dem des sich bei von wird kann bitte hallo danke grusse freundlichen \
         mfg wir sie haben habe hat noch auch aber nach zum zur uns mein meine mehr wenn wie was sehr geehrte damen herren \
         does did doing done using use used see let make want know work working works com www http https gmail hostname sent subject"
            .split(' ')
            .collect()
    });
    let folded = fold(text);
    let telling = |w: &&str| w.chars().count() >= 3 && !w.contains('0') && !SAY_NOTHING.contains(w);
    folded.split_whitespace().filter(telling).map(str::to_owned).collect()
}

fn like(row: &Row, centre: &[f32]) -> f32 {
    row.iter().map(|(w, x)| x * centre.get(*w as usize).copied().unwrap_or(0.0)).sum()
}

fn dense(row: &Row, width: usize) -> Vec<f32> {
    let mut out = vec![0.0; width];
    for (w, x) in row {
        if let Some(slot) = out.get_mut(*w as usize) {
            *slot = *x;
        }
    }
    out
}

/// k-means++: each next centre is a text that is unlike those before.
fn begin(sample: &[&Row], k: usize, width: usize) -> Vec<Vec<f32>> {
    let mut dice: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut draw = || {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as f64 / (1u64 << 31) as f64
    };
    let mut centres: Vec<Vec<f32>> = sample.first().map(|r| dense(r, width)).into_iter().collect();
    let mut unlike: Vec<f32> = vec![f32::MAX; sample.len()];
    while centres.len() < k {
        let Some(newest) = centres.last() else { break };
        for (far, row) in unlike.iter_mut().zip(sample) {
            *far = far.min((1.0 - like(row, newest)).max(0.0).powi(2));
        }
        let all: f64 = unlike.iter().map(|x| f64::from(*x)).sum();
        let mut rest = draw() * all;
        let picked = unlike.iter().position(|x| {
            rest -= f64::from(*x);
            rest <= 0.0
        });
        let Some(row) = sample.get(picked.unwrap_or(sample.len() - 1)) else { break };
        centres.push(dense(row, width));
    }
    centres
}

/// Where the texts' means are.
fn moved(sample: &[&Row], centres: &[Vec<f32>], width: usize) -> Vec<Vec<f32>> {
    let mut sums = vec![vec![0.0f32; width]; centres.len()];
    for row in sample {
        let Some((at, _)) = nearest(row, centres) else { continue };
        for (w, x) in *row {
            sums[at][*w as usize] += x;
        }
    }
    for (sum, old) in sums.iter_mut().zip(centres) {
        let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
        match length > 0.0 {
            true => sum.iter_mut().for_each(|x| *x /= length),
            false => sum.clone_from(old),
        }
    }
    sums
}

fn nearest(row: &Row, centres: &[Vec<f32>]) -> Option<(usize, f32)> {
    let all = centres.iter().enumerate().map(|(at, centre)| (at, like(row, centre)));
    all.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
}

/// Names the clusters that are large enough, the largest first.
fn named(rows: &[Row], centres: &[Vec<f32>], vocabulary: &Vocabulary) -> Clusters {
    let found: Vec<Option<usize>> = rows
        .iter()
        .map(|r| nearest(r, centres).filter(|(_, like)| *like >= LIKE).map(|(at, _)| at))
        .collect();
    let mut sizes = vec![0usize; centres.len()];
    found.iter().flatten().for_each(|at| sizes[*at] += 1);
    let least = LEAST.max((rows.len() as f64 * LEAST_SHARE) as usize);
    let mut kept: Vec<usize> = (0..centres.len()).filter(|at| sizes[*at] >= least).collect();
    kept.sort_by_key(|at| (std::cmp::Reverse(sizes[*at]), *at));
    // Two centres with the same words are one cluster to a reader.
    let mut names: Vec<String> = Vec::new();
    let mut place = vec![None; centres.len()];
    for at in kept {
        let name = name(&centres[at], vocabulary);
        let known = names.iter().position(|n| *n == name);
        place[at] = Some(known.unwrap_or(names.len()));
        if known.is_none() {
            names.push(name);
        }
    }
    Clusters { names, of: found.into_iter().map(|at| at.and_then(|at| place[at])).collect() }
}

fn name(centre: &[f32], vocabulary: &Vocabulary) -> String {
    let mut heavy: Vec<usize> = (0..centre.len()).collect();
    heavy.sort_by(|a, b| centre[*b].total_cmp(&centre[*a]).then(a.cmp(b)));
    let words = heavy.iter().take(NAMED_BY).filter(|at| centre[**at] > 0.05);
    words.filter_map(|at| vocabulary.words.get(*at)).cloned().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Vec<String> {
        (0..600)
            .map(|n| match n % 4 {
                0 => format!("The printer in room {n} jams and toner is low, paper stuck"),
                1 => format!("Skype meeting audio drops, headset microphone silent, call {n}"),
                2 => format!("Roaming abroad: mobile tariff exceeded, number {n} barred"),
                _ => format!("Invoice {n} cannot be posted in ledger, booking period closed"),
            })
            .collect()
    }

    #[test]
    fn tickets_about_the_same_thing_come_together_under_their_words() {
        let texts = texts();
        let found = clusters(texts.iter().map(String::as_str));
        assert_eq!(found.of.len(), 600);
        let placed = found.of.iter().flatten().count();
        assert!(placed > 550, "{placed} of 600");
        for (name, about) in found.names.iter().enumerate() {
            let kinds: HashSet<usize> = found
                .of
                .iter()
                .enumerate()
                .filter(|(_, c)| **c == Some(name))
                .map(|(n, _)| n % 4)
                .collect();
            assert_eq!(kinds.len(), 1, "{about} mixes {kinds:?}");
        }
        assert!(found.names.iter().all(|n| n.split(", ").count() == 3), "{:?}", found.names);
        assert_eq!(found, clusters(texts.iter().map(String::as_str)));
    }

    #[test]
    fn too_few_or_empty_texts_are_left_alone() {
        let few = clusters(["printer", "toner"]);
        assert!(few.names.is_empty() && few.of == vec![None, None]);
        let empty = vec![""; 500];
        assert!(clusters(empty).names.is_empty());
    }
}
