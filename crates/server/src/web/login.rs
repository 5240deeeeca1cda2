//! `/login`, `/logout`, `/login/once/{token}`

use super::{
    Web, assets,
    form::{Posted, Signed},
    limit::Caller,
    oops::Oops,
    page, password,
    session::{self, Viewer},
};
use crate::clock;
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Redirect, Response},
};
use domain::PersonId;
use serde::Deserialize;
use std::sync::Arc;
use store::Person;
use tower_sessions::Session;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    assets: &'static assets::Addresses,
    msp: &'a str,
    next: &'a str,
    name: &'a str,
    error: Option<String>,
    nobody: bool,
}

#[derive(Template)]
#[template(path = "login_once.html")]
struct OncePage<'a> {
    assets: &'static assets::Addresses,
    msp: &'a str,
    token: &'a str,
}

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    next: String,
}

/// `GET /login`
pub(super) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Option<Viewer>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Oops> {
    if viewer.is_some() {
        return Ok(Redirect::to(local(&wanted.next)).into_response());
    }
    show(&web, StatusCode::OK, "", &wanted.next, None).await
}

async fn show(
    web: &Web,
    status: StatusCode,
    name: &str,
    next: &str,
    error: Option<String>,
) -> Result<Response, Oops> {
    let nobody = match web.app.store.people_count().await {
        Ok(count) => count == 0,
        // The cause is for the log; whoever stands here is not signed in.
        Err(e) => return Err(Oops::inside(&e)),
    };
    let msp = &web.app.msp_name;
    let page =
        LoginPage { assets: &assets::ADDRESSES, msp, next: local(next), name, error, nobody };
    Ok(page::html(status, &page))
}

/// `POST /login`
pub(super) async fn post(
    State(web): State<Arc<Web>>,
    caller: Caller,
    session: Session,
    Posted(fields): Posted,
) -> Result<Response, Oops> {
    let name = fields.get("name").trim().to_lowercase();
    let next = local(fields.get("next")).to_owned();
    if let Err(seconds) = web.limits.sign_in(&name, &caller.0) {
        let text = format!("Too many tries. Wait {seconds} seconds, then try again.");
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut response = show(&web, status, &name, &next, Some(text)).await?;
        if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
            response.headers_mut().insert(RETRY_AFTER, value);
        }
        return Ok(response);
    }
    match check(&web, &name, fields.get("password").to_owned()).await? {
        Some(person) => {
            session::sign_in(&session, &person).await?;
            Ok(Redirect::to(&next).into_response())
        }
        None => {
            let text = "Name or password is wrong.".to_owned();
            show(&web, StatusCode::UNAUTHORIZED, &name, &next, Some(text)).await
        }
    }
}

/// The person of this name, if the password is right. Unknown names take as long as known ones.
pub(super) async fn check(web: &Web, name: &str, given: String) -> Result<Option<Person>, Oops> {
    let found = match PersonId::new(name) {
        Ok(id) => web.app.store.person(&id).await.map_err(|e| Oops::inside(&e))?,
        Err(_) => None,
    };
    // Each check takes some 20 MB for its time; a flood of them must not take the machine.
    let turn = web.hashing.acquire().await.map_err(|e| Oops::inside(&e))?;
    let hash = found.as_ref().map(|p| p.password_hash.clone());
    let checked = tokio::task::spawn_blocking(move || {
        let hash = hash.unwrap_or_else(password::dummy_hash);
        password::verify(&hash, &given)
    });
    let right = checked.await.map_err(|e| Oops::inside(&e))?;
    drop(turn);
    Ok(found.filter(|_| right))
}

/// `POST /logout`
pub(super) async fn logout(
    State(web): State<Arc<Web>>,
    session: Session,
    _: Signed,
) -> Result<Response, Oops> {
    session::sign_out(&session, web.https).await
}

/// `GET /login/once/{token}`: one button, so that whatever follows links for itself uses nothing up.
pub(super) async fn once_get(State(web): State<Arc<Web>>, Path(token): Path<String>) -> Response {
    let msp = &web.app.msp_name;
    let page = OncePage { assets: &assets::ADDRESSES, msp, token: &token };
    page::html(StatusCode::OK, &page)
}

/// `POST /login/once/{token}`
pub(super) async fn once_post(
    State(web): State<Arc<Web>>,
    Path(token): Path<String>,
    caller: Caller,
    session: Session,
    _: Posted,
) -> Result<Response, Oops> {
    let hash = password::token_hash(&token);
    web.limits.link(&hash, &caller.0).map_err(Oops::too_many)?;
    let fail = |e: store::StoreError| Oops::inside(&e);
    let person = match web.app.store.take_login_token(hash, clock::now()).await.map_err(fail)? {
        Some(id) => web.app.store.person(&id).await.map_err(fail)?,
        None => None,
    };
    let Some(person) = person else {
        let text = "This sign-in link was used or is too old. \
                    `journeyman login` on the server prints a new one; or sign in with your password.";
        return Err(Oops::forbidden(text));
    };
    session::sign_in(&session, &person).await?;
    Ok(Redirect::to("/").into_response())
}

/// The address when it stays on this server; else the first page. A browser takes `//host` and
/// `/\host` for another server, and drops tabs and line breaks before it looks.
fn local(next: &str) -> &str {
    let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let path = next.starts_with('/') && !next.starts_with("//");
    let loops = next.starts_with("/login") || next.starts_with("/logout");
    if plain && path && !loops { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_local_addresses_are_followed() {
        for good in ["/", "/cases/1?x=y", "/approvals"] {
            assert_eq!(local(good), good);
        }
        for bad in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\n//evil.example",
            "javascript:alert(1)",
            "/login",
        ] {
            assert_eq!(local(bad), "/", "{bad:?}");
        }
    }
}
