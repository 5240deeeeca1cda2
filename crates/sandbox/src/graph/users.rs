//! Users: reading, and the changes that account work makes.

use super::groups::{group_json, member_json};
use super::{Answer, Captured, Graph, GraphError, Query, Raw, Resource, Tenant, captured};
use crate::Secret;
use crate::effect::System;
use crate::world::{Company, Group, GroupKind, Person, PersonKind};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use domain::UnixMs;
use serde_json::{Map, Value, json};

/// What an answer holds when nothing is selected.
pub(super) const DEFAULTS: &[&str] = &[
    "id",
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

fn nullable(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

pub(super) fn stamp(at: UnixMs) -> String {
    UnixMs(at.0.div_euclid(1000) * 1000).to_string()
}

/// The whole user object.
pub(super) fn user_json(person: &Person) -> Value {
    json!({
        "id": person.id,
        "accountEnabled": person.enabled,
        "businessPhones": [],
        "createdDateTime": stamp(person.created_at),
        "department": nullable(&person.department),
        "displayName": person.display_name,
        "givenName": nullable(&person.given_name),
        "jobTitle": nullable(&person.title),
        "lastPasswordChangeDateTime": stamp(person.password_set_at),
        "mail": nullable(&person.mail),
        "mailNickname": person.short_name,
        "mobilePhone": nullable(&person.phone),
        "officeLocation": null,
        "onPremisesSyncEnabled": null,
        "otherMails": person.other_mails,
        "passwordPolicies": if person.kind == PersonKind::Human { "None" } else { "DisablePasswordExpiration" },
        "passwordProfile": {
            "password": null,
            "forceChangePasswordNextSignIn": person.must_change,
            "forceChangePasswordNextSignInWithMfa": false,
        },
        "preferredLanguage": "en-US",
        "surname": nullable(&person.surname),
        "userPrincipalName": person.login,
        "userType": "Member",
    })
}

/// A user by id or user principal name.
pub(super) fn find<'a>(company: &'a Company, id: &str) -> Result<&'a Person, GraphError> {
    company.person(id).or_else(|| company.by_login(id)).ok_or_else(|| GraphError::not_found(id))
}

fn with_manager(company: &Company, person: &Person, query: &Query) -> Value {
    let mut user = user_json(person);
    if query.expand.iter().any(|e| e.eq_ignore_ascii_case("manager")) {
        let manager = person.manager.as_deref().and_then(|m| company.person(m));
        if let (Some(manager), Some(object)) = (manager, user.as_object_mut()) {
            object.insert("manager".into(), member_json(manager));
        }
    }
    user
}

pub(super) async fn list(
    State(graph): State<Graph>,
    tenant: Tenant,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::User, false)?;
    let url = graph.url(&tenant, "/users");
    graph.read(&tenant, |c| {
        let users = c.people.iter().map(|p| with_manager(c, p, &query)).collect();
        Ok(Json(query.page(&url, users, Resource::User)).into_response())
    })
}

pub(super) async fn one(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::User, false)?;
    let context = graph.url(&tenant, "/$metadata#users/$entity");
    graph.read(&tenant, |c| {
        let person = find(c, &captured(&path, "id"))?;
        let mut user = query.project(with_manager(c, person, &query), Resource::User);
        if let Some(object) = user.as_object_mut() {
            object.insert("@odata.context".into(), json!(context));
        }
        Ok(Json(user).into_response())
    })
}

pub(super) async fn manager(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::User, false)?;
    graph.read(&tenant, |c| {
        let person = find(c, &captured(&path, "id"))?;
        let manager = person.manager.as_deref().and_then(|m| c.person(m));
        let manager = manager.ok_or_else(|| GraphError::not_found("manager"))?;
        let mut user = query.project(user_json(manager), Resource::User);
        if let Some(object) = user.as_object_mut() {
            object.insert("@odata.type".into(), json!("#microsoft.graph.user"));
        }
        Ok(Json(user).into_response())
    })
}

/// Groups and roles as a page of a relationship.
pub(super) fn parents_page(
    graph: &Graph,
    tenant: &Tenant,
    path: &str,
    query: &Query,
    of: impl FnOnce(&Company) -> Result<Vec<Value>, GraphError>,
) -> Answer {
    let url = graph.url(tenant, path);
    let parents = graph.read(tenant, of)?;
    Ok(Json(query.page(&url, parents, Resource::DirectoryObject)).into_response())
}

pub(super) async fn member_of(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::DirectoryObject, true)?;
    let id = captured(&path, "id");
    parents_page(&graph, &tenant, &format!("/users/{id}/memberOf"), &query, |c| {
        let person = find(c, &id)?;
        Ok(c.direct_parents(&person.id).into_iter().map(group_json).collect())
    })
}

pub(super) async fn transitive_member_of(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::DirectoryObject, true)?;
    let id = captured(&path, "id");
    parents_page(&graph, &tenant, &format!("/users/{id}/transitiveMemberOf"), &query, |c| {
        let person = find(c, &id)?;
        Ok(c.all_parents(&person.id).into_iter().map(group_json).collect())
    })
}

pub(super) async fn transitive_member_of_cast(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::Group, true)?;
    let (id, cast) = (captured(&path, "id"), captured(&path, "cast"));
    let keep: fn(&Group) -> bool = match cast.as_str() {
        "microsoft.graph.group" => |g| g.kind != GroupKind::Role,
        "microsoft.graph.directoryRole" => |g| g.kind == GroupKind::Role,
        other => {
            return Err(GraphError::bad(format!("Resource not found for the segment '{other}'.")));
        }
    };
    if !query.is_advanced() {
        return Err(GraphError::unsupported(
            "OData cast requires the 'ConsistencyLevel:eventual' header and the '$count=true' query parameter.",
        ));
    }
    parents_page(&graph, &tenant, &format!("/users/{id}/transitiveMemberOf/{cast}"), &query, |c| {
        let person = find(c, &id)?;
        Ok(c.all_parents(&person.id).into_iter().filter(|g| keep(g)).map(group_json).collect())
    })
}

pub(super) async fn devices(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::Device, true)?;
    let id = captured(&path, "id");
    let url = graph.url(&tenant, &format!("/users/{id}/ownedDevices"));
    graph.read(&tenant, |c| {
        let person = find(c, &id)?;
        let devices = c
            .devices_of(&person.id)
            .into_iter()
            .map(|d| {
                json!({
                    "@odata.type": "#microsoft.graph.device",
                    "id": d.id,
                    "deviceId": d.id,
                    "displayName": d.name,
                    "accountEnabled": true,
                    "approximateLastSignInDateTime": stamp(d.last_seen),
                    "isCompliant": true,
                    "isManaged": true,
                    "manufacturer": d.maker,
                    "model": d.model,
                    "operatingSystem": d.os,
                    "operatingSystemVersion": d.os_version,
                    "trustType": "AzureAd",
                })
            })
            .collect();
        Ok(Json(query.page(&url, devices, Resource::Device)).into_response())
    })
}

/// The change that a `PATCH` asks for.
#[derive(Default)]
struct Change {
    enabled: Option<bool>,
    must_change: Option<bool>,
    password: Option<Secret>,
}

pub(super) async fn update(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    body: Bytes,
) -> Answer {
    let body: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|_| GraphError::bad("Unable to read JSON request payload."))?;
    let (id, login) = graph.read(&tenant, |c| {
        let person = find(c, &captured(&path, "id"))?;
        Ok((person.id.clone(), person.login.clone()))
    })?;
    let change = change(&body, &login)?;
    let (world, client) = (&graph.world, tenant.client.as_str());
    if let Some(enabled) = change.enabled {
        world.set_enabled(client, &id, enabled, System::Graph);
    }
    match (change.password, change.must_change) {
        (Some(password), must) => {
            // The vendor's default after an administrator's reset.
            world.set_password(client, &id, password, must.unwrap_or(true), System::Graph);
        }
        (None, Some(must)) => {
            world.set_must_change(client, &id, must, System::Graph);
        }
        (None, None) => {}
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn change(body: &Map<String, Value>, login: &str) -> Result<Change, GraphError> {
    let mut change = Change::default();
    for (name, value) in body {
        let wrong = || {
            GraphError::bad(format!(
                "Invalid value specified for property '{name}' of resource 'User'."
            ))
        };
        match name.as_str() {
            "accountEnabled" => change.enabled = Some(value.as_bool().ok_or_else(wrong)?),
            "passwordProfile" => profile(value.as_object().ok_or_else(wrong)?, login, &mut change)?,
            "id" | "createdDateTime" | "lastPasswordChangeDateTime" => {
                return Err(GraphError::bad(format!(
                    "Property '{name}' is read-only and cannot be set."
                )));
            }
            other => {
                return Err(GraphError::bad(format!("Invalid property '{other}'.")));
            }
        }
    }
    Ok(change)
}

fn profile(
    profile: &Map<String, Value>,
    login: &str,
    change: &mut Change,
) -> Result<(), GraphError> {
    for (name, value) in profile {
        let wrong = || {
            GraphError::bad(format!(
                "Invalid value specified for property '{name}' of resource 'PasswordProfile'."
            ))
        };
        match name.as_str() {
            "forceChangePasswordNextSignIn" => {
                change.must_change = Some(value.as_bool().ok_or_else(wrong)?)
            }
            "forceChangePasswordNextSignInWithMfa" => {}
            "password" => {
                let password = value.as_str().ok_or_else(wrong)?;
                if !strong(password, login) {
                    return Err(GraphError::bad(
                        "The specified password does not comply with password complexity requirements. Please provide a different password.",
                    ));
                }
                change.password = Some(Secret::new(password));
            }
            other => return Err(GraphError::bad(format!("Invalid property '{other}'."))),
        }
    }
    Ok(())
}

/// At least 8 characters of three of four kinds, and not the user's name.
fn strong(password: &str, login: &str) -> bool {
    let name = login.split('@').next().unwrap_or_default().to_lowercase();
    let kinds = [
        password.chars().any(|c| c.is_ascii_lowercase()),
        password.chars().any(|c| c.is_ascii_uppercase()),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_ascii_alphanumeric()),
    ];
    (8..=256).contains(&password.chars().count())
        && kinds.iter().filter(|k| **k).count() >= 3
        && !password.to_lowercase().contains(&name)
}
