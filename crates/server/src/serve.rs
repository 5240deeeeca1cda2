//! Starts and stops the server: port first, then worker, then a graceful end.

use crate::{
    app::{App, StartError},
    ops, web,
    worker::{self, stop::Stop},
};
use std::{
    fs::{File, TryLockError},
    io::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};
use store::{Kept, Name};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// How long answers that were begun may still take when the port closes.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The file that says who serves a data folder.
const LOCK: &str = "serve.lock";
/// How long the last spans may take.
const LAST_SPANS: Duration = Duration::from_secs(2);
/// How often the node's name is made sure of.
const NAME_EVERY: Duration = Duration::from_secs(1);
/// Times that a start asks for the name.
const NAME_TRIES: u32 = 5;
/// Under this topic it is told that the name is not held.
const NAME: &str = "node name";

/// A running server.
pub(crate) struct Running {
    pub(crate) app: Arc<App>,
    pub(crate) address: SocketAddr,
    switch: watch::Sender<bool>,
    /// Closes the port.
    shut: watch::Sender<bool>,
    worker: JoinHandle<()>,
    web: JoinHandle<()>,
    upkeep: JoinHandle<()>,
    /// Has the last spans sent.
    last_span: watch::Sender<bool>,
    tracer: JoinHandle<()>,
    /// Holds the node's name.
    keeper: JoinHandle<()>,
    _lock: File,
}

/// Takes the data folder and the port, and starts worker and console.
pub(crate) async fn start(
    app: App,
    data_dir: &Path,
    listen: SocketAddr,
) -> Result<Running, StartError> {
    let lock = take(data_dir)?;
    let name = take_name(&app, data_dir).await?;
    let listener = TcpListener::bind(listen).await.map_err(|e| {
        StartError(format!(
            "cannot listen on {listen}: {e}; stop what uses the port, or set `listen` to another one"
        ))
    })?;
    let address = listener.local_addr().map_err(|e| StartError(e.to_string()))?;
    say_address(&lock, address)
        .map_err(|e| StartError(format!("{}: {e}", data_dir.join(LOCK).display())))?;
    let app = Arc::new(app);
    ops::metrics::start();
    let upkeep = tokio::spawn(ops::metrics::upkeep());
    let (switch, stop) = Stop::new();
    let (last_span, told) = Stop::new();
    let telling = app.clone();
    let tracer = tokio::spawn(async move { telling.traces.run(told).await });
    let keeper = tokio::spawn(keep_name(app.clone(), name));
    let worker = tokio::spawn(worker::run(app.clone(), stop));
    let service = web::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let (shut, mut closing) = Stop::new();
    let web = tokio::spawn(async move {
        let served = axum::serve(listener, service)
            .with_graceful_shutdown(async move { closing.wait().await })
            .await;
        if let Err(e) = served {
            tracing::error!(error = %e, "the console stopped");
        }
    });
    Ok(Running {
        app,
        address,
        switch,
        shut,
        worker,
        web,
        upkeep,
        last_span,
        tracer,
        keeper,
        _lock: lock,
    })
}

/// One server per data folder: two would lease each other's cases and count volumes apart. The
/// system frees the lock when the process ends, however it ends.
pub(crate) fn take(data_dir: &Path) -> Result<File, StartError> {
    let path = data_dir.join(LOCK);
    let fail = |e: &dyn std::fmt::Display| StartError(format!("{}: {e}", path.display()));
    // What stands in it is the running server's.
    let file = File::options().create(true).write(true).truncate(false).open(&path);
    let file = file.map_err(|e| fail(&e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError(format!(
            "another Journeyman serves the data folder {}; stop it first, or give this one its own `data_dir`",
            data_dir.display()
        ))),
        Err(TryLockError::Error(e)) => Err(fail(&e)),
    }
}

/// Writes into the lock where its holder listens, for commands on this machine.
fn say_address(mut lock: &File, address: SocketAddr) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.write_all(format!("{address}\n").as_bytes())?;
    lock.sync_all()
}

/// Where the running server of this data folder can be reached from this machine.
///
/// # Errors
/// When no server runs on it.
pub(crate) fn address_of(data_dir: &Path) -> Result<SocketAddr, StartError> {
    let nobody = || {
        StartError(format!(
            "no server runs on the data folder {}; `journeyman serve` starts one, and reads the configuration anew",
            data_dir.display()
        ))
    };
    let path = data_dir.join(LOCK);
    let file = File::open(&path).map_err(|_| nobody())?;
    if file.try_lock_shared().is_ok() {
        return Err(nobody());
    }
    let text = std::fs::read_to_string(&path).map_err(|_| nobody())?;
    let mut address: SocketAddr = text.trim().parse().map_err(|_| nobody())?;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(address)
}

/// One server per node's name, wherever it runs. What a server that was killed held may take a moment to
/// be free.
async fn take_name(app: &App, data_dir: &Path) -> Result<Name, StartError> {
    for tried in 0..NAME_TRIES {
        if tried > 0 {
            tokio::time::sleep(NAME_EVERY).await;
        }
        if let Some(name) = app.store.take_name().await.map_err(|e| StartError(e.to_string()))? {
            return Ok(name);
        }
    }
    Err(StartError(format!(
        "another running server has the name of this node ({}): this data folder and its own are copies of each other. Stop the other one; or, to run both, delete the file {} and start again: another name is made. If the other one's machine was lost a moment ago, start again in half a minute",
        app.store.node(),
        data_dir.join("node").display()
    )))
}

/// Makes sure of the node's name every second, and takes it again when the connection that held it broke.
async fn keep_name(app: Arc<App>, mut name: Name) {
    loop {
        tokio::time::sleep(NAME_EVERY).await;
        let wrong = match name.keep().await {
            Kept::Still => continue,
            Kept::Again => {
                app.complaints.settle(NAME);
                tracing::info!("the connection that holds the node's name was made again");
                continue;
            }
            Kept::Anothers => format!(
                "another running server took the name of this node ({}): its data folder is a copy of this one's. Stop it, delete the file `node` in its data folder, and start it again",
                app.store.node()
            ),
            Kept::Unknown(e) => e.to_string(),
        };
        if app.complaints.raise(NAME, &wrong) {
            tracing::error!(error = %wrong, "nothing new is worked on until the node's name is held again");
        }
    }
}

impl Running {
    /// Ends intake, lets cases reach their next journal entry, and closes the store. Until the cases
    /// rest, the console answers, and `/readyz` says that nothing new should be sent here.
    pub(crate) async fn stop(mut self) {
        self.app.ops.drain();
        self.upkeep.abort();
        let _ = self.switch.send(true);
        let _ = tokio::time::timeout(Duration::from_secs(20), self.worker).await;
        let _ = self.shut.send(true);
        // Live views hold connections open for ever; do not wait for them.
        if tokio::time::timeout(LAST_ANSWERS, &mut self.web).await.is_err() {
            self.web.abort();
            let _ = self.web.await;
        }
        let _ = self.last_span.send(true);
        if tokio::time::timeout(LAST_SPANS, &mut self.tracer).await.is_err() {
            self.tracer.abort();
            let _ = self.tracer.await;
        }
        // Only now: until here, leases and turns were held under it.
        self.keeper.abort();
        let _ = self.keeper.await;
        let store = self.app.store.clone();
        drop(self.app);
        store.close().await;
    }
}

/// Waits for Ctrl-C or a terminate signal.
pub(crate) async fn interrupted() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut s) => {
                    s.recv().await;
                }
                Err(_) => std::future::pending::<()>().await,
            }
        };
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
