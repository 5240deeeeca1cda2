//! Who takes part: senders, targets, groups, each used in turn so that nobody writes all day.

use crate::world::{Company, DirectoryKind, Group, GroupKind, LEAVER, Person, PersonKind, World};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use std::collections::BTreeSet;

/// Places of people who are never senders: they are blocked, enabled and removed instead.
const RESERVED: [usize; 9] = [17, 26, LEAVER, 30, 31, 32, 33, 34, 35];
/// Places of the two people of one name.
const TWINS: [usize; 2] = [12, 39];

/// Goes round a shuffled list.
#[derive(Clone, Debug)]
struct Deck {
    ids: Vec<String>,
    at: usize,
}

impl Deck {
    fn new(rng: &mut StdRng, mut ids: Vec<String>) -> Deck {
        ids.shuffle(rng);
        Deck { ids, at: 0 }
    }

    fn next(&mut self) -> Option<&str> {
        let id = self.ids.get(self.at % self.ids.len().max(1));
        self.at += 1;
        id.map(String::as_str)
    }
}

/// The people of one company in their parts.
pub(super) struct Cast<'w> {
    pub(super) company: &'w Company,
    senders: Deck,
    reserved: Deck,
    admins: Deck,
    machines: Deck,
    used: BTreeSet<(String, String)>,
}

impl<'w> Cast<'w> {
    pub(super) fn all(rng: &mut StdRng, world: &'w World) -> Vec<Cast<'w>> {
        world.companies.iter().map(|c| Cast::of(rng, c)).collect()
    }

    fn of(rng: &mut StdRng, company: &'w Company) -> Cast<'w> {
        let humans =
            || company.people.iter().enumerate().filter(|(_, p)| p.kind == PersonKind::Human);
        let ids = |people: Vec<&Person>| people.into_iter().map(|p| p.id.clone()).collect();
        let plain = humans()
            .filter(|(at, p)| {
                p.enabled
                    && !RESERVED.contains(at)
                    && !TWINS.contains(at)
                    && !company.is_privileged(&p.id)
            })
            .map(|(_, p)| p)
            .collect();
        let reserved = humans()
            .filter(|(at, p)| {
                RESERVED.contains(at) && !company.is_privileged(&p.id) && p.manager.is_some()
            })
            .map(|(_, p)| p)
            .collect();
        let admins =
            humans().filter(|(_, p)| company.is_privileged(&p.id)).map(|(_, p)| p).collect();
        let machines = company.people.iter().filter(|p| p.kind != PersonKind::Human).collect();
        Cast {
            company,
            senders: Deck::new(rng, ids(plain)),
            reserved: Deck::new(rng, ids(reserved)),
            admins: Deck::new(rng, ids(admins)),
            machines: Deck::new(rng, ids(machines)),
            used: BTreeSet::new(),
        }
    }

    pub(super) fn locks(&self) -> bool {
        self.company.kind == DirectoryKind::ActiveDirectory
    }

    /// An ordinary person who writes.
    pub(super) fn sender(&mut self) -> Option<&'w Person> {
        let id = self.senders.next()?;
        self.company.person(id)
    }

    /// An ordinary person other than `not`.
    pub(super) fn other(&mut self, not: &Person) -> Option<&'w Person> {
        let first = self.sender()?;
        if first.id == not.id { self.sender() } else { Some(first) }
    }

    /// A person who is blocked or enabled, and their manager.
    pub(super) fn movable(&mut self) -> Option<(&'w Person, &'w Person)> {
        let id = self.reserved.next()?;
        let person = self.company.person(id)?;
        Some((person, self.manager(person)?))
    }

    pub(super) fn manager(&self, person: &Person) -> Option<&'w Person> {
        self.company.person(person.manager.as_deref()?)
    }

    pub(super) fn titled(&self, title: &str) -> Option<&'w Person> {
        self.company.people.iter().find(|p| p.title == title)
    }

    pub(super) fn admin(&mut self) -> Option<&'w Person> {
        let id = self.admins.next()?;
        self.company.person(id)
    }

    pub(super) fn machine(&mut self) -> Option<&'w Person> {
        let id = self.machines.next()?;
        self.company.person(id)
    }

    /// The two people of one name.
    pub(super) fn twins(&self) -> Option<(&'w Person, &'w Person)> {
        Some((self.company.people.get(TWINS[0])?, self.company.people.get(TWINS[1])?))
    }

    /// A group with an owner who can write, and its owner.
    pub(super) fn owned_group(
        &mut self,
        rng: &mut StdRng,
        sensitive: bool,
    ) -> Option<(&'w Group, &'w Person)> {
        let groups: Vec<(&Group, &Person)> = self
            .company
            .groups
            .iter()
            .filter(|g| g.kind != GroupKind::Role && !g.privileged && g.sensitive == sensitive)
            .filter(|g| g.name != "All Staff")
            .filter_map(|g| Some((g, self.company.person(g.owners.first()?)?)))
            .filter(|(_, owner)| owner.enabled && !self.company.is_privileged(&owner.id))
            .collect();
        if groups.is_empty() {
            return None;
        }
        groups.get(rng.random_range(0..groups.len())).copied()
    }

    /// A person for this group who was not used with it yet, as far as there is one.
    pub(super) fn newcomer(&mut self, group: &Group, not: &Person) -> Option<&'w Person> {
        let mut last = None;
        for _ in 0..self.senders.ids.len() {
            let person = self.other(not)?;
            last = Some(person);
            if self.used.insert((group.name.clone(), person.login.clone())) {
                break;
            }
        }
        last
    }
}
