//! The moments that stand for one entry each.

use super::{Moment, blank, findings, warnings};
use crate::web::{
    bits::{TierChip, capital, utc},
    words,
};
use domain::{
    Action, Actor, Agreement, ApprovalId, Author, CaseOutcome, Decision, Event, Facts, Follow,
    Handled, IncomingTicket, Message, Outcome, Recorded, Submission, Understanding, VerdictRecord,
};

pub(super) fn tell(r: &Recorded) -> Moment {
    match &r.event {
        Event::Submitted { submission } => submitted(r, submission),
        Event::Received { ticket } => received(r, ticket),
        Event::MessageReceived { message } => wrote(r, message),
        Event::Understood { understanding, model } => understood(r, understanding, model),
        Event::Judged { action, facts, verdict } => judged(r, action, facts, verdict),
        Event::Held { .. } => held(r),
        Event::Decided { approval, decision } => decided(r, *approval, decision),
        Event::Expired { approval } => {
            let text = "The question expired, and it stays expired.";
            question(r, "warn", "Nobody decided in time".into(), *approval, text.into())
        }
        Event::Voided { approval, reason } => {
            let title = "The approval no longer counts".into();
            question(r, "warn", title, *approval, capital(reason))
        }
        Event::Asked { people, .. } => {
            let names: Vec<&str> = people.iter().map(|p| p.as_str()).collect();
            let text = match names.is_empty() {
                true => "The next step of the escalation found nobody to ask".to_owned(),
                false => format!("Asked {}", names.join(", ")),
            };
            blank(r, "quiet", text)
        }
        Event::Changed { .. } => changed(r),
        Event::ChangeRefused { approval, reason } => {
            let title = "The change that was asked for may not be made".into();
            question(r, "warn", title, *approval, capital(reason))
        }
        Event::HandedOver { action, digest, reason } => {
            let mut moment = blank(r, "warn", "Handed to people".into());
            moment.lines.extend([action.sentence(), capital(reason)]);
            moment.link = Some(("#by-hand".into(), "Record what was done by hand"));
            moment.details.push(("Digest", digest.to_string()));
            moment
        }
        Event::DoneByHand { digest, text } => {
            let title = format!("{} did it by hand", words::actor(&r.actor));
            let mut moment = blank(r, "good", title);
            moment.quote = Some(text.clone());
            moment.details.push(("Digest of what was asked for", digest.to_string()));
            moment
        }
        Event::Undone { attempt, by_case } => {
            let mut moment = blank(r, "warn", "Taken back".into());
            moment.link = Some((format!("/cases/{by_case}"), "See how"));
            moment.details.push(("Attempt", attempt.to_string()));
            moment
        }
        Event::Withdrawn { reason } => {
            let mut moment = blank(r, "quiet", "The brain took its request back".into());
            moment.quote = (!reason.is_empty()).then(|| reason.clone());
            moment
        }
        Event::Watched { action, tier, after_yes, .. } => {
            let title = match after_yes {
                true => "Would have asked a person first",
                false => "Would have done it",
            };
            let mut moment = blank(r, "info", title.into());
            moment.tier = Some(TierChip(*tier));
            moment.lines.push(action.sentence());
            moment.lines.push("Not done: this client is in shadow mode.".into());
            moment
        }
        Event::WouldEnd { would, reason, .. } => {
            let mut moment = blank(r, "info", format!("Would have been {}", would.words()));
            moment.lines.push(capital(reason));
            moment
        }
        Event::Compared { handled, agreement } => compared(r, handled, agreement),
        Event::Started { .. } => started(r),
        Event::Finished { outcome, .. } => finished(r, outcome),
        Event::Noted { code, text } => noted(r, code, text),
        Event::Notified { undo, .. } => notified(r, undo.as_deref()),
        Event::Ended { outcome, reason } => ended(r, *outcome, reason),
        // Told together with others; see `look_up`.
        Event::Read { .. } => blank(r, "quiet", "Looked something up".into()),
        // These stand in the journal of the gate's own settings, never in a case.
        Event::PolicyProposed { .. }
        | Event::PolicyActivated { .. }
        | Event::PolicyRejected { .. }
        | Event::BreakerOpened { .. }
        | Event::BreakerClosed { .. }
        | Event::BrainAdded { .. }
        | Event::BrainRevoked { .. }
        | Event::ClientMoved { .. }
        | Event::PlaybookChanged { .. }
        | Event::PersonChanged { .. } => blank(r, "quiet", words::spaced(r.event.kind())),
    }
}

fn compared(r: &Recorded, handled: &Handled, agreement: &Agreement) -> Moment {
    let (title, tone) = match agreement {
        Agreement::Same => ("People did the same", "good"),
        Agreement::FirstLevel => ("The first level closed it", "good"),
        Agreement::Differs(_) => ("People did something else", "bad"),
        Agreement::Unknown => ("People closed it; what they did cannot be told", "quiet"),
    };
    let mut moment = blank(r, tone, title.into());
    if let Agreement::Differs(words) = agreement {
        moment.lines.push(format!("{}.", capital(words)));
    }
    let did: Vec<String> = handled.did.iter().map(|k| words::spaced(k.name())).collect();
    if !did.is_empty() {
        moment.lines.push(format!("The desk's words: {}.", did.join(", ")));
    }
    if let Some(minutes) = handled.minutes {
        moment.lines.push(format!("{minutes} minutes of recorded work."));
    }
    moment
}

fn submitted(r: &Recorded, submission: &Submission) -> Moment {
    let title = match (&submission.undoes, &r.actor) {
        (Some(_), actor) => format!("{} takes something back", words::actor(actor)),
        (None, Actor::Brain(brain)) => format!("The brain {brain} asks"),
        (None, actor) => format!("{} asks", words::actor(actor)),
    };
    let mut moment = blank(r, "info", title);
    moment.lines.extend(submission.actions.iter().map(domain::Action::sentence));
    if let Some(sure) = submission.confidence {
        moment.lines.push(format!("{sure} % sure, by its own word."));
    }
    moment.quote = (!submission.reason.is_empty()).then(|| submission.reason.clone());
    if let Some(ticket) = &submission.ticket {
        moment.details.push(("Ticket", ticket.ticket.to_string()));
    }
    if let Some(of) = &submission.undoes {
        moment.link = Some((format!("/cases/{}", of.case), "See what is taken back"));
        moment.details.push(("Attempt", of.attempt.to_string()));
    }
    moment
}

fn changed(r: &Recorded) -> Moment {
    let Event::Changed { approval, to, by, action, digest, tier, needed, diff, .. } = &r.event
    else {
        return blank(r, "ask", String::new());
    };
    let title = format!("{by} changed it; the gate agrees");
    let mut moment = question(r, "ask", title, *to, action.sentence());
    moment.tier = Some(TierChip(*tier));
    moment.lines.extend(diff.iter().cloned());
    if *needed > 1 {
        moment.lines.push(format!("{needed} people have to say yes; {by} has."));
    }
    moment
        .details
        .extend([("Digest", digest.to_string()), ("Earlier question", approval.to_string())]);
    moment
}

fn received(r: &Recorded, ticket: &IncomingTicket) -> Moment {
    let from = match (ticket.from_name.trim(), ticket.from.as_str()) {
        ("", "") => "An unknown sender".into(),
        ("", address) => address.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    };
    let mut moment = blank(r, "info", format!("{from} wrote"));
    moment.lines.push(ticket.subject.clone());
    moment.quote = Some(ticket.body.clone());
    moment.details.extend([
        ("Ticket", ticket.ticket.to_string()),
        ("Customer there", ticket.customer.clone()),
        ("Created there", utc(ticket.created_at)),
    ]);
    if let Some(id) = &ticket.message_id {
        moment.details.push(("Message-ID", id.clone()));
    }
    moment
}

fn wrote(r: &Recorded, message: &Message) -> Moment {
    let who = match &message.author {
        Author::Customer(address) => address.as_str(),
        Author::Ourselves => "Journeyman",
        Author::Agent(name) => name.as_str(),
    };
    let how = if message.internal { "noted internally" } else { "wrote again" };
    let mut moment = blank(r, "info", format!("{who} {how}"));
    moment.quote = Some(message.body.clone());
    moment.details.push(("Message", message.id.clone()));
    moment
}

fn understood(r: &Recorded, u: &Understanding, model: &str) -> Moment {
    let intent = words::spaced(u.intent.name()).to_lowercase();
    let sure = words::percent(u.confidence);
    let (mut moment, mut line) = match u.abstained {
        true => (
            blank(r, "warn", "Not sure what is asked".into()),
            format!("Best guess: {intent}, {sure} sure"),
        ),
        false => (blank(r, "info", format!("Understood: {intent}")), format!("{sure} sure")),
    };
    if let Some((other, p)) = &u.runner_up {
        let other = words::spaced(other.name()).to_lowercase();
        line.push_str(&format!("; next best: {other}, {}", words::percent(*p)));
    }
    moment.lines.push(format!("{line}."));
    if let Some(about) = &u.about {
        moment.lines.push(format!("About: {}.", words::mention(about)));
    }
    if let Some(group) = &u.group {
        moment.lines.push(format!("Group: {group}."));
    }
    moment.warnings = warnings(u);
    moment.details.push(("Model", model.to_owned()));
    moment
}

fn judged(r: &Recorded, action: &Action, facts: &Facts, verdict: &VerdictRecord) -> Moment {
    let tone = match verdict.follows {
        Follow::Run | Follow::RunAndNotify => "good",
        Follow::Hold(_) => "ask",
        Follow::Refuse => "bad",
    };
    let mut moment = blank(r, tone, words::follows(&verdict.follows).into());
    moment.tier = Some(TierChip(verdict.tier));
    moment.lines.push(action.sentence());
    moment.findings = findings(verdict);
    moment.facts = words::facts(facts, action.kind());
    moment.details.extend([
        ("Digest", verdict.digest.to_string()),
        ("Policy", verdict.policy_version.to_string()),
    ]);
    moment
}

fn question(
    r: &Recorded,
    tone: &'static str,
    title: String,
    approval: ApprovalId,
    text: String,
) -> Moment {
    let mut moment = blank(r, tone, title);
    moment.lines.extend((!text.is_empty()).then_some(text));
    moment.link = Some((format!("/approvals/{approval}"), "See the question"));
    moment
}

fn held(r: &Recorded) -> Moment {
    let Event::Held { approval, action, digest, expires_at, tier, needed } = &r.event else {
        return blank(r, "ask", String::new());
    };
    let title = match needed {
        0 | 1 => "A person is asked".into(),
        n => format!("{n} people are asked"),
    };
    let mut moment = question(r, "ask", title, *approval, action.sentence());
    moment.tier = Some(TierChip(*tier));
    moment.lines.push(format!("The question expires {}.", utc(*expires_at)));
    moment.details.push(("Digest", digest.to_string()));
    moment
}

fn decided(r: &Recorded, approval: ApprovalId, decision: &Decision) -> Moment {
    let who = words::actor(&r.actor);
    match decision {
        Decision::Approve => {
            question(r, "good", format!("{who} approved"), approval, String::new())
        }
        Decision::ApproveAt(at) => {
            let text = format!("Not before {}.", utc(*at));
            question(r, "good", format!("{who} approved it for later"), approval, text)
        }
        Decision::Change(action) => {
            let title = format!("{who} asked for something else instead");
            question(r, "ask", title, approval, action.sentence())
        }
        Decision::Deny(reason) => {
            question(r, "bad", format!("{who} denied"), approval, reason.clone())
        }
    }
}

fn started(r: &Recorded) -> Moment {
    let mut moment = blank(r, "info", "Started".into());
    let Event::Started { attempt, action, digest, before, approval, was_member, .. } = &r.event
    else {
        return moment;
    };
    moment.lines.push(action.sentence());
    if let Some(before) = before {
        moment.lines.push(format!("Before: {}.", words::state(before)));
    }
    if let Some(member) = was_member {
        let text = if *member { "a member" } else { "not a member" };
        moment.lines.push(format!("Before: {text}."));
    }
    moment.details.extend([("Attempt", attempt.to_string()), ("Digest", digest.to_string())]);
    if let Some(approval) = approval {
        moment.details.push(("Approval", approval.to_string()));
    }
    moment
}

fn finished(r: &Recorded, outcome: &Outcome) -> Moment {
    let (title, tone) = match outcome {
        Outcome::Done(_) => ("Done, and proven by reading back", "good"),
        Outcome::Failed(_) => ("Did not happen", "bad"),
        Outcome::Unknown(_) => ("Not known yet; the system is read again", "warn"),
    };
    let (Outcome::Done(text) | Outcome::Failed(text) | Outcome::Unknown(text)) = outcome;
    let mut moment = blank(r, tone, title.into());
    moment.lines.push(format!("{}.", capital(text.trim_end_matches('.'))));
    if let Event::Finished { attempt, .. } = &r.event {
        moment.details.push(("Attempt", attempt.to_string()));
    }
    moment
}

fn noted(r: &Recorded, code: &str, text: &str) -> Moment {
    let mut moment = match code {
        "duplicate_of" => blank(r, "quiet", format!("Repeats ticket {text}")),
        code => {
            let mut moment = blank(r, "quiet", words::spaced(code));
            moment.lines.push(text.to_owned());
            moment
        }
    };
    moment.details.push(("Code", code.to_owned()));
    moment
}

fn notified(r: &Recorded, undo: Option<&str>) -> Moment {
    let mut moment = blank(r, "quiet", "Marked for people to look at".into());
    moment.lines.push(match undo {
        Some(undo) => format!("Way back: {undo}"),
        None => "It cannot be undone.".into(),
    });
    if let Event::Notified { attempt, .. } = &r.event {
        moment.details.push(("Attempt", attempt.to_string()));
    }
    moment
}

fn ended(r: &Recorded, outcome: CaseOutcome, reason: &str) -> Moment {
    let (title, tone) = match outcome {
        CaseOutcome::Closed => ("Closed", "good"),
        CaseOutcome::Dispatched => ("Handed to people", "warn"),
        CaseOutcome::Refused => ("Refused, and handed to people", "bad"),
        CaseOutcome::Withdrawn => ("Withdrawn", "quiet"),
        CaseOutcome::Watched => ("Only watched: people work on it", "quiet"),
    };
    let mut moment = blank(r, tone, title.into());
    moment.lines.push(capital(reason));
    moment
}
