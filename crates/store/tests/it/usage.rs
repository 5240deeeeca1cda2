//! How much a brain asks for and touches.

use crate::common::*;
use crate::requests::request;
use domain::action::Reboot;
use domain::{Action, Actor, BrainId, DeviceRef, Digest, Event, Tier, UnixMs};
use store::{Append, NewEntry, Store};

fn reboot(names: &[&str]) -> Action {
    let device = |n: &&str| DeviceRef { id: (*n).into(), name: n.to_uppercase() };
    Action::Reboot(Reboot { devices: names.iter().map(device).collect() })
}

async fn judge_in(store: &Store, n: u128, entry: NewEntry, ms: i64) {
    let case = new_case(store, n).await;
    let later = Append { at: T0.plus_ms(ms), ..append(case, 1, vec![entry]) };
    store.append(later).await.unwrap();
}

async fn usage(store: &Store, digest: Digest, n: u128, minute: i64, window: i64) -> (u32, u32) {
    let technician: BrainId = brain_id("technician");
    store
        .brain_usage(
            &technician,
            &acme(),
            digest,
            case_id(n),
            T0.plus_ms(minute),
            T0.plus_ms(window),
        )
        .await
        .unwrap()
}

#[tokio::test]
async fn a_request_counts_once_with_those_of_other_cases() {
    let desk = desk().await;
    let store = &desk.store;
    assert_eq!(usage(store, digest(), 1, 0, 0).await, (1, 1));
    judge_in(store, 1, judged(Tier::Low), 0).await;
    assert_eq!(usage(store, digest(), 1, 0, 0).await, (1, 1), "it is this one");
    // Judged again with fresh facts: still one request.
    store.append(append(case_id(1), 2, vec![judged(Tier::High)])).await.unwrap();
    assert_eq!(usage(store, digest(), 2, 0, 0).await, (2, 2));
    judge_in(store, 2, judged(Tier::Low), 1000).await;
    judge_in(store, 3, judged(Tier::Low), 2000).await;
    assert_eq!(usage(store, digest(), 3, 0, 0).await, (3, 3));
    assert_eq!(usage(store, digest(), 3, 1000, 2000).await, (2, 1));
    assert_eq!(usage(store, Digest([1; 32]), 3, 0, 0).await, (4, 1), "something else");
    let nobody = brain_id("nobody");
    let since = UnixMs(0);
    let of_nobody =
        store.brain_usage(&nobody, &acme(), digest(), case_id(9), since, since).await.unwrap();
    assert_eq!(of_nobody, (1, 1));
}

#[tokio::test]
async fn the_platforms_work_on_a_request_counts_for_the_brain_that_asked() {
    let desk = desk().await;
    desk.store.submit(request(1, "helper"), T0).await.unwrap();
    let platform = NewEntry { actor: Actor::Platform, ..judged(Tier::Low) };
    desk.store.append(append(case_id(1), 1, vec![platform.clone()])).await.unwrap();
    let helper = brain_id("helper");
    let count = async || {
        desk.store.brain_usage(&helper, &acme(), digest(), case_id(9), T0, T0).await.unwrap()
    };
    assert_eq!(count().await, (2, 2));
    // On a ticket it is nobody's.
    judge_in(&desk.store, 2, platform, 0).await;
    assert_eq!(count().await, (2, 2));
}

#[tokio::test]
async fn targets_are_counted_once_each_and_with_those_asked_about() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let start =
        |action, n| NewEntry { actor: brain(), event: started(action, attempt_id(n), None) };
    let entries = vec![
        start(reboot(&["pc1", "pc2", "pc1"]), 1),
        start(reboot(&["pc2", "pc'3"]), 2),
        start(unlock(), 3),
    ];
    desk.store.append(append(case, 1, entries)).await.unwrap();
    let count = async |kind: &str, targets: &[&str], since| {
        let targets: Vec<String> = targets.iter().map(|t| (*t).to_owned()).collect();
        desk.store.targets_touched(&acme(), "technician", kind, &targets, since).await.unwrap()
    };
    assert_eq!(count("reboot", &[], UnixMs(0)).await, 3);
    assert_eq!(count("reboot", &["pc2", "pc9", "pc9"], UnixMs(0)).await, 4);
    assert_eq!(count("reboot", &["pc2"], T0.plus_ms(1)).await, 1, "too long ago");
    assert_eq!(count("unlock_account", &[&unlock().target_keys()[0]], UnixMs(0)).await, 1);
    assert_eq!(count("reboot' OR '1'='1", &[], UnixMs(0)).await, 0);
}

#[tokio::test]
async fn one_request_for_a_thousand_devices_touches_a_thousand() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let names: Vec<String> = (0..1000).map(|n| format!("pc{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let event: Event = started(reboot(&names), attempt_id(1), None);
    let entry = NewEntry { actor: brain(), event };
    desk.store.append(append(case, 1, vec![entry])).await.unwrap();
    let one = ["pc7".to_owned()];
    let count = desk.store.targets_touched(&acme(), "technician", "reboot", &one, T0).await;
    assert_eq!(count, Ok(1000));
}
