//! `POST /hooks/slack/events` and `/hooks/slack/interactions`: calls of Slack.
//!
//! INVARIANT: nothing of a call is used before its signature was held against the raw body; what people
//! pressed is written down and answered by a worker, so that Slack has its answer within its 3 seconds.

use super::{Web, limit::Caller, oops::Oops};
use crate::clock;
use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use connectors::chat::{Call, Door, Heard, NotHeard};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// The longest call, in bytes: a message comes back with a press on it.
const MAX_BYTES: usize = 1024 * 1024;

pub(super) async fn post(
    State(web): State<Arc<Web>>,
    Caller(address): Caller,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(desk) = web.app.parts().chat.clone() else {
        return Oops::not_found("There is no [slack] in the configuration").into_response();
    };
    let Ok(body) = to_bytes(body, MAX_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let signature = text("x-slack-signature");
    let door = match uri.path().ends_with("/interactions") {
        true => Door::Interactions,
        false => Door::Events,
    };
    let call = Call { door, stamp: text("x-slack-request-timestamp"), signature, body: &body };
    let now = clock::now();
    let heard = desk.chat.hear(call, now);
    if heard.is_ok() && web.app.complaints.settle("slack calls") {
        tracing::info!("calls of Slack are signed as they should be again");
    }
    match heard {
        Ok(Heard::Hello(challenge)) => challenge.into_response(),
        Ok(Heard::Nothing) => StatusCode::OK.into_response(),
        Ok(Heard::Pressed(pressed)) => {
            // Of what is signed, since the signature itself can be written in several ways.
            let id = Sha256::new().chain_update(call.stamp).chain_update(":").chain_update(&body);
            let id = hex::encode(id.finalize());
            let Ok(body) = serde_json::to_string(&pressed) else {
                return StatusCode::BAD_REQUEST.into_response();
            };
            match web.app.store.take_in_press(&id, body, now).await {
                Ok(new) => {
                    if new {
                        desk.pressed.notify_one();
                    }
                    StatusCode::OK.into_response()
                }
                Err(e) => {
                    tracing::warn!(error = %e, "a press in the chat could not be taken in");
                    StatusCode::SERVICE_UNAVAILABLE.into_response()
                }
            }
        }
        Err(NotHeard::Senseless) => StatusCode::BAD_REQUEST.into_response(),
        Err(e) => {
            if let Err(wait) = web.limits.unsigned(&address) {
                return Oops::too_many(wait).into_response();
            }
            if web.app.complaints.raise("slack calls", &e.to_string()) {
                tracing::warn!(error = %e, from = address, "a call that says it is Slack's");
            }
            (StatusCode::UNAUTHORIZED, e.to_string()).into_response()
        }
    }
}
