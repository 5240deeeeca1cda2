//! Reading columns back into what they were written from.

use crate::{StoreError, sql::Row, writer::Fault};
use domain::{
    ActionKind, AttemptId, BrainId, BreakerMode, CaseId, ClientId, IdError, PersonId, Tier, UnixMs,
};
use std::str::FromStr as _;

fn bad(what: &str, text: &str) -> Fault {
    StoreError::Broken(format!("{text:?} in the database is no {what}; restore a backup")).into()
}

fn text_id<T>(
    row: &Row,
    column: &str,
    make: impl Fn(String) -> Result<T, IdError>,
) -> Result<T, Fault> {
    make(row.try_get(column)?).map_err(|e| StoreError::Broken(e.to_string()).into())
}

pub(crate) fn client(row: &Row, column: &str) -> Result<ClientId, Fault> {
    text_id(row, column, ClientId::new)
}

pub(crate) fn person(row: &Row, column: &str) -> Result<PersonId, Fault> {
    text_id(row, column, PersonId::new)
}

pub(crate) fn brain(row: &Row, column: &str) -> Result<BrainId, Fault> {
    text_id(row, column, BrainId::new)
}

pub(crate) fn case(row: &Row, column: &str) -> Result<CaseId, Fault> {
    let text: String = row.try_get(column)?;
    CaseId::from_str(&text).map_err(|_| bad("case id", &text))
}

pub(crate) fn attempt(text: &str) -> Result<AttemptId, Fault> {
    AttemptId::from_str(text).map_err(|_| bad("attempt id", text))
}

pub(crate) fn kind(text: &str) -> Result<ActionKind, Fault> {
    ActionKind::ALL
        .iter()
        .copied()
        .find(|k| k.name() == text)
        .ok_or_else(|| bad("kind of action", text))
}

pub(crate) fn tier(text: &str) -> Result<Tier, Fault> {
    Tier::ALL.into_iter().find(|t| t.name() == text).ok_or_else(|| bad("tier", text))
}

pub(crate) fn mode(text: &str) -> Result<BreakerMode, Fault> {
    [BreakerMode::Ask, BreakerMode::Stop]
        .into_iter()
        .find(|m| m.name() == text)
        .ok_or_else(|| bad("breaker mode", text))
}

pub(crate) fn time(row: &Row, column: &str) -> Result<UnixMs, Fault> {
    Ok(UnixMs(row.try_get(column)?))
}

pub(crate) fn maybe_time(row: &Row, column: &str) -> Result<Option<UnixMs>, Fault> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(UnixMs))
}

pub(crate) fn count(row: &Row, column: &str) -> Result<u32, Fault> {
    let n: i64 = row.try_get(column)?;
    Ok(u32::try_from(n).unwrap_or(if n < 0 { 0 } else { u32::MAX }))
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| bad("list", text))
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value)
        .map_err(|e| StoreError::Broken(format!("a list cannot be written: {e}")).into())
}

/// `$first, $first+1, …` for a list of that many values.
pub(crate) fn places(first: usize, many: usize) -> String {
    let places: Vec<String> = (first..first + many).map(|n| format!("${n}")).collect();
    places.join(", ")
}
