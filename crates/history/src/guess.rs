//! Guesses the mapping from names and values. A name alone is not enough: its values must look like it.

use crate::{
    dates::Dates,
    mapping::{Column, Field, Mapping, Rows, Unit},
    names::{NAMES, fit, plain},
    profile::Profile,
    read::Source,
};

/// Below this a name and its values do not make a column.
const ENOUGH: f64 = 0.5;

struct Guess {
    field: Field,
    level: u8,
    column: usize,
    score: f64,
    because: String,
}

impl Source {
    /// The mapping that names and values suggest, every column with the reason. Our own form needs none.
    pub fn guess(&self) -> Mapping {
        let mut mapping = Mapping::default();
        if self.is_own() {
            return mapping;
        }
        let of = |at: usize| Profile::of(self.sample.iter().map(move |row| row.get(at)));
        let profiles: Vec<Profile> = (0..self.columns.len()).map(of).collect();
        if self.are_events(&profiles) {
            mapping.rows = Rows::Events;
        }
        let mut taken = self.by_name(&profiles, mapping.rows);
        self.by_values(&profiles, &mut taken);
        let all_dates = told_together(&profiles);
        for (at, name) in self.columns.iter().enumerate() {
            if mapping.columns.iter().any(|c| c.name == *name) {
                continue;
            }
            let profile = &profiles[at];
            let column = match taken.iter().find(|g| self.columns[g.column] == *name) {
                Some(guess) => column_of(name, guess, profile, all_dates),
                None => Column {
                    name: name.clone(),
                    is: Field::Ignored,
                    dates: None,
                    unit: None,
                    confidence: 0.0,
                    because: match profile.filled {
                        0 => "empty in the sample".into(),
                        _ => "no name or values that say what it is".into(),
                    },
                },
            };
            mapping.columns.push(column);
        }
        mapping
    }

    /// A sample value of a column, shortened to `most` characters.
    pub fn example(&self, column: &str, most: usize) -> String {
        let Some(at) = self.columns.iter().position(|c| c == column) else {
            return String::new();
        };
        let filled =
            self.sample.iter().map(|r| r.get(at).trim()).find(|c| !crate::ticket::blank(c));
        let one_line: String =
            filled.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        match one_line.char_indices().nth(most) {
            Some((cut, _)) => format!("{}…", &one_line[..cut]),
            None => one_line,
        }
    }

    /// Whether rows are entries of an event log: the best-named number repeats, and rows have a time of their own.
    fn are_events(&self, profiles: &[Profile]) -> bool {
        let names = |field: Field| NAMES.iter().find(|n| n.field == field).map_or("", |n| n.names);
        let best = |field: Field| {
            let named = self.columns.iter().enumerate().map(|(at, c)| (fit(c, names(field)), at));
            named.filter(|(f, _)| *f > 0.7).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, at)| at)
        };
        let (Some(id), Some(at)) = (best(Field::Id), best(Field::EventAt)) else {
            return false;
        };
        let repeats = profiles[id].fill() > 0.9 && profiles[id].spread() < 0.8;
        repeats && profiles[at].dates(true) > 0.9
    }

    fn by_name(&self, profiles: &[Profile], rows: Rows) -> Vec<Guess> {
        let mut found = Vec::new();
        for names in NAMES {
            let of_events = matches!(names.field, Field::EventAt | Field::EventBy);
            if of_events && rows == Rows::Tickets {
                continue;
            }
            for (column, header) in self.columns.iter().enumerate() {
                let name = fit(header, names.names);
                if name == 0.0 {
                    continue;
                }
                let (values, because) = looks_like(names.field, &profiles[column], rows);
                let score = name * values;
                if score >= ENOUGH {
                    let because = format!("named so; {because}");
                    let (field, level) = (names.field, names.level);
                    found.push(Guess { field, level, column, score, because });
                }
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.column.cmp(&b.column)));
        let mut taken: Vec<Guess> = Vec::new();
        for guess in found {
            let clash = taken.iter().any(|t| {
                self.columns[t.column] == self.columns[guess.column]
                    || (t.field == guess.field && t.level == guess.level)
            });
            if !clash {
                taken.push(guess);
            }
        }
        taken
    }

    /// What no name told: a number by being different in every row, texts by their length, a category by few values.
    fn by_values(&self, profiles: &[Profile], taken: &mut Vec<Guess>) {
        let has = |taken: &[Guess], field: Field| taken.iter().any(|g| g.field == field);
        let add = |taken: &mut Vec<Guess>,
                   field: Field,
                   score: f64,
                   because: &str,
                   wanted: &dyn Fn(&Profile) -> Option<f64>| {
            if taken.iter().any(|g| g.field == field) {
                return;
            }
            let free = |at: &usize| !taken.iter().any(|g| g.column == *at);
            let scored = (0..self.columns.len())
                .filter(free)
                .filter_map(|at| wanted(&profiles[at]).map(|worth| (worth, at)));
            // The first of equals: exports begin with what matters.
            let best = scored.fold(None, |best: Option<(f64, usize)>, next| match best {
                Some(best) if best.0 >= next.0 => Some(best),
                _ => Some(next),
            });
            if let Some((_, column)) = best {
                let because = because.to_owned();
                taken.push(Guess { field, level: 1, column, score, because });
            }
        };
        let unique = |p: &Profile| {
            let fits =
                p.fill() > 0.99 && p.spread() > 0.999 && p.length() < 40.0 && p.dates(false) < 0.5;
            (p.rows > 1 && fits).then_some(1.0)
        };
        add(taken, Field::Id, 0.6, "no name says so; different in every row", &unique);
        let date = |p: &Profile| (p.fill() > 0.9 && p.dates(false) > 0.95).then_some(1.0);
        add(taken, Field::Opened, 0.5, "no name says so; the first column of dates", &date);
        let text = |p: &Profile| {
            let fits =
                p.length() > 25.0 && p.spread() > 0.3 && p.dates(true) < 0.1 && !p.is_address();
            fits.then(|| p.length())
        };
        if !has(taken, Field::Body) && !has(taken, Field::Comments) {
            add(taken, Field::Body, 0.5, "no name says so; the longest texts", &text);
        }
        let short = |p: &Profile| (p.length() < 120.0).then(|| text(p)).flatten();
        add(taken, Field::Subject, 0.5, "no name says so; short texts, seldom the same", &short);
        let few = |p: &Profile| {
            let fits = (2..=200).contains(&p.distinct)
                && p.spread() < 0.2
                && p.fill() > 0.5
                && p.length() < 40.0
                && !p.is_number()
                && !p.is_flag()
                && p.dates(true) < 0.1;
            fits.then_some(p.distinct as f64)
        };
        if !has(taken, Field::Group) {
            add(taken, Field::Category, 0.5, "no name says so; few different values", &few);
        }
    }
}

fn column_of(name: &str, guess: &Guess, profile: &Profile, together: Option<Dates>) -> Column {
    let mut because = guess.because.clone();
    let dates = match guess.field.is_date() {
        false => None,
        true => match (profile.form(), together) {
            (Some(form), _) => Some(form),
            (None, Some(form)) if profile.day + profile.month == 0 => {
                because.push_str("; other columns decide day and month");
                Some(form)
            }
            _ => {
                because.push_str("; nothing tells day and month apart");
                None
            }
        },
    };
    let unit = (guess.field == Field::Minutes).then(|| {
        let (unit, why) = unit_of(name, profile);
        because.push_str(why);
        unit
    });
    let confidence = (guess.score * 100.0).round() / 100.0;
    Column { name: name.into(), is: guess.field, dates, unit, confidence, because }
}

/// The form that all slashed dates of the source share.
fn told_together(profiles: &[Profile]) -> Option<Dates> {
    let count = |of: fn(&Profile) -> usize| profiles.iter().map(of).sum::<usize>();
    let sum = Profile { day: count(|p| p.day), month: count(|p| p.month), ..Profile::default() };
    (sum.day + sum.month > 0).then(|| sum.form()).flatten()
}

fn unit_of(name: &str, profile: &Profile) -> (Unit, &'static str) {
    let name = plain(name);
    let says = |words: &[&str]| words.iter().any(|w| name.contains(w));
    if says(&["hour", "hrs", "stunden", "std"]) {
        (Unit::Hours, "; the name says hours")
    } else if says(&["minute", "minuten", "mins"]) {
        (Unit::Minutes, "; the name says minutes")
    } else if says(&["second", "sekunde"]) {
        (Unit::Seconds, "; the name says seconds")
    } else if profile.fractions * 10 > profile.numbers && profile.numbers > 0 {
        (Unit::Hours, "; fractions, so hours")
    } else if profile.sixties * 10 > profile.numbers * 9 && profile.numbers > 0 {
        (Unit::Seconds, "; nearly all multiples of 60, so seconds")
    } else {
        (Unit::Minutes, "; taken for minutes")
    }
}

/// How well values fit a field, 0 to 1, and what about them.
fn looks_like(field: Field, p: &Profile, rows: Rows) -> (f64, String) {
    if p.filled == 0 {
        return (if field == Field::Id { 0.0 } else { 0.7 }, "empty in the sample".into());
    }
    let differ = format!("{} different values in {} rows", p.distinct, p.filled);
    let text = !p.is_number() && p.dates(false) < 0.5;
    match field {
        Field::Id => {
            let whole = p.fill() > 0.95;
            let fits = if rows == Rows::Events { p.spread() < 0.98 } else { p.spread() > 0.97 };
            let date = p.dates(false) > 0.5 && !p.is_number();
            (
                if date || !whole {
                    0.2
                } else if fits {
                    1.0
                } else {
                    0.6
                },
                differ,
            )
        }
        Field::Opened | Field::Closed | Field::EventAt => {
            let share = p.dates(true);
            let form = p.form().map_or("dates", Dates::words);
            (if share > 0.9 { 1.0 } else { 0.0 }, format!("{:.0} % {form}", share * 100.0))
        }
        Field::Minutes => (f64::from(u8::from(p.is_clock())), "times or numbers".into()),
        Field::Reassigned | Field::Reopened => {
            let counts = (p.is_number() && p.fractions == 0) || p.is_flag();
            (f64::from(u8::from(counts)), "whole numbers".into())
        }
        Field::Subject | Field::Body => (
            if text && (p.distinct > 1 || p.rows < 20) { 1.0 } else { 0.2 },
            format!("{:.0} characters on average", p.length()),
        ),
        Field::Comments | Field::Notes => (
            if text && !p.is_flag() { 1.0 } else { 0.0 },
            format!("{:.0} characters on average", p.length()),
        ),
        Field::Resolution => {
            let label = p.length() < 25.0 && p.spread() < 0.1;
            let says = if label { "few short labels" } else { "texts" };
            (if text && !label { 1.0 } else { 0.3 }, says.into())
        }
        Field::Requester | Field::Assignee => {
            let flag = p.is_flag() || p.dates(false) > 0.5;
            let says = if p.is_address() { "addresses".into() } else { differ };
            (if flag { 0.0 } else { 1.0 }, says)
        }
        Field::Approval | Field::Approver => (if text || p.is_flag() { 1.0 } else { 0.0 }, differ),
        Field::Status | Field::Priority | Field::Group | Field::Category | Field::Client => {
            let each = p.rows > 20 && p.spread() > 0.9;
            let date = p.dates(false) > 0.5;
            (
                if date {
                    0.0
                } else if each {
                    0.4
                } else {
                    1.0
                },
                differ,
            )
        }
        Field::EventBy => (1.0, differ),
        Field::Ignored => (0.0, String::new()),
    }
}
