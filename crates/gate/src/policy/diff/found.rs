//! Collects differences, and knows which way a setting loosens.

use super::{Difference, Policy};
use crate::rules::CustomRule;

/// Which way a number loosens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looser {
    Higher,
    Lower,
    /// Neither way is sure to be stricter.
    Either,
}

/// What a number counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Count,
    Percent,
    Ms,
    /// The smallest unit of the client's currency.
    Minor,
}

impl Unit {
    fn text(self, n: i64) -> String {
        const UNITS: [(i64, &str); 4] =
            [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
        match self {
            Unit::Count => n.to_string(),
            Unit::Percent => format!("{n} %"),
            Unit::Minor => format!("{n} of the smallest unit a month"),
            Unit::Ms => match UNITS.iter().find(|(ms, _)| n != 0 && n % ms == 0) {
                Some((ms, unit)) => format!("{} {unit}", n / ms),
                None => format!("{n} ms"),
            },
        }
    }
}

/// The conditions of every rule of a policy. A rule can look at what the policy itself says, and may
/// stop to match when that gets stricter.
#[derive(Debug)]
pub(super) struct Looks(Vec<(String, String)>);

impl Looks {
    pub(super) fn of(policy: &Policy) -> Looks {
        let own = policy.clients.values().flat_map(|c| &c.custom_rules);
        let all = policy.custom_rules.iter().chain(own);
        Looks(all.map(|r: &CustomRule| (r.name.clone(), r.condition.clone())).collect())
    }

    /// Why a setting is not sure to be stricter when a rule looks at one of these variables. A name
    /// inside a longer one counts as well: too much suspicion costs a second person, too little more.
    pub(super) fn at(&self, variables: &[&str]) -> Option<String> {
        self.0.iter().find_map(|(name, condition)| {
            let variable = variables.iter().find(|v| condition.contains(**v))?;
            Some(format!(
                "the custom rule {name:?} looks at `{variable}` and may not match any more"
            ))
        })
    }
}

/// The differences so far.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) all: Vec<Difference>,
    pub(super) looks: &'a Looks,
}

impl<'a> Found<'a> {
    pub(super) fn new(looks: &'a Looks) -> Found<'a> {
        Found { all: Vec::new(), looks }
    }

    pub(super) fn push(
        &mut self,
        path: impl Into<String>,
        before: Option<String>,
        after: Option<String>,
        loosens: Option<String>,
    ) {
        self.all.push(Difference { path: path.into(), before, after, loosens });
    }

    /// Two words; no difference when they are the same.
    pub(super) fn words(
        &mut self,
        path: &str,
        (before, after): (&str, &str),
        loosens: Option<&str>,
    ) {
        if before != after {
            self.push(path, Some(before.into()), Some(after.into()), loosens.map(Into::into));
        }
    }

    /// Two numbers; no difference when they are the same. `what` is said when it loosens.
    pub(super) fn number(
        &mut self,
        path: &str,
        (before, after): (i64, i64),
        (unit, looser): (Unit, Looser),
        what: &str,
    ) {
        if before == after {
            return;
        }
        let loosens = match looser {
            Looser::Higher => after > before,
            Looser::Lower => after < before,
            Looser::Either => true,
        };
        // More is counted over a longer time, which a rule about few targets does not expect.
        let seen = if path == "window_ms" { self.looks.at(&["targets_in_window"]) } else { None };
        let loosens = if loosens { Some(what.to_owned()) } else { seen };
        self.push(path, Some(unit.text(before)), Some(unit.text(after)), loosens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_the_largest_unit_that_fits() {
        for (ms, text) in [
            (86_400_000, "1 d"),
            (14_400_000, "4 h"),
            (900_000, "15 min"),
            (90_000, "90 s"),
            (1_001, "1001 ms"),
            (0, "0 ms"),
        ] {
            assert_eq!(Unit::Ms.text(ms), text);
        }
    }
}
