//! Requests: submit, look, wait, take back, and what came of them.

use super::{
    Api, answer,
    body::JsonBody,
    caller::Caller,
    check,
    openapi::{Asks, ReadProblems, WriteProblems},
    problem::Problem,
    resource::{RequestResource, Status, rests},
    submit,
};
use crate::clock;
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use domain::{Actor, Event};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// How long a submission waits by itself, in milliseconds.
const WAIT_MS: u64 = 2_000;

/// How long to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Waits {
    /// Milliseconds to wait at most until the request is held or settled.
    #[param(minimum = 0, maximum = 60000, default = 2000)]
    wait_ms: Option<u64>,
}

/// How long to wait, and for what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitsSince {
    /// Milliseconds to wait at most.
    #[param(minimum = 0, maximum = 60000, default = 0)]
    wait_ms: Option<u64>,
    /// Wait for a version after this one; the present one when absent.
    #[param(minimum = 0, maximum = 4_294_967_295_u32)]
    since_version: Option<u32>,
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// `next` of the page before.
    #[param(pattern = "^[0-9]{1,15}[.][0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    after: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
}

/// One page of requests, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestPage {
    /// The requests.
    requests: Vec<RequestResource>,
    /// Where the next page begins; absent at the end.
    next: Option<String>,
}

/// What came of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutcomeResource {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// What came of it as a whole.
    status: Status,
    /// In plain words.
    because: String,
    /// When it ended.
    #[schema(format = "date-time")]
    settled_at: String,
    /// What came of each action.
    actions: Vec<ActionOutcome>,
}

/// What came of one action.
#[derive(Debug, Serialize, ToSchema)]
struct ActionOutcome {
    /// What ran, or would have.
    sentence: String,
    /// Its digest.
    digest: String,
    /// What came of it.
    status: Status,
    /// Why, in plain words.
    because: Option<String>,
    /// What reading the system back showed.
    evidence: Option<String>,
}

fn wait_ms(given: Option<u64>, otherwise: u64) -> Result<u64, Problem> {
    match given.unwrap_or(otherwise) {
        ms if ms <= answer::MOST_WAIT_MS => Ok(ms),
        ms => {
            let detail = format!("wait_ms is {ms}; 0 to {} is right.", answer::MOST_WAIT_MS);
            Err(Problem::bad_request("wait_ms", detail))
        }
    }
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut sent = headers.get_all("idempotency-key").iter();
    let wrong = |detail: &str| Err(Problem::bad_request("idempotency_key", detail));
    let (Some(one), None) = (sent.next(), sent.next()) else {
        return wrong("Send exactly one `Idempotency-Key` header, a new one for each new request.");
    };
    match one.to_str() {
        Ok(text)
            if (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            Ok(text.to_owned())
        }
        _ => wrong("The Idempotency-Key has to be 1 to 128 visible ASCII characters."),
    }
}

/// Asks for actions. The gate judges each; what needs a person waits for one.
///
/// The answer comes as soon as the request is held or settled, or when `wait_ms` are over. The same
/// Idempotency-Key with the same body is the same request, for a day.
#[utoipa::path(post, path = "/requests", operation_id = "submit", tag = "requests",
    request_body(content = SubmitBody, content_type = "application/json"),
    params(Waits, ("Idempotency-Key" = IdempotencyKey, Header, description = "A new one for each new request")),
    responses((status = 202, description = "Taken in", body = RequestResource),
        (status = 200, description = "Taken in before with this key; how it stands", body = RequestResource), WriteProblems))]
pub(super) async fn post(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Asks(waits): Asks<Waits>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<RequestResource>), Problem> {
    let wait_ms = wait_ms(waits.wait_ms, WAIT_MS)?;
    let key = key(&headers)?;
    let asked = check::asked(&body)?;
    let client = asked.client.clone();
    let taken = submit::submit(&api, &caller, asked, key).await?;
    let resource = answer::wait(&api, &client, taken.case, wait_ms, rests).await?;
    let status = if taken.again { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(resource)))
}

/// How a request stands; with `wait_ms`, as soon as something happens to it.
#[utoipa::path(get, path = "/requests/{id}", operation_id = "status", tag = "requests",
    params(("id" = String, Path, description = "The request"), WaitsSince),
    responses((status = 200, description = "How it stands", body = RequestResource), ReadProblems))]
pub(super) async fn get(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
    Asks(waits): Asks<WaitsSince>,
) -> Result<Json<RequestResource>, Problem> {
    let wait_ms = wait_ms(waits.wait_ms, 0)?;
    let (client, case) = answer::own(&api, &caller, &id).await?;
    let since = match waits.since_version {
        Some(version) => u64::from(version),
        None => answer::read(&api, &client, case).await?.version,
    };
    let news = |r: &RequestResource| r.version > since || r.settled_at.is_some();
    answer::wait(&api, &client, case, wait_ms, news).await.map(Json)
}

/// Your requests, newest first.
#[utoipa::path(get, path = "/requests", operation_id = "list", tag = "requests", params(Part),
    responses((status = 200, description = "One page", body = RequestPage), ReadProblems))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Asks(part): Asks<Part>,
) -> Result<Json<RequestPage>, Problem> {
    let limit = part.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Problem::bad_request("limit", format!("limit is {limit}; 1 to 100 is right.")));
    }
    let after = match part.after.as_deref().map(str::parse) {
        None => None,
        Some(Ok(cursor)) => Some(cursor),
        Some(Err(why)) => return Err(Problem::bad_request("after", format!("after: {why}."))),
    };
    let rows = api.app.store.requests_of(&caller.0.id, after, limit).await?;
    let full = u32::try_from(rows.len()) == Ok(limit);
    let next = rows.last().filter(|_| full).map(|r| r.cursor().to_string());
    let mut requests = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|r| caller.may_for(&r.client)) {
        requests.push(answer::read(&api, &row.client, row.id).await?);
    }
    Ok(Json(RequestPage { requests, next }))
}

/// Takes a request back. What has begun is finished; nothing else begins.
#[utoipa::path(post, path = "/requests/{id}/withdraw", operation_id = "withdraw", tag = "requests",
    params(("id" = String, Path, description = "The request")),
    request_body(content = WithdrawBody, content_type = "application/json"),
    responses((status = 200, description = "How it stands", body = RequestResource),
        (status = 409, description = "It is settled: there is nothing to take back", body = Problem, content_type = "application/problem+json"), WriteProblems))]
pub(super) async fn withdraw(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<RequestResource>, Problem> {
    let reason = check::withdrawal(&body)?;
    take_back(&api, &caller, &id, reason).await.map(Json)
}

/// Takes a request back, for REST and MCP alike.
pub(crate) async fn take_back(
    api: &Api,
    caller: &Caller,
    id: &str,
    reason: String,
) -> Result<RequestResource, Problem> {
    let (client, case) = answer::own(api, caller, id).await?;
    let now = answer::read(api, &client, case).await?;
    if now.status == Status::Withdrawn {
        return Ok(now);
    }
    if now.settled_at.is_some() {
        let detail = format!(
            "The request is settled ({}): there is nothing to take back.",
            now.status.name()
        );
        return Err(Problem::conflict("settled", detail));
    }
    let actor = Actor::Brain(caller.0.id.clone());
    let event = Event::Withdrawn { reason };
    let store = &api.app.store;
    store.record(&client, case, actor, vec![event], vec![], true, clock::now()).await?;
    api.app.due.notify_one();
    api.app.tell(&client, case);
    answer::wait(api, &client, case, WAIT_MS, |r| r.settled_at.is_some()).await
}

/// What came of a request, once nothing more happens to it.
#[utoipa::path(get, path = "/requests/{id}/outcome", operation_id = "outcome", tag = "requests",
    params(("id" = String, Path, description = "The request")),
    responses((status = 200, description = "What came of it", body = OutcomeResource),
        (status = 409, description = "It is not settled yet", body = Problem, content_type = "application/problem+json"), ReadProblems))]
pub(super) async fn outcome(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<OutcomeResource>, Problem> {
    let (client, case) = answer::own(&api, &caller, &id).await?;
    let now = answer::read(&api, &client, case).await?;
    let Some(settled_at) = now.settled_at else {
        let detail = format!(
            "The request is {}; GET /api/v1/requests/{case}?wait_ms=60000 waits for news.",
            now.status.name()
        );
        return Err(Problem::conflict("not_settled", detail));
    };
    let actions = now.actions.into_iter().map(|a| ActionOutcome {
        sentence: a.sentence,
        digest: a.digest,
        status: a.status,
        because: a.because,
        evidence: a.evidence,
    });
    Ok(Json(OutcomeResource {
        id: now.id,
        status: now.status,
        because: now.because.unwrap_or_default(),
        settled_at,
        actions: actions.collect(),
    }))
}

/// Stands for the body's schema, which is made from the shapes.
#[derive(ToSchema)]
pub(super) struct SubmitBody;
/// Stands for the body's schema, which is made from the shapes.
#[derive(ToSchema)]
pub(super) struct WithdrawBody;
/// Stands for the header's schema.
#[derive(ToSchema)]
pub(super) struct IdempotencyKey;
