//! Small pieces of HTML: times, durations, chips.
//!
//! INVARIANT: a type here is [`HtmlSafe`] only because it prints numbers and fixed texts of ours;
//! text from outside goes through the template engine's escaping.

use askama::filters::HtmlSafe;
use domain::{Tier, UnixMs};
use std::fmt::{self, Display, Formatter};

/// A point in time: UTC in the page, the viewer's own zone once the script has run.
#[derive(Clone, Copy, Debug)]
pub(super) struct When(pub(super) UnixMs);

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "<time datetime=\"{}\" data-local>{}</time>", self.0, utc(self.0))
    }
}

impl HtmlSafe for When {}

/// How long ago it was; the script keeps it current.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ago {
    pub(super) at: UnixMs,
    pub(super) now: UnixMs,
}

impl Display for Ago {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (at, text) = (self.at, duration(self.now.since(self.at)));
        write!(f, "<time datetime=\"{at}\" data-ago>{text} ago</time>")
    }
}

impl HtmlSafe for Ago {}

/// How much time is left until then; the script keeps it current.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    pub(super) until: UnixMs,
    pub(super) now: UnixMs,
}

impl Display for Left {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let left = self.until.since(self.now);
        let text = if left > 0 { format!("{} left", duration(left)) } else { "time is up".into() };
        write!(f, "<time datetime=\"{}\" data-left>{text}</time>", self.until)
    }
}

impl HtmlSafe for Left {}

/// A risk tier, in colour and in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TierChip(pub(super) Tier);

impl TierChip {
    /// Reads [`Tier::name`].
    pub(super) fn parse(name: &str) -> Option<TierChip> {
        Tier::ALL.into_iter().find(|t| t.name() == name).map(TierChip)
    }
}

impl Display for TierChip {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = self.0.name();
        write!(f, "<span class=\"chip tier-{name}\" title=\"risk tier\">{}</span>", capital(name))
    }
}

impl HtmlSafe for TierChip {}

/// Where a case stands, in colour and in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PhaseChip(pub(super) String);

impl Display for PhaseChip {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (class, text) = phase(&self.0);
        write!(f, "<span class=\"chip phase-{class}\">{text}</span>")
    }
}

impl HtmlSafe for PhaseChip {}

/// Every phase, in the order in which people want to see them: name and words.
pub(super) const PHASES: [(&str, &str); 8] = [
    ("working", "Working"),
    ("waiting_for_approval", "Waiting for approval"),
    ("waiting_for_user", "Waiting for the user"),
    ("closed", "Closed"),
    ("dispatched", "Handed to people"),
    ("refused", "Refused"),
    ("withdrawn", "Withdrawn"),
    ("watched", "Only watched"),
];

fn phase(name: &str) -> (&'static str, &'static str) {
    let found = PHASES.iter().find(|(n, _)| *n == name).copied();
    let (class, text) = found.unwrap_or(("unknown", "Unknown"));
    (class, text)
}

/// Where an approval stands, in colour and in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct StateChip(pub(super) &'static str);

impl Display for StateChip {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            "pending" => "Waits for a decision",
            "approved" => "Approved",
            "denied" => "Denied",
            "expired" => "Expired",
            "changed" => "Changed",
            _ => "Void",
        };
        write!(f, "<span class=\"chip state-{}\">{text}</span>", self.0)
    }
}

impl HtmlSafe for StateChip {}

/// Milliseconds as people say them.
pub(super) fn duration(ms: i64) -> String {
    let s = ms.max(0) / 1_000;
    match s {
        0..10 => format!("{}.{} s", s, ms.max(0) % 1_000 / 100),
        10..60 => format!("{s} s"),
        60..3_600 => format!("{} min", s / 60),
        3_600..86_400 => match s % 3_600 / 60 {
            0 => format!("{} h", s / 3_600),
            m => format!("{} h {m} min", s / 3_600),
        },
        86_400..172_800 => "1 day".into(),
        _ => format!("{} days", s / 86_400),
    }
}

/// A point in time in UTC, for people.
pub(super) fn utc(at: UnixMs) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(t) => t.strftime("%-d %b %Y %H:%M:%S UTC").to_string(),
        Err(_) => at.to_string(),
    }
}

/// The text with its first letter in upper case.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_speech() {
        let cases = [
            (-5, "0.0 s"),
            (4_260, "4.2 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (3_600_000, "1 h"),
            (14_340_000, "3 h 59 min"),
            (90_000_000, "1 day"),
            (400_000_000, "4 days"),
        ];
        for (ms, text) in cases {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn times_carry_the_machine_form_beside_the_text() {
        let html = When(UnixMs(1_800_000_000_000)).to_string();
        assert_eq!(
            html,
            "<time datetime=\"2027-01-15T08:00:00Z\" data-local>15 Jan 2027 08:00:00 UTC</time>"
        );
    }
}
