//! What is left of a person who may not decide any more: nothing that has not run.
//!
//! INVARIANT: a yes counts only as long as who said it may say it. What was done stays done.

use crate::{
    NewEntry, View,
    approvals::approval,
    journal::at_any_version,
    sql::query,
    writer::{Fault, Tx},
};
use domain::{Actor, Approval, ApprovalState, CaseId, ClientId, Event, PersonId, UnixMs};
use std::collections::BTreeMap;

type Changes = (Vec<NewEntry>, Vec<View>);

/// Voids every question that rests on this person's yes and has not been carried out, drops the
/// changes that they asked for, and wakes the cases. `why` completes "boss …".
pub(crate) async fn void(
    tx: &mut Tx,
    person: &PersonId,
    why: &str,
    by: Actor,
    now: UnixMs,
) -> Result<(), Fault> {
    let rows = query(
        "SELECT a.body FROM approvals a JOIN cases c ON c.client = a.client AND c.id = a.case_id
         WHERE a.state IN ('pending', 'approved') AND c.ended_ms IS NULL
           AND NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.client = a.client
             AND o.approval = a.id AND o.state = 'done')
         ORDER BY a.client, a.case_id, a.asked_ms, a.id",
    )
    .fetch_all(tx.sql().await?)
    .await?;
    let mut cases: BTreeMap<(ClientId, CaseId), Changes> = BTreeMap::new();
    for row in &rows {
        let found = approval(row)?;
        let place = (found.client.clone(), found.case);
        let Some((event, view)) = without(found, person, why) else { continue };
        let (entries, views) = cases.entry(place).or_default();
        entries.push(NewEntry { actor: by.clone(), event });
        views.push(view);
    }
    for ((client, case), (entries, mut views)) in cases {
        views.push(View::News(None));
        at_any_version(tx, &client, case, now, entries, views).await?;
    }
    Ok(())
}

/// What becomes of a question without this person; `None` when it does not rest on them.
fn without(mut found: Approval, person: &PersonId, why: &str) -> Option<(Event, View)> {
    let approved = matches!(&found.state, ApprovalState::Approved { by, .. } if by == person);
    if approved || found.yes.iter().any(|y| y.by == *person) {
        let reason = format!("{person}, who said yes to it, {why}");
        let event = Event::Voided { approval: found.id, reason };
        return Some((event, View::Settle(found.id, ApprovalState::Void)));
    }
    found.change.take_if(|c| c.by == *person)?;
    let reason = format!("{person}, who asked for the change, {why}");
    let event = Event::ChangeRefused { approval: found.id, reason };
    Some((event, View::Update(Box::new(found))))
}
