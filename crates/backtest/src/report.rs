//! What a backtest found, as data: the same figures stand in the page and in the JSON file.

use crate::{
    desk::Routing,
    figures::{Bin, Point, Share, Sum},
};
use domain::Would;
use serde::Serialize;
use std::collections::BTreeMap;

/// What would have become of a history.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Whose history.
    pub title: String,
    /// First and last day, where the source has times; ISO dates.
    pub period: Option<(String, String)>,
    /// Months covered; 0 where the source has no times.
    pub months: f64,
    /// Tickets replayed.
    pub tickets: u32,
    /// Clients and their tickets; empty for one client.
    pub clients: Vec<(String, u32)>,
    /// How many went which way.
    pub would: BTreeMap<String, u32>,
    /// Wrong ones among those closed alone of which the desk's record tells.
    pub wrong_alone: Share,
    /// The same, as far as the desk's own words tell, and not only the group that closed it.
    pub wrong_alone_by_words: Share,
    /// Wrong ones among those closed after a yes of which the desk's record tells. A person would have seen each of them first.
    pub wrong_after_yes: Share,
    /// Tickets whose truth is known from the desk's words, and from the group alone.
    pub evidence: (u32, u32),
    /// Technician's hours that would not have been needed, over the whole history.
    pub hours: Sum,
    /// The same a month, in money; without times over the whole history.
    pub money: Sum,
    /// Currency of `money`, as configured.
    pub currency: String,
    /// Tickets by month and way.
    pub by_month: Vec<Month>,
    /// Kinds of tickets, the most frequent first.
    pub classes: Vec<Class>,
    /// What is asked: category, request, the change that it maps to.
    pub tree: Vec<Branch>,
    /// Where to begin, the most worthwhile first.
    pub scope: Vec<Scope>,
    /// Disagreements with the desk, newest first; at most [`MOST_DIFFERENCES`].
    pub differences: Vec<Difference>,
    /// All of them.
    pub differences_in_all: u32,
    /// Deciding more of the tickets against being wrong more often.
    pub curve: Vec<Point>,
    /// Share of tickets decided at the default threshold.
    pub default_coverage: f64,
    /// Confidence in the request against the desk's record.
    pub calibration: Vec<Bin>,
    /// Mean distance of the two.
    pub calibration_error: f64,
    /// Where tickets belong.
    pub routing: Routing,
    /// People who would be asked, the busiest first.
    pub approvers: Vec<Approver>,
    /// Who approves what, as the tickets show it.
    pub rules: Vec<Rule>,
    /// There are none because no directory was given.
    pub rules_need_a_directory: bool,
    /// Working days in the period.
    pub working_days: u32,
    /// Everything that had to be assumed, in words.
    pub assumptions: Vec<String>,
}

/// More disagreements than this are counted but not listed.
pub(crate) const MOST_DIFFERENCES: usize = 300;

/// One month, or one tenth of a history without times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Month {
    /// `2026-03`, or `01/10`.
    pub name: String,
    /// Tickets by way, in the order of [`Would::ALL`].
    pub ways: [u32; 4],
}

/// What to do with a kind of ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// The desk's own words show, with 95 % confidence, fewer wrong than the limit among those closed alone.
    SafeAlone,
    /// It can be done, and a person should see each one.
    SafeWithApproval,
    /// For people.
    Escalate,
}

impl Label {
    /// Plain words.
    pub fn words(self) -> &'static str {
        match self {
            Label::SafeAlone => "safe alone",
            Label::SafeWithApproval => "safe with approval",
            Label::Escalate => "for people",
        }
    }
}

/// A kind of ticket.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Class {
    /// Its name: what is asked, or the desk's own category.
    pub name: String,
    /// Tickets.
    pub tickets: u32,
    /// Tickets by way, in the order of [`Would::ALL`].
    pub ways: [u32; 4],
    /// What to do with it.
    pub label: Label,
    /// Wrong ones among those that would have been closed and of which the record tells.
    pub wrong: Share,
    /// Mean minutes a ticket took; an assumption where the source has none.
    pub minutes: f64,
    /// Hours over the whole history that would not have been needed for those closed, less what came back.
    pub hours: Sum,
    /// How often reopened, where the source says.
    pub reopened: Share,
    /// The commonest reason why people had to take over; empty when they never did.
    pub handed_over_because: String,
}

impl Class {
    /// Tickets that would have been closed, alone or after a yes.
    pub fn closed(&self) -> u32 {
        self.ways[0] + self.ways[1]
    }
}

/// A category of the desk, or a cluster of words where it has none, with what is asked in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Branch {
    /// The desk's own word, or what the tickets have in common.
    pub category: String,
    /// Tickets in it.
    pub tickets: u32,
    /// What is asked, the most frequent first.
    pub requests: Vec<Asked>,
}

/// A request within a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// What is asked, as understood; the desk's own finer word where it is not.
    pub request: String,
    /// The change that it maps to; `None`: people.
    pub action: Option<domain::ActionKind>,
    /// Tickets.
    pub tickets: u32,
}

/// A kind of ticket to begin with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scope {
    /// The class.
    pub class: String,
    /// Tickets a month that would be closed; over the whole history where it has no times.
    pub tickets: f64,
    /// Hours a month that would not be needed, less what came back; likewise, with its 95 % interval.
    pub hours: Sum,
    /// The same in money.
    pub money: Sum,
    /// How it should run.
    pub label: Label,
    /// Which tickets it takes, in one sentence.
    pub accept: String,
    /// Which it leaves to people, in one sentence.
    pub reject: String,
}

/// A ticket on which the desk's record speaks against what would have been done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The ticket's number.
    pub ticket: String,
    /// Its subject.
    pub subject: String,
    /// What Journeyman would have done.
    pub ours: String,
    /// What the desk did.
    pub theirs: String,
    /// Whether a person would have said yes first.
    pub after_yes: bool,
    /// How sure the reading was, of a hundred.
    pub percent: u32,
}

/// Whom to ask, as the tickets show it: a proposal for routing, never an entitlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The client.
    pub client: String,
    /// In one plain sentence.
    pub sentence: String,
    /// Tickets that show it, the newest first.
    pub tickets: Vec<String>,
}

/// Somebody who would be asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Approver {
    /// Who.
    pub who: String,
    /// Questions in all.
    pub questions: u32,
    /// On the busiest day.
    pub busiest_day: u32,
}

impl Report {
    /// Tickets that went this way.
    pub fn count(&self, would: Would) -> u32 {
        self.would.get(would.words()).copied().unwrap_or(0)
    }

    /// Their share, 0 to 1.
    pub fn share(&self, would: Would) -> f64 {
        f64::from(self.count(would)) / f64::from(self.tickets.max(1))
    }
}
