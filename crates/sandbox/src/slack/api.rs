//! The methods of the Web API.

use super::Shared;
use super::rules;
use super::state::{BOT, SlackMessage, State, TEAM};
use crate::http::Cut;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State as Of};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Map, Value, json};

/// Methods with the scope that each needs.
const METHODS: &[(&str, &str)] = &[
    ("auth.test", ""),
    ("chat.postMessage", "chat:write"),
    ("chat.update", "chat:write"),
    ("chat.postEphemeral", "chat:write"),
    ("views.open", ""),
    ("users.info", "users:read"),
    ("users.lookupByEmail", "users:read.email"),
    ("conversations.open", "im:write"),
];
/// Methods that take no JSON.
const FORMS_ONLY: [&str; 2] = ["users.info", "users.lookupByEmail"];

pub(super) fn router(shared: Shared) -> Router {
    Router::new().route("/api/{method}", post(call)).with_state(shared)
}

async fn call(
    Of(shared): Of<Shared>,
    Path(method): Path<String>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = shared.lock();
    *state.calls.entry(method.clone()).or_default() += 1;
    if state.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if state.throttle.0 > 0 {
        state.throttle.0 -= 1;
        let after = [(header::RETRY_AFTER, state.throttle.1.to_string())];
        let body = json!({"ok": false, "error": "ratelimited"}).to_string();
        return (StatusCode::TOO_MANY_REQUESTS, after, body).into_response();
    }
    let answer = answer(&mut state, &method, &headers, &body);
    if answer["ok"] == true && method == "chat.postMessage" && state.lose > 0 {
        state.lose -= 1;
        cut.cut();
    }
    let scopes = state.scopes.join(",");
    let kind = [("content-type", "application/json; charset=utf-8"), ("x-oauth-scopes", &scopes)];
    (kind, answer.to_string()).into_response()
}

fn no(error: &str) -> Value {
    json!({"ok": false, "error": error})
}

fn invalid(error: &str, messages: Vec<String>) -> Value {
    json!({"ok": false, "error": error, "response_metadata": {"messages": messages}})
}

fn answer(state: &mut State, method: &str, headers: &HeaderMap, body: &Bytes) -> Value {
    let Some((_, scope)) = METHODS.iter().find(|(name, _)| *name == method) else {
        return no("unknown_method");
    };
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    let token = text(header::AUTHORIZATION).and_then(|v| v.strip_prefix("Bearer "));
    match token {
        None => return no("not_authed"),
        Some(token) if token != state.token => return no("invalid_auth"),
        Some(_) => {}
    }
    if !scope.is_empty() && !state.scopes.iter().any(|s| s == scope) {
        let provided = state.scopes.join(",");
        return json!({"ok": false, "error": "missing_scope", "needed": scope, "provided": provided});
    }
    let is_json = text(header::CONTENT_TYPE).is_some_and(|k| k.starts_with("application/json"));
    let args = match is_json {
        true if FORMS_ONLY.contains(&method) => Map::new(),
        true => match serde_json::from_slice(body) {
            Ok(Value::Object(args)) => args,
            _ => return no("invalid_json"),
        },
        false => form(body),
    };
    let arg = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match method {
        "auth.test" => json!({
            "ok": true, "url": "https://sandbox.slack.invalid/", "team": "Sandbox MSP",
            "user": "journeyman", "team_id": TEAM, "user_id": BOT,
        }),
        "chat.postMessage" => post_message(state, &args, &arg("channel"), arg("text")),
        "chat.update" => update(state, &args, &arg("channel"), &arg("ts"), arg("text")),
        "chat.postEphemeral" => whisper(state, &args, &arg("channel"), &arg("user"), arg("text")),
        "views.open" => open(state, &arg("trigger_id"), args.get("view")),
        "users.info" => match state.users.iter().find(|u| u.id == arg("user")) {
            None => no("user_not_found"),
            Some(user) => {
                let with_email = state.scopes.iter().any(|s| s == "users:read.email");
                json!({"ok": true, "user": user.json(with_email)})
            }
        },
        "users.lookupByEmail" => {
            let mail = arg("email");
            let known =
                |of: &Option<String>| of.as_ref().is_some_and(|of| of.eq_ignore_ascii_case(&mail));
            match state.users.iter().find(|u| known(&u.email) && !u.deleted) {
                None => no("users_not_found"),
                Some(user) => json!({"ok": true, "user": user.json(true)}),
            }
        }
        _ => converse(state, &arg("users")),
    }
}

fn form(body: &Bytes) -> Map<String, Value> {
    let text = String::from_utf8_lossy(body);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), Value::String(decode(value)))).collect()
}

fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                out.extend(u8::from_str_radix(&hex, 16));
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The blocks of a message, or the refusal of them.
fn checked(args: &Map<String, Value>, text: &str) -> Result<Value, Value> {
    let blocks = args.get("blocks").cloned().unwrap_or_else(|| json!([]));
    if text.is_empty() && blocks.as_array().is_none_or(Vec::is_empty) {
        return Err(no("no_text"));
    }
    if text.chars().count() > 40_000 {
        return Err(no("msg_too_long"));
    }
    let wrong = rules::blocks(&blocks);
    if wrong.is_empty() { Ok(blocks) } else { Err(invalid("invalid_blocks", wrong)) }
}

fn post_message(state: &mut State, args: &Map<String, Value>, to: &str, text: String) -> Value {
    if !state.channels.iter().any(|c| c == to) && !state.conversations.contains_key(to) {
        return no("channel_not_found");
    }
    let blocks = match checked(args, &text) {
        Ok(blocks) => blocks,
        Err(refusal) => return refusal,
    };
    let ts = state.next_ts();
    let shown = json!({"type": "message", "user": BOT, "ts": ts, "text": text, "blocks": blocks});
    let conversation = to.to_owned();
    state.messages.push(SlackMessage { conversation, ts: ts.clone(), text, blocks, edits: 0 });
    json!({"ok": true, "channel": to, "ts": ts, "message": shown})
}

fn update(state: &mut State, args: &Map<String, Value>, to: &str, ts: &str, text: String) -> Value {
    let blocks = match checked(args, &text) {
        Ok(blocks) => blocks,
        Err(refusal) => return refusal,
    };
    let found = state.messages.iter_mut().find(|m| m.conversation == to && m.ts == ts);
    let Some(message) = found else { return no("message_not_found") };
    (message.text, message.blocks) = (text.clone(), blocks);
    message.edits += 1;
    json!({"ok": true, "channel": to, "ts": ts, "text": text})
}

fn whisper(
    state: &mut State,
    args: &Map<String, Value>,
    to: &str,
    user: &str,
    text: String,
) -> Value {
    let blocks = match checked(args, &text) {
        Ok(blocks) => blocks,
        Err(refusal) => return refusal,
    };
    let there = match state.conversations.get(to) {
        Some(of) => of == user,
        None if state.channels.iter().any(|c| c == to) => state.users.iter().any(|u| u.id == user),
        None => return no("channel_not_found"),
    };
    if !there {
        return no("user_not_in_channel");
    }
    let ts = state.next_ts();
    let conversation = to.to_owned();
    let message = SlackMessage { conversation, ts: ts.clone(), text, blocks, edits: 0 };
    state.whispers.push((user.to_owned(), message));
    json!({"ok": true, "message_ts": ts})
}

fn open(state: &mut State, trigger: &str, view: Option<&Value>) -> Value {
    let Some(view) = view else {
        return invalid("invalid_arguments", vec!["missing required field: view".into()]);
    };
    let wrong = rules::window(view);
    if !wrong.is_empty() {
        return invalid("invalid_arguments", wrong);
    }
    match state.use_trigger(trigger) {
        Err(error) => no(error),
        Ok(user) => {
            state.windows.insert(user, view.clone());
            json!({"ok": true, "view": view})
        }
    }
}

fn converse(state: &mut State, user: &str) -> Value {
    match state.users.iter().find(|u| u.id == user) {
        None => return no("user_not_found"),
        Some(user) if user.bot => return no("cannot_dm_bot"),
        Some(user) if user.deleted => return no("user_disabled"),
        Some(_) => {}
    }
    let id = state.conversation_of(user).unwrap_or_else(|| {
        let id = format!("D{:08}", state.conversations.len() + 1);
        state.conversations.insert(id.clone(), user.to_owned());
        id
    });
    json!({"ok": true, "channel": {"id": id}})
}
