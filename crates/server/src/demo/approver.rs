//! The scripted approver: a person who approves what is right and leaves the rest waiting.

use super::{Stage, set_up::APPROVER, stream::Filed};
use crate::clock;
use domain::{Action, Approval, CaseView, Decision, PersonId};
use sandbox::Effect;
use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use tokio::task::JoinHandle;

/// Tickets filed so far, for the approver's sense of what is right.
static KNOWN: OnceLock<Mutex<Vec<Filed>>> = OnceLock::new();

/// Lets the approver know of a ticket.
pub(super) fn know(filed: &Filed) {
    if let Ok(mut known) = KNOWN.get_or_init(Mutex::default).lock() {
        known.push(filed.clone());
    }
}

/// Decides until aborted.
pub(super) fn start(stage: Arc<Stage>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            if let Err(e) = round(&stage).await {
                stage.view.say(&format!("the scripted approver could not decide: {e}"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
}

async fn round(stage: &Stage) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let me = PersonId::new(APPROVER)?;
    for approval in stage.app.store.approvals(Some("pending"), 500).await? {
        if !right(stage, &approval).await? {
            continue;
        }
        let decided = stage
            .app
            .store
            .decide(
                approval.id,
                &me,
                &[format!("{APPROVER}@harbour-it.example")],
                approval.digest,
                Decision::Approve,
                clock::now(),
            )
            .await;
        if decided.is_ok() {
            stage.app.due.notify_one();
            stage.app.tell(&approval.client, approval.case);
        }
    }
    Ok(())
}

/// Whether the ticket's ground truth holds the effect that is asked about.
pub(super) async fn right(
    stage: &Stage,
    approval: &Approval,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let events = stage.app.store.events(&approval.client, approval.case).await?;
    let Some(case) = CaseView::fold(&approval.client, approval.case, &events) else {
        return Ok(false);
    };
    let effect =
        case.held.iter().find(|h| h.approval == approval.id).and_then(|h| effect(&h.action));
    let Some(effect) = effect else { return Ok(false) };
    let known = KNOWN.get_or_init(Mutex::default).lock().map_err(|_| "a lock is poisoned")?;
    Ok(known
        .iter()
        .filter(|f| f.psa_id == case.ticket.ticket.id)
        .any(|f| f.ticket.allow.iter().any(|a| a.matches(&effect))))
}

/// The change that an action makes in the sandbox.
fn effect(action: &Action) -> Option<Effect> {
    let login = action.account()?.login.clone();
    let group = action.group().map(|g| g.name.clone());
    Some(match action {
        Action::UnlockAccount(_) => Effect::Unlocked { login },
        Action::ResetPassword(_) => Effect::PasswordSet { login },
        Action::RequirePasswordChange(_) => Effect::ChangeRequired { login },
        Action::EnableAccount(_) => Effect::Enabled { login },
        Action::DisableAccount(_) => Effect::Disabled { login },
        Action::AddGroupMember(_) => Effect::MemberAdded { group: group?, login },
        Action::RemoveGroupMember(_) => Effect::MemberRemoved { group: group?, login },
        _ => return None,
    })
}
