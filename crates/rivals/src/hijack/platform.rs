//! The platform in memory: judges, asks, waits, performs. It does what the server does around the gate,
//! and writes into the ledger what happens.
//!
//! INVARIANT: nothing changes the place but [`Platform::perform`], which takes a grant by value. A
//! question is written back only as it was read; whoever comes second finds another one and gives up.

use super::ledger::{Fact, Ledger};
use super::oracle;
use super::people::Person;
use super::place::{CLIENTS, Place};
use super::reader::{self, Sabotage};
use domain::{
    Action, ActionKind, Approval, ApprovalId, ApprovalState, AttemptId, BrainId, BreakerFacts,
    CaseId, ClientId, Decision, Digest, Follow, UnixMs,
};
use gate::{CompiledPolicy, Grant, Request, judge};
use std::collections::HashMap;
use uuid::Uuid;

/// After a no, or no answer, the same is not asked again for this long, in milliseconds.
const COOL_DOWN_MS: i64 = 24 * 3_600_000;

/// A question and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// As the gate knows it.
    pub approval: Approval,
    /// What is asked.
    pub action: Action,
    /// The case: an index.
    pub case: usize,
    /// Who asked.
    pub brain: BrainId,
    /// Whether somebody really wants this.
    pub wanted: bool,
    /// Whether it was acted on.
    pub used: bool,
}

/// A request that was judged.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) at: UnixMs,
    pub(super) brain: BrainId,
    pub(super) client: ClientId,
    pub(super) case: CaseId,
    pub(super) digest: Digest,
}

/// Targets that were touched.
#[derive(Clone, Debug)]
pub(super) struct Touched {
    pub(super) at: UnixMs,
    pub(super) brain: BrainId,
    pub(super) client: ClientId,
    pub(super) kind: ActionKind,
    pub(super) keys: Vec<String>,
}

/// What a brain is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It happened.
    Done,
    /// Somebody is asked: the index of the question.
    Held(usize),
    /// No.
    Refused,
}

/// Everything on our side of the gate.
#[derive(Debug)]
pub(super) struct Platform {
    /// The time.
    pub now: UnixMs,
    /// The clients' systems.
    pub place: Place,
    /// Who may be asked.
    pub people: Vec<Person>,
    /// Every question.
    pub questions: Vec<Question>,
    /// What happened.
    pub ledger: Ledger,
    /// An open breaker.
    pub breaker: Option<BreakerFacts>,
    /// How patches fared across clients: attempts and failures.
    pub fleet: (u32, u32),
    /// Our own brain.
    pub technician: BrainId,
    /// The hijacked one.
    pub hijacked: BrainId,
    /// Effects for which there was no right, with the reason.
    pub without_a_right: Vec<String>,
    pub(super) sabotage: Sabotage,
    pub(super) asked: Vec<Asked>,
    pub(super) touched: Vec<Touched>,
    clients: Vec<ClientId>,
    policy: CompiledPolicy,
    cooling: HashMap<(ClientId, Digest), UnixMs>,
    ids: u128,
}

impl Platform {
    /// A fresh platform at `now`.
    ///
    /// # Errors
    /// When a name in this crate is no id, or its policy is wrong.
    pub(super) fn new(
        policy: &CompiledPolicy,
        now: UnixMs,
        sabotage: Sabotage,
    ) -> Result<Platform, String> {
        let brain = |name: &str| BrainId::new(name).map_err(|e| e.to_string());
        let client = |name: &&str| ClientId::new(*name).map_err(|e| e.to_string());
        Ok(Platform {
            now,
            place: Place::new(now),
            people: super::people::people()?,
            questions: Vec::new(),
            ledger: Ledger::default(),
            breaker: None,
            fleet: (0, 0),
            technician: brain("technician")?,
            hijacked: brain("visitor")?,
            without_a_right: Vec::new(),
            sabotage,
            asked: Vec::new(),
            touched: Vec::new(),
            clients: CLIENTS.iter().map(client).collect::<Result<_, _>>()?,
            policy: policy.clone(),
            cooling: HashMap::new(),
            ids: 0,
        })
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    pub(super) fn cooling_down(&self, client: &ClientId, digest: Digest) -> bool {
        let since = self.cooling.get(&(client.clone(), digest));
        since.is_some_and(|at| self.now.since(*at) < COOL_DOWN_MS)
    }

    /// Judges a request and does what follows. `meanwhile` happens between the judgement and the grant.
    /// `under` is a question that the request is to run under, as it was read before.
    pub(super) fn submit(
        &mut self,
        brain: &BrainId,
        case: usize,
        action: Action,
        under: Option<usize>,
        wanted: bool,
        meanwhile: &mut dyn FnMut(&mut Platform),
    ) -> Answer {
        let Some((client, id)) = self.place.cases.get(case).map(|c| (c.client, c.id)) else {
            return Answer::Refused;
        };
        let Some(client) = self.clients.get(client).cloned() else { return Answer::Refused };
        let request = Request { client, case: id, brain: brain.clone(), action, undoes: None };
        let facts = reader::read(self, case, &request);
        let verdict = judge(Ok(&self.policy), request.clone(), &facts, self.now);
        self.note_request(&request, verdict.digest());
        let read = under.and_then(|at| self.questions.get(at)).map(|q| q.approval.clone());
        let judged_at = self.now;
        meanwhile(self);
        let attempt = AttemptId(self.id());
        match verdict.follows().clone() {
            Follow::Refuse => Answer::Refused,
            Follow::Run | Follow::RunAndNotify => {
                match gate::grant(verdict, read.as_ref(), attempt, self.now) {
                    Ok(grant) => self.perform(grant, case, brain, judged_at),
                    Err(_) => Answer::Refused,
                }
            }
            Follow::Hold(plan) => match (under, read) {
                (Some(at), Some(read)) => {
                    let grant = gate::grant(verdict, Some(&read), attempt, self.now);
                    match grant {
                        Ok(grant) if self.take(at, &read) => {
                            self.perform(grant, case, brain, judged_at)
                        }
                        _ => Answer::Refused,
                    }
                }
                _ => self.ask(case, request, &verdict, plan, wanted),
            },
        }
    }

    fn note_request(&mut self, request: &Request, digest: Digest) {
        let asked = Asked {
            at: self.now,
            brain: request.brain.clone(),
            client: request.client.clone(),
            case: request.case,
            digest,
        };
        if request.action.kind().is_write() {
            self.asked.push(asked);
            let noted = (self.now, request.brain.clone(), request.case, request.action.clone());
            self.ledger.requests.push(noted);
        }
    }

    /// Takes an approval for good, if it still is what was read and everybody behind it may decide.
    fn take(&mut self, at: usize, read: &Approval) -> bool {
        let people = &self.people;
        let entitled = |y: &domain::Yes| people.iter().any(|p| p.id == y.by && p.entitled);
        let Some(question) = self.questions.get_mut(at) else { return false };
        let unchanged = question.approval == *read && !question.used;
        if !unchanged || !read.yes.iter().all(entitled) {
            return false;
        }
        question.used = true;
        true
    }

    fn ask(
        &mut self,
        case: usize,
        request: Request,
        verdict: &gate::Verdict,
        plan: domain::ApprovalPlan,
        wanted: bool,
    ) -> Answer {
        let open = |q: &Question| {
            q.case == case
                && q.action == request.action
                && q.brain == request.brain
                && q.approval.state == ApprovalState::Pending
        };
        if let Some(at) = self.questions.iter().position(open) {
            return Answer::Held(at);
        }
        let mut excluded = plan.excluded;
        if request.brain == self.hijacked {
            let owner = self.people.iter().find(|p| p.id.as_str() == super::people::OWNER);
            excluded.extend(owner.iter().flat_map(|o| o.mails.iter().cloned()));
            excluded.extend(owner.map(|o| o.id.to_string()));
        }
        let approval = Approval {
            id: ApprovalId(self.id()),
            client: request.client.clone(),
            case: request.case,
            brain: Some(request.brain.clone()),
            kind: Some(request.action.kind()),
            digest: verdict.digest(),
            sentence: request.action.sentence(),
            tier: verdict.tier(),
            excluded,
            needed: plan.needed,
            yes: vec![],
            steps: plan.steps,
            not_before: None,
            change: None,
            replaces: None,
            asked_at: self.now,
            expires_at: self.now.plus_ms(plan.ttl_ms),
            state: ApprovalState::Pending,
        };
        let brain = request.brain;
        self.put(Question { approval, action: request.action, case, brain, wanted, used: false });
        Answer::Held(self.questions.len() - 1)
    }

    fn put(&mut self, question: Question) {
        let fact = Fact::Asked {
            question: question.approval.id,
            brain: question.brain.clone(),
            case: question.approval.case,
            action: question.action.clone(),
            until: question.approval.expires_at,
        };
        self.ledger.note(self.now, fact);
        self.questions.push(question);
    }

    /// One person's word on one question. `meanwhile` happens between their reading it and their click.
    pub(super) fn decide(
        &mut self,
        at: usize,
        person: usize,
        decision: &Decision,
        meanwhile: &mut dyn FnMut(&mut Platform),
    ) -> bool {
        let Some(read) = self.questions.get(at).map(|q| q.approval.clone()) else { return false };
        let Some(who) = self.people.get(person).cloned().filter(|p| p.entitled) else {
            return false;
        };
        meanwhile(self);
        let after = gate::decide(&read, &who.id, &who.mails, read.digest, decision, self.now);
        let (Ok(after), Some(question)) = (after, self.questions.get_mut(at)) else { return false };
        if question.approval != read || question.used {
            return false;
        }
        question.approval = after;
        let (id, now) = (read.id, self.now);
        match decision {
            Decision::Approve => self.ledger.note(now, Fact::Yes(id, who.id, now)),
            Decision::ApproveAt(then) => self.ledger.note(now, Fact::Yes(id, who.id, *then)),
            Decision::Deny(_) => {
                self.ledger.note(now, Fact::No(id));
                self.cooling.insert((read.client, read.digest), now);
            }
            Decision::Change(_) => self.change(at),
        }
        true
    }

    /// Judges what a person would rather have, and puts it in the question's place.
    fn change(&mut self, at: usize) {
        let Some(question) = self.questions.get(at).cloned() else { return };
        let Some(asked) = question.approval.change.clone() else { return };
        let request = Request {
            client: question.approval.client.clone(),
            case: question.approval.case,
            brain: question.brain.clone(),
            action: asked.action.clone(),
            undoes: None,
        };
        let facts = reader::read(self, question.case, &request);
        let verdict = judge(Ok(&self.policy), request, &facts, self.now);
        let to = ApprovalId(self.id());
        let changed = gate::change(&question.approval, &verdict, to, self.now);
        let Some(old) = self.questions.get_mut(at) else { return };
        old.approval.change = None;
        let Ok(approval) = changed else { return };
        old.approval.state = ApprovalState::Changed { by: asked.by.clone(), at: self.now, to };
        self.ledger.note(self.now, Fact::Gone(question.approval.id));
        self.put(Question { approval, action: asked.action, ..question });
        self.ledger.note(self.now, Fact::Yes(to, asked.by, self.now));
    }

    /// Takes a question back.
    pub(super) fn withdraw(&mut self, at: usize) {
        if let Some(question) = self.questions.get_mut(at).filter(|q| !q.used) {
            let live = matches!(
                question.approval.state,
                ApprovalState::Pending | ApprovalState::Approved { .. }
            );
            if live {
                question.approval.state = ApprovalState::Void;
                let id = question.approval.id;
                self.ledger.note(self.now, Fact::Gone(id));
            }
        }
    }

    /// Lets time pass, and ends what nobody answered.
    pub(super) fn pass(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        for question in &mut self.questions {
            if gate::expire(&question.approval, self.now) {
                question.approval.state = ApprovalState::Expired;
                let approval = &question.approval;
                // It ended when its time was up, whenever that is noticed.
                let ended = approval.expires_at;
                self.cooling.insert((approval.client.clone(), approval.digest), ended);
                self.ledger.note(ended, Fact::Expired(approval.id));
            }
        }
    }

    /// Performs what was granted, and has the oracle say whether there was a right to it.
    fn perform(&mut self, grant: Grant, case: usize, brain: &BrainId, judged_at: UnixMs) -> Answer {
        if self.now > grant.not_after() {
            return Answer::Refused;
        }
        let (action, client) = (grant.action().clone(), grant.client().clone());
        let Some(index) = self.clients.iter().position(|c| *c == client) else {
            return Answer::Refused;
        };
        if let Err(why) = oracle::right(self, brain, case, index, &action, judged_at) {
            self.without_a_right.push(format!("{} for {client}: {why}", action.sentence()));
        }
        if let Some(id) = grant.approval() {
            self.ledger.note(self.now, Fact::Used(id));
        }
        if action.kind().is_write() {
            let kind = action.kind();
            let keys = action.target_keys();
            let touched = Touched { at: self.now, brain: brain.clone(), client, kind, keys };
            self.touched.push(touched);
            self.place.apply(index, &action);
            self.ledger.effects.push((self.now, brain.clone(), index, action));
        }
        Answer::Done
    }
}
