//! `GET /cases/{id}`: one case with its whole story, from intake to verification.

use super::{
    Web,
    bits::{Ago, PhaseChip, TierChip, When, capital},
    by_hand::{self, ByHand, Undo},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
    story::{self, Moment},
    words,
};
use crate::clock;
use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use domain::{ApprovalState, CaseId, CaseView};
use std::{str::FromStr as _, sync::Arc};

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    frame: Frame,
    client: String,
    ticket: String,
    subject: String,
    from: String,
    phase: PhaseChip,
    tier: Option<TierChip>,
    received: When,
    age: Option<Ago>,
    took: Option<String>,
    understood: Option<Understood>,
    /// The account changes that were made, or tried.
    done: Vec<Deed>,
    /// Address of the question that waits, if one does, or of several together.
    waits: Option<String>,
    by_hand: Vec<ByHand>,
    undos: Vec<Undo>,
    id: String,
    may: bool,
    reason: Option<String>,
    moments: Vec<Moment>,
}

struct Understood {
    text: String,
    confidence: String,
    unsure: bool,
}

struct Deed {
    text: String,
    result: String,
    class: &'static str,
}

pub(super) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Oops> {
    let missing = || Oops::not_found("There is no such case");
    let id = CaseId::from_str(&id).map_err(|_| missing())?;
    let row = web.app.store.case(id).await?.ok_or_else(missing)?;
    let events = web.app.store.events(&row.client, id).await?;
    let view = CaseView::fold(&row.client, id, &events).ok_or_else(|| {
        Oops::not_found("The beginning of this case cannot be read; was its personal data erased?")
    })?;
    let subject = match view.ticket.subject.trim() {
        "" => "(no subject)".to_owned(),
        text => text.to_owned(),
    };
    let frame = Frame::new(&web, &viewer, "cases", subject.clone())
        .await?
        .live(format!("/cases/{id}"), Some(id.to_string()));
    let took = view.ended.as_ref().map(|(_, _, at)| words::took(view.received_at, *at));
    let now = clock::now();
    let in_force = web.app.policy();
    let period_ms = in_force.as_ref().as_ref().map_or(0, |p| p.document().undo_period_ms);
    let age = Ago { at: view.received_at, now };
    let page = CasePage {
        client: page::client_name(&web, &row.client),
        ticket: row.ticket,
        subject,
        from: sender(&view),
        phase: PhaseChip(row.phase),
        tier: row.tier.as_deref().and_then(TierChip::parse),
        received: When(view.received_at),
        age: took.is_none().then_some(age),
        took,
        understood: understood(&view),
        done: deeds(&view),
        waits: waits(&view),
        by_hand: by_hand::by_hand(&view),
        undos: by_hand::undos(&view, period_ms, now),
        id: id.to_string(),
        may: viewer.person.role.may_decide(),
        reason: view.ended.as_ref().map(|(_, reason, _)| capital(reason)),
        moments: story::tell(&events),
        frame,
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// Where the open questions of this case are decided.
fn waits(view: &CaseView) -> Option<String> {
    let open = || {
        let pending = view.held.iter().filter(|h| h.state == ApprovalState::Pending);
        pending.filter(|_| view.ended.is_none())
    };
    match open().count() {
        0 => None,
        1 => open().next().map(|h| format!("/approvals/{}", h.approval)),
        _ => Some(format!("/approvals/case/{}", view.id)),
    }
}

fn sender(view: &CaseView) -> String {
    if let Some(submission) = view.submission.as_ref().filter(|s| s.ticket.is_none()) {
        return match submission.undoes {
            Some(_) => "a person who takes something back".into(),
            None => format!("the brain {}", submission.brain),
        };
    }
    let (name, address) = (view.ticket.from_name.trim(), view.ticket.from.as_str());
    match (name, address) {
        ("", "") => "an unknown sender".into(),
        ("", address) => address.to_owned(),
        (name, "") => name.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    }
}

fn understood(view: &CaseView) -> Option<Understood> {
    let u = view.understanding.as_ref()?;
    Some(Understood {
        text: words::spaced(u.intent.name()),
        confidence: words::percent(u.confidence),
        unsure: u.abstained,
    })
}

fn deeds(view: &CaseView) -> Vec<Deed> {
    let changes = view.attempts.iter().filter(|a| !words::closes(a.action.kind()));
    changes
        .map(|a| {
            let (class, result) = match (a.watched, a.undone) {
                (true, _) => ("quiet", "Not done: only watched".to_owned()),
                (false, true) => ("warn", "Done, and later taken back".to_owned()),
                (false, false) => story::outcome(a.outcome.as_ref().map(|(o, _)| o)),
            };
            Deed { text: a.action.sentence(), result, class }
        })
        .collect()
}
