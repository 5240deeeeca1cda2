//! A signed-in conversation with Microsoft Graph: app-only token, paging, what errors mean.

use super::config::{Addresses, GraphConfig};
use crate::http::{self, Answer, Effect};
use crate::{CallError, SecretSource};
use reqwest::{Client, Method, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A token is renewed this many seconds before it ends, or a tenth of its life if that is shorter.
const RENEW_BEFORE_S: u64 = 300;

/// No listing that we need is longer than this many pages.
const MAX_PAGES: usize = 200;

pub(super) struct Session {
    client: Client,
    at: Addresses,
    tenant: String,
    app: String,
    secret: SecretSource,
    token: Mutex<Option<Token>>,
}

struct Token {
    value: SecretString,
    renew_at: Instant,
}

/// One request, before a token is put to it.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: Option<&'a Value>,
    /// The application permission that it needs, for the message when it is missing.
    pub(super) needs: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn get(
        path: &'a [&'a str],
        query: &'a [(&'a str, &'a str)],
        needs: &'a str,
    ) -> Self {
        Call { method: Method::GET, path, query, body: None, needs }
    }
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default = "Vec::new")]
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct TokenRefusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: RefusalBody,
}

#[derive(Deserialize)]
struct RefusalBody {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Session {
    pub(super) fn new(config: &GraphConfig) -> Result<Session, CallError> {
        let at = config.check()?;
        Ok(Session {
            client: http::client(&at.base, config.ca_file.as_deref(), config.timeout_ms)?,
            at,
            tenant: config.tenant.clone(),
            app: config.client_id.clone(),
            secret: config.client_secret.clone(),
            token: Mutex::new(None),
        })
    }

    /// The address of a directory object, as references to it are written.
    pub(super) fn reference(&self, id: &str) -> Result<String, CallError> {
        Ok(http::join(&self.at.base, &["directoryObjects", id])?.into())
    }

    /// One object; `None` when there is none.
    pub(super) async fn object<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
    ) -> Result<Option<T>, CallError> {
        let answer = self.call(call).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            s if s.is_success() => answer.json().map(Some),
            _ => Err(self.refused(&answer, call)),
        }
    }

    /// A listing over all its pages, or at most `limit` entries. `None` when what it is a listing
    /// of does not exist.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        limit: usize,
    ) -> Result<Option<Vec<T>>, CallError> {
        let mut url = http::with_query(http::join(&self.at.base, call.path)?, call.query);
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let answer = self.send(call, &url).await?;
            match answer.status {
                StatusCode::NOT_FOUND => return Ok(None),
                s if s.is_success() => {}
                _ => return Err(self.refused(&answer, call)),
            }
            let page: Page<T> = answer.json()?;
            all.extend(page.value);
            let Some(next) = page.next.filter(|_| all.len() < limit) else {
                all.truncate(limit);
                return Ok(Some(all));
            };
            url = self.next_page(&next)?;
        }
        // Half a list of groups would hide an administrator.
        Err(CallError::rejected(
            format!("a listing at {} has more than {MAX_PAGES} pages", self.host()),
            "report this; nothing was changed",
        ))
    }

    /// Sends one call. Statuses that are the call's own business are the caller's to judge.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Answer, CallError> {
        let url = http::with_query(http::join(&self.at.base, call.path)?, call.query);
        self.send(call, &url).await
    }

    async fn send(&self, call: &Call<'_>, url: &Url) -> Result<Answer, CallError> {
        let answer = self.send_once(call, url).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        // Refused before anything was done, so it may be sent again with a new token.
        *self.token.lock().await = None;
        let answer = self.send_once(call, url).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            return Err(self.refused(&answer, call));
        }
        Ok(answer)
    }

    async fn send_once(&self, call: &Call<'_>, url: &Url) -> Result<Answer, CallError> {
        let token = self.token().await?;
        let effect = if call.method == Method::GET { Effect::Read } else { Effect::Write };
        let mut request = self
            .client
            .request(call.method.clone(), url.clone())
            .bearer_auth(token.expose_secret());
        if url.query().is_some_and(|q| q.contains("%24count") || q.contains("$count")) {
            request = request.header("ConsistencyLevel", "eventual");
        }
        if let Some(body) = call.body {
            request = request.json(body);
        }
        http::send(effect, request).await
    }

    fn next_page(&self, next: &str) -> Result<Url, CallError> {
        match Url::parse(next) {
            Ok(url) if url.origin() == self.at.base.origin() => Ok(url),
            _ => Err(CallError::rejected(
                format!("{} names a next page on another host", self.host()),
                "set `base_url` to the address that Microsoft Graph itself uses; the token goes nowhere else",
            )),
        }
    }

    /// The token in use, or a new one.
    pub(super) async fn token(&self) -> Result<SecretString, CallError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|t| Instant::now() < t.renew_at) {
            return Ok(token.value.clone());
        }
        let secret = self.secret.read().map_err(|e| {
            CallError::rejected(
                e.to_string(),
                format!("it is the client secret of app {}", self.app),
            )
        })?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.app.as_str()),
            ("client_secret", secret.expose_secret()),
            ("scope", self.at.scope.as_str()),
        ];
        // Asking for a token changes nothing.
        let request = self.client.post(self.at.token.clone()).form(&form);
        let answer = http::send(Effect::Read, request).await?;
        if !answer.status.is_success() {
            return Err(self.no_token(&answer));
        }
        let fresh: TokenAnswer = answer.json()?;
        let life_s = fresh.expires_in.min(86_400);
        let renew_at =
            Instant::now() + Duration::from_secs(life_s - RENEW_BEFORE_S.min(life_s / 10));
        let value = SecretString::from(fresh.access_token);
        *held = Some(Token { value: value.clone(), renew_at });
        Ok(value)
    }

    fn no_token(&self, answer: &Answer) -> CallError {
        let refusal: Option<TokenRefusal> = answer.error_json();
        let (error, text) = refusal.map_or_else(
            || (answer.status.as_u16().to_string(), String::new()),
            |r| (r.error, r.error_description),
        );
        let has = |code: &str| text.contains(code);
        let remedy = if has("AADSTS7000222") {
            "the client secret has expired: make a new one under Certificates & secrets and store its value".into()
        } else if has("AADSTS90002") || has("AADSTS900023") {
            format!("there is no tenant {}: set `tenant` to the directory (tenant) id", self.tenant)
        } else if has("AADSTS700016") || error == "unauthorized_client" {
            format!(
                "tenant {} does not know app {}: check `client_id` and `tenant`",
                self.tenant, self.app
            )
        } else {
            "the client secret is wrong or has expired: store the secret's value, not its id, or make a new one; check `tenant` and `client_id`".to_owned()
        };
        let first =
            text.split(" Trace ID").next().unwrap_or_default().lines().next().unwrap_or_default();
        CallError::rejected(
            format!("{} gives app {} no token: {error} {first}", answer.host, self.app)
                .trim_end()
                .to_owned(),
            remedy,
        )
    }

    /// What a status above 399 means that no caller expected.
    pub(super) fn refused(&self, answer: &Answer, call: &Call<'_>) -> CallError {
        let said = said(answer);
        let app = &self.app;
        match answer.status {
            StatusCode::UNAUTHORIZED => CallError::rejected(
                format!("Microsoft Graph does not accept the token of app {app}: {said}"),
                "check that `tenant`, `client_id`, `base_url` and `login_url` belong together and that the client secret has not expired",
            ),
            StatusCode::FORBIDDEN => CallError::rejected(
                format!("app {app} may not do this: {said}"),
                format!(
                    "grant it the application permission {} with admin consent; accounts and groups that hold administrator roles stay out of its reach",
                    call.needs
                ),
            ),
            StatusCode::NOT_FOUND => CallError::rejected(
                format!("Microsoft Graph does not know what this is about: {said}"),
                "look the account or group up again; it may have been deleted",
            ),
            status => CallError::rejected(
                format!("Microsoft Graph refuses (status {}): {said}", status.as_u16()),
                "the message names the reason; nothing was changed",
            ),
        }
    }

    pub(super) fn host(&self) -> String {
        http::host_of(&self.at.base)
    }

    pub(super) fn identity(&self) -> (&str, &str) {
        (&self.tenant, &self.app)
    }
}

/// Code and message of an error answer.
pub(super) fn said(answer: &Answer) -> String {
    match answer.error_json::<Refusal>() {
        Some(r) => format!("{} {}", r.error.code, r.error.message).trim().to_owned(),
        None => format!("status {}", answer.status.as_u16()),
    }
}
