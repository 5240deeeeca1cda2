//! The report as one self-contained page: no script, no outside address, readable on paper.

use crate::{
    charts,
    figures::{Share, Sum},
    report::{Class, Label, Report},
};
use askama::Template;
use domain::Would;

/// Why a page could not be made.
#[derive(Debug)]
pub struct HtmlError(String);

impl std::fmt::Display for HtmlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the report's page could not be made: {}", self.0)
    }
}

impl std::error::Error for HtmlError {}

impl From<charts_rs::Error> for HtmlError {
    fn from(e: charts_rs::Error) -> Self {
        HtmlError(e.to_string())
    }
}

impl From<askama::Error> for HtmlError {
    fn from(e: askama::Error) -> Self {
        HtmlError(e.to_string())
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    r: &'a Report,
    version: &'a str,
    months: String,
    curve: String,
    calibration: String,
    routing_curve: String,
    routing_calibration: String,
}

/// The page. `version` names the program that made it.
pub fn html(report: &Report, version: &str) -> Result<String, HtmlError> {
    let (routing_curve, routing_calibration) = match report.routing.right.of {
        0 => (String::new(), String::new()),
        _ => charts::routing(&report.routing)?,
    };
    let page = Page {
        r: report,
        version,
        months: charts::months(report)?,
        curve: if report.curve.is_empty() { String::new() } else { charts::curve(&report.curve)? },
        calibration: if report.calibration.is_empty() {
            String::new()
        } else {
            charts::calibration(&report.calibration)?
        },
        routing_curve,
        routing_calibration,
    };
    Ok(page.render()?)
}

impl Page<'_> {
    fn count(&self, way: usize) -> u32 {
        Would::ALL.get(way).map_or(0, |w| self.r.count(*w))
    }

    fn way(&self, way: usize) -> &'static str {
        Would::ALL.get(way).map_or("", |w| w.words())
    }

    fn share_of(&self, way: usize) -> String {
        percent(Would::ALL.get(way).map_or(0.0, |w| self.r.share(*w)))
    }

    fn per(&self) -> &'static str {
        if self.r.months > 0.0 { "a month" } else { "in the whole history" }
    }

    fn hours_a_month(&self) -> String {
        let months = if self.r.months > 0.0 { self.r.months } else { 1.0 };
        number(self.r.hours.total / months)
    }

    fn hours_give(&self) -> String {
        let months = if self.r.months > 0.0 { self.r.months } else { 1.0 };
        number(self.r.hours.give_or_take / months)
    }

    /// "0 of 312 (0 %), at most 1 % with 95 % confidence".
    fn bounded(&self, share: &Share) -> String {
        match share.of {
            0 => "the record says nothing on any of them".into(),
            _ => format!(
                "{} of {} ({}); with 95 % confidence at most {}",
                share.hits,
                share.of,
                percent(share.value()),
                percent_up(share.at_most())
            ),
        }
    }

    fn label(&self, label: &Label) -> &'static str {
        label.words()
    }

    fn css(&self, label: &Label) -> String {
        label.words().replace(' ', "-")
    }

    fn pct(&self, share: impl std::borrow::Borrow<f64>) -> String {
        percent(*share.borrow())
    }

    fn up(&self, share: impl std::borrow::Borrow<f64>) -> String {
        percent_up(*share.borrow())
    }

    fn num(&self, value: impl std::borrow::Borrow<f64>) -> String {
        number(*value.borrow())
    }

    fn sum(&self, sum: &Sum) -> String {
        format!("{:.1} ± {:.1}", sum.total, sum.give_or_take)
    }

    fn money(&self, sum: &Sum) -> String {
        format!("{} ± {}", number(sum.total), number(sum.give_or_take))
    }

    fn action(&self, action: &Option<domain::ActionKind>) -> String {
        action.map_or_else(|| "people".into(), |kind| kind.name().replace('_', " "))
    }

    fn sorted(&self) -> String {
        let routing = &self.r.routing;
        percent(f64::from(routing.decided_right.of) / f64::from(routing.right.of.max(1)))
    }

    fn class_share(&self, class: &Class) -> String {
        percent(f64::from(class.closed()) / f64::from(class.tickets.max(1)))
    }

    fn most_on_a_day(&self) -> u32 {
        self.r.approvers.iter().map(|a| a.busiest_day).max().unwrap_or(0)
    }

    fn questions(&self) -> u32 {
        self.r.approvers.iter().map(|a| a.questions).sum()
    }

    fn questions_a_day(&self) -> String {
        match self.r.working_days {
            0 => "no times in the history".into(),
            days => {
                format!("{:.1} on a working day", f64::from(self.questions()) / f64::from(days))
            }
        }
    }
}

/// The same for a bound: rounded up, so that it still holds.
fn percent_up(share: f64) -> String {
    let digits = if share >= 0.1 {
        100.0
    } else if share >= 0.00995 {
        1_000.0
    } else {
        10_000.0
    };
    percent((share * digits).ceil() / digits)
}

/// In per cent, with more digits the smaller it is.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        p if p == 0.0 || p >= 10.0 => format!("{p:.0} %"),
        p if p < 0.995 => format!("{p:.2} %"),
        p => format!("{p:.1} %"),
    }
}

/// Whole, with thin groups of three.
fn number(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if value < 0.0 { format!("−{out}") } else { out }
}
