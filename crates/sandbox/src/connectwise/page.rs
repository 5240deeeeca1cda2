//! Conditions, order, fields and pages of a collection.

use super::conditions::{parse, reach};
use super::error::CwError;
use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::cmp::Ordering;
use std::collections::BTreeMap;

const DEFAULT_PAGE: usize = 25;
const LARGEST_PAGE: usize = 1000;

/// The query of a request, names in any case.
pub(super) type Raw = axum::extract::Query<BTreeMap<String, String>>;

fn option<'a>(raw: &'a Raw, name: &str) -> Option<&'a str> {
    raw.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
}

fn number(raw: &Raw, name: &str, default: usize) -> Result<usize, CwError> {
    match option(raw, name) {
        None => Ok(default),
        Some(text) => text.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
            CwError::bad(format!("{name} must be a positive number, but is '{text}'"))
        }),
    }
}

/// The objects that the conditions leave, in order.
fn select(raw: &Raw, mut objects: Vec<Value>) -> Result<Vec<Value>, CwError> {
    for name in ["conditions", "childConditions"] {
        if let Some(text) = option(raw, name).filter(|t| !t.trim().is_empty()) {
            let condition = parse(text)?;
            objects.retain(|o| condition.matches(o));
        }
    }
    if let Some(order) = option(raw, "orderBy") {
        for key in order.rsplit(',') {
            let mut words = key.split_whitespace();
            let path = words.next().unwrap_or_default();
            let descending = words.next().is_some_and(|w| w.eq_ignore_ascii_case("desc"));
            objects.sort_by(|a, b| {
                let order = sort_order(a, b, path);
                if descending { order.reverse() } else { order }
            });
        }
    }
    Ok(objects)
}

fn sort_order(a: &Value, b: &Value, path: &str) -> Ordering {
    let (a, b) = (reach(a, path), reach(b, path));
    match (a.first(), b.first()) {
        (Some(a), Some(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => a.as_str().unwrap_or_default().cmp(b.as_str().unwrap_or_default()),
        },
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// One page of the collection at `url`, with `Link` to the others.
pub(super) fn page(raw: &Raw, url: &str, objects: Vec<Value>) -> Result<Response, CwError> {
    let size = number(raw, "pageSize", DEFAULT_PAGE)?.min(LARGEST_PAGE);
    let page = number(raw, "page", 1)?;
    let objects = select(raw, objects)?;
    let last = objects.len().div_ceil(size).max(1);
    let fields = option(raw, "fields").map(|f| f.split(',').map(str::trim).collect::<Vec<_>>());
    let skip = (page - 1).saturating_mul(size);
    let items: Vec<Value> = objects
        .into_iter()
        .skip(skip)
        .take(size)
        .map(|o| match &fields {
            Some(fields) => pick(&o, fields),
            None => o,
        })
        .collect();
    let mut answer = Json(items).into_response();
    let mut links = Vec::new();
    for (rel, to, wanted) in [
        ("next", page + 1, page < last),
        ("prev", page.saturating_sub(1), page > 1),
        ("first", 1, page > 1),
        ("last", last, page < last),
    ] {
        if wanted {
            links.push(format!("<{}>; rel=\"{rel}\"", address(raw, url, to, size)));
        }
    }
    if let Ok(value) = HeaderValue::from_str(&links.join(", "))
        && !links.is_empty()
    {
        answer.headers_mut().insert(header::LINK, value);
    }
    Ok(answer)
}

/// How many objects the conditions leave.
pub(super) fn count(raw: &Raw, objects: Vec<Value>) -> Result<Response, CwError> {
    Ok(Json(json!({"count": select(raw, objects)?.len()})).into_response())
}

fn pick(object: &Value, fields: &[&str]) -> Value {
    let Some(all) = object.as_object() else { return object.clone() };
    let wanted = |key: &str| fields.iter().any(|f| f.split('/').next() == Some(key));
    Value::Object(
        all.iter()
            .filter(|(k, _)| wanted(k))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect::<Map<_, _>>(),
    )
}

fn address(raw: &Raw, url: &str, page: usize, size: usize) -> String {
    let mut out = format!("{url}?");
    let fixed = |k: &str| k.eq_ignore_ascii_case("page") || k.eq_ignore_ascii_case("pageSize");
    for (name, value) in raw.iter().filter(|(k, _)| !fixed(k)) {
        out.push_str(&format!("{name}={}&", encode(value)));
    }
    out.push_str(&format!("pageSize={size}&page={page}"));
    out
}

fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
