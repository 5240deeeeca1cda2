//! Playbooks, kept reports, and what was only watched.

use crate::common::*;
use domain::{
    ActionKind, Actor, Agreement, CaseOutcome, Event, Handled, UnixMs, Would,
    playbook::{Evidence, Line, Playbook, Rule},
};
use store::{NewPlaybook, NewReport, ReportRow, StoreError};

fn book(names: &[&str]) -> Playbook {
    let line = |name: &&str| Line {
        id: format!("system:{name}"),
        rule: Rule::OtherSystem { name: (*name).to_owned() },
        learned: None,
        because: Evidence::default(),
        by: None,
        locked: false,
        off: false,
    };
    Playbook { tickets: 3, lines: names.iter().map(line).collect(), ..Playbook::default() }
}

fn new(base: u64, names: &[&str]) -> NewPlaybook {
    NewPlaybook {
        client: acme(),
        base,
        playbook: book(names),
        author: Actor::Person(person_id("ann")),
        reason: " the desk told ".into(),
    }
}

#[tokio::test]
async fn each_version_of_a_playbook_stays_and_is_journalled() {
    let desk = desk().await;
    assert!(desk.store.playbook(&acme()).await.unwrap().is_none());
    assert_eq!(desk.store.put_playbook(new(0, &["SAP"]), T0).await.unwrap(), 1);
    assert_eq!(desk.store.put_playbook(new(1, &["SAP", "Navi"]), T0).await.unwrap(), 2);
    assert_eq!(desk.store.put_playbook(new(2, &["SAP", "Navi"]), T0).await.unwrap(), 2, "the same");
    let all = desk.store.playbooks(&acme(), 9).await.unwrap();
    assert_eq!(all.iter().map(|r| r.version).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(
        (all[1].playbook.clone(), all[0].reason.as_str()),
        (book(&["SAP"]), "the desk told")
    );
    assert!(all[0].diff[0].starts_with("new: Navi"), "{:?}", all[0].diff);
    let entry = newest_of_msp(&desk.store).await;
    assert_eq!((entry.kind.as_str(), entry.digest.is_some()), ("playbook_changed", true));
    for (wrong, why) in [
        (new(1, &["X1"]), "made from version 1"),
        (new(2, &[" "]), "2 to 80 characters"),
        (NewPlaybook { reason: " ".into(), ..new(2, &["X1"]) }, "needs a reason"),
        (NewPlaybook { client: store::msp_journal(), ..new(0, &[]) }, "MSP's own journal"),
    ] {
        let answer = desk.store.put_playbook(wrong, T0).await;
        assert!(matches!(&answer, Err(StoreError::Refused(t)) if t.contains(why)), "{answer:?}");
    }
    assert_eq!(desk.store.playbook(&acme()).await.unwrap().unwrap().version, 2);
}

#[tokio::test]
async fn the_newest_dozen_of_reports_is_kept() {
    let desk = desk().await;
    for n in 0..14 {
        let row = ReportRow {
            client: Some(acme()),
            at: UnixMs(n),
            title: "desk.csv".into(),
            author: "platform".into(),
            figures: "{}".into(),
        };
        desk.store.put_report(NewReport { row, page: format!("page {n}") }).await.unwrap();
    }
    let kept = desk.store.reports().await.unwrap();
    assert_eq!((kept.len(), kept[0].at), (12, UnixMs(13)));
    let page = |at| desk.store.report_page(kept[0].client.as_ref(), UnixMs(at));
    assert_eq!(page(13).await.unwrap().unwrap(), "page 13");
    assert!(page(0).await.unwrap().is_none());
    assert!(desk.store.report_page(None, UnixMs(13)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_watched_case_is_looked_at_until_people_closed_its_ticket() {
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    let entry = |event| store::NewEntry { actor: Actor::Platform, event };
    let would = Event::WouldEnd {
        would: Would::CloseAfterYes,
        changes: vec![ActionKind::UnlockAccount],
        reason: "done".into(),
    };
    let ended = Event::Ended { outcome: CaseOutcome::Watched, reason: "watched".into() };
    desk.store.append(append(case, 1, vec![entry(would), entry(ended)])).await.unwrap();
    let later = T0.plus_ms(30 * 24 * HOUR_MS);
    let due = desk.store.shadow_due(later, 9).await.unwrap();
    assert_eq!(
        (due.len(), due[0].would, &due[0].kinds[..]),
        (1, Would::CloseAfterYes, &[ActionKind::UnlockAccount][..])
    );
    desk.store.shadow_later(&acme(), case, Some(later.plus_ms(1))).await.unwrap();
    assert!(desk.store.shadow_due(later, 9).await.unwrap().is_empty());
    desk.store.shadow_soon(&acme(), case, T0).await.unwrap();
    assert_eq!(desk.store.shadow_due(later, 9).await.unwrap()[0].tries, 1);
    let handled = Handled {
        did: vec![ActionKind::ResetMfa],
        group: "x".into(),
        minutes: Some(4),
        reopened: None,
    };
    let agreement = Agreement::Differs("reset mfa".into());
    let compared = Event::Compared { handled, agreement: agreement.clone() };
    desk.store
        .record(&acme(), case, Actor::Platform, vec![compared], vec![], false, later)
        .await
        .unwrap();
    desk.store.shadow_soon(&acme(), case, T0).await.unwrap();
    assert!(
        desk.store.shadow_due(later.plus_ms(HOUR_MS), 9).await.unwrap().is_empty(),
        "it is known"
    );
    let row = desk.store.shadow(Some(&acme()), 9).await.unwrap().remove(0);
    let done = row.compared.unwrap();
    assert_eq!((done.agreement, done.minutes), (agreement, Some(4)));
    assert_eq!(done.did, [ActionKind::ResetMfa]);
    let counts = desk.store.shadow_counts(None).await.unwrap();
    assert_eq!(counts, [(Would::CloseAfterYes, Some("differs".into()), 1)]);
    assert!(
        desk.store
            .shadow(Some(&domain::ClientId::new("globex").unwrap()), 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert_clean(&desk.store, &acme()).await;
}
