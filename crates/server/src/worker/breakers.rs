//! Opens breakers by itself when what the journal shows goes wrong. Only people close them.

use crate::{app::App, clock};
use domain::{ActionKind, Actor, BreakerScope, ClientId};
use gate::{BreakerLimits, breaker};
use store::{NewNotice, StoreError};

/// One hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// Looks at the figures of what just ended: this kind for this client, the client, everything.
pub(super) async fn look(app: &App, client: &ClientId, kind: ActionKind) {
    let in_force = app.policy();
    let Ok(policy) = in_force.as_ref() else { return };
    let limits = &policy.document().breakers;
    let scopes = [
        (Some(client), Some(kind), BreakerScope::Action(client.clone(), kind)),
        (Some(client), None, BreakerScope::Client(client.clone())),
        (None, None, BreakerScope::Everything),
    ];
    for (client, kind, scope) in scopes {
        match trip(app, limits, client, kind, scope).await {
            Ok(()) => {
                app.complaints.settle("breakers");
            }
            Err(e) => {
                if app.complaints.raise("breakers", &e.to_string()) {
                    tracing::warn!(error = %e, "the breakers cannot be looked after now");
                }
            }
        }
    }
}

async fn trip(
    app: &App,
    limits: &BreakerLimits,
    client: Option<&ClientId>,
    kind: Option<ActionKind>,
    scope: BreakerScope,
) -> Result<(), StoreError> {
    let now = clock::now();
    let since = now.plus_ms(-limits.window_ms);
    let stats = app.store.attempt_stats(client, kind, since, now.plus_ms(-HOUR_MS)).await?;
    let stats = breaker::Stats {
        attempts: stats.attempts,
        failed: stats.failed,
        unverified: stats.unverified,
        reversed: stats.reversed,
        last_hour: stats.last_hour,
        usual_per_hour: stats.usual_per_hour,
    };
    let Some(reason) = breaker::trips(limits, &stats) else { return Ok(()) };
    let opened =
        app.store.open_breaker(scope.clone(), limits.mode, &reason, Actor::Platform, now).await?;
    if opened {
        tracing::warn!(%scope, %reason, "a breaker opened");
        let notice = NewNotice {
            kind: "breaker".into(),
            title: format!("The breaker for {scope} opened"),
            detail: reason,
            ..NewNotice::default()
        };
        app.store.put_notice(notice, now).await?;
    }
    Ok(())
}
