//! What the workspace knows.

use crate::{fresh_id, now};
use domain::UnixMs;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// The workspace.
pub(super) const TEAM: &str = "T0SANDBOX";
/// The app's own user.
pub(super) const BOT: &str = "U0JOURNEYMAN";
/// A form opens this long after a button was pressed, in milliseconds.
const TRIGGER_MS: i64 = 3_000;

/// Somebody in the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlackUser {
    /// Begins with U.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their address, confirmed by the workspace or not.
    pub email: Option<String>,
    /// Whether the workspace confirmed it; `None`: it does not say.
    pub confirmed: Option<bool>,
    /// Deactivated.
    pub deleted: bool,
    /// No human being.
    pub bot: bool,
    /// A guest.
    pub restricted: bool,
    /// The workspace that they are of.
    pub team: String,
}

impl SlackUser {
    /// A full member.
    pub fn full(id: &str, name: &str, email: &str) -> SlackUser {
        SlackUser {
            id: id.into(),
            name: name.into(),
            email: Some(email.into()),
            confirmed: Some(true),
            deleted: false,
            bot: false,
            restricted: false,
            team: TEAM.into(),
        }
    }

    pub(super) fn json(&self, with_email: bool) -> Value {
        let mut profile = json!({"real_name": self.name});
        if let (true, Some(email)) = (with_email, &self.email) {
            profile["email"] = email.as_str().into();
        }
        let mut user = json!({
            "id": self.id, "team_id": self.team, "name": self.name, "deleted": self.deleted,
            "real_name": self.name, "profile": profile, "is_bot": self.bot,
            "is_restricted": self.restricted, "is_ultra_restricted": false, "is_app_user": false,
        });
        if self.team != TEAM {
            user["is_stranger"] = true.into();
        }
        if let Some(confirmed) = self.confirmed {
            user["is_email_confirmed"] = confirmed.into();
        }
        user
    }
}

/// A message of the app.
#[derive(Clone, Debug, PartialEq)]
pub struct SlackMessage {
    /// Channel or conversation.
    pub conversation: String,
    /// Its id there.
    pub ts: String,
    /// The text beside the blocks.
    pub text: String,
    /// Its blocks.
    pub blocks: Value,
    /// How often it was changed.
    pub edits: u32,
}

impl SlackMessage {
    /// Every text of it, one after the other, as it was sent.
    pub fn words(&self) -> String {
        let mut out = vec![self.text.clone()];
        gather(&self.blocks, &mut out);
        out.join("\n")
    }

    /// The ids of its buttons.
    pub fn buttons(&self) -> Vec<String> {
        let all = self.elements();
        all.iter().filter_map(|b| b["action_id"].as_str()).map(str::to_owned).collect()
    }

    fn elements(&self) -> Vec<&Value> {
        let blocks = self.blocks.as_array().map(Vec::as_slice).unwrap_or_default();
        let actions = blocks.iter().filter(|b| b["type"] == "actions");
        actions.filter_map(|b| b["elements"].as_array()).flatten().collect()
    }
}

fn gather(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|v| gather(v, out)),
        Value::Object(all) => {
            for (key, value) in all {
                match (key.as_str(), value) {
                    ("text" | "url", Value::String(text)) => out.push(text.clone()),
                    (_, value) => gather(value, out),
                }
            }
        }
        _ => {}
    }
}

/// Everything.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) token: String,
    pub(super) signing: String,
    pub(super) scopes: Vec<String>,
    pub(super) users: Vec<SlackUser>,
    pub(super) channels: Vec<String>,
    /// Conversation to person.
    pub(super) conversations: BTreeMap<String, String>,
    pub(super) messages: Vec<SlackMessage>,
    pub(super) whispers: Vec<(String, SlackMessage)>,
    pub(super) windows: HashMap<String, Value>,
    /// Trigger to person and time; taken by use.
    pub(super) triggers: HashMap<String, (String, UnixMs)>,
    pub(super) calls: BTreeMap<String, u32>,
    pub(super) throttle: (u32, u64),
    pub(super) down: bool,
    pub(super) lose: u32,
    clock: u64,
}

impl State {
    pub(super) fn new() -> State {
        State {
            token: format!("xoxb-{}", fresh_id().simple()),
            signing: fresh_id().simple().to_string(),
            scopes: ["chat:write", "im:write", "users:read", "users:read.email"]
                .map(str::to_owned)
                .into(),
            users: Vec::new(),
            channels: Vec::new(),
            conversations: BTreeMap::new(),
            messages: Vec::new(),
            whispers: Vec::new(),
            windows: HashMap::new(),
            triggers: HashMap::new(),
            calls: BTreeMap::new(),
            throttle: (0, 1),
            down: false,
            lose: 0,
            clock: 0,
        }
    }

    /// The next message's id: seconds, and six digits that no other message has.
    pub(super) fn next_ts(&mut self) -> String {
        self.clock += 1;
        format!("{}.{:06}", now().0 / 1_000, self.clock)
    }

    pub(super) fn conversation_of(&self, user: &str) -> Option<String> {
        self.conversations.iter().find(|(_, of)| *of == user).map(|(id, _)| id.clone())
    }

    pub(super) fn age_triggers(&mut self) {
        self.triggers.values_mut().for_each(|(_, at)| *at = at.plus_ms(-TRIGGER_MS - 1));
    }

    /// Whose trigger this is.
    pub(super) fn use_trigger(&mut self, trigger: &str) -> Result<String, &'static str> {
        match self.triggers.remove(trigger) {
            None => Err("invalid_trigger_id"),
            Some((_, at)) if now().since(at) > TRIGGER_MS => Err("expired_trigger_id"),
            Some((user, _)) => Ok(user),
        }
    }

    /// What Slack sends when this person presses the button.
    pub(super) fn pressed(
        &mut self,
        user: &str,
        message: &SlackMessage,
        action: &str,
    ) -> Option<Value> {
        let elements = message.elements();
        let button = elements.into_iter().find(|b| b["action_id"] == action)?;
        let trigger = format!("{}.{}", now().0, fresh_id().simple());
        self.triggers.insert(trigger.clone(), (user.to_owned(), now()));
        let mut pushed = json!({
            "type": "button", "action_id": action, "block_id": "b1", "text": button["text"],
            "action_ts": format!("{}.000001", now().0 / 1_000),
        });
        for key in ["value", "url", "style"] {
            if !button[key].is_null() {
                pushed[key] = button[key].clone();
            }
        }
        Some(json!({
            "type": "block_actions",
            "user": {"id": user, "username": user, "team_id": TEAM},
            "api_app_id": "A0SANDBOX",
            "token": "deprecated",
            "container": {
                "type": "message", "message_ts": message.ts,
                "channel_id": message.conversation, "is_ephemeral": false,
            },
            "trigger_id": trigger,
            "team": {"id": TEAM, "domain": "sandbox"},
            "channel": {"id": message.conversation, "name": "directmessage"},
            "message": {"type": "message", "ts": message.ts, "text": message.text,
                "blocks": message.blocks},
            "response_url": "https://hooks.slack.invalid/actions/1/2/3",
            "actions": [pushed],
        }))
    }

    /// What Slack sends when this person sends the window before them.
    pub(super) fn submitted(&mut self, user: &str, text: &str) -> Option<Value> {
        let view = self.windows.remove(user)?;
        let blocks = view["blocks"].as_array()?;
        let input = blocks.iter().find(|b| b["type"] == "input")?;
        let (block, action) =
            (input["block_id"].as_str()?, input["element"]["action_id"].as_str()?);
        let written = json!({"type": "plain_text_input", "value": text});
        Some(json!({
            "type": "view_submission",
            "team": {"id": TEAM, "domain": "sandbox"},
            "user": {"id": user, "username": user, "team_id": TEAM},
            "api_app_id": "A0SANDBOX",
            "token": "deprecated",
            "trigger_id": format!("{}.{}", now().0, fresh_id().simple()),
            "view": {
                "id": format!("V{}", fresh_id().simple()),
                "type": "modal",
                "callback_id": view["callback_id"],
                "private_metadata": view["private_metadata"],
                "state": {"values": {block: {action: written}}},
            },
        }))
    }
}
