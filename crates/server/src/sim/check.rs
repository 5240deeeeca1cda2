//! What must hold in every world, at every effect and at the end.

use super::world::World;
use domain::{
    ActionKind, ApprovalState, BreakerMode, CaseId, CaseView, ClientId, Event, Fact, Follow,
    Recorded, UnixMs,
};
use gate::Grant;
use std::collections::BTreeMap;
use store::Store;

/// How long a stop may take to be known everywhere, in milliseconds.
const STOP_MS: i64 = 1_000;

/// Whether the journal knows what is about to be done, and allows it now.
pub(super) async fn may_run(journal: &Store, grant: &Grant, now: UnixMs) -> Result<(), String> {
    let (client, case, id) = (grant.client(), grant.case(), grant.attempt());
    let fail = |why: String| Err(format!("case {case}, {:?}: {why}", grant.action()));
    let events = journal.events(client, case).await.map_err(|e| e.to_string())?;
    let Some(view) = CaseView::fold(client, case, &events) else {
        return fail("an effect of a case that the journal does not know".into());
    };
    let Some(attempt) = view.attempts.iter().find(|a| a.id == id) else {
        return fail("an effect without a *started* entry".into());
    };
    if attempt.digest != grant.digest() || attempt.action != *grant.action() {
        return fail("something else was started than is done".into());
    }
    if attempt.outcome.is_some() {
        return fail("an effect of an attempt that is over".into());
    }
    if now > grant.not_after() {
        return fail("an effect after its grant's time".into());
    }
    match attempt.approval {
        Some(approval) => {
            let held = view.held.iter().find(|h| h.approval == approval);
            let in_time = held.is_some_and(|h| match &h.state {
                ApprovalState::Approved { at, .. } => *at <= h.expires_at,
                _ => false,
            });
            if !in_time {
                return fail(format!("no yes in time behind it: {held:?}"));
            }
        }
        None => {
            let verdict = view.verdict_on(&attempt.action).map(|v| &v.follows);
            if !matches!(verdict, Some(Follow::Run | Follow::RunAndNotify)) {
                return fail(format!("nobody was asked, though the verdict was {verdict:?}"));
            }
        }
    }
    if grant.action().ticket().is_none() {
        let read_at = events.iter().rev().find_map(|e| match &e.event {
            Event::Judged { action, facts, .. } if action == grant.action() => {
                match &facts.breaker {
                    Fact::Known(known) => Some(known.read_at),
                    Fact::Missing(_) => None,
                }
            }
            _ => None,
        });
        let breakers = journal.breakers().await.map_err(|e| e.to_string())?;
        let stopped = breakers.iter().find(|b| {
            b.facts.mode == BreakerMode::Stop
                && b.facts.scope.covers(client, grant.action().kind())
                && read_at.is_none_or(|at| b.facts.since.plus_ms(STOP_MS) < at)
        });
        if let Some(breaker) = stopped {
            return fail(format!("under an open breaker: {breaker:?}, read at {read_at:?}"));
        }
    }
    Ok(())
}

/// Everything that was promised to somebody.
#[derive(Debug, Default)]
pub(super) struct Promised {
    /// Cases that were acknowledged.
    pub(super) cases: Vec<(ClientId, CaseId)>,
    /// Tickets that were filed, by their number at the help desk.
    pub(super) tickets: Vec<usize>,
    /// Decisions that were acknowledged, with their case.
    pub(super) decisions: Vec<(ClientId, CaseId, domain::ApprovalId)>,
}

/// The events of a case.
async fn story(journal: &Store, client: &ClientId, case: CaseId) -> Vec<Recorded> {
    journal.events(client, case).await.unwrap_or_default()
}

/// Cases that have not come to their end.
pub(super) async fn open(
    journal: &Store,
    client: &ClientId,
    promised: &Promised,
) -> Vec<(CaseId, String)> {
    let mut open = Vec::new();
    for row in journal.cases(Some(client), None, 1_000).await.unwrap() {
        // Who was asked something has days to answer.
        let asked = row.phase == "waiting_for_user" && row.wake_at.is_some();
        if row.ended_at.is_none() && !asked {
            open.push((row.id, row.phase.clone()));
        }
    }
    for ticket in &promised.tickets {
        let known = journal.known_ticket(super::outside::PSA, &ticket.to_string()).await.unwrap();
        if known.is_none() {
            open.push((CaseId(uuid::Uuid::nil()), format!("ticket {ticket} is not taken in")));
        }
    }
    open
}

/// What must hold when everything is over.
pub(super) async fn at_the_end(journal: &Store, world: &World, promised: &Promised) {
    once(journal, world).await;
    for (client, case) in &promised.cases {
        if story(journal, client, *case).await.is_empty() {
            world.wrong(format!("case {case} was acknowledged and is lost"));
        }
    }
    for (client, case, approval) in &promised.decisions {
        let events = story(journal, client, *case).await;
        let there = events.iter().any(
            |e| matches!(&e.event, Event::Decided { approval: found, .. } if found == approval),
        );
        if !there {
            world.wrong(format!("a decision on {approval} was acknowledged and is lost"));
        }
    }
    for log in journal.journals().await.unwrap() {
        match journal.verify(&log, None).await {
            Ok(report) if report.is_clean() => {}
            other => world.wrong(format!("the journal of {log} is not whole: {other:?}")),
        }
    }
}

/// What happened in a case, for people who look into a failure.
async fn tell(journal: &Store, case: &str) -> String {
    let id: CaseId = case.parse().unwrap();
    let mut told = String::new();
    for event in story(journal, &super::nodes::client_id(), id).await {
        let text = match &event.event {
            Event::Started { attempt, action, digest, .. } => {
                format!("started {attempt} {} {}", action.kind().name(), digest.short())
            }
            Event::Finished { attempt, outcome } => format!("finished {attempt} {outcome:?}"),
            Event::Judged { action, verdict, .. } => {
                format!("judged {} {:?}", action.kind().name(), verdict.follows)
            }
            other => format!("{other:?}").chars().take(110).collect(),
        };
        told.push_str(&format!("  {} {text}\n", event.at.0 % 10_000_000));
    }
    told
}

/// Nothing twice: no attempt, and nothing that a case wanted done once.
async fn once(journal: &Store, world: &World) {
    let effects = world.state().effects.clone();
    let mut of_attempt = BTreeMap::new();
    let mut of_case = BTreeMap::new();
    for effect in &effects {
        *of_attempt.entry(effect.attempt.to_string()).or_insert(0) += 1;
        if !effect.status {
            *of_case.entry((effect.case.to_string(), effect.digest.to_string())).or_insert(0) += 1;
        }
    }
    for (attempt, n) in of_attempt.into_iter().filter(|(_, n)| *n > 1) {
        world.wrong(format!("attempt {attempt} was carried out {n} times"));
    }
    for ((case, digest), n) in of_case.into_iter().filter(|(_, n)| *n > 1) {
        let told = tell(journal, &case).await;
        world.wrong(format!("case {case} did {digest} {n} times:\n{told}"));
    }
    let mut stories = BTreeMap::new();
    for effect in effects {
        let at = (effect.client.clone(), effect.case);
        if !stories.contains_key(&at) {
            let told = story(journal, &effect.client, effect.case).await;
            stories.insert(at.clone(), told);
        }
        let events = &stories[&at];
        let started = events.iter().any(
            |e| matches!(&e.event, Event::Started { attempt, .. } if *attempt == effect.attempt),
        );
        if !started {
            world.wrong(format!("attempt {} is not in the journal", effect.attempt));
        }
    }
}

/// Kinds that somebody stops.
pub(super) fn kinds() -> [ActionKind; 2] {
    [ActionKind::UnlockAccount, ActionKind::DisableAccount]
}
