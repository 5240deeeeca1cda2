//! Closed tickets of companies that never were, with what is true about them beside.
//!
//! No public history has several clients with named approvers, so one is drawn from a seed: people who come,
//! go and follow each other, hidden rules of who approves what, exceptions, changes, and texts as desks
//! get them. INVARIANT: the same seed gives the same history; the truth is in [`Truth`] and [`TicketTruth`],
//! never in a ticket. Everything measured on it is simulated.

mod dice;
mod kinds;
mod mail;
mod names;
mod people;
mod rules;
mod story;
#[cfg(test)]
mod tests;
mod tickets;
mod words;

pub use rules::{Scope, TrueRule, Who};
pub use tickets::Tickets;

use dice::Dice;
use domain::{Org, PastTicket};
use mail::Style;
use people::Staff;
use words::Words;

/// Which sentences the people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// Those that rules for reading were developed with.
    Known,
    /// Others, kept for measuring.
    Held,
}

/// A client with its people, its hidden rules and its desk's habits.
pub struct Company {
    /// Its directory at the end of the history.
    pub org: Org,
    /// What no ticket says.
    pub truth: Truth,
    seed: u64,
    number: usize,
    name: String,
    staff: Staff,
    rules: Vec<TrueRule>,
    style: Style,
    habits: Habits,
    words: &'static Words,
}

/// What is true about a company.
#[derive(Clone, Debug)]
pub struct Truth {
    /// The rules in force at the end.
    pub rules: Vec<TrueRule>,
    /// The rules that were in force before.
    pub past: Vec<TrueRule>,
}

/// Where in a ticket a yes stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the message that opened it.
    Opening,
    /// In the event with this index.
    Event(usize),
}

/// What is true about a ticket.
#[derive(Clone, Debug)]
pub struct TicketTruth {
    /// What was asked.
    pub kind: &'static str,
    /// Addresses of those whose yes the rules wanted when it was opened, in order; empty when nobody's.
    pub approvers: Vec<String>,
    /// Every yes that counts: where it stands and whose it is. A deputy's counts.
    pub yes: Vec<(Place, String)>,
    /// Address of who asked, also when the approver's mail opened it.
    pub asker: String,
}

/// What a company's desk and people do more or less often.
struct Habits {
    naming: Naming,
    tells_desk: bool,
    /// Shares.
    record: f64,
    thread: f64,
    without: f64,
    forms: f64,
    no_category: f64,
    wrong_category: f64,
}

enum Naming {
    Address,
    Name,
    Login,
}

/// So many companies. The same seed gives the same ones.
pub fn companies(seed: u64, clients: usize) -> Vec<Company> {
    companies_in(seed, clients, Wording::Known)
}

/// The same in other words.
pub fn companies_in(seed: u64, clients: usize, wording: Wording) -> Vec<Company> {
    (0..clients).map(|number| company(seed, number, wording)).collect()
}

fn company(seed: u64, number: usize, wording: Wording) -> Company {
    let mut dice = Dice::new(seed, number as u64 ^ 0x5EED);
    let first = names::COMPANIES[number % names::COMPANIES.len()];
    let name = format!("{first} {}", dice.pick(names::TRADES));
    let domain = format!("{}{number}.example", first.to_lowercase());
    let client = format!("{}{number}", first.to_lowercase());
    let staff = Staff::draw(&mut dice, domain);
    let rules = rules::draw(&mut dice, &staff);
    let style = Style::draw(&mut dice);
    let habits = Habits {
        naming: match dice.below(5) {
            0 => Naming::Name,
            1 => Naming::Login,
            _ => Naming::Address,
        },
        tells_desk: dice.chance(0.6),
        record: *dice.pick(&[0.0, 0.0, 0.3, 0.8]),
        thread: *dice.pick(&[0.0, 0.1, 0.3]),
        without: *dice.pick(&[0.03, 0.08, 0.15, 0.3]),
        forms: *dice.pick(&[0.0, 0.0, 0.1]),
        no_category: *dice.pick(&[0.0, 0.1, 0.9]),
        wrong_category: *dice.pick(&[0.02, 0.1, 0.25]),
    };
    let (now, past) = rules.iter().cloned().partition(|r| r.until.is_none());
    Company {
        org: staff.org(&client),
        truth: Truth { rules: now, past },
        seed,
        number,
        name,
        staff,
        rules,
        style,
        habits,
        words: if wording == Wording::Known { &words::KNOWN } else { &words::HELD },
    }
}

impl Company {
    /// So many closed tickets over two years, oldest first.
    pub fn tickets(&self, count: usize) -> impl Iterator<Item = PastTicket> {
        self.with_truth(count).map(|(ticket, _)| ticket)
    }

    /// The same tickets with what is true about each.
    pub fn with_truth(&self, count: usize) -> Tickets<'_> {
        Tickets::new(self, count)
    }

    /// A person as this company's help desk names people.
    fn named(&self, person: usize) -> String {
        let address = self.staff.address(person);
        match self.habits.naming {
            Naming::Address => address,
            Naming::Name => self.staff.people[person].name.clone(),
            Naming::Login => address.split('@').next().unwrap_or_default().to_owned(),
        }
    }

    /// Whether this text loses its umlauts on the way: the same text always or never.
    fn garbles(&self, text: &str) -> bool {
        self.style.garbled > 0.0
            && !text.is_ascii()
            && (text.len() % 10) as f64 / 10.0 < self.style.garbled
    }

    fn prefix(&self) -> String {
        self.org.client.chars().take(3).collect::<String>().to_uppercase()
    }
}
