//! A server configuration for the sandbox, with everything at its default but thresholds that fit a
//! month of tickets in a minute.

use crate::{
    app::{App, StartError},
    clock,
    config::{BrainConfig, ClientEntry, Config, CustomerEntry, PsaEntry},
    web::password,
};
use connectors::{
    SecretSource,
    idp::{active_directory::ActiveDirectoryConfig, graph::GraphConfig},
    mail::smtp::{SmtpConfig, SmtpTls},
    psa::connectwise::{ConnectWise, ConnectWiseConfig},
};
use domain::{ActionKind, Autonomy, PersonId};
use gate::Policy;
use sandbox::{ClientAccess, DirectoryAccess, Sandbox};
use std::{
    collections::BTreeMap,
    error::Error,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use store::{Person, Role, Store};

/// Sign-in name of the demo's administrator.
pub(super) const ADMIN: &str = "admin";
/// Sign-in name of the scripted approver.
pub(super) const APPROVER: &str = "approver";
/// Name of the help desk connector.
pub(super) const PSA: &str = "connectwise";
/// ConnectWise company of senders that belong to no client.
const CATCH_ALL: &str = "CatchAll";

type Fault = Box<dyn Error + Send + Sync>;

/// The demo's data folder; removed at the end unless the user named it.
pub(super) struct Folder {
    path: PathBuf,
    remove: bool,
}

impl Folder {
    pub(super) fn new(named: Option<PathBuf>) -> Result<Folder, Fault> {
        let (path, remove) = match named {
            Some(path) => (path, false),
            None => {
                let name = format!("journeyman-demo-{}", clock::new_id());
                (std::env::temp_dir().join(name), true)
            }
        };
        std::fs::create_dir_all(path.join("secrets"))
            .map_err(|e| format!("cannot make the folder {}: {e}", path.display()))?;
        Ok(Folder { path, remove })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.remove {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// The configuration that works for the sandbox's three clients.
pub(super) fn config(
    sandbox: &Sandbox,
    folder: &Path,
    listen: SocketAddr,
) -> Result<Config, StartError> {
    let access = sandbox.access();
    let cw = &access.connectwise;
    let smtp = sandbox.smtp_addr();
    let connectwise = ConnectWiseConfig {
        base_url: cw.site_url.clone(),
        company: cw.company.clone(),
        public_key: cw.public_key.clone(),
        private_key: secret(folder, "connectwise", cw.private_key.reveal())?,
        client_id: cw.client_id.clone(),
        board: cw.board.clone(),
        statuses: cw.statuses.iter().cloned().collect(),
        member: cw.member.clone(),
        ca_file: None,
        timeout_ms: 20_000,
    };
    let mut clients = Vec::new();
    for (i, client) in access.clients.iter().enumerate() {
        clients.push(entry(client, folder, i == 0)?);
    }
    Ok(Config {
        file: None,
        database: None,
        metrics_token: None,
        data_dir: folder.join("data"),
        listen,
        public_url: format!("http://127.0.0.1:{}", listen.port()),
        msp_name: "Harbour IT".into(),
        poll_ms: 250,
        workers: 8,
        brain: BrainConfig::default(),
        policy: Some(policy()),
        mail: Some(SmtpConfig {
            host: smtp.ip().to_string(),
            port: smtp.port(),
            tls: SmtpTls::NoneOnLoopback,
            user: None,
            password: None,
            from: "Harbour IT Help Desk <helpdesk@harbour-it.example>".into(),
            ca_file: None,
            timeout_ms: 10_000,
        }),
        slack: None,
        witness: None,
        telemetry: None,
        notify: vec![format!("{ADMIN}@harbour-it.example")],
        psa: vec![PsaEntry {
            name: PSA.into(),
            request_tracker: None,
            connectwise: Some(connectwise),
        }],
        client: clients,
        cell: None,
        cells: Vec::new(),
    })
}

fn entry(
    client: &ClientAccess,
    folder: &Path,
    takes_strangers: bool,
) -> Result<ClientEntry, StartError> {
    let customer = |name: &str| CustomerEntry { psa: PSA.into(), customer: name.into() };
    let mut customers = vec![customer(&client.company)];
    if takes_strangers {
        // Somebody has to look at mails from nowhere; no directory knows their senders.
        customers.push(customer(CATCH_ALL));
    }
    let (mut graph, mut active_directory) = (None, None);
    match &client.directory {
        DirectoryAccess::Graph { login_url, graph_url, tenant, client_id, client_secret } => {
            graph = Some(GraphConfig {
                base_url: graph_url.clone(),
                login_url: login_url.clone(),
                tenant: tenant.clone(),
                client_id: client_id.clone(),
                client_secret: secret(folder, client.id.as_str(), client_secret.reveal())?,
                ca_file: None,
                timeout_ms: 20_000,
            });
        }
        DirectoryAccess::ActiveDirectory { url, base_dn, bind_dn, bind_password, .. } => {
            active_directory = Some(ActiveDirectoryConfig {
                url: url.clone(),
                base_dn: base_dn.clone(),
                bind_dn: bind_dn.clone(),
                password: secret(folder, client.id.as_str(), bind_password.reveal())?,
                ca_file: None,
                timeout_ms: 10_000,
                people_base: None,
            });
        }
    }
    Ok(ClientEntry {
        id: client.id.clone(),
        name: client.name.clone(),
        customers,
        sensitive_groups: client.sensitive_groups.iter().cloned().collect(),
        privileged_groups: Default::default(),
        break_glass: client.break_glass.iter().cloned().collect(),
        service_accounts: client.service_accounts.iter().cloned().collect(),
        authorised_contacts: Default::default(),
        link_ttl_hours: 24,
        slack_channel: None,
        cell: None,
        active_directory,
        graph,
    })
}

/// What an MSP that trusts Journeyman with the user's own account allows. Thresholds are those of a
/// busy month, since the demo's month takes a minute.
pub(super) fn policy() -> Policy {
    use ActionKind as K;
    let free = [
        K::Reply,
        K::AddNote,
        K::LogTime,
        K::SetStatus,
        K::UnlockAccount,
        K::RequirePasswordChange,
    ];
    let mut levels: BTreeMap<K, Autonomy> =
        free.into_iter().map(|k| (k, Autonomy::AutoAndClose)).collect();
    levels.insert(K::ResetPassword, Autonomy::AutoWithGuardrails);
    Policy {
        bulk_threshold: 60,
        critical_threshold: 200,
        autonomy: [("*".to_owned(), levels)].into(),
        ..Policy::cautious("demo-1")
    }
}

fn secret(folder: &Path, name: &str, value: &str) -> Result<SecretSource, StartError> {
    let path = folder.join("secrets").join(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
        .open(&path)
        .and_then(|mut f| std::io::Write::write_all(&mut f, value.as_bytes()))
        .map_err(|e| StartError(format!("cannot write {}: {e}", path.display())))?;
    Ok(SecretSource::File(path))
}

/// Administrator and scripted approver, with random passwords: the demo signs in by link.
pub(super) async fn people(store: &Store) -> Result<(), Fault> {
    for (id, name, role) in [
        (ADMIN, "Demo Administrator", Role::Admin),
        (APPROVER, "Scripted Approver", Role::Technician),
    ] {
        let person = Person {
            id: PersonId::new(id)?,
            name: name.into(),
            email: format!("{id}@harbour-it.example"),
            role,
            password_hash: password::hash(&clock::new_id().to_string())?,
            away: None,
            deputy: None,
        };
        store.put_person(person, clock::now()).await?;
    }
    Ok(())
}

/// Has the help desk call back on changes, and waits until intake has its first cursor: tickets
/// from before it are not worked off.
pub(super) async fn call_back(
    config: &Config,
    app: &App,
    address: SocketAddr,
) -> Result<(), Fault> {
    if let Some(cw) = config.psa.iter().find_map(|p| p.connectwise.clone()) {
        let token = app.store.hook_token(PSA);
        let url = format!("http://{address}/hooks/psa/{PSA}/{token}");
        ConnectWise::new(PSA, cw)?.register_callback(&url).await?;
    }
    while app.store.cursor(PSA).await?.is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
