//! Closed tickets of the queues, for a history: texts, time worked, status, owner and queue over time.
//!
//! RT's approvals are tickets of their own in a queue that this connector is not given; they are not in these histories.

use super::RequestTracker;
use super::read::{Users, is_number};
use super::wire::{Page, Part, Pointer, Ticket, Transaction};
use crate::http::{self, Effect};
use crate::{CallError, psa::PastPage};
use domain::{PastDeed, PastEvent, PastTicket, TicketStatus, UnixMs};
use reqwest::Method;

/// Tickets a page: RT gives every text by a request of its own.
const PAGE: &str = "5";
const PAGE_ITEMS: usize = 5;

/// RT's user who stands for nobody.
const NOBODY: &str = "Nobody";

impl RequestTracker {
    pub(super) async fn closed_after(&self, cursor: Option<&str>) -> Result<PastPage, CallError> {
        let after = cursor.unwrap_or("0");
        if !is_number(after) {
            return Err(CallError::rejected(
                format!("help desk {}: {after:?} is no place in its closed tickets", self.name),
                "begin again without one",
            ));
        }
        let closed =
            self.status_word(TicketStatus::Closed).replace('\\', "\\\\").replace('\'', "\\'");
        let query = format!(
            "({}) AND (Status = '{closed}' OR Status = 'rejected') AND id > {after}",
            self.queue_condition()
        );
        let request = self.request(
            Method::GET,
            &["tickets"],
            &[("query", query.as_str()), ("orderby", "id"), ("order", "ASC"), ("per_page", PAGE)],
        )?;
        let answer = http::send(Effect::Read, request).await?;
        if !answer.status.is_success() {
            return Err(self.refused(&answer, "search for tickets"));
        }
        let page: Page<Ticket> = answer.json()?;
        let mut users = Users::default();
        let mut tickets = Vec::with_capacity(page.items.len());
        for item in &page.items {
            if let Some(ticket) = self.fetch_ticket(&item.id).await? {
                tickets.push(self.past_of(&ticket, &mut users).await?);
            }
        }
        let cursor = page.items.last().map_or(after, |t| t.id.as_str()).to_owned();
        Ok(PastPage { tickets, cursor, more: page.items.len() >= PAGE_ITEMS })
    }

    /// This ticket, once it is closed.
    pub(super) async fn closed_one(&self, id: &str) -> Result<Option<PastTicket>, CallError> {
        let Some(ticket) = self.fetch_ticket(id).await? else { return Ok(None) };
        match self.status_of(&ticket.status) {
            TicketStatus::Closed => self.past_of(&ticket, &mut Users::default()).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn past_of(&self, ticket: &Ticket, users: &mut Users) -> Result<PastTicket, CallError> {
        let history = self.history(&ticket.id).await?;
        let parts = self.parts(&ticket.id).await?;
        let mut past = PastTicket {
            id: ticket.id.clone(),
            client: ticket.queue.name.clone(),
            opened: time(&ticket.created),
            closed: time(&ticket.resolved),
            subject: ticket.subject.clone(),
            group: ticket.queue.name.clone(),
            assignee: self.person(&ticket.owner, users).await?,
            priority: ticket.priority.clone(),
            status: ticket.status.clone(),
            minutes: ticket.time_worked.parse().ok(),
            reassigned: Some(0),
            reopened: Some(0),
            ..PastTicket::default()
        };
        if let Some(asker) = ticket.requestor.first() {
            past.requester = self.person(asker, users).await?;
        }
        let ourselves = self.our_name().await?;
        for entry in &history {
            // What Journeyman wrote is no evidence of what people do.
            let wrote = matches!(entry.kind.as_str(), "Correspond" | "Comment");
            if wrote && entry.creator.id == ourselves {
                continue;
            }
            self.happened(entry, ticket, &parts, users, &mut past).await?;
        }
        past.events.sort_by_key(|e| e.at);
        Ok(past)
    }

    /// Adds what an entry of the history says.
    async fn happened(
        &self,
        entry: &Transaction,
        ticket: &Ticket,
        parts: &[Part],
        users: &mut Users,
        past: &mut PastTicket,
    ) -> Result<(), CallError> {
        let at = time(&entry.created);
        let by = self.person(&entry.creator, users).await?;
        let mut add = |what| past.events.push(PastEvent { at, by: by.clone(), what });
        if let Some(minutes) = entry.time_taken.parse().ok().filter(|m| *m > 0) {
            add(PastDeed::Worked { minutes });
        }
        match (entry.kind.as_str(), entry.field.as_str()) {
            ("Create", _) => past.body = self.body(entry, parts).await?,
            (kind @ ("Correspond" | "Comment"), _) => {
                let asked = ticket.requestor.iter().any(|r| r.id == entry.creator.id);
                let user = self.user(&entry.creator, users).await?;
                let by_desk = Some(!asked && user.works_here());
                let text = self.body(entry, parts).await?;
                add(PastDeed::Said { text, internal: kind == "Comment", by_desk });
            }
            ("Status", _) | (_, "Status") => {
                let shut = |word: &str| self.status_of(word) == TicketStatus::Closed;
                if shut(&entry.old_value) && !shut(&entry.new_value) {
                    add(PastDeed::Reopened);
                    past.reopened = past.reopened.map(|n| n + 1);
                }
                past.events.push(PastEvent {
                    at,
                    by: by.clone(),
                    what: PastDeed::Status { to: entry.new_value.clone() },
                });
            }
            (_, "Owner") => {
                let before = self.person(&number(&entry.old_value), users).await?;
                let assignee = self.person(&number(&entry.new_value), users).await?;
                add(PastDeed::Assigned { group: String::new(), assignee });
                past.reassigned = past.reassigned.map(|n| n + u32::from(!before.is_empty()));
            }
            (_, "Queue") => {
                let queue: Option<Pointer> = self.get(&["queue", &entry.new_value], &[]).await?;
                let group = queue.map(|q| q.name).unwrap_or_default();
                add(PastDeed::Assigned { group, assignee: String::new() });
                past.reassigned = past.reassigned.map(|n| n + 1);
            }
            _ => {}
        }
        Ok(())
    }

    /// Somebody's address, else name; empty for nobody.
    async fn person(&self, who: &Pointer, users: &mut Users) -> Result<String, CallError> {
        if who.id.is_empty() || who.id == NOBODY {
            return Ok(String::new());
        }
        let user = self.user(who, users).await?;
        let address = user.address();
        Ok(match (user.shown(), address.is_empty()) {
            (_, false) => address,
            // RT's own users, Nobody among them, are no people.
            (NOBODY | "Nobody in particular", _) => String::new(),
            (name, true) => name.to_owned(),
        })
    }
}

fn number(id: &str) -> Pointer {
    Pointer { id: id.to_owned(), name: String::new() }
}

/// A time; RT writes 1970 for never.
fn time(text: &str) -> Option<UnixMs> {
    http::utc(text).filter(|at| at.0 > 0)
}
