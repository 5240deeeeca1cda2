//! What Slack's Web API answers and sends, and what its errors mean.

use crate::chat::{ChatError, Door, Heard, Member, NotHeard, Place, Pressed, Standing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The part of every answer that is alike.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub(super) ok: bool,
    #[serde(default)]
    pub(super) error: String,
    #[serde(default)]
    needed: Option<String>,
    #[serde(default)]
    provided: Option<String>,
    #[serde(default)]
    response_metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(default)]
    messages: Vec<String>,
}

impl Envelope {
    /// What an answer that is not `ok` means for the caller of `method`.
    pub(super) fn fail(&self, method: &str) -> ChatError {
        let code = match self.error.as_str() {
            "" => "an error without a name",
            code => code,
        };
        let said = format!("Slack answered {method} with {code}");
        let gone = |why: &str| ChatError::Gone { what: format!("{said}: {why}") };
        let set_up =
            |why: &str, remedy: String| ChatError::SetUp { what: format!("{said}: {why}"), remedy };
        match code {
            "ratelimited"
            | "rate_limited"
            | "service_unavailable"
            | "internal_error"
            | "request_timeout"
            | "fatal_error" => ChatError::Later { what: said, after: None },
            "expired_trigger_id"
            | "invalid_trigger_id"
            | "exchanged_trigger_id"
            | "trigger_expired"
            | "trigger_exchanged"
            | "invalid_trigger" => {
                ChatError::TooLate { what: format!("{said}: a form has to open within 3 seconds") }
            }
            "channel_not_found" => gone("there is no such channel, or the app is not in it"),
            "not_in_channel" => gone("the app is not in the channel; invite it there"),
            "is_archived" => gone("the channel is archived"),
            "users_not_found" | "user_not_found" => gone("nobody in the workspace is that"),
            "user_not_in_channel" => gone("the person is not in that conversation"),
            "message_not_found" | "cant_update_message" | "edit_window_closed" => {
                gone("that message is not there, or cannot be changed any more")
            }
            "user_disabled" | "cannot_dm_bot" | "user_not_visible" | "messages_tab_disabled" => {
                gone("no message can be sent to that account")
            }
            "missing_scope" => {
                let has = self.provided.as_deref().unwrap_or("none that it tells");
                let lacks = self.needed.as_deref().unwrap_or("a scope that it does not name");
                set_up(
                    &format!("the token lacks {lacks}; it has {has}"),
                    format!("add {lacks} under OAuth & Permissions and install the app again"),
                )
            }
            "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked"
            | "token_expired" | "no_permission" | "access_denied" => set_up(
                "the bot token does not count (any more)",
                "put the app's Bot User OAuth Token, which begins with xoxb-, where `token` says"
                    .into(),
            ),
            _ => {
                let more = self.response_metadata.as_ref().map(|m| m.messages.join("; "));
                let more = more.filter(|m| !m.is_empty()).unwrap_or_else(|| "nothing more".into());
                set_up(
                    &format!("it says {more}"),
                    format!("look {code} up at docs.slack.dev/reference/methods/{method}"),
                )
            }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Authed {
    #[serde(default)]
    pub(super) team: String,
    pub(super) team_id: String,
    #[serde(default)]
    pub(super) user: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Posted {
    pub(super) channel: String,
    pub(super) ts: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    pub(super) channel: Id,
}

#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub(super) user: User,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Id {
    #[serde(default)]
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    id: String,
    #[serde(default)]
    team_id: String,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    is_app_user: bool,
    #[serde(default)]
    is_restricted: bool,
    #[serde(default)]
    is_ultra_restricted: bool,
    #[serde(default)]
    is_stranger: bool,
    /// Only a clear yes counts.
    is_email_confirmed: Option<bool>,
    #[serde(default)]
    profile: Profile,
    #[serde(default)]
    enterprise_user: Option<Enterprise>,
}

#[derive(Debug, Default, Deserialize)]
struct Profile {
    email: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Enterprise {
    #[serde(default)]
    teams: Vec<String>,
}

impl User {
    /// The member, seen from the workspace that the app is installed in.
    pub(super) fn member(self, own_team: &str) -> Member {
        let ours = self.team_id == own_team
            || self.enterprise_user.is_some_and(|e| e.teams.iter().any(|t| t == own_team));
        let standing = if self.deleted {
            Standing::Deactivated
        } else if self.is_bot || self.is_app_user || self.id == "USLACKBOT" {
            Standing::Bot
        } else if self.is_stranger || !ours {
            Standing::Stranger
        } else if self.is_restricted || self.is_ultra_restricted {
            Standing::Guest
        } else if self.is_email_confirmed != Some(true) {
            Standing::Unconfirmed
        } else {
            Standing::Full
        };
        let mail = self.profile.email.map(|m| m.trim().to_owned()).filter(|m| !m.is_empty());
        Member { id: self.id, mail, standing }
    }
}

/// What comes along with a form: where it was opened, and what it is about.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Carried {
    pub(super) place: Place,
    pub(super) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    UrlVerification {
        challenge: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Interaction {
    BlockActions {
        user: Id,
        trigger_id: Option<String>,
        #[serde(default)]
        container: Container,
        actions: Vec<Pushed>,
    },
    ViewSubmission {
        user: Id,
        view: View,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Default, Deserialize)]
struct Container {
    #[serde(default)]
    channel_id: String,
    #[serde(default)]
    message_ts: String,
}

#[derive(Debug, Deserialize)]
struct Pushed {
    #[serde(default)]
    action_id: String,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct View {
    callback_id: String,
    private_metadata: String,
    #[serde(default)]
    state: State,
}

#[derive(Debug, Default, Deserialize)]
struct State {
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, Input>>,
}

#[derive(Debug, Deserialize)]
struct Input {
    value: Option<String>,
}

/// Reads a body whose signature is right: a form that begins with `payload` for interactions, JSON for
/// events. Anybody in the workspace writes what stands inside an event, so no form is looked for there.
pub(super) fn read(door: Door, body: &[u8]) -> Result<Heard, NotHeard> {
    match door {
        Door::Interactions if body.starts_with(b"payload=") => {
            let first = url::form_urlencoded::parse(body).next();
            interaction(&first.ok_or(NotHeard::Senseless)?.1)
        }
        Door::Interactions => Err(NotHeard::Senseless),
        Door::Events => match serde_json::from_slice(body) {
            Ok(Event::UrlVerification { challenge }) => Ok(Heard::Hello(challenge)),
            Ok(Event::Other) => Ok(Heard::Nothing),
            Err(_) => Err(NotHeard::Senseless),
        },
    }
}

fn interaction(json: &str) -> Result<Heard, NotHeard> {
    let pressed = match serde_json::from_str(json).map_err(|_| NotHeard::Senseless)? {
        Interaction::BlockActions { user, trigger_id, container, actions } => {
            // A button that is a link has no value; it is told to us all the same.
            let action = actions.into_iter().find(|a| a.value.is_some());
            let Some(Pushed { action_id, value: Some(value) }) = action else {
                return Ok(Heard::Nothing);
            };
            let place = Place { conversation: container.channel_id, message: container.message_ts };
            Pressed { who: user.id, place, name: action_id, value, trigger: trigger_id, text: None }
        }
        Interaction::ViewSubmission { user, view } => {
            let carried: Carried =
                serde_json::from_str(&view.private_metadata).map_err(|_| NotHeard::Senseless)?;
            let (block, action) = super::blocks::INPUT;
            let input = view.state.values.get(block).and_then(|b| b.get(action));
            Pressed {
                who: user.id,
                place: carried.place,
                name: view.callback_id,
                value: carried.value,
                trigger: None,
                text: Some(input.and_then(|i| i.value.clone()).unwrap_or_default()),
            }
        }
        Interaction::Other => return Ok(Heard::Nothing),
    };
    match pressed.who.is_empty() {
        true => Err(NotHeard::Senseless),
        false => Ok(Heard::Pressed(Box::new(pressed))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use serde_json::json;

    fn form(payload: &serde_json::Value) -> Vec<u8> {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.append_pair("payload", &payload.to_string());
        text.finish().into_bytes()
    }

    #[test]
    fn greetings_events_and_nonsense() {
        let hello = br#"{"token":"x","challenge":"3eZbrw1a","type":"url_verification"}"#;
        assert_eq!(read(Door::Events, hello), Ok(Heard::Hello("3eZbrw1a".into())));
        let event = br#"{"type":"event_callback","event":{"type":"message","text":"hi"}}"#;
        assert_eq!(read(Door::Events, event), Ok(Heard::Nothing));
        for bad in [&b""[..], b"{}", b"payload=", b"payload={}", b"\xff\xfe", b"a=b"] {
            for door in [Door::Events, Door::Interactions] {
                assert_eq!(read(door, bad), Err(NotHeard::Senseless), "{bad:?}");
            }
        }
    }

    #[test]
    fn no_press_hides_in_an_event_and_no_event_comes_as_a_press() {
        let press = json!({
            "type": "block_actions", "user": {"id": "U1"}, "trigger_id": "1.2.3",
            "actions": [{"type": "button", "action_id": "approve", "value": "v"}],
        });
        let form = String::from_utf8(form(&press)).unwrap();
        let text = format!("&{form}&x=");
        let event = json!({"type": "event_callback", "event": {"type": "message", "text": text}});
        let event = event.to_string();
        assert!(event.contains("&payload=%7B"), "{event}");
        assert_eq!(read(Door::Events, event.as_bytes()), Ok(Heard::Nothing));
        assert_eq!(read(Door::Interactions, event.as_bytes()), Err(NotHeard::Senseless));
        assert_eq!(read(Door::Events, form.as_bytes()), Err(NotHeard::Senseless));
        let other = format!("a=b&{form}");
        assert_eq!(read(Door::Interactions, other.as_bytes()), Err(NotHeard::Senseless));
        assert!(matches!(read(Door::Interactions, form.as_bytes()), Ok(Heard::Pressed(_))));
    }

    #[test]
    fn a_link_is_no_press_and_a_press_needs_somebody() {
        let mut press = json!({
            "type": "block_actions", "user": {"id": "U1"}, "trigger_id": "1.2.3",
            "container": {"type": "message", "channel_id": "D1", "message_ts": "1.5"},
            "actions": [{"type": "button", "action_id": "approve", "value": "v"}],
        });
        let Ok(Heard::Pressed(p)) = read(Door::Interactions, &form(&press)) else {
            panic!("it is a press")
        };
        assert_eq!((p.who.as_str(), p.name.as_str(), p.value.as_str()), ("U1", "approve", "v"));
        assert_eq!((p.place.conversation.as_str(), p.place.message.as_str()), ("D1", "1.5"));
        press["actions"] = json!([{"type": "button", "action_id": "link", "url": "https://x"}]);
        assert_eq!(read(Door::Interactions, &form(&press)), Ok(Heard::Nothing));
        press["actions"] = json!([{"type": "button", "action_id": "a", "value": "v"}]);
        press["user"] = json!({});
        assert_eq!(read(Door::Interactions, &form(&press)), Err(NotHeard::Senseless));
    }

    fn standing(change: serde_json::Value) -> Standing {
        let mut user = json!({"id": "U1", "team_id": "T1", "is_email_confirmed": true,
            "profile": {"email": "a@b.example"}});
        for (key, value) in change.as_object().unwrap() {
            user[key] = value.clone();
        }
        serde_json::from_value::<User>(user).unwrap().member("T1").standing
    }

    #[test]
    fn only_a_full_member_of_our_workspace_counts() {
        assert_eq!(standing(json!({})), Standing::Full);
        assert_eq!(standing(json!({"is_email_confirmed": null})), Standing::Unconfirmed);
        assert_eq!(standing(json!({"is_email_confirmed": false})), Standing::Unconfirmed);
        assert_eq!(standing(json!({"deleted": true})), Standing::Deactivated);
        assert_eq!(standing(json!({"is_bot": true})), Standing::Bot);
        assert_eq!(standing(json!({"is_restricted": true})), Standing::Guest);
        assert_eq!(standing(json!({"is_ultra_restricted": true})), Standing::Guest);
        assert_eq!(standing(json!({"is_stranger": true})), Standing::Stranger);
        assert_eq!(standing(json!({"team_id": "T2"})), Standing::Stranger);
        let grid = json!({"team_id": "E1", "enterprise_user": {"teams": ["T2", "T1"]}});
        assert_eq!(standing(grid), Standing::Full);
    }
}
