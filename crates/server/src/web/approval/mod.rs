//! `/approvals/{id}`: the decision package, and the decision.
//!
//! INVARIANT: the form carries the digest of what was shown; the store refuses a decision on
//! anything else.

mod asked;
pub(crate) mod card;
mod change;
mod group;
mod post;

pub(super) use group::{approve as approve_all, deny as deny_all, get as all};
pub(super) use post::{alter, approve, deny};

use super::{
    Web,
    approvals::state_name,
    bits::{Ago, Left, StateChip, TierChip, When, capital, duration, utc},
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
    story::{self, FindingLine, Warning},
    visible,
    words::{self, FactLine},
};
use crate::clock;
use askama::Template;
use asked::Asked;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use change::{Field, Input};
use domain::{
    Action, Approval, ApprovalId, ApprovalState, Author, CaseView, Decision, Digest, Event,
    ReadResult, Recorded, UnixMs,
};
use gate::DecisionError;
use std::{str::FromStr as _, sync::Arc};
use store::{Person, SimilarCase};

/// Similar cases on the page.
const SIMILAR: u32 = 5;

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
    /// The question that replaces this one.
    next: Option<String>,
    asked_at: When,
    expires: When,
    left: Left,
    digest: String,
    digest_short: String,
    case: Option<CasePart>,
    /// Other open questions of the same case.
    others: usize,
    excluded: Vec<String>,
    exactly: Vec<(String, Vec<String>)>,
    risk: Option<&'static str>,
    undo: Option<&'static str>,
    /// The action that takes it back with one click, and for how long.
    click: Option<(String, String)>,
    findings: Vec<FindingLine>,
    facts: Vec<FactLine>,
    policy: String,
    similar: Vec<Similar>,
    asked: Asked,
    yes: Vec<(String, When)>,
    needed: u8,
    not_before: Option<When>,
    /// What this one replaced: its address and what is different.
    instead: Option<(String, Vec<String>)>,
    /// What somebody would rather have, while that is judged: who, and the sentence.
    change: Option<(String, String)>,
    /// Why the last change that was asked for may not be made.
    change_refused: Option<String>,
    look_alike: Option<String>,
    blocked: Blocked,
    open: bool,
    fields: Vec<Field>,
    window: Option<(String, When)>,
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
    /// The brain that asks, its own words and how sure it says it is.
    brain: Option<(String, String, Option<u8>)>,
}

struct Similar {
    case: String,
    sentence: String,
    said: &'static str,
    outcome: String,
    at: Ago,
}

/// What a viewer cannot do about a question, and why.
#[derive(Default)]
pub(super) struct Blocked {
    pub(super) why: Option<String>,
    /// Not even a no.
    pub(super) wholly: bool,
}

/// What the page says about the form that was sent.
#[derive(Default)]
struct Shown {
    error: Option<String>,
    reason: String,
}

/// `GET /approvals/{id}`
pub(super) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Oops> {
    let approval = find(&web, &id).await?;
    show(&web, &viewer, approval, StatusCode::OK, Shown::default()).await
}

async fn find(web: &Web, id: &str) -> Result<Approval, Oops> {
    let missing = || Oops::not_found("There is no such question");
    let id = ApprovalId::from_str(id).map_err(|_| missing())?;
    web.app.store.approval(id).await?.ok_or_else(missing)
}

/// The action of this digest, from the question itself or from the judgement behind it.
fn action_of(events: &[Recorded], of: Digest) -> Option<&Action> {
    events.iter().rev().find_map(|r| match &r.event {
        Event::Held { action, digest, .. } | Event::Changed { action, digest, .. } => {
            (*digest == of).then_some(action)
        }
        Event::Judged { action, verdict, .. } => (verdict.digest == of).then_some(action),
        _ => None,
    })
}

async fn show(
    web: &Web,
    viewer: &Viewer,
    approval: Approval,
    status: StatusCode,
    shown: Shown,
) -> Result<Response, Oops> {
    let now = clock::now();
    let store = &web.app.store;
    let events = store.events(&approval.client, approval.case).await?;
    let view = CaseView::fold(&approval.client, approval.case, &events);
    let judged = events.iter().rev().find_map(|r| match &r.event {
        Event::Judged { action, facts, verdict } if verdict.digest == approval.digest => {
            Some((action, facts, verdict))
        }
        _ => None,
    });
    let action = action_of(&events, approval.digest);
    let kind = action.map(Action::kind).or(approval.kind);
    let similar = match kind {
        Some(kind) => store.similar(&approval.client, kind, SIMILAR).await?,
        None => Vec::new(),
    };
    let open_here = store.approvals_of(&approval.client, approval.case).await?;
    let others =
        open_here.iter().filter(|a| a.id != approval.id && state_name(a, now) == "pending");
    let frame = Frame::new(web, viewer, "approvals", "Approval")
        .await?
        .live(format!("/approvals/{}", approval.id), Some(approval.case.to_string()));
    let state = state_name(&approval, now);
    let page = ApprovalPage {
        id: approval.id.to_string(),
        client: page::client_name(web, &approval.client),
        tier: TierChip(approval.tier),
        state: StateChip(state),
        ended: ending(&approval),
        next: match &approval.state {
            ApprovalState::Changed { to, .. } => Some(format!("/approvals/{to}")),
            _ => None,
        },
        asked_at: When(approval.asked_at),
        expires: When(approval.expires_at),
        left: Left { until: approval.expires_at, now },
        digest: approval.digest.to_string(),
        digest_short: approval.digest.short(),
        case: view.as_ref().map(|view| case_part(view, &approval)),
        others: others.count(),
        excluded: excluded(&approval, &events),
        exactly: action.map(change::parameters).unwrap_or_default(),
        risk: kind.map(|k| k.risk()),
        undo: kind.and_then(|k| k.undo()),
        click: action.and_then(|a| click(web, a)),
        findings: judged.map(|(_, _, v)| story::findings(v)).unwrap_or_default(),
        facts: judged.map(|(a, f, _)| words::facts(f, a.kind())).unwrap_or_default(),
        policy: judged.map(|(_, _, v)| v.policy_version.to_string()).unwrap_or_default(),
        similar: similar.into_iter().map(|s| similar_case(s, now)).collect(),
        asked: asked::asked(web, &approval, now).await?,
        yes: approval.yes.iter().map(|y| (y.by.to_string(), When(y.at))).collect(),
        needed: approval.needed,
        not_before: approval.not_before.map(When),
        instead: instead(&approval, &events),
        change: approval.change.as_ref().map(|c| (c.by.to_string(), c.action.sentence())),
        change_refused: change_refused(&approval, &events),
        look_alike: visible::mixed(&approval.sentence).map(str::to_owned),
        blocked: blocked(&approval, &viewer.person),
        open: state == "pending",
        fields: action.map(change::fields).unwrap_or_default(),
        window: post::window(web, &approval).map(|(at, name)| (name, When(at))),
        sentence: approval.sentence,
        error: shown.error,
        reason: shown.reason,
        frame,
    };
    Ok(page::html(status, &page))
}

/// Why this person cannot decide, asked of the gate itself.
fn blocked(approval: &Approval, person: &Person) -> Blocked {
    if !person.role.may_decide() {
        let why = "Your role reads only. Administrators and technicians decide.".into();
        return Blocked { why: Some(why), wholly: true };
    }
    let seen = approval.digest;
    let who = post::identities(person);
    // Whether time is left is told elsewhere.
    let at = approval.asked_at;
    match gate::decide(approval, &person.id, &who, seen, &Decision::Approve, at) {
        Err(
            e @ (DecisionError::Excluded
            | DecisionError::SaidYesBefore
            | DecisionError::BeingChanged),
        ) => {
            let why = Some(format!("{}.", capital(&e.to_string())));
            Blocked { why, wholly: e == DecisionError::Excluded }
        }
        _ => Blocked::default(),
    }
}

fn ending(approval: &Approval) -> Option<String> {
    match &approval.state {
        ApprovalState::Pending => None,
        ApprovalState::Approved { by, at } => Some(match approval.yes.as_slice() {
            all @ [_, _, ..] => {
                let names: Vec<_> = all.iter().map(|y| y.by.to_string()).collect();
                format!("{} approved it, the last on {}.", names.join(" and "), utc(*at))
            }
            _ => format!("{by} approved it on {}.", utc(*at)),
        }),
        ApprovalState::Denied { by, at, reason } => {
            let reason = reason.trim_end_matches('.');
            Some(format!("{by} denied it on {}: {reason}.", utc(*at)))
        }
        ApprovalState::Changed { by, at, .. } => {
            Some(format!("{by} changed it on {}; another question takes its place.", utc(*at)))
        }
        ApprovalState::Expired => {
            let at = utc(approval.expires_at);
            Some(format!("Nobody decided by {at}. An expired question stays expired."))
        }
        ApprovalState::Void => Some(
            "It no longer counts: the facts changed, or who approved it may not any more.".into(),
        ),
    }
}

/// The action that takes this one back, and for how long one click does it.
fn click(web: &Web, action: &Action) -> Option<(String, String)> {
    let opposite = action.opposite()?;
    let in_force = web.app.policy();
    let period_ms = in_force.as_ref().as_ref().ok()?.document().undo_period_ms;
    (period_ms > 0).then(|| (opposite.sentence(), duration(period_ms)))
}

fn similar_case(s: SimilarCase, now: UnixMs) -> Similar {
    Similar {
        case: s.case.to_string(),
        sentence: s.sentence,
        said: match s.state.as_str() {
            "approved" => "approved",
            "denied" => "denied",
            "changed" => "changed",
            "expired" => "nobody answered",
            _ => "void",
        },
        outcome: match s.outcome.as_deref() {
            Some("done") => "done and proven".into(),
            Some("failed") => "failed".into(),
            Some("unverified") => "accepted, but never showed".into(),
            Some("undone") => "done, later taken back".into(),
            Some("open") => "under way".into(),
            Some("unknown") => "not known".into(),
            Some(other) => words::spaced(other).to_lowercase(),
            None => "did not run".into(),
        },
        at: Ago { at: s.at, now },
    }
}

/// What this question replaced, and the difference.
fn instead(approval: &Approval, events: &[Recorded]) -> Option<(String, Vec<String>)> {
    let old = approval.replaces?;
    let diff = events.iter().rev().find_map(|r| match &r.event {
        Event::Changed { to, diff, .. } if *to == approval.id => Some(diff.clone()),
        _ => None,
    });
    Some((format!("/approvals/{old}"), diff.unwrap_or_default()))
}

/// Why the newest change that was asked for was refused, unless another is being judged.
fn change_refused(approval: &Approval, events: &[Recorded]) -> Option<String> {
    if approval.change.is_some() || approval.state != ApprovalState::Pending {
        return None;
    }
    events.iter().rev().find_map(|r| match &r.event {
        Event::ChangeRefused { approval: id, reason } if *id == approval.id => {
            Some(capital(reason))
        }
        _ => None,
    })
}

fn case_part(view: &CaseView, approval: &Approval) -> CasePart {
    let again = view.messages.iter().filter_map(|(_, m)| match &m.author {
        Author::Customer(_) if !m.internal => Some(m.body.clone()),
        _ => None,
    });
    let from = match (view.ticket.from_name.trim(), view.ticket.from.as_str()) {
        (_, "") => "Nobody whom the platform knows".to_owned(),
        ("", from) => from.to_owned(),
        (name, from) => format!("{name} <{from}>"),
    };
    let of_ticket = view.submission.as_ref().is_none_or(|s| s.ticket.is_some());
    let brain = approval.brain.as_ref().map(ToString::to_string);
    let said = view.submission.as_ref().map(|s| (s.reason.clone(), s.confidence));
    CasePart {
        id: view.id.to_string(),
        ticket: view.ticket.ticket.to_string(),
        from,
        subject: view.ticket.subject.clone(),
        // Without a ticket the body is the brain's own words, which stand beside its name.
        words: match of_ticket {
            true => std::iter::once(view.ticket.body.clone()).chain(again).collect(),
            false => Vec::new(),
        },
        warnings: view.understanding.as_ref().map(story::warnings).unwrap_or_default(),
        brain: brain.map(|name| {
            let (reason, confidence) = said.unwrap_or_default();
            (name, reason, confidence)
        }),
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
