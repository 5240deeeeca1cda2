//! The tickets of a company in time order, one at a time.

use super::kinds::{About, DEVICES, KINDS, Kind, SOFTWARE};
use super::mail::{Writer, garbled, mail};
use super::names::{GIVEN, SURNAMES, TECHNICIANS};
use super::people::{DAY, END, START};
use super::rules::{Asked, seats};
use super::story::{Scene, Story};
use super::{Company, Dice, TicketTruth};
use domain::{PastDeed, PastTicket, UnixMs};

const MINUTE: i64 = 60_000;
/// Working hours of a day, from seven o'clock UTC.
const WORKED: i64 = 10 * 60 * MINUTE;

/// Tickets with what is true about them. Made by [`Company::with_truth`].
pub struct Tickets<'a> {
    company: &'a Company,
    dice: Dice,
    next: usize,
    of: usize,
}

impl<'a> Tickets<'a> {
    pub(super) fn new(company: &'a Company, of: usize) -> Tickets<'a> {
        Tickets { company, dice: Dice::new(company.seed, 7 + company.number as u64), next: 0, of }
    }
}

impl Iterator for Tickets<'_> {
    type Item = (PastTicket, TicketTruth);

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.of {
            let n = self.next;
            self.next += 1;
            let at = opened(n, self.of, self.dice.part());
            if let Some(made) = self.make(n, at) {
                return Some(made);
            }
        }
        None
    }
}

/// The moment of the n-th of so many tickets: evenly over working time, so later tickets come later.
fn opened(n: usize, of: usize, part: f64) -> i64 {
    let all = (END - START) / DAY / 7 * 5 * WORKED;
    let worked = ((n as f64 + part) / of.max(1) as f64 * all as f64) as i64;
    let (day, rest) = (worked / WORKED, worked % WORKED);
    START + (day / 5 * 7 + day % 5) * DAY + 7 * 60 * MINUTE + rest
}

impl Tickets<'_> {
    fn make(&mut self, n: usize, at: i64) -> Option<(PastTicket, TicketTruth)> {
        let company = self.company;
        let dice = &mut self.dice;
        let kind = &KINDS[dice.weighted(KINDS.iter().map(|k| k.share))];
        let (requester, seat) = company.staff.anybody(dice, at)?;
        let (thing, about) = self.about(kind, seat);
        let dice = &mut self.dice;
        let cost = dice.chance(kind.cost).then(|| (40.0 * 75_f64.powf(dice.part())) as u32);
        let asked = Asked { kind: kind.name, seat, thing, cost, at };
        let bosses: Vec<usize> = seats(&company.rules, &company.staff, asked)
            .into_iter()
            .filter_map(|s| company.staff.holder_at(s, at))
            .filter(|p| *p != requester)
            .collect();
        let text = request(dice, company, kind, requester, at, &about, cost, &bosses);
        let technician = *dice.pick(TECHNICIANS);
        let request = text.clone();
        let scene = Scene {
            company,
            kind: kind.name,
            opened: at,
            requester,
            bosses,
            technician,
            request: &request,
        };
        let mut story = Story::new(at + dice.between(3, 90) * MINUTE);
        let desk = format!("{technician}@helpdesk.example");
        let group = if dice.chance(0.8) { "Service Desk" } else { "Second Level" };
        story.push(
            desk.clone(),
            PastDeed::Assigned { group: group.to_owned(), assignee: desk.clone() },
        );
        story.now += dice.between(3, 60) * MINUTE;
        scene.play(dice, &mut story);
        let ending = ending(dice, kind, &about, &desk, &mut story);
        let (by, body) = match story.opened_by.take() {
            Some((boss, text)) => (boss, text),
            None => (requester, text),
        };
        let german = company.garbles(&body);
        let ticket = PastTicket {
            id: format!("{}-{:06}", company.prefix(), n + 1),
            client: company.org.client.clone(),
            opened: Some(UnixMs(at)),
            closed: Some(UnixMs(story.now)),
            requester: company.named(by),
            subject: dice.pick(kind.subjects).replace("{thing}", &about),
            body: if german { garbled(&body) } else { body },
            category: category(dice, company, kind),
            group: group.to_owned(),
            assignee: desk,
            priority: (*dice.pick(&["3", "3", "3", "4", "2"])).to_owned(),
            status: "Closed".to_owned(),
            resolution: ending.0,
            minutes: Some(ending.1),
            reassigned: Some(ending.2),
            reopened: Some(ending.3),
            events: story.events,
        };
        let truth = TicketTruth {
            kind: kind.name,
            approvers: scene.bosses.iter().map(|p| company.staff.address(*p)).collect(),
            yes: story.yes.iter().map(|y| (y.0, company.staff.address(y.1))).collect(),
            asker: company.staff.address(requester),
        };
        Some((ticket, truth))
    }

    /// What a ticket is about: its place among the things, and its name.
    fn about(&mut self, kind: &Kind, seat: usize) -> (Option<usize>, String) {
        let (staff, dice) = (&self.company.staff, &mut self.dice);
        let own = staff.seats[seat].department;
        match kind.about {
            About::Nothing => (None, String::new()),
            About::Software => (None, (*dice.pick(SOFTWARE)).to_owned()),
            About::Device => (None, (*dice.pick(DEVICES)).to_owned()),
            About::Human => (None, format!("{} {}", dice.pick(GIVEN), dice.pick(SURNAMES))),
            About::Group | About::Mailbox => {
                let kind = if kind.about == About::Group { "group" } else { "mailbox" };
                let all = staff.of_kind(kind);
                let weight = |t: &usize| match &staff.things[*t] {
                    t if t.name == staff.sensitive() => 4.0,
                    t if t.department == Some(own) => 3.0,
                    _ => 1.0,
                };
                let thing = all[dice.weighted(all.iter().map(weight))];
                (Some(thing), staff.things[thing].name.clone())
            }
        }
    }
}

/// The first message.
#[allow(clippy::too_many_arguments)]
fn request(
    dice: &mut Dice,
    company: &Company,
    kind: &Kind,
    requester: usize,
    at: i64,
    about: &str,
    cost: Option<u32>,
    bosses: &[usize],
) -> String {
    let list = if dice.chance(company.style.german) { kind.german } else { kind.english };
    let cost = cost.map_or(String::new(), |c| {
        dice.pick(&[
            "It costs {c} EUR.",
            "Price: {c} euros.",
            "The offer says €{c}.",
            "Kosten: {c} EUR",
        ])
        .replace("{c}", &c.to_string())
    });
    let mut text = dice.pick(list).replace("{thing}", about).replace("{cost}", &cost);
    text.truncate(text.trim_end().len());
    let boss = bosses.first().map(|b| company.staff.people[*b].name.as_str());
    if let Some(boss) = boss {
        if dice.chance(0.06) {
            text.push(' ');
            text.push_str(&dice.pick(company.words.claim).replace("{boss}", boss));
        } else if dice.chance(company.habits.forms) {
            text.push_str("\n\n");
            text.push_str(&dice.pick(company.words.form).replace("{boss}", boss));
        }
    }
    let writer = Writer {
        name: &company.staff.people[requester].name,
        title: company.staff.title_at(requester, at),
        company: &company.name,
    };
    mail(dice, &company.style, &writer, &text)
}

/// The desk's own category: right, empty or another kind's.
fn category(dice: &mut Dice, company: &Company, kind: &Kind) -> String {
    if dice.chance(company.habits.no_category) {
        String::new()
    } else if dice.chance(company.habits.wrong_category) {
        dice.pick(KINDS).category.to_owned()
    } else {
        kind.category.to_owned()
    }
}

/// Work, status, reopening: closing words, minutes, reassigned, reopened.
fn ending(
    dice: &mut Dice,
    kind: &Kind,
    about: &str,
    desk: &str,
    story: &mut Story,
) -> (String, u32, u32, u32) {
    let status = |to: &str| PastDeed::Status { to: to.to_owned() };
    let mut reassigned = 0;
    if dice.chance(0.12) {
        reassigned = 1;
        let other = format!("{}@helpdesk.example", dice.pick(TECHNICIANS));
        story.push(desk.to_owned(), PastDeed::Assigned { group: String::new(), assignee: other });
    }
    story.now += dice.between(5, 240) * MINUTE;
    let minutes = (kind.minutes as f64 * (0.5 + 1.5 * dice.part())).max(1.0) as u32;
    if story.declined {
        story.push(desk.to_owned(), status("Cancelled"));
        return ("not approved, closed without a change".to_owned(), minutes / 2, reassigned, 0);
    }
    story.push(desk.to_owned(), PastDeed::Worked { minutes });
    story.push(desk.to_owned(), status("Resolved"));
    let reopened = u32::from(dice.chance(kind.reopened));
    if reopened == 1 {
        story.now += dice.between(1, 3) * DAY;
        story.push(String::new(), PastDeed::Reopened);
        story.now += dice.between(20, 300) * MINUTE;
        story.push(desk.to_owned(), status("Resolved"));
    }
    story.now += 2 * DAY;
    (dice.pick(kind.closing).replace("{thing}", about), minutes, reassigned, reopened)
}
