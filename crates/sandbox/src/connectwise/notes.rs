//! Notes of a ticket.

use super::desk::{Desk, MEMBER, PERSON, seconds};
use super::page::page;
use super::records::{Note, Ticket};
use super::tickets::read_body;
use super::{Answer, Cw, CwError, Member, Raw};
use crate::mail::Mail;
use crate::now;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

fn note_json(desk: &Desk, ticket: &Ticket, note: &Note) -> Value {
    let contact = note.contact.and_then(|id| desk.contact(id));
    json!({
        "id": note.id,
        "ticketId": ticket.id,
        "text": note.text,
        "detailDescriptionFlag": note.detail,
        "internalAnalysisFlag": note.internal,
        "resolutionFlag": note.resolution,
        "issueFlag": false,
        "internalFlag": note.internal,
        "externalFlag": !note.internal,
        "member": note.by_member.then(|| match note.created_by.as_str() {
            PERSON => json!({"id": 151, "identifier": PERSON, "name": "Tuan Nguyen"}),
            _ => json!({"id": 150, "identifier": MEMBER, "name": "Journeyman API"}),
        }),
        "contact": contact.map(super::company::contact_ref),
        "createdBy": note.created_by,
        "dateCreated": note.at.to_string(),
        "_info": {"lastUpdated": note.at.to_string(), "updatedBy": note.created_by},
    })
}

pub(super) async fn list(State(cw): State<Cw>, _: Member, Path(id): Path<u64>, raw: Raw) -> Answer {
    let notes = {
        let desk = cw.desk.lock();
        let ticket = desk.ticket(id).ok_or_else(|| CwError::not_found("Ticket", id))?;
        ticket.notes.iter().map(|n| note_json(&desk, ticket, n)).collect()
    };
    page(&raw, &cw.url(&format!("/service/tickets/{id}/notes")), notes)
}

pub(super) async fn create(
    State(cw): State<Cw>,
    _: Member,
    Path(id): Path<u64>,
    body: Bytes,
) -> Answer {
    let body = read_body(&body)?;
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(CwError::missing("serviceNote", "text"));
    }
    let (detail, internal, resolution) =
        (flag("detailDescriptionFlag"), flag("internalAnalysisFlag"), flag("resolutionFlag"));
    if !(detail || internal || resolution) {
        return Err(CwError::invalid(
            "serviceNote",
            "detailDescriptionFlag",
            "MissingRequiredField",
            "At least one of detailDescriptionFlag, internalAnalysisFlag and resolutionFlag must be true.",
        ));
    }
    let mut desk = cw.desk.lock();
    desk.ticket(id).ok_or_else(|| CwError::not_found("Ticket", id))?;
    let note = Note {
        id: 0,
        text: text.to_owned(),
        detail,
        internal,
        resolution,
        by_member: true,
        contact: None,
        created_by: MEMBER.into(),
        at: seconds(now()),
    };
    let note_id = desk.add_note(id, note);
    desk.touch(id, MEMBER);
    desk.announce(id, "updated", true);
    let ticket = desk.ticket(id).ok_or_else(|| CwError::not_found("Ticket", id))?;
    let shown = ticket.notes.iter().find(|n| n.id == note_id).map(|n| note_json(&desk, ticket, n));
    if (detail || resolution) && !internal && flag("processNotifications") {
        cw.mails.deliver(Mail {
            at: now(),
            from: "helpdesk@riverbend-it.example".into(),
            to: vec![ticket.email.to_lowercase()],
            subject: format!("Ticket#{id} {}", ticket.summary),
            text: text.to_owned(),
            raw: text.to_owned(),
        });
    }
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}
