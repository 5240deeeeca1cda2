//! `GET /approvals`: what waits for a person, and what was decided.

use super::{
    Web,
    bits::{Ago, Left, StateChip, TierChip, duration},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
};
use crate::clock;
use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use domain::{Approval, ApprovalState, CaseId, UnixMs};
use std::{collections::BTreeMap, sync::Arc};
use store::ApproverStats;

/// Decided questions on the page.
const DECIDED: u32 = 50;
/// How far back habits are counted, in milliseconds.
const HABITS_MS: i64 = 30 * 24 * 3_600_000;
/// More decisions within an hour than this, each faster than [`HASTY_MS`] in the middle: nobody reads
/// that fast.
const MANY_AN_HOUR: u32 = 20;
/// See [`MANY_AN_HOUR`], in milliseconds.
const HASTY_MS: i64 = 10_000;

#[derive(Template)]
#[template(path = "approvals.html")]
struct ApprovalsPage {
    frame: Frame,
    waiting: Vec<Row>,
    settled: Vec<Row>,
    groups: Vec<Group>,
    habits: Vec<Habit>,
}

/// Several questions of one case.
struct Group {
    case: String,
    client: String,
    count: usize,
}

/// How one person decides.
struct Habit {
    person: String,
    decisions: u32,
    busiest_hour: u32,
    median: String,
    approved: u32,
    hasty: bool,
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
    /// How many said yes, of how many, when one is not enough.
    yes: Option<(usize, u8)>,
    /// Somebody asked for a change, which is being judged.
    changing: bool,
}

pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Viewer) -> Result<Response, Oops> {
    let now = clock::now();
    let mut waiting = page::pending(&web).await?;
    waiting.sort_by_key(|a| a.expires_at);
    let recent = web.app.store.approvals(None, DECIDED).await?;
    let settled = recent.iter().filter(|a| state_name(a, now) != "pending");
    let frame =
        Frame::new(&web, &viewer, "approvals", "Approvals").await?.live("/approvals".into(), None);
    let habits = web.app.store.approver_stats(now.plus_ms(-HABITS_MS)).await?;
    let page = ApprovalsPage {
        frame,
        groups: groups(&web, &waiting),
        habits: habits.iter().map(habit).collect(),
        settled: settled.map(|a| row(&web, a, now)).collect(),
        waiting: waiting.iter().map(|a| row(&web, a, now)).collect(),
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn groups(web: &Web, waiting: &[Approval]) -> Vec<Group> {
    let mut cases: BTreeMap<CaseId, Vec<&Approval>> = BTreeMap::new();
    for question in waiting {
        cases.entry(question.case).or_default().push(question);
    }
    cases
        .into_iter()
        .filter(|(_, all)| all.len() > 1)
        .filter_map(|(case, all)| {
            let client = page::client_name(web, &all.first()?.client);
            Some(Group { case: case.to_string(), client, count: all.len() })
        })
        .collect()
}

fn habit(s: &ApproverStats) -> Habit {
    let share = u64::from(s.approved) * 100 / u64::from(s.decisions.max(1));
    Habit {
        person: s.person.to_string(),
        decisions: s.decisions,
        busiest_hour: s.busiest_hour,
        median: duration(s.median_ms),
        approved: u32::try_from(share).unwrap_or(100),
        hasty: s.busiest_hour > MANY_AN_HOUR && s.median_ms < HASTY_MS,
    }
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
            ApprovalState::Approved { by, .. }
            | ApprovalState::Changed { by, .. }
            | ApprovalState::Denied { by, .. } => Some(by.to_string()),
            _ => None,
        },
        asked: Ago { at: a.asked_at, now },
        left: Left { until: a.expires_at, now },
        yes: (a.needed > 1).then_some((a.yes.len(), a.needed)),
        changing: a.change.is_some(),
    }
}
