//! The ends of a case: questions, close-outs, hand-overs.
//!
//! A close-out that the gate holds or refuses, or that keeps failing, is left out and named in the
//! reason: a case never goes round in circles for the sake of a note.

use super::{Flow, Plan, Step, WaitFor, people::Sender, requester_messages, writes::Failed};
use crate::closeout::{self, SECRET_LINK, Sealed, Why, is_filled, is_question, is_waiting};
use domain::{
    Account, Action, Attempt, Author, CaseOutcome, Message, TicketStatus,
    action::{AddNote, LogTime, Reply, SetStatus},
};

/// A help desk that keeps whole seconds may date an answer before our question, by this much.
const CLOCK_SLACK_MS: i64 = 2_000;

/// What became of a close-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is there.
    Done,
    /// It was left out; which and why.
    LeftOut(String),
}

/// Where a question to the user stands.
pub(super) enum Asked<'a> {
    /// Another question was asked before; there is no second one.
    Another,
    /// The requester's words since.
    Answered(Vec<&'a str>),
    /// Somebody else wrote since.
    ByOther,
    /// No answer in time.
    TimedOut,
}

impl<'a> Plan<'a> {
    /// Brings a close-out to done or leaves it out.
    pub(super) fn keep(&self, action: Action) -> Flow<Kept> {
        let same = action.clone();
        self.keep_like(action, move |a| *a == same)
    }

    /// A reply to the user; one that was sent with a link in it counts.
    pub(super) fn reply(&self, template: &str) -> Flow<Kept> {
        let ticket = &self.case.ticket.ticket;
        let like = |a: &Action| matches!(a, Action::Reply(r) if r.ticket == *ticket && is_filled(template, &r.text));
        let text = match self.context.secret_link {
            Some(link) => template.replace(SECRET_LINK, link),
            None => template.to_string(),
        };
        if text.contains(SECRET_LINK) && !self.any_done(like) {
            return Err(self.hand_over(Why::SecretLost, ""));
        }
        self.keep_like(Action::Reply(Reply { ticket: ticket.clone(), text }), like)
    }

    fn any_done(&self, like: impl Fn(&Action) -> bool) -> bool {
        self.case.attempts.iter().any(|a| a.evidence().is_some() && like(&a.action))
    }

    fn keep_like(&self, action: Action, like: impl Fn(&Action) -> bool) -> Flow<Kept> {
        if self.any_done(&like) {
            return Ok(Kept::Done);
        }
        let left_out = |why: &str| Ok(Kept::LeftOut(format!("{} {why}", action.kind().name())));
        match self.failed(&like) {
            Failed::No => {}
            Failed::Later(step) => return Err(step),
            Failed::Finally(why) => return left_out(&format!("failed: {why}")),
        }
        if self.case.refused(&action) {
            return left_out("was refused");
        }
        if self.case.held_for(&action).is_some() {
            return left_out("needs an approval");
        }
        Err(Step::Propose(action))
    }

    /// Asks the user, once per case; without a clear answer people take over.
    pub(super) fn ask(&self, text: String) -> Step {
        match self.asked(&text) {
            Err(step) => step,
            Ok(Asked::Another | Asked::Answered(_)) => self.hand_over(Why::StillUnclear, ""),
            Ok(Asked::ByOther) => self.hand_over(Why::OtherWriter, ""),
            Ok(Asked::TimedOut) => self.hand_over(Why::NoAnswer, ""),
        }
    }

    /// Puts this question and waits for what follows.
    pub(super) fn asked(&self, text: &str) -> Flow<Asked<'a>> {
        let Some((asked, attempt)) = self.question() else {
            return match self.reply(text)? {
                // Done and yet not found as a question cannot be; treat it as unclear.
                Kept::Done => Ok(Asked::Another),
                Kept::LeftOut(why) => Err(self.hand_over(Why::NotTold, &why)),
            };
        };
        if asked != text {
            return Ok(Asked::Another);
        }
        self.status(TicketStatus::WaitingOnCustomer)?;
        let since = attempt.started_at.plus_ms(-CLOCK_SLACK_MS);
        let answers: Vec<&str> = requester_messages(self.case)
            .filter(|(_, m)| m.at >= since)
            .map(|(_, m)| m.body.as_str())
            .collect();
        if !answers.is_empty() {
            return Ok(Asked::Answered(answers));
        }
        let customer = |m: &Message| !m.internal && matches!(m.author, Author::Customer(_));
        if self.case.messages.iter().any(|(_, m)| customer(m) && m.at >= since) {
            return Ok(Asked::ByOther);
        }
        let until = attempt.started_at.plus_ms(self.context.profile.answer_timeout_ms);
        if self.context.now >= until {
            return Ok(Asked::TimedOut);
        }
        Err(Step::Wait { until: Some(until), for_whom: WaitFor::User })
    }

    /// The question that was put to the user, if one was.
    fn question(&self) -> Option<(&'a str, &'a Attempt)> {
        self.case.attempts.iter().find_map(|a| match &a.action {
            Action::Reply(r) if a.evidence().is_some() && is_question(&r.text) => {
                Some((r.text.as_str(), a))
            }
            _ => None,
        })
    }

    /// Tells the user, notes, records time, closes.
    pub(super) fn close(
        &self,
        reply: &str,
        done: &[Action],
        requester: &Account,
        seen: &str,
        reason: &str,
    ) -> Flow<Step> {
        let ticket = &self.case.ticket.ticket;
        if let Kept::LeftOut(why) = self.reply(reply)? {
            return Err(self.hand_over(Why::NotTold, &why));
        }
        let text = closeout::closed_note(self.case, done, Some(requester), seen);
        let note = self.keep(Action::AddNote(AddNote { ticket: ticket.clone(), text }))?;
        let count = u32::try_from(done.len().max(1)).unwrap_or(1);
        let minutes = self.context.profile.minutes_per_action.saturating_mul(count).max(1);
        let text = closeout::time_text(done, seen);
        let time = self.keep(Action::LogTime(LogTime { ticket: ticket.clone(), minutes, text }))?;
        let status = self.status(TicketStatus::Closed)?;
        Ok(finished(CaseOutcome::Closed, reason, [note, time], status))
    }

    /// Closes without a word to the user: thanks and duplicates.
    pub(super) fn close_silently(
        &self,
        note: Option<String>,
        duplicate_of: Option<String>,
        reason: &str,
    ) -> Flow<Step> {
        let ticket = &self.case.ticket.ticket;
        let note = match note {
            Some(text) => self.keep(Action::AddNote(AddNote { ticket: ticket.clone(), text }))?,
            None => Kept::Done,
        };
        let status = self.keep(Action::SetStatus(SetStatus {
            ticket: ticket.clone(),
            status: TicketStatus::Closed,
            duplicate_of,
        }))?;
        Ok(finished(CaseOutcome::Closed, reason, [note, Kept::Done], status))
    }

    /// Hands the case to people: note, word to the user, status.
    pub(super) fn hand_over(&self, why: Why, detail: &str) -> Step {
        let reason = match detail.trim() {
            "" => why.sentence().to_string(),
            detail => format!("{}: {}", why.sentence(), detail.replace('\n', " ")),
        };
        self.hand_over_as(&Sealed { why, reason }).unwrap_or_else(|step| step)
    }

    /// Goes on with a hand-over, from wherever it stands.
    pub(super) fn hand_over_as(&self, sealed: &Sealed) -> Flow<Step> {
        let ticket = &self.case.ticket.ticket;
        let requester = match self.sender()? {
            Sender::Known(account) => Some(account),
            _ => None,
        };
        let written = closeout::sealed(self.case).is_some();
        let note = if written {
            Kept::Done
        } else {
            let text = closeout::hand_over_note(self.case, sealed.why, &sealed.reason, requester);
            self.keep(Action::AddNote(AddNote { ticket: ticket.clone(), text }))?
        };
        let text = closeout::hand_over_reply(sealed.why, requester, &self.context.profile.msp_name);
        let reply = if sealed.why == Why::NotTold { Kept::Done } else { self.reply(&text)? };
        let status = self.status(TicketStatus::NeedsTechnician)?;
        let ends = [note, reply, status];
        Ok(finished(sealed.why.outcome(), &sealed.reason, ends, Kept::Done))
    }

    /// Whether a change of an account was begun or the user got a final answer: then new messages
    /// no longer change what is being done.
    pub(super) fn committed(&self) -> bool {
        let wait = |text: &str| is_question(text) || is_waiting(text);
        self.case.attempts.iter().any(|a| match &a.action {
            Action::Reply(r) => a.evidence().is_some() && !wait(&r.text),
            other => other.account().is_some() && other.kind().is_write(),
        })
    }

    /// Account changes of this case that are done, oldest first.
    pub(super) fn done_changes(&self) -> Vec<Action> {
        let change = |a: &&Attempt| {
            a.evidence().is_some() && a.action.account().is_some() && a.action.kind().is_write()
        };
        self.case.attempts.iter().filter(change).map(|a| a.action.clone()).collect()
    }
}

/// The last step; close-outs that were left out are named. A ticket that could not be closed goes
/// to people.
fn finished<const N: usize>(
    outcome: CaseOutcome,
    reason: &str,
    kept: [Kept; N],
    closing: Kept,
) -> Step {
    let outcome = if closing == Kept::Done { outcome } else { CaseOutcome::Dispatched };
    let left: Vec<String> = kept
        .into_iter()
        .chain([closing])
        .filter_map(|k| match k {
            Kept::Done => None,
            Kept::LeftOut(why) => Some(why),
        })
        .collect();
    let reason = if left.is_empty() {
        reason.to_string()
    } else {
        format!("{reason} (left out: {})", left.join("; "))
    };
    Step::Finish { outcome, reason }
}
