//! The configuration read again while the server runs, on SIGHUP or by `journeyman reload`.
//!
//! INVARIANTS: the file is read and checked whole, secrets included, before anything changes; a file
//! that cannot be used changes nothing. What is told of a change is its name, never a value.

use crate::{app::App, config::Config, parts::Parts};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Display, sync::Arc};

/// What a reload did. All by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reloaded {
    /// What is different from now on.
    pub(crate) changed: Vec<String>,
    /// What is different in the file and takes effect at the next start only.
    pub(crate) needs_restart: Vec<String>,
}

/// Reads the configuration's file again and swaps the parts that were made of it. Secrets are read anew,
/// also when their place is the same. Cases that are being worked on finish with the parts that they
/// began with.
///
/// # Errors
/// Every mistake of the file, by its key and with what would be right. Nothing was changed then.
pub(crate) async fn reload(app: &App, by: &str) -> Result<Reloaded, String> {
    let mut loaded = app.loaded.lock().await;
    match read(app, &loaded) {
        Ok((config, parts)) => {
            let reloaded = Reloaded {
                changed: changed(&loaded, &config),
                needs_restart: needs_restart(&app.started, &config),
            };
            *loaded = config;
            app.parts.send_replace(Arc::new(parts));
            app.look.notify_waiters();
            app.due.notify_one();
            tracing::info!(
                by,
                changed = %list(&reloaded.changed),
                needs_restart = %list(&reloaded.needs_restart),
                "configuration read again"
            );
            Ok(reloaded)
        }
        Err(wrong) => {
            tracing::error!(by, error = %wrong, "configuration not read again: nothing was changed");
            Err(wrong)
        }
    }
}

fn read(app: &App, loaded: &Config) -> Result<(Config, Parts), String> {
    let Some(file) = &loaded.file else {
        return Err("this server was not started from a configuration file".into());
    };
    let config = Config::read(file).map_err(|e| e.to_string())?;
    let mut wrong = config.mistakes();
    wrong.extend(config.secrets().iter().filter_map(|s| s.read().err()).map(|e| e.to_string()));
    if wrong.is_empty() {
        wrong = crate::app::unusable(&config);
    }
    if !wrong.is_empty() {
        return Err(format!("configuration {}: {}", file.display(), wrong.join("; ")));
    }
    let parts = Parts::new(&config, &app.msp_name, Some(&app.parts()))
        .map_err(|e| format!("configuration {}: {e}", file.display()))?;
    Ok((config, parts))
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

fn changed(before: &Config, after: &Config) -> Vec<String> {
    let mut out = Vec::new();
    let clients = |c: &Config| c.client.iter().map(|e| (e.id.clone(), e.clone())).collect();
    entries(&mut out, "client", &clients(before), &clients(after));
    let psas = |c: &Config| c.psa.iter().map(|e| (e.name.clone(), e.clone())).collect();
    entries(&mut out, "help desk", &psas(before), &psas(after));
    let single = [
        ("mail", before.mail != after.mail),
        ("slack", before.slack != after.slack),
        ("notify", before.notify != after.notify),
        ("poll_ms", before.poll_ms != after.poll_ms),
        ("workers", before.workers != after.workers),
        ("metrics_token", before.metrics_token != after.metrics_token),
        ("witness", before.witness != after.witness),
    ];
    out.extend(single.iter().filter(|(_, changed)| *changed).map(|(name, _)| (*name).to_owned()));
    out
}

fn entries<K: Ord + Display, E: PartialEq>(
    out: &mut Vec<String>,
    what: &str,
    before: &BTreeMap<K, E>,
    after: &BTreeMap<K, E>,
) {
    for (key, entry) in after {
        match before.get(key) {
            None => out.push(format!("{what} {key} added")),
            Some(old) if old != entry => out.push(format!("{what} {key} changed")),
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|key| !after.contains_key(key));
    out.extend(gone.map(|key| format!("{what} {key} removed")));
}

/// Against what the server was started with: until it is started again, it runs with that.
fn needs_restart(started: &Config, after: &Config) -> Vec<String> {
    let keys = [
        ("data_dir", started.data_dir != after.data_dir),
        ("database", started.database != after.database),
        ("listen", started.listen != after.listen),
        ("public_url", started.public_url != after.public_url),
        ("msp_name", started.msp_name != after.msp_name),
        ("brain", started.brain != after.brain),
        ("telemetry", started.telemetry != after.telemetry),
    ];
    keys.iter().filter(|(_, changed)| *changed).map(|(name, _)| (*name).to_owned()).collect()
}

/// Reads the configuration again at every SIGHUP, until dropped.
pub(crate) async fn on_hangup(app: Arc<App>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => hangups,
            Err(e) => {
                tracing::warn!(error = %e, "SIGHUP is not heard; `journeyman reload` works");
                return;
            }
        };
        while hangups.recv().await.is_some() {
            // Told in the log.
            let _ = reload(&app, "SIGHUP").await;
        }
    }
    #[cfg(not(unix))]
    {
        let _ = app;
        std::future::pending::<()>().await;
    }
}
