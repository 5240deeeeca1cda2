//! `GET /approvals`: what waits for a person, and what was decided.

use super::{
    Web,
    bits::{Ago, Left, StateChip, TierChip},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
};
use crate::clock;
use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use domain::{Approval, ApprovalState, UnixMs};
use std::sync::Arc;

/// Decided questions on the page.
const DECIDED: u32 = 50;

#[derive(Template)]
#[template(path = "approvals.html")]
struct ApprovalsPage {
    frame: Frame,
    waiting: Vec<Row>,
    settled: Vec<Row>,
}

struct Row {
    id: String,
    client: String,
    sentence: String,
    tier: TierChip,
    state: StateChip,
    by: Option<String>,
    asked: Ago,
    left: Left,
}

pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Viewer) -> Result<Response, Oops> {
    let now = clock::now();
    let mut waiting = page::pending(&web).await?;
    waiting.sort_by_key(|a| a.expires_at);
    let recent = web.app.store.approvals(None, DECIDED).await?;
    let settled = recent.iter().filter(|a| state_name(a, now) != "pending");
    let frame =
        Frame::new(&web, &viewer, "approvals", "Approvals").await?.live("/approvals".into(), None);
    let page = ApprovalsPage {
        frame,
        settled: settled.map(|a| row(&web, a, now)).collect(),
        waiting: waiting.iter().map(|a| row(&web, a, now)).collect(),
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// Where a question stands now, even when the worker has not yet written that its time is up.
pub(super) fn state_name(approval: &Approval, now: UnixMs) -> &'static str {
    match approval.state {
        ApprovalState::Pending if now >= approval.expires_at => "expired",
        ref state => state.name(),
    }
}

fn row(web: &Web, a: &Approval, now: UnixMs) -> Row {
    Row {
        id: a.id.to_string(),
        client: page::client_name(web, &a.client),
        sentence: a.sentence.clone(),
        tier: TierChip(a.tier),
        state: StateChip(state_name(a, now)),
        by: match &a.state {
            ApprovalState::Approved { by, .. } | ApprovalState::Denied { by, .. } => {
                Some(by.to_string())
            }
            _ => None,
        },
        asked: Ago { at: a.asked_at, now },
        left: Left { until: a.expires_at, now },
    }
}
