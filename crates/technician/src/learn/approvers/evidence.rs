//! What one ticket shows about who approves: little enough to keep for every ticket of a history.

use super::people::{Directory, Person};
use super::relations::Offices;
use super::yes::approval;
use domain::{PastTicket, UnixMs};

/// One ticket's evidence.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) at: Option<UnixMs>,
    pub(super) department: String,
    pub(super) senior: bool,
    pub(super) things: Vec<usize>,
    pub(super) cost: Option<u32>,
    /// Each yes: who, or who followed them, and in which relations they stand to the request.
    pub(super) yes: Vec<(Person, u8)>,
    pub(super) refused: bool,
    pub(super) asker: Option<Person>,
    /// Relations that cannot explain this case: the asker holds that office themselves and nobody approves their own
    /// request, or whom the directory names for it now was not there then.
    pub(super) never: u8,
}

/// Reads one ticket.
pub(super) fn case(ticket: &PastTicket, directory: &Directory<'_>, offices: &Offices<'_>) -> Case {
    let approval = approval(ticket, directory);
    let text = format!("{}\n{}", ticket.subject, ticket.body);
    let things = directory.things_in(&text);
    let asking = approval.asking;
    let yes = approval.yes.iter().map(|y| {
        let relations = offices.relations(y.person, asking, &things);
        (offices.today(y.person), relations)
    });
    Case {
        id: ticket.id.clone(),
        at: ticket.opened,
        department: asking.map_or(String::new(), |p| directory.person(p).department.clone()),
        senior: asking.is_some_and(|p| offices.is_senior(p)),
        cost: cost(&text),
        yes: yes.collect(),
        refused: approval.refused,
        asker: asking,
        never: asking.map_or(0, |p| offices.never(p, &things, ticket.opened)),
        things,
    }
}

/// The largest amount of money in a text, without its cents, in whatever currency it says.
pub(super) fn cost(text: &str) -> Option<u32> {
    const MONEY: &[&str] = &["eur", "euro", "euros", "€", "usd", "dollars", "$", "£", "gbp", "chf"];
    let mut spread = String::with_capacity(text.len() + 16);
    let mut last = ' ';
    for c in text.chars() {
        // "€430" and "430EUR" are two words.
        if matches!(c, '€' | '$' | '£') || (last.is_ascii_digit() && c.is_alphabetic()) {
            spread.push(' ');
        }
        spread.push(c);
        if matches!(c, '€' | '$' | '£') {
            spread.push(' ');
        }
        last = c;
    }
    let words: Vec<&str> = spread.split_whitespace().collect();
    let money = |n: usize| {
        words.get(n).is_some_and(|w| {
            let lower = w.to_lowercase();
            MONEY
                .contains(&lower.trim_matches(|c: char| !c.is_alphanumeric() && !"€$£".contains(c)))
        })
    };
    let amounts = words.iter().enumerate().filter_map(|(n, word)| {
        (money(n + 1) || n > 0 && money(n - 1)).then(|| amount(word)).flatten()
    });
    amounts.max()
}

/// "1,299.00", "1.299,00", "430", "430.-".
fn amount(word: &str) -> Option<u32> {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    if word.is_empty() || !word.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',') {
        return None;
    }
    let whole = match word.rfind(['.', ',']) {
        Some(at) if word.len() - at <= 3 => &word[..at],
        _ => word,
    };
    whole.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("Price: 430 euros.", Some(430)),
            ("The offer says €1,299.00 plus shipping", Some(1_299)),
            ("Kosten: 1.299,50 EUR", Some(1_299)),
            ("80 EUR for the cable and 400EUR for the dock", Some(400)),
            ("room 430, phone 5550100", None),
            ("", None),
        ] {
            assert_eq!(cost(text), wanted, "{text}");
        }
    }
}
