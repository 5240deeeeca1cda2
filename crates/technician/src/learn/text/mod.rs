//! The request in a ticket's text as a help desk exports it.
//!
//! Garbled characters are repaired, and every line is told apart: the requester's own words, headers, quoted
//! mails, signature, legal footer, and what the technician wrote when closing. INVARIANT: no line
//! is lost, each stands in exactly one part; learning never reads [`Part::Resolution`].

mod mojibake;
mod resolution;

pub use mojibake::repair;

use crate::understand::{
    clean::is_greeting_line,
    opens::{Opens, opens},
};

/// What a line of a ticket's description is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The requester's own words.
    Request,
    /// "received from:", an image mark, a banner about external mail.
    Header,
    /// An earlier mail in the chain.
    Quoted,
    /// The sign-off and what follows it.
    Signature,
    /// A legal footer.
    Footer,
    /// What the technician wrote.
    Resolution,
}

/// A ticket's text with its lines told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketText {
    /// The short description, repaired.
    pub subject: String,
    /// The description's lines in order, repaired.
    pub lines: Vec<(Part, String)>,
}

impl TicketText {
    /// The requester's own words.
    pub fn request(&self) -> String {
        self.of(&[Part::Request])
    }

    /// Everything that was there when the ticket was opened: all but the technician's words. A forwarded
    /// mail often holds what is asked.
    pub fn opening(&self) -> String {
        self.of(&[Part::Request, Part::Header, Part::Quoted, Part::Signature, Part::Footer])
    }

    /// What the technician wrote: what a good close-out says, and never what is asked.
    pub fn resolution(&self) -> String {
        self.of(&[Part::Resolution])
    }

    fn of(&self, parts: &[Part]) -> String {
        let lines = self.lines.iter().filter(|(part, _)| parts.contains(part));
        lines.map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// Tells the parts of a ticket's text apart.
pub fn read(subject: &str, description: &str) -> TicketText {
    let description = repair(description);
    let lines: Vec<&str> = description.lines().collect();
    let technician = resolution::marks(&lines);
    let mut state = Part::Request;
    let mut out = Vec::with_capacity(lines.len());
    let mut asked = false;
    for (line, technician) in lines.iter().zip(technician) {
        let opens = opens(line);
        match opens {
            Opens::Chain if asked => state = Part::Quoted,
            Opens::Footer if asked => state = Part::Footer,
            Opens::Dashes | Opens::SignOff if asked && state == Part::Request => {
                state = Part::Signature
            }
            _ => {}
        }
        let part = match opens {
            _ if technician => Part::Resolution,
            Opens::Noise => Part::Header,
            Opens::Chain | Opens::Footer if !asked => Part::Header,
            Opens::QuotedLine => Part::Quoted,
            _ => state,
        };
        asked |= part == Part::Request
            && line.chars().any(char::is_alphanumeric)
            && !(opens == Opens::Nothing && is_greeting_line(&line.trim().to_lowercase()));
        out.push((part, (*line).to_owned()));
    }
    TicketText { subject: repair(subject).trim().to_owned(), lines: out }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_answer_is_told_apart_from_the_question() {
        let text = read(
            "login issue",
            "login issue\n-verified user details.(employee# & manager name)\n-checked the user name in ad and unlocked the account.\n-advised the user to login and check.\n-caller confirmed that he was able to login.\n-issue resolved.",
        );
        assert_eq!(text.request(), "login issue");
        assert!(text.resolution().contains("unlocked the account"));
        assert!(!text.opening().contains("unlocked"));
    }

    #[test]
    fn what_the_requester_did_is_part_of_the_question() {
        for asked in [
            "my nightly reports no longer run. i have reset them and they still will not run.",
            "reset my password please",
            "restarted the pc twice, no change",
            "please give me a solution in this issue",
            "resolved names point to the wrong host",
            "the issue is not resolved yet",
        ] {
            let text = read("help", asked);
            assert_eq!(text.request(), asked);
            assert_eq!(text.resolution(), "");
        }
    }

    #[test]
    fn a_mail_is_taken_apart() {
        let text = read(
            "FW: lizenz fÃ¼r visio",
            "received from: kim@example.com\n\nhello team,\nplease order it.\n\nbest regards\nkim reed\nfrom: bo@example.com\nsent: monday\nsubject: lizenz\n\nkim, i need visio\nthis message is confidential and meant for you",
        );
        assert_eq!(text.subject, "FW: lizenz für visio");
        assert_eq!(text.request().trim(), "hello team,\nplease order it.");
        let of = |part| {
            let lines = text.lines.iter().filter(|(p, _)| *p == part);
            lines.map(|(_, l)| l.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of(Part::Header), ["received from: kim@example.com"]);
        assert_eq!(of(Part::Signature), ["best regards", "kim reed"]);
        assert!(of(Part::Quoted).contains(&"kim, i need visio"));
        assert_eq!(of(Part::Footer), ["this message is confidential and meant for you"]);
        assert_eq!(text.lines.len(), 13);
    }
}
