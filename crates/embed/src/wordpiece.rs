//! From text to the numbers of word pieces, as the model learned them: lower case, accents gone, every sign by itself, words cut into the
//! longest pieces that the vocabulary has. A word in brackets such as `[SEP]` in a ticket is text, never a sign of control.

use crate::signs::{is_accent, is_ideograph, is_noise, is_punctuation};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization as _;

/// A longer word is unknown, in characters.
const LONGEST_WORD: usize = 100;

/// The vocabulary.
#[derive(Clone, Debug)]
pub struct WordPiece {
    pieces: HashMap<String, u32>,
    /// Longest piece, in bytes.
    longest: usize,
    unknown: u32,
    /// Before and behind every text.
    around: [u32; 2],
}

impl WordPiece {
    /// One piece a line; the line's place is its number.
    pub fn new(vocabulary: &str) -> WordPiece {
        let pieces: HashMap<String, u32> =
            vocabulary.lines().zip(0..).map(|(piece, at)| (piece.to_owned(), at)).collect();
        let of = |name: &str| pieces.get(name).copied().unwrap_or(0);
        WordPiece {
            longest: pieces.keys().map(String::len).max().unwrap_or(0),
            unknown: of("[UNK]"),
            around: [of("[CLS]"), of("[SEP]")],
            pieces,
        }
    }

    /// The pieces of a text between its beginning and its end, no more than `most` with those two.
    pub fn read(&self, text: &str, most: usize) -> Vec<u32> {
        let mut out = vec![self.around[0]];
        let room = most.saturating_sub(1);
        let mut word = String::new();
        for c in text.chars() {
            if out.len() >= room {
                break;
            }
            if is_noise(c) {
                continue;
            }
            if c.is_whitespace() {
                self.close(&mut word, &mut out);
            } else if is_ideograph(c) {
                self.alone(c, &mut word, &mut out);
            } else if c.is_ascii() {
                self.add(c.to_ascii_lowercase(), &mut word, &mut out);
            } else {
                for part in std::iter::once(c).nfd().filter(|p| !is_accent(*p)) {
                    part.to_lowercase().for_each(|l| self.add(l, &mut word, &mut out));
                }
            }
        }
        self.close(&mut word, &mut out);
        out.truncate(room);
        out.push(self.around[1]);
        out
    }

    fn add(&self, c: char, word: &mut String, out: &mut Vec<u32>) {
        if is_punctuation(c) {
            self.alone(c, word, out);
        } else {
            word.push(c);
        }
    }

    fn alone(&self, c: char, word: &mut String, out: &mut Vec<u32>) {
        self.close(word, out);
        word.push(c);
        self.close(word, out);
    }

    /// The pieces of a word that has come to its end; one unknown when it cannot be cut into known ones.
    fn close(&self, word: &mut String, out: &mut Vec<u32>) {
        if word.is_empty() {
            return;
        }
        let start = out.len();
        if !self.cut(word, out) {
            out.truncate(start);
            out.push(self.unknown);
        }
        word.clear();
    }

    fn cut(&self, word: &str, out: &mut Vec<u32>) -> bool {
        if word.chars().count() > LONGEST_WORD {
            return false;
        }
        let mut rest = word;
        let mut piece = String::new();
        while !rest.is_empty() {
            let prefix = if rest.len() == word.len() { "" } else { "##" };
            let mut end = rest.len().min(self.longest);
            let found = loop {
                while !rest.is_char_boundary(end) {
                    end -= 1;
                }
                let Some(head) = rest.get(..end).filter(|h| !h.is_empty()) else { break None };
                piece.clear();
                piece.push_str(prefix);
                piece.push_str(head);
                if let Some(at) = self.pieces.get(&piece) {
                    break Some(*at);
                }
                end -= 1;
            };
            let Some(at) = found else { return false };
            out.push(at);
            rest = rest.get(end..).unwrap_or("");
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const WORDS: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nreset\nun\n##lock\n##ed\n.\npass\n##word\nmuller\n[\n]\nsep\n电\n脑\n$";

    fn pieces(text: &str) -> Vec<&'static str> {
        let names: Vec<&str> = WORDS.lines().collect();
        let read = WordPiece::new(WORDS).read(text, 64);
        read.iter().map(|at| names[*at as usize]).collect()
    }

    #[test]
    fn words_are_cut_into_the_longest_known_pieces() {
        assert_eq!(
            pieces("Reset  PASSWORD.\tunlocked"),
            ["[CLS]", "reset", "pass", "##word", ".", "un", "##lock", "##ed", "[SEP]"]
        );
    }

    #[test]
    fn accents_control_characters_and_spelling_of_letters_make_no_difference() {
        assert_eq!(pieces("Mu\u{308}ller"), pieces("M\u{fc}LL\u{200b}\u{7}ER"));
        assert_eq!(pieces("Müller")[1], "muller");
    }

    #[test]
    fn a_sign_of_control_in_a_text_is_only_text() {
        assert_eq!(pieces("[SEP]"), ["[CLS]", "[", "sep", "]", "[SEP]"]);
    }

    #[test]
    fn unknown_words_ideographs_and_nothing_are_read() {
        assert_eq!(pieces("xyzzy 电脑$"), ["[CLS]", "[UNK]", "电", "脑", "$", "[SEP]"]);
        assert_eq!(pieces(""), ["[CLS]", "[SEP]"]);
        assert_eq!(pieces(&"reset".repeat(30)), ["[CLS]", "[UNK]", "[SEP]"]);
    }

    #[test]
    fn long_texts_end_with_their_end() {
        let read = WordPiece::new(WORDS).read(&"reset ".repeat(500), 16);
        assert_eq!((read.len(), read.last()), (16, Some(&3)));
    }
}
