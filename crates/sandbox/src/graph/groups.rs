//! Groups, owners and members.

use super::users::{find, parents_page, stamp};
use super::{Answer, Captured, Graph, GraphError, Query, Raw, Resource, Tenant, captured};
use crate::effect::System;
use crate::world::{Company, Group, GroupKind, MemberError, Person};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use domain::UnixMs;
use serde_json::{Value, json};

/// A group or role as a directory object.
pub(super) fn group_json(group: &Group) -> Value {
    if group.kind == GroupKind::Role {
        return json!({
            "@odata.type": "#microsoft.graph.directoryRole",
            "id": group.id,
            "displayName": group.name,
            "description": group.description,
            "roleTemplateId": group.id,
        });
    }
    let mail = group.kind == GroupKind::Mail;
    let nick: String = group.name.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    json!({
        "@odata.type": "#microsoft.graph.group",
        "id": group.id,
        "createdDateTime": stamp(UnixMs(1_700_000_000_000)),
        "description": group.description,
        "displayName": group.name,
        "groupTypes": if mail { json!(["Unified"]) } else { json!([]) },
        "isAssignableToRole": group.role_assignable.then_some(true),
        "mail": null,
        "mailEnabled": mail,
        "mailNickname": nick,
        "membershipRule": null,
        "onPremisesSyncEnabled": null,
        "securityEnabled": !mail,
        "visibility": null,
    })
}

/// A user as a member or owner.
pub(super) fn member_json(person: &Person) -> Value {
    let mut user = super::users::user_json(person);
    if let Some(object) = user.as_object_mut() {
        object.retain(|k, _| super::users::DEFAULTS.contains(&k.as_str()));
        object.insert("@odata.type".into(), json!("#microsoft.graph.user"));
    }
    user
}

fn real<'a>(company: &'a Company, id: &str) -> Result<&'a Group, GraphError> {
    company.group(id).filter(|g| g.kind != GroupKind::Role).ok_or_else(|| GraphError::not_found(id))
}

fn with_owners(company: &Company, group: &Group, query: &Query) -> Value {
    let mut object = group_json(group);
    if let (true, Some(object)) =
        (query.expand.iter().any(|e| e.eq_ignore_ascii_case("owners")), object.as_object_mut())
    {
        object.insert("owners".into(), Value::Array(people(company, &group.owners)));
    }
    object
}

fn people(company: &Company, ids: &[String]) -> Vec<Value> {
    ids.iter()
        .filter_map(|id| {
            company.person(id).map(member_json).or_else(|| company.group(id).map(group_json))
        })
        .collect()
}

pub(super) async fn list(
    State(graph): State<Graph>,
    tenant: Tenant,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::Group, false)?;
    let url = graph.url(&tenant, "/groups");
    graph.read(&tenant, |c| {
        let groups = c
            .groups
            .iter()
            .filter(|g| g.kind != GroupKind::Role)
            .map(|g| without_type(with_owners(c, g, &query)))
            .collect();
        Ok(Json(query.page(&url, groups, Resource::Group)).into_response())
    })
}

/// Collections of one kind do not name it on every object.
fn without_type(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.remove("@odata.type");
    }
    object
}

pub(super) async fn one(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::Group, false)?;
    let context = graph.url(&tenant, "/$metadata#groups/$entity");
    graph.read(&tenant, |c| {
        let group = real(c, &captured(&path, "id"))?;
        let mut object =
            query.project(without_type(with_owners(c, group, &query)), Resource::Group);
        if let Some(object) = object.as_object_mut() {
            object.insert("@odata.context".into(), json!(context));
        }
        Ok(Json(object).into_response())
    })
}

pub(super) async fn owners(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::DirectoryObject, true)?;
    let id = captured(&path, "id");
    parents_page(&graph, &tenant, &format!("/groups/{id}/owners"), &query, |c| {
        Ok(people(c, &real(c, &id)?.owners))
    })
}

pub(super) async fn members(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::DirectoryObject, true)?;
    let id = captured(&path, "id");
    parents_page(&graph, &tenant, &format!("/groups/{id}/members"), &query, |c| {
        Ok(people(c, &real(c, &id)?.members))
    })
}

pub(super) async fn transitive_members(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    headers: HeaderMap,
    raw: Raw,
) -> Answer {
    let query = Query::parse(raw.0, &headers, Resource::DirectoryObject, true)?;
    let id = captured(&path, "id");
    parents_page(&graph, &tenant, &format!("/groups/{id}/transitiveMembers"), &query, |c| {
        let mut all = real(c, &id)?.members.clone();
        let mut next = 0;
        while let Some(id) = all.get(next).cloned() {
            for member in c.group(&id).map(|g| g.members.as_slice()).unwrap_or_default() {
                if !all.contains(member) {
                    all.push(member.clone());
                }
            }
            next += 1;
        }
        Ok(people(c, &all))
    })
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
    parents_page(&graph, &tenant, &format!("/groups/{id}/memberOf"), &query, |c| {
        let group = real(c, &id)?;
        Ok(c.direct_parents(&group.id).into_iter().map(group_json).collect())
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
    parents_page(&graph, &tenant, &format!("/groups/{id}/transitiveMemberOf"), &query, |c| {
        let group = real(c, &id)?;
        Ok(c.all_parents(&group.id).into_iter().map(group_json).collect())
    })
}

pub(super) async fn add_member(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
    body: Bytes,
) -> Answer {
    let body: Value = serde_json::from_slice(&body)
        .map_err(|_| GraphError::bad("Unable to read JSON request payload."))?;
    let reference = body.get("@odata.id").and_then(Value::as_str).ok_or_else(|| {
        GraphError::bad("A value without a type name was found: '@odata.id' is required.")
    })?;
    let member = reference.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let id = captured(&path, "id");
    let (group, member) = graph.read(&tenant, |c| {
        let group = real(c, &id)?.id.clone();
        let member = match c.group(&member) {
            Some(inner) => inner.id.clone(),
            None => find(c, &member)?.id.clone(),
        };
        Ok((group, member))
    })?;
    match graph.world.add_member(&tenant.client, &group, &member, System::Graph) {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(MemberError::AlreadyMember) => Err(GraphError::bad(
            "One or more added object references already exist for the following modified properties: 'members'.",
        )),
        Err(_) => Err(GraphError::not_found(&member)),
    }
}

pub(super) async fn remove_member(
    State(graph): State<Graph>,
    tenant: Tenant,
    path: Captured,
) -> Answer {
    let (id, member) = (captured(&path, "id"), captured(&path, "member"));
    let group = graph.read(&tenant, |c| Ok(real(c, &id)?.id.clone()))?;
    match graph.world.remove_member(&tenant.client, &group, &member, System::Graph) {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(GraphError::not_found(&member)),
    }
}
