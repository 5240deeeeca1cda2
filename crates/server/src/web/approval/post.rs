//! The forms of a question: yes, yes at a time, something else instead, no.

use super::{Shown, action_of, change, ending, find, show};
use crate::{
    clock,
    web::{
        Web,
        form::{Fields, Signed},
        guard,
        oops::Oops,
        session::Viewer,
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Approval, Decision, Digest, UnixMs};
use gate::DecisionError;
use std::sync::Arc;
use store::{DecideError, Person};

/// Longest reason, in characters.
pub(super) const LONGEST: usize = 500;

/// `POST /approvals/{id}/approve`
pub(in crate::web) async fn approve(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::decider(&viewer.person)?;
    let approval = find(&web, &id).await?;
    let decision = match fields.get("at").trim() {
        "" => Decision::Approve,
        "window" => match window(&web, &approval) {
            Some((at, _)) => Decision::ApproveAt(at),
            None => {
                let text =
                    "No maintenance window for it opens within two weeks. Nothing was changed.";
                return refused(&web, &viewer, approval, text, &fields).await;
            }
        },
        text => match moment(text) {
            Some(at) => Decision::ApproveAt(at),
            None => {
                let text = "That is no time. Write it in UTC, as in 2026-11-21T22:00.";
                return refused(&web, &viewer, approval, text, &fields).await;
            }
        },
    };
    decide(&web, approval, viewer, &fields, decision).await
}

/// `POST /approvals/{id}/deny`
pub(in crate::web) async fn deny(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::decider(&viewer.person)?;
    let approval = find(&web, &id).await?;
    let reason = fields.filled("reason").unwrap_or_default();
    if reason.chars().count() > LONGEST {
        let text = "The reason is longer than 500 characters. Nothing was changed.";
        return refused(&web, &viewer, approval, text, &fields).await;
    }
    decide(&web, approval, viewer, &fields, Decision::Deny(reason)).await
}

/// `POST /approvals/{id}/change`
pub(in crate::web) async fn alter(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::decider(&viewer.person)?;
    let approval = find(&web, &id).await?;
    let events = web.app.store.events(&approval.client, approval.case).await?;
    let Some(action) = action_of(&events, approval.digest) else {
        let text = "What was asked for cannot be read, so it cannot be changed. Deny it instead.";
        return refused(&web, &viewer, approval, text, &fields).await;
    };
    match change::apply(action, &fields) {
        Ok(instead) => {
            let decision = Decision::Change(Box::new(instead));
            decide(&web, approval, viewer, &fields, decision).await
        }
        Err(e) => {
            let text = format!("Not recorded: {e}.");
            refused(&web, &viewer, approval, &text, &fields).await
        }
    }
}

/// The page again, with what is wrong about the form.
async fn refused(
    web: &Web,
    viewer: &Viewer,
    approval: Approval,
    text: &str,
    fields: &Fields,
) -> Result<Response, Oops> {
    let shown = Shown { error: Some(text.to_owned()), reason: fields.get("reason").to_owned() };
    show(web, viewer, approval, StatusCode::UNPROCESSABLE_ENTITY, shown).await
}

/// A local time without zone, taken as UTC.
fn moment(text: &str) -> Option<UnixMs> {
    let local: jiff::civil::DateTime = text.parse().ok()?;
    let at = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(UnixMs(at.timestamp().as_millisecond()))
}

/// When a maintenance window for it opens next, and its name.
pub(super) fn window(web: &Web, approval: &Approval) -> Option<(UnixMs, String)> {
    let in_force = web.app.policy();
    let policy = in_force.as_ref().as_ref().ok()?;
    let now = clock::now();
    let (at, name) = policy.next_opening(&approval.client, approval.kind?, now)?;
    Some((at.max(now), name.to_owned()))
}

/// A person's account ids and addresses.
pub(super) fn identities(person: &Person) -> Vec<String> {
    [person.email.trim()].into_iter().filter(|i| !i.is_empty()).map(str::to_owned).collect()
}

/// The digest that the form says was shown.
pub(super) fn seen(text: &str) -> Result<Digest, Oops> {
    Digest::try_from(text.to_owned()).map_err(|_| {
        let text = "The form does not say what was shown. Reload the page and decide again.";
        Oops::bad_request(text)
    })
}

/// The answer's status for a decision that does not count.
pub(super) fn status(error: &DecisionError) -> StatusCode {
    match error {
        DecisionError::Excluded => StatusCode::FORBIDDEN,
        DecisionError::NoReason | DecisionError::BadTime | DecisionError::SameAction => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::CONFLICT,
    }
}

async fn decide(
    web: &Web,
    approval: Approval,
    viewer: Viewer,
    fields: &Fields,
    decision: Decision,
) -> Result<Response, Oops> {
    let seen = seen(fields.get("digest"))?;
    let (id, person, now) = (approval.id, &viewer.person, clock::now());
    let store = &web.app.store;
    let decided = store.decide(id, &person.id, &identities(person), seen, decision, now).await;
    let error = match decided {
        Ok(approval) => {
            web.app.due.notify_one();
            web.app.tell(&approval.client, approval.case);
            return Ok(Redirect::to(&format!("/approvals/{}", approval.id)).into_response());
        }
        Err(DecideError::Store(e)) => return Err(e.into()),
        Err(DecideError::Gate(e)) => e,
    };
    // As it stands now, so that the page says who was faster.
    let approval = find(web, &id.to_string()).await?;
    let text = match (&error, ending(&approval)) {
        (DecisionError::NotPending(_), Some(how)) => format!("{how} Nothing was changed."),
        (error, _) => format!("Not recorded: {error}."),
    };
    let shown = Shown { error: Some(text), reason: fields.get("reason").to_owned() };
    show(web, &viewer, approval, status(&error), shown).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_utc_and_nonsense_is_not() {
        assert_eq!(moment("2027-01-15T08:00"), Some(UnixMs(1_800_000_000_000)));
        for bad in ["", "tomorrow", "2027-13-01T00:00", "99999-01-01T00:00", "08:00"] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }
}
