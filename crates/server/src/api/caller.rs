//! Who calls: the brain of the bearer token, asked of the store on every call, so that a revoked one
//! is out at once.

use super::{Api, problem::Problem, token};
use crate::clock;
use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{ActionKind, ClientId};
use std::{sync::Arc, time::Instant};
use store::BrainRow;

/// The brain that calls.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Arc<BrainRow>);

impl Caller {
    /// Whether it may act for this client.
    pub(crate) fn may_for(&self, client: &ClientId) -> bool {
        self.0.clients.as_ref().is_none_or(|all| all.contains(client))
    }

    /// Whether it may ask for this kind.
    pub(crate) fn may_ask(&self, kind: ActionKind) -> bool {
        self.0.kinds.as_ref().is_none_or(|all| all.contains(&kind))
    }

    /// Every kind that it may ask for.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = ActionKind> {
        ActionKind::ALL.iter().copied().filter(|k| self.may_ask(*k))
    }
}

/// Finds the caller and counts the call.
async fn call(api: &Api, headers: &HeaderMap) -> Result<Caller, Problem> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let token = match (sent.next().and_then(|v| v.to_str().ok()), sent.next()) {
        (Some(one), None) => one
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim()),
        _ => None,
    };
    let token = token.ok_or_else(Problem::unauthorised)?;
    let named = token::brain_of(token).ok_or_else(Problem::unauthorised)?;
    let brain = api.app.store.brain_by_token(&token::hash(token), clock::now()).await?;
    let brain = brain.filter(|b| b.id == named).ok_or_else(Problem::unauthorised)?;
    api.rates
        .count(&brain.id, brain.rate_per_min, Instant::now())
        .map_err(|wait_s| Problem::too_many(wait_s, brain.rate_per_min))?;
    Ok(Caller(Arc::new(brain)))
}

/// Lets nobody past without a token; the handlers find the caller in the request.
pub(super) async fn required(
    State(api): State<Arc<Api>>,
    mut request: Request,
    next: Next,
) -> Response {
    match call(&api, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Absent only where the layer is: then nobody may in.
        parts.extensions.get::<Caller>().cloned().ok_or_else(Problem::unauthorised)
    }
}
