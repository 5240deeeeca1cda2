//! A rule in one plain sentence.

use super::people::Directory;
use super::relations::Who;
use super::rules::{Rule, Scope};
use domain::UnixMs;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// "For mailbox access the owner of the mailbox approves (41 of 43 tickets; the last on 3 May 2026)."
pub(super) fn sentence(rule: &Rule, directory: &Directory<'_>) -> String {
    let kind = rule.kind.replace('_', " ");
    let what = match &rule.scope {
        Scope::Everyone => format!("For {kind}"),
        Scope::Department(name) => format!("For {kind} asked by {name}"),
        Scope::Thing(name) => format!("For {kind} to {name}"),
        Scope::CostFrom(from) => format!("For {kind} that costs {from} or more"),
        Scope::Senior => format!("For {kind} asked by heads of departments"),
    };
    let who = match &rule.who {
        Who::Owner if rule.kind.contains("mailbox") => {
            "the owner of the mailbox approves".to_owned()
        }
        Who::Owner => "the owner of the group approves".to_owned(),
        Who::Manager => "the requester's manager approves".to_owned(),
        Who::DepartmentHead => "the head of the department approves".to_owned(),
        Who::Finance => "the head of finance approves".to_owned(),
        Who::Person(address) => {
            let name =
                directory.find(address).map_or(address.as_str(), |p| &directory.person(p).name);
            format!("{name} approves")
        }
        Who::Nobody => "no approval was found".to_owned(),
    };
    let all = rule.support + rule.exceptions;
    let tickets = if all == 1 { "ticket" } else { "tickets" };
    let mut out = format!("{what} {who} ({} of {all} {tickets}", rule.support);
    if let (true, Some(since)) = (rule.changed, rule.since) {
        out.push_str(&format!(" since {}, before that others did", day(since)));
    }
    if let Some(last) = rule.last {
        out.push_str(&format!("; the last on {}", day(last)));
    }
    out.push_str(").");
    out
}

/// "3 May 2026", in UTC.
fn day(at: UnixMs) -> String {
    // Days since 1 March of year 0, so that a leap day is a year's last.
    let days = at.0.div_euclid(86_400_000) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let place = usize::try_from((month + 2) % 12).unwrap_or(0);
    let year = year + era * 400 + i64::from(month >= 10);
    format!("{day} {} {year}", MONTHS[place])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (ms, wanted) in [
            (0, "1 January 1970"),
            (1_709_164_800_000, "29 February 2024"),
            (1_777_766_400_000, "3 May 2026"),
            (1_735_689_599_999, "31 December 2024"),
            (-1, "31 December 1969"),
        ] {
            assert_eq!(day(UnixMs(ms)), wanted);
        }
    }
}
