//! Companies, contacts, boards, members: read only.

use super::desk::{BOARD, BOARD_ID, Desk, MEMBER, STATUSES};
use super::page::page;
use super::records::{Company, Contact};
use super::{Answer, Cw, CwError, Member, Raw};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde_json::{Value, json};

const STARTED: &str = "2025-01-15T09:00:00Z";

pub(super) async fn info(_: Member) -> Json<Value> {
    Json(json!({
        "version": "v2025.1.113412",
        "isCloud": true,
        "serverTimeZone": "Eastern Standard Time",
        "cloudRegion": "NA",
        "licenseBits": [],
    }))
}

pub(super) async fn members(State(cw): State<Cw>, _: Member, raw: Raw) -> Answer {
    let member = |id: u32, identifier: &str, first: &str, last: &str, license: &str| {
        json!({
            "id": id, "identifier": identifier, "firstName": first, "lastName": last,
            "licenseClass": license, "inactiveFlag": false,
        })
    };
    let all = vec![
        member(150, MEMBER, "Journeyman", "API", "A"),
        member(151, "dpark", "Dana", "Park", "F"),
        member(152, "lmoss", "Lee", "Moss", "F"),
    ];
    page(&raw, &cw.url("/system/members"), all)
}

fn company_json(company: &Company) -> Value {
    json!({
        "id": company.id,
        "identifier": company.identifier,
        "name": company.name,
        "status": {"id": 1, "name": "Active"},
        "deletedFlag": false,
        "_info": {"lastUpdated": STARTED, "updatedBy": "setup"},
    })
}

pub(super) fn company_ref(company: &Company) -> Value {
    json!({"id": company.id, "identifier": company.identifier, "name": company.name})
}

pub(super) async fn companies(State(cw): State<Cw>, _: Member, raw: Raw) -> Answer {
    let all = cw.desk.lock().companies.iter().map(company_json).collect();
    page(&raw, &cw.url("/company/companies"), all)
}

pub(super) async fn company(State(cw): State<Cw>, _: Member, Path(id): Path<u32>) -> Answer {
    let desk = cw.desk.lock();
    let company = desk.company(id).ok_or_else(|| CwError::not_found("Company", id))?;
    Ok(Json(company_json(company)).into_response())
}

fn contact_json(desk: &Desk, contact: &Contact) -> Value {
    let mut items: Vec<Value> = contact
        .emails
        .iter()
        .enumerate()
        .map(|(place, email)| {
            let (kind, name) = if place == 0 { (1, "Email") } else { (8, "Email (private)") };
            json!({
                "id": u64::from(contact.id) * 10 + place as u64,
                "type": {"id": kind, "name": name},
                "value": email,
                "defaultFlag": place == 0,
                "domain": email.split_once('@').map(|(_, d)| format!("@{d}")),
                "communicationType": "Email",
            })
        })
        .collect();
    items.push(json!({
        "id": u64::from(contact.id) * 10 + 9,
        "type": {"id": 4, "name": "Cell"},
        "value": contact.phone,
        "defaultFlag": true,
        "communicationType": "Phone",
    }));
    json!({
        "id": contact.id,
        "firstName": contact.first,
        "lastName": contact.last,
        "title": contact.title,
        "company": desk.company(contact.company).map(company_ref),
        "inactiveFlag": false,
        "communicationItems": items,
        "_info": {"lastUpdated": STARTED, "updatedBy": "setup"},
    })
}

pub(super) fn contact_ref(contact: &Contact) -> Value {
    json!({"id": contact.id, "name": format!("{} {}", contact.first, contact.last)})
}

pub(super) async fn contacts(State(cw): State<Cw>, _: Member, raw: Raw) -> Answer {
    let all = {
        let desk = cw.desk.lock();
        desk.contacts.iter().map(|c| contact_json(&desk, c)).collect()
    };
    page(&raw, &cw.url("/company/contacts"), all)
}

pub(super) async fn contact(State(cw): State<Cw>, _: Member, Path(id): Path<u32>) -> Answer {
    let desk = cw.desk.lock();
    let contact = desk.contact(id).ok_or_else(|| CwError::not_found("Contact", id))?;
    Ok(Json(contact_json(&desk, contact)).into_response())
}

pub(super) fn board_ref() -> Value {
    json!({"id": BOARD_ID, "name": BOARD})
}

pub(super) async fn boards(State(cw): State<Cw>, _: Member, raw: Raw) -> Answer {
    let all = vec![
        json!({"id": BOARD_ID, "name": BOARD, "inactiveFlag": false, "projectFlag": false}),
        json!({"id": 2, "name": "Projects", "inactiveFlag": false, "projectFlag": true}),
    ];
    page(&raw, &cw.url("/service/boards"), all)
}

pub(super) async fn statuses(
    State(cw): State<Cw>,
    _: Member,
    Path(id): Path<u32>,
    raw: Raw,
) -> Answer {
    if id != BOARD_ID {
        return Err(CwError::not_found("Board", id));
    }
    let all = STATUSES
        .iter()
        .enumerate()
        .map(|(place, (status, name, closed, _))| {
            json!({
                "id": status,
                "name": name,
                "boardId": BOARD_ID,
                "sortOrder": place * 10,
                "displayOnBoard": !closed,
                "inactive": false,
                "closedStatus": closed,
                "closedFlag": closed,
                "defaultFlag": place == 0,
            })
        })
        .collect();
    page(&raw, &cw.url(&format!("/service/boards/{id}/statuses")), all)
}
