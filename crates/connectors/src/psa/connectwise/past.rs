//! Closed tickets of the board, for a history: fields, notes and time entries.
//!
//! ConnectWise keeps no record of who approved what on a service ticket, and its audit trail is not read: status changes and
//! reassignments are not in these histories.

use super::wire::{Note, Reference, Ticket};
use super::{ConnectWise, TICKETS, TIME, agent};
use crate::http::utc;
use crate::{CallError, psa::PastPage};
use domain::{PastDeed, PastEvent, PastTicket, UnixMs};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Tickets a page. Each costs a request for its notes, and one more for a sender that is not named.
const PAGE: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Closed {
    #[serde(flatten)]
    ticket: Ticket,
    board: Option<Reference>,
    #[serde(rename = "type")]
    kind: Option<Reference>,
    sub_type: Option<Reference>,
    item: Option<Reference>,
    owner: Option<Reference>,
    priority: Option<Reference>,
    closed_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Worked {
    charge_to_id: u64,
    #[serde(default)]
    actual_hours: Option<f64>,
    time_start: Option<String>,
    member: Option<Reference>,
}

fn name(reference: &Option<Reference>) -> &str {
    reference.as_ref().and_then(|r| r.name.as_deref()).unwrap_or_default()
}

/// A member's identifier, else name: what one field says of people must fit what another says.
fn member(reference: &Option<Reference>) -> String {
    let of = reference.as_ref().and_then(|r| r.identifier.clone().or_else(|| r.name.clone()));
    of.unwrap_or_default()
}

impl ConnectWise {
    pub(super) async fn closed_after(&self, cursor: Option<&str>) -> Result<PastPage, CallError> {
        let after: u64 = match cursor {
            None => 0,
            Some(text) => text.parse().map_err(|_| {
                CallError::rejected(
                    format!("{text:?} is not a place in ConnectWise's closed tickets"),
                    "begin again without one",
                )
            })?,
        };
        let conditions =
            format!("board/name=\"{}\" AND closedFlag=true AND id > {after}", self.config.board);
        let size = PAGE.to_string();
        let query = [
            ("conditions", conditions.as_str()),
            ("orderBy", "id asc"),
            ("page", "1"),
            ("pageSize", size.as_str()),
        ];
        let page: Vec<Closed> = self.api.page(&["service", "tickets"], &query, TICKETS).await?;
        let Some(last) = page.last().map(|c| c.ticket.id) else {
            return Ok(PastPage { tickets: Vec::new(), cursor: after.to_string(), more: false });
        };
        if page.first().is_some_and(|first| first.ticket.id <= after)
            || !page.is_sorted_by_key(|c| c.ticket.id)
        {
            return Err(CallError::rejected(
                "ConnectWise does not list tickets in the order asked for",
                "report this with the version of ConnectWise; reading on would lose tickets",
            ));
        }
        let tickets = self.all_of(&page).await?;
        Ok(PastPage { tickets, cursor: last.to_string(), more: page.len() >= PAGE })
    }

    /// This ticket, once it is closed.
    pub(super) async fn closed_one(&self, id: &str) -> Result<Option<PastTicket>, CallError> {
        let Ok(id) = id.parse::<u64>() else {
            return Err(CallError::rejected(
                format!("{id:?} is no number of a ConnectWise ticket"),
                "ask for one that it gave",
            ));
        };
        let conditions = format!("id = {id} AND closedFlag=true");
        let query = [("conditions", conditions.as_str()), ("page", "1"), ("pageSize", "1")];
        let page: Vec<Closed> = self.api.page(&["service", "tickets"], &query, TICKETS).await?;
        Ok(self.all_of(&page).await?.into_iter().next())
    }

    /// These tickets with all that became of them.
    async fn all_of(&self, page: &[Closed]) -> Result<Vec<PastTicket>, CallError> {
        if page.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = page.iter().map(|c| c.ticket.id.to_string()).collect();
        let of = format!("chargeToType=\"ServiceTicket\" AND chargeToId in ({})", ids.join(","));
        let entries: Vec<Worked> = self.api.list(&["time", "entries"], Some(&of), TIME).await?;
        let mut known = BTreeMap::new();
        let mut tickets = Vec::with_capacity(page.len());
        for closed in page {
            let id = closed.ticket.id;
            let worked = entries.iter().filter(|e| e.charge_to_id == id);
            tickets.push(self.past_of(closed, worked, &mut known).await?);
        }
        Ok(tickets)
    }

    async fn past_of(
        &self,
        closed: &Closed,
        worked: impl Iterator<Item = &Worked>,
        known: &mut BTreeMap<u64, String>,
    ) -> Result<PastTicket, CallError> {
        let ticket = &closed.ticket;
        let notes = self.notes(&ticket.id.to_string()).await?;
        let opening = self.opening(&notes);
        let requester = match &ticket.contact {
            Some(contact) if ticket.contact_email_address.is_none() => {
                self.mail_of(contact.id, known).await?
            }
            _ => self.sender(ticket).await?,
        };
        let mut events = Vec::new();
        let mut resolution = Vec::new();
        // What Journeyman wrote is no evidence of what people do.
        let ours = |n: &&Note| n.by_member(&self.config.member);
        for note in notes.iter().filter(|n| Some(n.id) != opening.map(|o| o.id) && !ours(n)) {
            let at = note.date_created.as_deref().and_then(utc);
            if note.resolution_flag && note.contact.is_none() {
                resolution.push(note.text().to_owned());
            }
            let (by, by_desk) = match &note.contact {
                Some(contact) => (self.mail_of(contact.id, known).await?, false),
                None => (agent(note), true),
            };
            let (text, internal) = (note.text().to_owned(), note.internal());
            let what = PastDeed::Said { text, internal, by_desk: Some(by_desk) };
            events.push(PastEvent { at, by, what });
        }
        let mut minutes = 0;
        for entry in worked {
            if member(&entry.member).eq_ignore_ascii_case(&self.config.member) {
                continue;
            }
            let of = (entry.actual_hours.unwrap_or(0.0) * 60.0).round();
            // INVARIANT: a cast from float to integer saturates; negative corrections count as 0.
            let of = of as u32;
            minutes += of;
            events.push(PastEvent {
                at: entry.time_start.as_deref().and_then(utc),
                by: member(&entry.member),
                what: PastDeed::Worked { minutes: of },
            });
        }
        events.sort_by_key(|e| e.at);
        let levels = [&closed.kind, &closed.sub_type, &closed.item].map(name);
        let levels: Vec<&str> = levels.into_iter().filter(|l| !l.is_empty()).collect();
        let company = ticket.company.as_ref();
        Ok(PastTicket {
            id: ticket.id.to_string(),
            client: company.and_then(|c| c.identifier.clone()).unwrap_or_default(),
            opened: Some(ticket.created_at()).filter(|at| *at != UnixMs::default()),
            closed: closed.closed_date.as_deref().and_then(utc),
            requester,
            subject: ticket.summary.clone().unwrap_or_default(),
            body: opening.map(|n| n.text().to_owned()).unwrap_or_default(),
            category: levels.join(" / "),
            group: name(&closed.board).to_owned(),
            assignee: member(&closed.owner),
            priority: name(&closed.priority).to_owned(),
            status: name(&ticket.status).to_owned(),
            resolution: resolution.join("\n\n"),
            minutes: Some(minutes),
            reassigned: None,
            reopened: None,
            events,
        })
    }

    /// A contact's default address; each contact is asked for once a page.
    async fn mail_of(
        &self,
        contact: u64,
        known: &mut BTreeMap<u64, String>,
    ) -> Result<String, CallError> {
        if let Some(mail) = known.get(&contact) {
            return Ok(mail.clone());
        }
        let mail = self.mails(contact).await?.into_iter().next().unwrap_or_default();
        known.insert(contact, mail.clone());
        Ok(mail)
    }
}
