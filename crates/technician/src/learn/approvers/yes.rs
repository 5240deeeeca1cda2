//! Which events of a ticket are a person's approval of the thing asked.
//!
//! INVARIANT: a yes is said by somebody of the company who was there, is not who asks, after the request was
//! made, in their own words or in the source's approval record. What the requester claims or forwards, what the desk heard,
//! notices, forms and what was taken back is none. Whether that person was *entitled* is not known here: the rules
//! learned from many tickets tell who usually is, and the gate judges.

use super::own_words;
use super::people::{Directory, Person};
use super::said::{Desk, Said, Topic, hear, hear_desk};
use domain::{PastDeed, PastTicket, UnixMs};

/// Where in a ticket something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the message that opened it: the approver wrote to the desk, with the request below.
    Opening,
    /// In the event with this index.
    Event(usize),
}

/// A person's approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yes {
    /// Where it stands.
    pub place: Place,
    /// Address of who said it.
    pub by: String,
    /// When, where the source says so.
    pub at: Option<UnixMs>,
    pub(super) person: Person,
}

/// What a ticket says about its approval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// Address of who asked; empty when the directory does not know them. Not the ticket's requester when an approver's mail
    /// opened it.
    pub asker: String,
    /// Every yes that stands at the end, in order; one of each person.
    pub yes: Vec<Yes>,
    pub(super) asking: Option<Person>,
    /// Somebody who may have a say said no, or took a yes back.
    pub refused: bool,
}

/// Reads the approval of a ticket.
pub fn approval(ticket: &PastTicket, directory: &Directory<'_>) -> Approval {
    let requester = directory.find(&ticket.requester);
    let opening = own_words::read(&ticket.body);
    let mut names: Vec<&str> = Vec::new();
    names.extend(requester.map(|p| directory.person(p).name.as_str()));
    let topic = Topic::new(&format!("{}\n{}", ticket.subject, ticket.body), &names);
    let mut heard =
        Heard { directory, asking: requester, yes: Vec::new(), pending: None, refused: false };
    let below = opening.below.as_deref().and_then(|from| directory.find(from));
    if let (Some(writer), Some(below)) = (requester, below)
        && writer != below
        && matches!(hear(&opening, &topic), Said::Yes | Said::Agrees)
    {
        heard.asking = Some(below);
        heard.stands(writer, Place::Opening, ticket.opened);
    }
    for (n, event) in ticket.events.iter().enumerate() {
        let early = matches!((event.at, ticket.opened), (Some(at), Some(opened)) if at < opened);
        if !early {
            heard.event(n, &event.by, event.at, &event.what, &topic);
        }
    }
    let asker = heard.asking.map_or(String::new(), |p| directory.person(p).address.clone());
    Approval { asker, yes: heard.yes, asking: heard.asking, refused: heard.refused }
}

/// What has been heard so far.
struct Heard<'a> {
    directory: &'a Directory<'a>,
    asking: Option<Person>,
    yes: Vec<Yes>,
    /// The desk's last question and its words.
    pending: Option<(Desk, String)>,
    refused: bool,
}

impl Heard<'_> {
    fn event(&mut self, n: usize, by: &str, at: Option<UnixMs>, what: &PastDeed, topic: &Topic) {
        let person = self.directory.find(by).filter(|p| self.directory.was_there(*p, at));
        match what {
            PastDeed::ApprovalDecided { approved } => match person {
                Some(person) if *approved => self.stands(person, Place::Event(n), at),
                Some(person) => self.falls(person),
                None => {}
            },
            PastDeed::Said { text, by_desk, .. } => match person.filter(|_| *by_desk != Some(true))
            {
                Some(person) => self.said(n, person, at, text, topic),
                None => self.desk(text),
            },
            _ => {}
        }
    }

    fn said(&mut self, n: usize, person: Person, at: Option<UnixMs>, text: &str, topic: &Topic) {
        let yes = match hear(&own_words::read(text), topic) {
            Said::Yes => true,
            Said::Agrees => !matches!(self.pending, Some((Desk::AsksElse, _))),
            Said::Short => self.is_asked(person),
            Said::No => {
                self.falls(person);
                false
            }
            Said::Nothing => false,
        };
        if yes {
            self.stands(person, Place::Event(n), at);
        }
    }

    /// Whether the desk's last question was for this person's yes.
    fn is_asked(&self, person: Person) -> bool {
        let Some((Desk::Asks, words)) = &self.pending else { return false };
        let name = self.directory.person(person).name.to_lowercase();
        let asked = words.to_lowercase();
        let alone = |part: &str| {
            let named = |p: &&domain::OrgPerson| p.name.to_lowercase().contains(part);
            self.directory.org.people.iter().filter(named).count() == 1
        };
        let called = |part: &str| part.len() > 1 && asked.contains(part) && alone(part);
        asked.contains(&name) || name.split_whitespace().any(called)
    }

    fn desk(&mut self, text: &str) {
        match hear_desk(text) {
            Desk::Nothing => {}
            Desk::TurnsDown => {
                let lower = text.to_lowercase();
                let directory = self.directory;
                self.yes
                    .retain(|y| lower.contains(&directory.person(y.person).name.to_lowercase()));
                self.pending = Some((Desk::Asks, text.to_owned()));
            }
            asks => self.pending = Some((asks, text.to_owned())),
        }
    }

    fn stands(&mut self, person: Person, place: Place, at: Option<UnixMs>) {
        if Some(person) == self.asking || self.yes.iter().any(|y| y.person == person) {
            return;
        }
        let by = self.directory.person(person).address.clone();
        self.yes.push(Yes { place, by, at, person });
    }

    fn falls(&mut self, person: Person) {
        self.refused |= Some(person) != self.asking;
        self.yes.retain(|y| y.person != person);
    }
}

/// Whether a text would be a yes to this subject if somebody other than the requester had written it unasked. For
/// measuring on texts without events.
pub fn reads_as_yes(subject: &str, text: &str) -> bool {
    let topic = Topic::new(subject, &[]);
    matches!(hear(&own_words::read(text), &topic), Said::Yes | Said::Agrees)
}
