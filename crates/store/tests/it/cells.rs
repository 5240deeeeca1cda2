//! A client moves to another cell: one owner at every moment, whatever ends the move where.

use crate::common::*;
use domain::{CellId, ClientId, Decision, Home};
use std::time::Duration;
use store::{Door, Progress, Relocation, Step, Store, StoreError, msp_journal};

fn cell(name: &str) -> CellId {
    CellId::new(name).unwrap()
}

fn plan(from: &str, to: &str) -> Relocation {
    Relocation { client: acme(), from: cell(from), to: cell(to) }
}

/// Two cells with the same keys; acme lives in the first, with a question that waits for a person.
struct Two {
    a: Desk,
    b: Desk,
}

async fn two() -> Two {
    let a = desk().await;
    asked(&a.store, 1).await;
    let dir = tempfile::tempdir().unwrap();
    copy_folder(&a.dir.path().join("keys"), &dir.path().join("keys"));
    let b = Desk { store: open(dir.path()).await, dir };
    // A client of its own, so that nothing begins from nothing.
    let mut other = intake(7);
    other.client = ClientId::new("globex").unwrap();
    b.store.receive(other).await.unwrap();
    Two { a, b }
}

const STEPS: [Step; 5] = [Step::Closed, Step::Shut, Step::Copied, Step::Switched, Step::Told];

async fn version_of(store: &Store) -> u64 {
    store.events(&acme(), case_id(1)).await.unwrap().len() as u64
}

/// Whether this cell would work for acme now.
async fn writes(store: &Store) -> bool {
    let version = version_of(store).await;
    if version == 0 {
        return false;
    }
    match add(store, case_id(1), version).await {
        Ok(_) => true,
        Err(StoreError::Refused(why)) => {
            assert!(why.contains("another cell"), "{why}");
            false
        }
        Err(e) => panic!("{e}"),
    }
}

/// The cell that the truest statement of all names; the first one while nobody says anything.
async fn owner(two: &Two) -> CellId {
    let mut best: Option<Home> = None;
    for home in [two.a.store.homes().await.unwrap(), two.b.store.homes().await.unwrap()].concat() {
        if best.as_ref().is_none_or(|b| home.wins(b)) {
            best = Some(home);
        }
    }
    best.map_or(cell("eu1"), |home| home.cell)
}

async fn claims(store: &Store) -> bool {
    let late = T0.plus_ms(48 * HOUR_MS);
    let claimed = store.claim("look", late, Duration::from_secs(1), 9).await.unwrap();
    store.release_all("look").await.unwrap();
    claimed.iter().any(|c| c.client == acme())
}

#[tokio::test]
async fn a_move_that_ends_after_any_step_leaves_one_owner_and_goes_on_when_run_again() {
    for step in STEPS {
        let two = two().await;
        let (a, b) = (&two.a.store, &two.b.store);
        let done = a.relocate(b, &plan("eu1", "us1"), T0, step).await.unwrap();
        let moved = step >= Step::Switched;
        assert_eq!(owner(&two).await, cell(if moved { "us1" } else { "eu1" }), "{step:?}");
        let (in_a, in_b) = (claims(a).await, claims(b).await);
        assert_eq!((in_a, in_b), (false, step == Step::Told), "nothing is begun: {step:?}");
        let (in_a, in_b) = (writes(a).await, writes(b).await);
        assert_eq!((in_a, in_b), (step == Step::Closed, step == Step::Told), "{step:?}");
        match (step, &done) {
            (Step::Told, Progress::Moved(report)) => assert!(report.is_clean()),
            (_, Progress::At(at)) => assert_eq!(*at, step),
            other => panic!("{other:?}"),
        }

        let done = a.relocate(b, &plan("eu1", "us1"), T0, Step::Told).await.unwrap();
        assert!(matches!(&done, Progress::Moved(r) if r.is_clean()), "{step:?}: {done:?}");
        assert_eq!(owner(&two).await, cell("us1"));
        assert!(!claims(a).await && claims(b).await, "{step:?}");
        assert!(!writes(a).await && writes(b).await, "{step:?}");
        // What was, is the same in both; what the new cell adds stands there alone.
        let old = a.events(&acme(), case_id(1)).await.unwrap();
        let new = b.events(&acme(), case_id(1)).await.unwrap();
        assert_eq!(old[..], new[..old.len()]);
        let kept = a.checkpoint(&acme()).await.unwrap();
        let report = b.verify(&acme(), kept.as_deref()).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.problems);
        for store in [a, b] {
            let entries = store.entries(&msp_journal(), 9).await.unwrap();
            let told = entries.iter().filter(|e| e.kind == "client_moved").count();
            assert_eq!(told, 1, "{step:?}");
            assert_clean(store, &msp_journal()).await;
        }
        assert_eq!(b.cases(None, None, 9).await.unwrap().len(), 2, "the other client is untouched");
    }
}

#[tokio::test]
async fn a_cell_that_only_hears_of_the_move_works_from_then_on() {
    let two = two().await;
    let (a, b) = (&two.a.store, &two.b.store);
    a.relocate(b, &plan("eu1", "us1"), T0, Step::Switched).await.unwrap();
    assert!(!claims(b).await, "it does not know yet");
    let heard = a.homes().await.unwrap();
    assert_eq!(b.learn_homes(&cell("us1"), heard.clone(), T0).await.unwrap().len(), 1);
    assert!(b.learn_homes(&cell("us1"), heard.clone(), T0).await.unwrap().is_empty(), "known");
    let old = Home { version: 0, cell: cell("eu1"), ..heard[0].clone() };
    assert!(b.learn_homes(&cell("us1"), vec![old], T0).await.unwrap().is_empty(), "older");
    assert!(claims(b).await && writes(b).await);
    // The person who is asked answers there; the old question asks nobody any more.
    b.put_person(technician("boss"), T0).await.unwrap();
    let question = b.approvals(Some("pending"), 9).await.unwrap().remove(0);
    say(b, &question, "boss", Decision::Approve, T0).await.unwrap();
    assert!(a.approvals(Some("pending"), 9).await.unwrap().is_empty());
    assert!(say(a, &question, "boss", Decision::Approve, T0).await.is_err());
}

#[tokio::test]
async fn a_case_in_hand_is_finished_before_the_client_moves() {
    let two = two().await;
    let (a, b) = (&two.a.store, &two.b.store);
    let late = T0.plus_ms(48 * HOUR_MS);
    let lease = Duration::from_secs(60);
    assert_eq!(a.claim("node", late, lease, 9).await.unwrap().len(), 1);
    let to = plan("eu1", "us1");
    assert_eq!(a.relocate(b, &to, late, Step::Told).await.unwrap(), Progress::Busy(1));
    assert!(writes(a).await, "what was begun goes on");
    assert!(a.renew(&acme(), case_id(1), "node", late, lease).await.unwrap());
    assert_eq!(a.door(&acme()).await.unwrap(), Door::Closing);
    a.release(&acme(), case_id(1), "node", None).await.unwrap();
    let done = a.relocate(b, &to, late, Step::Told).await.unwrap();
    assert!(matches!(done, Progress::Moved(_)), "{done:?}");
    assert!(!a.renew(&acme(), case_id(1), "node", late, lease).await.unwrap());
}

#[tokio::test]
async fn a_client_comes_back_with_what_it_did_elsewhere() {
    let two = two().await;
    let (a, b) = (&two.a.store, &two.b.store);
    a.relocate(b, &plan("eu1", "us1"), T0, Step::Told).await.unwrap();
    assert!(writes(b).await && writes(b).await);
    b.pass_by(&acme(), "rt", "77", T0).await.unwrap();
    let back = b.relocate(a, &plan("us1", "eu1"), T0, Step::Told).await.unwrap();
    let Progress::Moved(report) = back else { panic!("{back:?}") };
    assert_eq!(report.size, version_of(a).await);
    assert!(writes(a).await && claims(a).await);
    assert!(!writes(b).await && !claims(b).await);
    assert_eq!(a.homes().await.unwrap()[0].version, 2);
    assert_eq!(a.passed_by("rt").await.unwrap(), [(acme(), "77".to_owned())]);
    assert_clean(a, &acme()).await;
}

#[tokio::test]
async fn what_must_not_move_is_refused_in_words() {
    let two = two().await;
    let (a, b) = (&two.a.store, &two.b.store);
    let refused = async |from: &Store, to: &Store, plan: Relocation| {
        from.relocate(to, &plan, T0, Step::Told).await.unwrap_err().to_string()
    };
    assert!(refused(a, b, plan("eu1", "eu1")).await.contains("already"));
    a.name_cell(&cell("eu1")).await.unwrap();
    b.name_cell(&cell("us1")).await.unwrap();
    assert!(refused(a, b, plan("eu1", "ap1")).await.contains("is the cell us1, not ap1"));
    let globex = ClientId::new("globex").unwrap();
    let mut own = intake(9);
    own.client = globex.clone();
    a.receive(own).await.unwrap();
    let both = Relocation { client: globex.clone(), ..plan("eu1", "us1") };
    assert!(refused(a, b, both).await.contains("a journal of globex of its own"));
    a.stay(&globex, &cell("eu1")).await.unwrap();
    assert_eq!(a.door(&globex).await.unwrap(), Door::Open);
    // One that did not arrive cannot be opened, whatever is said of it.
    let claim = Home { client: acme(), version: 5, cell: cell("us1"), size: 3 };
    let e = b.learn_homes(&cell("us1"), vec![claim], T0).await.unwrap_err().to_string();
    assert!(e.contains("only 0 of the 3 entries"), "{e}");
    assert!(b.homes().await.unwrap().is_empty());
}
