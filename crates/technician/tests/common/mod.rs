//! Shared by the tests: one trained model and ready tickets.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub(crate) mod scenarios;
pub(crate) mod sim;
pub(crate) mod world;

use domain::{IncomingTicket, TicketRef, TicketStatus, UnixMs};
use std::sync::OnceLock;
use technician::{Model, TrainOptions, starter_history, train};

pub(crate) fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| train(&starter_history(), &TrainOptions::default()).unwrap())
}

pub(crate) fn ticket(subject: &str, body: &str) -> IncomingTicket {
    IncomingTicket {
        ticket: TicketRef { psa: "desk".into(), id: "41".into() },
        customer: "acme".into(),
        from: "kim.reed@acme.example".into(),
        from_name: "Kim Reed".into(),
        subject: subject.into(),
        body: body.into(),
        created_at: UnixMs(1_000_000),
        message_id: None,
        status: TicketStatus::New,
    }
}
