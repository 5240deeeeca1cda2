//! Mail out over SMTP.
//!
//! INVARIANTS: credentials and text travel encrypted except on this machine; a mail whose last
//! answer was lost is [`CallError::Unknown`], since it may have been accepted.

use crate::{CallError, Probe, SecretSource, install_crypto_provider, tls};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::{Error, extension::ClientId};
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::{error::Error as _, net::IpAddr, path::PathBuf, time::Duration};

/// How the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// Begins in the clear and must switch to TLS before anything is said; usual on port 587.
    #[default]
    Starttls,
    /// TLS from the first byte; usual on port 465.
    Implicit,
    /// None; only to this machine.
    NoneOnLoopback,
}

/// How to reach the mail server that takes our mail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its host name.
    pub host: String,
    /// Its port.
    #[serde(default = "default_port")]
    pub port: u16,
    /// Encryption.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Login; none for a server that takes our mail without.
    #[serde(default)]
    pub user: Option<String>,
    /// Where its password is kept; goes with `user`.
    #[serde(default)]
    pub password: Option<SecretSource>,
    /// Sender, such as `Help Desk <helpdesk@msp.example>`.
    pub from: String,
    /// PEM file of the only certificates to trust, in place of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Milliseconds that connecting, and then sending, may each take.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

fn default_port() -> u16 {
    587
}

fn default_timeout_ms() -> u64 {
    20_000
}

/// A mail server that takes our mail.
pub struct Smtp {
    config: SmtpConfig,
    from: Mailbox,
    tls: Option<TlsParameters>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("server", &self.address()).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Checks the configuration; calls nobody.
    ///
    /// Fails with [`CallError::Rejected`] when the sender, the encryption or the CA file cannot be
    /// used.
    pub fn new(config: SmtpConfig) -> Result<Smtp, CallError> {
        install_crypto_provider();
        if config.host.trim().is_empty() || config.port == 0 || config.timeout_ms == 0 {
            return Err(CallError::rejected(
                "mail: `host` is empty, or `port` or `timeout_ms` is 0",
                "give the mail server's name, its port (587 or 465) and milliseconds",
            ));
        }
        let from: Mailbox = config.from.parse().map_err(|_| {
            CallError::rejected(
                format!("mail: `from` is {:?}, which is no sender", config.from),
                "write it as Help Desk <helpdesk@your-domain.example>",
            )
        })?;
        if config.user.is_some() != config.password.is_some() {
            return Err(CallError::rejected(
                "mail: one of `user` and `password` is missing",
                "give both, or neither for a server that needs no login",
            ));
        }
        let tls = match config.tls {
            SmtpTls::NoneOnLoopback if is_loopback(&config.host) => None,
            SmtpTls::NoneOnLoopback => {
                return Err(CallError::rejected(
                    format!(
                        "mail: `tls` is none_on_loopback, but {} is another machine",
                        config.host
                    ),
                    "set `tls` to starttls (port 587) or implicit (port 465)",
                ));
            }
            SmtpTls::Starttls | SmtpTls::Implicit => Some(tls_parameters(&config)?),
        };
        Ok(Smtp { config, from, tls })
    }

    /// Sends one plain-text mail to one address.
    ///
    /// [`CallError::Unknown`] when the connection broke after the mail went out.
    pub async fn send(&self, to: &str, subject: &str, text: &str) -> Result<(), CallError> {
        let message = self.message(to, subject, text)?;
        let envelope = message.envelope().clone();
        let mut connection = self.connect().await?;
        let bytes = message.formatted();
        let sending = tokio::time::timeout(self.timeout(), connection.send(&envelope, &bytes));
        match sending.await {
            Ok(Ok(_)) => {
                // The mail is accepted; how the goodbye goes changes nothing.
                let _ = tokio::time::timeout(self.timeout(), connection.quit()).await;
                Ok(())
            }
            Ok(Err(e)) => Err(self.not_sent(&e, to)),
            Err(_) => Err(CallError::unknown(format!("{} did not answer in time", self.address()))),
        }
    }

    /// Connects, encrypts and signs in, and sends nothing.
    pub async fn probe(&self) -> Result<Probe, CallError> {
        let mut connection = self.connect().await?;
        let encrypted = connection.is_encrypted();
        let _ = tokio::time::timeout(self.timeout(), connection.quit()).await;
        let login = match &self.config.user {
            Some(user) => format!("signed in as {user}"),
            None => "without login".into(),
        };
        let mode = if encrypted { "encrypted" } else { "not encrypted (this machine)" };
        Ok(Probe {
            detail: format!(
                "mail server {}, {mode}, {login}, sends as {}",
                self.address(),
                self.from
            ),
            warnings: Vec::new(),
        })
    }

    fn message(&self, to: &str, subject: &str, text: &str) -> Result<Message, CallError> {
        let to: Mailbox = to.trim().parse().map_err(|_| {
            CallError::rejected(format!("{to:?} is no mail address"), "correct the address on file")
        })?;
        let subject: String =
            subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // Tells other machines not to answer, or two of them would talk for ever (RFC 3834).
        let auto = HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".into(),
        );
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(None)
            .raw_header(auto)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
            .map_err(|e| {
                CallError::rejected(format!("the mail cannot be written: {e}"), "report this")
            })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, CallError> {
        let credentials = self.credentials()?;
        match tokio::time::timeout(self.timeout(), self.open(credentials)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(e)) => Err(self.not_connected(&e)),
            Err(_) => Err(CallError::retry(format!("{} did not answer in time", self.address()))),
        }
    }

    async fn open(&self, credentials: Option<Credentials>) -> Result<AsyncSmtpConnection, Error> {
        let hello = ClientId::default();
        let at = (self.config.host.as_str(), self.config.port);
        let implicit = match self.config.tls {
            SmtpTls::Implicit => self.tls.clone(),
            SmtpTls::Starttls | SmtpTls::NoneOnLoopback => None,
        };
        let limit = Some(self.timeout());
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(at, limit, &hello, implicit, None).await?;
        if let (SmtpTls::Starttls, Some(tls)) = (self.config.tls, &self.tls) {
            connection.starttls(tls.clone(), &hello).await?;
        }
        if let Some(credentials) = credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        Ok(connection)
    }

    fn credentials(&self) -> Result<Option<Credentials>, CallError> {
        let (Some(user), Some(source)) = (&self.config.user, &self.config.password) else {
            return Ok(None);
        };
        let password = source.read().map_err(|e| {
            CallError::rejected(e.to_string(), format!("it is the password of mail login {user}"))
        })?;
        Ok(Some(Credentials::new(user.clone(), password.expose_secret().to_owned())))
    }

    fn not_connected(&self, error: &Error) -> CallError {
        let (at, why) = (self.address(), causes(error));
        if error.is_transient() {
            return CallError::retry(format!("mail server {at} asks to come back later: {why}"));
        }
        if error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538)) {
            return CallError::rejected(
                format!("mail server {at} does not accept our login: {why}"),
                "check `user` and the password; many providers want an app password",
            );
        }
        if error.is_permanent() {
            return CallError::rejected(
                format!("mail server {at} turns us away: {why}"),
                "ask its administrator to let this machine send",
            );
        }
        if error.is_client() {
            return CallError::rejected(
                format!("mail server {at} cannot do what is configured: {why}"),
                "check `tls` and `port` (starttls with 587, implicit with 465), and whether it takes logins",
            );
        }
        if why.contains("certificate") {
            return CallError::rejected(
                format!("the certificate of mail server {at} is not accepted: {why}"),
                "renew it, or set `ca_file` to the certificate that signed it; check `host` and this machine's clock",
            );
        }
        if why.contains("corrupt message") || why.contains("InvalidContentType") {
            return CallError::rejected(
                format!("mail server {at} does not speak TLS from the start"),
                "set `tls` to starttls, or `port` to the one for implicit TLS (465)",
            );
        }
        CallError::retry(format!(
            "cannot reach mail server {at}: {why}; check `host`, `port`, DNS, firewall and that it is up"
        ))
    }

    fn not_sent(&self, error: &Error, to: &str) -> CallError {
        let (at, why) = (self.address(), causes(error));
        if error.is_transient() {
            return CallError::retry(format!("mail server {at} does not take the mail now: {why}"));
        }
        if error.is_permanent() || error.is_client() {
            return CallError::rejected(
                format!("mail server {at} does not take mail to {to}: {why}"),
                "check the address and whether the server relays for our sender",
            );
        }
        CallError::unknown(format!("the connection to mail server {at} broke while sending: {why}"))
    }

    fn address(&self) -> String {
        format!("{}:{}", self.config.host, self.config.port)
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.config.timeout_ms)
    }
}

fn tls_parameters(config: &SmtpConfig) -> Result<TlsParameters, CallError> {
    let bad = |what: String| {
        CallError::rejected(
            what,
            "set `ca_file` to a PEM file with the certificate that signed the server's",
        )
    };
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_file {
        builder = builder.certificate_store(CertificateStore::None);
        for der in tls::read_ca(path).map_err(|e| bad(e.to_string()))? {
            let cert = Certificate::from_der(der.to_vec())
                .map_err(|e| bad(format!("{}: {e}", path.display())))?;
            builder = builder.add_root_certificate(cert);
        }
    }
    builder.build().map_err(|e| bad(format!("mail: TLS cannot be set up: {}", causes(&e))))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The outer text, which names the kind, and the innermost cause, which helps.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let inner = cause.to_string();
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
        source = cause.source();
    }
    text
}
