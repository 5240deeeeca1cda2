//! Adds up what became of each ticket.

use crate::{
    company::Directory,
    figures::{Share, Sum},
    prepare::Prepared,
    replay::Replayed,
    report::{Approver, Class, Difference, Label, Month, Report},
    scope,
    tree::Tree,
    walk::{self, Settings},
};
use domain::{Agreement, Intent, PastDeed, PastTicket, UnixMs, Would};
use jiff::{Timestamp, civil::Weekday, tz::TimeZone};
use std::collections::{BTreeMap, HashMap};
use technician::learn::clusters::{Clusters, clusters};

/// Classes that are listed; the rest is one line.
const MOST_CLASSES: usize = 40;

pub(crate) struct Tally<'a> {
    tickets: &'a [PastTicket],
    prepared: &'a [Prepared],
    settings: &'a Settings,
    timed: bool,
    report: Report,
    minutes_saved: Vec<f64>,
    months: BTreeMap<String, [u32; 4]>,
    classes: HashMap<String, Sums>,
    differences: Vec<(UnixMs, Difference)>,
    /// Questions by person and day.
    questions: HashMap<String, HashMap<i64, u32>>,
    timed_minutes: Share,
    /// What tickets without a category are about.
    about: Clusters,
    tree: Tree,
}

#[derive(Default)]
struct Sums {
    intent: Option<Intent>,
    ways: [u32; 4],
    wrong: Share,
    /// Those closed alone of which the desk's own words tell.
    alone_by_words: Share,
    minutes: f64,
    /// Of each ticket that would have been closed: minutes not needed.
    saved: Vec<f64>,
    reopened: Share,
    reasons: HashMap<String, u32>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(
        tickets: &'a [PastTicket],
        prepared: &'a [Prepared],
        settings: &'a Settings,
    ) -> Tally<'a> {
        Tally {
            timed: mostly_timed(prepared),
            tickets,
            prepared,
            settings,
            report: Report::default(),
            minutes_saved: Vec::with_capacity(tickets.len()),
            months: BTreeMap::new(),
            classes: HashMap::new(),
            differences: Vec::new(),
            questions: HashMap::new(),
            timed_minutes: Share::default(),
            about: about(tickets, prepared),
            tree: Tree::default(),
        }
    }

    /// Counts the ticket at this place.
    pub(crate) fn count(
        &mut self,
        at: usize,
        replayed: Replayed,
        agreement: Agreement,
        directory: &Directory,
    ) {
        let (Some(ticket), Some(seen)) = (self.tickets.get(at), self.prepared.get(at)) else {
            return;
        };
        let way = way(replayed.would);
        self.report.tickets += 1;
        *self.report.would.entry(replayed.would.words().to_owned()).or_default() += 1;
        self.months.entry(self.month(at, seen.at)).or_default()[way] += 1;
        match (replayed.would, agreement.right()) {
            (Would::CloseAlone, Some(right)) => {
                self.report.wrong_alone.add(!right);
                if by_words(seen) {
                    self.report.wrong_alone_by_words.add(!right);
                }
            }
            (Would::CloseAfterYes, Some(right)) => self.report.wrong_after_yes.add(!right),
            _ => {}
        }
        match &agreement {
            Agreement::Same => self.report.evidence.0 += 1,
            Agreement::Differs(_) if by_words(seen) => self.report.evidence.0 += 1,
            Agreement::FirstLevel | Agreement::Differs(_) => self.report.evidence.1 += 1,
            Agreement::Unknown => {}
        }
        if let Agreement::Differs(theirs) = &agreement {
            self.differences.push((seen.at, walk::difference(ticket, seen, &replayed, theirs)));
        }
        let minutes = minutes(ticket);
        self.timed_minutes.add(minutes.is_some());
        let minutes = minutes.unwrap_or(self.settings.minutes);
        let saved = match replayed.would {
            Would::CloseAlone => Some(minutes),
            Would::CloseAfterYes => Some((minutes - self.settings.approval_minutes).max(0.0)),
            _ => None,
        };
        // What came back saved nothing.
        let saved = saved.map(|s| if reopened(ticket) == Some(true) { 0.0 } else { s });
        self.minutes_saved.push(saved.unwrap_or(0.0));
        if replayed.questions > 0 {
            let who = approver(ticket, directory);
            *self.questions.entry(who).or_default().entry(day(seen.at)).or_default() +=
                replayed.questions;
        }
        let about =
            self.about.of.get(at).copied().flatten().and_then(|c| self.about.names.get(c)).cloned();
        self.tree.add(ticket, seen, about.as_deref());
        let class = self.class_of(at, ticket, seen);
        self.classes.entry(class.0.clone()).or_default().saved.extend(saved);
        self.class(class, ticket, seen, &replayed, &agreement, minutes);
    }

    fn class(
        &mut self,
        (name, intent): (String, Option<Intent>),
        ticket: &PastTicket,
        seen: &Prepared,
        replayed: &Replayed,
        agreement: &Agreement,
        minutes: f64,
    ) {
        let by_words = by_words(seen) && replayed.would == Would::CloseAlone;
        let way = way(replayed.would);
        let sums = self.classes.entry(name).or_default();
        sums.intent = intent;
        sums.ways[way] += 1;
        sums.minutes += minutes;
        if let Some(right) = agreement.right() {
            sums.wrong.add(!right);
            if by_words {
                sums.alone_by_words.add(!right);
            }
        }
        if let Some(reopened) = reopened(ticket) {
            sums.reopened.add(reopened);
        }
        if replayed.would == Would::HandOver {
            let short = replayed.reason.split(" (left out").next().unwrap_or_default();
            *sums.reasons.entry(short.to_owned()).or_default() += 1;
        }
    }

    /// What is asked, where that is understood; else how the desk sorted it, else what its words are.
    fn class_of(
        &self,
        at: usize,
        ticket: &PastTicket,
        seen: &Prepared,
    ) -> (String, Option<Intent>) {
        let of = &seen.understanding;
        if !of.abstained && of.intent != Intent::Other {
            return (of.intent.name().replace('_', " "), Some(of.intent));
        }
        if !ticket.category.is_empty() {
            return (format!("other: {}", ticket.category), None);
        }
        let about = self.about.of.get(at).copied().flatten().and_then(|c| self.about.names.get(c));
        (about.map_or_else(|| "other, of many kinds".into(), |name| format!("about: {name}")), None)
    }

    fn month(&self, at: usize, when: UnixMs) -> String {
        match self.timed {
            true => date(when).get(..7).unwrap_or_default().to_owned(),
            false => format!("{:02}/10", 1 + at * 10 / self.tickets.len().max(1)),
        }
    }

    /// The figures. What had to be assumed on the way is added to `assumptions`.
    pub(crate) fn report(self, title: &str, assumptions: &mut Vec<String>) -> Report {
        let mut report = self.report;
        report.title = title.to_owned();
        let times = || self.prepared.iter().map(|p| p.at);
        let span = times().min().zip(times().max()).filter(|_| self.timed);
        report.period = span.map(|(first, last)| (date(first), date(last)));
        // A few days say nothing about a month.
        let months = span.map_or(0.0, |(first, last)| last.since(first) as f64 / MONTH_MS);
        report.months = if months < LEAST_MONTHS { 0.0 } else { months };
        report.working_days = span.map_or(0, |(first, last)| working_days(first, last));
        let untimed = self.prepared.iter().filter(|p| !p.timed).count();
        if !self.timed {
            assumptions.push("The history has no times: tickets are taken in the order of the source, the oldest first and half an hour apart, and figures are for the whole history, not for a month. Nobody is taken for somebody who had left.".into());
        } else if untimed > 0 {
            assumptions.push(format!("{untimed} tickets have no time, or one that cannot be: they stand behind the one before them in the source."));
        }
        let nobody = self.tickets.iter().filter(|t| t.requester.trim().is_empty()).count();
        if nobody > 0 {
            assumptions.push(format!(
                "{nobody} tickets name no requester: each counts as from somebody else."
            ));
        }
        assumptions.push("Only kinds of changes are compared with the desk's record, not whose account or which group.".into());
        let known = self.timed_minutes;
        if known.hits < known.of {
            assumptions.push(format!(
                "{} of {} tickets have no recorded time; they count as {} minutes each. A yes takes a person {} minutes.",
                known.of - known.hits, known.of, self.settings.minutes, self.settings.approval_minutes
            ));
        }
        report.hours = Sum::of(&self.minutes_saved).times(1.0 / 60.0);
        let months = if report.months > 0.0 { report.months } else { 1.0 };
        report.money = report.hours.times(self.settings.hourly_rate / months);
        report.currency = self.settings.currency.clone();
        report.by_month =
            self.months.into_iter().map(|(name, ways)| Month { name, ways }).collect();
        report.differences_in_all = u32::try_from(self.differences.len()).unwrap_or(u32::MAX);
        report.differences = walk::newest(self.differences);
        report.approvers = approvers(self.questions);
        let mut classes: Vec<(Class, Option<Intent>)> = self
            .classes
            .into_iter()
            .map(|(name, sums)| (class(name, &sums, self.settings.risk), sums.intent))
            .collect();
        classes
            .sort_by(|(a, _), (b, _)| b.tickets.cmp(&a.tickets).then_with(|| a.name.cmp(&b.name)));
        report.scope = scope::scope(&classes, months, self.settings.hourly_rate);
        report.tree = self.tree.branches();
        report.classes = classes.into_iter().map(|(c, _)| c).take(MOST_CLASSES).collect();
        report.default_coverage = (report.count(Would::CloseAlone)
            + report.count(Would::CloseAfterYes)) as f64
            / f64::from(report.tickets.max(1));
        report
    }
}

/// A shorter history is told as a whole.
const LEAST_MONTHS: f64 = 0.5;
/// Milliseconds of a month on average.
const MONTH_MS: f64 = 365.25 / 12.0 * 86_400_000.0;

fn class(name: String, sums: &Sums, risk: f64) -> Class {
    let tickets: u32 = sums.ways.iter().sum();
    let [alone, after_yes, ..] = sums.ways;
    let closed = alone + after_yes;
    let label = match () {
        () if closed * 2 < tickets => Label::Escalate,
        () if alone >= after_yes && sums.alone_by_words.at_most() < risk => Label::SafeAlone,
        () => Label::SafeWithApproval,
    };
    let because = sums.reasons.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)));
    Class {
        name,
        tickets,
        ways: sums.ways,
        label,
        wrong: sums.wrong,
        minutes: sums.minutes / f64::from(tickets.max(1)),
        hours: Sum::of(&sums.saved).times(1.0 / 60.0),
        reopened: sums.reopened,
        handed_over_because: because.map(|(why, _)| why.clone()).unwrap_or_default(),
    }
}

/// What tickets are about that the desk gave no category.
fn about(tickets: &[PastTicket], prepared: &[Prepared]) -> Clusters {
    let text = |(ticket, seen): (&PastTicket, &Prepared)| match ticket.category.is_empty() {
        true => format!("{} {}", ticket.subject, seen.request),
        false => String::new(),
    };
    let texts: Vec<String> = tickets.iter().zip(prepared).map(text).collect();
    clusters(texts.iter().map(String::as_str))
}

/// Its place among the ways.
fn way(would: Would) -> usize {
    Would::ALL.iter().position(|w| *w == would).unwrap_or(Would::ALL.len() - 1)
}

/// Nine in ten tickets have a time.
fn mostly_timed(prepared: &[Prepared]) -> bool {
    let timed = prepared.iter().filter(|p| p.timed).count();
    timed * 10 >= prepared.len() * 9 && timed > 0
}

/// The desk's own words say what was done.
fn by_words(seen: &Prepared) -> bool {
    seen.deeds.elsewhere || !seen.deeds.did.is_empty()
}

fn minutes(ticket: &PastTicket) -> Option<f64> {
    let worked = ticket.events.iter().filter_map(|e| match e.what {
        PastDeed::Worked { minutes } => Some(minutes),
        _ => None,
    });
    let sum: u64 = worked.map(u64::from).sum();
    // A zero is how systems say that nobody wrote it down.
    let recorded = ticket.minutes.map(u64::from).filter(|m| *m > 0).or((sum > 0).then_some(sum));
    recorded.map(|m| m as f64)
}

fn reopened(ticket: &PastTicket) -> Option<bool> {
    let seen = ticket.events.iter().any(|e| e.what == PastDeed::Reopened);
    ticket.reopened.map(|n| n > 0 || seen).or(seen.then_some(true))
}

/// Who would be asked: whoever said yes back then, else the requester's manager, else the desk.
fn approver(ticket: &PastTicket, directory: &Directory) -> String {
    let decided = ticket.events.iter().find(|e| {
        matches!(e.what, PastDeed::ApprovalDecided { approved: true }) && !e.by.is_empty()
    });
    let who = decided
        .map(|e| e.by.clone())
        .or_else(|| directory.manager_of(&ticket.requester.to_lowercase()));
    who.unwrap_or_else(|| "the service desk".into())
}

fn approvers(questions: HashMap<String, HashMap<i64, u32>>) -> Vec<Approver> {
    let mut out: Vec<Approver> = questions
        .into_iter()
        .map(|(who, days)| Approver {
            who,
            questions: days.values().sum(),
            busiest_day: days.values().copied().max().unwrap_or(0),
        })
        .collect();
    out.sort_by(|a, b| b.questions.cmp(&a.questions).then_with(|| a.who.cmp(&b.who)));
    out
}

fn day(at: UnixMs) -> i64 {
    at.0.div_euclid(86_400_000)
}

fn date(at: UnixMs) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::UTC).date().to_string()
}

fn working_days(first: UnixMs, last: UnixMs) -> u32 {
    let working = |n: &i64| {
        let at = Timestamp::from_millisecond(n * 86_400_000).unwrap_or(Timestamp::UNIX_EPOCH);
        !matches!(at.to_zoned(TimeZone::UTC).weekday(), Weekday::Saturday | Weekday::Sunday)
    };
    u32::try_from((day(first)..=day(last)).filter(working).count()).unwrap_or(u32::MAX)
}
