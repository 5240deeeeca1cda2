//! What the demo's run came to, against what the sandbox knows.

use super::{
    Stage,
    guest::Visit,
    stream::{Filed, case_of},
};
use domain::{Action, ApprovalState, CaseView, Outcome, TicketStatus, Tier};
use serde::Serialize;
use std::{collections::BTreeMap, error::Error};

/// How a ticket of a finished run may stand.
const OUTCOMES: [&str; 4] = ["closed", "waiting", "dispatched", "refused"];

/// The summary that `--json` writes.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    tickets: usize,
    closed: usize,
    closed_unassisted: usize,
    waiting: usize,
    dispatched: usize,
    refused: usize,
    wrong_effects: usize,
    unverified_closes: usize,
    journal_verified: bool,
    p50_ms: i64,
    p99_ms: i64,
    /// Judgements of changes at each tier, close-outs aside.
    tiers: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
    /// What somebody else's AI asked for, and was answered.
    guest: Vec<Visit>,
    cases: Vec<CaseSummary>,
}

/// One ticket.
#[derive(Debug, Serialize)]
struct CaseSummary {
    ticket: String,
    client: String,
    from: String,
    subject: String,
    kind: String,
    asked: Option<Asked>,
    judged: Vec<Judged>,
    approved_by: Vec<String>,
    done: Vec<String>,
    verified: Vec<String>,
    outcome: String,
    reason: String,
    unassisted: bool,
    close_verified: bool,
    ms: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Asked {
    intent: String,
    confidence: f64,
    abstained: bool,
}

#[derive(Debug, Serialize)]
struct Judged {
    action: String,
    tier: String,
    follows: String,
    findings: Vec<String>,
}

type Fault = Box<dyn Error + Send + Sync>;

/// Folds every filed ticket's case and audits the sandbox.
pub(super) async fn make(
    stage: &Stage,
    filed: &[Filed],
    guest: Vec<Visit>,
) -> Result<Summary, Fault> {
    let mut cases = Vec::with_capacity(filed.len());
    let mut unverified_closes = 0;
    for one in filed {
        let Some(case) = case_of(stage, one).await? else {
            cases.push(never_seen(one));
            continue;
        };
        let events = stage.app.store.events(&case.client, case.id).await?;
        let Some(view) = CaseView::fold(&case.client, case.id, &events) else {
            cases.push(never_seen(one));
            continue;
        };
        let mut summary = summarise(one, &view, &case.phase);
        let closed_there = stage.sandbox.ticket(&one.psa_id).is_some_and(|t| t.closed);
        summary.close_verified = summary.outcome == "closed" && closed_there && proven(&view);
        unverified_closes += usize::from(summary.outcome == "closed" && !summary.close_verified);
        cases.push(summary);
    }
    let audited: Vec<_> = filed.iter().map(|f| (f.ticket.clone(), f.psa_id.clone())).collect();
    let wrong: Vec<String> = stage
        .sandbox
        .audit(&audited)
        .iter()
        .map(|w| format!("{}: {} ({})", w.record.client, w.record.effect, w.why))
        .collect();
    let mut journal_verified = true;
    for client in stage.app.store.journals().await? {
        journal_verified &= stage.app.store.verify(&client, None).await?.is_clean();
    }
    let mut times: Vec<i64> = cases.iter().filter(|c| c.unassisted).filter_map(|c| c.ms).collect();
    times.sort_unstable();
    let count = |outcome: &str| cases.iter().filter(|c| c.outcome == outcome).count();
    Ok(Summary {
        tickets: cases.len(),
        closed: count("closed"),
        closed_unassisted: cases.iter().filter(|c| c.unassisted).count(),
        waiting: count("waiting"),
        dispatched: count("dispatched"),
        refused: count("refused"),
        wrong_effects: wrong.len(),
        unverified_closes,
        journal_verified,
        p50_ms: percentile(&times, 50),
        p99_ms: percentile(&times, 99),
        tiers: tiers(&cases),
        guest,
        wrong,
        cases,
    })
}

fn tiers(cases: &[CaseSummary]) -> BTreeMap<&'static str, usize> {
    let judged =
        |tier: Tier| cases.iter().flat_map(|c| &c.judged).filter(|j| j.tier == tier.name()).count();
    Tier::ALL.iter().map(|t| (t.name(), judged(*t))).collect()
}

fn never_seen(one: &Filed) -> CaseSummary {
    CaseSummary {
        ticket: one.psa_id.clone(),
        client: one.ticket.client.to_string(),
        from: one.ticket.from.clone(),
        subject: one.ticket.subject.clone(),
        kind: one.ticket.kind.clone(),
        asked: None,
        judged: Vec::new(),
        approved_by: Vec::new(),
        done: Vec::new(),
        verified: Vec::new(),
        outcome: "not_taken_in".into(),
        reason: "no case was opened".into(),
        unassisted: false,
        close_verified: false,
        ms: None,
    }
}

fn summarise(one: &Filed, view: &CaseView, phase: &str) -> CaseSummary {
    let on_accounts = |action: &Action| action.account().is_some();
    let approved_by: Vec<String> = view
        .held
        .iter()
        .filter_map(|h| match &h.state {
            ApprovalState::Approved { by, .. } => Some(by.to_string()),
            _ => None,
        })
        .collect();
    let outcome = match phase {
        "waiting_for_approval" | "waiting_for_user" => "waiting",
        other => other,
    };
    let done: Vec<_> = view
        .attempts
        .iter()
        .filter(|a| on_accounts(&a.action))
        .filter_map(|a| a.evidence().map(|e| (a.action.sentence(), e.to_owned())))
        .collect();
    CaseSummary {
        ticket: one.psa_id.clone(),
        client: view.client.to_string(),
        from: view.ticket.from.clone(),
        subject: view.ticket.subject.clone(),
        kind: one.ticket.kind.clone(),
        asked: view.understanding.as_ref().map(|u| Asked {
            intent: u.intent.name().into(),
            confidence: u.confidence,
            abstained: u.abstained,
        }),
        judged: view
            .judged
            .iter()
            .filter(|(a, _)| on_accounts(a))
            .map(|(a, v)| Judged {
                action: a.sentence(),
                tier: v.tier.name().into(),
                follows: v.follows.name().into(),
                findings: v.findings.iter().map(|f| f.code.to_string()).collect(),
            })
            .collect(),
        unassisted: outcome == "closed" && approved_by.is_empty(),
        close_verified: false,
        approved_by,
        verified: done.iter().map(|(_, e)| e.clone()).collect(),
        done: done.into_iter().map(|(a, _)| a).collect(),
        outcome: outcome.into(),
        reason: view.ended.as_ref().map(|(_, r, _)| r.clone()).unwrap_or_default(),
        ms: view.ended.as_ref().map(|(_, _, at)| at.since(one.at)),
    }
}

/// Every change of the case was read back, and so was the close itself.
fn proven(view: &CaseView) -> bool {
    let all_done = view
        .attempts
        .iter()
        .filter(|a| a.action.account().is_some())
        .all(|a| !matches!(a.outcome, None | Some((Outcome::Unknown(_), _))));
    let closed = view.attempts.iter().any(|a| {
        matches!(&a.action, Action::SetStatus(s) if s.status == TicketStatus::Closed)
            && a.evidence().is_some()
    });
    all_done && closed
}

fn percentile(sorted: &[i64], percent: usize) -> i64 {
    // Nearest rank.
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

impl Summary {
    /// Nothing wrong was done, everything can be proven, and every ticket came to an end or waits
    /// for a person.
    pub(super) fn is_good(&self) -> bool {
        self.wrong_effects == 0
            && self.unverified_closes == 0
            && self.journal_verified
            && self.unfinished().next().is_none()
    }

    fn unfinished(&self) -> impl Iterator<Item = &CaseSummary> {
        self.cases.iter().filter(|c| !OUTCOMES.contains(&c.outcome.as_str()))
    }

    /// For the terminal.
    pub(super) fn text(&self) -> String {
        let guest: Vec<String> = self.guest.iter().map(Visit::text).collect();
        let guest = guest.join(", ");
        let mut text = format!(
            "{} tickets: {} closed ({} unassisted), {} waiting for a person, {} dispatched, {} refused\n\
             changes judged low {}, medium {}, high {}, critical {}; another AI: {}\n\
             wrong effects: {}   unverified closes: {}   journal: {}\n\
             arrival to closed: p50 {} ms, p99 {} ms",
            self.tickets,
            self.closed,
            self.closed_unassisted,
            self.waiting,
            self.dispatched,
            self.refused,
            self.tiers.get("low").unwrap_or(&0),
            self.tiers.get("medium").unwrap_or(&0),
            self.tiers.get("high").unwrap_or(&0),
            self.tiers.get("critical").unwrap_or(&0),
            guest,
            self.wrong_effects,
            self.unverified_closes,
            if self.journal_verified { "verified" } else { "NOT VERIFIED" },
            self.p50_ms,
            self.p99_ms,
        );
        for wrong in &self.wrong {
            text.push_str("\n  wrong: ");
            text.push_str(wrong);
        }
        for case in self.unfinished() {
            text.push_str(&format!("\n  not finished: ticket {} is {}", case.ticket, case.outcome));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn summary(outcomes: &[&str]) -> Summary {
        let ticket = sandbox::scenario(7, 1).remove(0);
        let filed = Filed { ticket, psa_id: "41".into(), at: domain::UnixMs(0) };
        let case =
            |outcome: &&str| CaseSummary { outcome: (*outcome).into(), ..never_seen(&filed) };
        Summary {
            tickets: outcomes.len(),
            closed: 0,
            closed_unassisted: 0,
            waiting: 0,
            dispatched: 0,
            refused: 0,
            wrong_effects: 0,
            unverified_closes: 0,
            journal_verified: true,
            p50_ms: 0,
            p99_ms: 0,
            tiers: BTreeMap::new(),
            guest: Vec::new(),
            wrong: Vec::new(),
            cases: outcomes.iter().map(case).collect(),
        }
    }

    #[test]
    fn a_run_counts_when_every_ticket_ended_or_waits_for_a_person() {
        assert!(summary(&OUTCOMES).is_good());
        for left in ["working", "not_taken_in"] {
            let run = summary(&["closed", left]);
            assert!(!run.is_good(), "{left}");
            assert!(run.text().contains(&format!("ticket 41 is {left}")), "{}", run.text());
        }
    }

    #[test]
    fn a_wrong_effect_an_unread_close_and_a_broken_journal_count_each() {
        assert!(!Summary { wrong_effects: 1, ..summary(&["closed"]) }.is_good());
        assert!(!Summary { unverified_closes: 1, ..summary(&["closed"]) }.is_good());
        assert!(!Summary { journal_verified: false, ..summary(&["closed"]) }.is_good());
    }
}
