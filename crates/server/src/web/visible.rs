//! Makes characters visible that hide, or turn text around: what a person reads on a page is what
//! stands there.
//!
//! INVARIANT: no control of writing direction, no character without width and no other control
//! character leaves the console as itself. Joiners inside words of scripts that need them stay.

use std::borrow::Cow;

/// The page with every hidden character written out as `⟦U+202E⟧`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(suspect) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if suspect(c) && !joins(before, c, chars.peek().copied()) {
            out.push_str(&format!("⟦U+{:04X}⟧", u32::from(c)));
        } else {
            out.push(c);
        }
        before = Some(c);
    }
    Cow::Owned(out)
}

/// Whether the text holds anything that [`visible`] would write out.
pub(super) fn hides(text: &str) -> bool {
    matches!(visible(text), Cow::Owned(shown) if shown != text)
}

/// A JSON document with hidden characters escaped as JSON has it, so that nothing is lost on the way
/// through a form.
pub(super) fn json(document: &str) -> String {
    document.chars().fold(String::with_capacity(document.len()), |mut out, c| {
        match c {
            c if suspect(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
        out
    })
}

/// A word of the text that mixes letters of Latin with Cyrillic or Greek ones, which look alike.
pub(super) fn mixed(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_alphanumeric()).find(|word| {
        let latin = word.chars().any(|c| c.is_ascii_alphabetic() || ('À'..='ɏ').contains(&c));
        let alike =
            |c: char| ('\u{370}'..='\u{3ff}').contains(&c) || ('\u{400}'..='\u{52f}').contains(&c);
        latin && word.chars().any(alike)
    })
}

/// Shows nothing by itself, or changes how its neighbours are shown.
fn suspect(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
            | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether it is a joiner between two characters of a script, or of a picture, that needs it.
fn joins(before: Option<char>, c: char, after: Option<char>) -> bool {
    let needs = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !suspect(c));
    matches!(c, '\u{200c}' | '\u{200d}') && needs(before) && needs(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_turns_text_is_written_out() {
        assert_eq!(visible("gpj.\u{202e}exe"), "gpj.⟦U+202E⟧exe");
        assert_eq!(visible("ad\u{200b}min\u{0}"), "ad⟦U+200B⟧min⟦U+0000⟧");
        assert_eq!(visible("ad\u{200d}min"), "ad⟦U+200D⟧min");
        assert_eq!(visible("\u{e0041}"), "⟦U+E0041⟧");
        assert!(hides("a\u{2066}b") && !hides("Ünï 日本 שלום\n\t"));
    }

    #[test]
    fn joined_pictures_and_words_stay_whole() {
        for text in ["👩\u{200d}💻", "می\u{200c}خواهم", "plain <b>text</b>\r\n"] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn look_alikes_within_a_word_are_found() {
        assert_eq!(mixed("Unlock \u{430}dmin now"), Some("\u{430}dmin"));
        assert_eq!(mixed("Анна and Ελένη and Zoë"), None);
    }
}
