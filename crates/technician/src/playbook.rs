//! What a client's playbook says about one ticket.
//!
//! INVARIANT: the lines that concern a case are noted in the case when its prose is read, so that [`crate::next`] still looks at the case alone and a
//! newer version changes nothing that is being worked on. A line can leave a ticket to people or add words to an answer. One can let the
//! technician act where it would not: a system that an administrator says signs in with the directory.

use crate::understand::{clean::fold, is_other_system};
use domain::{
    CaseView, IncomingTicket, Intent, Signal, Understanding,
    playbook::{Line, Playbook, Rule, Way},
};

/// Code of a note: a line of the playbook concerns this case; for people to read.
pub const APPLIES: &str = "playbook";
/// Code of a note: the playbook leaves it to people; the line.
pub const PEOPLE: &str = "playbook_people";
/// Code of a note: it names another system by this client's word for it.
pub const OTHER_SYSTEM: &str = "playbook_other_system";
/// Code of a note: this system signs in with the directory here.
pub const SAME_SYSTEM: &str = "playbook_same_system";
/// Code of a note: words that the answer ends with when it is done.
pub const WORDS: &str = "playbook_words";

/// Notes, as code and text, on what version `version` of the playbook says about a ticket that was understood so. `texts` are the
/// requester's further messages.
pub fn notes(
    playbook: &Playbook,
    version: u64,
    ticket: &IncomingTicket,
    texts: &[String],
    understood: &Understanding,
) -> Vec<(String, String)> {
    let of = |code: &str| code_of(code, understood.intent);
    let mut out = Vec::new();
    let mut note = |line: &Line, code: &str, text: String| {
        let because = line.because.because();
        let by = line.by.as_ref().map(|p| format!(" (by {p})")).unwrap_or_default();
        let because =
            if because.is_empty() { String::new() } else { format!(" \u{2014} {because}") };
        let told = format!("version {version}: {}{by}{because}", line.rule.sentence());
        if code != APPLIES {
            out.push((code.to_owned(), text));
        }
        out.push((APPLIES.to_owned(), told));
    };
    let said = words(ticket, texts);
    for line in &playbook.lines {
        match &line.rule {
            Rule::Handle { intent, way } if *intent == understood.intent && !line.off => {
                if understood.abstained {
                    continue;
                }
                let code = if *way == Way::People { of(PEOPLE) } else { APPLIES.to_owned() };
                note(line, &code, line.rule.sentence());
            }
            Rule::Words { intent, text } if *intent == understood.intent && !line.off => {
                note(line, &of(WORDS), text.trim().to_owned());
            }
            Rule::OtherSystem { name } if signs_in(understood.intent) => {
                let signalled = understood
                    .signals
                    .iter()
                    .any(|s| matches!(s, Signal::OtherSystem(n) if fold(n) == fold(name)));
                // Only a person's word for a system counts wherever it stands: a learned one may stand there in passing.
                let named = line.by.is_some() && contains(&said, &fold(name));
                match (line.off, signalled || named) {
                    (false, true) => note(line, OTHER_SYSTEM, name.clone()),
                    // Where it names another one besides, that one counts.
                    (true, true)
                        if signalled && !is_other_system(&said.replace(&fold(name), " ")) =>
                    {
                        note(line, SAME_SYSTEM, name.clone());
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    out
}

/// Whether another system's account could be meant.
fn signs_in(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::UnlockAccount
            | Intent::ResetPassword
            | Intent::RequirePasswordChange
            | Intent::EnableAccount
            | Intent::DisableAccount
    )
}

fn words(ticket: &IncomingTicket, texts: &[String]) -> String {
    let mut all = format!("{} {}", ticket.subject, ticket.body);
    for text in texts {
        all.push(' ');
        all.push_str(text);
    }
    fold(&all)
}

/// The name stands in the text as words of its own.
fn contains(text: &str, name: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    !name.trim().is_empty()
        && text.match_indices(name).any(|(at, found)| {
            edge(text.get(..at).and_then(|t| t.chars().next_back()))
                && edge(text.get(at + found.len()..).and_then(|t| t.chars().next()))
        })
}

/// The code of a note that holds for one reading of the prose only: a further message may ask for something else.
pub(crate) fn code_of(code: &str, intent: Intent) -> String {
    format!("{code}:{}", intent.name())
}

/// The newest note of this code.
pub(crate) fn noted<'a>(case: &'a CaseView, code: &str) -> Option<&'a str> {
    case.notes.iter().rev().find(|(c, _)| c == code).map(|(_, text)| text.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use domain::{PersonId, TicketRef, TicketStatus, UnixMs, playbook::Evidence};

    fn line(rule: Rule, off: bool) -> Line {
        Line {
            id: "x".into(),
            rule,
            learned: None,
            because: Evidence {
                count: 1,
                of: 1,
                tickets: vec!["41".into()],
                ..Evidence::default()
            },
            by: Some(PersonId::new("ann").unwrap()),
            locked: false,
            off,
        }
    }

    fn codes(lines: Vec<Line>, body: &str, signals: Vec<Signal>) -> Vec<String> {
        let ticket = IncomingTicket {
            ticket: TicketRef { psa: "p".into(), id: "1".into() },
            customer: String::new(),
            from: "u@x.test".into(),
            from_name: String::new(),
            subject: "Password".into(),
            body: body.into(),
            created_at: UnixMs(0),
            message_id: None,
            status: TicketStatus::New,
        };
        let understood = Understanding {
            intent: Intent::ResetPassword,
            confidence: 0.99,
            abstained: false,
            runner_up: None,
            about: None,
            group: None,
            signals,
        };
        let playbook = Playbook { lines, ..Playbook::default() };
        notes(&playbook, 3, &ticket, &[], &understood).into_iter().map(|(code, _)| code).collect()
    }

    #[test]
    fn a_clients_own_word_for_another_system_counts_as_a_word_only() {
        let navi = || line(Rule::OtherSystem { name: "Navi".into() }, false);
        assert_eq!(codes(vec![navi()], "my navi password please", vec![]), [OTHER_SYSTEM, APPLIES]);
        assert!(codes(vec![navi()], "I navigate to the page", vec![]).is_empty());
        let learned = Line { by: None, ..navi() };
        assert!(codes(vec![learned], "navi is up, my password is not", vec![]).is_empty());
    }

    #[test]
    fn a_system_that_signs_in_with_the_directory_is_no_other_system() {
        let sso = line(Rule::OtherSystem { name: "SAP".into() }, true);
        let signal = Signal::OtherSystem("sap".into());
        assert_eq!(codes(vec![sso.clone()], "sap password", vec![signal]), [SAME_SYSTEM, APPLIES]);
        assert!(codes(vec![sso.clone()], "sap password", vec![]).is_empty());
        let both = "Please reset my SAP and my Salesforce password.";
        assert!(codes(vec![sso], both, vec![Signal::OtherSystem("sap".into())]).is_empty());
    }

    #[test]
    fn only_what_is_asked_is_left_to_people_and_answered_with_more_words() {
        let handle = |intent| line(Rule::Handle { intent, way: Way::People }, false);
        let words = line(Rule::Words { intent: Intent::ResetPassword, text: "Bye".into() }, false);
        assert_eq!(
            codes(vec![handle(Intent::ResetPassword), words.clone()], "x", vec![]),
            ["playbook_people:reset_password", APPLIES, "playbook_words:reset_password", APPLIES]
        );
        assert!(
            codes(vec![handle(Intent::UnlockAccount), Line { off: true, ..words }], "x", vec![])
                .is_empty()
        );
    }
}
