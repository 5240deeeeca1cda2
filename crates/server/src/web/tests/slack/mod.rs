//! Slack as people meet it: a workspace on loopback, the whole router behind a real socket.

mod hooks;
mod notices;
mod outage;
mod questions;
mod who;

use super::support::{Desk, change_parts};
use crate::chat;
use connectors::chat::slack::SlackConfig;
use domain::{Approval, ApprovalState, Event};
use sandbox::slack::{Sent, SlackMessage, SlackUser, Workspace};
use std::{net::SocketAddr, sync::Arc};

/// The channel for notices.
const CHANNEL: &str = "C0NOTICES";
const ADMIN: &str = "U1ADMIN";
const TECHNICIAN: &str = "U2TECH";
const AUDITOR: &str = "U3AUDIT";

/// A desk with Slack: an administrator, a technician and an auditor, all of them members.
struct Scene {
    desk: Desk,
    slack: Workspace,
    /// Where the app listens.
    hooks: String,
    _secrets: tempfile::TempDir,
}

/// The configuration of a workspace.
fn config(slack: &Workspace, secrets: &tempfile::TempDir) -> SlackConfig {
    let file = |name: &str, secret: String| {
        let path = secrets.path().join(name);
        std::fs::write(&path, secret).unwrap();
        connectors::SecretSource::File(path)
    };
    SlackConfig {
        token: file("token", slack.token()),
        signing_secret: file("signing", slack.signing_secret()),
        channel: Some(CHANNEL.into()),
        approve_up_to: domain::Tier::High,
        base_url: slack.base_url().into(),
        ca_file: None,
        timeout_ms: 5_000,
    }
}

impl Scene {
    async fn new() -> Scene {
        Scene::up_to(domain::Tier::High).await
    }

    /// The same, where Slack approves up to this tier.
    async fn up_to(tier: domain::Tier) -> Scene {
        Scene::with(|all| all.slack.as_mut().unwrap().approve_up_to = tier).await
    }

    /// The same, with something of the configuration changed.
    async fn with(change: impl FnOnce(&mut crate::config::Config)) -> Scene {
        let slack = Workspace::start().await.unwrap();
        for (id, role) in [(ADMIN, "admin"), (TECHNICIAN, "technician"), (AUDITOR, "auditor")] {
            slack.add_user(SlackUser::full(id, role, &format!("{role}@desk.example")));
        }
        slack.add_channel(CHANNEL);
        let secrets = tempfile::tempdir().unwrap();
        let mut all = crate::config::example();
        all.slack = Some(config(&slack, &secrets));
        change(&mut all);
        let chat = chat::Desk::new(&all).unwrap().unwrap();
        let desk =
            Desk::with(|app| change_parts(app, |parts| parts.chat = Some(Arc::new(chat)))).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hooks = format!("http://{}/hooks/slack", listener.local_addr().unwrap());
        let service = desk.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Scene { desk, slack, hooks, _secrets: secrets }
    }

    fn interactions(&self) -> String {
        format!("{}/interactions", self.hooks)
    }

    /// What a worker does about what was pressed and about what is to be posted.
    async fn look(&self) -> usize {
        chat::look(&self.desk.app).await
    }

    /// The only message to somebody.
    fn card(&self, user: &str) -> SlackMessage {
        let all = self.slack.inbox(user);
        assert_eq!(all.len(), 1, "{all:#?}");
        all.into_iter().next().unwrap()
    }

    /// Presses a button and has it answered.
    async fn press(&self, user: &str, message: &SlackMessage, action: &str) -> Sent {
        let sent = self.slack.press(user, message, action, &self.interactions()).await.unwrap();
        assert_eq!(sent.status, 200, "{sent:?}");
        self.look().await;
        sent
    }

    async fn state(&self, question: &Approval) -> ApprovalState {
        self.desk.app.store.approval(question.id).await.unwrap().unwrap().state
    }

    /// Every decision that the journal has on a question.
    async fn decisions(&self, question: &Approval) -> Vec<String> {
        let store = &self.desk.app.store;
        let events = store.events(&question.client, question.case).await.unwrap();
        let decided = events.iter().filter_map(|r| match &r.event {
            Event::Decided { decision, .. } => Some(decision.name().to_owned()),
            _ => None,
        });
        decided.collect()
    }

    /// The newest thing that only this person was told.
    fn whisper(&self, user: &str) -> String {
        self.slack.whispers(user).last().cloned().unwrap_or_default()
    }
}
