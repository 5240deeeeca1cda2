//! The closed catalogue of what may be requested. One file per action.
//!
//! Each file states the action's fields, its scorecard with the rationale, the base tier from
//! facts, the floor below which no promotion can bring it, which facts it needs and its canonical
//! sentence. Adding one: the file, a variant here, and the compiler and the verdict-table snapshot
//! show the rest.

use crate::{AccountRef, Canon, ClientId, DeviceRef, Digest, GroupRef, MailboxRef, Seen, Tier};
use serde::{Deserialize, Serialize};

mod add_group_member;
mod add_note;
mod assign_licence;
mod boot_diagnostics;
mod change_backup_schedule;
mod change_firewall;
mod change_many_clients;
mod change_security_policy;
mod change_server_configuration;
mod clear_cache;
mod create_user;
mod delete_accounts;
mod deploy_patches;
mod disable_account;
mod disk_diagnostics;
mod enable_account;
mod find_group;
mod find_user;
mod get_alerts;
mod grant_mailbox_permission;
mod hardware_health;
mod issue_temporary_access_pass;
mod list_devices;
mod log_time;
mod network_diagnostics;
mod read_account;
mod reboot;
mod remove_group_member;
mod remove_licence;
mod reply;
mod require_password_change;
mod reset_mfa;
mod reset_password;
mod restart_service;
mod revoke_mailbox_permission;
mod run_script;
mod search_logs;
mod security_posture;
mod service_health;
mod set_dns;
mod set_startup_item;
mod set_status;
mod shut_down;
mod sign_out_everywhere;
mod unlock_account;
mod wipe_device;

pub use add_group_member::AddGroupMember;
pub use add_note::AddNote;
pub use assign_licence::AssignLicence;
pub use boot_diagnostics::BootDiagnostics;
pub use change_backup_schedule::ChangeBackupSchedule;
pub use change_firewall::ChangeFirewall;
pub use change_many_clients::ChangeManyClients;
pub use change_security_policy::ChangeSecurityPolicy;
pub use change_server_configuration::ChangeServerConfiguration;
pub use clear_cache::ClearCache;
pub use create_user::CreateUser;
pub use delete_accounts::DeleteAccounts;
pub use deploy_patches::DeployPatches;
pub use disable_account::DisableAccount;
pub use disk_diagnostics::DiskDiagnostics;
pub use enable_account::EnableAccount;
pub use find_group::FindGroup;
pub use find_user::FindUser;
pub use get_alerts::GetAlerts;
pub use grant_mailbox_permission::GrantMailboxPermission;
pub use hardware_health::HardwareHealth;
pub use issue_temporary_access_pass::IssueTemporaryAccessPass;
pub use list_devices::ListDevices;
pub use log_time::LogTime;
pub use network_diagnostics::NetworkDiagnostics;
pub use read_account::ReadAccount;
pub use reboot::Reboot;
pub use remove_group_member::RemoveGroupMember;
pub use remove_licence::RemoveLicence;
pub use reply::Reply;
pub use require_password_change::RequirePasswordChange;
pub use reset_mfa::ResetMfa;
pub use reset_password::ResetPassword;
pub use restart_service::RestartService;
pub use revoke_mailbox_permission::RevokeMailboxPermission;
pub use run_script::RunScript;
pub use search_logs::SearchLogs;
pub use security_posture::SecurityPosture;
pub use service_health::ServiceHealth;
pub use set_dns::SetDns;
pub use set_startup_item::SetStartupItem;
pub use set_status::SetStatus;
pub use shut_down::ShutDown;
pub use sign_out_everywhere::SignOutEverywhere;
pub use unlock_account::UnlockAccount;
pub use wipe_device::WipeDevice;

/// Why an action class has its base tier. Each value is 1 (harmless) to 5 (grave).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scorecard {
    /// How hard it is to undo.
    pub reversibility: u8,
    /// How many people one call touches.
    pub blast_radius: u8,
    /// How closely auditors look.
    pub compliance_sensitivity: u8,
    /// How often it is asked; 5 is daily.
    pub frequency: u8,
    /// The rationale, in one sentence.
    pub rationale: &'static str,
}

/// A fact that an action cannot be judged without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Who asks.
    Requester,
    /// What they are to the target.
    Relation,
    /// The account that would change.
    Target,
    /// The group that would change.
    Group,
    /// How much has been touched lately.
    Volume,
    /// The ticket that would change.
    Ticket,
    /// The mailbox that would change.
    Mailbox,
    /// The devices that would change.
    Devices,
    /// The patches that would be deployed.
    Patch,
    /// How the change fared across the fleet.
    Fleet,
    /// The script that would run.
    Script,
    /// What it would cost.
    Cost,
}

/// What every action states about itself.
pub(crate) trait Spec {
    /// Its kind.
    const KIND: ActionKind;
    /// No promotion brings it below this.
    const FLOOR: Tier;
    /// Why it has its base tier.
    const SCORECARD: Scorecard;
    /// The facts it needs.
    const NEEDS: &'static [Need];
    /// What could go wrong, for the approver.
    const RISK: &'static str;
    /// How it is undone, in plain words; `None` when it cannot be.
    const UNDO: Option<&'static str>;
    /// Base tier from facts, with the reason code.
    fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str);
    /// The canonical sentence that people see.
    fn sentence(&self) -> String;
    /// Targets and parameters, canonically.
    fn canon(&self, canon: &mut Canon);
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident => $kind:literal, $write:literal;)*) => {
        /// A typed request to read or change a client's system.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Action {
            $($(#[$doc])* $name($name),)*
        }

        /// The kind of an action, without its targets.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ActionKind {
            $($(#[$doc])* $name,)*
        }

        impl ActionKind {
            /// The whole catalogue.
            pub const ALL: &'static [ActionKind] = &[$(ActionKind::$name,)*];

            /// Stable snake-case name.
            pub fn name(self) -> &'static str {
                match self { $(ActionKind::$name => $kind,)* }
            }

            /// Whether it changes anything.
            pub fn is_write(self) -> bool {
                match self { $(ActionKind::$name => $write,)* }
            }

            /// Why it has its base tier.
            pub fn scorecard(self) -> Scorecard {
                match self { $(ActionKind::$name => $name::SCORECARD,)* }
            }

            /// No promotion brings it below this.
            pub fn floor(self) -> Tier {
                match self { $(ActionKind::$name => $name::FLOOR,)* }
            }

            /// The facts it cannot be judged without.
            pub fn needs(self) -> &'static [Need] {
                match self { $(ActionKind::$name => $name::NEEDS,)* }
            }

            /// What could go wrong, in plain words.
            pub fn risk(self) -> &'static str {
                match self { $(ActionKind::$name => $name::RISK,)* }
            }

            /// How it is undone, in plain words.
            pub fn undo(self) -> Option<&'static str> {
                match self { $(ActionKind::$name => $name::UNDO,)* }
            }
        }

        impl Action {
            /// Its kind.
            pub fn kind(&self) -> ActionKind {
                match self { $(Action::$name(_) => $name::KIND,)* }
            }

            /// Base tier from facts, with the reason code.
            pub fn base(&self, seen: &Seen<'_>) -> (Tier, &'static str) {
                match self { $(Action::$name(a) => a.base(seen),)* }
            }

            /// The canonical sentence that people see. It names every target and parameter.
            pub fn sentence(&self) -> String {
                match self { $(Action::$name(a) => a.sentence(),)* }
            }

            fn canon(&self, canon: &mut Canon) {
                match self { $(Action::$name(a) => a.canon(canon),)* }
            }
        }
    };
}

actions! {
    /// Look an account up by address or name.
    FindUser => "find_user", false;
    /// Look a group up by name.
    FindGroup => "find_group", false;
    /// Read one account's state.
    ReadAccount => "read_account", false;
    /// List the devices of one account.
    ListDevices => "list_devices", false;
    /// Clear a lockout.
    UnlockAccount => "unlock_account", true;
    /// Set a temporary password.
    ResetPassword => "reset_password", true;
    /// Make the user choose a new password at the next sign-in.
    RequirePasswordChange => "require_password_change", true;
    /// Allow sign-in again.
    EnableAccount => "enable_account", true;
    /// Block sign-in.
    DisableAccount => "disable_account", true;
    /// Add an account to a group.
    AddGroupMember => "add_group_member", true;
    /// Take an account out of a group.
    RemoveGroupMember => "remove_group_member", true;
    /// Answer the user on the ticket.
    Reply => "reply", true;
    /// Leave an internal note on the ticket.
    AddNote => "add_note", true;
    /// Record work time on the ticket.
    LogTime => "log_time", true;
    /// Change the ticket's status.
    SetStatus => "set_status", true;
    /// List the open monitoring alerts of a device.
    GetAlerts => "get_alerts", false;
    /// Search the event logs of a device.
    SearchLogs => "search_logs", false;
    /// Read disks, memory, fans and battery of a device.
    HardwareHealth => "hardware_health", false;
    /// Read encryption, antivirus, firewall and patch state of a device.
    SecurityPosture => "security_posture", false;
    /// Read addresses, routes, name resolution and reachability from a device.
    NetworkDiagnostics => "network_diagnostics", false;
    /// Read free space and the largest folders of a device.
    DiskDiagnostics => "disk_diagnostics", false;
    /// Read start-up times and failed starts of a device.
    BootDiagnostics => "boot_diagnostics", false;
    /// Read the health of a cloud service.
    ServiceHealth => "service_health", false;
    /// Restart a service on devices.
    RestartService => "restart_service", true;
    /// Clear a cache on devices.
    ClearCache => "clear_cache", true;
    /// Switch a start-up item of devices on or off.
    SetStartupItem => "set_startup_item", true;
    /// Set the DNS servers of devices.
    SetDns => "set_dns", true;
    /// Run a script from the library on devices.
    RunScript => "run_script", true;
    /// Restart devices.
    Reboot => "reboot", true;
    /// Shut devices down.
    ShutDown => "shut_down", true;
    /// Deploy patches to devices.
    DeployPatches => "deploy_patches", true;
    /// Erase devices.
    WipeDevice => "wipe_device", true;
    /// Remove the registered second factors of an account.
    ResetMfa => "reset_mfa", true;
    /// Issue a temporary access pass.
    IssueTemporaryAccessPass => "issue_temporary_access_pass", true;
    /// End every session of an account.
    SignOutEverywhere => "sign_out_everywhere", true;
    /// Create an account.
    CreateUser => "create_user", true;
    /// Delete accounts.
    DeleteAccounts => "delete_accounts", true;
    /// Give an account a right to a mailbox.
    GrantMailboxPermission => "grant_mailbox_permission", true;
    /// Take a right to a mailbox from an account.
    RevokeMailboxPermission => "revoke_mailbox_permission", true;
    /// Assign a licence.
    AssignLicence => "assign_licence", true;
    /// Take a licence away.
    RemoveLicence => "remove_licence", true;
    /// Change a firewall rule.
    ChangeFirewall => "change_firewall", true;
    /// Change the configuration of a server.
    ChangeServerConfiguration => "change_server_configuration", true;
    /// Change when and what is backed up.
    ChangeBackupSchedule => "change_backup_schedule", true;
    /// Change a security policy of a client.
    ChangeSecurityPolicy => "change_security_policy", true;
    /// Change several clients at once.
    ChangeManyClients => "change_many_clients", true;
}

impl Action {
    /// SHA-256 over kind, client, targets and parameters.
    pub fn digest(&self, client: &ClientId) -> Digest {
        let mut canon = Canon::new("journeyman/action/v1");
        canon.text(self.kind().name()).text(client.as_str());
        self.canon(&mut canon);
        canon.digest()
    }

    /// The account that it changes or reads, if one.
    pub fn account(&self) -> Option<&AccountRef> {
        match self {
            Action::ReadAccount(a) => Some(&a.account),
            Action::ListDevices(a) => Some(&a.account),
            Action::UnlockAccount(a) => Some(&a.account),
            Action::ResetPassword(a) => Some(&a.account),
            Action::RequirePasswordChange(a) => Some(&a.account),
            Action::EnableAccount(a) => Some(&a.account),
            Action::DisableAccount(a) => Some(&a.account),
            Action::AddGroupMember(a) => Some(&a.account),
            Action::RemoveGroupMember(a) => Some(&a.account),
            Action::ResetMfa(a) => Some(&a.account),
            Action::IssueTemporaryAccessPass(a) => Some(&a.account),
            Action::SignOutEverywhere(a) => Some(&a.account),
            Action::GrantMailboxPermission(a) => Some(&a.account),
            Action::RevokeMailboxPermission(a) => Some(&a.account),
            Action::AssignLicence(a) => Some(&a.account),
            Action::RemoveLicence(a) => Some(&a.account),
            _ => None,
        }
    }

    /// The group that it changes, if one.
    pub fn group(&self) -> Option<&GroupRef> {
        match self {
            Action::AddGroupMember(a) => Some(&a.group),
            Action::RemoveGroupMember(a) => Some(&a.group),
            _ => None,
        }
    }

    /// The mailbox that it opens or closes, if one.
    pub fn mailbox(&self) -> Option<&MailboxRef> {
        match self {
            Action::GrantMailboxPermission(a) => Some(&a.mailbox),
            Action::RevokeMailboxPermission(a) => Some(&a.mailbox),
            _ => None,
        }
    }

    /// The devices that it reads or changes; empty when it touches none.
    pub fn devices(&self) -> &[DeviceRef] {
        use std::slice::from_ref;
        match self {
            Action::GetAlerts(a) => from_ref(&a.device),
            Action::SearchLogs(a) => from_ref(&a.device),
            Action::HardwareHealth(a) => from_ref(&a.device),
            Action::SecurityPosture(a) => from_ref(&a.device),
            Action::NetworkDiagnostics(a) => from_ref(&a.device),
            Action::DiskDiagnostics(a) => from_ref(&a.device),
            Action::BootDiagnostics(a) => from_ref(&a.device),
            Action::RestartService(a) => &a.devices,
            Action::ClearCache(a) => &a.devices,
            Action::SetStartupItem(a) => &a.devices,
            Action::SetDns(a) => &a.devices,
            Action::RunScript(a) => &a.devices,
            Action::Reboot(a) => &a.devices,
            Action::ShutDown(a) => &a.devices,
            Action::DeployPatches(a) => &a.devices,
            Action::WipeDevice(a) => &a.devices,
            Action::ChangeFirewall(a) => &a.devices,
            Action::ChangeServerConfiguration(a) => &a.devices,
            Action::ChangeBackupSchedule(a) => &a.devices,
            _ => &[],
        }
    }

    /// The ticket that it changes, if one.
    pub fn ticket(&self) -> Option<&crate::TicketRef> {
        match self {
            Action::Reply(a) => Some(&a.ticket),
            Action::AddNote(a) => Some(&a.ticket),
            Action::LogTime(a) => Some(&a.ticket),
            Action::SetStatus(a) => Some(&a.ticket),
            _ => None,
        }
    }

    /// How many things it touches. A close-out touches its ticket, which counts as none.
    pub fn targets(&self) -> usize {
        match self {
            Action::DeleteAccounts(a) => a.accounts.len(),
            Action::ChangeManyClients(a) => a.clients.len(),
            Action::CreateUser(_) | Action::ChangeSecurityPolicy(_) => 1,
            other => match other.devices().len() {
                0 => usize::from(other.account().is_some()),
                n => n,
            },
        }
    }

    /// The keys under which its targets are counted for blast radius.
    pub fn target_keys(&self) -> Vec<String> {
        match self {
            Action::DeleteAccounts(a) => a.accounts.iter().map(|a| a.id.clone()).collect(),
            Action::ChangeManyClients(a) => a.clients.iter().map(ToString::to_string).collect(),
            Action::CreateUser(a) => vec![a.login.to_lowercase()],
            Action::ChangeSecurityPolicy(a) => vec![a.policy.clone()],
            other => match (other.devices(), other.account(), other.ticket()) {
                ([], Some(account), _) => vec![account.id.clone()],
                ([], None, Some(ticket)) => vec![ticket.to_string()],
                (devices, _, _) => devices.iter().map(|d| d.id.clone()).collect(),
            },
        }
    }

    /// The action that takes this one back, where one does. Whether there is anything to take back
    /// depends on the state before, which is captured with the attempt.
    pub fn opposite(&self) -> Option<Action> {
        Some(match self.clone() {
            Action::EnableAccount(a) => {
                Action::DisableAccount(DisableAccount { account: a.account })
            }
            Action::DisableAccount(a) => {
                Action::EnableAccount(EnableAccount { account: a.account })
            }
            Action::AddGroupMember(a) => {
                Action::RemoveGroupMember(RemoveGroupMember { account: a.account, group: a.group })
            }
            Action::RemoveGroupMember(a) => {
                Action::AddGroupMember(AddGroupMember { account: a.account, group: a.group })
            }
            Action::GrantMailboxPermission(a) => {
                Action::RevokeMailboxPermission(RevokeMailboxPermission {
                    account: a.account,
                    mailbox: a.mailbox,
                    right: a.right,
                })
            }
            Action::RevokeMailboxPermission(a) => {
                Action::GrantMailboxPermission(GrantMailboxPermission {
                    account: a.account,
                    mailbox: a.mailbox,
                    right: a.right,
                })
            }
            Action::AssignLicence(a) => {
                Action::RemoveLicence(RemoveLicence { account: a.account, licence: a.licence })
            }
            Action::RemoveLicence(a) => {
                Action::AssignLicence(AssignLicence { account: a.account, licence: a.licence })
            }
            Action::SetStartupItem(a) => {
                Action::SetStartupItem(SetStartupItem { enabled: !a.enabled, ..a })
            }
            _ => return None,
        })
    }
}

fn canon_account(canon: &mut Canon, account: &AccountRef) {
    canon.text(&account.id).text(&account.login).text(&account.name);
}

fn canon_group(canon: &mut Canon, group: &GroupRef) {
    canon.text(&group.id).text(&group.name);
}

fn canon_ticket(canon: &mut Canon, ticket: &crate::TicketRef) {
    canon.text(&ticket.psa).text(&ticket.id);
}

fn canon_device(canon: &mut Canon, device: &DeviceRef) {
    canon.text(&device.id).text(&device.name);
}

fn canon_mailbox(canon: &mut Canon, mailbox: &MailboxRef) {
    canon.text(&mailbox.id).text(&mailbox.address);
}

/// A list is preceded by its length, so that no item passes for one of the next list.
fn canon_devices(canon: &mut Canon, devices: &[DeviceRef]) {
    canon.int(i64::try_from(devices.len()).unwrap_or(i64::MAX));
    for device in devices {
        canon_device(canon, device);
    }
}

fn canon_list(canon: &mut Canon, items: &[String]) {
    canon.int(i64::try_from(items.len()).unwrap_or(i64::MAX));
    for item in items {
        canon.text(item);
    }
}

/// Every device by name; an approver sees each one.
fn names(devices: &[DeviceRef]) -> String {
    let names: Vec<&str> = devices.iter().map(|d| d.name.as_str()).collect();
    match names.as_slice() {
        [] => "no device".into(),
        [one] => (*one).into(),
        many => format!("{} devices: {}", many.len(), many.join(", ")),
    }
}

/// The beginning of a hash, for people.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn joins(groups: &[GroupRef]) -> String {
    match groups {
        [] => String::new(),
        groups => {
            let names: Vec<&str> = groups.iter().map(|g| g.name.as_str()).collect();
            format!(", a member of {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
