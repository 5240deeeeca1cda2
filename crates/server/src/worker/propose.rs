//! From a proposal to permission: facts, verdict, and what follows from it, a question to people, a refusal,
//! or a grant.
//!
//! INVARIANT: a question is put with everything that it rests on in one transaction, and nothing but the
//! gate's grant leads on to [`super::execute`].

use super::{
    ahead::Outlook,
    drive::{DriveError, Driver, Next},
    facts, lease, notices, spans,
};
use crate::{clock, ops::traces::Id, policy};
use domain::{
    Action, Actor, Approval, ApprovalId, ApprovalState, AttemptId, Decision, Event, Facts, Follow,
    PersonId,
};
use gate::{GrantError, Verdict, grant, judge};
use store::{NewEntry, View};
use technician::WaitFor;

/// Why nothing is done of what another brain asks for.
const SHADOW: &str = "the client is in shadow mode: nothing is changed";

/// Held from reading facts until the attempt is journalled, on this node and on all others.
pub(super) struct Lock<'a> {
    _here: tokio::sync::MutexGuard<'a, ()>,
    pub(super) elsewhere: store::Alone,
}

impl Driver<'_> {
    /// Judges a write and does what the verdict says.
    pub(super) async fn propose(&self, action: Action) -> Result<Next, DriveError> {
        // What a person put in its place while approving.
        let action = self.view.effective(&action).clone();
        // Held until the attempt is journalled: see `Client::gate_lock`. Close-outs count no targets.
        let lock = match action.ticket() {
            None => Some(Lock {
                _here: self.client.gate_lock.lock().await,
                elsewhere: self.app.store.alone(&self.client.id, lease() / 2).await?,
            }),
            Some(_) => None,
        };
        // Another process may have put another policy in force a moment ago.
        self.app.reload_policy().await?;
        let span = self.span("judge");
        let request = self.request(action.clone());
        let read = facts::read(self.app, self.client, &self.view, &request).await?;
        let in_force = self.app.policy();
        let verdict = judge(policy::by(&in_force), request, &read.facts, clock::now());
        self.tell_judged(span, action.kind(), &verdict);
        let follows = verdict.follows().clone();
        // What was watched once was not done: such a case never acts again, also when shadow mode ends meanwhile.
        let watches = verdict.is_shadow() || self.view.is_watched();
        if watches && !matches!(follows, Follow::Refuse) {
            return self.watch(action, read.facts, &verdict).await;
        }
        if !matches!(follows, Follow::Refuse)
            && let Some(why) = self.unable(&action)
        {
            return self.hand_over(action, read.facts, &verdict, why).await;
        }
        match follows {
            Follow::Refuse => {
                self.append(vec![self.judged(&action, read.facts, &verdict)], Vec::new()).await?;
                Ok(Next::Again)
            }
            Follow::Hold(plan) => {
                let held = self.view.held_for(&action);
                let decided = held.filter(|h| matches!(h.state, ApprovalState::Approved { .. }));
                match decided.map(|h| h.approval) {
                    Some(id) => self.use_approval(id, action, read, verdict, lock).await,
                    None => self.hold(action, read.facts, verdict, plan).await,
                }
            }
            Follow::Run | Follow::RunAndNotify => {
                // What a person said about exactly this counts, though nobody is needed by now.
                match self.view.held_for(&action).map(|h| h.approval) {
                    Some(id) => self.use_approval(id, action, read, verdict, lock).await,
                    None => {
                        let attempt = AttemptId(clock::new_id());
                        let judged = self.judged(&action, read.facts, &verdict);
                        match grant(verdict, None, attempt, clock::now()) {
                            Ok(grant) => self.run(grant, judged, read.state, lock).await,
                            Err(GrantError::StaleVerdict) => Ok(Next::Again),
                            Err(e) => Err(DriveError::Stuck(e.to_string())),
                        }
                    }
                }
            }
        }
    }

    /// Why nothing of ours can perform it here; `None` when something can.
    fn unable(&self, action: &Action) -> Option<String> {
        match action.ticket() {
            // A help desk that is gone is an attempt that failed; the technician knows what to do then.
            Some(_) => None,
            None if self.client.directory.capabilities().contains(&action.kind()) => None,
            None => Some(format!(
                "no connector of this client performs {} yet, so people do it",
                action.kind().name()
            )),
        }
    }

    /// Judged, and not done: the client is only watched. The case goes on as if it had been.
    async fn watch(
        &self,
        action: Action,
        facts: Facts,
        verdict: &Verdict,
    ) -> Result<Next, DriveError> {
        // The policy was read again a moment ago; the step began under the one before.
        if let Some(next) = self.overtaken_by_shadow().await? {
            return Ok(next);
        }
        if self.view.submission.is_some() || self.unable(&action).is_some() {
            let why = self.unable(&action).unwrap_or_else(|| SHADOW.to_owned());
            return self.hand_over(action, facts, verdict, why).await;
        }
        let judged = self.judged(&action, facts, verdict);
        let watched = Event::Watched {
            attempt: AttemptId(clock::new_id()),
            action,
            digest: verdict.digest(),
            tier: verdict.tier(),
            after_yes: matches!(verdict.follows(), Follow::Hold(_)),
        };
        self.append(vec![judged, self.by_brain(watched)], Vec::new()).await?;
        Ok(Next::Again)
    }

    /// Judged, and then given to people: nothing of ours performs it.
    async fn hand_over(
        &self,
        action: Action,
        facts: Facts,
        verdict: &Verdict,
        reason: String,
    ) -> Result<Next, DriveError> {
        let judged = self.judged(&action, facts, verdict);
        let digest = verdict.digest();
        let event = Event::HandedOver { action, digest, reason };
        self.append(vec![judged, NewEntry { actor: Actor::Platform, event }], Vec::new()).await?;
        Ok(Next::Again)
    }

    pub(super) fn judged(&self, action: &Action, facts: Facts, verdict: &Verdict) -> NewEntry {
        self.by_brain(Event::Judged {
            action: action.clone(),
            facts,
            verdict: verdict.record().clone(),
        })
    }

    /// Puts the question to people.
    async fn hold(
        &self,
        action: Action,
        facts: Facts,
        verdict: Verdict,
        plan: domain::ApprovalPlan,
    ) -> Result<Next, DriveError> {
        let now = clock::now();
        let id = ApprovalId(clock::new_id());
        let expires_at = now.plus_ms(plan.ttl_ms);
        let mut excluded = plan.excluded;
        // Nobody approves what their own brain asks for.
        excluded.extend(self.owner().await?);
        let approval = Approval {
            id,
            client: self.view.client.clone(),
            case: self.view.id,
            brain: Some(verdict.request().brain.clone()),
            kind: Some(action.kind()),
            digest: verdict.digest(),
            sentence: action.sentence(),
            tier: verdict.tier(),
            excluded,
            needed: plan.needed,
            yes: Vec::new(),
            steps: plan.steps,
            not_before: None,
            change: None,
            replaces: None,
            asked_at: now,
            expires_at,
            state: ApprovalState::Pending,
        };
        let held = self.by_brain(Event::Held {
            approval: id,
            action: action.clone(),
            digest: verdict.digest(),
            tier: verdict.tier(),
            expires_at,
            needed: plan.needed,
        });
        let span = self.span("held").known_as(Id::Held(id)).under(self.judgement());
        let span =
            span.with("journeyman.tier", verdict.tier().name()).with("journeyman.approval", id);
        let mut entries = vec![self.judged(&action, facts, &verdict), held];
        let approval = match self.click(&approval).await? {
            None => approval,
            Some((person, decided)) => {
                let event = Event::Decided { approval: id, decision: Decision::Approve };
                entries.push(NewEntry { actor: Actor::Person(person), event });
                decided
            }
        };
        let mut views = Vec::new();
        let clicked = approval.state != ApprovalState::Pending;
        let (mut next, mut asked) = (Next::Again, None);
        if !clicked {
            views.push(View::Notice(notices::of_question(self, &approval)));
            asked = self.first_asked(&approval, &action).await?.map(|(entry, people)| {
                entries.push(entry);
                people
            });
            if let Some(Outlook::Waits(until, whom)) = self.outlook(&entries, Some(id)) {
                let turn = gate::next_turn(&approval, now);
                let until = [until, turn].into_iter().flatten().min();
                views.extend(self.waiting(until, whom));
                next = Next::Released;
            }
        }
        let put = approval.clone();
        views.push(View::Ask(Box::new(approval)));
        self.append(entries, views).await?;
        self.app.traces.end(span);
        if let Some(people) = asked {
            self.mail(&put, &people).await;
        }
        if clicked {
            let name = Decision::Approve.name();
            let (client, case) = (&self.view.client, self.view.id);
            self.app.traces.end(spans::decided(client, case, id, now, name));
        }
        Ok(next)
    }

    /// Taking a change back asks for no more than the change did: the click of who takes it back is
    /// their yes, by the same rules as any other.
    async fn click(&self, approval: &Approval) -> Result<Option<(PersonId, Approval)>, DriveError> {
        let Some(submission) = &self.view.submission else { return Ok(None) };
        let (Some(_), Some(id)) = (submission.undoes, &submission.person) else { return Ok(None) };
        let Some(person) = self.app.store.person(id).await? else { return Ok(None) };
        if !person.role.may_decide() || self.view.held.iter().any(|h| h.yes.contains(id)) {
            return Ok(None);
        }
        let (seen, identities) = (approval.digest, [person.email]);
        let decided =
            gate::decide(approval, id, &identities, seen, &Decision::Approve, clock::now());
        Ok(decided.ok().map(|decided| (id.clone(), decided)))
    }

    /// Every identity of the person who answers for the brain that asks.
    async fn owner(&self) -> Result<Vec<String>, DriveError> {
        let Some(submission) = &self.view.submission else { return Ok(Vec::new()) };
        let Some(row) = self.app.store.brain(&submission.brain).await? else {
            return Ok(Vec::new());
        };
        let mail = self.app.store.person(&row.owner).await?.map(|p| p.email.to_lowercase());
        Ok([Some(row.owner.to_string()), mail]
            .into_iter()
            .flatten()
            .filter(|i| !i.is_empty())
            .collect())
    }

    /// Whether everybody who said yes may still decide.
    async fn still_entitled(&self, approval: &Approval) -> Result<bool, DriveError> {
        for yes in &approval.yes {
            let person = self.app.store.person(&yes.by).await?;
            if !person.is_some_and(|p| p.role.may_decide()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Runs under a person's yes, if it still covers what the facts say now.
    async fn use_approval(
        &self,
        id: ApprovalId,
        action: Action,
        read: facts::Read,
        verdict: Verdict,
        lock: Option<Lock<'_>>,
    ) -> Result<Next, DriveError> {
        let approval = self.app.store.approval(id).await?;
        let judged = self.judged(&action, read.facts, &verdict);
        let attempt = AttemptId(clock::new_id());
        if let Some(approval) = &approval
            && matches!(verdict.follows(), Follow::Hold(_))
            && !self.still_entitled(approval).await?
        {
            let reason = "somebody who approved it may not decide any more".to_owned();
            let event = Event::Voided { approval: id, reason };
            let entries = vec![judged, NewEntry { actor: Actor::Platform, event }];
            self.append(entries, vec![View::Settle(id, ApprovalState::Void)]).await?;
            return Ok(Next::Again);
        }
        match grant(verdict, approval.as_ref(), attempt, clock::now()) {
            Ok(grant) => self.run(grant, judged, read.state, lock).await,
            // Who approved it named a later time; then it is judged again.
            Err(GrantError::TooEarly(at)) => {
                self.append(Vec::new(), self.waiting(Some(at), WaitFor::Approval).into()).await?;
                Ok(Next::Released)
            }
            // Facts took too long to read; judge again.
            Err(GrantError::StaleVerdict) => Ok(Next::Again),
            Err(e) => {
                let (state, event) = match e {
                    GrantError::Expired => {
                        (ApprovalState::Expired, Event::Expired { approval: id })
                    }
                    other => (
                        ApprovalState::Void,
                        Event::Voided { approval: id, reason: other.to_string() },
                    ),
                };
                let entries = vec![judged, NewEntry { actor: Actor::Platform, event }];
                self.append(entries, vec![View::Settle(id, state)]).await?;
                Ok(Next::Again)
            }
        }
    }
}
