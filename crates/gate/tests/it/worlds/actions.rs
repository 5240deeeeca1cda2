//! One action of every kind.

use domain::action::*;
use domain::{
    AccountQuery, AccountRef, Action, ActionKind, ClientId, DeviceRef, GroupRef, LicenceRef,
    MailboxRef, MailboxRight, ScriptRef, TicketRef, TicketStatus,
};

pub(crate) fn account() -> AccountRef {
    AccountRef { id: "guid-1".into(), login: "Jane.Roe@acme.test".into(), name: "Jane Roe".into() }
}

pub(crate) fn devices(n: usize) -> Vec<DeviceRef> {
    (1..=n).map(|i| DeviceRef { id: format!("d-{i}"), name: format!("pc-{i}") }).collect()
}

/// One action of the kind on one thing.
pub(crate) fn action(kind: ActionKind) -> Action {
    batch(kind, 1)
}

/// One action of the kind on this many things, where it can be on several.
pub(crate) fn batch(kind: ActionKind, n: usize) -> Action {
    on_accounts(kind)
        .or_else(|| on_tickets(kind))
        .or_else(|| reads(kind))
        .unwrap_or_else(|| others(kind, n))
}

fn on_accounts(kind: ActionKind) -> Option<Action> {
    let account = account();
    let group = GroupRef { id: "g-1".into(), name: "Sales".into(), privileged: false };
    let mailbox = MailboxRef { id: "m-1".into(), address: "sales@acme.test".into() };
    let right = MailboxRight::FullAccess;
    let licence = LicenceRef { sku: "sku-1".into(), name: "Office".into() };
    Some(match kind {
        ActionKind::UnlockAccount => Action::UnlockAccount(UnlockAccount { account }),
        ActionKind::ResetPassword => {
            Action::ResetPassword(ResetPassword { account, must_change: true })
        }
        ActionKind::RequirePasswordChange => {
            Action::RequirePasswordChange(RequirePasswordChange { account })
        }
        ActionKind::EnableAccount => Action::EnableAccount(EnableAccount { account }),
        ActionKind::DisableAccount => Action::DisableAccount(DisableAccount { account }),
        ActionKind::AddGroupMember => Action::AddGroupMember(AddGroupMember { account, group }),
        ActionKind::RemoveGroupMember => {
            Action::RemoveGroupMember(RemoveGroupMember { account, group })
        }
        ActionKind::ResetMfa => Action::ResetMfa(ResetMfa { account }),
        ActionKind::IssueTemporaryAccessPass => {
            Action::IssueTemporaryAccessPass(IssueTemporaryAccessPass { account, minutes: 60 })
        }
        ActionKind::SignOutEverywhere => Action::SignOutEverywhere(SignOutEverywhere { account }),
        ActionKind::GrantMailboxPermission => {
            Action::GrantMailboxPermission(GrantMailboxPermission { account, mailbox, right })
        }
        ActionKind::RevokeMailboxPermission => {
            Action::RevokeMailboxPermission(RevokeMailboxPermission { account, mailbox, right })
        }
        ActionKind::AssignLicence => Action::AssignLicence(AssignLicence { account, licence }),
        ActionKind::RemoveLicence => Action::RemoveLicence(RemoveLicence { account, licence }),
        _ => return None,
    })
}

fn on_tickets(kind: ActionKind) -> Option<Action> {
    let ticket = TicketRef { psa: "rt".into(), id: "7".into() };
    let text = "Done.".to_owned();
    Some(match kind {
        ActionKind::Reply => Action::Reply(Reply { ticket, text }),
        ActionKind::AddNote => Action::AddNote(AddNote { ticket, text }),
        ActionKind::LogTime => Action::LogTime(LogTime { ticket, minutes: 5, text }),
        ActionKind::SetStatus => Action::SetStatus(SetStatus {
            ticket,
            status: TicketStatus::Closed,
            duplicate_of: None,
        }),
        _ => return None,
    })
}

fn reads(kind: ActionKind) -> Option<Action> {
    let account = account();
    let device = DeviceRef { id: "d-1".into(), name: "pc-1".into() };
    Some(match kind {
        ActionKind::FindUser => {
            Action::FindUser(FindUser { query: AccountQuery::Name("Jane Roe".into()) })
        }
        ActionKind::FindGroup => Action::FindGroup(FindGroup { name: "Sales".into() }),
        ActionKind::ReadAccount => Action::ReadAccount(ReadAccount { account }),
        ActionKind::ListDevices => Action::ListDevices(ListDevices { account }),
        ActionKind::GetAlerts => Action::GetAlerts(GetAlerts { device }),
        ActionKind::SearchLogs => Action::SearchLogs(SearchLogs { device, query: "disk".into() }),
        ActionKind::HardwareHealth => Action::HardwareHealth(HardwareHealth { device }),
        ActionKind::SecurityPosture => Action::SecurityPosture(SecurityPosture { device }),
        ActionKind::NetworkDiagnostics => Action::NetworkDiagnostics(NetworkDiagnostics { device }),
        ActionKind::DiskDiagnostics => Action::DiskDiagnostics(DiskDiagnostics { device }),
        ActionKind::BootDiagnostics => Action::BootDiagnostics(BootDiagnostics { device }),
        ActionKind::ServiceHealth => {
            Action::ServiceHealth(ServiceHealth { service: "Exchange Online".into() })
        }
        _ => return None,
    })
}

fn others(kind: ActionKind, n: usize) -> Action {
    let devices = devices(n);
    let change = "as in change request 12".to_owned();
    match kind {
        ActionKind::RestartService => {
            Action::RestartService(RestartService { devices, service: "Spooler".into() })
        }
        ActionKind::ClearCache => Action::ClearCache(ClearCache { devices, cache: "dns".into() }),
        ActionKind::SetStartupItem => Action::SetStartupItem(SetStartupItem {
            devices,
            item: "Updater".into(),
            enabled: false,
        }),
        ActionKind::SetDns => Action::SetDns(SetDns { devices, servers: vec!["9.9.9.9".into()] }),
        ActionKind::RunScript => Action::RunScript(RunScript {
            devices,
            script: ScriptRef { id: "clean-temp".into(), sha256: "ab".repeat(32) },
            arguments: vec![],
        }),
        ActionKind::Reboot => Action::Reboot(Reboot { devices }),
        ActionKind::ShutDown => Action::ShutDown(ShutDown { devices }),
        ActionKind::DeployPatches => {
            Action::DeployPatches(DeployPatches { devices, patches: vec!["KB5034441".into()] })
        }
        ActionKind::WipeDevice => Action::WipeDevice(WipeDevice { devices }),
        ActionKind::CreateUser => Action::CreateUser(CreateUser {
            login: "new.hire@acme.test".into(),
            name: "New Hire".into(),
            department: "Sales".into(),
            groups: vec![],
        }),
        ActionKind::DeleteAccounts => {
            Action::DeleteAccounts(DeleteAccounts { accounts: vec![account(); n] })
        }
        ActionKind::ChangeFirewall => Action::ChangeFirewall(ChangeFirewall { devices, change }),
        ActionKind::ChangeServerConfiguration => {
            Action::ChangeServerConfiguration(ChangeServerConfiguration { devices, change })
        }
        ActionKind::ChangeBackupSchedule => {
            Action::ChangeBackupSchedule(ChangeBackupSchedule { devices, change })
        }
        ActionKind::ChangeSecurityPolicy => Action::ChangeSecurityPolicy(ChangeSecurityPolicy {
            policy: "conditional access".into(),
            change,
        }),
        ActionKind::ChangeManyClients => Action::ChangeManyClients(ChangeManyClients {
            clients: (0..n).map(|i| ClientId::new(format!("c-{i}")).unwrap()).collect(),
            change,
        }),
        other => panic!("{}: no sample action; add one", other.name()),
    }
}
