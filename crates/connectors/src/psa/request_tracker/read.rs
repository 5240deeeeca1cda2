//! What Request Tracker shows: what is new, a ticket as it came, a ticket as it stands.

use super::RequestTracker;
use super::wire::{About, Content, Page, Part, Pointer, Ticket, Transaction, User};
use crate::http::{self, Effect};
use crate::psa::{Change, Changes};
use crate::{CallError, Probe};
use domain::{Author, IncomingTicket, Message, TicketRef, TicketState, UnixMs};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// RT's largest page.
const PER_PAGE: &str = "100";
const PER_PAGE_ITEMS: usize = 100;
/// Pages of one ticket's history; more is no help desk ticket.
const MAX_PAGES: usize = 50;
/// A change may become visible this much after its time stamp, in milliseconds: RT writes the
/// stamp before it commits.
const OVERLAP_MS: i64 = 10_000;

/// How far the stream of changes was read: everything before `from`, and at that very second
/// everything up to ticket `after`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) from: UnixMs,
    pub(super) after: Option<u64>,
}

impl Cursor {
    pub(super) fn parse(text: &str) -> Option<Cursor> {
        let (time, after) = match text.split_once('/') {
            Some((time, id)) => (time, Some(id.parse().ok()?)),
            None => (text, None),
        };
        Some(Cursor { from: http::utc(time)?, after })
    }

    pub(super) fn write(&self) -> String {
        match self.after {
            Some(id) => format!("{}/{id}", self.from),
            None => self.from.to_string(),
        }
    }

    fn condition(&self) -> String {
        let at = stamp(self.from);
        match self.after {
            None => format!("LastUpdated >= '{at}'"),
            Some(id) => {
                let next = stamp(self.from.plus_ms(1_000));
                format!(
                    "(LastUpdated >= '{next}' OR (LastUpdated >= '{at}' AND LastUpdated < '{next}' AND id > {id}))"
                )
            }
        }
    }
}

/// A time as RT's search takes it, whatever time zone its user has.
fn stamp(at: UnixMs) -> String {
    let whole = at.0.div_euclid(1_000);
    match jiff::Timestamp::from_second(whole) {
        Ok(t) => t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => "1970-01-01 00:00:00 UTC".into(),
    }
}

impl RequestTracker {
    pub(super) async fn read_changes(&self, cursor: Option<&str>) -> Result<Changes, CallError> {
        let start = match cursor {
            Some(text) => Some(Cursor::parse(text).ok_or_else(|| {
                CallError::rejected(
                    format!("help desk {}: {text:?} is no place in its changes", self.name),
                    "start again without one",
                )
            })?),
            None => None,
        };
        let condition = match &start {
            Some(c) => c.condition(),
            // Nothing is as new as this; the answer's own clock tells where to begin.
            None => "id = 0".into(),
        };
        let query = format!("({}) AND {condition}", self.queue_condition());
        let request = self.request(
            Method::GET,
            &["tickets"],
            &[
                ("query", query.as_str()),
                ("fields", "LastUpdated"),
                ("orderby", "LastUpdated"),
                ("orderby", "id"),
                ("per_page", PER_PAGE),
            ],
        )?;
        let answer = http::send(Effect::Read, request).await?;
        if !answer.status.is_success() {
            return Err(self.refused(&answer, "search for tickets"));
        }
        let page: Page<Ticket> = answer.json()?;
        let changes: Vec<Change> = page
            .items
            .iter()
            .filter_map(|t| {
                Some(Change { id: t.id.clone(), updated_at: http::utc(&t.last_updated)? })
            })
            .collect();
        let more = page.next_page.is_some() || page.items.len() >= PER_PAGE_ITEMS;
        let clock = answer.date().map(|d| UnixMs(d.as_millisecond() - OVERLAP_MS));
        let next = match (more, changes.last(), start) {
            (true, Some(last), _) => Cursor { from: last.updated_at, after: last.id.parse().ok() },
            (_, last, start) => {
                let so_far = start.map(|s| s.from);
                let seen = last.map(|l| l.updated_at.plus_ms(-OVERLAP_MS));
                let from = so_far.max(clock.or(seen)).ok_or_else(|| {
                    CallError::retry(format!("{} does not tell the time", self.host))
                })?;
                Cursor { from, after: None }
            }
        };
        Ok(Changes { changes, cursor: next.write(), more })
    }

    pub(super) fn queue_condition(&self) -> String {
        let quoted =
            |q: &String| format!("Queue = '{}'", q.replace('\\', "\\\\").replace('\'', "\\'"));
        self.queues.iter().map(quoted).collect::<Vec<_>>().join(" OR ")
    }

    /// The ticket itself, if it is one of ours and was not merged into another.
    pub(super) async fn fetch_ticket(&self, id: &str) -> Result<Option<Ticket>, CallError> {
        if !is_number(id) {
            return Ok(None);
        }
        let found: Option<Ticket> = self.get(&["ticket", id], &[("fields[Queue]", "Name")]).await?;
        Ok(found.filter(|t| t.id == id && self.queues.contains(&t.queue.name)))
    }

    pub(super) async fn read_incoming(
        &self,
        id: &str,
    ) -> Result<Option<IncomingTicket>, CallError> {
        let Some(ticket) = self.fetch_ticket(id).await? else { return Ok(None) };
        let history = self.history(id).await?;
        let parts = self.parts(id).await?;
        let mut users = Users::default();
        let first = history.iter().find(|t| t.kind == "Create");
        let asker = ticket.requestor.first().or(first.map(|t| &t.creator));
        let from = match asker {
            Some(p) => self.user(p, &mut users).await?,
            None => User::default(),
        };
        let (body, message_id) = match first {
            Some(t) => (self.body(t, &parts).await?, message_id(t, &parts)),
            None => (String::new(), None),
        };
        Ok(Some(IncomingTicket {
            ticket: self.reference(id),
            customer: ticket.queue.name.clone(),
            from: from.address(),
            from_name: from.shown().to_owned(),
            subject: ticket.subject.clone(),
            body,
            created_at: http::utc(&ticket.created).unwrap_or_default(),
            message_id,
            status: self.status_of(&ticket.status),
        }))
    }

    pub(super) async fn read_state(&self, id: &str) -> Result<Option<TicketState>, CallError> {
        let Some(ticket) = self.fetch_ticket(id).await? else { return Ok(None) };
        let history = self.history(id).await?;
        let parts = self.parts(id).await?;
        let mut users = Users::default();
        let ourselves = self.our_name().await?;
        let mut state = TicketState {
            ticket: self.reference(id),
            status: self.status_of(&ticket.status),
            messages: Vec::new(),
            minutes_worked: ticket.time_worked.parse().unwrap_or(0),
            time_notes: Vec::new(),
            links: ticket_links(&ticket),
        };
        for entry in history.iter().filter(|t| matches!(t.kind.as_str(), "Correspond" | "Comment"))
        {
            let body = self.body(entry, &parts).await?;
            if entry.time_taken.parse::<u32>().is_ok_and(|m| m > 0) {
                state.time_notes.push(body.clone());
            }
            state.messages.push(Message {
                id: entry.id.clone(),
                author: self.author(entry, &ticket, &ourselves, &mut users).await?,
                body,
                at: http::utc(&entry.created).unwrap_or_default(),
                internal: entry.kind == "Comment",
            });
        }
        Ok(Some(state))
    }

    async fn author(
        &self,
        entry: &Transaction,
        ticket: &Ticket,
        ourselves: &str,
        users: &mut Users,
    ) -> Result<Author, CallError> {
        if entry.creator.id == ourselves {
            return Ok(Author::Ourselves);
        }
        let user = self.user(&entry.creator, users).await?;
        let asked = ticket.requestor.iter().any(|r| r.id == entry.creator.id);
        Ok(match asked || (!user.works_here() && !user.address().is_empty()) {
            true => Author::Customer(user.address()),
            false => Author::Agent(user.shown().to_owned()),
        })
    }

    /// The text of an entry: its plain part, else its HTML part.
    pub(super) async fn body(
        &self,
        entry: &Transaction,
        parts: &[Part],
    ) -> Result<String, CallError> {
        for kind in ["text/plain", "text/html"] {
            let fitting = parts.iter().filter(|p| p.transaction_id == entry.id && p.is(kind));
            for part in fitting {
                let content: Option<Content> = self.get(&["attachment", &part.id], &[]).await?;
                let text = content.map(|c| c.plain()).unwrap_or_default();
                if !text.is_empty() {
                    return Ok(text);
                }
            }
        }
        Ok(String::new())
    }

    pub(super) async fn history(&self, id: &str) -> Result<Vec<Transaction>, CallError> {
        self.all(
            &["ticket", id, "history"],
            "Type,Creator,Created,TimeTaken,Field,OldValue,NewValue",
        )
        .await
    }

    pub(super) async fn parts(&self, id: &str) -> Result<Vec<Part>, CallError> {
        self.all(&["ticket", id, "attachments"], "ContentType,Filename,TransactionId,Headers").await
    }

    /// Every item of a collection. RT often does not tell the total, so pages are read until one
    /// is not full.
    async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        fields: &str,
    ) -> Result<Vec<T>, CallError> {
        let mut items = Vec::new();
        for page in 1..=MAX_PAGES {
            let number = page.to_string();
            let query = [("fields", fields), ("per_page", PER_PAGE), ("page", number.as_str())];
            let Some(found) = self.get::<Page<T>>(path, &query).await? else { break };
            let full = found.items.len() >= PER_PAGE_ITEMS || found.next_page.is_some();
            items.extend(found.items);
            if !full {
                return Ok(items);
            }
        }
        if items.len() >= MAX_PAGES * PER_PAGE_ITEMS {
            return Err(CallError::rejected(
                format!("help desk {}: {} has too many entries", self.name, path.join("/")),
                "leave this ticket to people",
            ));
        }
        Ok(items)
    }

    pub(super) async fn user(&self, who: &Pointer, users: &mut Users) -> Result<User, CallError> {
        if let Some(known) = users.get(&who.id) {
            return Ok(known.clone());
        }
        let unknown = || User { name: who.id.clone(), ..User::default() };
        let read = self.request(Method::GET, &["user", &who.id], &[]);
        let user = match read {
            Ok(request) => {
                let answer = http::send(Effect::Read, request).await?;
                match answer.status.is_success() {
                    true => answer.json()?,
                    false => unknown(),
                }
            }
            // RT knows users whose names cannot stand in an address.
            Err(_) => unknown(),
        };
        users.insert(who.id.clone(), user.clone());
        Ok(user)
    }

    /// Name of the user whom the token belongs to. RT's tokens carry the user's number.
    pub(super) async fn our_name(&self) -> Result<String, CallError> {
        let token = self.token.read().map_err(|e| {
            CallError::rejected(format!("help desk {}: {e}", self.name), "put the token there")
        })?;
        let number =
            token.expose_secret().split('-').nth(1).filter(|n| is_number(n)).map(str::to_owned);
        let user: Option<User> = match number {
            Some(number) => self.get(&["user", &number], &[]).await?,
            None => None,
        };
        user.map(|u| u.name).filter(|n| !n.is_empty()).ok_or_else(|| {
            CallError::rejected(
                format!("help desk {}: the token from {} tells no user", self.name, self.token),
                "make a new one in RT (Settings, Auth Tokens); it looks like 1-14-…",
            )
        })
    }

    pub(super) async fn look_around(&self) -> Result<Probe, CallError> {
        let about: About = self.get(&["rt"], &[]).await?.ok_or_else(|| {
            CallError::rejected(
                format!("help desk {}: {} is no Request Tracker 5", self.name, self.host),
                "set `url` to the address of RT's web interface",
            )
        })?;
        // RT does not show a user of few rights its own record; the token works nevertheless.
        let seen: Vec<Pointer> = self.all(&["queues", "all"], "Name").await?;
        let missing: Vec<&str> = self
            .queues
            .iter()
            .filter(|q| !seen.iter().any(|s| s.name == **q))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() {
            return Err(CallError::rejected(
                format!(
                    "help desk {}: Journeyman's user does not see the queue {} at {}",
                    self.name,
                    missing.join(", "),
                    self.host
                ),
                "correct `queues`, or grant the user SeeQueue there",
            ));
        }
        let who = self.our_name().await?;
        Ok(Probe {
            detail: format!(
                "Request Tracker {} at {}, signed in as {who}, queues {}",
                about.version,
                self.host,
                self.queues.join(", ")
            ),
            warnings: Vec::new(),
        })
    }

    fn reference(&self, id: &str) -> TicketRef {
        TicketRef { psa: self.name.clone(), id: id.to_owned() }
    }
}

pub(super) type Users = BTreeMap<String, User>;

pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Ids of the tickets that this one refers to, depends on or belongs to, and the other way round.
fn ticket_links(ticket: &Ticket) -> Vec<String> {
    const KINDS: [&str; 6] =
        ["refers-to", "referred-to-by", "depends-on", "depended-on-by", "parent", "child"];
    let linked = ticket.links.iter().filter(|l| KINDS.contains(&l.kind.as_str()));
    linked.map(|l| l.id.clone()).collect()
}

/// `Message-ID` of the mail that made the ticket.
fn message_id(entry: &Transaction, parts: &[Part]) -> Option<String> {
    let root = parts.iter().find(|p| p.transaction_id == entry.id)?;
    if !root.header("X-RT-Interface").is_some_and(|i| i.eq_ignore_ascii_case("email")) {
        return None;
    }
    let id = root.header("Message-ID")?.trim_matches(['<', '>']);
    (!id.is_empty()).then(|| id.to_owned())
}
