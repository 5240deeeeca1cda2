//! Files the tickets, as customers would, and waits until every case rests.

use super::{Stage, approver, set_up::PSA};
use crate::clock;
use domain::{CaseId, ClientId, UnixMs};
use sandbox::ScenarioTicket;
use std::{
    collections::HashSet,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

/// Cases that may be on the way at the same time when no pace is given.
const IN_FLIGHT: usize = 8;
/// A case that has not rested by then is reported as it stands.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(25);

type Fault = Box<dyn Error + Send + Sync>;

/// A ticket that was filed.
#[derive(Clone, Debug)]
pub(super) struct Filed {
    pub(super) ticket: ScenarioTicket,
    pub(super) psa_id: String,
    pub(super) at: UnixMs,
}

/// A filed ticket's case, once it has one.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) client: ClientId,
    pub(super) id: CaseId,
    pub(super) phase: String,
}

/// Files every ticket and its follow-up, and waits until all rest.
pub(super) async fn run(
    stage: &Arc<Stage>,
    tickets: Vec<ScenarioTicket>,
    pace: Option<Duration>,
) -> Result<Vec<Filed>, Fault> {
    let mut filed: Vec<Filed> = Vec::with_capacity(tickets.len());
    let mut open: Vec<usize> = Vec::new();
    let mut followed: HashSet<usize> = HashSet::new();
    for ticket in tickets {
        match pace {
            Some(pace) => tokio::time::sleep(pace).await,
            None => {
                while open.len() >= IN_FLIGHT {
                    tokio::time::sleep(LOOK).await;
                    settle(stage, &filed, &mut open, &mut followed).await?;
                }
            }
        }
        let at = clock::now();
        let psa_id = stage.sandbox.file(&ticket).await;
        let one = Filed { ticket, psa_id, at };
        approver::know(&one);
        open.push(filed.len());
        filed.push(one);
        settle(stage, &filed, &mut open, &mut followed).await?;
    }
    let mut last_progress = Instant::now();
    while !open.is_empty() && last_progress.elapsed() < PATIENCE {
        tokio::time::sleep(LOOK).await;
        let before = open.len();
        settle(stage, &filed, &mut open, &mut followed).await?;
        if open.len() < before {
            last_progress = Instant::now();
        }
    }
    calm(stage, &filed, &followed).await?;
    Ok(filed)
}

/// Takes tickets whose case rests off the open list, and sends their follow-ups.
async fn settle(
    stage: &Arc<Stage>,
    filed: &[Filed],
    open: &mut Vec<usize>,
    followed: &mut HashSet<usize>,
) -> Result<(), Fault> {
    let mut still = Vec::with_capacity(open.len());
    for index in open.drain(..) {
        let Some(one) = filed.get(index) else { continue };
        let case = case_of(stage, one).await?;
        match case {
            Some(case) if rests(stage, &case).await? => {
                stage.view.moved(stage, one, &case).await;
                if case.phase == "closed"
                    && followed.insert(index)
                    && let Some(text) = &one.ticket.follow_up
                {
                    stage.sandbox.follow_up(&one.psa_id, text).await;
                }
            }
            _ => still.push(index),
        }
    }
    *open = still;
    Ok(())
}

/// The case of a filed ticket.
pub(super) async fn case_of(stage: &Stage, filed: &Filed) -> Result<Option<Case>, Fault> {
    let Some(known) = stage.app.store.known_ticket(PSA, &filed.psa_id).await? else {
        return Ok(None);
    };
    let phase = stage.app.store.case(known.case).await?.map(|r| r.phase).unwrap_or_default();
    Ok(Some(Case { client: known.client, id: known.case, phase }))
}

/// Ended, or waiting for somebody who will not come in this demo.
async fn rests(stage: &Stage, case: &Case) -> Result<bool, Fault> {
    match case.phase.as_str() {
        "closed" | "dispatched" | "refused" => Ok(true),
        "waiting_for_user" => {
            // Told and asleep, not merely between two steps.
            Ok(stage.app.store.case(case.id).await?.is_some_and(|r| r.wake_at > Some(clock::now())))
        }
        "waiting_for_approval" => {
            let asleep = stage
                .app
                .store
                .case(case.id)
                .await?
                .is_some_and(|r| r.wake_at > Some(clock::now()));
            if !asleep {
                return Ok(false);
            }
            // Not while the scripted approver is about to say yes.
            for approval in stage.app.store.approvals(Some("pending"), 500).await? {
                if approval.case == case.id {
                    return Ok(
                        !stage.view.has_approver() || !approver::right(stage, &approval).await?
                    );
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// Waits until messages after the close were taken in and nothing moves any more.
async fn calm(stage: &Stage, filed: &[Filed], followed: &HashSet<usize>) -> Result<(), Fault> {
    let expected: Vec<&Filed> = followed
        .iter()
        .filter_map(|i| filed.get(*i))
        .filter(|f| f.ticket.follow_up.is_some())
        .collect();
    let begun = Instant::now();
    for one in expected {
        while begun.elapsed() < PATIENCE {
            let Some(case) = case_of(stage, one).await? else { break };
            let row = stage.app.store.case(case.id).await?;
            let events = stage.app.store.events(&case.client, case.id).await?;
            let came =
                events.iter().any(|e| matches!(e.event, domain::Event::MessageReceived { .. }));
            if came && row.is_none_or(|r| r.wake_at.is_none()) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}

/// Tells the sandbox of every decision that a person made, in the console or by script.
pub(super) async fn watch_decisions(stage: Arc<Stage>) {
    let mut told = HashSet::new();
    loop {
        for state in ["approved", "denied"] {
            let Ok(decided) = stage.app.store.approvals(Some(state), 2000).await else { continue };
            for approval in decided {
                if told.insert(approval.id)
                    && let Ok(Some(row)) = stage.app.store.case(approval.case).await
                    && let Some((_, id)) = row.ticket.split_once('#')
                {
                    stage.sandbox.person_decided(id);
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
