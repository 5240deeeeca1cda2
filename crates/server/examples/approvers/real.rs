//! How many texts of real tickets would be heard as a yes if somebody other than the requester had written them.
//!
//! These tickets have no comments and name no approver, so this counts false alarms only; row numbers are
//! printed, never texts.

use crate::csv::{self, columns};
use serde_json::{Value, json};
use technician::learn::approvers::reads_as_yes;

const WORDS: &[&str] = &[
    "approv",
    "genehm",
    "freigabe",
    "freigegeben",
    "authori",
    "agree",
    "einverstanden",
    "go ahead",
    "zustimm",
];

pub(crate) fn measure(text: Option<&str>) -> Result<Value, String> {
    let Some(text) = text else { return Ok(json!({ "present": false })) };
    let rows = csv::records(text);
    let header = rows.first().ok_or("the tickets' file is empty")?;
    let [subject, body, row] = columns(header, ["Short description", "Description", "orig_row"])?;
    let (mut texts, mut mention, mut heard) = (0, 0, Vec::new());
    for record in rows.iter().skip(1) {
        let of = |n: usize| record.get(n).map_or("", String::as_str);
        texts += 1;
        let lower = format!("{}\n{}", of(subject), of(body)).to_lowercase();
        mention += u64::from(WORDS.iter().any(|w| lower.contains(w)));
        if reads_as_yes(of(subject), of(body)) {
            heard.push(of(row).to_owned());
        }
    }
    Ok(json!({
        "present": true, "simulated": false, "texts": texts, "mention_approval": mention,
        "heard_as_yes": heard.len(), "rows_heard_as_yes": heard,
    }))
}
