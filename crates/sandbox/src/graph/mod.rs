//! Microsoft Graph v1.0 stand-in: the part that account work needs, written from the published API.
//!
//! State is kept in the shared world. What an over-privileged application could do is allowed here
//! too, so that a wrong change shows up in the audit instead of being stopped by the stand-in.

mod error;
mod filter;
mod groups;
mod query;
mod token;
mod users;

pub(crate) use error::{GraphError, refusal};

use crate::keys::Keys;
use crate::now;
use crate::world::{Company, WorldHandle};
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use query::{Query, Resource};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use token::Token;

/// What every handler shares.
#[derive(Clone)]
struct Graph {
    world: WorldHandle,
    keys: Arc<Keys>,
    base_url: Arc<str>,
    token_lifetime_s: u64,
    tokens: Arc<Mutex<HashMap<String, Token>>>,
}

impl Graph {
    fn remember(&self, text: String, token: Token) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, t| t.expires_at.plus_ms(3_600_000) > now());
        tokens.insert(text, token);
    }

    fn read<T>(
        &self,
        tenant: &Tenant,
        read: impl FnOnce(&Company) -> Result<T, GraphError>,
    ) -> Result<T, GraphError> {
        self.world
            .company(&tenant.client, read)
            .unwrap_or_else(|| Err(GraphError::token("The tenant of the token does not exist.")))
    }

    /// Address of a path below `/v1.0`.
    fn url(&self, tenant: &Tenant, path: &str) -> String {
        format!("{}/graph/{}/v1.0{path}", self.base_url, tenant.tenant)
    }
}

/// Proof that the request carries a valid token of the tenant in its path.
struct Tenant {
    client: String,
    tenant: String,
}

impl FromRequestParts<Graph> for Tenant {
    type Rejection = GraphError;

    async fn from_request_parts(parts: &mut Parts, graph: &Graph) -> Result<Self, GraphError> {
        let bearer = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim().to_owned())
            .filter(|t| !t.is_empty())
            .ok_or_else(|| GraphError::token("Access token is empty."))?;
        let path = Captured::from_request_parts(parts, graph).await;
        let place = path.map(|p| captured(&p, "tenant")).unwrap_or_default();
        let tokens = graph.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let token = tokens
            .get(&bearer)
            .ok_or_else(|| GraphError::token("IDX14100: JWT is not well formed."))?;
        if token.expires_at <= now() {
            return Err(GraphError::token("Lifetime validation failed, the token is expired."));
        }
        if !token.tenant.eq_ignore_ascii_case(&place) {
            return Err(GraphError::token("The token was issued for another tenant."));
        }
        let tenant = token.tenant.clone();
        let client = graph.world.read(|w| w.tenant(&tenant).map(|c| c.id.as_str().to_owned()));
        let client = client.ok_or_else(|| GraphError::token("Invalid tenant."))?;
        Ok(Tenant { client, tenant })
    }
}

type Raw = axum::extract::Query<BTreeMap<String, String>>;
type Answer = Result<Response, GraphError>;

/// Every route of the stand-in.
pub(crate) fn router(
    base_url: &str,
    world: &WorldHandle,
    keys: &Keys,
    token_lifetime_s: u64,
) -> Router {
    let graph = Graph {
        world: world.clone(),
        keys: Arc::new(keys.clone()),
        base_url: base_url.into(),
        token_lifetime_s,
        tokens: Arc::default(),
    };
    let v1 = Router::new()
        .route("/organization", get(organization))
        .route("/subscribedSkus", get(subscribed_skus))
        .route("/users", get(users::list))
        .route("/users/{id}", get(users::one).patch(users::update))
        .route("/users/{id}/manager", get(users::manager))
        .route("/users/{id}/memberOf", get(users::member_of))
        .route("/users/{id}/transitiveMemberOf", get(users::transitive_member_of))
        .route("/users/{id}/transitiveMemberOf/{cast}", get(users::transitive_member_of_cast))
        .route("/users/{id}/ownedDevices", get(users::devices))
        .route("/users/{id}/registeredDevices", get(users::devices))
        .route("/groups", get(groups::list))
        .route("/groups/{id}", get(groups::one))
        .route("/groups/{id}/owners", get(groups::owners))
        .route("/groups/{id}/members", get(groups::members))
        .route("/groups/{id}/memberOf", get(groups::member_of))
        .route("/groups/{id}/transitiveMemberOf", get(groups::transitive_member_of))
        .route("/groups/{id}/transitiveMembers", get(groups::transitive_members))
        .route("/groups/{id}/members/$ref", post(groups::add_member))
        .route("/groups/{id}/members/{member}/$ref", delete(groups::remove_member))
        .fallback(no_segment)
        .method_not_allowed_fallback(wrong_method);
    Router::new()
        .route("/login/{tenant}/oauth2/v2.0/token", post(token::token))
        .nest("/graph/{tenant}/v1.0", v1)
        .with_state(graph)
}

async fn no_segment(uri: axum::http::Uri) -> GraphError {
    let last = uri.path().rsplit('/').next().unwrap_or_default();
    GraphError::bad(format!("Resource not found for the segment '{last}'."))
}

async fn wrong_method() -> GraphError {
    GraphError::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
    )
}

async fn organization(
    State(graph): State<Graph>,
    tenant: Tenant,
) -> Result<Json<Value>, GraphError> {
    let context = graph.url(&tenant, "/$metadata#organization");
    graph.read(&tenant, |c| {
        Ok(Json(json!({
            "@odata.context": context,
            "value": [{
                "id": c.tenant,
                "displayName": c.name,
                "verifiedDomains": [
                    {"name": c.domain, "isDefault": true, "isInitial": false, "type": "Managed"}
                ],
                "tenantType": "AAD",
            }]
        })))
    })
}

async fn subscribed_skus(
    State(graph): State<Graph>,
    tenant: Tenant,
) -> Result<Json<Value>, GraphError> {
    let context = graph.url(&tenant, "/$metadata#subscribedSkus");
    graph.read(&tenant, |c| {
        let skus: Vec<Value> = c
            .licences
            .iter()
            .map(|l| {
                json!({
                    "id": format!("{}_{}", c.tenant, l.sku_id),
                    "skuId": l.sku_id,
                    "skuPartNumber": l.part_number,
                    "capabilityStatus": "Enabled",
                    "appliesTo": "User",
                    "consumedUnits": l.used,
                    "prepaidUnits": {"enabled": l.total, "suspended": 0, "warning": 0},
                })
            })
            .collect();
        Ok(Json(json!({"@odata.context": context, "value": skus})))
    })
}

/// Path of a nested route: the tenant, and what the route itself captures.
type Captured = Path<HashMap<String, String>>;

fn captured(path: &Captured, name: &str) -> String {
    path.get(name).cloned().unwrap_or_default()
}
