//! Which characters a text may hold: nothing that shows people another text than the one that runs.

use super::shape::LONGEST_NAME;

/// Why a name, an id that people read or a title is refused; `None` when it is fine. It is at least
/// `shortest` and at most [`LONGEST_NAME`] characters.
pub(crate) fn wrong_name(text: &str, shortest: usize) -> Option<String> {
    if let Some(wrong) = wrong_length(text, shortest, LONGEST_NAME) {
        return Some(wrong);
    }
    if text.trim() != text {
        return Some("begins or ends with a blank".into());
    }
    let bad = text.chars().find_map(|c| {
        let what = match c {
            c if c.is_control() || is_line_end(c) => "a control character",
            c if is_bidi(c) => "a bidirectional control",
            c if is_invisible(c) || ('\u{200c}'..='\u{200d}').contains(&c) => {
                "a character that does not show"
            }
            c if c.is_whitespace() && c != ' ' => "a blank other than a plain space",
            c if looks_like_another(c) => "a character that only looks like a letter",
            _ => return None,
        };
        Some(format!("holds {what} (U+{:04X})", u32::from(c)))
    });
    bad.or_else(|| mixed_word(text))
}

/// Why sentences are refused; `None` when they are fine. Line breaks and tabs may stand in them.
pub(crate) fn wrong_prose(text: &str, shortest: usize, longest: usize) -> Option<String> {
    if let Some(wrong) = wrong_length(text, shortest, longest) {
        return Some(wrong);
    }
    if shortest > 0 && text.trim().is_empty() {
        return Some("is blank".into());
    }
    text.chars().find_map(|c| {
        let what = match c {
            '\n' | '\r' | '\t' => return None,
            c if c.is_control() || is_line_end(c) => "a control character",
            c if is_bidi(c) => "a bidirectional control",
            c if is_invisible(c) => "a character that does not show",
            _ => return None,
        };
        Some(format!("holds {what} (U+{:04X})", u32::from(c)))
    })
}

fn wrong_length(text: &str, shortest: usize, longest: usize) -> Option<String> {
    match text.chars().take(longest + 1).count() {
        n if n > longest => Some(format!("is longer than {longest} characters")),
        n if n < shortest => Some(match shortest {
            1 => "is empty".into(),
            _ => format!("is shorter than {shortest} characters"),
        }),
        _ => None,
    }
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Marks, embeddings, overrides and isolates.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Zero-width, filler and tag characters. The two joiners (U+200C, U+200D) are needed in sentences.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Full-width and mathematical letters, and code points without a meaning of their own.
fn looks_like_another(c: char) -> bool {
    matches!(c, '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
}

/// The scripts whose letters pass for each other's; `None` for every other character.
fn script(c: char) -> Option<Script> {
    if !c.is_alphabetic() {
        return None;
    }
    Some(match c {
        'A'..='Z'
        | 'a'..='z'
        | '\u{00c0}'..='\u{024f}'
        | '\u{0250}'..='\u{02af}'
        | '\u{1e00}'..='\u{1eff}'
        | '\u{2c60}'..='\u{2c7f}'
        | '\u{a720}'..='\u{a7ff}' => Script::Latin,
        '\u{0370}'..='\u{03ff}' | '\u{1f00}'..='\u{1fff}' => Script::Greek,
        '\u{0400}'..='\u{052f}'
        | '\u{1c80}'..='\u{1c8f}'
        | '\u{2de0}'..='\u{2dff}'
        | '\u{a640}'..='\u{a69f}' => Script::Cyrillic,
        '\u{0530}'..='\u{058f}' => Script::Armenian,
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => Script::Cherokee,
        _ => return None,
    })
}

fn mixed_word(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_alphanumeric()).find_map(|word| {
        let mut scripts = word.chars().filter_map(script);
        let first = scripts.next()?;
        let other = scripts.find(|s| *s != first)?;
        Some(format!(
            "mixes {first:?} and {other:?} letters in the word {word:?}, where one passes for the other"
        ))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn names_that_people_have_are_fine() {
        for name in [
            "Zoë Ångström-O'Brien",
            "Наталья Петрова",
            "Γιώργος Παπαδόπουλος",
            "王小明",
            "José da Silva (Finance)",
            "محمد",
            "Łukasz Żółć",
            "Team Ω",
            "R&D / Δ-team",
            "한국어 사용자",
            "LT-0417",
            "Nguyễn Văn A",
        ] {
            assert_eq!(wrong_name(name, 1), None, "{name}");
        }
    }

    #[test]
    fn names_that_show_something_else_are_not() {
        for (name, why) in [
            ("", "empty"),
            ("Dana\nReed", "control"),
            ("Dana\u{7}", "control"),
            ("Dana\u{2028}Reed", "control"),
            ("Dana \u{202e}deeR", "bidirectional"),
            ("\u{2066}Dana", "bidirectional"),
            ("Dana\u{200f}", "bidirectional"),
            ("Da\u{200b}na", "does not show"),
            ("Da\u{200d}na", "does not show"),
            ("Da\u{00ad}na", "does not show"),
            ("Dana\u{e0041}", "does not show"),
            ("Dana\u{00a0}Reed", "blank other"),
            (" Dana", "blank"),
            ("Dana ", "blank"),
            ("D\u{0430}na Reed", "Latin and Cyrillic"),
            ("\u{0391}dmin", "Greek and Latin"),
            ("Domain \u{0410}dmins", "Cyrillic and Latin"),
            ("\u{ff21}dmin", "only looks like"),
            ("\u{1d400}dmin", "only looks like"),
            ("\u{e001}", "only looks like"),
        ] {
            let wrong = wrong_name(name, 1).unwrap_or_else(|| panic!("{name:?} passed"));
            assert!(wrong.contains(why), "{name:?}: {wrong}");
        }
        assert!(wrong_name(&"x".repeat(257), 1).unwrap().contains("256"));
        assert_eq!(wrong_name(&"é".repeat(256), 1), None, "characters count, not bytes");
        assert_eq!(wrong_name("", 0), None);
    }

    #[test]
    fn sentences_may_have_lines_but_not_hide_any() {
        assert_eq!(wrong_prose("Hello,\r\n\tall is well 👩‍💻\n", 1, 50), None);
        for (text, why) in [
            ("", "empty"),
            (" \n", "blank"),
            ("ok \u{202e}txt.exe", "bidirectional"),
            ("ok\u{200b}", "does not show"),
            ("ok\u{0}", "control"),
            ("far too long for this", "longer than 20"),
        ] {
            let wrong = wrong_prose(text, 1, 20).unwrap_or_else(|| panic!("{text:?} passed"));
            assert!(wrong.contains(why), "{text:?}: {wrong}");
        }
    }
}
