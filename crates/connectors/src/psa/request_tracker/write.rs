//! What the gate permits to write, and the proof that it is there.

use super::RequestTracker;
use super::read::is_number;
use super::wire::{Ticket, brief};
use crate::http::{self, Effect};
use crate::psa::reference;
use crate::{CallError, ReadBack};
use domain::{Action, Author, TicketState, action::SetStatus};
use reqwest::{Method, header};
use serde_json::json;

/// How often a status is set again after somebody else changed the ticket in between.
const ATTEMPTS: usize = 3;

impl RequestTracker {
    pub(super) async fn change(&self, action: &Action, mark: &str) -> Result<(), CallError> {
        match action {
            Action::Reply(a) => self.write("correspond", &a.ticket.id, &a.text, None, mark).await,
            Action::AddNote(a) => self.write("comment", &a.ticket.id, &a.text, None, mark).await,
            Action::LogTime(a) => {
                self.write("comment", &a.ticket.id, &a.text, Some(a.minutes), mark).await
            }
            Action::SetStatus(a) => self.set_status(a).await,
            other => Err(CallError::rejected(
                format!("help desk {}: cannot {}", self.name, other.kind().name()),
                "send it to the connector that it is for",
            )),
        }
    }

    async fn write(
        &self,
        how: &str,
        id: &str,
        text: &str,
        minutes: Option<u32>,
        mark: &str,
    ) -> Result<(), CallError> {
        let ticket = self.ticket_to_change(id).await?;
        let mut body = json!({
            "Content": format!("{text}\n\n{}", reference(mark)),
            "ContentType": "text/plain",
        });
        if let (Some(minutes), Some(fields)) = (minutes, body.as_object_mut()) {
            fields.insert("TimeTaken".into(), minutes.into());
        }
        let request = self.request(Method::POST, &["ticket", &ticket.id, how], &[])?.json(&body);
        let answer = http::send(Effect::Write, request).await?;
        if answer.status.is_success() {
            Ok(())
        } else {
            Err(self.refused(&answer, "write on the ticket"))
        }
    }

    /// Sets status and link in one call. A duplicate is linked, not merged: RT cannot undo a merge.
    async fn set_status(&self, action: &SetStatus) -> Result<(), CallError> {
        let wanted = self.status_word(action.status).to_owned();
        if let Some(other) = action.duplicate_of.as_deref().filter(|o| !is_number(o)) {
            return Err(CallError::rejected(
                format!("help desk {}: {other:?} is no ticket number", self.name),
                "name the ticket that this one repeats by its number",
            ));
        }
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let (ticket, etag) = self.ticket_with_etag(&action.ticket.id).await?;
            let link = action.duplicate_of.as_deref().filter(|o| !refers_to(&ticket, o));
            if ticket.status == wanted && link.is_none() {
                return Ok(());
            }
            if !said.is_empty() {
                break;
            }
            let mut body = serde_json::Map::new();
            if ticket.status != wanted {
                body.insert("Status".into(), json!(wanted));
            }
            if let Some(other) = link {
                body.insert("AddRefersTo".into(), json!(other));
            }
            let request = self
                .request(Method::PUT, &["ticket", &ticket.id], &[])?
                .header(header::IF_MATCH, etag)
                .json(&body);
            let answer = http::send(Effect::Write, request).await?;
            match answer.status.as_u16() {
                412 => {}
                200..=299 => said = answer.json::<Vec<String>>()?.join("; "),
                _ => return Err(self.refused(&answer, "change the ticket's status")),
            }
        }
        if said.is_empty() {
            return Err(CallError::retry(format!(
                "help desk {}: somebody else keeps changing ticket {}",
                self.name, action.ticket.id
            )));
        }
        Err(CallError::rejected(
            format!(
                "help desk {}: ticket {} did not become {wanted}: {}",
                self.name,
                action.ticket.id,
                brief(&said)
            ),
            "check `statuses` against the queue's lifecycle in RT, and that the named ticket exists",
        ))
    }

    async fn ticket_to_change(&self, id: &str) -> Result<Ticket, CallError> {
        self.fetch_ticket(id).await?.ok_or_else(|| self.gone(id))
    }

    async fn ticket_with_etag(&self, id: &str) -> Result<(Ticket, header::HeaderValue), CallError> {
        if !is_number(id) {
            return Err(self.gone(id));
        }
        let request = self.request(Method::GET, &["ticket", id], &[("fields[Queue]", "Name")])?;
        let answer = http::send(Effect::Read, request).await?;
        if answer.status.as_u16() == 404 {
            return Err(self.gone(id));
        }
        if !answer.status.is_success() {
            return Err(self.refused(&answer, "read the ticket"));
        }
        let ticket: Ticket = answer.json()?;
        if ticket.id != id || !self.queues.contains(&ticket.queue.name) {
            return Err(self.gone(id));
        }
        let etag = answer.etag().cloned().ok_or_else(|| {
            CallError::rejected(
                format!(
                    "help desk {}: {} sends no ETag, so changes by others would be lost",
                    self.name, self.host
                ),
                "let the proxy before RT pass the ETag header on",
            )
        })?;
        Ok((ticket, etag))
    }

    fn gone(&self, id: &str) -> CallError {
        CallError::rejected(
            format!("help desk {}: ticket {id} is gone, merged or in another queue", self.name),
            "look at the ticket in RT",
        )
    }

    pub(super) async fn verify(&self, action: &Action, mark: &str) -> Result<ReadBack, CallError> {
        let Some(target) = action.ticket() else {
            return Ok(ReadBack::NotShown("this action changes no ticket".into()));
        };
        if let Action::SetStatus(wanted) = action {
            return self.verify_status(wanted).await;
        }
        let Some(state) = self.read_state(&target.id).await? else {
            return Ok(ReadBack::NotShown("the ticket is gone, merged or in another queue".into()));
        };
        let mark = reference(mark);
        let written = |internal: bool| has_own(&state, &mark, internal);
        let (found, what) = match action {
            Action::Reply(_) => (written(false), "the answer"),
            Action::AddNote(_) => (written(true), "the note"),
            Action::LogTime(_) => (
                written(true) && state.time_notes.iter().any(|n| n.contains(&mark)),
                "the time entry",
            ),
            _ => (false, "nothing"),
        };
        Ok(match found {
            true => ReadBack::Shown(format!("ticket {} shows {what} {mark}", target.id)),
            false => {
                ReadBack::NotShown(format!("ticket {} does not show {what} {mark}", target.id))
            }
        })
    }

    async fn verify_status(&self, action: &SetStatus) -> Result<ReadBack, CallError> {
        let Some(ticket) = self.fetch_ticket(&action.ticket.id).await? else {
            return Ok(ReadBack::NotShown("the ticket is gone, merged or in another queue".into()));
        };
        let wanted = self.status_word(action.status);
        let linked = action.duplicate_of.as_deref().is_none_or(|other| refers_to(&ticket, other));
        Ok(match (ticket.status == wanted, linked) {
            (true, true) => ReadBack::Shown(format!("ticket {} reads as {wanted}", ticket.id)),
            (true, false) => ReadBack::NotShown(format!("ticket {} lacks the link", ticket.id)),
            (false, _) => {
                ReadBack::NotShown(format!("ticket {} reads as {}", ticket.id, ticket.status))
            }
        })
    }
}

/// Our own message with this mark; a customer's mail may quote it.
fn has_own(state: &TicketState, mark: &str, internal: bool) -> bool {
    state
        .messages
        .iter()
        .any(|m| m.author == Author::Ourselves && m.internal == internal && m.body.contains(mark))
}

fn refers_to(ticket: &Ticket, other: &str) -> bool {
    ticket.links.iter().any(|l| l.kind == "refers-to" && l.id == other)
}
