//! What the technician wrote into the description afterwards: it holds the answer, so nothing may be
//! learned from it.
//!
//! Two kinds of evidence: a line that closes a ticket ("issue resolved", "caller confirmed …"), and a
//! line that reports what was done to *the user*. A requester's "I have reset it and it still fails" is neither.

/// Lines like these close a ticket.
const CLOSERS: &[&str] = &[
    "issue resolved",
    "issue is resolved",
    "issue was resolved",
    "issue has been resolved",
    "issue fixed",
    "issue is fixed",
    "issue got resolved",
    "problem resolved",
    "problem solved",
    "problem is solved",
    "resolved",
    "ticket closed",
    "ticket resolved",
    "closing the ticket",
    "closing this ticket",
    "hence closing",
    "caller confirmed",
    "user confirmed",
    "caller is now able",
    "user is now able",
    "user was able to",
    "caller was able to",
    "it works now",
    "working fine now",
    "resolution:",
    "solution:",
    "close notes:",
    "work notes:",
    "ticket kann geschlossen",
    "problem behoben",
    "erledigt",
];

/// Only a technician writes these.
const DONE_TO_THE_USER: &[&str] = &[
    "advised the user",
    "advised user",
    "advised the caller",
    "asked the user",
    "asked user",
    "assisted the user",
    "assisted user",
    "checked the user name in ad",
    "connected to the user",
    "connected to user",
    "connected to users",
    "explained the user",
    "guided the user",
    "guided user",
    "help the user",
    "helped the user",
    "helped user",
    "informed the user",
    "informed user",
    "took remote",
    "took the remote",
    "unlocked the account",
    "unlocked account for",
    "unlocked the erp id",
    "unlocked the user",
    "reset the password for the user",
    "verified user",
    "verified the user",
    "verified caller",
];

/// What a technician did, in the first word or two of a line. Counts only beside firmer evidence.
const DONE: &[&str] = &[
    "added",
    "advised",
    "assigned",
    "called",
    "changed",
    "checked",
    "cleared",
    "configured",
    "connected",
    "contacted",
    "created",
    "deleted",
    "disabled",
    "enabled",
    "fixed",
    "informed",
    "installed",
    "launched",
    "logged",
    "mapped",
    "rebooted",
    "reconfigured",
    "reinstalled",
    "removed",
    "renamed",
    "reopned",
    "reopened",
    "repaired",
    "replaced",
    "reset",
    "restarted",
    "restored",
    "set up",
    "synced",
    "tested",
    "uninstalled",
    "unlocked",
    "updated",
    "upgraded",
    "user has tried",
    "user launched",
    "user tried",
    "verified",
];

/// Marks the lines that the technician wrote.
pub(super) fn marks(lines: &[&str]) -> Vec<bool> {
    let plain: Vec<String> = lines.iter().map(|l| bare(l)).collect();
    let mut out: Vec<bool> = plain.iter().map(|l| closes(l) || is_done_to_the_user(l)).collect();
    if out.iter().any(|m| *m) {
        for (mark, line) in out.iter_mut().zip(&plain) {
            *mark |= starts(line, DONE);
        }
    }
    out
}

/// Lower case, without the bullet.
fn bare(line: &str) -> String {
    let start = line.trim().trim_start_matches(|c: char| {
        matches!(c, '-' | '*' | '•' | '·' | '>' | '–') || c.is_whitespace()
    });
    start.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn starts(line: &str, list: &[&str]) -> bool {
    list.iter().any(|s| {
        line.strip_prefix(s).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    })
}

fn closes(line: &str) -> bool {
    // "Resolved" closes; "resolved names point to the wrong host" is a request.
    let one_word = ["resolved", "erledigt"];
    let short = line.trim_end_matches(|c: char| !c.is_alphanumeric());
    one_word.contains(&short)
        || CLOSERS.iter().filter(|c| !one_word.contains(c)).any(|c| {
            starts(line, &[*c]) || (c.contains(' ') && line.len() < 90 && line.ends_with(c))
        })
        || (line.ends_with("issue resolved.") && line.len() < 160)
}

fn is_done_to_the_user(line: &str) -> bool {
    starts(line, DONE_TO_THE_USER)
}
