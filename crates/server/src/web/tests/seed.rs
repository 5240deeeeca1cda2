//! Cases for the tests and for looking at the pages: every verdict in them is the gate's own.

use crate::{app::App, clock};
use domain::{
    Account, AccountQuery, AccountRef, AccountState, Action, Actor, Approval, ApprovalId,
    ApprovalState, AttemptId, Author, BrainFacts, BrainId, CaseId, CaseOutcome, ClientId, Device,
    Event, Fact, Facts, GroupFacts, GroupRef, IncomingTicket, Intent, Lock, Mention, Message,
    Outcome, ReadResult, Relation, Requester, Sensitivity, Signal, TargetFacts, TicketFacts,
    TicketRef, TicketStatus, Tier, Understanding, UnixMs, Verification, Volume, action,
};
use gate::{Policy, Request, judge};
use secrecy::SecretString;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{Append, Intake, NewDrop, NewEntry, Received, View};

/// No two tickets of a test share a number.
static NEXT_TICKET: AtomicU32 = AtomicU32::new(4100);

/// The next one.
pub(super) fn ticket_number() -> u32 {
    NEXT_TICKET.fetch_add(1, Ordering::Relaxed)
}

/// A case that is being written.
pub(super) struct Tale<'a> {
    pub(super) app: &'a App,
    pub(super) client: ClientId,
    pub(super) case: CaseId,
    pub(super) ticket: TicketRef,
    from: String,
    version: u64,
    pub(super) at: UnixMs,
    /// How many people a question of it needs.
    pub(super) needed: u8,
    /// Who may not decide its questions, besides requester and beneficiary.
    pub(super) excluded: Vec<String>,
}

pub(super) fn policy() -> Policy {
    let mut policy = Policy::cautious("2026-11-20");
    policy.default_autonomy = domain::Autonomy::AutoAndClose;
    policy
}

pub(super) fn account(name: &str, login: &str) -> AccountRef {
    AccountRef { id: format!("7d1f0c52-{}", login.len()), login: login.into(), name: name.into() }
}

impl<'a> Tale<'a> {
    /// A ticket that came in `ago_ms` milliseconds ago.
    pub(super) async fn begin(
        app: &'a App,
        client: &str,
        (name, from): (&str, &str),
        subject: &str,
        body: &str,
        ago_ms: i64,
    ) -> Tale<'a> {
        let at = clock::now().plus_ms(-ago_ms);
        let case = CaseId(clock::new_id());
        let number = ticket_number();
        let ticket = TicketRef { psa: "rt".into(), id: number.to_string() };
        let client = ClientId::new(client).unwrap();
        let incoming = IncomingTicket {
            ticket: ticket.clone(),
            customer: client.to_string(),
            from: from.into(),
            from_name: name.into(),
            subject: subject.into(),
            body: body.into(),
            created_at: at,
            message_id: Some(format!("<{number}@mail.example>")),
            status: TicketStatus::New,
        };
        let intake = Intake {
            client: client.clone(),
            ticket: incoming,
            case,
            fingerprint: case.to_string(),
            duplicate_since: at,
            at,
        };
        assert_eq!(app.store.receive(intake).await.unwrap(), Received::New(case));
        Tale {
            app,
            client,
            case,
            ticket,
            from: from.into(),
            version: 1,
            at,
            needed: 1,
            excluded: vec![],
        }
    }

    pub(super) async fn add(&mut self, actor: Actor, events: Vec<Event>, views: Vec<View>) {
        self.at = self.at.plus_ms(340);
        let entries =
            events.into_iter().map(|event| NewEntry { actor: actor.clone(), event }).collect();
        let append = Append {
            client: self.client.clone(),
            case: self.case,
            expected: self.version,
            at: self.at,
            entries,
            views,
        };
        self.version = self.app.store.append(append).await.unwrap();
    }

    async fn brain(&mut self, events: Vec<Event>, views: Vec<View>) {
        self.add(Actor::Brain(BrainId::new("technician").unwrap()), events, views).await;
    }

    pub(super) async fn understood(
        &mut self,
        intent: Intent,
        confidence: f64,
        signals: Vec<Signal>,
    ) {
        let abstained = confidence < 0.6;
        let understanding = Understanding {
            intent,
            confidence,
            abstained,
            runner_up: Some((Intent::Other, (1.0 - confidence) / 2.0)),
            about: signals.is_empty().then(|| Mention::Address(self.from.clone())),
            group: None,
            signals,
        };
        let summary = match abstained {
            true => "not sure what is asked".into(),
            false => intent.name().replace('_', " "),
        };
        let model = self.app.model_digest.clone();
        let event = Event::Understood { understanding, model };
        self.brain(vec![event], vec![View::Summary(summary)]).await;
    }

    pub(super) async fn looked_up(&mut self, who: &AccountRef, lock: Lock) {
        let state = AccountState {
            enabled: true,
            lock,
            must_change: None,
            password_set_at: Some(self.at.plus_ms(-40 * 86_400_000)),
        };
        let found = Account {
            account: who.clone(),
            mail: Some(self.from.clone()),
            other_mails: vec![],
            given_name: None,
            surname: None,
            title: None,
            department: None,
            manager_id: None,
            state,
            groups: vec![],
            service_marks: vec![],
        };
        let find =
            Action::FindUser(action::FindUser { query: AccountQuery::Address(self.from.clone()) });
        let read = Action::ReadAccount(action::ReadAccount { account: who.clone() });
        let list = Action::ListDevices(action::ListDevices { account: who.clone() });
        let device = Device {
            id: "d1".into(),
            name: "LT-0417".into(),
            os: "Windows 11 23H2".into(),
            model: None,
            last_seen: None,
        };
        for (action, result) in [
            (find, ReadResult::Accounts(vec![found.clone()])),
            (read, ReadResult::Account(Some(found))),
            (list, ReadResult::Devices(vec![device])),
        ] {
            let verdict = self.judge(&action, &self.facts(Relation::Oneself));
            self.brain(vec![Event::Read { action, verdict, result }], vec![]).await;
        }
    }

    pub(super) fn facts(&self, relation: Relation) -> Facts {
        let requester = Requester {
            identities: vec![],
            account_id: Some("7d1f0c52-20".into()),
            address: self.from.clone(),
            verification: Verification::AddressOnFile,
            verified_at: None,
        };
        let target = TargetFacts {
            exists: true,
            identities: vec![],
            privileged: vec![],
            service: vec![],
            break_glass: false,
            as_named: true,
        };
        let brain =
            BrainFacts { in_scope: true, ceiling: Tier::High, requests: 1, rate: 0, repeats: 1 };
        let (dir, own) = ("Active Directory", "platform");
        Facts {
            requester: Fact::known(requester, dir, self.at),
            relation: Fact::known(relation, dir, self.at),
            target: Fact::known(target, dir, self.at),
            volume: Fact::known(Volume { targets: 1 }, own, self.at),
            brain: Fact::known(brain, own, self.at),
            breaker: Fact::known(None, own, self.at),
            ticket: Fact::known(TicketFacts { of_this_case: true }, own, self.at),
            cooling_down: Fact::known(false, own, self.at),
            ..Facts::none("not needed")
        }
    }

    fn judge(&self, action: &Action, facts: &Facts) -> domain::VerdictRecord {
        let request = Request {
            client: self.client.clone(),
            case: self.case,
            brain: BrainId::new("technician").unwrap(),
            action: action.clone(),
            undoes: None,
        };
        let policy = policy().compile().unwrap();
        judge(Ok(&policy), request, facts, self.at).record().clone()
    }

    pub(super) async fn judged(&mut self, action: &Action, facts: Facts) -> domain::VerdictRecord {
        let verdict = self.judge(action, &facts);
        let event = Event::Judged { action: action.clone(), facts, verdict: verdict.clone() };
        self.brain(vec![event], vec![]).await;
        verdict
    }

    pub(super) async fn did(
        &mut self,
        action: Action,
        facts: Facts,
        outcome: Outcome,
        mut views: Vec<View>,
        attempt: AttemptId,
    ) {
        let verdict = self.judged(&action, facts).await;
        let before = action.account().map(|_| AccountState {
            enabled: true,
            lock: Lock::Locked,
            must_change: None,
            password_set_at: None,
        });
        let digest = verdict.digest;
        let tier = verdict.tier;
        let started = Event::Started {
            attempt,
            action,
            digest,
            tier,
            approval: None,
            before,
            was_member: None,
        };
        self.brain(vec![started], std::mem::take(&mut views)).await;
        self.brain(vec![Event::Finished { attempt, outcome }], vec![]).await;
    }

    /// Asks a person about it; answers with the question.
    pub(super) async fn held(&mut self, action: Action, facts: Facts, ttl_ms: i64) -> Approval {
        let verdict = self.judge(&action, &facts);
        let domain::Follow::Hold(plan) = verdict.follows.clone() else {
            panic!("not held: {verdict:?}");
        };
        let approval = Approval {
            id: ApprovalId(clock::new_id()),
            client: self.client.clone(),
            case: self.case,
            brain: BrainId::new("technician").ok(),
            kind: Some(action.kind()),
            digest: verdict.digest,
            sentence: action.sentence(),
            tier: verdict.tier,
            excluded: [plan.excluded, self.excluded.clone()].concat(),
            needed: plan.needed.max(self.needed),
            yes: vec![],
            steps: plan.steps,
            not_before: None,
            change: None,
            replaces: None,
            asked_at: self.at,
            expires_at: clock::now().plus_ms(ttl_ms),
            state: ApprovalState::Pending,
        };
        let held = Event::Held {
            approval: approval.id,
            action: action.clone(),
            digest: verdict.digest,
            tier: verdict.tier,
            expires_at: approval.expires_at,
            needed: approval.needed,
        };
        let judged = Event::Judged { action, facts, verdict };
        let views = vec![View::Ask(Box::new(approval.clone()))];
        self.brain(vec![judged, held], views).await;
        approval
    }

    pub(super) async fn closed_out(&mut self, reply: &str) {
        let ticket = self.ticket.clone();
        let writes = [
            Action::Reply(action::Reply { ticket: ticket.clone(), text: reply.into() }),
            Action::AddNote(action::AddNote {
                ticket: ticket.clone(),
                text: "Done by Journeyman, tier low, level auto_and_close. Evidence: read back."
                    .into(),
            }),
            Action::LogTime(action::LogTime {
                ticket: ticket.clone(),
                minutes: 5,
                text: "Account request".into(),
            }),
            Action::SetStatus(action::SetStatus {
                ticket,
                status: TicketStatus::Closed,
                duplicate_of: None,
            }),
        ];
        for write in writes {
            let done = Outcome::Done("the ticket shows it".into());
            let facts = self.facts(Relation::Oneself);
            self.did(write, facts, done, vec![], AttemptId(clock::new_id())).await;
        }
    }

    pub(super) async fn end(&mut self, outcome: CaseOutcome, reason: &str) {
        let event = Event::Ended { outcome, reason: reason.into() };
        self.brain(vec![event], vec![View::Wake(None)]).await;
    }

    pub(super) async fn wrote(&mut self, body: &str) {
        let message = Message {
            id: format!("m{}", self.version),
            author: Author::Customer(self.from.clone()),
            body: body.into(),
            at: self.at,
            internal: false,
        };
        self.add(Actor::Platform, vec![Event::MessageReceived { message }], vec![]).await;
    }
}

/// A closed unlock.
pub(super) async fn unlock(app: &App, ago_ms: i64) -> CaseId {
    let from = ("Jane Roe", "jane.roe@acme.test");
    let body = "Hi,\n\nI mistyped my password too often this morning and now I am locked out.\nCan you help? I have a call at ten.\n\nJane";
    let mut t = Tale::begin(app, "acme", from, "locked out again :(", body, ago_ms).await;
    let who = account("Jane Roe", "jane.roe@acme.test");
    t.understood(Intent::UnlockAccount, 0.974, vec![]).await;
    t.looked_up(&who, Lock::Locked).await;
    let unlock = Action::UnlockAccount(action::UnlockAccount { account: who });
    let evidence = Outcome::Done("the account reads as not locked".into());
    let facts = t.facts(Relation::Oneself);
    t.did(unlock, facts, evidence, vec![], AttemptId(clock::new_id())).await;
    t.closed_out("Hello Jane,\n\nyour account was locked after wrong passwords. It is unlocked now: sign in with your usual password.\n\nNorthwind IT").await;
    t.end(CaseOutcome::Closed, "the account is unlocked and the user was told").await;
    t.case
}

/// A closed reset whose reply holds the link to the one-time page; answers with its token.
pub(super) async fn reset(app: &App, ago_ms: i64, secret: &str) -> (CaseId, String) {
    let from = ("Sam Lee", "sam.lee@acme.test");
    let body = "forgot my pw over the holidays, pls reset";
    let mut t = Tale::begin(app, "acme", from, "Password", body, ago_ms).await;
    let who = account("Sam Lee", "sam.lee@acme.test");
    t.understood(Intent::ResetPassword, 0.99, vec![]).await;
    t.looked_up(&who, Lock::Unlocked).await;
    let attempt = AttemptId(clock::new_id());
    let token = app.store.drop_token(attempt);
    let drop = View::Drop(NewDrop {
        token: token.clone(),
        attempt,
        login: who.login.clone(),
        address: "sam.private@mail.example".into(),
        sealed: app.store.seal(attempt, &SecretString::from(secret)).unwrap(),
        expires_at: clock::now().plus_ms(86_400_000),
    });
    let reset = Action::ResetPassword(action::ResetPassword { account: who, must_change: true });
    let evidence = Outcome::Done("the new password signs in, the old one does not".into());
    let facts = t.facts(Relation::Oneself);
    t.did(reset, facts, evidence, vec![drop], attempt).await;
    app.store.settle_drop(attempt, true).await.unwrap();
    let link = format!("{}/secret/{token}", app.public_url);
    t.closed_out(&format!("Hello Sam,\n\nget your temporary password here, once: {link}\n")).await;
    t.end(CaseOutcome::Closed, "the password is reset and the user was told").await;
    t.wrote(&format!("thanks, it worked!\n\n> get your temporary password here, once: {link}"))
        .await;
    (t.case, token)
}

/// A question about a sensitive group, asked by somebody else than the beneficiary.
pub(super) async fn group_question(app: &App, ago_ms: i64, ttl_ms: i64) -> Approval {
    let from = ("Omar Haddad", "omar.haddad@globex.test");
    let body = "Please add me to Finance Approvers. The CFO approved it yesterday, see below.\n\nBest\nOmar";
    let mut t = Tale::begin(app, "globex", from, "Access to Finance Approvers", body, ago_ms).await;
    let who = account("Omar Haddad", "omar.haddad@globex.test");
    let claim = Signal::ClaimedApproval("The CFO approved it yesterday".into());
    t.understood(Intent::AddToGroup, 0.93, vec![claim]).await;
    t.looked_up(&who, Lock::Unlocked).await;
    let group =
        GroupRef { id: "g-fin".into(), name: "Finance Approvers".into(), privileged: false };
    let add = Action::AddGroupMember(action::AddGroupMember { account: who, group });
    let mut facts = t.facts(Relation::Oneself);
    let sensitive = GroupFacts {
        exists: true,
        sensitivity: Sensitivity::Sensitive,
        because: "Finance Approvers is on this client's list of sensitive groups".into(),
        marks: vec![],
        as_named: true,
    };
    facts.group = Fact::known(sensitive, "Active Directory", t.at);
    t.held(add, facts, ttl_ms).await
}
