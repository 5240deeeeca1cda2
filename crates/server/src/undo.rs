//! Taking a change back with one click: a request like any other, made by a person.

use crate::clock;
use domain::{Actor, AttemptId, BrainId, CaseId, CaseView, ClientId, PersonId, Submission, UndoOf};
use store::{Store, Submit, Submitted};

/// Under this name people's own requests run. No brain can have it.
pub(crate) const PEOPLE: &str = "people";

/// Asks for the opposite of an attempt. Answers with the case that does it, which a worker has to be
/// woken for, or finds by itself within a moment.
pub(crate) async fn request(
    store: &Store,
    client: &ClientId,
    case: CaseId,
    attempt: AttemptId,
    person: &PersonId,
) -> Result<CaseId, String> {
    let events = store.events(client, case).await.map_err(|e| e.to_string())?;
    let view = CaseView::fold(client, case, &events).ok_or("there is no such case")?;
    let found = view.attempts.iter().find(|a| a.id == attempt).ok_or("there is no such attempt")?;
    if found.evidence().is_none() || found.watched {
        return Err("that attempt changed nothing, so there is nothing to take back".into());
    }
    if found.undone {
        return Err("it was taken back before".into());
    }
    let opposite = found
        .action
        .opposite()
        .ok_or_else(|| format!("{} cannot be taken back by a click", found.action.kind().name()))?;
    let summary = format!("undo: {}", opposite.sentence());
    let submission = Submission {
        brain: BrainId::new(PEOPLE).map_err(|e| e.to_string())?,
        actions: vec![opposite],
        reason: format!("{person} takes back what {} did", view.ticket.ticket),
        confidence: None,
        ticket: None,
        undoes: Some(UndoOf { case, attempt }),
        person: Some(person.clone()),
    };
    let submit = Submit {
        client: client.clone(),
        case: CaseId(clock::new_id()),
        submission,
        actor: Actor::Person(person.clone()),
        // A second click while the first one works is the same request.
        idempotency: Some((format!("undo-{attempt}-{}", clock::now().0 / 60_000), [0; 32])),
        summary,
    };
    let submitted = store.submit(submit, clock::now()).await.map_err(|e| e.to_string())?;
    match submitted {
        Submitted::New(case) | Submitted::Again(case) => Ok(case),
        Submitted::KeyReused => Err("another request has the same key; try again".into()),
    }
}
