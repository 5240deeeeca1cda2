//! People, brains and what befalls nodes, each as a task of the world and of no node.

use super::{
    check::{self, Promised},
    nodes::{Nodes, client_id},
    outside::{Outside, USERS, account, group},
    world::{Broken, World},
};
use crate::clock;
use domain::{
    Action, Actor, ApprovalId, BrainId, BreakerMode, BreakerScope, CaseId, Decision, PersonId,
    Submission, Tier,
    action::{AddGroupMember, DisableAccount, EnableAccount, UnlockAccount},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{DecideError, NewBrain, Person, Role, Submit, Submitted, sim::Node};

pub(super) type Promises = Arc<Mutex<Promised>>;

pub(super) fn boss() -> PersonId {
    PersonId::new("boss").unwrap()
}

pub(super) fn person(id: &str) -> Person {
    Person {
        id: PersonId::new(id).unwrap(),
        name: id.into(),
        email: format!("{id}@northwind.example"),
        role: Role::Admin,
        password_hash: String::new(),
        away: None,
        deputy: None,
    }
}

pub(super) fn brain() -> NewBrain {
    NewBrain {
        id: BrainId::new("copilot").unwrap(),
        name: "Copilot".into(),
        owner: PersonId::new("owner").unwrap(),
        clients: None,
        kinds: None,
        ceiling: Tier::High,
        rate_per_min: 0,
        token_hash: "77".repeat(32),
    }
}

/// Users who write to the help desk, some of them twice.
pub(super) async fn users(outside: Outside, promised: Promises) {
    const SAID: [(&str, &str); 6] = [
        ("Locked out", "Hello, my account is locked, I cannot log in. Please unlock it. Thanks"),
        ("forgot my password", "I have forgotten my password and cannot sign in. Please reset it."),
        ("group", "Please add me to the group Project 1, I need it for my work."),
        ("Account locked", "I typed my password wrong too often and now I am locked out."),
        ("Printer", "The printer on the second floor prints only grey pages."),
        ("password", "Please make me choose a new password at my next logon."),
    ];
    for _ in 0..outside.world.below(4) + 1 {
        outside.world.rest(0, 6_000).await;
        let (subject, body) = SAID[outside.world.below(SAID.len() as u64) as usize];
        let from = outside.world.below(USERS as u64) as usize;
        let filed = outside.file(from, subject, body);
        promised.lock().unwrap().tickets.push(filed);
        match outside.world.below(6) {
            0 => {
                let again = outside.file(from, subject, body);
                promised.lock().unwrap().tickets.push(again);
            }
            1 => {
                outside.world.rest(1, 12_000).await;
                outside.write(filed, "It works again, thanks a lot!");
            }
            2 => {
                outside.world.rest(1, 12_000).await;
                outside.write(filed, "Yes, please do that.");
            }
            _ => {}
        }
    }
}

fn wanted(world: &World) -> Action {
    let account = account(world.below(USERS as u64) as usize);
    match world.below(4) {
        0 => Action::DisableAccount(DisableAccount { account }),
        1 => Action::EnableAccount(EnableAccount { account }),
        2 => Action::AddGroupMember(AddGroupMember {
            account,
            group: group(world.below(3) as usize),
        }),
        _ => Action::UnlockAccount(UnlockAccount { account }),
    }
}

/// A brain that asks, and asks again with the same key when it hears nothing.
pub(super) async fn asking_brain(world: World, nodes: Arc<Nodes>, promised: Promises) {
    for n in 0..world.below(4) {
        world.rest(0, 6_000).await;
        let case = CaseId(clock::new_id());
        let actions = (0..world.below(2) + 1).map(|_| wanted(&world)).collect();
        let brain = brain().id;
        let submit = Submit {
            client: client_id(),
            case,
            submission: Submission {
                brain: brain.clone(),
                actions,
                reason: "The user cannot work.".into(),
                confidence: None,
                ticket: None,
                undoes: None,
                person: None,
            },
            actor: Actor::Brain(brain),
            idempotency: Some((format!("key-{n}"), [n as u8; 32])),
            summary: "asks".into(),
        };
        loop {
            if let Some(store) = nodes.any() {
                match store.submit(submit.clone(), clock::now()).await {
                    Ok(Submitted::New(case) | Submitted::Again(case)) => {
                        promised.lock().unwrap().cases.push((client_id(), case));
                        break;
                    }
                    Ok(Submitted::KeyReused) => {
                        world.wrong("the same request is taken for another one".into());
                        break;
                    }
                    Err(_) => {}
                }
            }
            world.rest(200, 1_500).await;
        }
        // An impatient one asks twice.
        if world.below(3) == 0
            && let Some(store) = nodes.any()
            && let Ok(Submitted::New(other)) = store.submit(submit, clock::now()).await
        {
            world.wrong(format!("one key opened {case} and {other}"));
        }
    }
}

/// What a person makes of a question.
#[derive(Clone, Copy)]
enum Mood {
    Soon,
    AtTheDeadline,
    Never,
}

/// People who answer what is asked: soon, never, or in the last moment.
pub(super) async fn people(world: World, nodes: Arc<Nodes>, promised: Promises) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    loop {
        world.rest(500, 1_500).await;
        let Some(store) = nodes.any() else { continue };
        let Ok(questions) = store.approvals(Some("pending"), 50).await else { continue };
        drop(store);
        for question in questions {
            if !seen.insert(question.id.to_string()) {
                continue;
            }
            let mood = match world.below(10) {
                0 => Mood::Never,
                1 | 2 => Mood::AtTheDeadline,
                _ => Mood::Soon,
            };
            let pause = match mood {
                Mood::Never => continue,
                Mood::Soon => world.below(10_000),
                Mood::AtTheDeadline => {
                    let left = question.expires_at.since(clock::now()).max(0);
                    u64::try_from(left).unwrap().saturating_add(world.below(5)).saturating_sub(2)
                }
            };
            let decision = match world.below(4) {
                0 => Decision::Deny("not today".into()),
                _ => Decision::Approve,
            };
            let (world, nodes, promised) = (world.clone(), nodes.clone(), promised.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(pause.min(100_000))).await;
                answer(&world, &nodes, &promised, &question, decision).await;
            });
        }
    }
}

async fn answer(
    world: &World,
    nodes: &Nodes,
    promised: &Promises,
    question: &domain::Approval,
    decision: Decision,
) {
    let who = match world.below(2) {
        0 => boss(),
        _ => PersonId::new("deputy").unwrap(),
    };
    let identities = [format!("{who}@northwind.example")];
    for _ in 0..20 {
        if let Some(store) = nodes.any() {
            let (id, digest) = (question.id, question.digest);
            let said =
                store.decide(id, &who, &identities, digest, decision.clone(), clock::now()).await;
            match said {
                Ok(_) => {
                    let (client, case) = (question.client.clone(), question.case);
                    promised.lock().unwrap().decisions.push((client, case, id as ApprovalId));
                    return;
                }
                Err(DecideError::Gate(_)) => return,
                Err(_) => {}
            }
        }
        world.rest(200, 1_000).await;
    }
}

/// Somebody who stops everything for a while.
pub(super) async fn stopper(world: World, nodes: Arc<Nodes>) {
    if world.below(3) > 0 {
        return;
    }
    world.rest(500, 15_000).await;
    let scope = match world.below(3) {
        0 => BreakerScope::Everything,
        1 => BreakerScope::Client(client_id()),
        _ => BreakerScope::Action(client_id(), check::kinds()[world.below(2) as usize]),
    };
    let mode = [BreakerMode::Stop, BreakerMode::Ask][world.below(2) as usize];
    while !open(&nodes, &scope, mode).await {
        world.rest(100, 500).await;
    }
    world.rest(1_000, 20_000).await;
    loop {
        if let Some(store) = nodes.any()
            && store.close_breaker(scope.clone(), boss(), "over", clock::now()).await.is_ok()
        {
            return;
        }
        world.rest(100, 500).await;
    }
}

async fn open(nodes: &Nodes, scope: &BreakerScope, mode: BreakerMode) -> bool {
    let Some(store) = nodes.any() else { return false };
    let actor = Actor::Person(boss());
    store.open_breaker(scope.clone(), mode, "look into it", actor, clock::now()).await.is_ok()
}

/// Clears nodes away that ended, and starts them again after a while.
pub(super) async fn machines(world: World, nodes: Arc<Nodes>) {
    loop {
        let ended = world.state().ended.pop();
        let Some(node) = ended else {
            world.fallen.notified().await;
            continue;
        };
        nodes.clear(node).await;
        let (world, nodes) = (world.clone(), nodes.clone());
        tokio::spawn(async move {
            // One of ten stays away until the trouble is over.
            let away = world.state().rates.away_ms;
            match world.below(10) {
                0 if away > 1_000 => tokio::time::sleep(super::world::TROUBLE).await,
                _ => world.rest(10, away).await,
            }
            if !world.state().over {
                nodes.start(node);
            }
        });
    }
}

/// Clocks that jump.
pub(super) async fn clocks(world: World, nodes: Node) {
    let most = world.state().rates.jump_ms;
    if most == 0 {
        return;
    }
    while world.troubled() {
        world.rest(500, 20_000).await;
        let node = world.below(u64::from(nodes)) as Node;
        let off = world.below(most as u64 * 2 + 1) as i64 - most;
        world.state().skew.insert(node, off);
    }
    // When it is over, they are set right.
    world.state().skew.clear();
}

/// Breaks the platform on purpose: what the checks have to find.
pub(super) async fn sabotage(world: World) {
    if world.state().broken == Broken::Unjournalled {
        world.rest(1_000, 9_000).await;
        let effect = super::world::Effect {
            attempt: domain::AttemptId(clock::new_id()),
            client: client_id(),
            case: CaseId(clock::new_id()),
            digest: wanted(&world).digest(&client_id()),
            status: false,
        };
        world.state().effects.push(effect);
    }
}
