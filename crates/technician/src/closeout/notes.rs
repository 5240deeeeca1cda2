//! Notes for the technician who looks at the ticket later.

use domain::{Account, Action, ApprovalState, CaseView, Signal, Understanding};

/// What was done on a closed ticket, with evidence.
pub fn closed_note(
    case: &CaseView,
    done: &[Action],
    requester: Option<&Account>,
    seen: &str,
) -> String {
    let mut lines = vec!["Closed by Journeyman.".to_string()];
    lines.extend(asked(case, requester));
    if !seen.is_empty() {
        lines.push(format!("Seen: {seen}"));
    }
    for action in done {
        lines.extend(performed(case, action));
    }
    lines.extend(flags(case));
    lines.join("\n")
}

/// A repeated ticket.
pub fn duplicate_note(original: &str) -> String {
    format!("Duplicate of ticket {original}: same sender, same request. Work goes on there.")
}

/// Text of the time entry.
pub fn time_text(done: &[Action], seen: &str) -> String {
    if done.is_empty() {
        return format!("Journeyman: {seen}");
    }
    let said: Vec<String> = done.iter().map(Action::sentence).collect();
    format!("Journeyman: {}", said.join("; "))
}

/// What was asked and by whom.
pub(super) fn asked(case: &CaseView, requester: Option<&Account>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(u) = &case.understanding {
        lines.push(format!("Asked: {}", understood(u)));
    }
    lines.push(match requester {
        Some(a) => format!("Requester: {} ({})", a.account.name, a.account.login),
        None => "Requester: not found in the directory".into(),
    });
    lines
}

fn understood(u: &Understanding) -> String {
    let mut text = format!("{} ({:.0} % sure", u.intent.name(), u.confidence * 100.0);
    if u.abstained {
        text.push_str(", too unsure to act");
    }
    text.push(')');
    match &u.about {
        Some(domain::Mention::Address(a)) => text.push_str(&format!(", about {a}")),
        Some(domain::Mention::Name(n)) if n.is_empty() => {
            text.push_str(", about somebody not named")
        }
        Some(domain::Mention::Name(n)) => text.push_str(&format!(", about {n}")),
        None => {}
    }
    if let Some(group) = &u.group {
        text.push_str(&format!(", group {group}"));
    }
    text
}

/// One performed action: evidence, tier, findings, autonomy, approval, undo.
pub(super) fn performed(case: &CaseView, action: &Action) -> Vec<String> {
    let Some(attempt) = case.done(action) else { return Vec::new() };
    let mut lines = vec![format!("Done: {}", attempt.action.sentence())];
    if attempt.action != *action {
        lines
            .push(format!("Asked for: {}; a person changed it while approving", action.sentence()));
    }
    if let Some(evidence) = attempt.evidence() {
        lines.push(format!("Verified: {evidence}"));
    }
    lines.push(format!("Tier: {}", attempt.tier.name()));
    lines.extend(judged(case, action));
    lines.push(match case.held_for(action).map(|h| &h.state) {
        Some(ApprovalState::Approved { by, at }) => format!("Approved by {by} at {at}"),
        _ => "Approval: none was needed".into(),
    });
    let undo = action.kind().undo().unwrap_or("cannot be undone");
    lines.push(format!("Undo: {undo}"));
    lines
}

/// Reason codes of the newest verdict; autonomy is one of them.
pub(super) fn judged(case: &CaseView, action: &Action) -> Vec<String> {
    let Some(verdict) = case.verdict_on(action) else { return Vec::new() };
    let codes: Vec<String> =
        verdict.findings.iter().map(|f| format!("{}={}", f.assessor, f.code)).collect();
    vec![format!("Findings: {}", codes.join(", ")), format!("Policy: {}", verdict.policy_version)]
}

/// What in the text people should know about.
pub(super) fn flags(case: &CaseView) -> Vec<String> {
    let signals = case.understanding.iter().flat_map(|u| &u.signals);
    signals
        .map(|s| match s {
            Signal::Incident(w) => format!("Flag: words of a security incident (\"{w}\")"),
            Signal::Orders(w) => format!(
                "Flag: the text tries to give the technician orders (\"{w}\"); not followed"
            ),
            Signal::ClaimedApproval(w) => {
                format!("Flag: the text claims an approval (\"{w}\"); it did not count as one")
            }
            Signal::SeveralRequests(w) => format!("Flag: more than one request ({w})"),
            Signal::OtherSystem(w) => format!("Flag: another system's account ({w})"),
        })
        .collect()
}
