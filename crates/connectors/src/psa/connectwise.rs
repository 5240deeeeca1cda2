//! ConnectWise PSA through its REST API, as one API member on one service board.
//!
//! INVARIANTS: no change is skipped by paging (see `cursor`); what customers see is written only by
//! a reply; a duplicate is attached to its ticket as a child, which can be undone, never merged.

use crate::psa::reference;
use crate::{CallError, Changes, Probe, Psa, ReadBack, psa::PastPage};
use async_trait::async_trait;
use domain::{
    Action, ActionKind, Author, IncomingTicket, Message, PastTicket, TicketRef, TicketState,
    TicketStatus, UnixMs,
};
use gate::Grant;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

mod api;
mod config;
mod cursor;
mod past;
mod poll;
mod setup;
mod wire;

use crate::http::utc;
use api::Api;
pub use config::ConnectWiseConfig;
use wire::{Contact, Note, Ticket, TimeEntry};

const TICKETS: &str = "Service Desk > Service Tickets: inquire, add and edit, all";
const CONTACTS: &str = "Companies > Contacts: inquire, all";
const TIME: &str = "Time & Expense > Time Entry: inquire, add, all";
const SETUP: &str = "System > Table Setup: inquire, all";
const SYSTEM: &str = "System > API Reports: inquire, all";
const CALLBACKS: &str = "System > Callbacks: inquire, add and edit, all";

/// Every right that the API member's security role needs. Setup texts name these and no others.
/// The last one is only for [`ConnectWise::register_callback`].
pub const RIGHTS: [&str; 6] = [TICKETS, CONTACTS, TIME, SETUP, SYSTEM, CALLBACKS];

/// One service board of one ConnectWise PSA.
pub struct ConnectWise {
    name: String,
    config: ConnectWiseConfig,
    api: Api,
}

impl std::fmt::Debug for ConnectWise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectWise").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ConnectWise {
    /// Checks the configuration; calls nobody. `name` is the connector's configured name.
    ///
    /// Fails with [`CallError::Rejected`] when an address, name or CA file cannot be used.
    pub fn new(
        name: impl Into<String>,
        config: ConnectWiseConfig,
    ) -> Result<ConnectWise, CallError> {
        let api = Api::new(&config)?;
        Ok(ConnectWise { name: name.into(), config, api })
    }

    async fn raw(&self, id: &str) -> Result<Option<Ticket>, CallError> {
        match id.parse::<u64>() {
            Ok(_) => self.api.get(&["service", "tickets", id], TICKETS).await,
            Err(_) => Ok(None),
        }
    }

    async fn notes(&self, id: &str) -> Result<Vec<Note>, CallError> {
        self.api.list(&["service", "tickets", id, "notes"], None, TICKETS).await
    }

    async fn time_entries(&self, id: u64) -> Result<Vec<TimeEntry>, CallError> {
        let of = format!("chargeToType=\"ServiceTicket\" AND chargeToId={id}");
        self.api.list(&["time", "entries"], Some(&of), TIME).await
    }

    /// A contact's addresses, the default one first; none when there is no such contact.
    async fn mails(&self, contact: u64) -> Result<Vec<String>, CallError> {
        let id = contact.to_string();
        let path = ["company", "contacts", id.as_str()];
        let contact: Option<Contact> = self.api.get(&path, CONTACTS).await?;
        Ok(contact.map(|c| c.mails()).unwrap_or_default())
    }

    /// The sender: the address that the ticket was written from, whoever the contact is, because a
    /// foreign address must not pass for the contact's own. Only where the ticket names none, the
    /// contact's default one.
    async fn sender(&self, ticket: &Ticket) -> Result<String, CallError> {
        let written =
            ticket.contact_email_address.as_deref().unwrap_or_default().trim().to_lowercase();
        match &ticket.contact {
            Some(contact) if written.is_empty() => {
                Ok(self.mails(contact.id).await?.into_iter().next().unwrap_or_default())
            }
            _ => Ok(written),
        }
    }

    /// The note that holds the first message, if one does.
    fn opening<'a>(&self, notes: &'a [Note]) -> Option<&'a Note> {
        notes.iter().find(|n| n.detail_description_flag && !n.by_member(&self.config.member))
    }

    fn status_of(&self, ticket: &Ticket) -> TicketStatus {
        let name = ticket.status.as_ref().and_then(|s| s.name.as_deref()).unwrap_or_default();
        self.config.status(name, ticket.closed_flag)
    }

    async fn messages(&self, ticket: &Ticket, notes: &[Note]) -> Result<Vec<Message>, CallError> {
        let opening = self.opening(notes).map(|n| n.id);
        let mut known: BTreeMap<u64, String> = BTreeMap::new();
        let mut messages = Vec::new();
        for note in notes.iter().filter(|n| Some(n.id) != opening) {
            let author = match &note.contact {
                Some(contact) => {
                    let mail = match known.get(&contact.id) {
                        Some(mail) => mail.clone(),
                        None if ticket.contact.as_ref().is_some_and(|c| c.id == contact.id) => {
                            self.sender(ticket).await?
                        }
                        None => {
                            self.mails(contact.id).await?.into_iter().next().unwrap_or_default()
                        }
                    };
                    known.insert(contact.id, mail.clone());
                    Author::Customer(mail)
                }
                None if note.by_member(&self.config.member) => Author::Ourselves,
                None => Author::Agent(agent(note)),
            };
            messages.push(Message {
                id: note.id.to_string(),
                author,
                body: note.text().to_owned(),
                at: note.date_created.as_deref().and_then(utc).unwrap_or_default(),
                internal: note.internal(),
            });
        }
        messages.sort_by_key(|m| m.at);
        Ok(messages)
    }

    fn own_ticket<'a>(&self, ticket: &'a TicketRef) -> Result<&'a str, CallError> {
        if ticket.psa == self.name && ticket.id.parse::<u64>().is_ok() {
            return Ok(&ticket.id);
        }
        Err(CallError::rejected(
            format!("{ticket} is no ticket of {}", self.name),
            "send it to the help desk that it belongs to",
        ))
    }

    async fn write_note(
        &self,
        ticket: &TicketRef,
        text: &str,
        internal: bool,
    ) -> Result<(), CallError> {
        let id = self.own_ticket(ticket)?;
        let body = json!({
            "text": text,
            "detailDescriptionFlag": !internal,
            "internalAnalysisFlag": internal,
            "resolutionFlag": false,
            "processNotifications": !internal,
            "member": { "identifier": self.config.member },
        });
        self.api.change(Method::POST, &["service", "tickets", id, "notes"], &body, TICKETS).await
    }

    async fn log_time(
        &self,
        ticket: &TicketRef,
        minutes: u32,
        text: &str,
    ) -> Result<(), CallError> {
        let id = self.own_ticket(ticket)?;
        let start = self.api.clock(TICKETS).await? - i64::from(minutes) * 60;
        let body = json!({
            "chargeToId": id.parse::<u64>().unwrap_or_default(),
            "chargeToType": "ServiceTicket",
            "member": { "identifier": self.config.member },
            "timeStart": stamp(start),
            "actualHours": (f64::from(minutes) / 60.0 * 100.0).round() / 100.0,
            "notes": text,
            "addToDetailDescriptionFlag": false,
            "addToInternalAnalysisFlag": false,
            "addToResolutionFlag": false,
        });
        self.api.change(Method::POST, &["time", "entries"], &body, TIME).await
    }

    async fn set_status(&self, action: &domain::action::SetStatus) -> Result<(), CallError> {
        let id = self.own_ticket(&action.ticket)?;
        let Some(ticket) = self.raw(id).await? else {
            return Err(CallError::rejected(
                format!("{} is not there any more", action.ticket),
                "it may have been deleted or merged; look it up again",
            ));
        };
        if let Some(parent) = &action.duplicate_of
            && !ticket.links().contains(parent)
        {
            self.attach(ticket.id, parent).await?;
        }
        let name = self.config.status_name(action.status);
        let reads = ticket.status.as_ref().and_then(|s| s.name.as_deref()).unwrap_or_default();
        if reads.eq_ignore_ascii_case(name) {
            return Ok(());
        }
        let patch = json!([{ "op": "replace", "path": "status/name", "value": name }]);
        self.api.change(Method::PATCH, &["service", "tickets", id], &patch, TICKETS).await
    }

    /// Makes a ticket the child of the one that it repeats.
    async fn attach(&self, child: u64, parent: &str) -> Result<(), CallError> {
        if parent.parse::<u64>().is_err() || parent == child.to_string() {
            return Err(CallError::rejected(
                format!("ticket {child} cannot be a duplicate of {parent:?}"),
                "name another ticket of the same help desk",
            ));
        }
        let body: Value = json!({ "childTicketIds": [child] });
        let path = ["service", "tickets", parent, "attachChildren"];
        self.api.change(Method::POST, &path, &body, TICKETS).await
    }
}

#[async_trait]
impl Psa for ConnectWise {
    fn name(&self) -> &str {
        &self.name
    }

    fn vendor(&self) -> &'static str {
        "connectwise"
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        &[ActionKind::Reply, ActionKind::AddNote, ActionKind::LogTime, ActionKind::SetStatus]
    }

    async fn probe(&self) -> Result<Probe, CallError> {
        self.check_setup().await
    }

    async fn changes(&self, cursor: Option<&str>) -> Result<Changes, CallError> {
        self.changes_since(cursor).await
    }

    async fn closed(&self, cursor: Option<&str>) -> Result<PastPage, CallError> {
        self.closed_after(cursor).await
    }

    async fn past(&self, id: &str) -> Result<Option<PastTicket>, CallError> {
        self.closed_one(id).await
    }

    async fn incoming(&self, id: &str) -> Result<Option<IncomingTicket>, CallError> {
        let Some(ticket) = self.raw(id).await? else { return Ok(None) };
        let notes = self.notes(id).await?;
        let body = match self.opening(&notes) {
            Some(note) => note.text().to_owned(),
            None => ticket.initial_description.clone().unwrap_or_default(),
        };
        let contact = ticket.contact.as_ref().and_then(|c| c.name.clone());
        Ok(Some(IncomingTicket {
            ticket: TicketRef { psa: self.name.clone(), id: id.to_owned() },
            customer: ticket
                .company
                .as_ref()
                .and_then(|c| c.identifier.clone())
                .unwrap_or_default(),
            from: self.sender(&ticket).await?,
            from_name: contact.or_else(|| ticket.contact_name.clone()).unwrap_or_default(),
            subject: ticket.summary.clone().unwrap_or_default(),
            body,
            created_at: ticket.created_at(),
            message_id: None,
            status: self.status_of(&ticket),
        }))
    }

    async fn ticket(&self, id: &str) -> Result<Option<TicketState>, CallError> {
        let Some(ticket) = self.raw(id).await? else { return Ok(None) };
        let (notes, entries) = tokio::try_join!(self.notes(id), self.time_entries(ticket.id))?;
        Ok(Some(TicketState {
            ticket: TicketRef { psa: self.name.clone(), id: id.to_owned() },
            status: self.status_of(&ticket),
            messages: self.messages(&ticket, &notes).await?,
            minutes_worked: entries.iter().map(minutes).sum(),
            time_notes: entries.into_iter().filter_map(|e| e.notes).collect(),
            links: ticket.links(),
        }))
    }

    async fn perform(&self, grant: Grant) -> Result<(), CallError> {
        let mark = grant.digest().short();
        match grant.action() {
            Action::Reply(a) => self.write_note(&a.ticket, &marked(&a.text, &mark), false).await,
            Action::AddNote(a) => self.write_note(&a.ticket, &marked(&a.text, &mark), true).await,
            Action::LogTime(a) => {
                self.log_time(&a.ticket, a.minutes, &marked(&a.text, &mark)).await
            }
            Action::SetStatus(a) => self.set_status(a).await,
            other => Err(cannot(other)),
        }
    }

    async fn read_back(&self, action: &Action, mark: &str) -> Result<ReadBack, CallError> {
        let Some(ticket) = action.ticket() else { return Err(cannot(action)) };
        let id = self.own_ticket(ticket)?;
        let mark = reference(mark);
        let found = |yes: bool, what: &str| {
            if yes {
                ReadBack::Shown(format!("the ticket shows {what} {mark}"))
            } else {
                ReadBack::NotShown(format!("the ticket shows no {what} {mark}"))
            }
        };
        let Some(raw) = self.raw(id).await? else {
            return Ok(ReadBack::NotShown("the ticket is gone".into()));
        };
        Ok(match action {
            Action::Reply(_) | Action::AddNote(_) => {
                let internal = matches!(action, Action::AddNote(_));
                let notes = self.notes(id).await?;
                let there = notes.iter().any(|n| {
                    n.contact.is_none() && n.internal() == internal && ends_in(n.text(), &mark)
                });
                found(there, if internal { "the internal note" } else { "the reply" })
            }
            Action::LogTime(_) => {
                let entries = self.time_entries(raw.id).await?;
                let there =
                    entries.iter().any(|e| ends_in(e.notes.as_deref().unwrap_or_default(), &mark));
                found(there, "the time entry")
            }
            Action::SetStatus(a) => self.status_read_back(a, &raw),
            other => return Err(cannot(other)),
        })
    }
}

impl ConnectWise {
    fn status_read_back(&self, action: &domain::action::SetStatus, ticket: &Ticket) -> ReadBack {
        let status = self.status_of(ticket);
        let linked = action.duplicate_of.as_ref().is_none_or(|p| ticket.links().contains(p));
        if status != action.status {
            ReadBack::NotShown(format!("the ticket's status reads as {}", status.name()))
        } else if !linked {
            ReadBack::NotShown("the ticket is not attached to the one that it repeats".into())
        } else {
            ReadBack::Shown(format!("the ticket's status reads as {}", status.name()))
        }
    }
}

fn cannot(action: &Action) -> CallError {
    CallError::rejected(
        format!("ConnectWise has no {}", action.kind().name()),
        "send it to the system that it is about",
    )
}

fn marked(text: &str, mark: &str) -> String {
    format!("{}\n\n{}", text.trim_end(), reference(mark))
}

fn ends_in(text: &str, mark: &str) -> bool {
    text.trim_end().ends_with(mark)
}

fn agent(note: &Note) -> String {
    let member = note.member.as_ref();
    let name = member.and_then(|m| m.name.clone().or_else(|| m.identifier.clone()));
    name.or_else(|| note.created_by.clone()).unwrap_or_else(|| "unknown".into())
}

fn minutes(entry: &TimeEntry) -> u32 {
    let minutes = (entry.actual_hours.unwrap_or(0.0) * 60.0).round();
    // INVARIANT: a cast from float to integer saturates; negative corrections count as 0.
    minutes as u32
}

/// A second since the Unix epoch, as ConnectWise writes times.
fn stamp(second: i64) -> String {
    UnixMs(second.saturating_mul(1_000)).to_string()
}
