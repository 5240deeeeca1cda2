//! Reads a request as its brain may see it, and waits until something happens to it.

use super::{Api, caller::Caller, problem::Problem, resource::RequestResource, standing};
use domain::{CaseId, CaseView, ClientId};
use std::time::Duration;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};

/// Another process may have changed the case, which nobody here is told of.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Longest wait, in milliseconds.
pub(crate) const MOST_WAIT_MS: u64 = 60_000;

/// The request with this id, when it is the caller's own and of a client that it may act for.
pub(crate) async fn own(
    api: &Api,
    caller: &Caller,
    id: &str,
) -> Result<(ClientId, CaseId), Problem> {
    let unknown = || Problem::not_found("There is no such request of this brain.");
    let id: CaseId = id.parse().map_err(|_| unknown())?;
    let row = api.app.store.case(id).await?.ok_or_else(unknown)?;
    let own = row.brain.as_ref() == Some(&caller.0.id) && caller.may_for(&row.client);
    let (client, id) = own.then_some((row.client, id)).ok_or_else(unknown)?;
    super::problem::here(&api.app, &client)?;
    Ok((client, id))
}

/// How it stands now.
pub(crate) async fn read(
    api: &Api,
    client: &ClientId,
    case: CaseId,
) -> Result<RequestResource, Problem> {
    let events = api.app.store.events(client, case).await?;
    CaseView::fold(client, case, &events)
        .and_then(|view| standing::make(&view, &events, &api.app.public_url))
        .ok_or_else(|| Problem::not_found("There is no such request of this brain."))
}

/// How it stands once `enough` holds, or when `wait_ms` are over.
pub(crate) async fn wait(
    api: &Api,
    client: &ClientId,
    case: CaseId,
    wait_ms: u64,
    enough: impl Fn(&RequestResource) -> bool,
) -> Result<RequestResource, Problem> {
    // Listened to before the first look, so that nothing falls between.
    let mut changes = api.app.changed.subscribe();
    let until = Instant::now() + Duration::from_millis(wait_ms.min(MOST_WAIT_MS));
    loop {
        let now = read(api, client, case).await?;
        if enough(&now) || Instant::now() >= until {
            return Ok(now);
        }
        tokio::select! {
            () = told(&mut changes, case) => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = tokio::time::sleep_until(until) => {}
        }
    }
}

async fn told(changes: &mut Receiver<crate::app::CaseChanged>, case: CaseId) {
    loop {
        match changes.recv().await {
            Ok(change) if change.case == case => return,
            Ok(_) => {}
            // Some were missed, perhaps ours.
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}
