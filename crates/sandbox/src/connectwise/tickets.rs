//! Service tickets.

use super::company::{board_ref, company_ref, contact_ref};
use super::desk::{BOARD, BOARD_ID, Desk, MEMBER, STATUSES, seconds};
use super::page;
use super::records::{Note, Ticket};
use super::{Answer, Cw, CwError, Member, Raw};
use crate::now;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

/// The ticket as the API shows it. The first description is a note, not a field.
pub(crate) fn ticket_json(desk: &Desk, ticket: &Ticket) -> Value {
    let status = STATUSES.iter().find(|s| s.0 == ticket.status);
    let contact = ticket.contact.and_then(|id| desk.contact(id));
    let merged = ticket.merged_into.and_then(|id| desk.ticket(id));
    json!({
        "id": ticket.id,
        "summary": ticket.summary,
        "recordType": "ServiceTicket",
        "board": board_ref(),
        "status": status.map(|s| json!({"id": s.0, "name": s.1})),
        "company": desk.company(ticket.company).map(company_ref),
        "contact": contact.map(contact_ref),
        "contactName": contact.map_or(ticket.from_name.clone(), |c| format!("{} {}", c.first, c.last)),
        "contactEmailAddress": ticket.email,
        "contactEmailLookup": ticket.email,
        "priority": {"id": 4, "name": "Priority 3 - Normal Response", "level": null},
        "severity": "Medium",
        "impact": "Medium",
        "source": {"id": 2, "name": "Email Connector"},
        "parentTicketId": ticket.parent,
        "mergedParentTicket": merged.map(|m| json!({"id": m.id, "summary": m.summary})),
        "hasChildTicket": ticket.has_child,
        "hasMergedChildTicketFlag": ticket.has_merged_child,
        "closedFlag": status.is_some_and(|s| s.2),
        "closedDate": ticket.closed_at.map(|t| t.to_string()),
        "actualHours": ticket.hours,
        "customerUpdatedFlag": ticket.customer_updated,
        "dateEntered": ticket.entered_at.to_string(),
        "_info": {
            "dateEntered": ticket.entered_at.to_string(),
            "enteredBy": "Email Connector",
            "lastUpdated": ticket.updated_at.to_string(),
            "updatedBy": ticket.updated_by,
        },
    })
}

fn all(cw: &Cw) -> Vec<Value> {
    let desk = cw.desk.lock();
    desk.tickets.iter().map(|t| ticket_json(&desk, t)).collect()
}

pub(super) async fn list(State(cw): State<Cw>, _: Member, raw: Raw) -> Answer {
    page::page(&raw, &cw.url("/service/tickets"), all(&cw))
}

pub(super) async fn count(State(cw): State<Cw>, _: Member, raw: Raw) -> Answer {
    page::count(&raw, all(&cw))
}

fn show(cw: &Cw, id: u64, status: StatusCode) -> Answer {
    let desk = cw.desk.lock();
    let ticket = desk.ticket(id).ok_or_else(|| CwError::not_found("Ticket", id))?;
    Ok((status, Json(ticket_json(&desk, ticket))).into_response())
}

pub(super) async fn one(State(cw): State<Cw>, _: Member, Path(id): Path<u64>) -> Answer {
    show(&cw, id, StatusCode::OK)
}

pub(super) fn read_body(body: &Bytes) -> Result<Value, CwError> {
    serde_json::from_slice(body)
        .map_err(|e| CwError::bad(format!("The body is not valid JSON: {e}")))
}

fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(super) async fn create(State(cw): State<Cw>, _: Member, body: Bytes) -> Answer {
    let body = read_body(&body)?;
    let summary = text(&body, "summary").trim();
    if summary.is_empty() {
        return Err(CwError::missing("ticket", "summary"));
    }
    if summary.chars().count() > 100 {
        return Err(CwError::invalid(
            "ticket",
            "summary",
            "InvalidFieldLength",
            "The field summary must be a string with a maximum length of 100.",
        ));
    }
    let mut desk = cw.desk.lock();
    let wanted = body.get("company").ok_or_else(|| CwError::missing("ticket", "company"))?;
    let company = desk
        .companies
        .iter()
        .find(|c| {
            wanted.get("id").and_then(Value::as_u64) == Some(u64::from(c.id))
                || text(wanted, "identifier").eq_ignore_ascii_case(&c.identifier)
        })
        .map(|c| (c.id, c.client.clone()))
        .ok_or_else(|| {
            CwError::invalid("ticket", "company", "InvalidReference", "The company was not found.")
        })?;
    let email = text(&body, "contactEmailAddress").to_owned();
    let contact = body
        .pointer("/contact/id")
        .and_then(Value::as_u64)
        .and_then(|id| u32::try_from(id).ok())
        .or_else(|| desk.contact_by_address(&email).map(|c| c.id));
    let name = text(&body, "contactName").to_owned();
    let id = desk.add_ticket(company.1, company.0, contact, &email, &name, summary, MEMBER);
    for (field, internal, resolution) in [
        ("initialDescription", false, false),
        ("initialInternalAnalysis", true, false),
        ("initialResolution", false, true),
    ] {
        let words = text(&body, field);
        if !words.is_empty() {
            let detail = !internal && !resolution;
            let by = MEMBER.to_owned();
            desk.add_note(
                id,
                Note {
                    id: 0,
                    text: words.into(),
                    detail,
                    internal,
                    resolution,
                    by_member: true,
                    contact: None,
                    created_by: by,
                    at: seconds(now()),
                },
            );
        }
    }
    desk.announce(id, "added", true);
    drop(desk);
    show(&cw, id, StatusCode::CREATED)
}

/// One operation of a `PATCH`, checked.
enum Change {
    Summary(String),
    Status(u32),
    Parent(Option<u64>),
    MergedInto(Option<u64>),
    CustomerUpdated(bool),
}

pub(super) async fn patch(
    State(cw): State<Cw>,
    _: Member,
    Path(id): Path<u64>,
    body: Bytes,
) -> Answer {
    let body = read_body(&body)?;
    let operations = body.as_array().ok_or_else(|| {
        CwError::bad("The body must be an array of operations {op, path, value}.")
    })?;
    let changes = {
        let desk = cw.desk.lock();
        desk.ticket(id).ok_or_else(|| CwError::not_found("Ticket", id))?;
        operations.iter().map(|o| change(&desk, id, o)).collect::<Result<Vec<_>, _>>()?
    };
    let mut status = None;
    {
        let mut desk = cw.desk.lock();
        let mut adopted = Vec::new();
        if let Some(ticket) = desk.ticket_mut(id) {
            for change in changes {
                match change {
                    Change::Summary(text) => ticket.summary = text,
                    Change::Status(to) => status = Some(to),
                    Change::Parent(parent) => {
                        ticket.parent = parent;
                        adopted.push((parent, false));
                    }
                    Change::MergedInto(parent) => {
                        ticket.merged_into = parent;
                        adopted.push((parent, true));
                    }
                    Change::CustomerUpdated(flag) => ticket.customer_updated = flag,
                }
            }
        }
        for (parent, merged) in adopted {
            if let Some(parent) = parent.and_then(|p| desk.ticket_mut(p)) {
                parent.has_child |= !merged;
                parent.has_merged_child |= merged;
            }
        }
        desk.touch(id, MEMBER);
    }
    if let Some(status) = status {
        cw.desk.set_status(id, status);
    }
    cw.desk.lock().announce(id, "updated", true);
    show(&cw, id, StatusCode::OK)
}

fn change(desk: &Desk, id: u64, operation: &Value) -> Result<Change, CwError> {
    let op = text(operation, "op");
    if !["replace", "add", "remove"].contains(&op) {
        return Err(CwError::bad(format!("Unknown operation '{op}': use replace, add or remove.")));
    }
    let value =
        if op == "remove" { &Value::Null } else { operation.get("value").unwrap_or(&Value::Null) };
    let path = text(operation, "path").trim_start_matches('/');
    let other = |field: &str| -> Result<Option<u64>, CwError> {
        let number = value.get("id").unwrap_or(value);
        if number.is_null() {
            return Ok(None);
        }
        let to = number.as_u64().filter(|to| *to != id && desk.ticket(*to).is_some());
        to.map(Some).ok_or_else(|| {
            CwError::invalid("ticket", field, "InvalidReference", "The ticket was not found.")
        })
    };
    match path {
        "summary" => match value.as_str().map(str::trim) {
            Some(s) if !s.is_empty() && s.chars().count() <= 100 => Ok(Change::Summary(s.into())),
            _ => Err(CwError::invalid(
                "ticket",
                "summary",
                "InvalidFieldLength",
                "The field summary must have 1 to 100 characters.",
            )),
        },
        "status" | "status/id" | "status/name" => status(value).map(Change::Status),
        "parentTicketId" => other("parentTicketId").map(Change::Parent),
        "mergedParentTicket"
        | "mergedParentTicket/id"
        | "mergedIntoTicket"
        | "mergedIntoTicket/id" => other("mergedParentTicket").map(Change::MergedInto),
        "customerUpdatedFlag" => Ok(Change::CustomerUpdated(value.as_bool().unwrap_or(false))),
        other => Err(CwError::invalid(
            "ticket",
            other,
            "InvalidField",
            &format!("The field {other} does not exist or cannot be changed."),
        )),
    }
}

/// A status by reference, id or name, on the board.
fn status(value: &Value) -> Result<u32, CwError> {
    let id = value.get("id").unwrap_or(value).as_u64();
    let name = value.get("name").unwrap_or(value).as_str();
    STATUSES
        .iter()
        .find(|s| match (id, name) {
            (Some(id), _) => u64::from(s.0) == id,
            (None, Some(name)) => s.1.eq_ignore_ascii_case(name),
            (None, None) => false,
        })
        .map(|s| s.0)
        .ok_or_else(|| {
            CwError::invalid(
                "ticket",
                "status",
                "InvalidReference",
                &format!("The status was not found on board {BOARD_ID} ({BOARD})."),
            )
        })
}

fn ids(body: &Value, field: &str) -> Result<Vec<u64>, CwError> {
    let list = body.get(field).and_then(Value::as_array);
    let list = list.ok_or_else(|| CwError::missing("ticket", field))?;
    Ok(list.iter().filter_map(Value::as_u64).collect())
}

/// `POST /service/tickets/{id}/merge`: merges others into this one, and closes them when a status says so.
pub(super) async fn merge(
    State(cw): State<Cw>,
    _: Member,
    Path(id): Path<u64>,
    body: Bytes,
) -> Answer {
    let body = read_body(&body)?;
    let children = ids(&body, "mergeTicketIds")?;
    let to = body.get("status").map(status).transpose()?;
    adopt(&cw, id, &children, true)?;
    for child in children {
        if let Some(to) = to {
            cw.desk.set_status(child, to);
        }
        cw.desk.lock().announce(child, "updated", true);
    }
    show(&cw, id, StatusCode::OK)
}

/// `POST /service/tickets/{id}/attachChildren`
pub(super) async fn attach(
    State(cw): State<Cw>,
    _: Member,
    Path(id): Path<u64>,
    body: Bytes,
) -> Answer {
    let children = ids(&read_body(&body)?, "childTicketIds")?;
    adopt(&cw, id, &children, false)?;
    show(&cw, id, StatusCode::OK)
}

fn adopt(cw: &Cw, id: u64, children: &[u64], merge: bool) -> Result<(), CwError> {
    let mut desk = cw.desk.lock();
    for ticket in children.iter().chain([&id]) {
        desk.ticket(*ticket).ok_or_else(|| CwError::not_found("Ticket", ticket))?;
    }
    if children.contains(&id) {
        return Err(CwError::bad("A ticket cannot be its own parent."));
    }
    for child in children {
        if let Some(ticket) = desk.ticket_mut(*child) {
            if merge {
                ticket.merged_into = Some(id);
            } else {
                ticket.parent = Some(id);
            }
        }
        desk.touch(*child, MEMBER);
    }
    if let (Some(parent), false) = (desk.ticket_mut(id), children.is_empty()) {
        parent.has_child |= !merge;
        parent.has_merged_child |= merge;
    }
    desk.touch(id, MEMBER);
    Ok(())
}
