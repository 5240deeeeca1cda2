//! What an undo would take back: the attempt as journalled, held against the system as it reads now.

use super::Read;
use crate::{app::App, clock};
use domain::{Action, AttemptId, CaseView, Fact, UndoFacts, UndoOf};
use gate::{Policy, Request};
use store::StoreError;

pub(super) async fn facts(
    app: &App,
    request: &Request,
    of: UndoOf,
    read: &Read,
    rules: Option<&Policy>,
) -> Result<Fact<UndoFacts>, StoreError> {
    let now = clock::now();
    let events = match super::ours(app.store.events(&request.client, of.case).await)? {
        Ok(events) => events,
        Err(why) => return Ok(Fact::Missing(why)),
    };
    let Some(case) = CaseView::fold(&request.client, of.case, &events) else {
        return Ok(Fact::Missing("the case of that attempt cannot be read".into()));
    };
    let Some(attempt) = case.attempts.iter().find(|a| a.id == of.attempt) else {
        return Ok(Fact::Missing(format!("there is no attempt {} in that case", of.attempt)));
    };
    let period_ms = rules.map_or(0, |p| p.undo_period_ms);
    let done_at = match &attempt.outcome {
        Some((domain::Outcome::Done(_), at)) => Some(*at),
        _ => None,
    };
    let opposite = attempt.action.opposite().is_some_and(|o| o == request.action);
    let found = UndoFacts {
        original: attempt.tier,
        matches: done_at.is_some() && opposite && changed_something(attempt),
        in_time: done_at.is_some_and(|at| now.since(at) <= period_ms),
        unchanged: as_left(&attempt.action, read),
        undone: attempt.undone,
    };
    Ok(Fact::known(found, "journal", now))
}

/// Whether the attempt changed anything: what was so before is not taken away.
fn changed_something(attempt: &domain::Attempt) -> bool {
    match &attempt.action {
        Action::EnableAccount(_) => attempt.before.is_some_and(|b| !b.enabled),
        Action::DisableAccount(_) => attempt.before.is_some_and(|b| b.enabled),
        Action::AddGroupMember(_) => attempt.was_member == Some(false),
        Action::RemoveGroupMember(_) => attempt.was_member == Some(true),
        _ => true,
    }
}

/// Whether the system still reads as the attempt left it.
fn as_left(action: &Action, read: &Read) -> bool {
    let enabled = read.state.target.as_ref().map(|t| t.state.enabled);
    match action {
        Action::EnableAccount(_) => enabled == Some(true),
        Action::DisableAccount(_) => enabled == Some(false),
        Action::AddGroupMember(_) => read.state.was_member == Some(true),
        Action::RemoveGroupMember(_) => read.state.was_member == Some(false),
        _ => false,
    }
}

/// The attempt that an undo takes back, for its record.
pub(in crate::worker) fn attempt_of(case: &CaseView) -> Option<(UndoOf, AttemptId)> {
    let of = case.submission.as_ref()?.undoes?;
    Some((of, of.attempt))
}
