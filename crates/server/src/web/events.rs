//! `GET /events`: tells open pages that a case moved. The page then fetches what it shows.

use super::{Web, session::Viewer};
use axum::{
    extract::State,
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::StreamExt as _;
use serde::Serialize;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio_stream::wrappers::BroadcastStream;

/// After this time the browser connects again, and its session is checked again.
const LONGEST: Duration = Duration::from_secs(600);

#[derive(Serialize)]
struct Moved<'a> {
    client: &'a str,
    case: String,
}

pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Option<Viewer>) -> Response {
    if viewer.is_none() {
        return (StatusCode::UNAUTHORIZED, "sign in first").into_response();
    }
    let moved = BroadcastStream::new(web.app.changed.subscribe()).map(|change| {
        let event = match change {
            Ok(c) => {
                let moved = Moved { client: c.client.as_str(), case: c.case.to_string() };
                Event::default().json_data(moved).unwrap_or_default()
            }
            // Too much happened at once: the page looks at everything.
            Err(_) => Event::default().data("{}"),
        };
        Ok::<_, Infallible>(event)
    });
    let until = Box::pin(tokio::time::sleep(LONGEST));
    let hello = futures::stream::once(async { Ok(Event::default().event("hello").data("")) });
    Sse::new(hello.chain(moved.take_until(until)))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response()
}
