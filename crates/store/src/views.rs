//! The views: tables that lists and workers read, changed with the entry that they follow from.

use crate::{
    NewEntry,
    vault::{self, NewDrop},
    writer::{Fault, Tx},
};
use domain::{
    Actor, Approval, ApprovalId, ApprovalState, CasePhase, ClientId, Event, Outcome, UnixMs,
};

/// A change of a view that an event does not imply by itself.
#[derive(Debug)]
pub enum View {
    /// Where the case stands.
    Phase(CasePhase),
    /// When to look at the case again; `None`: only when something arrives.
    Wake(Option<UnixMs>),
    /// One line about the case for lists.
    Summary(String),
    /// A question to a person.
    Ask(Box<Approval>),
    /// A question's end without a person's decision.
    Settle(ApprovalId, ApprovalState),
    /// A one-time secret, sealed with the entry that says it is used.
    Drop(NewDrop),
    /// A message of the ticket that was taken in.
    Seen {
        /// Connector.
        psa: String,
        /// Ticket.
        ticket: String,
        /// Message.
        message: String,
    },
}

/// What an event implies for the views.
pub(crate) async fn project(
    tx: &mut Tx,
    client: &ClientId,
    case_id: &str,
    at: UnixMs,
    entry: &NewEntry,
) -> Result<(), Fault> {
    match &entry.event {
        Event::Judged { action, verdict, .. } if action.account().is_some() => {
            sqlx::query("UPDATE cases SET tier = $3 WHERE client = $1 AND id = $2")
                .bind(client.as_str())
                .bind(case_id)
                .bind(verdict.tier.name())
                .execute(&mut tx.conn)
                .await?;
        }
        Event::Held { .. } => set_phase(tx, client, case_id, CasePhase::WaitingForApproval).await?,
        Event::Decided { .. } | Event::Expired { .. } | Event::Voided { .. } => {
            set_phase(tx, client, case_id, CasePhase::Working).await?;
        }
        Event::Started { action, .. } => {
            if let Actor::Brain(brain) = &entry.actor {
                sqlx::query(
                    "INSERT INTO touched (client, brain, kind, target, at_ms)
                     VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(client.as_str())
                .bind(brain.as_str())
                .bind(action.kind().name())
                .bind(action.target_key())
                .bind(at.0)
                .execute(&mut tx.conn)
                .await?;
            }
        }
        Event::Finished { attempt, outcome } => match outcome {
            Outcome::Done(_) => vault::settle(tx, *attempt, true).await?,
            Outcome::Failed(_) => vault::settle(tx, *attempt, false).await?,
            Outcome::Unknown(_) => {}
        },
        Event::Ended { outcome, .. } => {
            set_phase(tx, client, case_id, CasePhase::Ended(*outcome)).await?;
            sqlx::query("UPDATE cases SET ended_ms = $3 WHERE client = $1 AND id = $2")
                .bind(client.as_str())
                .bind(case_id)
                .bind(at.0)
                .execute(&mut tx.conn)
                .await?;
        }
        _ => {}
    }
    Ok(())
}

async fn set_phase(
    tx: &mut Tx,
    client: &ClientId,
    case_id: &str,
    phase: CasePhase,
) -> Result<(), Fault> {
    sqlx::query("UPDATE cases SET phase = $3 WHERE client = $1 AND id = $2")
        .bind(client.as_str())
        .bind(case_id)
        .bind(phase.name())
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

pub(crate) async fn change_view(
    tx: &mut Tx,
    client: &ClientId,
    case_id: &str,
    at: UnixMs,
    view: View,
) -> Result<(), Fault> {
    match view {
        View::Phase(phase) => set_phase(tx, client, case_id, phase).await?,
        View::Wake(when) => wake(tx, client, case_id, when).await?,
        View::Summary(text) => {
            sqlx::query("UPDATE cases SET summary = $3 WHERE client = $1 AND id = $2")
                .bind(client.as_str())
                .bind(case_id)
                .bind(text)
                .execute(&mut tx.conn)
                .await?;
        }
        View::Ask(approval) => crate::approvals::insert(tx, &approval).await?,
        View::Settle(id, state) => crate::approvals::settle(tx, client, id, &state, at).await?,
        View::Drop(drop) => vault::insert(tx, client, case_id, at, drop).await?,
        View::Seen { psa, ticket, message } => {
            sqlx::query(
                "INSERT INTO seen_messages (psa, ticket_id, message_id) VALUES ($1, $2, $3)
                 ON CONFLICT DO NOTHING",
            )
            .bind(psa)
            .bind(ticket)
            .bind(message)
            .execute(&mut tx.conn)
            .await?;
        }
    }
    Ok(())
}

/// Sets when the case is looked at again. Whoever sets it has folded all there was to know.
async fn wake(
    tx: &mut Tx,
    client: &ClientId,
    case_id: &str,
    when: Option<UnixMs>,
) -> Result<(), Fault> {
    sqlx::query("UPDATE cases SET wake_ms = $3, news = 0 WHERE client = $1 AND id = $2")
        .bind(client.as_str())
        .bind(case_id)
        .bind(when.map(|w| w.0))
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

/// Has the case looked at now, because something arrived from outside.
pub(crate) async fn wake_for_news(
    tx: &mut Tx,
    client: &ClientId,
    case_id: &str,
    now: UnixMs,
) -> Result<(), Fault> {
    wake(tx, client, case_id, Some(now)).await?;
    mark_news(tx, client, case_id).await
}

/// Notes that something arrived, so that whoever holds the lease cannot put the case off.
pub(crate) async fn mark_news(tx: &mut Tx, client: &ClientId, case_id: &str) -> Result<(), Fault> {
    sqlx::query("UPDATE cases SET news = 1 WHERE client = $1 AND id = $2")
        .bind(client.as_str())
        .bind(case_id)
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}
