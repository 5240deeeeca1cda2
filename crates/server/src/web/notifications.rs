//! `GET /notifications`: what ran without asking, with the way back, and news of breakers and
//! policies. People are told; nothing here waits for them.

use super::{
    Web,
    bits::{Left, TierChip, When, capital},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
    story::{self, FindingLine},
};
use crate::clock;
use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use domain::{AttemptId, CaseId, CaseView, UnixMs};
use std::{collections::BTreeMap, sync::Arc};
use store::Notice;

/// Notices on the page.
const SHOWN: u32 = 60;

#[derive(Template)]
#[template(path = "notifications.html")]
struct NotificationsPage {
    frame: Frame,
    rows: Vec<Row>,
    may: bool,
}

struct Row {
    id: i64,
    at: When,
    kind: String,
    tier: Option<TierChip>,
    title: String,
    detail: String,
    client: Option<String>,
    case: Option<String>,
    findings: Vec<FindingLine>,
    /// How the attempt stands: class and words.
    outcome: Option<(&'static str, String)>,
    undo: Option<Undo>,
    undone: bool,
    mailed: Option<When>,
}

struct Undo {
    case: String,
    attempt: String,
    left: Left,
}

/// `GET /notifications`
pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Viewer) -> Result<Response, Oops> {
    let now = clock::now();
    let notices = web.app.store.notices(SHOWN).await?;
    let mut cases: BTreeMap<CaseId, Option<CaseView>> = BTreeMap::new();
    for notice in &notices {
        if let (Some(client), Some(case)) = (&notice.what.client, notice.what.case)
            && !cases.contains_key(&case)
        {
            let events = web.app.store.events(client, case).await?;
            cases.insert(case, CaseView::fold(client, case, &events));
        }
    }
    let rows = notices.into_iter().map(|n| {
        let view = n.what.case.and_then(|case| cases.get(&case)).and_then(Option::as_ref);
        row(&web, n, view, now)
    });
    let page = NotificationsPage {
        rows: rows.collect(),
        may: viewer.person.role.may_decide(),
        frame: Frame::new(&web, &viewer, "notifications", "Notifications")
            .await?
            .live("/notifications".into(), None),
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn row(web: &Web, notice: Notice, view: Option<&CaseView>, now: UnixMs) -> Row {
    let what = notice.what;
    let attempt = what
        .attempt
        .and_then(|id: AttemptId| view.and_then(|v| v.attempts.iter().find(|a| a.id == id)));
    let verdict = attempt.and_then(|a| {
        view.and_then(|v| v.judged.iter().rev().find(|(_, verdict)| verdict.digest == a.digest))
    });
    let undone = notice.undone || attempt.is_some_and(|a| a.undone);
    let undo = match (what.case, what.attempt, what.undo_until) {
        (Some(case), Some(attempt), Some(until)) if until > now && !undone => Some(Undo {
            case: case.to_string(),
            attempt: attempt.to_string(),
            left: Left { until, now },
        }),
        _ => None,
    };
    Row {
        id: notice.id,
        at: When(notice.at),
        tier: TierChip::parse(&what.kind),
        kind: match what.kind.as_str() {
            "breaker" => "Breaker".into(),
            "policy" => "Policy".into(),
            _ => String::new(),
        },
        title: what.title,
        detail: capital(&what.detail),
        client: what.client.map(|id| page::client_name(web, &id)),
        case: what.case.map(|c| c.to_string()),
        findings: verdict.map(|(_, v)| story::findings(v)).unwrap_or_default(),
        outcome: attempt.map(|a| story::outcome(a.outcome.as_ref().map(|(o, _)| o))),
        undo: undo.filter(|_| attempt.is_none_or(|a| a.evidence().is_some())),
        undone,
        mailed: notice.mailed_at.map(When),
    }
}
