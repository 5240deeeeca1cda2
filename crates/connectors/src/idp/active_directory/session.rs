//! One connection, signed in, and renewed when it is gone.

mod trouble;

pub(super) use trouble::describe;

use super::{ActiveDirectoryConfig, entry::Entry};
use crate::{CallError, SecretSource, tls};
use ldap3::{
    Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Mod, Scope, SearchEntry,
    adapters::{Adapter, EntriesOnly, PagedResults},
};
use secrecy::{ExposeSecret, SecretString};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::Mutex;
use trouble::{check_url, cut, host_and_port, sub_code};

/// Entries a page; domain controllers allow 1000.
const PAGE: i32 = 500;
/// A read that matches more than this is refused: it would be no sensible question.
const MAX_ENTRIES: usize = 5_000;

pub(super) struct Session {
    name: String,
    url: String,
    host: String,
    bind_dn: String,
    password: SecretSource,
    tls: Option<Arc<rustls::ClientConfig>>,
    timeout: Duration,
    live: Mutex<Option<Ldap>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} as {})", self.url, self.bind_dn)
    }
}

/// How a sign-in attempt was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SignIn {
    /// Signed in.
    Accepted,
    /// Refused, with Windows' own sub-code in lower-case hexadecimal, such as `52e`.
    Refused(String),
}

impl Session {
    pub(super) fn new(name: &str, config: ActiveDirectoryConfig) -> Result<Self, CallError> {
        let url = check_url(name, &config.url)?;
        let tls = match &config.ca_file {
            Some(file) => Some(tls::client_config(file).map_err(|e| {
                CallError::rejected(format!("directory {name}: {e}"), "correct `ca_file`")
            })?),
            None => {
                tls::install_crypto_provider();
                None
            }
        };
        Ok(Self {
            name: name.to_owned(),
            host: host_and_port(&url),
            url: config.url,
            bind_dn: config.bind_dn,
            password: config.password,
            tls,
            timeout: Duration::from_millis(config.timeout_ms.max(1)),
            live: Mutex::new(None),
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn bind_dn(&self) -> &str {
        &self.bind_dn
    }

    /// Every entry that matches, page by page. Referrals to other partitions are left out.
    pub(super) async fn search(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attrs: &[&str],
    ) -> Result<Vec<Entry>, CallError> {
        let first = self.search_once(base, scope, filter, attrs).await;
        let answer = match first {
            Err(Broken::Connection(_) | Broken::Unsent) => {
                self.forget().await;
                self.search_once(base, scope, filter, attrs).await
            }
            other => other,
        };
        if matches!(answer, Err(Broken::Silence)) {
            self.forget().await;
        }
        answer.map_err(|e| e.reading(self))
    }

    async fn search_once(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attrs: &[&str],
    ) -> Result<Vec<Entry>, Broken> {
        let mut ldap = self.signed_in().await?;
        let work = async {
            let adapters: Vec<Box<dyn Adapter<'_, &str, &[&str]>>> =
                vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
            let mut stream =
                ldap.streaming_search_with(adapters, base, scope, filter, attrs).await?;
            let mut found = Vec::new();
            while let Some(raw) = stream.next().await? {
                found.push(Entry::new(SearchEntry::construct(raw)));
                if found.len() > MAX_ENTRIES {
                    break;
                }
            }
            Ok::<_, LdapError>((found, stream.finish().await))
        };
        let (found, result) = self.timed(work).await?;
        match result.rc {
            _ if found.len() > MAX_ENTRIES => Err(Broken::Answer(CallError::rejected(
                format!(
                    "directory {}: a search matched more than {MAX_ENTRIES} entries",
                    self.name
                ),
                "narrow `base_dn` or `people_base`",
            ))),
            0 => Ok(found),
            32 => Ok(Vec::new()),
            _ => Err(Broken::Answer(self.refused_read(&result))),
        }
    }

    /// One change of one entry. `Ok` holds the server's result, good or bad.
    pub(super) async fn modify(
        &self,
        dn: &str,
        changes: Vec<Mod<Vec<u8>>>,
    ) -> Result<LdapResult, CallError> {
        let mut ldap = match self.signed_in().await {
            Ok(ldap) => ldap,
            Err(e) => return Err(e.reading(self)),
        };
        match self.timed(ldap.modify(dn, changes)).await {
            Ok(result) => Ok(result),
            Err(Broken::Unsent) => {
                self.forget().await;
                Err(CallError::retry(format!(
                    "directory {}: the connection to {} was gone before the change was sent",
                    self.name, self.host
                )))
            }
            Err(_) => {
                self.forget().await;
                Err(CallError::unknown(format!(
                    "directory {}: the connection to {} broke before it answered a change",
                    self.name, self.host
                )))
            }
        }
    }

    /// Tries a person's password on a connection of its own.
    pub(super) async fn try_password(
        &self,
        dn: &str,
        secret: &SecretString,
    ) -> Result<SignIn, CallError> {
        // A sign-in without a password is an anonymous one, which the server accepts.
        if secret.expose_secret().is_empty() {
            return Ok(SignIn::Refused(String::new()));
        }
        let mut ldap = self.connect().await.map_err(|e| e.reading(self))?;
        let answer = self.timed(ldap.simple_bind(dn, secret.expose_secret())).await;
        let _ = ldap.unbind().await;
        let result = answer.map_err(|e| e.reading(self))?;
        match result.rc {
            0 => Ok(SignIn::Accepted),
            49 => Ok(SignIn::Refused(sub_code(&result.text))),
            _ => Err(self.refused_read(&result)),
        }
    }

    async fn signed_in(&self) -> Result<Ldap, Broken> {
        let mut live = self.live.lock().await;
        if let Some(ldap) = live.as_mut()
            && !ldap.is_closed()
        {
            return Ok(ldap.clone());
        }
        *live = None;
        let secret = self.password.read().map_err(|e| {
            let what = format!("directory {}: {e}", self.name);
            Broken::Answer(CallError::rejected(what, "put the password there"))
        })?;
        let mut ldap = self.connect().await?;
        let result = self.timed(ldap.simple_bind(&self.bind_dn, secret.expose_secret())).await?;
        if result.rc != 0 {
            return Err(Broken::Answer(self.refused_bind(&result)));
        }
        *live = Some(ldap.clone());
        Ok(ldap)
    }

    async fn forget(&self) {
        *self.live.lock().await = None;
    }

    async fn connect(&self) -> Result<Ldap, Broken> {
        let mut settings = LdapConnSettings::new().set_conn_timeout(self.timeout);
        if let Some(tls) = &self.tls {
            settings = settings.set_config(tls.clone());
        }
        let opened = LdapConnAsync::with_settings(settings, &self.url).await;
        let (connection, ldap) = opened.map_err(|e| Broken::Answer(self.unreachable(&e)))?;
        tokio::spawn(async move {
            // The connection's end shows up at its next use.
            let _ = connection.drive().await;
        });
        Ok(ldap)
    }

    async fn timed<T>(
        &self,
        work: impl Future<Output = Result<T, LdapError>>,
    ) -> Result<T, Broken> {
        match tokio::time::timeout(self.timeout, work).await {
            Err(_) => Err(Broken::Silence),
            Ok(Err(LdapError::OpSend { .. })) => Err(Broken::Unsent),
            Ok(Err(LdapError::FilterParsing)) => Err(Broken::Answer(CallError::rejected(
                format!("directory {}: a filter could not be built", self.name),
                "report this; it is a fault in Journeyman",
            ))),
            Ok(Err(e)) => Err(Broken::Connection(cut(&e.to_string()))),
            Ok(Ok(value)) => Ok(value),
        }
    }
}

/// How one exchange failed.
enum Broken {
    /// The server answered, or the matter is settled otherwise.
    Answer(CallError),
    /// The connection was gone before the request left.
    Unsent,
    /// The connection broke while waiting.
    Connection(String),
    /// No answer in time.
    Silence,
}

impl Broken {
    /// What it means when nothing can have changed.
    fn reading(self, session: &Session) -> CallError {
        let (name, host) = (&session.name, &session.host);
        match self {
            Broken::Answer(error) => error,
            Broken::Unsent => {
                CallError::retry(format!("directory {name}: the connection to {host} is gone"))
            }
            Broken::Connection(why) => {
                CallError::retry(format!("directory {name}: the connection to {host} broke: {why}"))
            }
            Broken::Silence => CallError::retry(format!(
                "directory {name}: {host} did not answer within {} ms",
                session.timeout.as_millis()
            )),
        }
    }
}
