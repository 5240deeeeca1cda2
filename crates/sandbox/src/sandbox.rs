//! Starts the stand-ins and holds what a test or the demo needs of them.

use crate::access::Access;
use crate::connectwise::desk::{DeskHandle, STATUSES};
use crate::effect::{self, EffectRecord, System, WrongEffect};
use crate::fault::{Fault, Faults};
use crate::http::{Cut, CutListener};
use crate::keys::Keys;
use crate::mail::Mail;
use crate::now;
use crate::scenario::{Preparation, ScenarioTicket};
use crate::smtp::Mailboxes;
use crate::world::{World, WorldHandle, WriteKind};
use domain::UnixMs;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How the sandbox is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The world is drawn from it.
    pub seed: u64,
    /// HTTP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// SMTP port on 127.0.0.1; 0 takes a free one.
    pub smtp_port: u16,
    /// Each answer comes this much later, in milliseconds.
    pub latency_ms: u64,
    /// Every n-th API request of each stand-in is answered with 429.
    pub throttle_every: Option<u32>,
    /// `Retry-After` of such an answer, in seconds.
    pub retry_after_s: u64,
    /// Lifetime of an OAuth token, in seconds.
    pub token_lifetime_s: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            seed: 7,
            port: 0,
            smtp_port: 0,
            latency_ms: 0,
            throttle_every: None,
            retry_after_s: 1,
            token_lifetime_s: 3599,
        }
    }
}

/// The sandbox could not listen.
#[derive(Debug)]
pub struct StartError {
    what: &'static str,
    port: u16,
    cause: std::io::Error,
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the sandbox cannot listen for {} on 127.0.0.1 port {}: {}; choose another port, or 0 for a free one",
            self.what, self.port, self.cause
        )
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// A ticket as the help desk shows it, for people and tests.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketView {
    /// The PSA's id.
    pub id: String,
    /// Company identifier.
    pub company: String,
    /// Subject.
    pub summary: String,
    /// Status name on the board.
    pub status: String,
    /// Closed now.
    pub closed: bool,
    /// Sender's address.
    pub email: String,
    /// Texts of the notes with whether each is internal, oldest first; the first is the mail.
    pub notes: Vec<(String, bool)>,
    /// Hours of recorded work.
    pub hours: f64,
    /// Ticket that it was merged into or is a child of.
    pub parent: Option<String>,
}

/// The running sandbox. Dropping it ends every connection.
#[derive(Debug)]
pub struct Sandbox {
    base_url: String,
    smtp_addr: SocketAddr,
    ldap_url: String,
    world: WorldHandle,
    desk: DeskHandle,
    faults: Arc<Faults>,
    mails: Mailboxes,
    persons: Mutex<BTreeSet<String>>,
    keys: Keys,
    stopped: Cut,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Draws the world and starts every stand-in on loopback.
    pub async fn start(options: Options) -> Result<Sandbox, StartError> {
        let http = listen("HTTP", options.port).await?;
        let smtp = listen("SMTP", options.smtp_port).await?;
        let ldap = listen("LDAP", 0).await?;
        let fail = |cause| StartError { what: "HTTP", port: options.port, cause };
        let addr = http.local_addr().map_err(fail)?;
        let smtp_addr = smtp.local_addr().map_err(fail)?;
        let base_url = format!("http://127.0.0.1:{}", addr.port());
        let ldap_url = format!("ldap://127.0.0.1:{}", ldap.local_addr().map_err(fail)?.port());

        let world = World::new(options.seed, now());
        let keys = Keys::draw(options.seed, &world);
        let world = WorldHandle::new(world);
        let mails = Mailboxes::default();
        let (outbox, deliveries) = tokio::sync::mpsc::unbounded_channel();
        let desk = DeskHandle::new(world.clone(), outbox);
        let faults = Arc::new(Faults::new(
            options.latency_ms,
            options.throttle_every,
            options.retry_after_s,
        ));
        let app = axum::Router::new()
            .merge(crate::graph::router(&base_url, &world, &keys, options.token_lifetime_s))
            .merge(crate::connectwise::router(&base_url, &desk, &keys, &mails))
            .layer(axum::middleware::from_fn_with_state(faults.clone(), crate::fault::middleware));

        let stopped = Cut::default();
        let listener = CutListener { listener: http, stopped: stopped.clone() };
        let tasks = vec![
            tokio::spawn(async move {
                let service = app.into_make_service_with_connect_info::<Cut>();
                if let Err(e) = axum::serve(listener, service).await {
                    tracing::error!("the sandbox stopped serving HTTP: {e}");
                }
            }),
            tokio::spawn(crate::smtp::serve(smtp, mails.clone(), stopped.clone())),
            tokio::spawn(crate::ldap::serve(
                ldap,
                world.clone(),
                faults.clone(),
                keys.ldap_bind.clone(),
            )),
            tokio::spawn(crate::connectwise::deliver(deliveries, base_url.clone(), keys.clone())),
        ];
        Ok(Sandbox {
            base_url,
            smtp_addr,
            ldap_url,
            world,
            desk,
            faults,
            mails,
            persons: Mutex::default(),
            keys,
            stopped,
            tasks,
        })
    }

    /// Address of the HTTP stand-ins, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Address of the SMTP sink; plain SMTP without authentication.
    pub fn smtp_addr(&self) -> SocketAddr {
        self.smtp_addr
    }

    /// Address of the Active Directory stand-in, `ldap://127.0.0.1:PORT`.
    pub fn ldap_url(&self) -> &str {
        &self.ldap_url
    }

    /// Addresses and credentials of every stand-in.
    pub fn access(&self) -> Access {
        self.world.read(|world| Access::of(&self.base_url, &self.ldap_url, &self.keys, world))
    }

    /// The shared world, for further stand-ins and for tests.
    pub fn world(&self) -> &WorldHandle {
        &self.world
    }

    /// Clients, people, groups, devices and licences, readable in a terminal.
    pub fn world_text(&self) -> String {
        self.world.read(World::text)
    }

    /// Sets the scene and files the ticket as the e-mail connector would: under the contact with
    /// this address, else under the catch-all company with the address kept in
    /// `contactEmailAddress`. Returns the PSA's id.
    pub async fn file(&self, ticket: &ScenarioTicket) -> String {
        for preparation in &ticket.prepare {
            self.prepare(ticket.client.as_str(), preparation);
        }
        let id = self.desk.file_mail(
            &ticket.client,
            &ticket.from,
            &ticket.from_name,
            &ticket.subject,
            &ticket.body,
        );
        id.to_string()
    }

    /// Sets a scene without a recorded effect. `false` when the account or group is unknown.
    pub fn prepare(&self, client: &str, preparation: &Preparation) -> bool {
        let world = &self.world;
        match preparation {
            Preparation::Lock { login } => {
                world.prepare(client, login, |p| p.locked_at = Some(now()))
            }
            Preparation::Expire { login } => world.prepare(client, login, |p| {
                // A password that was just set stays fresh: its reset may be being read back.
                if now().since(p.password_set_at) > 3_600_000 {
                    p.password_set_at = UnixMs((now().0 - 120 * 86_400_000) / 1000 * 1000);
                }
            }),
            Preparation::Block { login } => world.prepare(client, login, |p| p.enabled = false),
            Preparation::Unblock { login } => world.prepare(client, login, |p| p.enabled = true),
            Preparation::Member { group, login } => {
                world.prepare_member(client, group, login, true)
            }
            Preparation::NotMember { group, login } => {
                world.prepare_member(client, group, login, false)
            }
        }
    }

    /// The customer writes on the ticket again. `false` when there is no such ticket.
    pub async fn follow_up(&self, id: &str, text: &str) -> bool {
        id.parse().is_ok_and(|id| self.desk.customer_note(id, text))
    }

    /// A technician of the desk closes the ticket with these words. `false` when there is no such ticket.
    pub fn closed_by_people(&self, id: &str, words: &str, minutes: u32) -> bool {
        id.parse().is_ok_and(|id| self.desk.closed_by_people(id, words, minutes))
    }

    /// The ticket as the help desk shows it now.
    pub fn ticket(&self, id: &str) -> Option<TicketView> {
        let id: u64 = id.parse().ok()?;
        let desk = self.desk.lock();
        let ticket = desk.ticket(id)?;
        let status = STATUSES.iter().find(|s| s.0 == ticket.status);
        Some(TicketView {
            id: id.to_string(),
            company: desk.company(ticket.company).map(|c| c.identifier.clone()).unwrap_or_default(),
            summary: ticket.summary.clone(),
            status: status.map(|s| s.1.to_owned()).unwrap_or_default(),
            closed: status.is_some_and(|s| s.2),
            email: ticket.email.clone(),
            notes: ticket.notes.iter().map(|n| (n.text.clone(), n.internal)).collect(),
            hours: desk.times.iter().filter(|t| t.ticket == id).map(|t| t.hours).sum(),
            parent: ticket.merged_into.or(ticket.parent).map(|p| p.to_string()),
        })
    }

    /// A person decided on this ticket: from now on it may be closed even if it needs a person.
    pub fn person_decided(&self, id: &str) {
        self.persons.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
    }

    /// Every change that an API made, oldest first.
    pub fn effects(&self) -> Vec<EffectRecord> {
        self.world.effects()
    }

    /// Every change that no ticket's ground truth allows. Each ticket comes with its PSA id.
    pub fn audit(&self, tickets: &[(ScenarioTicket, String)]) -> Vec<WrongEffect> {
        let persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        effect::audit(&self.effects(), tickets, &persons)
    }

    /// How often a write was called on this login (or group name, for memberships) of a client,
    /// whether it changed anything or not.
    pub fn write_count(&self, client: &str, target: &str, kind: WriteKind) -> u32 {
        self.world.write_count(client, target, kind)
    }

    /// Requests that a stand-in has received, refused ones included.
    pub fn requests(&self, system: System) -> u64 {
        self.faults.requests(system)
    }

    /// Arms a fault for the next requests that match.
    pub fn fault(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Mails to this address, oldest first.
    pub fn mailbox(&self, address: &str) -> Vec<Mail> {
        self.mails.of(address)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stopped.cut();
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn listen(what: &'static str, port: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|cause| StartError {
        what,
        port,
        cause,
    })
}
