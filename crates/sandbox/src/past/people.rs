//! Seats, who held them when, and the things that seats own. A seat outlives its holder: that is how a
//! successor takes over what the one before approved.

use super::Dice;
use super::names::{DEPARTMENTS, GIVEN, GROUPS, MAILBOXES, PROJECTS, SURNAMES};
use domain::{Org, OrgPerson, OrgThing, UnixMs};
use std::collections::BTreeSet;

/// A day in milliseconds.
pub(super) const DAY: i64 = 86_400_000;
/// The first Monday of June 2024, UTC.
pub(super) const START: i64 = 1_717_372_800_000;
/// Two years later.
pub(super) const END: i64 = START + 728 * DAY;

pub(super) struct Seat {
    pub(super) title: String,
    pub(super) department: usize,
    pub(super) parent: Option<usize>,
    /// Person, from, until; in order.
    holders: Vec<(usize, i64, i64)>,
}

pub(super) struct Person {
    pub(super) name: String,
    address: String,
    since: Option<i64>,
    until: Option<i64>,
    /// The last seat.
    seat: usize,
}

pub(super) struct Thing {
    pub(super) name: String,
    kind: &'static str,
    pub(super) owner: usize,
    pub(super) department: Option<usize>,
}

/// Everybody of a company over its history.
pub(super) struct Staff {
    pub(super) domain: String,
    pub(super) departments: Vec<&'static str>,
    pub(super) seats: Vec<Seat>,
    pub(super) people: Vec<Person>,
    pub(super) things: Vec<Thing>,
    /// Seat of each department's head.
    pub(super) heads: Vec<usize>,
    pub(super) finance: usize,
    pub(super) office: usize,
    taken: BTreeSet<String>,
}

/// After the end of every history.
const FOR_EVER: i64 = i64::MAX;

impl Staff {
    pub(super) fn draw(dice: &mut Dice, domain: String) -> Staff {
        let mut staff = Staff {
            domain,
            departments: vec!["Management", "Finance", "Human Resources"],
            seats: Vec::new(),
            people: Vec::new(),
            things: Vec::new(),
            heads: Vec::new(),
            finance: 1,
            office: 0,
            taken: BTreeSet::new(),
        };
        let mut others = DEPARTMENTS.to_vec();
        for _ in 0..dice.between(4, 6) {
            let n = dice.below(others.len());
            staff.departments.push(others.swap_remove(n));
        }
        staff.draw_seats(dice);
        staff.draw_holders(dice);
        staff.draw_things(dice);
        staff
    }

    fn draw_seats(&mut self, dice: &mut Dice) {
        let german = dice.chance(0.3);
        self.seat("Managing Director", 0, None);
        self.heads.push(0);
        self.office = self.seat("Office Manager", 0, Some(0));
        self.seat("Executive Assistant", 0, Some(0));
        for department in 1..self.departments.len() {
            let name = self.departments[department];
            let title = match (name, german) {
                ("Finance", _) => "Chief Financial Officer".to_owned(),
                (name, true) => format!("Leiter {name}"),
                (name, false) => format!("Head of {name}"),
            };
            let head = self.seat(&title, department, Some(0));
            self.heads.push(head);
            let teams = if department < 3 { 1 } else { dice.between(2, 3) };
            for team in 0..teams {
                let lead =
                    self.seat(&format!("Team Lead {name} {}", team + 1), department, Some(head));
                for _ in 0..dice.between(3, 7) {
                    let title =
                        *dice.pick(&["Specialist", "Clerk", "Coordinator", "Analyst", "Assistant"]);
                    self.seat(&format!("{name} {title}"), department, Some(lead));
                }
            }
        }
    }

    fn seat(&mut self, title: &str, department: usize, parent: Option<usize>) -> usize {
        self.seats.push(Seat { title: title.to_owned(), department, parent, holders: Vec::new() });
        self.seats.len() - 1
    }

    fn draw_holders(&mut self, dice: &mut Dice) {
        for seat in 0..self.seats.len() {
            let person = self.person(dice, seat, None);
            self.seats[seat].holders.push((person, i64::MIN, FOR_EVER));
        }
        for seat in 0..self.seats.len() {
            if !dice.chance(if self.is_key(seat) { 0.22 } else { 0.28 }) {
                continue;
            }
            let left = START + dice.between(60, 640) * DAY;
            let gap = if self.is_key(seat) { 0 } else { dice.between(0, 50) * DAY };
            self.change(dice, seat, left, left + gap);
        }
    }

    /// The holder leaves; a report is promoted, or somebody new comes.
    fn change(&mut self, dice: &mut Dice, seat: usize, left: i64, filled: i64) {
        let Some((old, _, until)) = self.seats[seat].holders.last_mut() else { return };
        *until = left;
        self.people[*old].until = Some(left);
        let below: Vec<usize> = (0..self.seats.len())
            .filter(|s| self.seats[*s].parent == Some(seat) && !self.is_key(*s))
            .filter(|s| self.seats[*s].holders.len() == 1)
            .collect();
        let next = if !below.is_empty() && dice.chance(0.4) {
            let from = *dice.pick(&below);
            let Some((person, _, until)) = self.seats[from].holders.last_mut() else { return };
            let person = *person;
            *until = filled;
            let newcomer = self.person(dice, from, Some(filled + 30 * DAY));
            self.seats[from].holders.push((newcomer, filled + 30 * DAY, FOR_EVER));
            self.people[person].seat = seat;
            person
        } else {
            self.person(dice, seat, Some(filled))
        };
        self.seats[seat].holders.push((next, filled, FOR_EVER));
    }

    fn person(&mut self, dice: &mut Dice, seat: usize, since: Option<i64>) -> usize {
        let mut name = String::new();
        for _ in 0..50 {
            name = format!("{} {}", dice.pick(GIVEN), dice.pick(SURNAMES));
            if self.taken.insert(name.clone()) {
                break;
            }
        }
        let address = format!("{}@{}", name.to_lowercase().replace(' ', "."), self.domain);
        self.people.push(Person { name, address, since, until: None, seat });
        self.people.len() - 1
    }

    fn draw_things(&mut self, dice: &mut Dice) {
        for department in 0..self.departments.len() {
            for name in GROUPS.iter().take(dice.between(1, 3) as usize) {
                let name = format!("{} {name}", self.departments[department]);
                self.thing(dice, name, "group", Some(department));
            }
        }
        for name in PROJECTS.iter().take(dice.between(3, 5) as usize) {
            self.thing(dice, (*name).to_owned(), "group", None);
        }
        self.thing(dice, SENSITIVE.to_owned(), "group", None);
        for name in MAILBOXES.iter().take(dice.between(5, 7) as usize) {
            let name = format!("{name}@{}", self.domain);
            self.thing(dice, name, "mailbox", None);
        }
    }

    fn thing(
        &mut self,
        dice: &mut Dice,
        name: String,
        kind: &'static str,
        department: Option<usize>,
    ) {
        let fit: Vec<usize> = (2..self.seats.len())
            .filter(|s| department.is_none_or(|d| d == self.seats[*s].department))
            .filter(|s| !self.heads.contains(s) && *s != self.office)
            .collect();
        let owner = *dice.pick(if fit.is_empty() { &self.heads } else { &fit });
        self.things.push(Thing { name, kind, owner, department });
    }

    /// Heads, leads, the office manager: whose leaving others notice.
    fn is_key(&self, seat: usize) -> bool {
        seat == self.office
            || self.seats[seat].title.starts_with("Team Lead")
            || self.heads.contains(&seat)
    }

    pub(super) fn is_senior(&self, seat: usize) -> bool {
        self.heads.contains(&seat)
    }

    /// Departments with teams of their own, so that manager and head are two people.
    pub(super) fn with_leads(&self) -> impl Iterator<Item = usize> {
        3..self.departments.len()
    }

    /// The group that others than its owner may have to answer for.
    pub(super) fn sensitive(&self) -> &'static str {
        SENSITIVE
    }

    pub(super) fn holder_at(&self, seat: usize, at: i64) -> Option<usize> {
        let holds = |(_, from, until): &&(usize, i64, i64)| *from <= at && at < *until;
        self.seats[seat].holders.iter().find(holds).map(|h| h.0)
    }

    /// Somebody who works there at this moment, and the seat.
    pub(super) fn anybody(&self, dice: &mut Dice, at: i64) -> Option<(usize, usize)> {
        (0..20).find_map(|_| {
            let seat = dice.below(self.seats.len());
            self.holder_at(seat, at).map(|person| (person, seat))
        })
    }

    fn seat_at(&self, person: usize, at: i64) -> usize {
        let held = |s: &usize| self.holder_at(*s, at) == Some(person);
        (0..self.seats.len()).find(held).unwrap_or(self.people[person].seat)
    }

    pub(super) fn title_at(&self, person: usize, at: i64) -> &str {
        &self.seats[self.seat_at(person, at)].title
    }

    pub(super) fn department_at(&self, person: usize, at: i64) -> usize {
        self.seats[self.seat_at(person, at)].department
    }

    pub(super) fn address(&self, person: usize) -> String {
        self.people[person].address.clone()
    }

    /// Things of a kind: `group` or `mailbox`.
    pub(super) fn of_kind(&self, kind: &str) -> Vec<usize> {
        (0..self.things.len()).filter(|t| self.things[*t].kind == kind).collect()
    }

    /// The directory as it stands at the end.
    pub(super) fn org(&self, client: &str) -> Org {
        let people = self.people.iter().map(|p| {
            let (seat, then) = (&self.seats[p.seat], p.until.map_or(END, |u| u - 1));
            let manager = seat.parent.and_then(|s| self.holder_at(s, then));
            OrgPerson {
                address: p.address.clone(),
                name: p.name.clone(),
                title: seat.title.clone(),
                department: self.departments[seat.department].to_owned(),
                manager: manager.map_or(String::new(), |m| self.address(m)),
                since: p.since.map(UnixMs),
                until: p.until.map(UnixMs),
            }
        });
        let things = self.things.iter().map(|t| OrgThing {
            name: t.name.clone(),
            kind: t.kind.to_owned(),
            owners: self.holder_at(t.owner, END).map(|p| self.address(p)).into_iter().collect(),
        });
        Org { client: client.to_owned(), people: people.collect(), things: things.collect() }
    }
}

const SENSITIVE: &str = "Payroll Data";
