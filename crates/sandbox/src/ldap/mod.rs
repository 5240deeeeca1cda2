//! Active Directory, as far as a service desk meets it: LDAP version 3 on loopback.
//!
//! Plain TCP stands in for `ldaps`: certificates are not what this is for. INVARIANT: requests of
//! all connections are carried out one at a time, so that nobody sees half of a change.

mod answer;
mod ber;
mod bind;
mod dn;
mod draft;
mod filter;
mod modify;
mod schema;
mod search;
mod tree;

#[cfg(test)]
mod tests;

pub(crate) use tree::base_dn;

use crate::Secret;
use crate::effect::System;
use crate::fault::{FaultKind, Faults};
use crate::world::{Company, DirectoryKind, WorldHandle};
use answer::Answer;
use ber::{Message, Request};
use bind::Who;
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tree::Tree;

/// Common name and logon name of the account that Journeyman signs in with.
pub(crate) const OWN_ACCOUNT: &str = "svc-journeyman";
/// Tag of an extended answer.
const EXTENDED: u64 = 24;

/// One domain controller.
#[derive(Debug)]
struct Server {
    client: String,
    world: WorldHandle,
    faults: Arc<Faults>,
    own_password: Secret,
    wrong: Mutex<BTreeMap<String, u32>>,
    turn: Mutex<()>,
    /// The domain as last drawn, and what it was drawn from.
    drawn: Mutex<Option<(u64, Arc<Tree>)>>,
}

/// What a connection remembers.
#[derive(Debug, Default)]
struct Session {
    who: Who,
    pages: search::Pages,
}

/// Serves the directory of the company that uses Active Directory, until it is dropped.
pub(crate) async fn serve(
    listener: TcpListener,
    world: WorldHandle,
    faults: Arc<Faults>,
    own_password: Secret,
) {
    let client = world.read(|w| {
        let company = w.companies.iter().find(|c| c.kind == DirectoryKind::ActiveDirectory);
        company.map(|c| c.id.as_str().to_owned()).unwrap_or_default()
    });
    let server = Arc::new(Server {
        client,
        world,
        faults,
        own_password,
        wrong: Mutex::default(),
        turn: Mutex::default(),
        drawn: Mutex::default(),
    });
    // Dropping the set ends every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(server.clone(), stream));
                }
                Err(e) => {
                    tracing::warn!("the sandbox cannot accept an LDAP connection: {e}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(server: Arc<Server>, mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut session = Session::default();
    let mut buffer = BytesMut::with_capacity(4096);
    // A connection that breaks is the client's business.
    while let Ok(Some(message)) = receive(&mut stream, &mut buffer).await {
        let Ok(message) = message else {
            let notice =
                Answer::new(2, "").encode(0, EXTENDED, None, Some(ber::NOTICE_OF_DISCONNECTION));
            let _ = stream.write_all(&notice).await;
            return;
        };
        if matches!(message.request, Request::Unbind) {
            return;
        }
        let Some(answers) = server.answer_with_faults(message, &mut session).await else { return };
        let mut out = BytesMut::new();
        answers.iter().for_each(|a| out.extend_from_slice(a));
        if stream.write_all(&out).await.is_err() {
            return;
        }
    }
}

/// The next message, or that it was none. `None` at the end of the connection.
async fn receive(
    stream: &mut TcpStream,
    buffer: &mut BytesMut,
) -> std::io::Result<Option<Result<Message, ber::Malformed>>> {
    loop {
        match ber::frame(buffer) {
            Ok(Some(len)) => return Ok(Some(ber::parse(&buffer.split_to(len)))),
            Ok(None) => {}
            Err(malformed) => return Ok(Some(Err(malformed))),
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

impl Server {
    /// `None` cuts the connection.
    async fn answer_with_faults(
        &self,
        message: Message,
        session: &mut Session,
    ) -> Option<Vec<Bytes>> {
        if self.faults.latency_ms > 0 {
            tokio::time::sleep(Duration::from_millis(self.faults.latency_ms)).await;
        }
        self.faults.count(System::ActiveDirectory);
        let request = &message.request;
        let fault = self.faults.take(System::ActiveDirectory, request.name(), request.target());
        match fault {
            Some(FaultKind::DropBefore) => None,
            Some(FaultKind::DropAfter) => {
                self.answer(message, session);
                None
            }
            Some(FaultKind::Status { code, .. }) => {
                let tag = request.answer_tag();
                Some(vec![refused(code).encode(message.id, tag, None, None)])
            }
            None => Some(self.answer(message, session)),
        }
    }

    fn answer(&self, message: Message, session: &mut Session) -> Vec<Bytes> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let Message { id, request, controls } = message;
        let tag = request.answer_tag();
        let known = [ber::PAGED_RESULTS, ber::NO_REFERRALS];
        if controls.iter().any(|c| c.critical && !known.contains(&c.oid.as_str())) {
            let text =
                "00002040: SvcErr: DSID-031401E7, problem 5010 (UNAVAIL_EXTENSION), data 0\n\0";
            return vec![Answer::new(12, text).encode(id, tag, None, None)];
        }
        let answer = match request {
            Request::Unbind | Request::Abandon => return Vec::new(),
            Request::Search(search) => {
                return self.search(id, &session.who, &search, &controls, &mut session.pages);
            }
            Request::Bind { version, .. } if version != 3 => Answer::new(2, ""),
            Request::Bind { password: None, .. } => {
                session.who = Who::Nobody;
                Answer::new(
                    7,
                    "00002027: LdapErr: DSID-0C090660, comment: The server does not support the authentication mechanism, data 0, v4f7c\0",
                )
            }
            Request::Bind { name, password: Some(password), .. } => {
                let (answer, who) = self.bind(&name, &password);
                session.who = who;
                answer
            }
            Request::Modify { dn, changes } => self.modify(&session.who, &dn, &changes),
            Request::Other(_) if session.who == Who::Nobody => not_signed_in(),
            Request::Other(_) => modify::no_right(),
            Request::Extended => Answer::new(
                2,
                "0000203D: LdapErr: DSID-0C090D63, comment: Unknown extended request OID, data 0, v4f7c\0",
            ),
        };
        vec![answer.encode(id, tag, None, None)]
    }

    /// The domain as it is now; drawn anew only when something changed.
    fn tree(&self, company: &Company) -> Arc<Tree> {
        let wrong = self.wrong();
        let now = tree::fingerprint(company, &wrong);
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        match drawn.as_ref() {
            Some((then, tree)) if *then == now => tree.clone(),
            _ => {
                let tree = Arc::new(Tree::draw(company, &wrong));
                *drawn = Some((now, tree.clone()));
                tree
            }
        }
    }

    /// Wrong passwords in a row, by account id.
    fn wrong(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fault's status as a result code: HTTP's "busy" and "unavailable" by their namesakes here.
fn refused(status: u16) -> Answer {
    let code = match status {
        429 => 51,
        500..=599 => 52,
        code => u8::try_from(code).unwrap_or(80),
    };
    Answer::new(code, "00002015: SvcErr: DSID-02080495, problem 5001 (BUSY), data 0\n\0")
}

fn not_signed_in() -> Answer {
    Answer::new(
        1,
        "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v4f7c\0",
    )
}

fn no_such_object(tree: &Tree) -> Answer {
    let mut answer = Answer::new(
        32,
        format!(
            "0000208D: NameErr: DSID-0310028C, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'{}'\n\0",
            tree.base
        ),
    );
    answer.matched = tree.base.clone();
    answer
}
