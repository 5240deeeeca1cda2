//! Shows each client's newest checkpoint to a witness, so that nobody with this machine in his hands
//! can take back what was journalled; and keeps the tiles of the trees up to date for proofs.
//!
//! INVARIANT: what a witness answers is kept only when it is signed with the witness's key over exactly
//! the checkpoint that it was sent.

use super::stop::Stop;
use crate::{app::App, clock, config::WitnessConfig};
use domain::{ClientId, UnixMs};
use std::{collections::BTreeMap, io::Write as _, path::Path, sync::Arc, time::Duration};
use store::{Cosigner, Store, add_checkpoint, split_notes};

/// How often is looked for new checkpoints.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The witness is shown one client's checkpoint at most this often, in milliseconds.
const PACE_MS: i64 = 60_000;
/// The longest pause after failures.
const LONGEST_MS: i64 = 3_600_000;
/// The witness has this long to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The witness of a configuration, ready to be asked.
#[derive(Debug)]
pub(crate) struct Witness {
    config: WitnessConfig,
    /// Address of `add-checkpoint`, and the key of its cosignatures.
    remote: Option<(url::Url, Cosigner)>,
}

impl Witness {
    /// # Errors
    /// Names the key of the configuration that is wrong, and what would be right.
    pub(crate) fn new(config: &WitnessConfig) -> Result<Witness, String> {
        let remote = match (&config.url, &config.vkey) {
            (None, None) if config.file.is_none() => {
                return Err("[witness] needs `url` and `vkey`, or `file`".into());
            }
            (None, None) => None,
            (Some(url), Some(vkey)) => {
                let cosigner = Cosigner::from_vkey(vkey).map_err(|e| format!("`vkey`: {e}"))?;
                if config.name.as_deref().is_some_and(|name| name != cosigner.name()) {
                    return Err(format!(
                        "[witness] `name` is not {:?}, as its `vkey` says",
                        cosigner.name()
                    ));
                }
                let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
                let url = crate::api::webhooks::check_url(&url)
                    .map_err(|_| "[witness] `url` must begin with https:// (http only on this machine) and hold no user name or password".to_owned())?;
                Some((url, cosigner))
            }
            _ => return Err("[witness] `url` and `vkey` belong together; give both".into()),
        };
        Ok(Witness { config: config.clone(), remote })
    }
}

/// When each client's checkpoint is shown next, and how often that failed in a row.
#[derive(Debug, Default)]
pub(super) struct Pace {
    next: BTreeMap<ClientId, (UnixMs, u32)>,
    tiles: UnixMs,
}

impl Pace {
    fn is_due(&self, client: &ClientId, now: UnixMs) -> bool {
        self.next.get(client).is_none_or(|(at, _)| *at <= now)
    }

    fn done(&mut self, client: &ClientId, now: UnixMs, well: bool) {
        let failed = self.next.get(client).map_or(0, |(_, failed)| *failed);
        let failed = if well { 0 } else { failed.saturating_add(1) };
        let pause = PACE_MS.saturating_mul(1 << failed.min(10)).min(LONGEST_MS);
        self.next.insert(client.clone(), (now.plus_ms(pause), failed));
    }
}

/// Looks until told to stop.
pub(super) async fn run(app: Arc<App>, mut stop: Stop) {
    let http = match crate::api::webhooks::outgoing(TIMEOUT) {
        Ok(http) => http,
        Err(e) => {
            tracing::error!(error = %e, "no witness can be asked");
            return;
        }
    };
    let mut pace = Pace::default();
    while !stop.is_set() {
        if super::my_turn(&app, "witness").await {
            round(&app, &http, &mut pace, clock::now()).await;
        }
        stop.rest(LOOK_EVERY).await;
    }
}

/// One look at every journal.
pub(super) async fn round(app: &App, http: &reqwest::Client, pace: &mut Pace, now: UnixMs) {
    let clients = match app.store.journals().await {
        Ok(clients) => clients,
        Err(e) => return complain(app, "witness", &e.to_string()),
    };
    if pace.tiles <= now && super::my_turn(app, "tiles").await {
        pace.tiles = now.plus_ms(PACE_MS);
        for client in &clients {
            let filled = app.store.fill_tiles(client).await;
            settle(app, "tiles", filled.map(drop).map_err(|e| format!("{client}: {e}")));
        }
    }
    let Some(witness) = app.parts().witness.clone() else { return };
    if let Some(file) = &witness.config.file {
        let written = keep(&app.store, &clients, file).await;
        settle(app, "witness file", written.map_err(|e| format!("[witness] `file`: {e}")));
    }
    let Some((url, cosigner)) = &witness.remote else { return };
    for client in &clients {
        if !pace.is_due(client, now) || !super::my_turn(app, "witness").await {
            continue;
        }
        let shown = show(&app.store, http, url, cosigner, client, now).await;
        pace.done(client, now, shown.is_ok());
        let topic = format!("witness {client}");
        settle(app, &topic, shown.map_err(|e| format!("{client}: {e}")));
    }
}

fn settle(app: &App, topic: &str, done: Result<(), String>) {
    match done {
        Ok(()) => drop(app.complaints.settle(topic)),
        Err(e) => complain(app, topic, &e),
    }
}

fn complain(app: &App, topic: &str, why: &str) {
    if app.complaints.raise(topic, why) {
        tracing::warn!(error = %why, "{topic}: tried again later");
    }
}

/// Shows the newest checkpoint and keeps the cosignature.
async fn show(
    store: &Store,
    http: &reqwest::Client,
    url: &url::Url,
    cosigner: &Cosigner,
    client: &ClientId,
    now: UnixMs,
) -> Result<(), String> {
    let text = |e: store::StoreError| e.to_string();
    let Some(note) = store.checkpoint(client).await.map_err(text)? else { return Ok(()) };
    let size = store.read_checkpoint(client, &note).map_err(text)?.size;
    let mut old = store.cosigned_size(client, cosigner.name()).await.map_err(text)?;
    if old == size {
        return Ok(());
    }
    let mut asked_again = false;
    loop {
        if old > size {
            return Err(format!(
                "the witness has seen {old} entries and this journal has {size}: it was rolled back, or restored from an older backup"
            ));
        }
        let proof = store.prove_consistency(client, old, size).await.map_err(text)?;
        let sent = http
            .post(url.clone())
            .header("content-type", "text/plain; charset=utf-8")
            .body(add_checkpoint(old, &proof, &note))
            .send()
            .await
            .map_err(|e| format!("the witness does not answer: {}", e.without_url()))?;
        let status = sent.status().as_u16();
        let sizes = sent.headers().get("content-type").is_some_and(|t| t == "text/x.tlog.size");
        let answer = sent.text().await.map_err(|e| e.without_url().to_string())?;
        match status {
            200 => {
                let (line, _) = cosigner.find(&note, &answer).ok_or(
                    "the witness's cosignature is not valid under `vkey`; see that it is the witness's key",
                )?;
                let put = store.put_cosignature(client, size, cosigner.name(), &line, now);
                return put.await.map_err(text);
            }
            409 => {
                let known = answer.trim().parse::<u64>().ok().filter(|k| sizes && *k != old);
                match known {
                    Some(known) if !asked_again => (old, asked_again) = (known, true),
                    Some(_) => return Err("the witness was shown another checkpoint meanwhile".into()),
                    None => return Err(fork(old)),
                }
            }
            422 => return Err(fork(old)),
            403 => return Err("the witness does not accept the signature (403); register `journeyman journal checkpoint`'s key with it".into()),
            404 => return Err("the witness does not know this log (404); register its origin and key, which `journeyman journal checkpoint` prints".into()),
            other => return Err(format!("the witness answered {other}")),
        }
    }
}

fn fork(size: u64) -> String {
    format!(
        "the witness has seen another history up to {size} entries: this journal was rewritten; `journeyman journal verify --witness FILE` with what it kept says more"
    )
}

/// Appends checkpoints that are newer than those in the file. An older one is an error, after the others
/// were appended.
async fn keep(store: &Store, clients: &[ClientId], file: &Path) -> Result<(), String> {
    let fail = |e: std::io::Error| {
        format!("{}: {e}; name a file that this user may append to", file.display())
    };
    let kept = match std::fs::read_to_string(file) {
        Ok(kept) => kept,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(fail(e)),
    };
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for note in split_notes(&kept) {
        let mut lines = note.lines();
        if let (Some(origin), Some(Ok(size))) = (lines.next(), lines.next().map(str::parse::<u64>))
        {
            let known = sizes.entry(origin.to_owned()).or_default();
            *known = size.max(*known);
        }
    }
    let (mut news, mut older) = (String::new(), Ok(()));
    for client in clients {
        let text = |e: store::StoreError| e.to_string();
        let Some(note) = store.checkpoint(client).await.map_err(text)? else { continue };
        let read = store.read_checkpoint(client, &note).map_err(text)?;
        let known = sizes.get(&read.origin).copied().unwrap_or(0);
        if known > read.size {
            older = Err(format!(
                "{client}: the file has seen {known} entries and this journal has {}: it was rolled back, or restored from an older backup",
                read.size
            ));
        }
        if known < read.size {
            news.push_str(&note);
            news.push('\n');
        }
    }
    if news.is_empty() {
        return older;
    }
    let mut open =
        std::fs::OpenOptions::new().create(true).append(true).open(file).map_err(fail)?;
    open.write_all(news.as_bytes()).and_then(|()| open.sync_all()).map_err(fail)?;
    older
}

#[cfg(test)]
#[path = "witness_tests.rs"]
mod tests;
