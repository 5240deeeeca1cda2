//! Sessions: kept in the store by the hash of their id, for eight idle hours.
//!
//! INVARIANTS: nobody gets a session before signing in, so none can be planted; signing in always
//! makes a new id; a changed password or a removed person ends every session of theirs.

use super::{Web, oops::Oops};
use crate::clock;
use async_trait::async_trait;
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header::SET_COOKIE, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use domain::{PersonId, UnixMs};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use store::{Person, Store};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::{SameSite, time::Duration, time::OffsetDateTime},
    session::{Id, Record},
    session_store,
};

const IDLE_HOURS: i64 = 8;
/// A session is written again when it was used after this pause, not at every click.
const TOUCH_MS: i64 = 5 * 60_000;

const PERSON: &str = "person";
const CSRF: &str = "csrf";
const SEEN: &str = "seen";

/// The session layer of the console.
pub(super) fn layer(store: Store, https: bool) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(Sessions(store))
        .with_name(cookie_name(https))
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_secure(https)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::hours(IDLE_HOURS)))
}

/// With TLS the browser itself refuses a cookie of this name that another host or path has set.
fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-id" } else { "id" }
}

/// Sessions in the store.
#[derive(Clone, Debug)]
pub(super) struct Sessions(Store);

#[derive(Serialize, Deserialize)]
struct Kept {
    data: std::collections::HashMap<String, serde_json::Value>,
    expires_ms: i64,
}

fn key(id: &Id) -> String {
    hex::encode(Sha256::digest(id.0.to_le_bytes()))
}

fn backend(e: impl std::fmt::Display) -> session_store::Error {
    session_store::Error::Backend(e.to_string())
}

impl Sessions {
    async fn put(&self, record: &Record) -> session_store::Result<()> {
        let expires_ms = record.expiry_date.unix_timestamp().saturating_mul(1_000);
        let kept = Kept { data: record.data.clone(), expires_ms };
        let data = serde_json::to_string(&kept)
            .map_err(|e| session_store::Error::Encode(e.to_string()))?;
        self.0.save_session(key(&record.id), data, UnixMs(expires_ms)).await.map_err(backend)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // Ids have 128 random bits; two are never the same.
        self.put(record).await
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        // A request that was under way while the person signed out brings nothing back.
        let there = self.0.session(&key(&record.id), clock::now()).await.map_err(backend)?;
        match there {
            Some(_) => self.put(record).await,
            None => Ok(()),
        }
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let Some(text) = self.0.session(&key(id), clock::now()).await.map_err(backend)? else {
            return Ok(None);
        };
        let kept: Kept =
            serde_json::from_str(&text).map_err(|e| session_store::Error::Decode(e.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(kept.expires_ms / 1_000)
            .map_err(|e| session_store::Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data: kept.data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.0.end_session(key(id), clock::now()).await.map_err(backend)
    }
}

/// Whom a session belongs to, and the password that it was opened under.
#[derive(Serialize, Deserialize)]
struct Owner {
    id: String,
    password: String,
}

fn password_mark(person: &Person) -> String {
    hex::encode(Sha256::digest(person.password_hash.as_bytes()))
}

/// Opens a session for this person under a new id.
pub(super) async fn sign_in(session: &Session, person: &Person) -> Result<(), Oops> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| Oops::inside(&e))?;
    session.cycle_id().await?;
    session.clear().await;
    let owner = Owner { id: person.id.to_string(), password: password_mark(person) };
    session.insert(PERSON, owner).await?;
    session.insert(CSRF, hex::encode(bytes)).await?;
    session.insert(SEEN, clock::now().0).await?;
    Ok(())
}

/// Someone who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) person: Person,
    pub(super) csrf: String,
}

impl Viewer {
    /// Who the session belongs to. Asked of the store at every request, so that a changed role or
    /// password counts at once.
    pub(super) async fn of(web: &Web, session: &Session) -> Result<Option<Viewer>, Oops> {
        let Some(owner) = session.get::<Owner>(PERSON).await? else { return Ok(None) };
        let Some(csrf) = session.get::<String>(CSRF).await? else { return Ok(None) };
        let Ok(id) = PersonId::new(owner.id) else { return Ok(None) };
        let person = web.app.store.person(&id).await?;
        Ok(person
            .filter(|p| password_mark(p) == owner.password)
            .map(|person| Viewer { person, csrf }))
    }
}

/// Remembers that the session was used by a person, not by a page that refreshes itself.
async fn touch(session: &Session) -> Result<(), Oops> {
    let now = clock::now();
    let seen = session.get::<i64>(SEEN).await?.unwrap_or_default();
    if now.since(UnixMs(seen)) > TOUCH_MS {
        session.insert(SEEN, now.0).await?;
    }
    Ok(())
}

async fn find(parts: &Parts, web: &Web) -> Result<Option<Viewer>, Oops> {
    let Some(session) = parts.extensions.get::<Session>() else { return Ok(None) };
    let viewer = Viewer::of(web, session).await?;
    if viewer.is_some() && !parts.headers.contains_key("x-refresh") {
        touch(session).await?;
    }
    Ok(viewer)
}

impl OptionalFromRequestParts<Arc<Web>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        web: &Arc<Web>,
    ) -> Result<Option<Self>, Response> {
        find(parts, web).await.map_err(IntoResponse::into_response)
    }
}

impl FromRequestParts<Arc<Web>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Response> {
        match find(parts, web).await {
            Ok(Some(viewer)) => Ok(viewer),
            Ok(None) => Err(ask_to_sign_in(&parts.method, &parts.uri, &parts.headers)),
            Err(e) => Err(e.into_response()),
        }
    }
}

/// Sends a visitor without session to the sign-in page, and back afterwards.
fn ask_to_sign_in(method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    if method != Method::GET {
        return Redirect::to("/login").into_response();
    }
    if headers.contains_key("x-refresh") {
        return (StatusCode::UNAUTHORIZED, "signed out").into_response();
    }
    let foreign = headers.get("sec-fetch-site").is_some_and(|v| v == "cross-site");
    if foreign {
        // A link in a mail or a chat: a strict cookie is only sent once our own page asks.
        return Html(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"refresh\" content=\"0\"><title>Journeyman</title></head>\
             <body><p>One moment.</p></body></html>",
        )
        .into_response();
    }
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    match path {
        "/" => Redirect::to("/login").into_response(),
        path => {
            let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
            Redirect::to(&format!("/login?next={next}")).into_response()
        }
    }
}

/// Ends the session and takes the cookie away.
pub(super) async fn sign_out(session: &Session, https: bool) -> Result<Response, Oops> {
    session.flush().await?;
    let mut response = Redirect::to("/login").into_response();
    let secure = if https { "; Secure" } else { "" };
    let name = cookie_name(https);
    let cookie = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    Ok(response)
}
