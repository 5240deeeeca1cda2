//! What came of attempts: per attempt, across the fleet, and as figures for breakers.

use crate::common::*;
use domain::action::{DeployPatches, RunScript};
use domain::{Action, ActionKind, ClientId, DeviceRef, Event, Outcome, ScriptRef, UnixMs};
use store::{Append, AttemptStats, NewEntry, Store, change_key};

const PATCHES: ActionKind = ActionKind::DeployPatches;

fn patches(ids: &[&str]) -> Action {
    Action::DeployPatches(DeployPatches {
        devices: vec![DeviceRef { id: "d1".into(), name: "PC1".into() }],
        patches: ids.iter().map(|p| (*p).to_owned()).collect(),
    })
}

/// One attempt in a case of its own, `ms` after T0; open when there is no outcome.
async fn attempt(
    store: &Store,
    client: &ClientId,
    n: u128,
    action: Action,
    outcome: Option<Outcome>,
    ms: i64,
) {
    let ticket = store::Intake { client: client.clone(), ..intake(n) };
    store.receive(ticket).await.unwrap();
    let entry = |event| NewEntry { actor: brain(), event };
    let mut entries = vec![entry(started(action, attempt_id(n), None))];
    entries.extend(outcome.map(|o| entry(Event::Finished { attempt: attempt_id(n), outcome: o })));
    let one =
        Append { client: client.clone(), at: T0.plus_ms(ms), ..append(case_id(n), 1, entries) };
    store.append(one).await.unwrap();
}

fn done() -> Option<Outcome> {
    Some(Outcome::Done("seen".into()))
}

fn failed() -> Option<Outcome> {
    Some(Outcome::Failed("no route".into()))
}

fn unverified() -> Option<Outcome> {
    Some(Outcome::Failed("the system accepted the change, but it does not show".into()))
}

fn unknown() -> Option<Outcome> {
    Some(Outcome::Unknown("timed out".into()))
}

#[tokio::test]
async fn an_attempt_is_found_with_what_came_of_it() {
    let desk = desk().await;
    let store = &desk.store;
    for (n, outcome, state) in [
        (1, None, "open"),
        (2, done(), "done"),
        (3, failed(), "failed"),
        (4, unverified(), "unverified"),
        (5, unknown(), "unknown"),
    ] {
        attempt(store, &acme(), n, unlock(), outcome, 0).await;
        let row = store.attempt(&acme(), attempt_id(n)).await.unwrap().unwrap();
        assert_eq!((row.case, row.state.as_str(), row.undone), (case_id(n), state, false));
        assert_eq!(row.brain, Some(brain_id("technician")));
    }
    let globex = ClientId::new("globex").unwrap();
    assert_eq!(store.attempt(&globex, attempt_id(2)).await.unwrap(), None);
    // Reading back resolves what was unknown, and an undo is marked on the attempt.
    let entry = |event| NewEntry { actor: brain(), event };
    let resolved = Event::Finished { attempt: attempt_id(5), outcome: done().unwrap() };
    let undone = Event::Undone { attempt: attempt_id(5), by_case: case_id(1) };
    store.append(append(case_id(5), 3, vec![entry(resolved), entry(undone)])).await.unwrap();
    let row = store.attempt(&acme(), attempt_id(5)).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.undone), ("done", true));
}

#[tokio::test]
async fn the_fleet_is_every_client_and_a_bundle_hides_no_patch() {
    let desk = desk().await;
    let (store, globex) = (&desk.store, ClientId::new("globex").unwrap());
    attempt(store, &acme(), 1, patches(&["KB1"]), failed(), 0).await;
    attempt(store, &globex, 2, patches(&["kb2", "KB1"]), unknown(), 0).await;
    attempt(store, &globex, 3, patches(&["KB2"]), done(), 5).await;
    attempt(store, &globex, 4, patches(&["KB1"]), None, 5).await;
    attempt(store, &acme(), 5, unlock(), failed(), 5).await;
    let fleet = async |ids: &[&str], since| {
        store.fleet(PATCHES, &change_key(&patches(ids)), since).await.unwrap()
    };
    assert_eq!(fleet(&["KB1"], T0).await, (2, 2), "not known is not well");
    assert_eq!(fleet(&["KB2"], T0).await, (2, 1));
    assert_eq!(fleet(&["KB9", "kb1", "KB2"], T0).await, (3, 2));
    assert_eq!(fleet(&["KB2"], T0.plus_ms(1)).await, (1, 0));
    assert_eq!(fleet(&["KB9"], T0).await, (0, 0));
    assert_eq!(fleet(&["KB1' OR '1'='1"], T0).await, (0, 0));
    assert_eq!(store.fleet(ActionKind::UnlockAccount, "", T0).await.unwrap(), (1, 1));
}

#[tokio::test]
async fn a_change_is_the_same_whatever_the_order_and_another_with_other_content() {
    assert_eq!(
        change_key(&patches(&["KB2", "kb1 "])),
        change_key(&patches(&["KB1", "KB2", "kb2"]))
    );
    assert_ne!(change_key(&patches(&["KB1"])), change_key(&patches(&["KB1", "KB2"])));
    let script = |sha: &str, device: &str| {
        change_key(&Action::RunScript(RunScript {
            devices: vec![DeviceRef { id: device.into(), name: device.into() }],
            script: ScriptRef { id: "clean".into(), sha256: sha.repeat(64) },
            arguments: Vec::new(),
        }))
    };
    assert_eq!(script("a", "pc1"), script("A", "pc2"));
    assert_ne!(script("a", "pc1"), script("b", "pc1"));
    assert_eq!(change_key(&unlock()), "");
}

#[tokio::test]
async fn figures_count_what_ended_within_the_window() {
    let desk = desk().await;
    let (store, globex) = (&desk.store, ClientId::new("globex").unwrap());
    attempt(store, &acme(), 1, unlock(), failed(), -1).await;
    attempt(store, &acme(), 2, unlock(), failed(), 0).await;
    attempt(store, &acme(), 3, unlock(), unverified(), 1).await;
    attempt(store, &acme(), 4, unlock(), done(), HOUR_MS).await;
    attempt(store, &acme(), 5, unlock(), None, 4 * HOUR_MS).await;
    attempt(store, &acme(), 6, patches(&["KB1"]), done(), 4 * HOUR_MS).await;
    attempt(store, &globex, 7, unlock(), done(), 4 * HOUR_MS).await;
    let event = Event::Undone { attempt: attempt_id(4), by_case: case_id(2) };
    store.append(append(case_id(4), 3, vec![NewEntry { actor: brain(), event }])).await.unwrap();

    let hour = T0.plus_ms(3 * HOUR_MS);
    let stats = async |client, kind| store.attempt_stats(client, kind, T0, hour).await.unwrap();
    let expected = AttemptStats {
        attempts: 3,
        failed: 1,
        unverified: 1,
        reversed: 1,
        last_hour: 1,
        usual_per_hour: 1.0,
    };
    let acme = acme();
    assert_eq!(stats(Some(&acme), Some(ActionKind::UnlockAccount)).await, expected);
    let all = stats(None, None).await;
    assert_eq!((all.attempts, all.last_hour), (5, 3));
    assert_eq!(stats(Some(&globex), Some(PATCHES)).await, AttemptStats::default());
    let nothing = store.attempt_stats(None, None, UnixMs(i64::MAX), UnixMs(0)).await.unwrap();
    assert_eq!(nothing, AttemptStats::default());
}
