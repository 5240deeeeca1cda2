//! Facts about things: scripts and their approval, how changes fared across clients.
//!
//! No connector reads devices, patches, mailboxes or licences yet, so those facts stay missing, and
//! the gate answers with the strictest that they could have said.

use crate::{app::App, clock};
use domain::{Action, Fact, Facts, FleetFacts, ScriptFacts, action::Need};
use gate::{Policy, Request};
use store::StoreError;

/// Reads what the action needs of them.
pub(super) async fn read(
    app: &App,
    facts: &mut Facts,
    request: &Request,
    rules: Option<&Policy>,
) -> Result<(), StoreError> {
    let needs = request.action.kind().needs();
    for (need, why) in [
        (Need::Devices, "no connector reads devices yet"),
        (Need::Patch, "no connector reads the vendor's patch catalogue yet"),
        (Need::Mailbox, "no connector reads mailboxes yet"),
        (Need::Cost, "no connector reads licences and prices yet"),
    ] {
        if needs.contains(&need) {
            let why = why.to_owned();
            match need {
                Need::Devices => facts.devices = Fact::Missing(why),
                Need::Patch => facts.patch = Fact::Missing(why),
                Need::Mailbox => facts.mailbox = Fact::Missing(why),
                _ => facts.cost = Fact::Missing(why),
            }
        }
    }
    if let Action::RunScript(a) = &request.action {
        let approved = rules.and_then(|p| p.approved_script_ids.get(&a.script.id));
        let script = ScriptFacts {
            in_library: approved.is_some(),
            hash_matches: approved.is_some_and(|s| s.sha256.eq_ignore_ascii_case(&a.script.sha256)),
            in_scope: approved
                .is_some_and(|s| s.clients.is_empty() || s.clients.contains(&request.client)),
        };
        facts.script = Fact::known(script, "platform", clock::now());
    }
    if needs.contains(&Need::Fleet) {
        facts.fleet = fleet(app, request, rules).await?;
    }
    Ok(())
}

async fn fleet(
    app: &App,
    request: &Request,
    rules: Option<&Policy>,
) -> Result<Fact<FleetFacts>, StoreError> {
    let now = clock::now();
    let window_ms = rules.map_or(86_400_000, |p| p.fleet_window_ms);
    let key = store::change_key(&request.action);
    let kind = request.action.kind();
    let found = app.store.fleet(kind, &key, now.plus_ms(-window_ms)).await;
    let changes = store::split_change_key(&key);
    let both = super::ours(found)?.and_then(|(attempts, failures)| {
        let (more, worse) = app.cells.fared(kind, &changes, window_ms)?;
        Ok((attempts.saturating_add(more), failures.saturating_add(worse)))
    });
    Ok(match both {
        Ok((attempts, failures)) => Fact::known(FleetFacts { attempts, failures }, "platform", now),
        Err(why) => Fact::Missing(why),
    })
}
