//! `/secret/{token}`: where an end user fetches a temporary password, once.
//!
//! INVARIANTS: opening the page changes nothing and sends nothing, so that mail filters that follow
//! links use nothing up; the password is shown only to who can read the address on file; it is
//! never in an address, a log or a cache.

use super::{
    Web, assets,
    bits::When,
    form::{Fields, Posted},
    limit::Caller,
    oops::Oops,
    page, password,
};
use crate::clock;
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::sync::Arc;
use store::{Drop, DropState, TakeError};

#[derive(Template)]
#[template(path = "secret.html")]
struct SecretPage<'a> {
    assets: &'static assets::Addresses,
    msp: &'a str,
    token: &'a str,
    address: String,
    expires: When,
    sent: bool,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "secret_shown.html")]
struct ShownPage<'a> {
    assets: &'static assets::Addresses,
    msp: &'a str,
    login: &'a str,
    password: &'a str,
}

#[derive(Template)]
#[template(path = "secret_gone.html")]
struct GonePage<'a> {
    assets: &'static assets::Addresses,
    msp: &'a str,
    title: &'a str,
    text: &'a str,
    again: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Said {
    sent: Option<String>,
}

/// What stands behind a link.
enum Found {
    Ready(Drop),
    Not(Response),
}

/// `GET /secret/{token}`
pub(super) async fn get(
    State(web): State<Arc<Web>>,
    Path(token): Path<String>,
    caller: Caller,
    Query(said): Query<Said>,
) -> Result<Response, Oops> {
    limit(&web, &token, &caller, "look")?;
    match find(&web, &token).await? {
        Found::Ready(drop) => {
            Ok(ask(&web, &token, &drop, StatusCode::OK, said.sent.is_some(), None))
        }
        Found::Not(page) => Ok(page),
    }
}

/// `POST /secret/{token}/code`
pub(super) async fn code(
    State(web): State<Arc<Web>>,
    Path(token): Path<String>,
    caller: Caller,
    _: Posted,
) -> Result<Response, Oops> {
    limit(&web, &token, &caller, "code")?;
    let drop = match find(&web, &token).await? {
        Found::Ready(drop) => drop,
        Found::Not(page) => return Ok(page),
    };
    let cannot = |text: &str| {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Ok(ask(&web, &token, &drop, status, false, Some(text.to_owned())))
    };
    let parts = web.app.parts();
    let Some(mail) = &parts.mail else {
        tracing::error!("a one-time code was asked for, but no [mail] is configured");
        return cannot("This help desk cannot send mail at the moment. Please call it instead.");
    };
    let code = match web.app.store.new_code(&token, clock::now()).await {
        Ok((_, code)) => SecretString::from(code),
        Err(e) => return refused(&web, &token, &drop, e),
    };
    let subject = format!("Your code from {}", web.app.msp_name);
    let text = format!(
        "Your code is {}\n\n\
         Type it into the page that you opened to get your temporary password. It works for 15 \
         minutes.\n\n\
         If you did not ask for this, tell your help desk now and give this code to nobody. \
         {} will never ask you for it.\n",
        code.expose_secret(),
        web.app.msp_name,
    );
    match mail.send(&drop.address, &subject, &text).await {
        Ok(()) => Ok(Redirect::to(&format!("/secret/{token}?sent=yes")).into_response()),
        Err(e) => {
            tracing::error!(error = %e, "a one-time code could not be mailed");
            cannot(
                "The code could not be sent. Wait a minute, then try again, or call the help desk.",
            )
        }
    }
}

/// `POST /secret/{token}`
pub(super) async fn take(
    State(web): State<Arc<Web>>,
    Path(token): Path<String>,
    caller: Caller,
    Posted(fields): Posted,
) -> Result<Response, Oops> {
    limit(&web, &token, &caller, "take")?;
    let drop = match find(&web, &token).await? {
        Found::Ready(drop) => drop,
        Found::Not(page) => return Ok(page),
    };
    let Some(code) = six_digits(&fields) else {
        let text = "The code has six digits. Type them as they stand in the mail.".to_owned();
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(ask(&web, &token, &drop, status, true, Some(text)));
    };
    match web.app.store.take(&token, &code, clock::now()).await {
        Ok((drop, secret)) => {
            let page = ShownPage {
                assets: &assets::ADDRESSES,
                msp: &web.app.msp_name,
                login: &drop.login,
                password: secret.expose_secret(),
            };
            Ok(page::html_with_token(StatusCode::OK, &page))
        }
        Err(e) => refused(&web, &token, &drop, e),
    }
}

/// A slip of the finger must not cost one of the few tries.
fn six_digits(fields: &Fields) -> Option<String> {
    let digits: String = fields.get("code").chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

fn limit(web: &Web, token: &str, caller: &Caller, what: &str) -> Result<(), Oops> {
    let key = format!("{what} {}", password::token_hash(token));
    web.limits.link(&key, &caller.0).map_err(Oops::too_many)
}

async fn find(web: &Web, token: &str) -> Result<Found, Oops> {
    let drop = web.app.store.drop_of(token).await.map_err(|e| Oops::inside(&e))?;
    let over = |title: &str, text: &str, status| {
        let msp = &web.app.msp_name;
        let again = status == StatusCode::ACCEPTED;
        let page = GonePage { assets: &assets::ADDRESSES, msp, title, text, again };
        Ok(Found::Not(page::html_with_token(status, &page)))
    };
    let Some(drop) = drop else {
        let text = "This link leads to no password. Check that it was copied whole, or ask the help desk for a new one.";
        return over("Nothing here", text, StatusCode::NOT_FOUND);
    };
    let late = clock::now() >= drop.expires_at;
    match drop.state {
        DropState::Ready if !late => Ok(Found::Ready(drop)),
        DropState::Sealed if !late => {
            let text = "Your new password is being set. Try again in a minute.";
            over("Not ready yet", text, StatusCode::ACCEPTED)
        }
        DropState::Viewed => {
            let text = "This password was shown once already and then wiped. If it was not you who saw it, tell the help desk now: somebody else may have your password.";
            over("Already shown", text, StatusCode::GONE)
        }
        DropState::Sealed | DropState::Ready | DropState::Wiped => {
            let text = "This link is too old, or too many wrong codes were typed. The password was wiped unseen. Ask the help desk for a new one.";
            over("No longer there", text, StatusCode::GONE)
        }
    }
}

fn ask(
    web: &Web,
    token: &str,
    drop: &Drop,
    status: StatusCode,
    sent: bool,
    error: Option<String>,
) -> Response {
    let page = SecretPage {
        assets: &assets::ADDRESSES,
        msp: &web.app.msp_name,
        token,
        address: masked(&drop.address),
        expires: When(drop.expires_at),
        sent,
        error,
    };
    page::html_with_token(status, &page)
}

fn refused(web: &Web, token: &str, drop: &Drop, error: TakeError) -> Result<Response, Oops> {
    let (status, sent, text) = match error {
        TakeError::Store(e) => return Err(Oops::inside(&e)),
        TakeError::Gone => {
            let msp = &web.app.msp_name;
            let (title, text) = (
                "No longer there",
                "This link no longer leads to a password: it was shown, it is too old, or too many wrong codes were typed. Ask the help desk for a new one.",
            );
            let page = GonePage { assets: &assets::ADDRESSES, msp, title, text, again: false };
            return Ok(page::html_with_token(StatusCode::GONE, &page));
        }
        TakeError::WrongCode { left } => {
            let tries = if left == 1 { "1 try is".into() } else { format!("{left} tries are") };
            let text = format!("This code is wrong. {tries} left, then the password is wiped.");
            (StatusCode::FORBIDDEN, true, text)
        }
        TakeError::NoCode => {
            let text = "No code was sent yet, or it is older than 15 minutes. Have a new one sent.";
            (StatusCode::FORBIDDEN, false, text.to_owned())
        }
        TakeError::TooManyCodes => {
            let text = "No more codes are sent for this link. The newest one still works for 15 minutes; after that ask the help desk for a new link.";
            (StatusCode::TOO_MANY_REQUESTS, true, text.to_owned())
        }
    };
    Ok(ask(web, token, drop, status, sent, Some(text)))
}

/// Enough of an address to know which mailbox to look into, not enough to learn it.
fn masked(address: &str) -> String {
    let (name, domain) = address.split_once('@').unwrap_or((address, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}•••@{domain}")
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn only_the_first_letter_and_the_domain_are_told() {
        assert_eq!(masked("jane.roe@acme.test"), "j•••@acme.test");
        assert_eq!(masked("ü@acme.test"), "ü•••@acme.test");
    }
}
