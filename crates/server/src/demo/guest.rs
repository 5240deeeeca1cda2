//! A guest at the demo: somebody else's AI, connected over the Brain Connector API like any other. It
//! shows what our own technician's tickets cannot: a request without a ticket behind it, a question
//! that it takes back, and an action that no brain may perform.

use super::Stage;
use crate::{api::token, clock};
use domain::{BrainId, PersonId, Tier};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::{Value, json};
use std::{error::Error, net::SocketAddr};
use store::NewBrain;

/// Id of the guest.
const GUEST: &str = "watchdog";

type Fault = Box<dyn Error + Send + Sync>;

/// One request of the guest and what it was answered.
#[derive(Debug, Serialize)]
pub(super) struct Visit {
    asked: String,
    status: String,
    tier: String,
    findings: Vec<String>,
}

impl Visit {
    /// For the terminal.
    pub(super) fn text(&self) -> String {
        let tier = if self.tier.is_empty() { "" } else { &self.tier };
        format!("{} {} ({tier})", self.asked, self.status)
    }
}

/// Lets the guest in, has it ask, and tells what it was answered.
pub(super) async fn visit(stage: &Stage, address: SocketAddr) -> Result<Vec<Visit>, Fault> {
    let id = BrainId::new(GUEST)?;
    let (token, token_hash) = token::new_token(&id)?;
    let owner = PersonId::new(super::set_up::ADMIN)?;
    let brain = NewBrain {
        id,
        name: "Watchdog, somebody else's AI".into(),
        owner: owner.clone(),
        clients: None,
        kinds: None,
        ceiling: Tier::High,
        rate_per_min: 60,
        token_hash,
    };
    stage.app.store.add_brain(brain, owner, clock::now()).await?;
    let guest = Guest {
        url: format!("http://{address}/api/v1"),
        token: token.expose_secret().to_owned(),
        http: reqwest::Client::new(),
    };
    let parts = stage.app.parts();
    let client = parts.clients.keys().next().ok_or("the demo has no client")?.to_string();
    guest.asks(&client).await
}

struct Guest {
    url: String,
    token: String,
    http: reqwest::Client,
}

impl Guest {
    async fn asks(&self, client: &str) -> Result<Vec<Visit>, Fault> {
        let look = json!({"kind": "find_user", "query": {"address": "nobody@nowhere.example"}});
        let device = json!({"id": "demo-device", "name": "RECEPTION-PC"});
        let reboot = json!({"kind": "reboot", "devices": [device]});
        let wipe = json!({"kind": "wipe_device", "devices": [device]});
        let policy = json!({
            "kind": "change_security_policy",
            "policy": "Password length",
            "change": "Raise the minimum to 14 characters."
        });
        let mut visits = Vec::new();
        for (action, why) in [
            (look, "Does this address belong to somebody?"),
            (policy, "The insurer asks for longer passwords."),
            (reboot, "The printer queue hangs."),
            (wipe, "The device was reported stolen."),
        ] {
            visits.push(self.ask(client, action, why).await?);
        }
        Ok(visits)
    }

    async fn ask(&self, client: &str, action: Value, why: &str) -> Result<Visit, Fault> {
        let body = json!({"client": client, "actions": [action], "reason": why});
        let answer = self
            .http
            .post(format!("{}/requests?wait_ms=10000", self.url))
            .bearer_auth(&self.token)
            .header("idempotency-key", clock::new_id().to_string())
            .json(&body)
            .send()
            .await?;
        let code = answer.status();
        let found: Value = answer.json().await?;
        if !code.is_success() {
            return Err(format!("the guest was answered {code}: {found}").into());
        }
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let judged = &found["actions"][0];
        let findings = judged["findings"].as_array().cloned().unwrap_or_default();
        Ok(Visit {
            asked: text(&judged["action"]["kind"]),
            status: text(&judged["status"]),
            tier: text(&judged["tier"]),
            findings: findings.iter().map(|f| text(&f["code"])).collect(),
        })
    }
}
