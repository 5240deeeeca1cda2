//! Time entries.

use super::desk::{Desk, MEMBER, seconds};
use super::page::page;
use super::records::TimeEntry;
use super::tickets::read_body;
use super::{Answer, Cw, CwError, Member, Raw};
use crate::now;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::UnixMs;
use serde_json::{Value, json};

fn entry_json(desk: &Desk, entry: &TimeEntry) -> Value {
    let ticket = desk.ticket(entry.ticket);
    let company = ticket.and_then(|t| desk.company(t.company));
    let end = entry.start.plus_ms((entry.hours * 3_600_000.0) as i64);
    json!({
        "id": entry.id,
        "chargeToId": entry.ticket,
        "chargeToType": entry.charge_to_type,
        "company": company.map(super::company::company_ref),
        "ticket": ticket.map(|t| json!({"id": t.id, "summary": t.summary})),
        "member": {"id": 150, "identifier": entry.member, "name": "Journeyman API"},
        "timeStart": entry.start.to_string(),
        "timeEnd": end.to_string(),
        "actualHours": entry.hours,
        "billableOption": "Billable",
        "notes": entry.notes,
        "internalNotes": entry.internal_notes,
        "enteredBy": MEMBER,
        "dateEntered": entry.at.to_string(),
        "status": "Open",
        "_info": {"lastUpdated": entry.at.to_string(), "updatedBy": MEMBER},
    })
}

pub(super) async fn list(State(cw): State<Cw>, _: Member, raw: Raw) -> Answer {
    let all = {
        let desk = cw.desk.lock();
        desk.times.iter().map(|t| entry_json(&desk, t)).collect()
    };
    page(&raw, &cw.url("/time/entries"), all)
}

pub(super) async fn one(State(cw): State<Cw>, _: Member, Path(id): Path<u64>) -> Answer {
    let desk = cw.desk.lock();
    let entry = desk.times.iter().find(|t| t.id == id);
    let entry = entry.ok_or_else(|| CwError::not_found("TimeEntry", id))?;
    Ok(Json(entry_json(&desk, entry)).into_response())
}

fn moment(body: &Value, field: &str) -> Result<Option<UnixMs>, CwError> {
    let Some(text) = body.get(field).and_then(Value::as_str) else { return Ok(None) };
    let at: jiff::Timestamp = text.parse().map_err(|_| {
        CwError::invalid(
            "timeEntry",
            field,
            "InvalidField",
            "A time such as 2026-01-31T08:00:00Z is expected.",
        )
    })?;
    Ok(Some(seconds(UnixMs(at.as_millisecond()))))
}

pub(super) async fn create(State(cw): State<Cw>, _: Member, body: Bytes) -> Answer {
    let body = read_body(&body)?;
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let charge_to_type = text("chargeToType");
    if charge_to_type != "ServiceTicket" {
        return Err(CwError::invalid(
            "timeEntry",
            "chargeToType",
            "InvalidField",
            "chargeToType must be ServiceTicket here.",
        ));
    }
    let ticket = body.get("chargeToId").and_then(Value::as_u64);
    let ticket = ticket.ok_or_else(|| CwError::missing("timeEntry", "chargeToId"))?;
    let start =
        moment(&body, "timeStart")?.ok_or_else(|| CwError::missing("timeEntry", "timeStart"))?;
    let hours = match (body.get("actualHours").and_then(Value::as_f64), moment(&body, "timeEnd")?) {
        (Some(hours), _) => hours,
        (None, Some(end)) => end.since(start) as f64 / 3_600_000.0,
        (None, None) => return Err(CwError::missing("timeEntry", "actualHours")),
    };
    if !(hours > 0.0 && hours <= 24.0) {
        return Err(CwError::invalid(
            "timeEntry",
            "actualHours",
            "OutOfRange",
            "actualHours must be above 0 and at most 24.",
        ));
    }
    let member = body.pointer("/member/identifier").and_then(Value::as_str).unwrap_or(MEMBER);
    if member != MEMBER {
        return Err(CwError::invalid(
            "timeEntry",
            "member",
            "InvalidReference",
            "The member was not found, or this API member may not enter time for it.",
        ));
    }
    let mut desk = cw.desk.lock();
    desk.ticket(ticket).ok_or_else(|| {
        CwError::invalid("timeEntry", "chargeToId", "InvalidReference", "The ticket was not found.")
    })?;
    let entry = TimeEntry {
        id: 9001 + desk.times.len() as u64,
        ticket,
        charge_to_type,
        start,
        hours,
        notes: text("notes"),
        internal_notes: text("internalNotes"),
        member: member.to_owned(),
        at: seconds(now()),
    };
    let shown = entry_json(&desk, &entry);
    desk.times.push(entry);
    if let Some(ticket) = desk.ticket_mut(ticket) {
        ticket.hours += hours;
    }
    desk.touch(ticket, MEMBER);
    desk.announce(ticket, "updated", true);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}
