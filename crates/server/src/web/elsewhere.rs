//! Pages of clients that live in another cell: the visitor is sent there.
//!
//! INVARIANT: who is not signed in learns of no case; who holds a link to a secret learns where it is.

use super::{Web, session::Viewer};
use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::ClientId;
use std::sync::Arc;
use store::StoreError;

/// Sends a request for a client of another cell there, as it is; every other goes on.
pub(super) async fn lead(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    if web.app.cells.own().is_none() {
        return next.run(request).await;
    }
    let secret = request.uri().path().starts_with("/secret/");
    let client = match of(&web, request.uri().path()).await {
        Ok(Some(client)) => client,
        Ok(None) => return next.run(request).await,
        // The page itself says what fails.
        Err(_) => return next.run(request).await,
    };
    let Some(elsewhere) = web.app.cells.elsewhere(&client) else { return next.run(request).await };
    let (mut parts, body) = request.into_parts();
    if !secret {
        let viewer = <Option<Viewer> as FromRequestParts<_>>::from_request_parts(&mut parts, &web);
        match viewer.await {
            Ok(Some(_)) => {}
            Ok(None) => return next.run(Request::from_parts(parts, body)).await,
            Err(response) => return response,
        }
    }
    match elsewhere.url {
        Some(url) => {
            let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
            Redirect::temporary(&format!("{url}{path}")).into_response()
        }
        // Its copy here can be read, and takes nothing.
        None => next.run(Request::from_parts(parts, body)).await,
    }
}

/// The client that a page is about, when its address names a case, a question or a secret.
async fn of(web: &Web, path: &str) -> Result<Option<ClientId>, StoreError> {
    let store = &web.app.store;
    let mut words = path.trim_start_matches('/').split('/');
    let words = (words.next(), words.next(), words.next());
    let case = match words {
        (Some("cases" | "undo"), Some(case), _) => case,
        (Some("approvals"), Some("case"), Some(case)) => case,
        (Some("approvals"), Some(id), _) => {
            let Ok(id) = id.parse() else { return Ok(None) };
            return Ok(store.approval(id).await?.map(|approval| approval.client));
        }
        (Some("secret"), Some(token), _) => {
            return Ok(store
                .drop_of(token)
                .await?
                .and_then(|drop| ClientId::new(drop.client).ok()));
        }
        _ => return Ok(None),
    };
    let Ok(case) = case.parse() else { return Ok(None) };
    Ok(store.case(case).await?.map(|row| row.client))
}
