//! Makes a request as its brain sees it from the case's events.
//!
//! INVARIANT: nothing here is kept anywhere: the journal says it all, so two calls cannot disagree.

use super::resource::{ActionResource, ByHand, FindingResource, Held, RequestResource, Status};
use domain::{
    Action, ApprovalState, CaseOutcome, CaseView, Event, Finding, Follow, HeldAction, Outcome,
    ReadResult, Recorded, Tier, VerdictRecord,
};

/// Makes the resource. `None` when the case is no request.
pub(crate) fn make(
    view: &CaseView,
    events: &[Recorded],
    public_url: &str,
) -> Option<RequestResource> {
    let submission = view.submission.as_ref()?;
    let maker = Maker { view, events, public_url, reason: &submission.reason };
    let actions: Vec<ActionResource> = submission.actions.iter().map(|a| maker.action(a)).collect();
    Some(RequestResource {
        id: view.id.to_string(),
        client: view.client.to_string(),
        status: overall(view, &actions),
        version: view.version,
        reason: submission.reason.clone(),
        ticket: submission.ticket.as_ref().map(|t| t.ticket.to_string()),
        actions,
        created_at: view.received_at.to_string(),
        settled_at: view.ended.as_ref().map(|(_, _, at)| at.to_string()),
        because: view.ended.as_ref().map(|(_, why, _)| why.clone()),
    })
}

fn overall(view: &CaseView, actions: &[ActionResource]) -> Status {
    let gravest =
        actions.iter().map(|a| a.status).max_by_key(|s| s.weight()).unwrap_or(Status::Done);
    match view.ended {
        // Work goes on while one action waits; what a brain must do is wait for a person.
        None if actions.iter().any(|a| a.status == Status::Held) => Status::Held,
        None => Status::Working,
        Some(_) => gravest,
    }
}

struct Maker<'a> {
    view: &'a CaseView,
    events: &'a [Recorded],
    public_url: &'a str,
    reason: &'a str,
}

impl Maker<'_> {
    fn action(&self, asked: &Action) -> ActionResource {
        let runs = self.view.effective(asked);
        let verdict = self.verdict(runs);
        let held = self.view.held_for(asked);
        let (status, because) = self.status(runs, held, verdict);
        let waits = held.filter(|_| status == Status::Held);
        let by_people = matches!(status, Status::Refused | Status::HandedOver);
        let digest = runs.digest(&self.view.client);
        let at_hand = self.view.by_hand.iter().filter(|(d, ..)| *d == digest);
        ActionResource {
            action: asked.clone(),
            sentence: runs.sentence(),
            digest: digest.to_string(),
            changed_to: (runs != asked).then(|| runs.clone()),
            status,
            tier: verdict.map(|v| v.tier.name()),
            follows: verdict.map(|v| v.follows.name()),
            findings: verdict.map_or_else(Vec::new, |v| v.findings.iter().map(finding).collect()),
            because,
            result: self.result(asked).and_then(|r| serde_json::to_value(r).ok()),
            evidence: self
                .view
                .attempts_of(asked)
                .last()
                .and_then(|a| a.evidence().map(str::to_owned)),
            undone: self.view.attempts_of(asked).last().is_some_and(|a| a.undone),
            held: waits.map(|h| self.held(h, verdict)),
            approval_link: waits.map(|h| self.approval_link(h)),
            expires_at: waits.map(|h| h.expires_at.to_string()),
            manual_link: by_people
                .then(|| format!("{}/cases/{}#by-hand", self.public_url, self.view.id)),
            by_hand: at_hand
                .map(|(_, by, text, at)| ByHand {
                    by: by.to_string(),
                    text: text.clone(),
                    at: at.to_string(),
                })
                .collect(),
        }
    }

    fn verdict(&self, action: &Action) -> Option<&VerdictRecord> {
        self.events.iter().rev().find_map(|r| match &r.event {
            Event::Judged { action: a, verdict, .. } | Event::Read { action: a, verdict, .. }
                if a == action =>
            {
                Some(verdict)
            }
            _ => None,
        })
    }

    fn result(&self, action: &Action) -> Option<&ReadResult> {
        self.view.read(action).filter(|r| !matches!(r, ReadResult::Unavailable(_)))
    }

    fn status(
        &self,
        action: &Action,
        held: Option<&HeldAction>,
        verdict: Option<&VerdictRecord>,
    ) -> (Status, Option<String>) {
        let view = self.view;
        match view.read(action) {
            Some(ReadResult::Unavailable(why)) => {
                // A read is never asked about: what the gate does not let run is refused.
                return match verdict.map(|v| &v.follows) {
                    Some(Follow::Hold(_) | Follow::Refuse) => {
                        (Status::Refused, verdict.map(refusal))
                    }
                    _ => (Status::Failed, Some(why.clone())),
                };
            }
            Some(_) => return (Status::Done, None),
            None => {}
        }
        if view.done(action).is_some() {
            return (Status::Done, None);
        }
        if let Some((_, why)) = view.handed_over.iter().find(|(a, _)| a == action) {
            return (Status::HandedOver, Some(why.clone()));
        }
        if let Some(said) = self.attempted(action) {
            return said;
        }
        if verdict.is_some_and(|v| v.follows == Follow::Refuse) {
            return (Status::Refused, verdict.map(refusal));
        }
        self.unperformed(held)
    }

    /// What the last attempt means; `None` when there was none.
    fn attempted(&self, action: &Action) -> Option<(Status, Option<String>)> {
        match (&self.view.attempts_of(action).last()?.outcome, &self.view.ended) {
            (Some((Outcome::Failed(why), _)), Some(_)) => Some((Status::Failed, Some(why.clone()))),
            (Some((Outcome::Failed(why), _)), None) => {
                Some((Status::Working, Some(format!("may be tried again: {why}"))))
            }
            (Some((Outcome::Unknown(why), _)), Some(_)) => {
                Some((Status::Failed, Some(format!("nobody knows whether it happened: {why}"))))
            }
            _ => Some((Status::Working, None)),
        }
    }

    fn unperformed(&self, held: Option<&HeldAction>) -> (Status, Option<String>) {
        let view = self.view;
        match held.map(|h| &h.state) {
            Some(ApprovalState::Denied { reason, .. }) => {
                return (Status::Denied, Some(format!("a person said no: {reason}")));
            }
            Some(ApprovalState::Expired) => {
                return (Status::Expired, Some("nobody decided in time".into()));
            }
            Some(ApprovalState::Pending) if view.ended.is_none() && !view.withdrawn => {
                return (Status::Held, held.map(waiting));
            }
            _ => {}
        }
        match &view.ended {
            None => (Status::Working, None),
            Some(_) if view.withdrawn => (Status::Withdrawn, None),
            Some((outcome, why, _)) => {
                let status = match outcome {
                    CaseOutcome::Refused => Status::Refused,
                    CaseOutcome::Withdrawn => Status::Withdrawn,
                    CaseOutcome::Dispatched | CaseOutcome::Watched => Status::HandedOver,
                    CaseOutcome::Closed => Status::Failed,
                };
                (status, Some(why.clone()))
            }
        }
    }

    fn approval_link(&self, held: &HeldAction) -> String {
        format!("{}/approvals/{}", self.public_url, held.approval)
    }

    fn held(&self, held: &HeldAction, verdict: Option<&VerdictRecord>) -> Held {
        let kind = held.action.kind();
        let devices = held.action.devices();
        let mut params = serde_json::to_value(&held.action).unwrap_or_default();
        if let Some(map) = params.as_object_mut() {
            map.remove("kind");
        }
        let mut details = vec![kind.risk().to_owned()];
        details.extend(verdict.into_iter().flat_map(raising));
        Held {
            action: kind.name(),
            device_ids: (!devices.is_empty())
                .then(|| devices.iter().map(|d| d.id.clone()).collect()),
            targets: devices.is_empty().then(|| held.action.target_keys()),
            params,
            reason: self.reason.to_owned(),
            risk_level: held.tier.name(),
            risk_details: details,
            approval_link: self.approval_link(held),
            expires_at: held.expires_at.to_string(),
        }
    }
}

fn waiting(held: &HeldAction) -> String {
    match (held.change.is_some(), held.needed, held.yes.len()) {
        (true, ..) => "a person asked for a change, which is being judged".into(),
        (false, 1, _) => "a person was asked".into(),
        (false, needed, yes) => format!("{needed} people have to say yes; {yes} did so far"),
    }
}

/// The findings that made it what it is, gravest first.
fn raising(verdict: &VerdictRecord) -> Vec<String> {
    let mut raising: Vec<&Finding> =
        verdict.findings.iter().filter(|f| f.minimum > Tier::Low).collect();
    raising.sort_by_key(|f| std::cmp::Reverse(f.minimum));
    raising.into_iter().map(|f| format!("{} ({}, {})", f.because, f.code, f.minimum)).collect()
}

fn refusal(verdict: &VerdictRecord) -> String {
    match raising(verdict).into_iter().next() {
        Some(why) => format!("people only: {why}"),
        None => "people only".into(),
    }
}

fn finding(f: &Finding) -> FindingResource {
    FindingResource {
        assessor: f.assessor.to_string(),
        minimum: f.minimum.name(),
        code: f.code.to_string(),
        because: f.because.to_string(),
    }
}
