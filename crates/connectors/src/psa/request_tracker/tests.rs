#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::read::Cursor;
use super::wire::{Content, Page, Ticket};
use super::*;
use domain::UnixMs;

fn config() -> RequestTrackerConfig {
    RequestTrackerConfig {
        url: "http://127.0.0.1:1".into(),
        token: SecretSource::Env("JOURNEYMAN_TEST_UNSET_SECRET".into()),
        queues: vec!["Acme".into()],
        ca_file: None,
        timeout_ms: 2_000,
        statuses: BTreeMap::new(),
    }
}

#[test]
fn a_bad_configuration_is_refused_with_the_setting_named() {
    let error = RequestTracker::new(
        "rt",
        RequestTrackerConfig { url: "http://rt.acme.test".into(), ..config() },
    )
    .unwrap_err();
    assert!(error.to_string().contains("unencrypted"), "{error}");
    let error =
        RequestTracker::new("rt", RequestTrackerConfig { queues: vec![], ..config() }).unwrap_err();
    assert!(error.to_string().contains("`queues`"), "{error}");
    let unknown = serde_json::json!({ "url": "https://rt", "token": { "env": "X" }, "queues": ["A"], "tokn": 1 });
    assert!(
        serde_json::from_value::<RequestTrackerConfig>(unknown)
            .unwrap_err()
            .to_string()
            .contains("tokn")
    );
}

#[test]
fn statuses_are_named_as_the_desk_names_them() {
    let json = serde_json::json!({
        "url": "https://rt.acme.test", "token": { "env": "X" }, "queues": ["Acme"],
        "statuses": { "needs_technician": "escalated" },
    });
    let rt = RequestTracker::new("rt", serde_json::from_value(json).unwrap()).unwrap();
    assert_eq!(rt.status_word(TicketStatus::NeedsTechnician), "escalated");
    assert_eq!(rt.status_of("escalated"), TicketStatus::NeedsTechnician);
    assert_eq!(rt.status_of("rejected"), TicketStatus::Closed);
    assert_eq!(rt.status_of("something of their own"), TicketStatus::InProgress);
    for status in [TicketStatus::New, TicketStatus::WaitingOnCustomer, TicketStatus::Closed] {
        assert_eq!(rt.status_of(rt.status_word(status)), status);
    }
}

#[test]
fn a_cursor_survives_being_written_down() {
    for cursor in [
        Cursor { from: UnixMs(1_795_256_380_000), after: None },
        Cursor { from: UnixMs(1_795_256_380_000), after: Some(42) },
    ] {
        assert_eq!(Cursor::parse(&cursor.write()), Some(cursor));
    }
    assert_eq!(Cursor::parse("yesterday"), None);
}

#[test]
fn rts_loose_json_is_understood() {
    let page: Page<Ticket> = serde_json::from_str(
        r#"{"pages":0.0,"total":null,"items":[{"id":7,"Status":"new"},{"id":"8","TimeWorked":"5","Subject":null}]}"#,
    )
    .unwrap();
    assert_eq!(page.items.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["7", "8"]);
    let html: Content = serde_json::from_str(
        r#"{"ContentType":"text/html","Content":"PHA+SHRtbCA8Yj5ib2xkPC9iPiDDvDwv\ncD4K\n"}"#,
    )
    .unwrap();
    assert_eq!(html.plain(), "Html bold ü");
}

#[tokio::test]
async fn a_missing_token_names_its_place() {
    let rt = RequestTracker::new("rt", config()).unwrap();
    let error = rt.probe().await.unwrap_err();
    assert!(error.to_string().contains("JOURNEYMAN_TEST_UNSET_SECRET"), "{error}");
}
