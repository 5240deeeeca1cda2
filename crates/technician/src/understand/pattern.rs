//! A small matcher over words, instead of regular expressions.
//!
//! A pattern is a row of elements: `a|b` is one of these words, a trailing `*` matches a beginning,
//! `~3` allows up to three words in between. It matches folded words. A list of patterns is
//! prepared once and looked up by first word, so that a long text costs one look-up a word.

use std::collections::HashMap;

/// Splits a folded text into words, sentence marks included.
pub(crate) fn words(folded: &str) -> Vec<&str> {
    folded.split(' ').filter(|w| !w.is_empty()).collect()
}

#[derive(Debug)]
enum Element {
    /// Up to this many words.
    Gap(usize),
    /// One of these.
    Word(Vec<&'static str>),
}

/// A prepared list of patterns.
#[derive(Debug)]
pub(crate) struct Patterns {
    patterns: Vec<Vec<Element>>,
    by_first: HashMap<&'static str, Vec<usize>>,
    by_stem: Vec<(&'static str, usize)>,
}

impl Patterns {
    /// Prepares a list. Every pattern begins with a word.
    pub(crate) fn new(list: &[&'static str]) -> Patterns {
        let mut out =
            Patterns { patterns: Vec::new(), by_first: HashMap::new(), by_stem: Vec::new() };
        for (number, pattern) in list.iter().enumerate() {
            let elements: Vec<Element> = pattern.split(' ').map(element).collect();
            if let Some(Element::Word(choices)) = elements.first() {
                for choice in choices {
                    match choice.strip_suffix('*') {
                        Some(stem) => out.by_stem.push((stem, number)),
                        None => out.by_first.entry(choice).or_default().push(number),
                    }
                }
            }
            out.patterns.push(elements);
        }
        out
    }

    /// The first match in the text, as the words it covers.
    pub(crate) fn find(&self, words: &[&str]) -> Option<String> {
        (0..words.len()).find_map(|start| {
            let word = words.get(start)?;
            let whole = self.by_first.get(word).into_iter().flatten().copied();
            let stems = self.by_stem.iter().filter(|(s, _)| word.starts_with(s)).map(|(_, n)| *n);
            let end =
                whole.chain(stems).find_map(|n| end_of(words, start, self.patterns.get(n)?))?;
            Some(words.get(start..end)?.join(" "))
        })
    }

    /// Whether the text contains a match.
    pub(crate) fn hit(&self, words: &[&str]) -> bool {
        self.find(words).is_some()
    }
}

fn element(text: &'static str) -> Element {
    match text.strip_prefix('~').and_then(|n| n.parse().ok()) {
        Some(gap) => Element::Gap(gap),
        None => Element::Word(text.split('|').collect()),
    }
}

/// Where a match that begins exactly at `start` ends.
fn end_of(words: &[&str], start: usize, elements: &[Element]) -> Option<usize> {
    let Some((first, rest)) = elements.split_first() else { return Some(start) };
    match first {
        // Gaps do not reach over the end of a sentence.
        Element::Gap(gap) => (start..=start + gap)
            .take_while(|at| *at == start || words.get(at - 1).is_some_and(|w| !is_stop(w)))
            .find_map(|at| end_of(words, at, rest)),
        Element::Word(choices) => {
            let word = words.get(start)?;
            let hit = choices.iter().any(|choice| match choice.strip_suffix('*') {
                Some(stem) => word.starts_with(stem),
                None => choice == word,
            });
            if hit { end_of(words, start + 1, rest) } else { None }
        }
    }
}

fn is_stop(word: &str) -> bool {
    matches!(word, "." | "!" | "?")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn gaps_stems_and_choices_match_within_a_sentence() {
        let text = words("please ignore all of the previous instructions . thanks");
        let wide = Patterns::new(&["ignore|forget ~4 instruct*"]);
        assert_eq!(wide.find(&text).as_deref(), Some("ignore all of the previous instructions"));
        assert!(!Patterns::new(&["ignore ~1 instruct*"]).hit(&text));
        assert!(!wide.hit(&words("ignore it . instructions follow")));
        assert_eq!(Patterns::new(&["than*"]).find(&text).as_deref(), Some("thanks"));
    }
}
