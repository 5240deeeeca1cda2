//! Callbacks: registered by the API, delivered to loopback addresses, signed as published.
//!
//! The signature is the base64 HMAC-SHA-256 of the body, keyed with the SHA-256 of the signing key
//! that `Metadata.key_url` leads to.

use super::desk::seconds;
use super::page::page;
use super::records::{Callback, Delivery};
use super::tickets::read_body;
use super::{Answer, Cw, CwError, Member, Raw};
use crate::keys::Keys;
use crate::{fresh_id, now};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;

const ATTEMPTS: u32 = 3;

fn callback_json(callback: &Callback) -> Value {
    json!({
        "id": callback.id,
        "description": callback.description,
        "url": callback.url,
        "objectId": callback.object_id,
        "type": callback.kind,
        "level": callback.level,
        "memberId": 150,
        "payloadVersion": "3.0.0",
        "inactiveFlag": callback.inactive,
        "isSoapCallbackFlag": false,
        "isSelfSuppressedFlag": callback.self_suppressed,
        "_info": {"lastUpdated": callback.at.to_string(), "updatedBy": super::desk::MEMBER},
    })
}

pub(super) async fn list(State(cw): State<Cw>, _: Member, raw: Raw) -> Answer {
    let all = cw.desk.lock().callbacks.iter().map(callback_json).collect();
    page(&raw, &cw.url("/system/callbacks"), all)
}

pub(super) async fn one(State(cw): State<Cw>, _: Member, Path(id): Path<u32>) -> Answer {
    let desk = cw.desk.lock();
    let callback = desk.callbacks.iter().find(|c| c.id == id);
    let callback = callback.ok_or_else(|| CwError::not_found("CallbackEntry", id))?;
    Ok(Json(callback_json(callback)).into_response())
}

pub(super) async fn remove(State(cw): State<Cw>, _: Member, Path(id): Path<u32>) -> Answer {
    let mut desk = cw.desk.lock();
    let before = desk.callbacks.len();
    desk.callbacks.retain(|c| c.id != id);
    if desk.callbacks.len() == before {
        return Err(CwError::not_found("CallbackEntry", id));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn create(State(cw): State<Cw>, _: Member, body: Bytes) -> Answer {
    let body = read_body(&body)?;
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let flag = |field: &str| body.get(field).and_then(Value::as_bool).unwrap_or(false);
    for field in ["url", "type", "level"] {
        if text(field).is_empty() {
            return Err(CwError::missing("callbackEntry", field));
        }
    }
    let object_id = body.get("objectId").and_then(Value::as_u64);
    let object_id = object_id.ok_or_else(|| CwError::missing("callbackEntry", "objectId"))?;
    if loopback(&text("url")).is_none() {
        return Err(CwError::invalid(
            "callbackEntry",
            "url",
            "InvalidField",
            "The sandbox delivers to http://127.0.0.1:PORT/… only.",
        ));
    }
    let mut desk = cw.desk.lock();
    if desk.callbacks.iter().any(|c| c.url == text("url") && c.object_id == object_id) {
        return Err(CwError::invalid(
            "callbackEntry",
            "url",
            "DuplicateEntry",
            "A callback with this url and objectId exists.",
        ));
    }
    let id = desk.callbacks.iter().map(|c| c.id).max().unwrap_or(70) + 1;
    let callback = Callback {
        id,
        url: text("url"),
        kind: text("type"),
        level: text("level"),
        object_id,
        description: text("description"),
        inactive: flag("inactiveFlag"),
        self_suppressed: flag("isSelfSuppressedFlag"),
        at: seconds(now()),
    };
    let shown = callback_json(&callback);
    desk.callbacks.push(callback);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// Where `Metadata.key_url` leads.
pub(super) async fn key(State(cw): State<Cw>) -> Json<Value> {
    Json(json!({"signing_key": cw.keys.cw_signing.reveal(), "expiration": 86_400}))
}

/// Host, port and path of a loopback address over plain HTTP.
fn loopback(url: &str) -> Option<(String, u16, String)> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?;
    let local = matches!(host, "127.0.0.1" | "localhost");
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    (local && uri.scheme_str() == Some("http"))
        .then(|| ("127.0.0.1".to_owned(), uri.port_u16().unwrap_or(80), path.to_owned()))
}

/// Sends queued callbacks, one after the other, each up to three times.
pub(crate) async fn deliver(mut queue: UnboundedReceiver<Delivery>, base_url: String, keys: Keys) {
    while let Some(delivery) = queue.recv().await {
        let body = payload(&delivery, &base_url, &keys).to_string();
        let signature = sign(keys.cw_signing.reveal(), body.as_bytes());
        for attempt in 1..=ATTEMPTS {
            match send(&delivery, &body, &signature).await {
                Ok(status) if (200..300).contains(&status) => break,
                Ok(status) => tracing::warn!(
                    "callback about ticket {} was answered with {status}",
                    delivery.ticket
                ),
                Err(e) => tracing::warn!("callback about ticket {} failed: {e}", delivery.ticket),
            }
            tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
        }
    }
}

fn payload(delivery: &Delivery, base_url: &str, keys: &Keys) -> Value {
    json!({
        "MessageId": fresh_id().to_string(),
        "FromUrl": "127.0.0.1",
        "CompanyId": keys.cw_company,
        "MemberId": super::desk::MEMBER,
        "Action": delivery.action,
        "Type": "ticket",
        "ID": delivery.ticket,
        "ProductInstanceId": "sandbox",
        "PartnerId": "sandbox",
        "Entity": delivery.entity.to_string(),
        "Metadata": {"key_url": format!("{base_url}/cw/v4_6_release/system/callbackkey/index.rails?id=sandbox")},
        "CallbackObjectRecId": delivery.ticket,
    })
}

/// The value of `x-content-signature`.
fn sign(signing_key: &str, body: &[u8]) -> String {
    let key = Sha256::digest(signing_key.as_bytes());
    match Hmac::<Sha256>::new_from_slice(&key) {
        Ok(mut mac) => {
            mac.update(body);
            STANDARD.encode(mac.finalize().into_bytes())
        }
        Err(_) => String::new(),
    }
}

async fn send(delivery: &Delivery, body: &str, signature: &str) -> std::io::Result<u16> {
    let Some((host, port, path)) = loopback(&delivery.url) else {
        return Err(std::io::ErrorKind::InvalidInput.into());
    };
    let mark = if path.contains('?') { '&' } else { '?' };
    let head = format!(
        "POST {path}{mark}action={} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: application/json\r\nx-content-signature: {signature}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        delivery.action,
        body.len()
    );
    let talk = async {
        let mut stream = TcpStream::connect((host.as_str(), port)).await?;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        let line = String::from_utf8_lossy(&answer);
        let status = line.split_whitespace().nth(1).and_then(|s| s.parse().ok());
        status.ok_or_else(|| std::io::ErrorKind::InvalidData.into())
    };
    tokio::time::timeout(Duration::from_secs(10), talk)
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
}
