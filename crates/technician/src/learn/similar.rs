//! Tickets like this one: the nearest of the past by the words they share, or by sentence embeddings where somebody computed them.
//!
//! Both answer the same question, so that a desk without the embeddings' files loses nearness of meaning, not the search. INVARIANT: the
//! same tickets and question give the same answer; of equally near ones the newer stands first.

use super::LearnError;
use super::classify::matrix::{Dictionary, Matrix};
use super::classify::{Request, Scratch, logistic::dot};

/// A ticket that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Its position among those that were given.
    pub at: usize,
    /// Cosine of the angle between the two: 1 is the same, 0 has nothing in common.
    pub likeness: f32,
}

/// Finds the nearest.
pub trait Nearest<Question: ?Sized> {
    /// At most `top` hits, the nearest first.
    fn nearest(&self, question: &Question, top: usize) -> Vec<Hit>;
}

/// Tickets by their words: TF-IDF over the classifier's n-grams. Each n-gram leads to the tickets that have it.
#[derive(Clone, Debug)]
pub struct ByWords {
    dictionary: Dictionary,
    rows: usize,
    /// By slot: where its tickets begin in `places`.
    starts: Vec<usize>,
    /// Ticket, and the weight of the n-gram in it.
    places: Vec<(u32, f32)>,
}

impl ByWords {
    /// Takes the tickets in, oldest first.
    pub fn new<'a>(requests: impl Iterator<Item = Request<'a>> + Clone) -> ByWords {
        let dictionary = Dictionary::of(requests.clone());
        let matrix = Matrix::of(requests, &dictionary);
        let rows = matrix.rows();
        let mut starts = vec![0usize; dictionary.len() + 1];
        let cells = || (0..rows).flat_map(|at| matrix.row(at).iter().map(move |cell| (at, cell)));
        for (_, (slot, _)) in cells() {
            starts[*slot as usize + 1] += 1;
        }
        for slot in 1..starts.len() {
            starts[slot] += starts[slot - 1];
        }
        let mut next = starts.clone();
        let mut places = vec![(0u32, 0f32); starts.last().copied().unwrap_or(0)];
        for (at, (slot, weight)) in cells() {
            let place = &mut next[*slot as usize];
            places[*place] = (at as u32, *weight);
            *place += 1;
        }
        ByWords { dictionary, rows, starts, places }
    }
}

impl Nearest<Request<'_>> for ByWords {
    fn nearest(&self, question: &Request<'_>, top: usize) -> Vec<Hit> {
        let mut scratch = Scratch::default();
        let scale = self.dictionary.row(question, &mut scratch);
        let mut sums = vec![0f32; self.rows];
        for (slot, weight) in &scratch.cells {
            let places = self.starts[*slot as usize]..self.starts[*slot as usize + 1];
            for (at, other) in &self.places[places] {
                sums[*at as usize] += weight * scale * other;
            }
        }
        best(sums.into_iter(), top)
    }
}

/// Tickets by the vectors of their texts, all looked at for every question.
#[derive(Clone, Debug)]
pub struct ByMeaning {
    length: usize,
    values: Vec<f32>,
}

impl ByMeaning {
    /// Takes the vectors in, oldest ticket first. Fails when they are not of one length.
    pub fn new(vectors: &[Vec<f32>]) -> Result<ByMeaning, LearnError> {
        let length = vectors.first().map_or(0, Vec::len);
        let mut values = Vec::with_capacity(vectors.len() * length);
        for (at, vector) in vectors.iter().enumerate() {
            if vector.len() != length {
                return Err(LearnError(format!(
                    "vector {at} has {} values, the first one {length}; all must come from one model",
                    vector.len()
                )));
            }
            let size = dot(vector, vector).sqrt();
            values.extend(vector.iter().map(|x| if size > 0.0 { x / size } else { 0.0 }));
        }
        Ok(ByMeaning { length, values })
    }
}

impl Nearest<[f32]> for ByMeaning {
    fn nearest(&self, question: &[f32], top: usize) -> Vec<Hit> {
        let size = dot(question, question).sqrt();
        if self.length == 0 || question.len() != self.length || size <= 0.0 {
            return Vec::new();
        }
        best(self.values.chunks_exact(self.length).map(|row| dot(row, question) / size), top)
    }
}

/// The largest above zero.
fn best(likeness: impl Iterator<Item = f32>, top: usize) -> Vec<Hit> {
    let mut hits: Vec<Hit> = likeness
        .enumerate()
        .filter(|(_, l)| *l > 0.0)
        .map(|(at, likeness)| Hit { at, likeness: likeness.min(1.0) })
        .collect();
    let order = |a: &Hit, b: &Hit| b.likeness.total_cmp(&a.likeness).then(b.at.cmp(&a.at));
    if hits.len() > top && top > 0 {
        hits.select_nth_unstable_by(top - 1, order);
    }
    hits.truncate(top);
    hits.sort_by(order);
    hits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const PAST: [&str; 6] = [
        "password expired, cannot log in",
        "printer is out of toner",
        "cannot log in, password expired yesterday",
        "outlook does not open",
        "outlook crashes when it opens",
        "printer on floor three is jammed",
    ];

    fn ask(question: &str, top: usize) -> Vec<usize> {
        let of = |body: &'static str| Request { body, ..Request::default() };
        let found = ByWords::new(PAST.iter().map(|t| of(t)));
        let question = Request { subject: question, ..Request::default() };
        found.nearest(&question, top).iter().map(|h| h.at).collect()
    }

    #[test]
    fn tickets_that_share_telling_words_come_first() {
        assert_eq!(ask("my password is expired", 2).len(), 2);
        assert!(ask("my password is expired", 2).iter().all(|at| [0, 2].contains(at)));
        assert!(ask("the printer again", 2).iter().all(|at| [1, 5].contains(at)));
        assert!(ask("qqq", 3).is_empty());
        assert!(ask("printer", 0).is_empty());
    }

    #[test]
    fn the_same_text_is_as_like_as_can_be_and_the_newer_of_two_stands_first() {
        let of = |body: &'static str| Request { body, ..Request::default() };
        let texts = ["printer jammed", "outlook", "printer jammed", "outlook printer"];
        let found = ByWords::new(texts.iter().map(|t| of(t)));
        let hits = found.nearest(&of("printer jammed"), 9);
        assert_eq!((hits[0].at, hits[1].at), (2, 0));
        assert!((hits[0].likeness - 1.0).abs() < 1e-5);
    }

    #[test]
    fn vectors_are_compared_by_their_angle() {
        let vectors = [vec![2.0, 0.0], vec![0.0, 1.0], vec![3.0, 3.0], vec![-1.0, 0.0]];
        let found = ByMeaning::new(&vectors).unwrap();
        let hits = found.nearest(&[0.5, 0.0][..], 9);
        assert_eq!(hits.iter().map(|h| h.at).collect::<Vec<_>>(), [0, 2]);
        assert!((hits[1].likeness - 0.5f32.sqrt()).abs() < 1e-6);
        assert!(found.nearest(&[1.0][..], 9).is_empty());
        assert!(ByMeaning::new(&[vec![1.0], vec![1.0, 2.0]]).is_err());
        assert!(ByMeaning::new(&[]).unwrap().nearest(&[][..], 3).is_empty());
    }
}
