//! One action of every kind, from parts.

use super::Dice;
use domain::action::*;
use domain::{
    AccountQuery, AccountRef, Action, ActionKind, ClientId, DeviceRef, GroupRef, LicenceRef,
    MailboxRef, MailboxRight, ScriptRef, TicketRef, TicketStatus,
};
use rand::RngExt;

/// What an action can be about.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The account.
    pub account: AccountRef,
    /// The group.
    pub group: GroupRef,
    /// The mailbox.
    pub mailbox: MailboxRef,
    /// The right to it.
    pub right: MailboxRight,
    /// The licence.
    pub licence: LicenceRef,
    /// The devices; the first one for kinds that take one.
    pub devices: Vec<DeviceRef>,
    /// The script.
    pub script: ScriptRef,
    /// Patches, arguments, servers.
    pub list: Vec<String>,
    /// The ticket.
    pub ticket: TicketRef,
    /// Its new status.
    pub status: TicketStatus,
    /// Any text.
    pub text: String,
    /// Minutes.
    pub minutes: u32,
    /// On or off.
    pub flag: bool,
    /// Accounts to delete.
    pub accounts: Vec<AccountRef>,
    /// Clients to change at once.
    pub clients: Vec<ClientId>,
    /// Groups that a new account joins.
    pub groups: Vec<GroupRef>,
}

impl Parts {
    pub(super) fn random(dice: &mut Dice, clients: &[ClientId]) -> Parts {
        let account = |n: u32| AccountRef {
            id: format!("a-{n}"),
            login: format!("jane.roe{n}@acme.test"),
            name: "Jane Roe".into(),
        };
        let device =
            |n: u32, name: &str| DeviceRef { id: format!("d-{n}"), name: format!("{name}{n}") };
        let joined = |n: u32| GroupRef {
            id: format!("g-{n}"),
            name: format!("Team {n}"),
            privileged: false,
        };
        let many = dice.mostly(1, &[0, 1, 2, 3, 4, 5, 6, 11, 19, 20, 21, 99, 100, 101]);
        let prefix = dice.mostly("PC", &["SRV", "srv"]);
        let group = dice.mostly("Sales", &["Finance Team", "finance", "My Finance"]);
        Parts {
            account: account(1),
            group: GroupRef { id: "g-1".into(), name: group.into(), privileged: dice.odd() },
            mailbox: MailboxRef { id: "m-1".into(), address: "info@acme.test".into() },
            right: dice.one(
                &[MailboxRight::FullAccess, MailboxRight::SendAs, MailboxRight::SendOnBehalf],
                MailboxRight::SendAs,
            ),
            licence: LicenceRef { sku: "sku-1".into(), name: "Office".into() },
            devices: (0..many).map(|n| device(n, prefix)).collect(),
            script: ScriptRef {
                id: dice.mostly("restart-spooler", &["cleanup-temp"]).into(),
                sha256: "ab".repeat(32),
            },
            list: (0..dice.rng.random_range(0..3_u32)).map(|n| format!("KB{n}")).collect(),
            ticket: TicketRef { psa: "rt".into(), id: "7".into() },
            status: TicketStatus::Closed,
            text: "Done.".into(),
            minutes: dice.one(&[0, 15, u32::MAX], 15),
            flag: dice.odd(),
            accounts: (0..many).map(account).collect(),
            clients: clients.iter().cycle().take(many as usize).cloned().collect(),
            groups: (0..dice.mostly(0, &[1, 2])).map(joined).collect(),
        }
    }

    fn first_device(&self) -> DeviceRef {
        self.devices
            .first()
            .cloned()
            .unwrap_or_else(|| DeviceRef { id: "d-0".into(), name: "PC0".into() })
    }
}

/// The action of this kind about these parts. A test holds that every kind comes out as itself.
pub fn action(kind: ActionKind, p: &Parts) -> Action {
    use ActionKind as K;
    let account = p.account.clone();
    match kind {
        K::FindUser => Action::FindUser(FindUser { query: AccountQuery::Name(p.text.clone()) }),
        K::FindGroup => Action::FindGroup(FindGroup { name: p.group.name.clone() }),
        K::ReadAccount => Action::ReadAccount(ReadAccount { account }),
        K::ListDevices => Action::ListDevices(ListDevices { account }),
        K::UnlockAccount => Action::UnlockAccount(UnlockAccount { account }),
        K::ResetPassword => Action::ResetPassword(ResetPassword { account, must_change: p.flag }),
        K::RequirePasswordChange => {
            Action::RequirePasswordChange(RequirePasswordChange { account })
        }
        K::EnableAccount => Action::EnableAccount(EnableAccount { account }),
        K::DisableAccount => Action::DisableAccount(DisableAccount { account }),
        K::AddGroupMember => {
            Action::AddGroupMember(AddGroupMember { account, group: p.group.clone() })
        }
        K::RemoveGroupMember => {
            Action::RemoveGroupMember(RemoveGroupMember { account, group: p.group.clone() })
        }
        K::ResetMfa => Action::ResetMfa(ResetMfa { account }),
        K::IssueTemporaryAccessPass => Action::IssueTemporaryAccessPass(IssueTemporaryAccessPass {
            account,
            minutes: p.minutes,
        }),
        K::SignOutEverywhere => Action::SignOutEverywhere(SignOutEverywhere { account }),
        K::GrantMailboxPermission => Action::GrantMailboxPermission(GrantMailboxPermission {
            account,
            mailbox: p.mailbox.clone(),
            right: p.right,
        }),
        K::RevokeMailboxPermission => Action::RevokeMailboxPermission(RevokeMailboxPermission {
            account,
            mailbox: p.mailbox.clone(),
            right: p.right,
        }),
        K::AssignLicence => {
            Action::AssignLicence(AssignLicence { account, licence: p.licence.clone() })
        }
        K::RemoveLicence => {
            Action::RemoveLicence(RemoveLicence { account, licence: p.licence.clone() })
        }
        K::CreateUser => Action::CreateUser(CreateUser {
            login: p.account.login.clone(),
            name: p.account.name.clone(),
            department: p.text.clone(),
            groups: p.groups.clone(),
        }),
        K::DeleteAccounts => {
            Action::DeleteAccounts(DeleteAccounts { accounts: p.accounts.clone() })
        }
        K::Reply | K::AddNote | K::LogTime | K::SetStatus => on_ticket(kind, p),
        _ => on_devices(kind, p),
    }
}

fn on_ticket(kind: ActionKind, p: &Parts) -> Action {
    let (ticket, text) = (p.ticket.clone(), p.text.clone());
    match kind {
        ActionKind::AddNote => Action::AddNote(AddNote { ticket, text }),
        ActionKind::LogTime => Action::LogTime(LogTime { ticket, minutes: p.minutes, text }),
        ActionKind::SetStatus => {
            Action::SetStatus(SetStatus { ticket, status: p.status, duplicate_of: None })
        }
        _ => Action::Reply(Reply { ticket, text }),
    }
}

fn on_devices(kind: ActionKind, p: &Parts) -> Action {
    use ActionKind as K;
    let (device, devices) = (p.first_device(), p.devices.clone());
    let (text, change) = (p.text.clone(), p.text.clone());
    match kind {
        K::GetAlerts => Action::GetAlerts(GetAlerts { device }),
        K::SearchLogs => Action::SearchLogs(SearchLogs { device, query: text }),
        K::HardwareHealth => Action::HardwareHealth(HardwareHealth { device }),
        K::SecurityPosture => Action::SecurityPosture(SecurityPosture { device }),
        K::NetworkDiagnostics => Action::NetworkDiagnostics(NetworkDiagnostics { device }),
        K::DiskDiagnostics => Action::DiskDiagnostics(DiskDiagnostics { device }),
        K::BootDiagnostics => Action::BootDiagnostics(BootDiagnostics { device }),
        K::RestartService => Action::RestartService(RestartService { devices, service: text }),
        K::ClearCache => Action::ClearCache(ClearCache { devices, cache: text }),
        K::SetStartupItem => {
            Action::SetStartupItem(SetStartupItem { devices, item: text, enabled: p.flag })
        }
        K::SetDns => Action::SetDns(SetDns { devices, servers: p.list.clone() }),
        K::RunScript => Action::RunScript(RunScript {
            devices,
            script: p.script.clone(),
            arguments: p.list.clone(),
        }),
        K::Reboot => Action::Reboot(Reboot { devices }),
        K::ShutDown => Action::ShutDown(ShutDown { devices }),
        K::DeployPatches => {
            Action::DeployPatches(DeployPatches { devices, patches: p.list.clone() })
        }
        K::WipeDevice => Action::WipeDevice(WipeDevice { devices }),
        K::ChangeFirewall => Action::ChangeFirewall(ChangeFirewall { devices, change }),
        K::ChangeServerConfiguration => {
            Action::ChangeServerConfiguration(ChangeServerConfiguration { devices, change })
        }
        K::ChangeBackupSchedule => {
            Action::ChangeBackupSchedule(ChangeBackupSchedule { devices, change })
        }
        K::ChangeSecurityPolicy => {
            Action::ChangeSecurityPolicy(ChangeSecurityPolicy { policy: text, change })
        }
        K::ChangeManyClients => {
            Action::ChangeManyClients(ChangeManyClients { clients: p.clients.clone(), change })
        }
        _ => Action::ServiceHealth(ServiceHealth { service: text }),
    }
}
