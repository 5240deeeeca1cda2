//! Tells brains of news: signed as Standard Webhooks says, tried again with growing pauses.
//!
//! INVARIANT: nothing is sent but to the address that an administrator set, over TLS or to this
//! machine; a redirect is not followed.

use super::standing;
use crate::{app::App, clock, worker::stop::Stop};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{CaseView, UnixMs};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::Sha256;
use std::{sync::Arc, time::Duration};
use store::{Delivery, StoreError};
use tokio::task::JoinSet;

/// Times that one is tried.
const TRIES: u32 = 8;
/// Pause before the second try, in milliseconds; each later one is four times as long.
const FIRST_PAUSE_MS: i64 = 5_000;
/// The brain has this long to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often is looked for news to send.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Sent at the same time, so that one slow receiver does not hold up all.
const AT_ONCE: u32 = 16;

/// Whether a brain may be told of news there: TLS, or this machine; no user name or password.
pub(crate) fn check_url(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).map_err(|e| format!("{text:?} is no address: {e}"))?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(format!("{text:?} names no host")),
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err("a webhook begins with https; plain http is only for this machine".into()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a webhook's address must not hold a user name or password".into());
    }
    if url.fragment().is_some() {
        return Err("a webhook's address must not have a part after #".into());
    }
    Ok(url)
}

/// A client for addresses that others chose: it follows nothing and goes through no proxy.
pub(crate) fn outgoing(timeout: Duration) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("journeyman/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .no_proxy()
        .build()
}

/// Sends what is due until told to stop.
pub(crate) async fn run(app: Arc<App>, mut stop: Stop) {
    let client = match outgoing(TIMEOUT) {
        Ok(client) => client,
        Err(e) => {
            tracing::error!(error = %e, "no webhook can be sent");
            return;
        }
    };
    while !stop.is_set() {
        if crate::worker::my_turn(&app, "webhooks").await
            && let Err(e) = round(&app, &client).await
            && app.complaints.raise("webhooks", &e.to_string())
        {
            tracing::warn!(error = %e, "webhooks wait");
        }
        stop.rest(LOOK_EVERY).await;
    }
}

/// Sends everything that is due now.
async fn round(app: &Arc<App>, client: &reqwest::Client) -> Result<(), StoreError> {
    let due = app.store.due_deliveries(clock::now(), AT_ONCE).await?;
    let mut sending = JoinSet::new();
    for delivery in due {
        let (app, client) = (app.clone(), client.clone());
        sending.spawn(async move { deliver(&app, &client, &delivery).await });
    }
    while let Some(done) = sending.join_next().await {
        if let Ok(Err(e)) = done {
            return Err(e);
        }
    }
    Ok(())
}

async fn deliver(app: &App, client: &reqwest::Client, d: &Delivery) -> Result<(), StoreError> {
    let Some((url, secret)) = app.store.brain_webhook(&d.brain).await? else {
        return app.store.delivery_failed(d.id, None).await;
    };
    let Some(body) = body(app, d).await? else {
        return app.store.delivery_failed(d.id, None).await;
    };
    match send(client, &url, &secret, d, body).await {
        Ok(()) => app.store.delivered(d.id, clock::now()).await,
        Err(why) => {
            let next = next_try(d.tries, clock::now());
            // Not the address: tokens are often part of it.
            tracing::info!(brain = %d.brain, error = %why, again = next.is_some(), "a webhook did not arrive");
            app.store.delivery_failed(d.id, next).await
        }
    }
}

/// When it is tried again after so many failures before this one; `None` when that is enough.
fn next_try(failed_before: u32, now: UnixMs) -> Option<UnixMs> {
    let tried = failed_before.saturating_add(1);
    let pause = FIRST_PAUSE_MS.saturating_mul(4i64.saturating_pow(failed_before.min(20)));
    (tried < TRIES).then(|| now.plus_ms(pause))
}

async fn body(app: &App, d: &Delivery) -> Result<Option<String>, StoreError> {
    let events = app.store.events(&d.client, d.case).await?;
    let resource = CaseView::fold(&d.client, d.case, &events)
        .and_then(|view| standing::make(&view, &events, &app.public_url));
    Ok(resource.map(|r| {
        let body = json!({
            "type": "request.updated",
            "timestamp": d.created_at.to_string(),
            "event": d.kind,
            "data": r,
        });
        body.to_string()
    }))
}

async fn send(
    client: &reqwest::Client,
    url: &str,
    secret: &SecretString,
    d: &Delivery,
    body: String,
) -> Result<(), String> {
    let url = check_url(url)?;
    let id = format!("msg_{}", d.id);
    let timestamp = clock::now().0 / 1_000;
    let signature = sign(secret, &id, timestamp, &body)?;
    let answer = client
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", signature)
        .body(body)
        .send()
        .await
        .map_err(|e| e.without_url().to_string())?;
    match answer.status() {
        s if s.is_success() => Ok(()),
        s => Err(format!("it answered {s}")),
    }
}

/// `v1,` and HMAC-SHA256 over id, time and body, as Standard Webhooks says.
fn sign(secret: &SecretString, id: &str, timestamp: i64, body: &str) -> Result<String, String> {
    let text = secret.expose_secret();
    let key = STANDARD
        .decode(text.strip_prefix("whsec_").unwrap_or(text))
        .map_err(|_| "the webhook's secret is not whsec_ and base64; set it anew")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|e| e.to_string())?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// The worked example of the Standard Webhooks reference libraries.
    #[test]
    fn the_signature_is_that_of_the_standard() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed =
            sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(sign(&SecretString::from("whsec_!"), "a", 1, "").is_err());
    }

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<Option<i64>> =
            (0..9).map(|n| next_try(n, UnixMs(0)).map(|t| t.0 / 1_000)).collect();
        let some = [5, 20, 80, 320, 1_280, 5_120, 20_480].map(Some);
        assert_eq!(pauses[..7], some);
        assert_eq!(pauses[7..], [None, None]);
    }

    #[test]
    fn only_tls_or_this_machine() {
        for right in [
            "https://hooks.example/a?b=c",
            "http://127.0.0.1:9/x",
            "http://localhost/x",
            "http://[::1]:8/",
        ] {
            check_url(right).unwrap();
        }
        for wrong in [
            "http://hooks.example/",
            "ftp://hooks.example/",
            "hooks.example",
            "https://u:p@hooks.example/",
            "https://hooks.example/#a",
            "http://127.0.0.1.evil.example/",
            "file:///etc/passwd",
            "",
        ] {
            assert!(check_url(wrong).is_err(), "{wrong}");
        }
    }
}
