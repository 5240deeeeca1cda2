//! The help desk's state: companies, contacts, tickets, notes, time.

use super::records::{Callback, Company, Contact, Delivery, Note, Ticket, TimeEntry};
use crate::effect::{Effect, System};
use crate::now;
use crate::world::{PersonKind, WorldHandle};
use domain::{ClientId, TicketStatus, UnixMs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::UnboundedSender;

/// Identifier of the API member.
pub(crate) const MEMBER: &str = "journeyman";
/// Name of the board that mails arrive on.
pub(crate) const BOARD: &str = "Help Desk";
pub(crate) const BOARD_ID: u32 = 1;
/// The company that mails of unknown senders are filed under.
pub(crate) const CATCH_ALL: u32 = 2;

const FIRST_TICKET: u64 = 1001;
const FIRST_CONTACT: u32 = 3000;

/// A technician of the desk.
pub(crate) const PERSON: &str = "tnguyen";

/// Statuses of the board: id, name, closed, ours.
pub(crate) const STATUSES: &[(u32, &str, bool, TicketStatus)] = &[
    (16, "New", false, TicketStatus::New),
    (17, "In Progress", false, TicketStatus::InProgress),
    (18, "Waiting on Customer", false, TicketStatus::WaitingOnCustomer),
    (19, "Waiting on Approval", false, TicketStatus::WaitingOnApproval),
    (20, "Needs Technician", false, TicketStatus::NeedsTechnician),
    (21, "Closed", true, TicketStatus::Closed),
];

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) companies: Vec<Company>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) times: Vec<TimeEntry>,
    pub(crate) callbacks: Vec<Callback>,
    next_note: u64,
    next_ticket: u64,
    outbox: UnboundedSender<Delivery>,
}

/// Shared access to the desk.
#[derive(Clone, Debug)]
pub(crate) struct DeskHandle(Arc<Mutex<Desk>>, WorldHandle);

/// Whole seconds, as this API keeps them.
pub(crate) fn seconds(at: UnixMs) -> UnixMs {
    UnixMs(at.0.div_euclid(1000) * 1000)
}

impl DeskHandle {
    pub(crate) fn new(world: WorldHandle, outbox: UnboundedSender<Delivery>) -> Self {
        let mut desk = Desk {
            companies: vec![
                Company {
                    id: 1,
                    identifier: "Riverbend".into(),
                    name: "Riverbend IT".into(),
                    client: None,
                },
                Company {
                    id: CATCH_ALL,
                    identifier: "CatchAll".into(),
                    name: "Catchall (for import)".into(),
                    client: None,
                },
            ],
            contacts: Vec::new(),
            tickets: Vec::new(),
            times: Vec::new(),
            callbacks: Vec::new(),
            next_note: 5000,
            next_ticket: FIRST_TICKET,
            outbox,
        };
        world.read(|w| {
            for c in &w.companies {
                let id = 200 + desk.companies.len() as u32;
                let identifier = c.name.replace(' ', "");
                desk.companies.push(Company {
                    id,
                    identifier,
                    name: c.name.clone(),
                    client: Some(c.id.clone()),
                });
                for p in c.people.iter().filter(|p| p.kind == PersonKind::Human) {
                    let mut emails = vec![p.mail.clone()];
                    emails.extend(p.other_mails.iter().cloned());
                    desk.contacts.push(Contact {
                        id: FIRST_CONTACT + desk.contacts.len() as u32,
                        company: id,
                        first: p.given_name.clone(),
                        last: p.surname.clone(),
                        title: p.title.clone(),
                        emails,
                        phone: p.phone.clone(),
                    });
                }
            }
        });
        DeskHandle(Arc::new(Mutex::new(desk)), world)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Files a mail as the e-mail connector would.
    pub(crate) fn file_mail(
        &self,
        client: &ClientId,
        from: &str,
        name: &str,
        subject: &str,
        body: &str,
    ) -> u64 {
        let mut desk = self.lock();
        let known = desk.contact_by_address(from).map(|c| (c.id, c.company));
        let (contact, company) = match known {
            Some((contact, company)) => (Some(contact), company),
            None => (None, CATCH_ALL),
        };
        let id = desk.add_ticket(
            Some(client.clone()),
            company,
            contact,
            from,
            name,
            subject,
            "Email Connector",
        );
        let by = if name.is_empty() { from.to_owned() } else { name.to_owned() };
        desk.add_note(
            id,
            Note {
                id: 0,
                text: body.to_owned(),
                detail: true,
                internal: false,
                resolution: false,
                by_member: false,
                contact,
                created_by: by,
                at: seconds(now()),
            },
        );
        desk.announce(id, "added", false);
        id
    }

    /// Adds what a customer wrote to a ticket. `false` when there is no such ticket.
    pub(crate) fn customer_note(&self, id: u64, text: &str) -> bool {
        let mut desk = self.lock();
        let Some(ticket) = desk.ticket_mut(id) else { return false };
        ticket.customer_updated = true;
        let (contact, from) = (ticket.contact, ticket.email.clone());
        desk.touch(id, "Email Connector");
        desk.add_note(
            id,
            Note {
                id: 0,
                text: text.to_owned(),
                detail: true,
                internal: false,
                resolution: false,
                by_member: false,
                contact,
                created_by: from,
                at: seconds(now()),
            },
        );
        desk.announce(id, "updated", false);
        true
    }

    /// A technician of the desk writes what was done and closes the ticket. `false` when there is no such ticket.
    pub(crate) fn closed_by_people(&self, id: u64, words: &str, minutes: u32) -> bool {
        let mut desk = self.lock();
        let Some(ticket) = desk.ticket_mut(id) else { return false };
        let Some(closed) = STATUSES.iter().find(|s| s.2) else { return false };
        (ticket.status, ticket.closed_at) = (closed.0, Some(seconds(now())));
        desk.touch(id, PERSON);
        let note = Note {
            id: 0,
            text: words.to_owned(),
            detail: false,
            internal: false,
            resolution: true,
            by_member: true,
            contact: None,
            created_by: PERSON.into(),
            at: seconds(now()),
        };
        desk.add_note(id, note);
        let entry = TimeEntry {
            id: desk.times.iter().map(|t| t.id).max().unwrap_or(0) + 1,
            ticket: id,
            charge_to_type: "ServiceTicket".into(),
            start: seconds(now()),
            hours: f64::from(minutes) / 60.0,
            notes: String::new(),
            internal_notes: String::new(),
            member: PERSON.into(),
            at: seconds(now()),
        };
        desk.times.push(entry);
        desk.announce(id, "updated", false);
        true
    }

    /// Moves a ticket to a status; records an effect when that closes it.
    pub(crate) fn set_status(&self, id: u64, status: u32) {
        let closed = STATUSES.iter().any(|s| s.0 == status && s.2);
        let mut desk = self.lock();
        let Some(ticket) = desk.ticket_mut(id) else { return };
        let was_closed = ticket.closed_at.is_some();
        ticket.status = status;
        ticket.closed_at = if !closed { None } else { ticket.closed_at.or(Some(seconds(now()))) };
        let client = ticket.client.clone();
        drop(desk);
        if let (true, false, Some(client)) = (closed, was_closed, client) {
            self.1.record(
                &client,
                System::Connectwise,
                Effect::TicketClosed { ticket: id.to_string() },
            );
        }
    }
}

impl Desk {
    pub(crate) fn contact_by_address(&self, address: &str) -> Option<&Contact> {
        self.contacts.iter().find(|c| c.emails.iter().any(|e| e.eq_ignore_ascii_case(address)))
    }

    /// Tickets are numbered without gaps and never deleted.
    pub(crate) fn ticket(&self, id: u64) -> Option<&Ticket> {
        let place = usize::try_from(id.checked_sub(FIRST_TICKET)?).ok()?;
        self.tickets.get(place)
    }

    pub(crate) fn ticket_mut(&mut self, id: u64) -> Option<&mut Ticket> {
        let place = usize::try_from(id.checked_sub(FIRST_TICKET)?).ok()?;
        self.tickets.get_mut(place)
    }

    pub(crate) fn contact(&self, id: u32) -> Option<&Contact> {
        self.contacts.get(usize::try_from(id.checked_sub(FIRST_CONTACT)?).ok()?)
    }

    pub(crate) fn company(&self, id: u32) -> Option<&Company> {
        self.companies.iter().find(|c| c.id == id)
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn add_ticket(
        &mut self,
        client: Option<ClientId>,
        company: u32,
        contact: Option<u32>,
        email: &str,
        name: &str,
        summary: &str,
        by: &str,
    ) -> u64 {
        let id = self.next_ticket;
        self.next_ticket += 1;
        let at = seconds(now());
        self.tickets.push(Ticket {
            id,
            client,
            company,
            contact,
            email: email.to_owned(),
            from_name: name.to_owned(),
            summary: summary.chars().take(100).collect(),
            status: 16,
            parent: None,
            merged_into: None,
            has_child: false,
            has_merged_child: false,
            hours: 0.0,
            closed_at: None,
            customer_updated: false,
            notes: Vec::new(),
            entered_at: at,
            updated_at: at,
            updated_by: by.to_owned(),
        });
        id
    }

    /// Adds a note and gives it an id, which is returned.
    pub(crate) fn add_note(&mut self, ticket: u64, mut note: Note) -> u64 {
        self.next_note += 1;
        note.id = self.next_note;
        if let Some(ticket) = self.ticket_mut(ticket) {
            ticket.notes.push(note);
        }
        self.next_note
    }

    /// Marks a ticket as updated now.
    pub(crate) fn touch(&mut self, id: u64, by: &str) {
        let at = seconds(now());
        if let Some(ticket) = self.ticket_mut(id) {
            ticket.updated_at = at;
            ticket.updated_by = by.to_owned();
        }
    }

    /// Queues the callbacks for a ticket.
    pub(crate) fn announce(&self, id: u64, action: &'static str, by_api_member: bool) {
        let Some(ticket) = self.ticket(id) else { return };
        for callback in self.callbacks.iter().filter(|c| c.wants(ticket, by_api_member)) {
            let entity = super::tickets::ticket_json(self, ticket);
            // The receiver lives as long as the sandbox.
            let _ = self.outbox.send(Delivery {
                url: callback.url.clone(),
                ticket: id,
                action,
                entity,
            });
        }
    }
}
