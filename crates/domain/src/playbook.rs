//! What was learned about one client, line by line, and what people made of it.
//!
//! INVARIANTS: what a person wrote, locked or switched off wins over whatever is learned later; nothing in a playbook entitles anybody or
//! lowers a tier: it names whom to ask first, leaves tickets to people and adds words to an answer.

use crate::{ActionKind, Intent, PersonId, UnixMs};
use serde::{Deserialize, Serialize};

/// Tickets shown for a line.
pub const SHOWN: usize = 14;

/// The playbook of one client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playbook {
    /// Closed tickets that it was learned from; 0 when nothing was learned yet.
    #[serde(default)]
    pub tickets: u32,
    /// Whose, in words; says so when the history is simulated.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// First and last of them, where the source has times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<(UnixMs, UnixMs)>,
    /// The lines, by id.
    #[serde(default)]
    pub lines: Vec<Line>,
}

/// One thing that holds for a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Stays the same from version to version, such as `handle:unlock_account`.
    pub id: String,
    /// What holds.
    pub rule: Rule,
    /// What the tickets show, where a person says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<Rule>,
    /// Why.
    #[serde(default)]
    pub because: Evidence,
    /// The person who wrote, corrected, locked or switched it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Learning leaves it as it is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub locked: bool,
    /// It does not hold: switched off, or proposed and not yet agreed to.
    #[serde(default, skip_serializing_if = "is_false")]
    pub off: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Rule {
    /// Who works on requests like these.
    Handle {
        /// What is asked.
        intent: Intent,
        /// By whom.
        way: Way,
    },
    /// Whom to ask first about such changes. A proposal for routing, never an entitlement.
    Approver {
        /// The kind of change; `None` where it is one that Journeyman does not make.
        kind: Option<ActionKind>,
        /// The desk's word for such requests.
        about: String,
        /// Who.
        who: Approves,
        /// The whole rule in one plain sentence, with its exceptions.
        sentence: String,
        /// It is the rule for all such requests, not an exception for some.
        everyone: bool,
    },
    /// Another system than the directory: passwords and lockouts there are for people. Switched off: it signs in with the directory.
    OtherSystem {
        /// What people here call it.
        name: String,
    },
    /// Words that an answer ends with when such a request is done.
    Words {
        /// What is asked.
        intent: Intent,
        /// The words.
        text: String,
    },
}

/// Who works on a kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Journeyman, as far as the policy allows.
    Work,
    /// People.
    People,
}

/// Whom a rule names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", content = "address", rename_all = "snake_case")]
pub enum Approves {
    /// The owner of the group or mailbox.
    Owner,
    /// The requester's manager.
    Manager,
    /// The head of the requester's department.
    DepartmentHead,
    /// Whoever leads finance.
    Finance,
    /// This person, by address.
    Person(String),
    /// Nobody was asked in the past. It waives nothing.
    Nobody,
}

impl Approves {
    /// Plain words.
    pub fn words(&self) -> &str {
        match self {
            Approves::Owner => "the owner of the group or mailbox",
            Approves::Manager => "the requester's manager",
            Approves::DepartmentHead => "the head of the requester's department",
            Approves::Finance => "the head of finance",
            Approves::Person(address) => address,
            Approves::Nobody => "nobody",
        }
    }
}

/// The tickets behind a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Tickets that show it.
    #[serde(default)]
    pub count: u32,
    /// Tickets that could have shown otherwise, these included.
    #[serde(default)]
    pub of: u32,
    /// Some of them, the newest first.
    #[serde(default)]
    pub tickets: Vec<String>,
    /// When the newest was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<UnixMs>,
    /// What they show, in words; empty where the rule says it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

impl Evidence {
    /// "because of these 14 tickets: …", or an empty text where there are none.
    pub fn because(&self) -> String {
        match (self.count, self.tickets.as_slice()) {
            (0, _) | (_, []) => String::new(),
            (1, [one, ..]) => format!("because of ticket {one}"),
            (count, some) => match u32::try_from(some.len()).is_ok_and(|n| n >= count) {
                true => format!("because of these {count} tickets: {}", some.join(", ")),
                false => format!("because of {count} tickets, such as {}", some.join(", ")),
            },
        }
    }
}

impl Rule {
    /// The rule in one sentence.
    pub fn sentence(&self) -> String {
        let asked = |intent: &Intent| intent.name().replace('_', " ");
        match self {
            Rule::Handle { intent, way: Way::Work } => {
                format!(
                    "Journeyman works on \u{201c}{}\u{201d}, as far as the policy allows.",
                    asked(intent)
                )
            }
            Rule::Handle { intent, way: Way::People } => {
                format!("\u{201c}{}\u{201d} is left to people.", asked(intent))
            }
            Rule::Approver { sentence, .. } => sentence.clone(),
            Rule::OtherSystem { name } => format!(
                "{name} is another system than the directory: its passwords and lockouts are for people."
            ),
            Rule::Words { intent, text } => {
                format!("Answers to \u{201c}{}\u{201d} end with: {text}", asked(intent))
            }
        }
    }
}

impl Line {
    /// Its sentence, and what is special about it, for lists of differences.
    pub fn told(&self) -> String {
        let mut text = self.rule.sentence();
        if let Rule::Approver { who, .. } = &self.rule {
            text.push_str(&format!(" [asked first: {}]", who.words()));
        }
        let marks = [(self.off, "switched off"), (self.locked, "locked")];
        let marks: Vec<&str> = marks.iter().filter(|(is, _)| *is).map(|(_, w)| *w).collect();
        if !marks.is_empty() {
            text.push_str(&format!(" [{}]", marks.join(", ")));
        }
        text
    }

    /// The same rule, as much in force and as much locked.
    pub fn says_the_same(&self, other: &Line) -> bool {
        (&self.rule, self.off, self.locked) == (&other.rule, other.off, other.locked)
    }

    /// It leaves tickets to people.
    fn holds_back(&self) -> bool {
        let people =
            matches!(&self.rule, Rule::OtherSystem { .. } | Rule::Handle { way: Way::People, .. });
        people && !self.off
    }

    /// It lets a system count as one that signs in with the directory.
    fn lets_in(&self) -> bool {
        self.off && matches!(&self.rule, Rule::OtherSystem { .. })
    }

    /// A person had a hand in it.
    pub fn is_kept(&self) -> bool {
        self.locked || self.by.is_some()
    }
}

impl Playbook {
    /// The line of this id.
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|l| l.id == id)
    }

    /// Lines that hold.
    pub fn in_force(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|l| !l.off)
    }

    /// What is to hold once `fresh` was learned: lines in which a person had a hand stay as they are and show what the tickets say; all
    /// others are as learned anew.
    pub fn learn(&self, fresh: Playbook) -> Playbook {
        let mut lines: Vec<Line> = Vec::new();
        for new in fresh.lines {
            lines.push(match self.line(&new.id) {
                Some(old) if old.is_kept() => Line {
                    learned: (old.rule != new.rule).then_some(new.rule),
                    because: new.because,
                    ..old.clone()
                },
                _ => new,
            });
        }
        for old in self.lines.iter().filter(|l| l.is_kept()) {
            if !lines.iter().any(|l| l.id == old.id) {
                lines.push(old.clone());
            }
        }
        lines.sort_by(|a, b| a.id.cmp(&b.id));
        Playbook { lines, ..fresh }
    }

    /// What is different, line by line.
    pub fn diff(&self, new: &Playbook) -> Vec<String> {
        let mut out = Vec::new();
        for line in &new.lines {
            match self.line(&line.id) {
                None => out.push(format!("new: {}", line.told())),
                Some(old) if !old.says_the_same(line) => {
                    out.push(format!("was: {} now: {}", old.told(), line.told()));
                }
                Some(_) => {}
            }
        }
        let gone = self.lines.iter().filter(|l| new.line(&l.id).is_none());
        out.extend(gone.map(|l| format!("gone: {}", l.told())));
        out
    }

    /// What the new one lets the technician work on that this one leaves to people, line by line: administrators only.
    pub fn loosens(&self, new: &Playbook) -> Vec<String> {
        let gone =
            |old: &&Line| old.holds_back() && !new.line(&old.id).is_some_and(Line::holds_back);
        let let_in = |line: &&Line| {
            line.lets_in() && !self.line(&line.id).is_some_and(|o| o.lets_in() || o.holds_back())
        };
        let old = self.lines.iter().filter(gone).map(Line::told);
        old.chain(new.lines.iter().filter(let_in).map(Line::told)).collect()
    }

    /// What is wrong with it: every problem, with the line and what would be right.
    ///
    /// # Errors
    /// When an id is empty or comes twice, a name or text is empty or too long.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut wrong = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let mut say = |what: &str| wrong.push(format!("line {:?}: {what}", line.id));
            if line.id.trim().is_empty() || line.id.len() > 200 {
                say("its id is empty or longer than 200 bytes");
            }
            if self.lines.iter().take(at).any(|l| l.id == line.id) {
                say("its id comes twice; each line has its own");
            }
            match &line.rule {
                Rule::OtherSystem { name } if name.trim().len() < 2 || name.len() > 80 => {
                    say("`name` is what people here call the system: 2 to 80 characters");
                }
                Rule::Words { text, .. } if text.trim().is_empty() || text.len() > 2_000 => {
                    say("`text` is empty or longer than 2000 bytes");
                }
                Rule::Words { text, .. } if text.contains(['{', '}']) => {
                    say(
                        "`text` has a brace in it; words are sent as they are, without placeholders",
                    );
                }
                Rule::Approver { who: Approves::Person(address), .. } if !address.contains('@') => {
                    say("`address` of a person is a mail address");
                }
                _ => {}
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn line(id: &str, way: Way) -> Line {
        Line {
            id: id.into(),
            rule: Rule::Handle { intent: Intent::UnlockAccount, way },
            learned: None,
            because: Evidence {
                count: 2,
                of: 2,
                tickets: vec!["7".into(), "3".into()],
                ..Evidence::default()
            },
            by: None,
            locked: false,
            off: false,
        }
    }

    fn book(lines: Vec<Line>) -> Playbook {
        Playbook { tickets: 10, lines, ..Playbook::default() }
    }

    #[test]
    fn corrections_win_over_later_learning_and_show_what_the_tickets_say() {
        let ann = PersonId::new("ann").unwrap();
        let corrected = Line { by: Some(ann.clone()), ..line("a", Way::People) };
        let mine = Line { by: Some(ann), ..line("mine", Way::Work) };
        let old = book(vec![corrected, line("b", Way::Work), line("gone", Way::Work), mine]);
        let fresh =
            book(vec![line("a", Way::Work), line("b", Way::People), line("new", Way::Work)]);
        let both = old.learn(fresh);
        let ids: Vec<&str> = both.lines.iter().map(|l| l.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "mine", "new"]);
        let a = both.line("a").unwrap();
        assert!(matches!(a.rule, Rule::Handle { way: Way::People, .. }), "{a:?}");
        assert!(matches!(a.learned, Some(Rule::Handle { way: Way::Work, .. })));
        assert!(matches!(both.line("b").unwrap().rule, Rule::Handle { way: Way::People, .. }));
        let diff = old.diff(&both);
        assert_eq!(diff.len(), 3, "{diff:?}");
        assert!(
            diff.iter().any(|d| d.starts_with("gone:"))
                && diff.iter().any(|d| d.starts_with("new:"))
        );
    }

    #[test]
    fn letting_the_technician_work_where_it_did_not_loosens() {
        let system = |off| Line {
            rule: Rule::OtherSystem { name: "SAP".into() },
            off,
            ..line("s", Way::Work)
        };
        let people = || line("h", Way::People);
        let old = book(vec![system(false), people()]);
        assert!(old.loosens(&old).is_empty());
        assert_eq!(old.loosens(&book(vec![system(true), people()])).len(), 1);
        assert_eq!(old.loosens(&book(vec![system(false), line("h", Way::Work)])).len(), 1);
        assert_eq!(old.loosens(&book(vec![])).len(), 2);
        assert_eq!(book(vec![]).loosens(&book(vec![system(true)])).len(), 1);
        assert!(book(vec![]).loosens(&old).is_empty());
    }

    #[test]
    fn a_line_says_which_tickets_it_rests_on() {
        assert_eq!(line("a", Way::Work).because.because(), "because of these 2 tickets: 7, 3");
        let many = Evidence { count: 40, ..line("a", Way::Work).because };
        assert_eq!(many.because(), "because of 40 tickets, such as 7, 3");
    }

    #[test]
    fn what_cannot_be_is_named() {
        let mut bad = line("a", Way::Work);
        bad.rule = Rule::OtherSystem { name: " ".into() };
        let wrong = book(vec![line("a", Way::Work), bad]).check().unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
    }
}
