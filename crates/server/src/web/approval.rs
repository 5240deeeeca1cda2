//! `/approvals/{id}`: the decision package, and the decision.
//!
//! INVARIANT: the form carries the digest of what was shown; the store refuses a decision on
//! anything else.

use super::{
    Web,
    approvals::state_name,
    bits::{Left, StateChip, TierChip, When, utc},
    form::{Fields, Signed},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
    story::{self, FindingLine, Warning},
    words::{self, FactLine},
};
use crate::clock;
use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    Approval, ApprovalId, ApprovalState, Author, CaseView, Decision, Digest, Event, ReadResult,
    Recorded,
};
use gate::DecisionError;
use std::{str::FromStr as _, sync::Arc};
use store::{DecideError, Person};

#[derive(Template)]
#[template(path = "approval.html")]
struct ApprovalPage {
    frame: Frame,
    id: String,
    sentence: String,
    client: String,
    tier: TierChip,
    state: StateChip,
    /// How it ended, in a sentence.
    ended: Option<String>,
    asked: When,
    expires: When,
    left: Left,
    digest: String,
    digest_short: String,
    case: Option<CasePart>,
    excluded: Vec<String>,
    risk: Option<&'static str>,
    undo: Option<&'static str>,
    findings: Vec<FindingLine>,
    facts: Vec<FactLine>,
    policy: String,
    /// Why this viewer cannot decide, when the question can be decided at all.
    blocked: Option<String>,
    open: bool,
    error: Option<String>,
    reason: String,
}

struct CasePart {
    id: String,
    ticket: String,
    from: String,
    subject: String,
    words: Vec<String>,
    warnings: Vec<Warning>,
}

/// `GET /approvals/{id}`
pub(super) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Oops> {
    let approval = find(&web, &id).await?;
    show(&web, &viewer, approval, StatusCode::OK, None, String::new()).await
}

/// `POST /approvals/{id}/approve`
pub(super) async fn approve(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Oops> {
    decide(&web, &id, signed.viewer, &signed.fields, Decision::Approve).await
}

/// `POST /approvals/{id}/deny`
pub(super) async fn deny(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Oops> {
    let reason = signed.fields.get("reason").trim().to_owned();
    decide(&web, &id, signed.viewer, &signed.fields, Decision::Deny(reason)).await
}

async fn find(web: &Web, id: &str) -> Result<Approval, Oops> {
    let missing = || Oops::not_found("There is no such question");
    let id = ApprovalId::from_str(id).map_err(|_| missing())?;
    web.app.store.approval(id).await?.ok_or_else(missing)
}

/// A person's account ids and addresses.
fn identities(person: &Person) -> Vec<String> {
    [person.email.trim()].into_iter().filter(|i| !i.is_empty()).map(str::to_owned).collect()
}

async fn decide(
    web: &Web,
    id: &str,
    viewer: Viewer,
    fields: &Fields,
    decision: Decision,
) -> Result<Response, Oops> {
    if !viewer.person.role.may_decide() {
        let text = "Your role reads only. Administrators and technicians decide.";
        return Err(Oops::forbidden(text));
    }
    let approval = find(web, id).await?;
    let Ok(seen) = Digest::try_from(fields.get("digest").to_owned()) else {
        let text = "The form does not say what was shown. Reload the page and decide again.";
        return Err(Oops::bad_request(text));
    };
    let typed = fields.get("reason").to_owned();
    let person = &viewer.person;
    let decided = web
        .app
        .store
        .decide(approval.id, &person.id, &identities(person), seen, decision, clock::now())
        .await;
    let error = match decided {
        Ok(approval) => {
            web.app.due.notify_one();
            web.app.tell(&approval.client, approval.case);
            return Ok(Redirect::to(&format!("/approvals/{}", approval.id)).into_response());
        }
        Err(DecideError::Store(e)) => return Err(e.into()),
        Err(DecideError::Gate(e)) => e,
    };
    let status = match error {
        DecisionError::Excluded => StatusCode::FORBIDDEN,
        DecisionError::NoReason => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    };
    // As it stands now, so that the page says who was faster.
    let approval = find(web, id).await?;
    let text = match (&error, ending(&approval)) {
        (DecisionError::NotPending(_), Some(how)) => format!("{how} Nothing was changed."),
        (error, _) => format!("Not recorded: {error}."),
    };
    show(web, &viewer, approval, status, Some(text), typed).await
}

async fn show(
    web: &Web,
    viewer: &Viewer,
    approval: Approval,
    status: StatusCode,
    error: Option<String>,
    reason: String,
) -> Result<Response, Oops> {
    let now = clock::now();
    let events = web.app.store.events(&approval.client, approval.case).await?;
    let view = CaseView::fold(&approval.client, approval.case, &events);
    let judged = events.iter().rev().find_map(|r| match &r.event {
        Event::Judged { action, facts, verdict } if verdict.digest == approval.digest => {
            Some((action, facts, verdict))
        }
        _ => None,
    });
    let kind = judged.map(|(action, _, _)| action.kind());
    let frame = Frame::new(web, viewer, "approvals", "Approval")
        .await?
        .live(format!("/approvals/{}", approval.id), Some(approval.case.to_string()));
    let state = state_name(&approval, now);
    let page = ApprovalPage {
        id: approval.id.to_string(),
        sentence: approval.sentence.clone(),
        client: page::client_name(web, &approval.client),
        tier: TierChip(approval.tier),
        state: StateChip(state),
        ended: ending(&approval),
        asked: When(approval.asked_at),
        expires: When(approval.expires_at),
        left: Left { until: approval.expires_at, now },
        digest: approval.digest.to_string(),
        digest_short: approval.digest.short(),
        case: view.as_ref().map(case_part),
        excluded: excluded(&approval, &events),
        risk: kind.map(|k| k.risk()),
        undo: kind.and_then(|k| k.undo()),
        findings: judged.map(|(_, _, v)| story::findings(v)).unwrap_or_default(),
        facts: judged.map(|(a, f, _)| words::facts(f, a.kind())).unwrap_or_default(),
        policy: judged.map(|(_, _, v)| v.policy_version.clone()).unwrap_or_default(),
        blocked: blocked(&approval, &viewer.person),
        open: state == "pending",
        error,
        reason,
        frame,
    };
    Ok(page::html(status, &page))
}

/// Why this person cannot decide, asked of the gate itself.
fn blocked(approval: &Approval, person: &Person) -> Option<String> {
    if !person.role.may_decide() {
        return Some("Your role reads only. Administrators and technicians decide.".into());
    }
    let seen = approval.digest;
    let who = identities(person);
    let try_it = gate::decide(
        approval,
        &person.id,
        &who,
        seen,
        &Decision::Approve,
        // Whether time is left is told elsewhere.
        approval.asked_at,
    );
    match try_it {
        Err(DecisionError::Excluded) => Some(format!("{}.", DecisionError::Excluded)),
        _ => None,
    }
    .map(|text| super::bits::capital(&text))
}

fn ending(approval: &Approval) -> Option<String> {
    match &approval.state {
        ApprovalState::Pending => None,
        ApprovalState::Approved { by, at } => Some(format!("{by} approved it on {}.", utc(*at))),
        ApprovalState::Denied { by, at, reason } => {
            let reason = reason.trim_end_matches('.');
            Some(format!("{by} denied it on {}: {reason}.", utc(*at)))
        }
        ApprovalState::Expired => {
            let at = utc(approval.expires_at);
            Some(format!("Nobody decided by {at}. An expired question stays expired."))
        }
        ApprovalState::Void => {
            Some("It no longer counts: the facts changed after it was asked.".into())
        }
    }
}

fn case_part(view: &CaseView) -> CasePart {
    let again = view.messages.iter().filter_map(|(_, m)| match &m.author {
        Author::Customer(_) if !m.internal => Some(m.body.clone()),
        _ => None,
    });
    let from = match view.ticket.from_name.trim() {
        "" => view.ticket.from.clone(),
        name => format!("{name} <{}>", view.ticket.from),
    };
    CasePart {
        id: view.id.to_string(),
        ticket: view.ticket.ticket.to_string(),
        from,
        subject: view.ticket.subject.clone(),
        words: std::iter::once(view.ticket.body.clone()).chain(again).collect(),
        warnings: view.understanding.as_ref().map(story::warnings).unwrap_or_default(),
    }
}

/// Who may not decide: addresses as they are, account ids by the name that was read for them.
fn excluded(approval: &Approval, events: &[Recorded]) -> Vec<String> {
    let name = |id: &str| {
        events.iter().find_map(|r| {
            let Event::Read { result, .. } = &r.event else { return None };
            let accounts: Vec<_> = match result {
                ReadResult::Accounts(all) => all.iter().collect(),
                ReadResult::Account(one) => one.iter().collect(),
                _ => Vec::new(),
            };
            let found = accounts.into_iter().find(|a| a.account.id == id)?;
            Some(format!("{} ({})", found.account.name, found.account.login))
        })
    };
    let mut all: Vec<String> = approval
        .excluded
        .iter()
        .filter(|e| !e.is_empty())
        .map(|e| name(e).unwrap_or_else(|| e.clone()))
        .collect();
    all.sort();
    all.dedup();
    all
}
