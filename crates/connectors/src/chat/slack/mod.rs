//! Slack, over its Web API.
//!
//! INVARIANTS: the token goes to the configured host and nowhere else; a call that may have been heard
//! is not repeated unless repeating it changes nothing; nobody of another workspace is a member.

mod blocks;
mod sign;
mod wire;

use super::{Call, Card, Chat, ChatError, Form, Heard, Member, NotHeard, Place};
use crate::{
    CallError, Probe, SecretSource,
    http::{self, Effect},
};
use async_trait::async_trait;
use domain::{Tier, UnixMs};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::path::PathBuf;
use tokio::sync::OnceCell;

/// The scopes that the bot token needs, and no more.
pub const SCOPES: [&str; 4] = ["chat:write", "im:write", "users:read", "users:read.email"];

/// How to reach one Slack workspace: an app with a bot user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackConfig {
    /// Where the Bot User OAuth Token is kept.
    pub token: SecretSource,
    /// Where the app's signing secret is kept.
    pub signing_secret: SecretSource,
    /// The id of the channel for notices, such as `C0123456789`; without it none are posted.
    #[serde(default)]
    pub channel: Option<String>,
    /// Questions of a higher tier are approved in the console alone; they are denied here all the same.
    #[serde(default = "default_tier")]
    pub approve_up_to: Tier,
    /// Address of the Web API.
    #[serde(default = "default_url")]
    pub base_url: String,
    /// PEM file of the only certificates to trust, in place of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Milliseconds that one call may take.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

fn default_url() -> String {
    "https://slack.com/api".into()
}

fn default_tier() -> Tier {
    Tier::High
}

fn default_timeout_ms() -> u64 {
    10_000
}

/// A workspace.
pub struct Slack {
    base: Url,
    client: reqwest::Client,
    token: SecretString,
    signing: SecretString,
    /// The workspace that the token is of, once it was asked.
    team: OnceCell<String>,
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slack").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Slack {
    /// Checks the configuration and reads the secrets; calls nobody.
    ///
    /// # Errors
    /// [`CallError::Rejected`] with the key that is wrong and what would be right.
    pub fn new(config: &SlackConfig) -> Result<Slack, CallError> {
        let base = http::base_url("base_url", &config.base_url)?;
        if let Some(wrong) = config.channel.as_deref().and_then(wrong_channel) {
            return Err(wrong);
        }
        let read = |key: &str, source: &SecretSource| {
            let remedy = format!("correct `{key}` of [slack]");
            source.read().map_err(|e| CallError::rejected(e.to_string(), remedy))
        };
        let token = read("token", &config.token)?;
        if !token.expose_secret().starts_with("xoxb-") {
            return Err(CallError::rejected(
                format!("{} holds no bot token", config.token),
                "put the app's Bot User OAuth Token there; it begins with xoxb-",
            ));
        }
        Ok(Slack {
            client: http::client(&base, config.ca_file.as_deref(), config.timeout_ms.max(1))?,
            base,
            token,
            signing: read("signing_secret", &config.signing_secret)?,
            team: OnceCell::new(),
        })
    }

    /// Calls a method; `Effect::Read` also for what may be repeated without harm.
    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        effect: Effect,
        make: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Result<(T, http::Answer), ChatError> {
        let url = http::join(&self.base, &[method])?;
        let request = self.client.post(url).bearer_auth(self.token.expose_secret());
        let answer = http::send(effect, make(request)).await?;
        let envelope: wire::Envelope = answer.json()?;
        if !envelope.ok {
            return Err(envelope.fail(method));
        }
        Ok((answer.json()?, answer))
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: &str,
        effect: Effect,
        body: &Value,
    ) -> Result<T, ChatError> {
        let (said, _) = self.call(method, effect, |request| request.json(body)).await?;
        Ok(said)
    }

    /// Methods that read take forms alone.
    async fn form<T: DeserializeOwned>(
        &self,
        method: &str,
        field: &str,
        value: &str,
    ) -> Result<T, ChatError> {
        let fields = [(field, value)];
        let (said, _) = self.call(method, Effect::Read, |request| request.form(&fields)).await?;
        Ok(said)
    }

    /// The workspace that the token is of.
    async fn team(&self) -> Result<&str, ChatError> {
        let team = self.team.get_or_try_init(|| async {
            let authed: wire::Authed = self.json("auth.test", Effect::Read, &json!({})).await?;
            Ok::<_, ChatError>(authed.team_id)
        });
        Ok(team.await?)
    }

    fn message(card: &Card) -> Result<Value, ChatError> {
        let blocks = blocks::card(card).map_err(|what| ChatError::SetUp {
            what,
            remedy: "this is a fault of Journeyman; report it".into(),
        })?;
        Ok(json!({
            "text": blocks::fallback(card),
            "blocks": blocks,
            "parse": "none",
            "link_names": false,
            "unfurl_links": false,
            "unfurl_media": false,
        }))
    }
}

/// What is wrong with the name of a channel: ids stay when a channel is renamed.
fn wrong_channel(id: &str) -> Option<CallError> {
    let good = id.len() > 1
        && id.starts_with(['C', 'G'])
        && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    (!good).then(|| {
        CallError::rejected(
            format!("{id:?} is no id of a Slack channel"),
            "copy it from the channel's details in Slack; it looks like C0123456789",
        )
    })
}

/// Checks the id of a channel.
///
/// # Errors
/// [`CallError::Rejected`] with what would be right.
pub fn check_channel(id: &str) -> Result<(), CallError> {
    wrong_channel(id).map_or(Ok(()), Err)
}

/// Sets fields of a JSON object.
fn with<const N: usize>(mut to: Value, fields: [(&str, &str); N]) -> Value {
    for (name, value) in fields {
        to[name] = value.into();
    }
    to
}

#[async_trait]
impl Chat for Slack {
    fn name(&self) -> &'static str {
        "Slack"
    }

    async fn probe(&self) -> Result<Probe, ChatError> {
        let (authed, answer): (wire::Authed, _) =
            self.call("auth.test", Effect::Read, |request| request.json(&json!({}))).await?;
        let mut warnings = Vec::new();
        if let Some(text) = answer.header("x-oauth-scopes") {
            let has: Vec<&str> = text.split(',').map(str::trim).filter(|s| !s.is_empty()).collect();
            let lacks: Vec<&str> = SCOPES.into_iter().filter(|s| !has.contains(s)).collect();
            let more: Vec<&str> = has.into_iter().filter(|s| !SCOPES.contains(s)).collect();
            if !lacks.is_empty() {
                return Err(ChatError::SetUp {
                    what: format!("the token lacks {}", lacks.join(", ")),
                    remedy: "add them under OAuth & Permissions and install the app again".into(),
                });
            }
            if !more.is_empty() {
                warnings.push(format!(
                    "the token may more than it needs: {}; take that away under OAuth & Permissions",
                    more.join(", ")
                ));
            }
        }
        Ok(Probe { detail: format!("{}, as {}", authed.team, authed.user), warnings })
    }

    fn hear(&self, call: Call<'_>, now: UnixMs) -> Result<Heard, NotHeard> {
        sign::check(self.signing.expose_secret(), call, now)?;
        wire::read(call.door, call.body)
    }

    async fn post(&self, conversation: &str, card: &Card) -> Result<Place, ChatError> {
        let body = with(Self::message(card)?, [("channel", conversation)]);
        let posted: wire::Posted = self.json("chat.postMessage", Effect::Write, &body).await?;
        Ok(Place { conversation: posted.channel, message: posted.ts })
    }

    async fn change(&self, place: &Place, card: &Card) -> Result<(), ChatError> {
        let fields = [("channel", place.conversation.as_str()), ("ts", place.message.as_str())];
        let body = with(Self::message(card)?, fields);
        self.json::<Value>("chat.update", Effect::Read, &body).await.map(drop)
    }

    async fn whisper(&self, conversation: &str, who: &str, text: &str) -> Result<(), ChatError> {
        // The text beside the blocks would be read as markup, and others' words are in it.
        let (fallback, blocks) = blocks::said(text);
        let body = with(
            json!({"blocks": blocks, "parse": "none", "link_names": false}),
            [("channel", conversation), ("user", who), ("text", &fallback)],
        );
        self.json::<Value>("chat.postEphemeral", Effect::Write, &body).await.map(drop)
    }

    async fn ask(&self, trigger: &str, form: &Form) -> Result<(), ChatError> {
        let carried = wire::Carried { place: form.place.clone(), value: form.value.clone() };
        let metadata = serde_json::to_string(&carried).map_err(|e| ChatError::SetUp {
            what: format!("a form cannot be written: {e}"),
            remedy: "this is a fault of Journeyman; report it".into(),
        })?;
        let body = json!({"trigger_id": trigger, "view": blocks::form(form, &metadata)});
        self.json::<Value>("views.open", Effect::Write, &body).await.map(drop)
    }

    async fn member(&self, id: &str) -> Result<Member, ChatError> {
        let team = self.team().await?;
        let found: wire::Found = self.form("users.info", "user", id).await?;
        Ok(found.user.member(team))
    }

    async fn find(&self, mail: &str) -> Result<Option<Member>, ChatError> {
        let team = self.team().await?;
        match self.form::<wire::Found>("users.lookupByEmail", "email", mail).await {
            Ok(found) => Ok(Some(found.user.member(team))),
            Err(ChatError::Gone { .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    async fn conversation(&self, member: &str) -> Result<String, ChatError> {
        let body = json!({"users": member});
        let opened: wire::Opened = self.json("conversations.open", Effect::Read, &body).await?;
        Ok(opened.channel.id)
    }
}
