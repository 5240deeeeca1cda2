//! Expands one phrase into one row, the same every time.

use super::words;

/// A small linear congruential generator: reproducible variety, nothing more.
struct Dice(u64);

impl Dice {
    fn new(family: u32, variant: u32) -> Dice {
        let seed = (u64::from(family) << 8) ^ u64::from(variant);
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D);
        dice.roll(7);
        dice
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).unwrap_or(0);
        if sides == 0 { 0 } else { high % sides }
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list.get(self.roll(list.len())).copied().unwrap_or("")
    }
}

/// One row of `phrase`: greeting, core, aside and close in varying dress, sometimes with typos.
pub(super) fn expand(phrase: &str, family: u32, variant: u32) -> String {
    let mut dice = Dice::new(family, variant);
    let (german, phrase) = match phrase.strip_prefix("de:") {
        Some(rest) => (true, rest),
        None => (false, phrase),
    };
    let filled = fill(phrase, &mut dice);
    let text = match filled.split_once("||") {
        Some((subject, body)) => {
            format!("{}\n{}", subject.trim(), dress(body.trim(), german, &mut dice))
        }
        None => match variant % 3 {
            0 => filled.trim().to_string(),
            1 => format!(
                "{}\n{}",
                dice.pick(words::SUBJECT),
                dress(filled.trim(), german, &mut dice)
            ),
            _ => dress(filled.trim(), german, &mut dice),
        },
    };
    if variant % 4 == 3 { misspell(&text, &mut dice) } else { text }
}

fn dress(core: &str, german: bool, dice: &mut Dice) -> String {
    let (greet, close) = if german {
        (dice.pick(words::GREET_DE), dice.pick(words::CLOSE_DE))
    } else {
        (dice.pick(words::GREET), dice.pick(words::CLOSE))
    };
    let aside = if german { "" } else { dice.pick(words::ASIDE) };
    let signed = if dice.roll(4) == 0 { dice.pick(words::FIRST) } else { "" };
    let dot = if core.ends_with(['.', '!', '?']) { "" } else { "." };
    let mut out = String::with_capacity(core.len() + 96);
    for part in [greet, core] {
        if !out.is_empty() {
            out.push(if dice.roll(2) == 0 { '\n' } else { ' ' });
        }
        out.push_str(part);
    }
    out.push_str(dot);
    for part in [aside, close, signed] {
        if !part.is_empty() {
            out.push(if dice.roll(2) == 0 { '\n' } else { ' ' });
            out.push_str(part);
        }
    }
    out
}

/// Resolves `{a|b}` from the inside out, then `<slot>`.
fn fill(phrase: &str, dice: &mut Dice) -> String {
    let mut text = phrase.to_string();
    while let Some(close) = text.find('}') {
        let Some(open) = text.get(..close).and_then(|t| t.rfind('{')) else { break };
        let choices: Vec<&str> = text.get(open + 1..close).unwrap_or("").split('|').collect();
        let chosen = dice.pick(&choices).to_string();
        text.replace_range(open..=close, &chosen);
    }
    while let Some(open) = text.find('<') {
        let Some(close) = text.get(open..).and_then(|t| t.find('>')) else { break };
        let word = slot(text.get(open + 1..open + close).unwrap_or(""), dice);
        text.replace_range(open..=open + close, &word);
    }
    text.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

fn slot(name: &str, dice: &mut Dice) -> String {
    let list = match name {
        "first" => words::FIRST,
        "group" => words::GROUP,
        "sys" => words::SYSTEM,
        "app" => words::APP,
        "time" => words::TIME,
        "day" => words::DAY,
        "pc" => words::PC,
        "num" => &["3", "12", "40", "2026", "7", "118"],
        "name" => return format!("{} {}", dice.pick(words::FIRST), dice.pick(words::LAST)),
        "mail" => {
            let first = dice.pick(words::FIRST).to_lowercase();
            return format!("{first}.{}@example.com", dice.pick(words::LAST).to_lowercase());
        }
        "user" => {
            let first = dice.pick(words::FIRST).to_lowercase();
            let initial: String = first.chars().take(1).collect();
            return format!("{initial}{}", dice.pick(words::LAST).to_lowercase());
        }
        _ => &[],
    };
    dice.pick(list).to_string()
}

/// One or two slips of the finger in longer words.
fn misspell(text: &str, dice: &mut Dice) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_string).collect();
    for _ in 0..1 + dice.roll(2) {
        let at = dice.roll(words.len());
        let Some(word) = words.get_mut(at) else { continue };
        let mut letters: Vec<char> = word.chars().collect();
        if letters.len() < 5 {
            continue;
        }
        let i = 1 + dice.roll(letters.len() - 3);
        match dice.roll(4) {
            0 => letters.swap(i, i + 1),
            1 => {
                letters.remove(i);
            }
            2 => letters.insert(i, letters.get(i).copied().unwrap_or('e')),
            _ => {
                if let Some(l) = letters.get_mut(i) {
                    *l = neighbour(*l);
                }
            }
        }
        *word = letters.into_iter().collect();
    }
    words.join(" ")
}

/// A key next to this one.
fn neighbour(letter: char) -> char {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    for row in ROWS {
        if let Some(i) = row.find(letter) {
            return row.get(i + 1..).and_then(|r| r.chars().next()).unwrap_or('l');
        }
    }
    letter
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn no_notation_is_left_in_any_row() {
        for row in super::super::starter_history() {
            assert!(!row.text.contains(['{', '}', '|', '<', '>']), "{:?}", row.text);
            assert!(row.text.trim().len() > 2, "{:?}", row.text);
        }
    }

    #[test]
    fn a_row_is_the_same_every_time_and_variants_differ() {
        let phrase = "{my|the} account of <name> is {locked|blocked}";
        assert_eq!(expand(phrase, 5, 1), expand(phrase, 5, 1));
        let rows: std::collections::BTreeSet<String> =
            (0..6).map(|v| expand(phrase, 5, v)).collect();
        assert!(rows.len() > 4, "{rows:?}");
    }
}
