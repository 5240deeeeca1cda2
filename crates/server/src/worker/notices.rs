//! Tells people what ran at Medium and which breakers opened: the console's list, and mail.
//!
//! Chat comes later as one more way out of the same list.

use super::{drive::Driver, spans, stop::Stop};
use crate::{app::App, clock, ops::traces::Id};
use domain::Attempt;
use std::{sync::Arc, time::Duration};
use store::{NewNotice, Notice};

/// Notices mailed in one go.
const BATCH: u32 = 20;

/// What people are told of an attempt that ran at Medium or above.
pub(super) fn of_attempt(driver: &Driver<'_>, attempt: &Attempt) -> NewNotice {
    let verdict = driver.view.verdict_on(&attempt.action);
    let why: Vec<String> = verdict.map_or_else(Vec::new, |v| {
        v.findings.iter().filter(|f| f.minimum == v.tier).map(|f| f.because.to_string()).collect()
    });
    let asked = match driver.view.ticket.from.as_str() {
        "" => format!("asked by {}", driver.brain()),
        from => format!("asked by {from} in {}", driver.view.ticket.ticket),
    };
    let in_force = driver.app.policy();
    let period = in_force.as_ref().as_ref().map_or(0, |p| p.document().undo_period_ms);
    let sure = driver.view.understanding.as_ref().map(|u| u.confidence * 100.0);
    let sure = sure.map(|p| format!("; {p:.0} % sure of the request")).unwrap_or_default();
    NewNotice {
        client: Some(driver.view.client.clone()),
        case: Some(driver.view.id),
        attempt: Some(attempt.id),
        kind: attempt.tier.name().into(),
        title: attempt.action.sentence(),
        detail: format!(
            "{} at {}, {asked}{sure}. {}",
            attempt.tier,
            driver.client.name,
            why.join("; ")
        ),
        undo_until: attempt.action.opposite().map(|_| clock::now().plus_ms(period)),
    }
}

/// What people are told of a question that waits for one of them.
pub(super) fn of_question(driver: &Driver<'_>, approval: &domain::Approval) -> NewNotice {
    NewNotice {
        client: Some(driver.view.client.clone()),
        case: Some(driver.view.id),
        kind: "question".into(),
        title: format!("Waits for a decision: {}", approval.sentence),
        detail: format!(
            "{} at {}, until {}. Decide: {}/approvals/{}",
            approval.tier,
            driver.client.name,
            approval.expires_at,
            driver.app.public_url,
            approval.id
        ),
        ..NewNotice::default()
    }
}

/// Mails what waits, until told to stop.
pub(super) async fn run(app: Arc<App>, mut stop: Stop) {
    while !stop.is_set() {
        let parts = app.parts();
        if parts.mail.is_some() && !parts.notify.is_empty() && super::my_turn(&app, "notices").await
        {
            mail(&app).await;
        }
        stop.rest(Duration::from_secs(2)).await;
    }
}

async fn mail(app: &App) {
    let waiting = match app.store.unmailed(BATCH).await {
        Ok(waiting) => waiting,
        Err(e) => {
            if app.complaints.raise("notices", &e.to_string()) {
                tracing::warn!(error = %e, "notices are mailed later");
            }
            return;
        }
    };
    for notice in waiting {
        // A slow mail server may have used up the turn.
        if !super::my_turn(app, "notices").await {
            return;
        }
        let span = notice.what.client.as_ref().zip(notice.what.case);
        let span = span.map(|(client, case)| spans::begin(client, case, "notify"));
        let sent = send(app, &notice).await;
        if let Some(span) = span {
            let span = span
                .with("journeyman.channel", "mail")
                .failed(sent.as_ref().err().map(|_| "not_sent"));
            app.traces.end(match notice.what.attempt {
                Some(attempt) => span.under(Id::Perform(attempt)),
                None => span,
            });
        }
        if let Err(e) = &sent
            && app.complaints.raise("notices", e)
        {
            tracing::warn!(error = %e, "a notice could not be mailed");
        }
        if let Err(e) = app.store.mailed(notice.id, sent.is_ok(), clock::now()).await {
            tracing::warn!(error = %e, "a notice may be mailed twice");
        }
    }
}

async fn send(app: &App, notice: &Notice) -> Result<(), String> {
    let parts = app.parts();
    let Some(smtp) = &parts.mail else { return Ok(()) };
    let mut text = format!("{}\n\n{}\n", notice.what.title, notice.what.detail);
    if let Some(case) = &notice.what.case {
        text.push_str(&format!("\nThe case: {}/cases/{case}\n", app.public_url));
    }
    if let (Some(case), Some(_), Some(until)) =
        (&notice.what.case, notice.what.attempt, notice.what.undo_until)
    {
        text.push_str(&format!(
            "Take it back until {until}: {}/cases/{case}#undo\n",
            app.public_url
        ));
    }
    for to in &parts.notify {
        smtp.send(to, &notice.what.title, &text).await.map_err(|e| e.to_string())?;
    }
    Ok(())
}
