//! A Slack workspace on loopback: the part of the Web API that a bot with cards needs, written from the
//! published reference, with people who see messages and press buttons.
//!
//! INVARIANTS: it keeps state; a person can press only what stands before them; what it sends is signed
//! and shaped as Slack does it; limits and scopes are enforced as documented, so that a card that
//! Slack would refuse is refused here.

mod api;
mod rules;
mod send;
mod state;

pub use send::Sent;
pub use state::{SlackMessage, SlackUser};

use crate::http::{Cut, CutListener};
use serde_json::Value;
use state::State;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running workspace. Dropping it ends every connection.
#[derive(Debug)]
pub struct Workspace {
    shared: Shared,
    base_url: String,
    stopped: Cut,
    task: JoinHandle<()>,
}

/// What handlers and the owner share.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workspace {
    /// Starts an empty workspace with the app installed and every scope granted that it asks for.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub async fn start() -> std::io::Result<Workspace> {
        Workspace::on(0).await
    }

    /// The same, on this port of 127.0.0.1; 0 takes a free one.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub async fn on(port: u16) -> std::io::Result<Workspace> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let base_url = format!("http://127.0.0.1:{}/api", listener.local_addr()?.port());
        let shared = Shared(Arc::new(Mutex::new(State::new())));
        let stopped = Cut::default();
        let app = api::router(shared.clone());
        let listener = CutListener { listener, stopped: stopped.clone() };
        let task = tokio::spawn(async move {
            let service = app.into_make_service_with_connect_info::<Cut>();
            if let Err(e) = axum::serve(listener, service).await {
                tracing::error!("the Slack stand-in stopped: {e}");
            }
        });
        Ok(Workspace { shared, base_url, stopped, task })
    }

    /// Address of the Web API.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The bot token.
    pub fn token(&self) -> String {
        self.shared.lock().token.clone()
    }

    /// What calls to the app are signed with.
    pub fn signing_secret(&self) -> String {
        self.shared.lock().signing.clone()
    }

    /// Somebody joins.
    pub fn add_user(&self, user: SlackUser) {
        self.shared.lock().users.push(user);
    }

    /// Changes somebody.
    pub fn change_user(&self, id: &str, change: impl FnOnce(&mut SlackUser)) {
        if let Some(user) = self.shared.lock().users.iter_mut().find(|u| u.id == id) {
            change(user);
        }
    }

    /// A channel with the app in it.
    pub fn add_channel(&self, id: &str) {
        self.shared.lock().channels.push(id.to_owned());
    }

    /// The token may do this and no more.
    pub fn set_scopes(&self, scopes: &[&str]) {
        self.shared.lock().scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
    }

    /// The next calls are answered with 429.
    pub fn throttle(&self, calls: u32, retry_after_s: u64) {
        self.shared.lock().throttle = (calls, retry_after_s);
    }

    /// Every call is answered with 503, or served again.
    pub fn set_down(&self, down: bool) {
        self.shared.lock().down = down;
    }

    /// The next posts are made, and the answer to them gets lost.
    pub fn lose_answers(&self, posts: u32) {
        self.shared.lock().lose = posts;
    }

    /// Buttons were pressed longer ago than a form may open.
    pub fn age_triggers(&self) {
        self.shared.lock().age_triggers();
    }

    /// How often a method was called, refused calls included.
    pub fn calls(&self, method: &str) -> u32 {
        self.shared.lock().calls.get(method).copied().unwrap_or(0)
    }

    /// Messages in a channel or conversation, oldest first, as they stand now.
    pub fn messages(&self, conversation: &str) -> Vec<SlackMessage> {
        let state = self.shared.lock();
        state.messages.iter().filter(|m| m.conversation == conversation).cloned().collect()
    }

    /// Messages of the app to this person alone, oldest first, as they stand now.
    pub fn inbox(&self, user: &str) -> Vec<SlackMessage> {
        let conversation = self.shared.lock().conversation_of(user);
        conversation.map(|c| self.messages(&c)).unwrap_or_default()
    }

    /// What only this person was shown, oldest first.
    pub fn whispers(&self, user: &str) -> Vec<String> {
        self.whispered(user).into_iter().map(|message| message.text).collect()
    }

    /// The same, with their blocks.
    pub fn whispered(&self, user: &str) -> Vec<SlackMessage> {
        let state = self.shared.lock();
        state.whispers.iter().filter(|(u, _)| u == user).map(|(_, m)| m.clone()).collect()
    }

    /// The window before this person, if one is open.
    pub fn window(&self, user: &str) -> Option<Value> {
        self.shared.lock().windows.get(user).cloned()
    }

    /// A person presses a button of a message as they saw it, which may be long ago. `None` when the
    /// message has no such button. `to` is the app's address for interactions.
    pub async fn press(
        &self,
        user: &str,
        message: &SlackMessage,
        action: &str,
        to: &str,
    ) -> Option<Sent> {
        let (body, secret) = {
            let mut state = self.shared.lock();
            let payload = state.pressed(user, message, action)?;
            (send::form(&payload), state.signing.clone())
        };
        Some(send::send(to, "application/x-www-form-urlencoded", body, &secret).await)
    }

    /// A person fills in the window before them and sends it. `None` when none is open.
    pub async fn submit(&self, user: &str, text: &str, to: &str) -> Option<Sent> {
        let (body, secret) = {
            let mut state = self.shared.lock();
            let payload = state.submitted(user, text)?;
            (send::form(&payload), state.signing.clone())
        };
        Some(send::send(to, "application/x-www-form-urlencoded", body, &secret).await)
    }

    /// Sends the app an event.
    pub async fn event(&self, event: &Value, to: &str) -> Sent {
        let secret = self.signing_secret();
        send::send(to, "application/json", event.to_string(), &secret).await
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.stopped.cut();
        self.task.abort();
    }
}
