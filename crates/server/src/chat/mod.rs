//! People decide and are told in a chat, besides the console.
//!
//! INVARIANTS: a press in the chat is judged and recorded by the same `Store::decide` as a form of the
//! console, so of all places together exactly one decision counts; who pressed is whoever has the
//! address that the chat's workspace confirmed, looked up anew at every press; what is to be posted
//! stands in the store first, so an outage or a crash delays a message and loses none.

mod answers;
mod posts;
mod presses;

use crate::{app::App, config::Config, worker::stop::Stop};
use connectors::chat::{Chat, slack::Slack};
use domain::{ApprovalId, AttemptId, CaseId, CaseView, ClientId, Digest, Tier};
use std::{collections::BTreeMap, str::FromStr as _, sync::Arc};
use store::StoreError;
use tokio::sync::Notify;

/// Say yes to a question.
pub(crate) const APPROVE: &str = "approve";
/// Say no: asks for a reason.
pub(crate) const DENY: &str = "deny";
/// The reason of a no, sent.
pub(crate) const DENIED: &str = "denied";
/// Take a change back.
pub(crate) const UNDO: &str = "undo";

/// The chat of one reading of the configuration.
#[derive(Debug)]
pub(crate) struct Desk {
    /// The chat itself.
    pub(crate) chat: Arc<dyn Chat>,
    /// Questions of a higher tier are approved in the console alone.
    pub(crate) approve_up_to: Tier,
    /// Where notices go, if anywhere.
    channel: Option<String>,
    /// Where notices of one client go instead.
    channels: BTreeMap<ClientId, String>,
    /// Rung when a press was taken in.
    pub(crate) pressed: Notify,
    /// Rung when a message may have to change.
    news: Notify,
}

impl Desk {
    /// The chat that a configuration names. Calls nobody.
    ///
    /// # Errors
    /// The key that is wrong, and what would be right.
    pub(crate) fn new(config: &Config) -> Result<Option<Desk>, String> {
        let Some(slack) = &config.slack else { return Ok(None) };
        let chat = Slack::new(slack).map_err(|e| format!("[slack]: {e}"))?;
        let own = |c: &crate::config::ClientEntry| Some((c.id.clone(), c.slack_channel.clone()?));
        Ok(Some(Desk {
            chat: Arc::new(chat),
            approve_up_to: slack.approve_up_to,
            channel: slack.channel.clone(),
            channels: config.client.iter().filter_map(own).collect(),
            pressed: Notify::new(),
            news: Notify::new(),
        }))
    }

    /// Where a notice goes.
    fn channel_of(&self, client: Option<&ClientId>) -> Option<&str> {
        let own = client.and_then(|c| self.channels.get(c));
        own.or(self.channel.as_ref()).map(String::as_str)
    }
}

/// Answers presses and keeps messages as things are, until told to stop.
pub(crate) async fn run(app: Arc<App>, stop: Stop) {
    tokio::join!(presses::run(&app, stop.clone()), posts::run(&app, stop));
}

/// What a button about a question carries: the question, and exactly what was shown.
pub(crate) fn question_value(id: ApprovalId, seen: Digest) -> String {
    format!("{id} {seen}")
}

fn question_of(value: &str) -> Option<(ApprovalId, Digest)> {
    let (id, seen) = value.split_once(' ')?;
    Some((ApprovalId::from_str(id).ok()?, Digest::try_from(seen.to_owned()).ok()?))
}

/// What a button that takes a change back carries.
fn undo_value(client: &ClientId, case: CaseId, attempt: AttemptId) -> String {
    format!("{case} {attempt} {client}")
}

fn undo_of(value: &str) -> Option<(ClientId, CaseId, AttemptId)> {
    let mut parts = value.splitn(3, ' ');
    let case = CaseId::from_str(parts.next()?).ok()?;
    let attempt = AttemptId::from_str(parts.next()?).ok()?;
    Some((ClientId::new(parts.next()?.to_owned()).ok()?, case, attempt))
}

/// The tier of a change that ran; `None` when there is no such change.
async fn tier_of(
    app: &App,
    client: &ClientId,
    case: CaseId,
    attempt: AttemptId,
) -> Result<Option<Tier>, StoreError> {
    let events = app.store.events(client, case).await?;
    let view = CaseView::fold(client, case, &events);
    Ok(view.and_then(|v| v.attempts.iter().find(|a| a.id == attempt).map(|a| a.tier)))
}

/// One look at what was pressed and at what is to be posted, as after a restart. Answers with how many
/// presses there were.
#[cfg(test)]
pub(crate) async fn look(app: &App) -> usize {
    let Some(desk) = app.parts().chat.clone() else { return 0 };
    let presses = answer_presses(app, &desk).await;
    let (_on, stop) = Stop::new();
    let _ = posts::pass(app, &desk, &mut posts::Known::new(), &stop).await;
    presses
}

/// Answers what was pressed, and nothing else.
#[cfg(test)]
pub(crate) async fn answer_presses(app: &App, desk: &Desk) -> usize {
    let (_on, stop) = Stop::new();
    presses::pass(app, desk, &stop).await.unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::clock;

    #[test]
    fn a_client_may_have_a_channel_of_its_own() {
        let secrets = tempfile::tempdir().unwrap();
        let file = secrets.path().join("secret");
        std::fs::write(&file, "xoxb-1").unwrap();
        let client = |id: &str, more: &str| {
            format!(
                "[[client]]\nid = \"{id}\"\nname = \"{id}\"\ncustomers = []\n{more}\n[client.graph]\ntenant = \"t\"\nclient_id = \"c\"\nclient_secret = {{ env = \"G\" }}\n"
            )
        };
        let text = |channel: &str| {
            format!(
                "data_dir = \"d\"\npublic_url = \"https://d.example\"\nmsp_name = \"M\"\n[slack]\ntoken = {{ file = {file:?} }}\nsigning_secret = {{ file = {file:?} }}\n{channel}\n{}{}",
                client("acme", "slack_channel = \"C2\""),
                client("globex", "")
            )
        };
        let desk = |channel: &str| Desk::new(&toml::from_str(&text(channel)).unwrap()).unwrap();
        let of = |desk: &Desk, id: &str| {
            let id = ClientId::new(id).unwrap();
            desk.channel_of(Some(&id)).map(str::to_owned)
        };
        let both = desk("channel = \"C1\"").unwrap();
        assert_eq!(
            (of(&both, "acme"), of(&both, "globex")),
            (Some("C2".into()), Some("C1".into()))
        );
        assert_eq!(both.channel_of(None), Some("C1"));
        let own = desk("").unwrap();
        assert_eq!((of(&own, "acme"), of(&own, "globex")), (Some("C2".into()), None));
        assert_eq!(own.approve_up_to, Tier::High);
        let none = "data_dir = \"d\"\npublic_url = \"https://d.example\"\nmsp_name = \"M\"\n";
        assert!(Desk::new(&toml::from_str(none).unwrap()).unwrap().is_none());
    }

    #[test]
    fn what_a_button_carries_is_read_back() {
        let (id, seen) = (ApprovalId(clock::new_id()), Digest([7; 32]));
        assert_eq!(question_of(&question_value(id, seen)), Some((id, seen)));
        let client = ClientId::new("acme").unwrap();
        let (case, attempt) = (CaseId(clock::new_id()), AttemptId(clock::new_id()));
        let value = undo_value(&client, case, attempt);
        assert_eq!(undo_of(&value), Some((client, case, attempt)));
        for bad in ["", " ", "a b", "a b c"] {
            assert_eq!((question_of(bad), undo_of(bad)), (None, None), "{bad}");
        }
    }
}
