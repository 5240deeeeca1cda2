//! From a request to sparse features, without an allocation per n-gram.
//!
//! Words and their pairs, punctuation, character 3- to 5-grams inside a word, the leading digits of
//! numbered names (`job_1388` is near `job_1390`), and who wrote. The last five bytes stand in one 64-bit
//! window, so that each n-gram costs one mask and one multiplication.

use super::Request;
use unicode_normalization::UnicodeNormalization;

/// Features are named by this many bits.
pub(super) const BITS: u32 = 20;

/// What a feature was taken from: each kind has a weight of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// A word as written, lower case.
    Word,
    /// Two words side by side.
    Pair,
    /// A few characters of a word.
    Chars,
    /// A word or pair of the subject alone.
    Subject,
    /// Who wrote, and who wrote with which opening.
    Sender,
    /// The leading digits of a numbered name.
    Number,
    /// Punctuation: `\\host`, `a@b`, `#12`.
    Mark,
}

/// Weight of each kind beside the others, in the order of [`Kind`].
pub(super) const KIND_WEIGHTS: [f32; 7] = [1.0, 0.5, 0.8, 1.5, 4.0, 1.5, 1.5];

/// A body is read up to this many bytes: what is asked stands early.
const LONGEST_BODY: usize = 4_000;
const LONGEST_WORD: usize = 48;
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// Fibonacci hashing: the high bits of a product with 2^64 / φ, after one mixing step.
fn bucket(hash: u64) -> u32 {
    let mixed = (hash ^ (hash >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> (64 - BITS)) as u32
}

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
}

/// Reads the features of requests; keeps its buffer between calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    folded: Vec<u8>,
}

impl Reader {
    /// Calls `each` with every feature of the request, as often as it occurs.
    pub(super) fn read(&mut self, request: &Request<'_>, mut each: impl FnMut(u32, Kind)) {
        self.folded.clear();
        fold(request.subject, &mut self.folded);
        let subject = self.folded.len();
        fold(cut(request.body, LONGEST_BODY), &mut self.folded);
        let (head, body) = self.folded.split_at(subject);
        // Many bodies begin with the subject; its words count once.
        let opening = part(head, true, !body.starts_with(head), &mut each);
        part(body, false, true, &mut each);
        if !request.sender.is_empty() {
            let sender = request.sender.bytes().fold(FNV_START ^ 0x51, step);
            each(bucket(sender), Kind::Sender);
            each(bucket(sender.rotate_left(21) ^ opening), Kind::Sender);
        }
    }
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// The features of one part; gives back a hash of its first two words.
fn part(text: &[u8], is_subject: bool, words_too: bool, each: &mut impl FnMut(u32, Kind)) -> u64 {
    let mut before = 0u64;
    let mut opening = 0u64;
    let mut words = 0;
    for word in text.split(|b| *b == b' ').filter(|w| !w.is_empty()) {
        if let [mark] = word
            && mark.is_ascii_punctuation()
        {
            let place = if is_subject { 0xab_c000 } else { 0xde_f000 };
            each(bucket(u64::from(*mark) ^ place), Kind::Mark);
            continue;
        }
        let (exact, shape) = hashes(word);
        words += 1;
        if words <= 2 {
            opening = opening.rotate_left(17) ^ shape.wrapping_mul(5);
        }
        if is_subject {
            each(bucket(shape ^ 0x77), Kind::Subject);
            if before != 0 {
                each(bucket(before.rotate_left(15) ^ shape.wrapping_mul(7)), Kind::Subject);
            }
        }
        if words_too {
            each(bucket(exact), Kind::Word);
            if shape != exact {
                each(bucket(shape ^ 0x0123_4567_89ab), Kind::Word);
                numbers(word, each);
            }
            if before != 0 {
                each(bucket(before.rotate_left(17) ^ shape.wrapping_mul(3)), Kind::Pair);
            }
            grams(word, each);
        }
        before = shape;
    }
    opening
}

/// The word's hash, and its hash with every run of digits as one `0`.
fn hashes(word: &[u8]) -> (u64, u64) {
    let (mut exact, mut shape, mut in_number) = (FNV_START, FNV_START, false);
    for byte in word {
        exact = step(exact, *byte);
        let digit = byte.is_ascii_digit();
        if !digit {
            shape = step(shape, *byte);
        } else if !in_number {
            shape = step(shape, b'0');
        }
        in_number = digit;
    }
    (exact, shape)
}

/// A name with a number belongs with its neighbours: its first one, two and three digits.
fn numbers(word: &[u8], each: &mut impl FnMut(u32, Kind)) {
    let Some(start) = word.iter().position(u8::is_ascii_digit) else { return };
    let (stem, rest) = word.split_at(start);
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(3..=12).contains(&digits) {
        return;
    }
    let mut hash = stem.iter().copied().fold(FNV_START ^ digits as u64, step);
    for byte in rest.iter().take(3.min(digits - 1)) {
        hash = step(hash, *byte);
        each(bucket(hash ^ 0x99), Kind::Number);
    }
}

/// Character grams of `<word>`.
fn grams(word: &[u8], each: &mut impl FnMut(u32, Kind)) {
    let word = word.get(..LONGEST_WORD).unwrap_or(word);
    let mut window = u64::from(b'<');
    let mut length = 1u32;
    let mut push = |byte: u8| {
        window = (window << 8) | u64::from(byte);
        length += 1;
        for (n, mask) in [(3, 0xFF_FFFF), (4, 0xFFFF_FFFF), (5, 0xFF_FFFF_FFFF)] {
            if length >= n {
                each(bucket((window & mask) | (u64::from(n) << 56)), Kind::Chars);
            }
        }
    };
    word.iter().copied().for_each(&mut push);
    push(b'>');
}

/// Lower case, accents gone, blanks around words and marks; digits, `_` and letters make words.
fn fold(text: &str, out: &mut Vec<u8>) {
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' | '_' => out.push(c as u8),
            'A'..='Z' => out.push((c as u8).to_ascii_lowercase()),
            '\'' | '’' | '`' => {}
            c if c.is_ascii_punctuation() => out.extend_from_slice(&[b' ', c as u8, b' ']),
            c if !c.is_ascii() && c.is_alphanumeric() => plain(c, out),
            '\u{300}'..='\u{36f}' => {}
            _ => out.push(b' '),
        }
    }
    out.push(b' ');
}

/// A letter outside ASCII without its accent, or as its own bytes.
fn plain(c: char, out: &mut Vec<u8>) {
    let mut bytes = [0u8; 4];
    for c in c.to_lowercase().nfkd() {
        match c {
            'ß' => out.extend_from_slice(b"ss"),
            '\u{300}'..='\u{36f}' => {}
            c => out.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::collections::HashSet;

    fn features(subject: &str, body: &str, sender: &str) -> HashSet<(u32, u8)> {
        let mut out = HashSet::new();
        let request = Request { subject, body, sender };
        Reader::default().read(&request, |bucket, kind| {
            out.insert((bucket, kind as u8));
        });
        out
    }

    fn shared(a: &str, b: &str) -> usize {
        features("", a, "").intersection(&features("", b, "")).count()
    }

    #[test]
    fn spelling_of_accents_and_case_makes_no_difference() {
        assert_eq!(features("", "Für MÜLLER’s Büro", ""), features("", "fur mullers buro", ""));
    }

    #[test]
    fn neighbouring_numbers_share_more_than_distant_ones() {
        assert!(shared("Job_1388", "Job_1390") > shared("Job_1388", "Job_2045"));
    }

    #[test]
    fn a_body_that_repeats_its_subject_says_nothing_twice() {
        let mut counts = [0; 2];
        for (count, body) in counts.iter_mut().zip(["", "printer is down"]) {
            let request = Request { subject: "printer is down", body, sender: "" };
            Reader::default().read(&request, |_, _| *count += 1);
        }
        assert_eq!(counts[0], counts[1]);
    }

    #[test]
    fn empty_and_foreign_texts_are_read() {
        assert!(features("", "", "").is_empty());
        assert!(!features("电脑 无法 开机", "Über\u{0}\u{feff}", "kim").is_empty());
    }
}
