//! `/approvals/case/{case}`: several questions of one case, decided as one.

use super::{
    ending,
    post::{LONGEST, identities, seen, status},
};
use crate::{
    clock,
    web::{
        Web,
        approvals::state_name,
        bits::{Left, TierChip, capital},
        form::{Fields, Signed},
        guard,
        oops::Oops,
        page::{self, Frame},
        session::Viewer,
        story::{self, FindingLine},
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Approval, ApprovalId, CaseId, CaseView, ClientId, Decision, Digest};
use std::{str::FromStr as _, sync::Arc};
use store::DecideError;

#[derive(Template)]
#[template(path = "approval_group.html")]
struct GroupPage {
    frame: Frame,
    case: String,
    ticket: String,
    client: String,
    questions: Vec<Question>,
    blocked: Option<String>,
    error: Option<String>,
    reason: String,
    reason_given: Option<String>,
}

struct Question {
    id: String,
    digest: String,
    sentence: String,
    tier: TierChip,
    left: Left,
    findings: Vec<FindingLine>,
    yes: usize,
    needed: u8,
}

/// A case and its open questions.
struct Found {
    case: CaseId,
    client: ClientId,
    all: Vec<Approval>,
}

impl Found {
    fn open(&self) -> Vec<&Approval> {
        let now = clock::now();
        self.all.iter().filter(|a| state_name(a, now) == "pending").collect()
    }
}

async fn find(web: &Web, id: &str) -> Result<Found, Oops> {
    let missing = || Oops::not_found("There is no such case");
    let case = CaseId::from_str(id).map_err(|_| missing())?;
    let row = web.app.store.case(case).await?.ok_or_else(missing)?;
    let all = web.app.store.approvals_of(&row.client, case).await?;
    Ok(Found { case, client: row.client, all })
}

/// `GET /approvals/case/{case}`
pub(in crate::web) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Oops> {
    let found = find(&web, &id).await?;
    show(&web, &viewer, found, StatusCode::OK, None, String::new()).await
}

async fn show(
    web: &Web,
    viewer: &Viewer,
    found: Found,
    status: StatusCode,
    error: Option<String>,
    reason: String,
) -> Result<Response, Oops> {
    let now = clock::now();
    let events = web.app.store.events(&found.client, found.case).await?;
    let view = CaseView::fold(&found.client, found.case, &events);
    let verdict = |a: &Approval| {
        events.iter().rev().find_map(|r| r.event.verdict().filter(|v| v.digest == a.digest))
    };
    let questions: Vec<Question> = found
        .open()
        .into_iter()
        .map(|a| Question {
            id: a.id.to_string(),
            digest: a.digest.to_string(),
            sentence: a.sentence.clone(),
            tier: TierChip(a.tier),
            left: Left { until: a.expires_at, now },
            findings: verdict(a).map(story::findings).unwrap_or_default(),
            yes: a.yes.len(),
            needed: a.needed,
        })
        .collect();
    let blocked = found.open().into_iter().find_map(|a| super::blocked(a, &viewer.person).why);
    let submission = view.as_ref().and_then(|v| v.submission.as_ref());
    let page = GroupPage {
        frame: Frame::new(web, viewer, "approvals", "Approvals of one case").await?,
        case: found.case.to_string(),
        ticket: view.as_ref().map(|v| v.ticket.ticket.to_string()).unwrap_or_default(),
        client: page::client_name(web, &found.client),
        reason_given: submission.map(|s| s.reason.clone()),
        questions,
        blocked,
        error,
        reason,
    };
    Ok(page::html(status, &page))
}

/// `POST /approvals/case/{case}/approve`
pub(in crate::web) async fn approve(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    decide(&web, &id, &viewer, &fields, Decision::Approve).await
}

/// `POST /approvals/case/{case}/deny`
pub(in crate::web) async fn deny(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    let reason = fields.filled("reason").unwrap_or_default();
    if reason.chars().count() > LONGEST {
        return Err(Oops::unprocessable("The reason is longer than 500 characters."));
    }
    decide(&web, &id, &viewer, &fields, Decision::Deny(reason)).await
}

/// What the form says was shown: question and digest of each.
fn shown(found: &Found, fields: &Fields) -> Result<Vec<(ApprovalId, Digest)>, Oops> {
    let mut out = Vec::new();
    for text in fields.all("question") {
        let (id, digest) = text.split_once(':').unwrap_or_default();
        let asked = found.all.iter().find(|a| a.id.to_string() == id);
        let Some(asked) = asked else {
            return Err(Oops::bad_request("The form names a question that is not of this case."));
        };
        out.push((asked.id, seen(digest)?));
    }
    match out.is_empty() {
        true => Err(Oops::bad_request("The form names no question. Reload the page.")),
        false => Ok(out),
    }
}

async fn decide(
    web: &Web,
    id: &str,
    viewer: &Viewer,
    fields: &Fields,
    decision: Decision,
) -> Result<Response, Oops> {
    guard::decider(&viewer.person)?;
    let found = find(web, id).await?;
    let all = shown(&found, fields)?;
    let (person, now) = (&viewer.person, clock::now());
    let store = &web.app.store;
    match store.decide_all(&all, &person.id, &identities(person), decision, now).await {
        Ok(_) => {
            web.app.due.notify_one();
            web.app.tell(&found.client, found.case);
            Ok(Redirect::to(&format!("/cases/{}", found.case)).into_response())
        }
        Err(DecideError::Store(e)) => Err(e.into()),
        Err(DecideError::Gate(e)) => {
            let found = find(web, id).await?;
            let ended = all
                .iter()
                .find_map(|(id, _)| found.all.iter().find(|a| a.id == *id).and_then(ending));
            let why = capital(&e.to_string());
            let text = format!("None was recorded. {} {}", ended.unwrap_or_default(), why);
            let reason = fields.get("reason").to_owned();
            show(web, viewer, found, status(&e), Some(format!("{text}.")), reason).await
        }
    }
}
