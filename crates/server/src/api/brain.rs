//! What a brain may: its own limits, the actions and clients within its scope.

use super::{Api, caller::Caller, openapi::ReadProblems, schema};
use axum::{Json, extract::State};
use domain::{ActionKind, Scorecard};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// The caller's own limits.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BrainResource {
    /// Its id.
    id: String,
    /// Its name for people.
    name: String,
    /// Who answers for it, and may not approve what it asks for.
    owner: String,
    /// Clients that it may act for.
    clients: Vec<String>,
    /// Kinds of action that it may ask for.
    actions: Vec<&'static str>,
    /// A request riskier than this is for people only: low, medium, high or critical.
    ceiling: &'static str,
    /// Calls within a minute, reads included; 0 is no limit.
    rate_per_min: u32,
}

/// One kind of action.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActionKindResource {
    /// Its name.
    kind: &'static str,
    /// Whether it changes anything.
    write: bool,
    /// No promotion brings its risk below this.
    floor: &'static str,
    /// Why it has the risk that it starts from.
    scorecard: ScorecardResource,
    /// The facts that the platform reads before it judges.
    needs: Vec<String>,
    /// What could go wrong.
    risk: &'static str,
    /// How it is undone.
    undo: Option<&'static str>,
    /// JSON Schema of its parameters.
    #[schema(value_type = Object)]
    parameters: Value,
}

/// Each value is 1 (harmless) to 5 (grave).
#[derive(Debug, Serialize, ToSchema)]
struct ScorecardResource {
    /// How hard it is to undo.
    reversibility: u8,
    /// How many people one call touches.
    blast_radius: u8,
    /// How closely auditors look.
    compliance_sensitivity: u8,
    /// How often it is asked.
    frequency: u8,
    /// The rationale.
    rationale: &'static str,
}

/// One client.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClientResource {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
}

/// Ids and names of the clients that a caller may act for.
fn clients(api: &Api, caller: &Caller) -> Vec<ClientResource> {
    let parts = api.app.parts();
    let all = parts.clients.values().filter(|c| caller.may_for(&c.id));
    all.map(|c| ClientResource { id: c.id.to_string(), name: c.name.clone() }).collect()
}

/// Who you are and what your limits are.
#[utoipa::path(get, path = "/brain", operation_id = "brain", tag = "brain",
    responses((status = 200, description = "Your limits", body = BrainResource), ReadProblems))]
pub(super) async fn get(State(api): State<Arc<Api>>, caller: Caller) -> Json<BrainResource> {
    Json(BrainResource {
        id: caller.0.id.to_string(),
        name: caller.0.name.clone(),
        owner: caller.0.owner.to_string(),
        clients: clients(&api, &caller).into_iter().map(|c| c.id).collect(),
        actions: caller.kinds().map(ActionKind::name).collect(),
        ceiling: caller.0.ceiling.name(),
        rate_per_min: caller.0.rate_per_min,
    })
}

/// Every kind of action that you may ask for, with its risk and its parameters.
#[utoipa::path(get, path = "/actions", operation_id = "actions", tag = "brain",
    responses((status = 200, description = "The catalogue", body = Vec<ActionKindResource>), ReadProblems))]
pub(super) async fn actions(caller: Caller) -> Json<Vec<ActionKindResource>> {
    Json(caller.kinds().map(of_kind).collect())
}

/// The clients that you may act for.
#[utoipa::path(get, path = "/clients", operation_id = "clients", tag = "brain",
    responses((status = 200, description = "The clients", body = Vec<ClientResource>), ReadProblems))]
pub(super) async fn of_clients(
    State(api): State<Arc<Api>>,
    caller: Caller,
) -> Json<Vec<ClientResource>> {
    Json(clients(&api, &caller))
}

fn of_kind(kind: ActionKind) -> ActionKindResource {
    let Scorecard { reversibility, blast_radius, compliance_sensitivity, frequency, rationale } =
        kind.scorecard();
    ActionKindResource {
        kind: kind.name(),
        write: kind.is_write(),
        floor: kind.floor().name(),
        scorecard: ScorecardResource {
            reversibility,
            blast_radius,
            compliance_sensitivity,
            frequency,
            rationale,
        },
        needs: kind.needs().iter().map(|n| format!("{n:?}").to_lowercase()).collect(),
        risk: kind.risk(),
        undo: kind.undo(),
        parameters: schema::parameters(kind),
    }
}
