//! The decision package as a card of a chat: what the page of the question shows, in fewer words.

use super::{action_of, change, post, visible};
use crate::{
    app::App,
    chat::{APPROVE, DENY, question_value},
    web::{bits, mask, story, words},
};
use connectors::chat::{Button, Card, Style};
use domain::{
    Action, Approval, ApprovalState, CaseView, ClientId, Decision, Event, PersonId, Recorded,
    UnixMs,
};
use gate::DecisionError;
use store::{Person, StoreError};

/// Findings and facts on a card; the page has all.
const MOST: usize = 12;
/// Characters of somebody's own words.
const WORDS: usize = 300;

/// A person's addresses, as the gate compares them.
pub(crate) fn identities(person: &Person) -> Vec<String> {
    post::identities(person)
}

/// Whether this person may decide the question at all: their role, and that they are not the one who
/// asked, gains from it or owns the brain that asks.
pub(crate) fn may_decide(approval: &Approval, person: &Person) -> bool {
    person.role.may_decide() && blocked(approval, person) != Some(DecisionError::Excluded)
}

/// Why a yes of this person would not count, time aside.
fn blocked(approval: &Approval, person: &Person) -> Option<DecisionError> {
    let (seen, who) = (approval.digest, identities(person));
    gate::decide(approval, &person.id, &who, seen, &Decision::Approve, approval.asked_at).err()
}

/// Whether this person's decision on the question was recorded at this time.
pub(crate) fn said(approval: &Approval, person: &PersonId, at: UnixMs) -> bool {
    let yes = approval.yes.iter().any(|y| y.by == *person && y.at == at);
    yes || matches!(
        &approval.state,
        ApprovalState::Approved { by, at: then } | ApprovalState::Denied { by, at: then, .. }
            if by == person && *then == at
    )
}

/// A text as it leaves for a chat: nothing hides in it, and no token of a one-time page is in it.
pub(crate) fn shown(text: &str) -> String {
    mask::mask(&visible::visible(text))
}

/// A moment, for people.
pub(crate) fn utc(at: UnixMs) -> String {
    bits::utc(at)
}

/// A client by name.
pub(crate) fn client_name(app: &App, id: &ClientId) -> String {
    app.parts().clients.get(id).map_or_else(|| id.to_string(), |c| c.name.clone())
}

/// How a question ended, by whom, when and where; `None` while it waits.
pub(crate) async fn ended(app: &App, approval: &Approval) -> Result<Option<String>, StoreError> {
    let (by, at, did) = match &approval.state {
        ApprovalState::Pending if app.cells.elsewhere(&approval.client).is_some() => {
            return Ok(Some("This client lives in another cell now; decide there.".into()));
        }
        ApprovalState::Pending => return Ok(None),
        ApprovalState::Approved { by, at } => (by, *at, "approved it"),
        ApprovalState::Denied { by, at, .. } => (by, *at, "denied it"),
        ApprovalState::Changed { by, at, .. } => (by, *at, "changed it"),
        ApprovalState::Expired | ApprovalState::Void => return Ok(super::ending(approval)),
    };
    let name = match app.store.person(by).await? {
        Some(person) => person.name,
        None => by.to_string(),
    };
    let chat = app.parts().chat.as_ref().map_or("the chat", |desk| desk.chat.name());
    let place = match app.store.decided_by_press(approval.id, at).await? {
        true => format!("in {chat}"),
        false => "in the console or on the command line".into(),
    };
    let more = match &approval.state {
        ApprovalState::Denied { reason, .. } => format!(": {}", reason.trim_end_matches('.')),
        ApprovalState::Changed { .. } => "; another question takes its place".into(),
        _ => String::new(),
    };
    Ok(Some(shown(&format!("{name} {did} on {}, {place}{more}.", utc(at)))))
}

/// The card of a question, for this reader. Buttons stand on it only while they could count.
pub(crate) async fn of(
    app: &App,
    approval: &Approval,
    reader: Option<&Person>,
) -> Result<Card, StoreError> {
    let events = app.store.events(&approval.client, approval.case).await?;
    let ended = ended(app, approval).await?;
    let action = action_of(&events, approval.digest);
    let mut card = Card {
        title: match &ended {
            None => format!("Your decision, tier {}", approval.tier.name()),
            Some(_) => format!("Decision, tier {}", approval.tier.name()),
        },
        sentence: shown(&approval.sentence),
        facts: facts(app, approval, action, &events),
        ..Card::default()
    };
    let console = Button::Link {
        label: "Open in console".into(),
        url: format!("{}/approvals/{}", app.public_url, approval.id),
    };
    if ended.is_some() {
        card.ended = ended;
        card.buttons = vec![console];
        return Ok(card);
    }
    card.lists = lists(approval, action, &events);
    card.note = Some(format!("Exactly this is decided: {}", approval.digest));
    let press = |name: &str, label: &str, style| Button::Press {
        name: name.into(),
        label: label.into(),
        value: question_value(approval.id, approval.digest),
        style,
    };
    let wrong = reader.and_then(|person| blocked(approval, person));
    let may = reader.is_some_and(|person| may_decide(approval, person));
    let chat = app.parts().chat.clone();
    let here = chat.is_none_or(|desk| approval.tier <= desk.approve_up_to);
    if may && wrong.is_none() && here {
        card.buttons.push(press(APPROVE, "Approve", Style::Yes));
    }
    if may {
        card.buttons.push(press(DENY, "Deny", Style::No));
    }
    if !here {
        card.note = Some(format!("Tier {} is approved in the console.", approval.tier.name()));
    }
    if let Some(wrong) = wrong {
        card.note = Some(bits::capital(&format!("{wrong}.")));
    }
    card.buttons.push(console);
    Ok(card)
}

fn facts(
    app: &App,
    approval: &Approval,
    action: Option<&Action>,
    events: &[Recorded],
) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: String| out.push((name.to_owned(), shown(&value)));
    put("Client", client_name(app, &approval.client));
    put("Tier", approval.tier.to_string());
    if let Some(view) = CaseView::fold(&approval.client, approval.case, events) {
        let from = match (view.ticket.from_name.trim(), view.ticket.from.as_str()) {
            (_, "") => "nobody whom the platform knows".to_owned(),
            ("", from) => from.to_owned(),
            (name, from) => format!("{name} ({from})"),
        };
        put("Asked by", from);
        if let Some(brain) = &approval.brain {
            put("Through", format!("the brain {brain}"));
        }
        put("Ticket", format!("{}: {}", view.ticket.ticket, cut(&view.ticket.subject)));
        if let Some(submission) = &view.submission {
            put("Its reason", cut(&submission.reason));
        }
    }
    for (name, values) in action.map(change::parameters).unwrap_or_default() {
        put(&name, values.join(", "));
    }
    put("Expires", utc(approval.expires_at));
    if approval.needed > 1 {
        let names: Vec<String> = approval.yes.iter().map(|y| y.by.to_string()).collect();
        let so_far = if names.is_empty() { "nobody".into() } else { names.join(", ") };
        put("Needs", format!("{} people; so far {so_far}", approval.needed));
    }
    let back = action.and_then(|a| a.kind().undo()).unwrap_or("nothing takes it back");
    put("Way back", back.to_owned());
    out
}

fn lists(
    approval: &Approval,
    action: Option<&Action>,
    events: &[Recorded],
) -> Vec<(String, Vec<String>)> {
    let judged = events.iter().rev().find_map(|r| match &r.event {
        Event::Judged { action, facts, verdict } if verdict.digest == approval.digest => {
            Some((action, facts, verdict))
        }
        _ => None,
    });
    let mut lists = Vec::new();
    if let Some((action, facts, verdict)) = judged {
        let mut findings: Vec<_> = verdict.findings.iter().collect();
        findings.sort_by_key(|f| std::cmp::Reverse(f.minimum));
        let line = |f: &&domain::Finding| {
            shown(&format!("{}: {} ({})", f.minimum, bits::capital(&f.because.to_string()), f.code))
        };
        let why = findings.iter().take(MOST).map(line).collect();
        lists.push(("Why a person is asked".to_owned(), why));
        let known = words::facts(facts, action.kind()).into_iter().take(MOST);
        let state = known.map(|f| shown(&format!("{}: {}", f.name, f.text))).collect();
        lists.push(("As it is now".to_owned(), state));
    }
    let view = CaseView::fold(&approval.client, approval.case, events);
    let understood = view.as_ref().and_then(|v| v.understanding.as_ref());
    let mut care: Vec<String> = understood
        .map(story::warnings)
        .unwrap_or_default()
        .into_iter()
        .map(|w| shown(&format!("{}: {}", w.title, cut(&w.text))))
        .collect();
    if let Some(word) = visible::mixed(&approval.sentence) {
        care.push(format!("\"{word}\" mixes letters that look alike"));
    }
    lists.push(("Take care".to_owned(), care));
    let then = format!(
        "It is judged again with fresh facts and runs at once if it still needs no more than tier {}; the outcome is read back.",
        approval.tier.name()
    );
    let risk = action.map(|a| format!("What can go wrong: {}", a.kind().risk()));
    lists.push(("If you approve".to_owned(), [Some(then), risk].into_iter().flatten().collect()));
    lists
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WORDS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
