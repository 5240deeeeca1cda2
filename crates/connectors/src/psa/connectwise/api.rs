//! A conversation with the ConnectWise REST API: credentials, paging, what errors mean.

use super::config::ConnectWiseConfig;
use crate::http::{self, Answer, Effect};
use crate::{CallError, SecretSource};
use base64::Engine as _;
use reqwest::{Client, Method, StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Entries a page; ConnectWise allows up to 1000.
pub(super) const PAGE: usize = 100;

/// No listing that we need is longer than this many pages.
const MAX_PAGES: usize = 100;

pub(super) struct Api {
    client: Client,
    base: Url,
    user: String,
    client_id: String,
    secret: SecretSource,
}

#[derive(Deserialize)]
struct Refusal {
    message: Option<String>,
    #[serde(default)]
    errors: Option<Vec<FieldRefusal>>,
}

#[derive(Deserialize)]
struct FieldRefusal {
    message: Option<String>,
    field: Option<String>,
}

impl Api {
    pub(super) fn new(config: &ConnectWiseConfig) -> Result<Api, CallError> {
        let base = config.check()?;
        Ok(Api {
            client: http::client(&base, config.ca_file.as_deref(), config.timeout_ms)?,
            base,
            user: format!("{}+{}", config.company, config.public_key),
            client_id: config.client_id.clone(),
            secret: config.private_key.clone(),
        })
    }

    pub(super) fn host(&self) -> String {
        http::host_of(&self.base)
    }

    /// One record; `None` when there is none.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        needs: &str,
    ) -> Result<Option<T>, CallError> {
        let answer = self.send(Method::GET, path, &[], None).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            _ => self.accepted(&answer, needs)?.json().map(Some),
        }
    }

    /// One page of a listing.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        needs: &str,
    ) -> Result<Vec<T>, CallError> {
        let answer = self.send(Method::GET, path, query, None).await?;
        self.accepted(&answer, needs)?.json()
    }

    /// A whole listing, by ascending id.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &[&str],
        conditions: Option<&str>,
        needs: &str,
    ) -> Result<Vec<T>, CallError> {
        let size = PAGE.to_string();
        let mut all = Vec::new();
        for number in 1..=MAX_PAGES {
            let number = number.to_string();
            let mut query =
                vec![("orderBy", "id asc"), ("page", number.as_str()), ("pageSize", size.as_str())];
            query.extend(conditions.map(|c| ("conditions", c)));
            let page: Vec<T> = self.page(path, &query, needs).await?;
            let full = page.len() >= PAGE;
            all.extend(page);
            if !full {
                return Ok(all);
            }
        }
        Err(CallError::rejected(
            format!("a listing at {} has more than {MAX_PAGES} pages", self.host()),
            "report this; nothing was changed",
        ))
    }

    /// A change.
    pub(super) async fn change(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
        needs: &str,
    ) -> Result<(), CallError> {
        let answer = self.send(method, path, &[], Some(body)).await?;
        self.accepted(&answer, needs).map(|_| ())
    }

    /// The server's clock, in seconds since the Unix epoch.
    pub(super) async fn clock(&self, needs: &str) -> Result<i64, CallError> {
        let query = [("pageSize", "1"), ("fields", "id")];
        let answer = self.send(Method::GET, &["service", "tickets"], &query, None).await?;
        let date = self.accepted(&answer, needs)?.date().ok_or_else(|| {
            CallError::rejected(
                format!("{} does not say what time it is", self.host()),
                "let the proxy in between pass the header Date",
            )
        })?;
        Ok(date.as_second())
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, CallError> {
        let url = http::with_query(http::join(&self.base, path)?, query);
        let effect = if method == Method::GET { Effect::Read } else { Effect::Write };
        let mut request = self
            .client
            .request(method, url)
            .header("clientId", &self.client_id)
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, self.authorization()?);
        if let Some(body) = body {
            request = request.json(body);
        }
        http::send(effect, request).await
    }

    fn authorization(&self) -> Result<header::HeaderValue, CallError> {
        let key = self.secret.read().map_err(|e| {
            CallError::rejected(
                e.to_string(),
                "it is the private key of the ConnectWise API member",
            )
        })?;
        let pair = SecretString::from(format!("{}:{}", self.user, key.expose_secret()));
        let code = base64::engine::general_purpose::STANDARD.encode(pair.expose_secret());
        let mut value = header::HeaderValue::try_from(format!("Basic {code}")).map_err(|_| {
            CallError::rejected("the key pair does not fit a header", "copy it again")
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn accepted<'a>(&self, answer: &'a Answer, needs: &str) -> Result<&'a Answer, CallError> {
        let said = match answer.status {
            s if s.is_success() => return Ok(answer),
            _ => said(answer),
        };
        Err(match answer.status {
            StatusCode::UNAUTHORIZED => CallError::rejected(
                format!("ConnectWise does not accept our credentials: {said}"),
                "check `company`, `public_key`, the private key and `client_id`; make a new key pair for the API member if in doubt",
            ),
            StatusCode::FORBIDDEN => CallError::rejected(
                format!("the API member may not do this: {said}"),
                format!("give its security role {needs}"),
            ),
            StatusCode::NOT_FOUND => CallError::rejected(
                format!("ConnectWise does not know what this is about: {said}"),
                "the ticket may have been deleted or merged; look it up again",
            ),
            // Somebody else holds the record; nothing was written.
            StatusCode::CONFLICT => {
                CallError::retry(format!("ConnectWise reports a conflict: {said}"))
            }
            status => CallError::rejected(
                format!("ConnectWise refuses (status {}): {said}", status.as_u16()),
                "the message names the reason; nothing was changed",
            ),
        })
    }
}

fn said(answer: &Answer) -> String {
    let Some(refusal) = answer.error_json::<Refusal>() else {
        return format!("status {}", answer.status.as_u16());
    };
    let mut said = refusal.message.unwrap_or_else(|| "no reason given".into());
    for error in refusal.errors.unwrap_or_default() {
        let text = error.message.unwrap_or_default();
        match error.field.filter(|f| !f.is_empty()) {
            Some(field) => said.push_str(&format!("; {field}: {text}")),
            None => said.push_str(&format!("; {text}")),
        }
    }
    said
}
