//! `POST /reload`: the configuration is read again. For `journeyman reload` on the server's own machine,
//! which sends an administrator's name and password.

use super::{Web, guard, limit::Caller, login};
use crate::reload;
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::sync::Arc;

pub(super) async fn post(
    State(web): State<Arc<Web>>,
    caller: Caller,
    headers: HeaderMap,
) -> Response {
    let Some((name, given)) = credentials(&headers) else { return unauthorised() };
    if let Err(seconds) = web.limits.sign_in(&name, &caller.0) {
        let say = format!("too many tries; wait {seconds} seconds, then try again\n");
        return (StatusCode::TOO_MANY_REQUESTS, say).into_response();
    }
    let person = match login::check(&web, &name, given).await {
        Ok(Some(person)) => person,
        Ok(None) => return unauthorised(),
        Err(e) => return e.into_response(),
    };
    if guard::admin(&person).is_err() {
        let (id, role) = (&person.id, person.role.name());
        let say = format!("{id} has the role {role}; only administrators reload\n");
        return (StatusCode::FORBIDDEN, say).into_response();
    }
    match reload::reload(&web.app, person.id.as_str()).await {
        Ok(reloaded) => Json(reloaded).into_response(),
        Err(wrong) => (StatusCode::UNPROCESSABLE_ENTITY, wrong).into_response(),
    }
}

/// Name and password of HTTP's basic authentication.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let text = STANDARD.decode(sent.strip_prefix("Basic ")?.trim()).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (name, given) = text.split_once(':')?;
    Some((name.trim().to_lowercase(), given.to_owned()))
}

fn unauthorised() -> Response {
    let say = "name or password is wrong; nothing was changed\n";
    let challenge = (header::WWW_AUTHENTICATE, "Basic realm=\"journeyman reload\"");
    (StatusCode::UNAUTHORIZED, [challenge], say).into_response()
}
