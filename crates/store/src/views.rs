//! The views: tables that lists and workers read, changed with the entry that they follow from.

use crate::{
    NewEntry, approvals, asked,
    change::Change,
    hand::Lease,
    notices::{self, NewNotice},
    outcomes, shadow,
    sql::{query, query_scalar},
    touched,
    vault::{self, NewDrop},
    webhooks,
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
    /// Something arrived from outside: the case is looked at now, and whoever holds the lease cannot put
    /// it off. With a worker of this process that is free, it is leased to it.
    News(Option<Lease>),
    /// This lease is given up, or an older one of the same node.
    Release(Lease),
    /// One line about the case for lists.
    Summary(String),
    /// A question to a person.
    Ask(Box<Approval>),
    /// A question's end without a person's decision.
    Settle(ApprovalId, ApprovalState),
    /// A question as it stands now, while it still waits: a change that somebody asked for was
    /// refused.
    Update(Box<Approval>),
    /// The question about a change takes the place of the one that it changes.
    Replace {
        /// The question that waited until now.
        old: ApprovalId,
        /// The one that takes its place.
        new: Box<Approval>,
    },
    /// Something that people are told of; it is about this case, whatever it says itself.
    Notice(NewNotice),
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

/// Where an entry stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) client: &'a ClientId,
    pub(crate) case_id: &'a str,
    pub(crate) at: UnixMs,
    pub(crate) seq: i64,
}

/// What an event implies for the views.
pub(crate) async fn project(
    tx: &mut Tx,
    place: Place<'_>,
    entry: &NewEntry,
    case: &mut Change,
) -> Result<(), Fault> {
    project_case(tx, place, entry, case).await?;
    asked::project(tx, place, entry).await?;
    touched::project(tx, place, entry).await?;
    outcomes::project(tx, place, entry).await?;
    shadow::project(tx, place, entry)?;
    webhooks::project(tx, place, &entry.event).await
}

/// The brain that an entry is the work of: its actor, or, when the platform acts for it, the one
/// whose request the case is.
pub(crate) async fn brain_of(
    tx: &mut Tx,
    place: Place<'_>,
    actor: &Actor,
) -> Result<Option<String>, Fault> {
    match actor {
        Actor::Brain(brain) => Ok(Some(brain.to_string())),
        Actor::Person(_) => Ok(None),
        Actor::Platform => {
            let found: Option<Option<String>> =
                query_scalar("SELECT brain FROM cases WHERE client = $1 AND id = $2")
                    .bind(place.client.as_str())
                    .bind(place.case_id)
                    .fetch_optional(tx.sql().await?)
                    .await?;
            Ok(found.flatten())
        }
    }
}

async fn project_case(
    tx: &mut Tx,
    place: Place<'_>,
    entry: &NewEntry,
    case: &mut Change,
) -> Result<(), Fault> {
    match &entry.event {
        // A close-out says nothing about how grave the case is.
        Event::Judged { action, verdict, .. } if action.ticket().is_none() => {
            case.tier = Some(verdict.tier);
        }
        Event::Held { .. } => case.phase = Some(CasePhase::WaitingForApproval),
        Event::Decided { .. } | Event::Expired { .. } | Event::Voided { .. } => {
            case.phase = Some(CasePhase::Working);
        }
        Event::Finished { attempt, outcome } => match outcome {
            Outcome::Done(_) => vault::settle(tx, *attempt, true).await?,
            Outcome::Failed(_) => vault::settle(tx, *attempt, false).await?,
            Outcome::Unknown(_) => {}
        },
        Event::Ended { outcome, .. } => {
            case.phase = Some(CasePhase::Ended(*outcome));
            case.ended = Some(place.at);
        }
        Event::MessageReceived { .. } => case.news_stays = true,
        _ => {}
    }
    Ok(())
}

pub(crate) async fn change_view(
    tx: &mut Tx,
    client: &ClientId,
    case_id: &str,
    at: UnixMs,
    view: View,
    case: &mut Change,
) -> Result<(), Fault> {
    match view {
        View::Phase(phase) => case.phase = Some(phase),
        View::Wake(when) => case.put_off(when),
        View::News(lease) => case.news(at, lease),
        View::Release(lease) => case.release = Some(lease),
        View::Summary(text) => case.summary = Some(text),
        View::Ask(approval) => approvals::insert(tx, &approval).await?,
        View::Settle(id, state) => approvals::settle(tx, client, id, &state, at).await?,
        View::Update(approval) => approvals::update(tx, client, &approval, at).await?,
        View::Replace { old, new } => approvals::replace(tx, client, old, &new, at).await?,
        View::Notice(notice) => {
            notices::with_entry(tx, (client.as_str(), case_id), &notice, at);
        }
        View::Drop(drop) => vault::insert(tx, client, case_id, at, drop).await?,
        View::Seen { psa, ticket, message } => {
            tx.later(
                query(
                    "INSERT INTO seen_messages (psa, ticket_id, message_id) VALUES ($1, $2, $3)
                     ON CONFLICT DO NOTHING",
                )
                .bind(psa)
                .bind(ticket)
                .bind(message),
            );
        }
    }
    Ok(())
}
