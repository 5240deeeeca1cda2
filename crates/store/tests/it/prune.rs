//! What is old is forgotten, and nothing else.

use crate::common::*;
use domain::UnixMs;

const DAY_MS: i64 = 24 * 3_600_000;

#[tokio::test]
async fn what_is_old_is_forgotten_and_the_journal_is_whole() {
    let desk = desk().await;
    let client = acme();
    desk.store.save_session("one".into(), "{}".into(), T0.plus_ms(DAY_MS)).await.unwrap();
    desk.store.save_session("two".into(), "{}".into(), T0.plus_ms(9 * DAY_MS)).await.unwrap();
    new_case(&desk.store, 1).await;
    let before = desk.store.verify(&client, None).await.unwrap();

    assert_eq!(desk.store.prune(T0).await.unwrap(), 0, "nothing is old yet");
    let later = T0.plus_ms(2 * DAY_MS);
    assert_eq!(desk.store.prune(later).await.unwrap(), 1, "one session has expired");
    assert_eq!(desk.store.session("one", UnixMs(0)).await.unwrap(), None);
    assert!(desk.store.session("two", later).await.unwrap().is_some());

    let after = desk.store.verify(&client, None).await.unwrap();
    assert!(after.is_clean() && after.root == before.root && after.size == before.size);
}
