#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use async_trait::async_trait;
use connectors::{Changes, PastPage, Probe, ReadBack};
use domain::{Action, ActionKind, IncomingTicket, PastTicket, TicketState};
use std::sync::Mutex;
use tempfile::TempDir;

/// A desk with ten closed tickets, two a page, that fails as it is told.
#[derive(Debug, Default)]
struct Desk {
    asked: Mutex<Vec<Option<String>>>,
    failures: Mutex<Vec<(usize, CallError)>>,
    stuck: Mutex<bool>,
}

#[async_trait]
impl Psa for Desk {
    fn name(&self) -> &str {
        "desk"
    }

    fn vendor(&self) -> &'static str {
        "test"
    }

    fn capabilities(&self) -> &'static [ActionKind] {
        &[]
    }

    async fn probe(&self) -> Result<Probe, CallError> {
        Err(CallError::retry("not asked here"))
    }

    async fn changes(&self, _: Option<&str>) -> Result<Changes, CallError> {
        Err(CallError::retry("not asked here"))
    }

    async fn incoming(&self, _: &str) -> Result<Option<IncomingTicket>, CallError> {
        Ok(None)
    }

    async fn ticket(&self, _: &str) -> Result<Option<TicketState>, CallError> {
        Ok(None)
    }

    async fn closed(&self, cursor: Option<&str>) -> Result<PastPage, CallError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(cursor.map(str::to_owned));
        let mut failures = self.failures.lock().unwrap();
        if let Some(at) = failures.iter().position(|(call, _)| *call == asked.len()) {
            return Err(failures.remove(at).1);
        }
        let from: u64 = cursor.map_or(0, |c| c.parse().unwrap());
        if *self.stuck.lock().unwrap() {
            return Ok(PastPage { tickets: vec![], cursor: "4".into(), more: true });
        }
        let ticket = |n: u64| PastTicket { id: n.to_string(), ..PastTicket::default() };
        let tickets: Vec<PastTicket> = (from + 1..=from + 2).map(ticket).collect();
        Ok(PastPage { tickets, cursor: (from + 2).to_string(), more: from + 2 < 10 })
    }

    async fn perform(&self, _: gate::Grant) -> Result<(), CallError> {
        Err(CallError::rejected("nothing is written here", "read"))
    }

    async fn read_back(&self, _: &Action, _: &str) -> Result<ReadBack, CallError> {
        Ok(ReadBack::NotShown("nothing is written here".into()))
    }
}

fn ids(pages: &Pages) -> Vec<String> {
    let file = File::open(pages.file()).unwrap();
    history::tickets(Box::new(file)).map(|t| t.unwrap().id).collect()
}

#[tokio::test]
async fn what_was_stopped_goes_on_at_its_place_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let pages = Pages::beside(&dir.path().join("desk.history.jsonl"));
    let desk = Desk::default();
    desk.failures
        .lock()
        .unwrap()
        .push((3, CallError::rejected("the key was taken back", "make one")));
    let e = read_all(&desk, &pages, &ProgressBar::hidden()).await.unwrap_err().to_string();
    assert!(e.contains("the key was taken back (make one)"), "{e}");
    assert!(e.contains("the same command goes on where it stopped"), "{e}");
    assert_eq!(ids(&pages), ["1", "2", "3", "4"]);

    // The machine went off amid the next page.
    let mut torn = OpenOptions::new().append(true).open(pages.file()).unwrap();
    torn.write_all(b"{\"id\":\"5\",\"subj").unwrap();
    let desk = Desk::default();
    read_all(&desk, &pages, &ProgressBar::hidden()).await.unwrap();
    assert_eq!(desk.asked.lock().unwrap()[0].as_deref(), Some("4"));
    let text = std::fs::read_to_string(pages.file()).unwrap();
    let whole: Vec<PastTicket> =
        text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
    let ids: Vec<u32> = whole.iter().map(|t| t.id.parse().unwrap()).collect();
    assert_eq!(ids, (1..=10).collect::<Vec<_>>());

    let other = pages.begun("another").unwrap_err().to_string();
    assert!(other.contains("the help desk \"desk\""), "{other}");
    pages.remove().unwrap();
    assert!(pages.begun("desk").unwrap().is_none());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_desk_that_asks_for_patience_gets_it() {
    let dir = TempDir::new().unwrap();
    let pages = Pages::beside(&dir.path().join("desk.history.jsonl"));
    let desk = Desk::default();
    for call in [2, 3, 5] {
        let throttled =
            CallError::Retry { what: "too many requests".into(), after: Some(Duration::ZERO) };
        desk.failures.lock().unwrap().push((call, throttled));
    }
    read_all(&desk, &pages, &ProgressBar::hidden()).await.unwrap();
    assert_eq!(ids(&pages).len(), 10);
    let asked = desk.asked.lock().unwrap();
    assert_eq!(asked.iter().filter(|c| c.as_deref() == Some("2")).count(), 3);
}

#[tokio::test]
async fn a_desk_that_says_the_same_for_ever_is_left() {
    let dir = TempDir::new().unwrap();
    let pages = Pages::beside(&dir.path().join("desk.history.jsonl"));
    let desk = Desk::default();
    *desk.stuck.lock().unwrap() = true;
    let e = read_all(&desk, &pages, &ProgressBar::hidden()).await.unwrap_err().to_string();
    assert!(e.contains("the same page again"), "{e}");
}
