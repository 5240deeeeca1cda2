//! What a server needs to be configured with in order to work in the sandbox.

use crate::Secret;
use crate::connectwise::desk::{BOARD, MEMBER, STATUSES};
use crate::keys::Keys;
use crate::world::{Company, DirectoryKind, PersonKind, World};
use domain::{ClientId, TicketStatus};

/// Addresses and credentials of every stand-in.
#[derive(Clone, Debug)]
pub struct Access {
    /// The help desk that all clients share.
    pub connectwise: ConnectwiseAccess,
    /// The clients.
    pub clients: Vec<ClientAccess>,
}

/// How to reach the ConnectWise PSA stand-in.
#[derive(Clone, Debug)]
pub struct ConnectwiseAccess {
    /// Site address, to which `/v4_6_release/apis/3.0/…` is appended.
    pub site_url: String,
    /// The MSP's own company id, the part before `+` in the user name.
    pub company: String,
    /// Public key.
    pub public_key: String,
    /// Private key.
    pub private_key: Secret,
    /// Value of the `clientId` header.
    pub client_id: String,
    /// Identifier of the API member as which changes are made.
    pub member: String,
    /// Board that tickets arrive on.
    pub board: String,
    /// Name of the board's status for each of ours.
    pub statuses: Vec<(TicketStatus, String)>,
}

/// One client.
#[derive(Clone, Debug)]
pub struct ClientAccess {
    /// The MSP's id.
    pub id: ClientId,
    /// Name as people write it.
    pub name: String,
    /// Mail and login domain.
    pub domain: String,
    /// Company identifier in ConnectWise (`company/identifier` of its tickets).
    pub company: String,
    /// Its directory.
    pub directory: DirectoryAccess,
    /// Names of its sensitive groups, for the client's policy.
    pub sensitive_groups: Vec<String>,
    /// Logins of its emergency accounts, for the client's policy.
    pub break_glass: Vec<String>,
    /// Logins of its service accounts, for the client's policy.
    pub service_accounts: Vec<String>,
}

/// How to reach a client's directory.
#[derive(Clone, Debug)]
pub enum DirectoryAccess {
    /// Microsoft Graph.
    Graph {
        /// To which `/{tenant}/oauth2/v2.0/token` is appended.
        login_url: String,
        /// To which `/users` and the like are appended; ends in `/v1.0`.
        graph_url: String,
        /// Tenant id.
        tenant: String,
        /// Application id.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
    /// Active Directory.
    ActiveDirectory {
        /// `ldap://127.0.0.1:PORT`; plain LDAP, which is for this machine alone.
        url: String,
        /// DNS name of the domain.
        domain: String,
        /// Where people and groups are.
        base_dn: String,
        /// Least-privilege account to bind as.
        bind_dn: String,
        /// Its password.
        bind_password: Secret,
    },
}

impl Access {
    pub(crate) fn of(base_url: &str, ldap_url: &str, keys: &Keys, world: &World) -> Access {
        Access {
            connectwise: ConnectwiseAccess {
                site_url: format!("{base_url}/cw"),
                company: keys.cw_company.clone(),
                public_key: keys.cw_public.clone(),
                private_key: keys.cw_private.clone(),
                client_id: keys.cw_client_id.clone(),
                member: MEMBER.into(),
                board: BOARD.into(),
                statuses: STATUSES.iter().map(|s| (s.3, s.1.to_owned())).collect(),
            },
            clients: world.companies.iter().map(|c| client(base_url, ldap_url, keys, c)).collect(),
        }
    }
}

fn client(base_url: &str, ldap_url: &str, keys: &Keys, company: &Company) -> ClientAccess {
    let logins = |kind: PersonKind| {
        company.people.iter().filter(|p| p.kind == kind).map(|p| p.login.clone()).collect()
    };
    ClientAccess {
        id: company.id.clone(),
        name: company.name.clone(),
        domain: company.domain.clone(),
        company: company.name.replace(' ', ""),
        directory: directory(base_url, ldap_url, keys, company),
        sensitive_groups: company
            .groups
            .iter()
            .filter(|g| g.sensitive)
            .map(|g| g.name.clone())
            .collect(),
        break_glass: logins(PersonKind::BreakGlass),
        service_accounts: logins(PersonKind::Service),
    }
}

fn directory(base_url: &str, ldap_url: &str, keys: &Keys, company: &Company) -> DirectoryAccess {
    match company.kind {
        DirectoryKind::Graph => {
            let app = keys.apps.iter().find(|a| a.tenant == company.tenant).cloned();
            DirectoryAccess::Graph {
                login_url: format!("{base_url}/login"),
                graph_url: format!("{base_url}/graph/{}/v1.0", company.tenant),
                tenant: company.tenant.clone(),
                client_id: app.as_ref().map(|a| a.client_id.clone()).unwrap_or_default(),
                client_secret: app.map(|a| a.secret).unwrap_or_default(),
            }
        }
        DirectoryKind::ActiveDirectory => {
            let base_dn = crate::ldap::base_dn(company);
            DirectoryAccess::ActiveDirectory {
                url: ldap_url.into(),
                domain: company.domain.clone(),
                bind_dn: format!("CN={},OU=Service Accounts,{base_dn}", crate::ldap::OWN_ACCOUNT),
                base_dn,
                bind_password: keys.ldap_bind.clone(),
            }
        }
    }
}
