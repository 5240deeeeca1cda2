//! What would have become of a client's closed tickets, had Journeyman worked them: technician *and gate*, in the order of time.
//!
//! INVARIANTS:
//! - nothing here can touch a client's system: this crate knows no connector and no store, and a replayed verdict leads to no grant;
//! - what is said about a ticket rests on nothing that came after it: models are trained on what was closed before (only which groups and categories have
//!   enough tickets to be learned is read from the whole history, and who approves what is as of its end);
//! - what had to be assumed is in [`Report::assumptions`], in words.

mod charts;
mod company;
mod desk;
mod figures;
mod html;
mod judge;
mod playbook;
mod prepare;
mod replay;
mod report;
mod rules;
mod scope;
mod tally;
mod tree;
mod walk;
mod words;

pub use company::Directory;
pub use desk::Routing;
pub use domain::Would;
pub use figures::{Bin, Point, Share, Sum};
pub use html::{HtmlError, html};
pub use judge::handled;
pub use report::{Approver, Asked, Branch, Class, Difference, Label, Month, Report, Rule, Scope};
pub use walk::{Known, Settings, backtest, learn};
