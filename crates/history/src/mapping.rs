//! Which column is what: guessed (`guess.rs`), shown, corrected by people, kept as TOML.

use crate::{HistoryError, dates::Dates, read::Source, zone::zone};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// What a column can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The ticket's number.
    Id,
    /// The customer.
    Client,
    /// When it was opened.
    Opened,
    /// When it was closed.
    Closed,
    /// Who asked.
    Requester,
    /// Subject line.
    Subject,
    /// First message.
    Body,
    /// A level of the category; several columns are joined in their order.
    Category,
    /// Group, board or queue.
    Group,
    /// Technician.
    Assignee,
    /// Priority.
    Priority,
    /// Status.
    Status,
    /// The technician's closing words.
    Resolution,
    /// Time worked.
    Minutes,
    /// How often it was given to somebody else.
    Reassigned,
    /// How often it was opened again.
    Reopened,
    /// What was said, seen by the customer: one message or a whole conversation.
    Comments,
    /// What was said inside the desk.
    Notes,
    /// The state of an approval: approved, rejected, requested.
    Approval,
    /// Who was asked for approval.
    Approver,
    /// In an event log: when the row was written.
    EventAt,
    /// In an event log: who wrote the row.
    EventBy,
    /// Nothing that is wanted.
    Ignored,
}

impl Field {
    /// Every field, as they are written in a mapping.
    pub const ALL: [Field; 23] = [
        Field::Id,
        Field::Client,
        Field::Opened,
        Field::Closed,
        Field::Requester,
        Field::Subject,
        Field::Body,
        Field::Category,
        Field::Group,
        Field::Assignee,
        Field::Priority,
        Field::Status,
        Field::Resolution,
        Field::Minutes,
        Field::Reassigned,
        Field::Reopened,
        Field::Comments,
        Field::Notes,
        Field::Approval,
        Field::Approver,
        Field::EventAt,
        Field::EventBy,
        Field::Ignored,
    ];

    /// Its name in a mapping.
    pub fn name(self) -> &'static str {
        match self {
            Field::Id => "id",
            Field::Client => "client",
            Field::Opened => "opened",
            Field::Closed => "closed",
            Field::Requester => "requester",
            Field::Subject => "subject",
            Field::Body => "body",
            Field::Category => "category",
            Field::Group => "group",
            Field::Assignee => "assignee",
            Field::Priority => "priority",
            Field::Status => "status",
            Field::Resolution => "resolution",
            Field::Minutes => "minutes",
            Field::Reassigned => "reassigned",
            Field::Reopened => "reopened",
            Field::Comments => "comments",
            Field::Notes => "notes",
            Field::Approval => "approval",
            Field::Approver => "approver",
            Field::EventAt => "event_at",
            Field::EventBy => "event_by",
            Field::Ignored => "ignored",
        }
    }

    /// Whether several columns may be this.
    pub(crate) fn many(self) -> bool {
        matches!(
            self,
            Field::Category | Field::Comments | Field::Notes | Field::Approver | Field::Ignored
        )
    }

    /// Whether its cells are dates.
    pub(crate) fn is_date(self) -> bool {
        matches!(self, Field::Opened | Field::Closed | Field::EventAt)
    }
}

/// How time worked is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Hours, with fractions.
    Hours,
    /// Minutes.
    #[default]
    Minutes,
    /// Seconds.
    Seconds,
}

/// What a row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rows {
    /// A ticket.
    #[default]
    Tickets,
    /// An entry in an event log; rows with the same number are one ticket.
    Events,
}

/// What one column is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name in the source.
    pub name: String,
    /// What it is.
    pub is: Field,
    /// How its dates are written; needed for dates, allowed for comments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<Dates>,
    /// What its numbers count, for time worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// How sure the guess is, 0 to 1; 1 when a person wrote it.
    #[serde(default = "sure")]
    pub confidence: f64,
    /// Why it was guessed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
}

fn sure() -> f64 {
    1.0
}

fn utc() -> String {
    "UTC".into()
}

/// Which column of a source is what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What a row is.
    #[serde(default)]
    pub rows: Rows,
    /// The IANA time zone of dates that name none.
    #[serde(default = "utc")]
    pub zone: String,
    /// The columns, in the order of the source.
    #[serde(default, rename = "column")]
    pub columns: Vec<Column>,
}

impl Default for Mapping {
    fn default() -> Self {
        Mapping { rows: Rows::Tickets, zone: utc(), columns: Vec::new() }
    }
}

const HEADER: &str = "\
# Which column of the source is what. `journeyman import` guessed this; correct it and import again with --mapping.
# rows: \"tickets\" (one row, one ticket) or \"events\" (several rows of one ticket).
# zone: the time zone of dates that name none, as in \"Europe/Berlin\".
# is: id client opened closed requester subject body category group assignee priority status resolution minutes
#     reassigned reopened comments notes approval approver event_at event_by, or ignored.
# dates: \"iso\" \"day-first\" \"month-first\" \"epoch-seconds\" \"epoch-ms\".  unit of minutes: \"hours\" \"minutes\" \"seconds\".
";

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// It is not TOML of this form; the text says where and what would be right.
    pub fn from_toml(text: &str) -> Result<Mapping, HistoryError> {
        toml::from_str(text).map_err(|e| HistoryError::Mapping(format!("the mapping: {e}")))
    }

    /// The mapping as a commented file.
    ///
    /// # Errors
    /// Never with the fields of today.
    pub fn to_toml(&self) -> Result<String, HistoryError> {
        let body = toml::to_string(self)
            .map_err(|e| HistoryError::Mapping(format!("write the mapping: {e}")))?;
        Ok(format!("{HEADER}{body}"))
    }

    /// The column that is `field`, if one is.
    pub fn of(&self, field: Field) -> Option<&Column> {
        self.columns.iter().find(|c| c.is == field)
    }

    /// Columns whose day and month nothing in the sample tells apart, with what would.
    pub fn undecided(&self) -> Vec<&str> {
        let open = |c: &&Column| c.is.is_date() && c.dates.is_none();
        self.columns.iter().filter(open).map(|c| c.name.as_str()).collect()
    }

    /// Holds the mapping against a source.
    ///
    /// # Errors
    /// It names columns that are not there, one thing twice, dates without a form, or an unknown zone.
    pub(crate) fn resolve(&self, source: &Source) -> Result<Resolved, HistoryError> {
        let wrong = |text: String| Err(HistoryError::Mapping(text));
        let zone = zone(&self.zone)?;
        let quoted =
            |names: &[&str]| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        let there: Vec<&str> = source.columns.iter().map(String::as_str).collect();
        let wanted = self.columns.iter().filter(|c| c.is != Field::Ignored);
        let missing: Vec<&str> =
            wanted.clone().map(|c| c.name.as_str()).filter(|n| !there.contains(n)).collect();
        if !missing.is_empty() {
            return wrong(format!(
                "the mapping names {}, which the source does not have; its columns are {}",
                quoted(&missing),
                quoted(&there)
            ));
        }
        for field in Field::ALL.into_iter().filter(|f| !f.many()) {
            let names: Vec<&str> =
                wanted.clone().filter(|c| c.is == field).map(|c| c.name.as_str()).collect();
            if names.len() > 1 {
                return wrong(format!(
                    "the mapping takes {} all for `{}`; only one can be it, set the others to \"ignored\"",
                    quoted(&names),
                    field.name()
                ));
            }
        }
        let undecided = self.undecided();
        if !undecided.is_empty() {
            return wrong(format!(
                "{}: nothing tells day and month apart; say `dates = \"day-first\"` or `dates = \"month-first\"` there in the mapping",
                quoted(&undecided)
            ));
        }
        if let Some(column) =
            self.columns.iter().find(|c| c.unit.is_some() && c.is != Field::Minutes)
        {
            return wrong(format!(
                "`{}` has a unit, but it is `{}`; only `minutes` has one",
                column.name,
                column.is.name()
            ));
        }
        if self.rows == Rows::Events && self.of(Field::Id).is_none() {
            return wrong(
                "rows = \"events\" needs a column that is `id`, or no row finds its ticket".into(),
            );
        }
        if self.rows == Rows::Tickets
            && let Some(column) = self.of(Field::EventAt).or(self.of(Field::EventBy))
        {
            return wrong(format!(
                "`{}` is `{}`, which only rows = \"events\" has",
                column.name,
                column.is.name()
            ));
        }
        if !self.columns.iter().any(|c| !matches!(c.is, Field::Ignored | Field::Id)) {
            return wrong(format!(
                "the mapping takes nothing from the source; its columns are {}",
                quoted(&there)
            ));
        }
        let default_dates = self.columns.iter().find_map(|c| match c.dates {
            Some(Dates::DayFirst | Dates::MonthFirst) => c.dates,
            _ => None,
        });
        let mut cells = Vec::new();
        for column in wanted {
            for (at, _) in there.iter().enumerate().filter(|(_, n)| **n == column.name) {
                cells.push(Cell {
                    at,
                    field: column.is,
                    dates: column.dates.or(default_dates).unwrap_or(Dates::Iso),
                    unit: column.unit.unwrap_or_default(),
                });
            }
        }
        Ok(Resolved { cells, zone, has_id: self.of(Field::Id).is_some(), rows: self.rows })
    }
}

/// One column that is taken, by its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) at: usize,
    pub(crate) field: Field,
    pub(crate) dates: Dates,
    pub(crate) unit: Unit,
}

/// A mapping that fits its source.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) cells: Vec<Cell>,
    pub(crate) zone: TimeZone,
    /// Without a number in the source the line is the number.
    pub(crate) has_id: bool,
    pub(crate) rows: Rows,
}
