//! Takes a request in: scope, ticket and idempotency key are checked, then it is journalled and the
//! worker woken. Whether and how it runs is the gate's word.

use super::{Api, caller::Caller, check::Asked, problem::Problem};
use crate::clock;
use domain::{Action, Actor, CaseId, ClientId, Event, IncomingTicket, Submission, TicketRef};
use sha2::{Digest as _, Sha256};
use store::{Submit, Submitted};

/// What became of a submission.
pub(crate) struct Taken {
    pub(crate) case: CaseId,
    /// The same was asked before with this key.
    pub(crate) again: bool,
}

/// Refuses what is outside the caller's scope. A client that does not exist looks the same.
fn in_scope(api: &Api, caller: &Caller, asked: &Asked) -> Result<(), Problem> {
    let mut clients = vec![&asked.client];
    for action in &asked.actions {
        if let Action::ChangeManyClients(many) = action {
            clients.extend(&many.clients);
        }
    }
    for client in clients {
        if !caller.may_for(client) || !api.app.parts().clients.contains_key(client) {
            tracing::warn!(brain = %caller.0.id, %client, "a brain asked for a client outside its scope");
            return Err(Problem::out_of_scope(format!(
                "This brain may not act for a client {client}; GET /api/v1/clients lists those that it may."
            )));
        }
    }
    super::problem::here(&api.app, &asked.client)?;
    match asked.actions.iter().map(Action::kind).find(|k| !caller.may_ask(*k)) {
        None => Ok(()),
        Some(kind) => {
            tracing::warn!(brain = %caller.0.id, kind = kind.name(), "a brain asked for a kind outside its scope");
            Err(Problem::out_of_scope(format!(
                "This brain may not ask for {}; GET /api/v1/actions lists what it may.",
                kind.name()
            )))
        }
    }
}

/// What is done to a ticket is done to the ticket that the request is about.
fn one_ticket(asked: &Asked) -> Result<(), Problem> {
    for action in &asked.actions {
        if let Some(ticket) = action.ticket()
            && asked.ticket.as_ref() != Some(ticket)
        {
            let detail = format!(
                "{} is about ticket {ticket}, and so the request's `ticket` has to be.",
                action.kind().name()
            );
            return Err(Problem::unprocessable("other_ticket", detail));
        }
    }
    Ok(())
}

/// Journals a submission once for its key.
pub(crate) async fn submit(
    api: &Api,
    caller: &Caller,
    asked: Asked,
    key: String,
) -> Result<Taken, Problem> {
    in_scope(api, caller, &asked)?;
    one_ticket(&asked)?;
    let body_hash = fingerprint(&asked);
    let ticket = match &asked.ticket {
        None => None,
        Some(ticket) => Some(Box::new(incoming(api, &asked.client, ticket).await?)),
    };
    let sentences: Vec<String> = asked.actions.iter().map(Action::sentence).collect();
    let brain = caller.0.id.clone();
    if api.app.is_full().await? {
        return Err(Problem::busy());
    }
    let submit = Submit {
        client: asked.client.clone(),
        case: CaseId(clock::new_id()),
        submission: Submission {
            brain: brain.clone(),
            actions: asked.actions,
            reason: asked.reason,
            confidence: asked.confidence,
            ticket,
            undoes: None,
            person: None,
        },
        actor: Actor::Brain(brain),
        idempotency: Some((key, body_hash)),
        summary: format!("{} asks: {}", caller.0.name, sentences.join("; ")),
    };
    match api.app.store.submit(submit, clock::now()).await? {
        Submitted::New(case) => {
            api.app.due.notify_one();
            api.app.tell(&asked.client, case);
            Ok(Taken { case, again: false })
        }
        Submitted::Again(case) => Ok(Taken { case, again: true }),
        Submitted::KeyReused => Err(Problem::unprocessable(
            "key_reused",
            "This Idempotency-Key was used for another body within the last day; use a new one.",
        )),
    }
}

/// SHA-256 over what was asked for, however the JSON was written.
pub(crate) fn fingerprint(asked: &Asked) -> [u8; 32] {
    let Asked { client, actions, reason, confidence, ticket } = asked;
    let canonical = serde_json::json!([client, actions, reason, confidence, ticket]);
    Sha256::digest(canonical.to_string().as_bytes()).into()
}

async fn incoming(
    api: &Api,
    client: &ClientId,
    ticket: &TicketRef,
) -> Result<IncomingTicket, Problem> {
    let unknown = || Problem::not_found(format!("There is no such ticket of client {client}."));
    let store = &api.app.store;
    let case = store.ticket_case(client, &ticket.psa, &ticket.id).await?.ok_or_else(unknown)?;
    let events = store.events(client, case).await?;
    match events.into_iter().next().map(|r| r.event) {
        Some(Event::Received { ticket: incoming }) => Ok(incoming),
        _ => Err(unknown()),
    }
}
