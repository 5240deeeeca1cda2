//! Calls to the app, signed as Slack signs them.

use crate::now;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A call that was made, with everything that it takes to make it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Status of the answer; 0 when there was none.
    pub status: u16,
    /// Body of the answer.
    pub answer: String,
    /// The body that was sent.
    pub body: String,
    /// `X-Slack-Request-Timestamp`.
    pub stamp: String,
    /// `X-Slack-Signature`.
    pub signature: String,
    kind: &'static str,
}

impl Sent {
    /// The same call once more, byte for byte, as somebody who overheard it would make it.
    pub async fn again(&self, to: &str) -> Sent {
        deliver(to, self.clone()).await
    }

    /// The same call with something of it changed.
    pub async fn changed(&self, to: &str, change: impl FnOnce(&mut Sent)) -> Sent {
        let mut other = self.clone();
        change(&mut other);
        deliver(to, other).await
    }

    /// The same content as if sent `off_s` seconds from now, with a right signature by this secret.
    pub async fn signed_at(&self, to: &str, off_s: i64, secret: &str) -> Sent {
        let mut other = self.clone();
        other.stamp = (now().0 / 1_000 + off_s).to_string();
        other.signature = sign(secret, &other.stamp, &other.body);
        deliver(to, other).await
    }
}

/// An interaction as Slack posts it.
pub(super) fn form(payload: &Value) -> String {
    let mut out = String::from("payload=");
    for byte in payload.to_string().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn sign(secret: &str, stamp: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("v0:{stamp}:{body}").as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    format!("v0={hex}")
}

pub(super) async fn send(to: &str, kind: &'static str, body: String, secret: &str) -> Sent {
    let stamp = (now().0 / 1_000).to_string();
    let signature = sign(secret, &stamp, &body);
    deliver(to, Sent { status: 0, answer: String::new(), body, stamp, signature, kind }).await
}

async fn deliver(to: &str, sent: Sent) -> Sent {
    match talk(to, &sent).await {
        Ok((status, answer)) => Sent { status, answer, ..sent },
        Err(e) => Sent { status: 0, answer: e.to_string(), ..sent },
    }
}

async fn talk(to: &str, sent: &Sent) -> std::io::Result<(u16, String)> {
    let bad = || std::io::Error::from(std::io::ErrorKind::InvalidInput);
    let uri: axum::http::Uri = to.parse().map_err(|_| bad())?;
    let (host, port) = (uri.host().ok_or_else(bad)?, uri.port_u16().unwrap_or(80));
    if !matches!(host, "127.0.0.1" | "localhost") {
        return Err(bad());
    }
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: {}\r\nx-slack-request-timestamp: {}\r\nx-slack-signature: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        uri.path(),
        sent.kind,
        sent.stamp,
        sent.signature,
        sent.body.len(),
    );
    let mut stream = TcpStream::connect((host, port)).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(sent.body.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(1 << 20).read_to_end(&mut answer).await?;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(bad)?;
    let status = head.split_whitespace().nth(1).and_then(|s| s.parse().ok());
    Ok((status.ok_or_else(bad)?, body.to_owned()))
}
