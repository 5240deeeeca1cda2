//! What becomes of a sentence on its way into a ticket: greeting, signature, disclaimer, quoted mail, typing
//! errors, garbled umlauts.

use super::Dice;

/// How a company's people write.
pub(super) struct Style {
    pub(super) german: f64,
    pub(super) signature: f64,
    pub(super) disclaimer: f64,
    pub(super) typos: f64,
    pub(super) garbled: f64,
    pub(super) quotes: f64,
}

impl Style {
    pub(super) fn draw(dice: &mut Dice) -> Style {
        Style {
            german: *dice.pick(&[0.0, 0.1, 0.3, 0.6]),
            signature: *dice.pick(&[0.1, 0.4, 0.8]),
            disclaimer: *dice.pick(&[0.0, 0.2, 0.5]),
            typos: *dice.pick(&[0.0, 0.01, 0.03]),
            garbled: *dice.pick(&[0.0, 0.0, 0.3, 1.0]),
            quotes: *dice.pick(&[0.1, 0.4, 0.8]),
        }
    }
}

/// Who writes.
pub(super) struct Writer<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) company: &'a str,
}

/// A mail as it lands in a ticket.
pub(super) fn mail(dice: &mut Dice, style: &Style, writer: &Writer<'_>, text: &str) -> String {
    let mut out = String::new();
    let german = text.contains(['ä', 'ö', 'ü']) || text.contains("bitte");
    if dice.chance(0.4) {
        out.push_str(if german {
            "Hallo zusammen,\n\n"
        } else {
            dice.pick::<&str>(&["Hi team,\n\n", "Hello,\n", "Dear all,\n\n"])
        });
    }
    if style.typos > 0.0 {
        typed(dice, style.typos, text, &mut out)
    } else {
        out.push_str(text)
    }
    if dice.chance(style.signature) {
        out.push_str(if german {
            "\n\nMit freundlichen Grüßen\n"
        } else {
            dice.pick::<&str>(&["\n\nBest regards\n", "\n\nKind regards,\n", "\n\nThanks,\n"])
        });
        out.push_str(writer.name);
        out.push('\n');
        out.push_str(writer.title);
        out.push_str("\nPhone +49 30 5550100");
    } else if dice.chance(0.3) {
        out.push_str("\n\n");
        out.push_str(writer.name.split(' ').next().unwrap_or_default());
    }
    if dice.chance(style.disclaimer) {
        out.push_str("\n\nThis e-mail is confidential and may not be used unless approved by ");
        out.push_str(writer.company);
        out.push_str(". Please approve printing only where needed.");
    }
    out
}

/// The old mail below the new one.
pub(super) fn quoted(dice: &mut Dice, new: &str, from: &str, address: &str, old: &str) -> String {
    match dice.below(4) {
        0 => {
            let old: Vec<String> = old.lines().map(|l| format!("> {l}")).collect();
            format!(
                "{new}\n\nOn Mon, 3 Mar 2025 at 09:14, {from} <{address}> wrote:\n{}",
                old.join("\n")
            )
        }
        1 => format!(
            "{new}\n\n-----Original Message-----\nFrom: {from} <{address}>\nSent: Monday 09:14\nSubject: RE: request\n\n{old}"
        ),
        2 => format!(
            "{new}\n\nVon: {from} <{address}>\nGesendet: Montag, 3. März 2025 09:14\nBetreff: AW: Anfrage\n\n{old}"
        ),
        _ => format!(
            "{new}\n\n________________________________\nFrom: {from} <{address}>\nSent: Monday, March 3, 2025 9:14 AM\nTo: Service Desk\nSubject: request\n\n{old}"
        ),
    }
}

/// Garbles umlauts as a wrong reading of UTF-8 does.
pub(super) fn garbled(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            'ä' => out.push_str("Ã¤"),
            'ö' => out.push_str("Ã¶"),
            'ü' => out.push_str("Ã¼"),
            'ß' => out.push_str("ÃŸ"),
            c => out.push(c),
        }
    }
    out
}

/// Swaps two letters inside longer words now and then.
fn typed(dice: &mut Dice, share: f64, text: &str, out: &mut String) {
    for (n, word) in text.split(' ').enumerate() {
        if n > 0 {
            out.push(' ');
        }
        if word.len() > 5 && word.is_ascii() && !word.contains(['@', '\n']) && dice.chance(share) {
            let at = 1 + dice.below(word.len() - 3);
            let (left, rest) = word.split_at(at);
            let (pair, right) = rest.split_at(2);
            out.push_str(left);
            out.extend(pair.chars().rev());
            out.push_str(right);
        } else {
            out.push_str(word);
        }
    }
}
