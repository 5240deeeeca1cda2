//! Who is who: addresses, logins and names as a help desk writes them, found in the directory.

use domain::{Org, OrgPerson, UnixMs};
use std::collections::BTreeMap;

/// A last day is a day, not a moment.
const DAY: i64 = 86_400_000;

/// A person's place in [`Org::people`].
pub(super) type Person = usize;

/// A directory that finds people by address, login or name.
pub struct Directory<'a> {
    pub(super) org: &'a Org,
    /// `None` where two people share it.
    known: BTreeMap<String, Option<Person>>,
    /// Things by name in folded words, the longest first.
    pub(super) things: Vec<(String, usize)>,
}

impl<'a> Directory<'a> {
    /// Reads a directory once.
    pub fn new(org: &'a Org) -> Directory<'a> {
        let mut known = BTreeMap::new();
        let mut add = |key: String, person: Person| {
            let place = known.entry(key).or_insert(Some(person));
            if *place != Some(person) {
                *place = None;
            }
        };
        for (n, person) in org.people.iter().enumerate() {
            add(person.address.to_lowercase(), n);
            if let Some((login, _)) = person.address.split_once('@') {
                add(login.to_lowercase(), n);
            }
            add(person.name.to_lowercase(), n);
        }
        let mut things: Vec<(String, usize)> =
            org.things.iter().enumerate().map(|(n, t)| (spaced(&t.name), n)).collect();
        things.sort_by_key(|(name, n)| (std::cmp::Reverse(name.len()), *n));
        Directory { org, known, things }
    }

    /// The person whom an address, login or name means; none when nobody or two could be meant.
    pub(super) fn find(&self, who: &str) -> Option<Person> {
        let who = who.trim().to_lowercase();
        if who.is_empty() {
            return None;
        }
        if let Some(found) = self.known.get(&who) {
            return *found;
        }
        // "Ann Lee <ann@x.example>"
        let inner = who.split_once('<')?.1.trim_end_matches(['>', ' ']);
        self.known.get(inner).copied().flatten()
    }

    pub(super) fn person(&self, person: Person) -> &OrgPerson {
        &self.org.people[person]
    }

    /// Whether the person worked there then; true when nothing says otherwise.
    pub(super) fn was_there(&self, person: Person, at: Option<UnixMs>) -> bool {
        let Some(at) = at else { return true };
        let person = self.person(person);
        person.since.is_none_or(|s| s <= at) && person.until.is_none_or(|u| at <= u.plus_ms(DAY))
    }

    /// The things that a text names. A thing whose name is part of a longer name that stands there is not meant.
    pub(super) fn things_in(&self, text: &str) -> Vec<usize> {
        let mut left = spaced(text);
        let mut found = Vec::new();
        for (name, thing) in &self.things {
            if name.len() > 4 && left.contains(name.as_str()) {
                left = left.replace(name.as_str(), " ; ");
                found.push(*thing);
            }
        }
        found
    }
}

/// Lower case words between single spaces, with a space at both ends.
pub(super) fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for c in text.chars() {
        match c {
            'ä' | 'Ä' => out.push_str("ae"),
            'ö' | 'Ö' => out.push_str("oe"),
            'ü' | 'Ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            '\'' | '’' | '`' | '´' => {}
            '@' => out.push('@'),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ if out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}
