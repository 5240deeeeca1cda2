//! How an approval comes about in a ticket, or does not: asked, answered, recalled, claimed, ignored.

use super::mail::{Writer, mail, quoted};
use super::people::DAY;
use super::{Company, Dice, Place};
use domain::{PastDeed, PastEvent, UnixMs};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// What a story is about.
pub(super) struct Scene<'a> {
    pub(super) company: &'a Company,
    pub(super) kind: &'static str,
    pub(super) opened: i64,
    /// Person who asks.
    pub(super) requester: usize,
    /// People whose yes the rules want, in order.
    pub(super) bosses: Vec<usize>,
    pub(super) technician: &'a str,
    pub(super) request: &'a str,
}

/// The events so far, and what is true about them.
pub(super) struct Story {
    pub(super) events: Vec<PastEvent>,
    pub(super) yes: Vec<(Place, usize)>,
    /// The approver wrote the first mail, with the request below.
    pub(super) opened_by: Option<(usize, String)>,
    pub(super) declined: bool,
    pub(super) now: i64,
}

impl Story {
    pub(super) fn new(now: i64) -> Story {
        Story { events: Vec::new(), yes: Vec::new(), opened_by: None, declined: false, now }
    }

    pub(super) fn push(&mut self, by: String, what: PastDeed) {
        self.events.push(PastEvent { at: Some(UnixMs(self.now)), by, what });
    }

    fn later(&mut self, dice: &mut Dice, from: i64, to: i64) {
        self.now += dice.between(from, to);
    }
}

impl Scene<'_> {
    /// Plays the approval, if this kind of request wants one, and the noise around it.
    pub(super) fn play(&self, dice: &mut Dice, story: &mut Story) {
        if self.bosses.is_empty() {
            self.unasked(dice, story);
            return;
        }
        let habits = &self.company.habits;
        if dice.chance(habits.without) {
            self.without(dice, story);
            return;
        }
        for (n, boss) in self.bosses.iter().enumerate() {
            if n == 0 && dice.chance(habits.thread) {
                let list = self.yes_list(dice);
                let yes = self.one(dice, list, *boss);
                let text = self.mail(dice, *boss, &yes);
                let person = &self.company.staff.people[self.requester];
                let address = self.company.staff.address(self.requester);
                let text = quoted(dice, &text, &person.name, &address, self.request);
                story.opened_by = Some((*boss, text));
                story.yes.push((Place::Opening, *boss));
                continue;
            }
            self.noise_before(dice, story, *boss);
            if !self.approve(dice, story, *boss) {
                story.declined = true;
                return;
            }
        }
        if dice.chance(0.06) {
            self.small_talk(dice, story);
        }
    }

    /// Asks one approver and hears the answer; false when it was no.
    fn approve(&self, dice: &mut Dice, story: &mut Story, boss: usize) -> bool {
        let habits = &self.company.habits;
        let speaker = if dice.chance(0.05) { self.deputy(dice, boss) } else { boss };
        if speaker == boss && dice.chance(habits.record) {
            story.push(self.desk(), PastDeed::ApprovalAsked { of: self.named(boss) });
            story.later(dice, 20 * MINUTE, 20 * HOUR);
            let approved = !dice.chance(0.05);
            if approved && dice.chance(0.02) {
                let own = self.named(self.requester);
                story.push(own, PastDeed::ApprovalDecided { approved });
            }
            if approved {
                story.yes.push((Place::Event(story.events.len()), boss));
            }
            story.push(self.named(boss), PastDeed::ApprovalDecided { approved });
            return approved;
        }
        let asked = dice.chance(0.7);
        if asked {
            let german = dice.chance(self.company.style.german);
            let words = self.company.words;
            let list = if german { words.ask_german } else { words.ask };
            self.desk_says(story, &self.one(dice, list, boss), false);
        }
        story.later(dice, 10 * MINUTE, 24 * HOUR);
        if dice.chance(0.04) {
            self.says(dice, story, speaker, self.company.words.no, boss);
            return false;
        }
        if dice.chance(0.03) {
            self.says(dice, story, boss, self.company.words.conditional, boss);
            story.later(dice, HOUR, 24 * HOUR);
        }
        self.yes(dice, story, speaker, boss, asked);
        if dice.chance(0.04) {
            story.later(dice, 10 * MINUTE, 5 * HOUR);
            self.says(dice, story, speaker, self.company.words.recall, boss);
            story.yes.pop();
            if dice.chance(0.5) {
                return false;
            }
            story.later(dice, HOUR, 40 * HOUR);
            self.yes(dice, story, speaker, boss, false);
        }
        true
    }

    fn yes(&self, dice: &mut Dice, story: &mut Story, speaker: usize, boss: usize, asked: bool) {
        let words = self.company.words;
        let list = if speaker != boss {
            words.deputy
        } else if asked && dice.chance(0.25) {
            words.short
        } else {
            self.yes_list(dice)
        };
        story.yes.push((Place::Event(story.events.len()), speaker));
        self.says(dice, story, speaker, list, boss);
    }

    fn yes_list(&self, dice: &mut Dice) -> &'static [&'static str] {
        let words = self.company.words;
        if dice.chance(self.company.style.german) { words.yes_german } else { words.yes }
    }

    /// Carried out without anybody's yes, and what stood in for it.
    fn without(&self, dice: &mut Dice, story: &mut Story) {
        let Some(boss) = self.bosses.first().copied() else { return };
        match dice.below(5) {
            0 => self.says(dice, story, self.requester, self.company.words.claim, boss),
            1 => self.forwards(dice, story, boss),
            2 => {
                let text = self.one(dice, self.company.words.hearsay, boss);
                self.desk_says(story, &text, true);
            }
            _ => {}
        }
    }

    /// What may stand in a ticket that needs nobody's yes.
    fn unasked(&self, dice: &mut Dice, story: &mut Story) {
        if matches!(self.kind, "joiner" | "leaver") && dice.chance(0.3) {
            self.notice(dice, story);
        }
        if dice.chance(0.08) {
            self.small_talk(dice, story);
        }
    }

    fn noise_before(&self, dice: &mut Dice, story: &mut Story, boss: usize) {
        let words = self.company.words;
        if dice.chance(0.02) {
            let then = story.now;
            story.now = self.opened - dice.between(1, 20) * DAY;
            let list = self.yes_list(dice);
            self.says(dice, story, boss, list, boss);
            story.now = then;
            story.later(dice, HOUR, 2 * HOUR);
        }
        if dice.chance(0.06) {
            self.says(dice, story, self.requester, words.claim, boss);
            story.later(dice, 10 * MINUTE, 2 * HOUR);
        }
        if dice.chance(0.04) {
            self.forwards(dice, story, boss);
            story.later(dice, 10 * MINUTE, 2 * HOUR);
        }
        if dice.chance(if matches!(self.kind, "joiner" | "leaver") { 0.3 } else { 0.01 }) {
            self.notice(dice, story);
            story.later(dice, HOUR, 2 * HOUR);
        }
        if dice.chance(0.05) {
            let wrong = self.anybody(dice);
            if wrong != boss && wrong != self.requester {
                let list = self.yes_list(dice);
                self.says(dice, story, wrong, list, boss);
                if dice.chance(0.7) {
                    story.later(dice, 10 * MINUTE, HOUR);
                    let text = self.one(dice, words.not_you, boss);
                    let first = self.first_name(wrong);
                    self.desk_says(story, &text.replace("{wrong}", first), false);
                }
                story.later(dice, HOUR, 5 * HOUR);
            }
        }
        if dice.chance(0.06) {
            let who = self.anybody(dice);
            self.says(dice, story, who, words.chatter, boss);
            story.later(dice, 10 * MINUTE, HOUR);
        }
        if dice.chance(0.04) {
            self.says(dice, story, boss, words.away, boss);
            story.later(dice, 10 * HOUR, 40 * HOUR);
        }
        if dice.chance(0.03) {
            self.says(dice, story, boss, words.elsewhere, boss);
            story.later(dice, HOUR, 5 * HOUR);
        }
    }

    /// A question that is no approval, and its answer.
    fn small_talk(&self, dice: &mut Dice, story: &mut Story) {
        story.later(dice, 10 * MINUTE, 2 * HOUR);
        let words = self.company.words;
        let who = if dice.chance(0.5) { self.anybody(dice) } else { self.requester };
        if dice.chance(0.7) {
            let (question, answer) = dice.pick(words.other_question);
            self.desk_says(story, question, false);
            story.later(dice, 10 * MINUTE, HOUR);
            self.says(dice, story, who, &[*answer], who);
        } else {
            self.says(dice, story, who, words.elsewhere, who);
        }
    }

    /// The requester passes on what somebody wrote elsewhere.
    fn forwards(&self, dice: &mut Dice, story: &mut Story, boss: usize) {
        let staff = &self.company.staff;
        let list = self.yes_list(dice);
        let old = self.one(dice, list, boss);
        let new =
            *dice.pick(&["see below", "FYI", "as discussed, see the mail below", "siehe unten"]);
        let name = &staff.people[boss].name;
        let text = quoted(dice, new, name, &staff.address(boss), &old);
        story.push(self.named(self.requester), self.said(text, false, false));
    }

    fn notice(&self, dice: &mut Dice, story: &mut Story) {
        let text = self.one(dice, self.company.words.notice, self.requester);
        let by = if dice.chance(0.5) {
            format!("hr-notices@{}", self.company.staff.domain)
        } else {
            let staff = &self.company.staff;
            let head = staff.holder_at(staff.heads[2], self.opened);
            self.named(head.unwrap_or(self.requester))
        };
        story.push(by, self.said(text, false, false));
    }

    fn says(&self, dice: &mut Dice, story: &mut Story, who: usize, words: &[&str], boss: usize) {
        let said = self.one(dice, words, boss);
        let mut text = self.mail(dice, who, &said);
        if dice.chance(self.company.style.quotes) {
            let staff = &self.company.staff;
            let name = &staff.people[self.requester].name;
            text = quoted(dice, &text, name, &staff.address(self.requester), self.request);
        }
        story.push(self.named(who), self.said(text, false, false));
    }

    fn desk_says(&self, story: &mut Story, text: &str, internal: bool) {
        story.push(self.desk(), self.said(text.to_owned(), internal, true));
    }

    fn said(&self, text: String, internal: bool, desk: bool) -> PastDeed {
        let by_desk = self.company.habits.tells_desk.then_some(desk);
        let text = if self.company.garbles(&text) { super::mail::garbled(&text) } else { text };
        PastDeed::Said { text, internal, by_desk }
    }

    fn mail(&self, dice: &mut Dice, who: usize, text: &str) -> String {
        let company = self.company;
        let writer = Writer {
            name: &company.staff.people[who].name,
            title: company.staff.title_at(who, self.opened),
            company: &company.name,
        };
        mail(dice, &company.style, &writer, text)
    }

    /// One of these sentences, filled in.
    fn one(&self, dice: &mut Dice, of: &[&str], boss: usize) -> String {
        let text: &str = of[dice.below(of.len())];
        self.fill(text, boss)
    }

    /// Fills in who is asked and who asks.
    fn fill(&self, text: &str, boss: usize) -> String {
        let boss = &self.company.staff.people[boss].name;
        text.replace("{boss}", boss).replace("{req}", self.first_name(self.requester))
    }

    fn first_name(&self, person: usize) -> &str {
        self.company.staff.people[person].name.split(' ').next().unwrap_or_default()
    }

    fn anybody(&self, dice: &mut Dice) -> usize {
        self.company.staff.anybody(dice, self.opened).map_or(self.requester, |(p, _)| p)
    }

    /// Somebody of the approver's department who is there.
    fn deputy(&self, dice: &mut Dice, boss: usize) -> usize {
        let staff = &self.company.staff;
        for _ in 0..40 {
            let Some((person, seat)) = staff.anybody(dice, self.opened) else { break };
            let same = staff.seats[seat].department == staff.department_at(boss, self.opened);
            if same && person != boss && person != self.requester {
                return person;
            }
        }
        boss
    }

    fn named(&self, person: usize) -> String {
        self.company.named(person)
    }

    fn desk(&self) -> String {
        format!("{}@helpdesk.example", self.technician)
    }
}
