//! `GET /cases/{id}`: one case with its whole story, from intake to verification.

use super::{
    Web,
    bits::{Ago, PhaseChip, TierChip, When, capital},
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
    /// The question that waits, if one does.
    waits: Option<String>,
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
    let age = Ago { at: view.received_at, now: clock::now() };
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
        waits: view
            .held
            .iter()
            .find(|h| h.state == ApprovalState::Pending && view.ended.is_none())
            .map(|h| h.approval.to_string()),
        reason: view.ended.as_ref().map(|(_, reason, _)| capital(reason)),
        moments: story::tell(&events),
        frame,
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn sender(view: &CaseView) -> String {
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
    let changes = view.attempts.iter().filter(|a| a.action.account().is_some());
    changes
        .map(|a| {
            let (class, result) = story::outcome(a.outcome.as_ref().map(|(o, _)| o));
            Deed { text: a.action.sentence(), result, class }
        })
        .collect()
}
