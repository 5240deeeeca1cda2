//! Pages of clients that live in another cell.

use super::{seed, support::Desk};
use crate::cells::{Cells, Peer, Seal};
use axum::http::StatusCode;
use domain::{CellId, Home};
use std::{collections::BTreeMap, time::Duration};
use store::Role;

#[tokio::test]
async fn a_visitor_of_a_client_that_moved_is_sent_to_its_cell() {
    let desk = Desk::with(|app| {
        let cell = |name: &str| CellId::new(name).unwrap();
        let peer =
            Peer { url: "https://us1.example".into(), seal: Seal::of("a secret of two cells") };
        let peers = BTreeMap::from([(cell("us1"), peer)]);
        app.cells = Cells::of(cell("eu1"), peers, BTreeMap::new(), Duration::from_secs(10));
    })
    .await;
    let case = seed::unlock(&desk.app, 60_000).await;
    let question = seed::group_question(&desk.app, 1_000, 3_600_000).await;
    let pages = [
        format!("/cases/{case}?x=1"),
        format!("/approvals/{}", question.id),
        format!("/approvals/case/{}", question.case),
    ];
    let mut visitor = desk.visitor(Role::Technician).await;
    for page in &pages {
        assert_eq!(visitor.get(page).await.status, StatusCode::OK, "{page}");
    }
    let home = |client| Home { client, version: 1, cell: CellId::new("us1").unwrap(), size: 0 };
    let row = desk.app.store.case(case).await.unwrap().unwrap();
    desk.app.cells.set_homes(vec![home(row.client), home(question.client)]);
    for page in &pages {
        let reply = visitor.get(page).await;
        assert_eq!(reply.status, StatusCode::TEMPORARY_REDIRECT, "{page}");
        assert_eq!(reply.header("location"), format!("https://us1.example{page}"));
        let stranger = desk.stranger().get(page).await;
        assert!(stranger.header("location").starts_with("/login?"), "who is not signed in: {page}");
    }
    let approve = format!("/approvals/{}/approve", question.id);
    let reply = visitor.post_signed(&approve, &[("digest", &question.digest.to_string())]).await;
    assert_eq!(reply.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(visitor.get("/approvals").await.status, StatusCode::OK, "lists stay");
}
