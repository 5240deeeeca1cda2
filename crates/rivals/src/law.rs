//! The law of the gate, line by line, as another would write it: from DESIGN.md §3 and the words of
//! the assessors, not from their code.
//!
//! A line says: for these kinds, when all of this holds, the tier is at least so much. `render.rs`
//! turns the lines into Cedar, Rego and CEL; the maximum over the lines that hold, the brain's ceiling
//! and an undo's due are applied to whatever an engine answers ([`close`]).
//!
//! Conditions are joined by ` && `. Each is a name (`in_window`), its opposite (`!in_window`), a
//! comparison (`targets > bulk_threshold`, `relation == "manager"`) or `name ^= "text"` (begins with).

use domain::Tier::{self, Critical, High, Medium};

/// Kinds that only look.
pub const READS: &str = "find_user find_group read_account list_devices get_alerts search_logs \
    hardware_health security_posture network_diagnostics disk_diagnostics boot_diagnostics \
    service_health";
/// Kinds that change one account.
pub const ACCOUNTS: &str = "unlock_account reset_password require_password_change enable_account \
    disable_account add_group_member remove_group_member reset_mfa issue_temporary_access_pass \
    sign_out_everywhere grant_mailbox_permission revoke_mailbox_permission assign_licence \
    remove_licence";
/// Kinds that change devices.
pub const DEVICES: &str = "restart_service clear_cache set_startup_item set_dns run_script reboot \
    shut_down deploy_patches wipe_device change_firewall change_server_configuration \
    change_backup_schedule";
/// Kinds that change what many rest on.
pub const INFRASTRUCTURE: &str = "restart_service clear_cache set_startup_item set_dns run_script \
    reboot shut_down deploy_patches wipe_device change_firewall change_server_configuration \
    change_backup_schedule change_security_policy change_many_clients";
/// Kinds that write into the case's own ticket.
pub const TICKETS: &str = "reply add_note log_time set_status";
/// Writes other than into the ticket.
pub const CHANGES: &str = "unlock_account reset_password require_password_change enable_account \
    disable_account add_group_member remove_group_member reset_mfa issue_temporary_access_pass \
    sign_out_everywhere grant_mailbox_permission revoke_mailbox_permission assign_licence \
    remove_licence restart_service clear_cache set_startup_item set_dns run_script reboot shut_down \
    deploy_patches wipe_device change_firewall change_server_configuration change_backup_schedule \
    change_security_policy change_many_clients create_user delete_accounts";
/// Every write.
pub const WRITES: &str = "unlock_account reset_password require_password_change enable_account \
    disable_account add_group_member remove_group_member reset_mfa issue_temporary_access_pass \
    sign_out_everywhere grant_mailbox_permission revoke_mailbox_permission assign_licence \
    remove_licence restart_service clear_cache set_startup_item set_dns run_script reboot shut_down \
    deploy_patches wipe_device change_firewall change_server_configuration change_backup_schedule \
    change_security_policy change_many_clients create_user delete_accounts reply add_note log_time \
    set_status";
/// Every kind: the empty list of kinds.
pub const EVERYTHING: &str = "";

const GROUPS: &str = "add_group_member remove_group_member";
const MAILBOXES: &str = "grant_mailbox_permission revoke_mailbox_permission";
const ACCESS: &str = "add_group_member remove_group_member grant_mailbox_permission \
    revoke_mailbox_permission";
const LICENCES: &str = "assign_licence remove_licence";
const SMALL_WORKS: &str = "restart_service clear_cache set_startup_item set_dns";
const STOPS: &str = "reboot shut_down deploy_patches wipe_device";
const SECOND: &str = "reset_mfa issue_temporary_access_pass";
/// Account kinds that are no access to a group or mailbox, unlocking aside.
const PERSONAL: &str = "reset_password require_password_change enable_account disable_account \
    reset_mfa issue_temporary_access_pass sign_out_everywhere assign_licence remove_licence";

/// Whether a list of kinds names this one.
pub fn is_one_of(kind: &str, kinds: &str) -> bool {
    kinds.is_empty() || kinds.split_ascii_whitespace().any(|k| k == kind)
}

/// One line of the law.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The least tier.
    pub tier: Tier,
    /// For these kinds; empty for all.
    pub kinds: &'static str,
    /// When all of this holds; empty for always.
    pub when: &'static str,
}

const fn line(tier: Tier, kinds: &'static str, when: &'static str) -> Line {
    Line { tier, kinds, when }
}

/// Base tiers. What is not here is Low.
pub const BASE: &[Line] = &[
    line(Medium, "unlock_account require_password_change", "!own_verified"),
    line(Medium, "reset_password", ""),
    line(High, "reset_password", "!own_verified"),
    line(Medium, SECOND, ""),
    line(High, SECOND, "!own_second"),
    line(
        High,
        "enable_account disable_account add_group_member remove_group_member sign_out_everywhere \
         grant_mailbox_permission revoke_mailbox_permission assign_licence remove_licence \
         create_user shut_down change_firewall change_server_configuration change_backup_schedule \
         change_security_policy change_many_clients",
        "",
    ),
    line(Medium, SMALL_WORKS, ""),
    line(High, SMALL_WORKS, "!devices_known"),
    line(High, SMALL_WORKS, "devices_known && servers > 0"),
    line(Medium, "run_script", ""),
    line(High, "run_script", "!script_known"),
    line(High, "run_script", "script_known && !script_listed"),
    line(High, "run_script", "script_known && !script_same"),
    line(High, "run_script", "script_known && !script_in_scope"),
    line(Medium, "reboot", ""),
    line(High, "deploy_patches", "!patch_known"),
    line(High, "deploy_patches", "patch_known && !patch_listed"),
    line(
        High,
        "deploy_patches",
        "!in_window && patch_known && patch_lowest != \"critical\" && !patch_exploited",
    ),
    line(Medium, "deploy_patches", "!in_window"),
    line(Medium, "deploy_patches", "patch_known && patch_highest != \"low\""),
    line(Medium, "deploy_patches", "!devices_known"),
    line(Medium, "deploy_patches", "devices_known && !idle"),
    line(Critical, "wipe_device delete_accounts", ""),
];

/// When a base tier counts one tier higher.
pub const ONE_TIER_UP: &[Line] = &[
    line(Medium, CHANGES, "targets > bulk_threshold"),
    line(Medium, CHANGES, "volume_known && volume > bulk_threshold && targets > 0"),
    line(Medium, "deploy_patches", "!fleet_known"),
    // The 95 % lower confidence bound of the failure rate is above 15 %: the score test, squared and
    // multiplied out, so that it needs whole numbers only. 3449.567904 is 1.645² · 15 · 85.
    line(
        Medium,
        "deploy_patches",
        "fleet_known && 100 * fleet_failures > 15 * fleet_attempts && \
         1000000 * (100 * fleet_failures - 15 * fleet_attempts) * (100 * fleet_failures - 15 * fleet_attempts) > 3449567904 * fleet_attempts",
    ),
];

/// Everything else that raises.
pub const LAW: &[Line] = &[
    // Blast radius.
    line(Critical, CHANGES, "targets >= critical_threshold"),
    line(Critical, CHANGES, "volume_known && volume >= critical_threshold && targets > 0"),
    // Autonomy: a floor, never a discount.
    line(Critical, WRITES, "autonomy == \"deny\""),
    line(High, WRITES, "autonomy == \"always_ask\""),
    line(High, TICKETS, "autonomy == \"ask_if_uncertain\" && !ticket_known"),
    line(High, CHANGES, "autonomy == \"ask_if_uncertain\" && !own_verified"),
    line(Medium, WRITES, "autonomy == \"ask_if_uncertain\""),
    line(Medium, WRITES, "autonomy == \"auto_with_guardrails\""),
    // What two people have to say yes to is said yes to by one at least.
    line(High, "set_startup_item sign_out_everywhere", ""),
    line(High, "clear_cache", "client == \"acme\""),
    // The brain: scope, rate, circles. Its ceiling comes at the close.
    line(Critical, EVERYTHING, "!brain_known"),
    line(Critical, EVERYTHING, "brain_known && !brain_in_scope"),
    line(Critical, EVERYTHING, "brain_known && rate > 0 && requests > rate"),
    line(Critical, CHANGES, "brain_known && repeats >= 5"),
    // Breakers.
    line(Critical, WRITES, "!breaker_known"),
    line(High, WRITES, "breaker == \"ask\""),
    line(Critical, WRITES, "breaker == \"stop\""),
    // When.
    line(
        High,
        "reboot shut_down set_dns change_firewall change_server_configuration",
        "in_hours && !in_window",
    ),
    line(High, WRITES, "frozen"),
    line(High, "reboot shut_down", "!in_window"),
    line(High, "deploy_patches", "!in_window && !patch_known"),
    line(High, "deploy_patches", "!in_window && patch_known && !patch_listed"),
    line(Medium, CHANGES, "hypercare"),
    // The brain's own doubt, and no second try.
    line(High, CHANGES, "doubted && doubt < min_confidence"),
    line(Critical, CHANGES, "!cooling_known"),
    line(Critical, CHANGES, "cooling"),
    // Money.
    line(High, LICENCES, "cost_known && monthly_cost > cost_limit"),
    line(High, LICENCES, "cost_known && monthly_cost > 0 && free_seats == 0"),
    line(High, LICENCES, "cost_known && !covered"),
    line(High, LICENCES, "!cost_known"),
    // Data.
    line(Critical, MAILBOXES, "!mailbox_known"),
    line(Critical, MAILBOXES, "mailbox_known && !mailbox_exists"),
    line(High, MAILBOXES, "mailbox_known && mailbox_sensitivity == \"sensitive\""),
    line(Critical, MAILBOXES, "mailbox_known && mailbox_sensitivity == \"privileged\""),
    line(High, MAILBOXES, "mailbox_known && marked"),
    line(High, GROUPS, "group_known && marked"),
    line(
        High,
        "add_group_member grant_mailbox_permission create_user enable_account reset_mfa \
         issue_temporary_access_pass",
        "regulated",
    ),
    line(Critical, GROUPS, "!group_known"),
    line(Critical, GROUPS, "group_known && !group_exists"),
    line(Critical, GROUPS, "group_known && !group_as_named"),
    line(High, GROUPS, "group_known && group_sensitivity == \"sensitive\""),
    line(Critical, GROUPS, "group_known && group_sensitivity == \"privileged\""),
    // A joiner's groups weigh like those of anybody else.
    line(Critical, "create_user", "joins && !group_known"),
    line(Critical, "create_user", "joins && group_known && !group_exists"),
    line(Critical, "create_user", "joins && group_known && !group_as_named"),
    line(High, "create_user", "joins && group_known && group_sensitivity == \"sensitive\""),
    line(Critical, "create_user", "joins && group_known && group_sensitivity == \"privileged\""),
    // Devices.
    line(Critical, DEVICES, "!devices_known"),
    line(Critical, DEVICES, "devices_known && devices_odd"),
    line(High, "reboot", "targets > 1"),
    line(High, "reboot shut_down wipe_device", "devices_known && !idle"),
    line(High, STOPS, "devices_known && failing"),
    line(High, STOPS, "devices_known && controller"),
    // Tickets.
    line(Critical, TICKETS, "!ticket_known"),
    line(Critical, TICKETS, "ticket_known && !ticket_ours"),
    // What is needed and not known.
    line(Critical, CHANGES, "!requester_known"),
    line(Critical, CHANGES, "!volume_known"),
    line(High, ACCOUNTS, "!relation_known"),
    line(Critical, ACCOUNTS, "!target_known"),
    line(High, "deploy_patches", "!fleet_known"),
    // Patches.
    line(High, "deploy_patches", "patch_known && patch_highest == \"unknown\""),
    // Accounts that are for people only.
    line(Critical, ACCOUNTS, "target_known && !target_exists"),
    line(Critical, ACCOUNTS, "target_known && !target_as_named"),
    line(Critical, ACCOUNTS, "target_known && target_privileged"),
    line(Critical, ACCOUNTS, "target_known && target_service"),
    line(Critical, ACCOUNTS, "target_known && target_emergency"),
    // Who asks, and for whom.
    line(Medium, ACCOUNTS, "relation_known && relation == \"manager\""),
    line(Medium, ACCOUNTS, "relation_known && relation == \"authorised_contact\""),
    line(Medium, ACCOUNTS, "relation_known && relation == \"group_owner\""),
    line(High, PERSONAL, "relation_known && relation == \"group_owner\""),
    line(Medium, "unlock_account", "relation_known && relation == \"unrelated\""),
    line(High, PERSONAL, "relation_known && relation == \"unrelated\""),
    line(High, ACCESS, "relation_known && relation == \"unrelated\""),
    line(High, ACCESS, "relation_known && relation == \"oneself\""),
    line(Medium, INFRASTRUCTURE, "requester_known && nobody"),
    line(High, INFRASTRUCTURE, "requester_known && !nobody && strength < 1"),
    line(High, ACCOUNTS, "requester_known && strength < 1"),
    line(High, "create_user delete_accounts", "requester_known && strength < 1"),
    line(High, SECOND, "requester_known && strength < 2"),
    // What cannot be taken back.
    line(High, "wipe_device delete_accounts change_many_clients", ""),
    // Taking back.
    line(Critical, EVERYTHING, "undoes && !undo_known"),
    line(Critical, EVERYTHING, "undoes && undo_known && !undo_matches"),
    line(Critical, EVERYTHING, "undoes && undo_known && undone"),
    line(Critical, EVERYTHING, "undoes && undo_known && !undo_in_time"),
    line(Critical, EVERYTHING, "undoes && undo_known && !undo_unchanged"),
];

/// The MSP's own rules (`policy.rs`), each with what its gaps weigh: an unknown fact raises where it
/// could decide.
pub const RULES: &[Line] = &[
    line(High, "reboot", "!devices_known"),
    line(High, "reboot", "devices_known && !idle"),
    line(Critical, "reboot shut_down", "devices_known && servers > 0 && hour >= 6 && hour < 22"),
    line(Critical, "reboot shut_down", "!devices_known && hour >= 6 && hour < 22"),
    line(High, WRITES, "weekend && targets > 2"),
    line(High, WRITES, "!volume_known"),
    line(High, WRITES, "volume_known && volume > 50"),
    line(Critical, "add_group_member", "group_name ^= \"Finance\""),
    line(
        Critical,
        "grant_mailbox_permission",
        "mailbox_known && mailbox_sensitivity != \"normal\" && relation_known && relation != \"manager\"",
    ),
    line(
        Critical,
        "grant_mailbox_permission",
        "!mailbox_known && relation_known && relation != \"manager\"",
    ),
    line(
        Critical,
        "grant_mailbox_permission",
        "!relation_known && mailbox_known && mailbox_sensitivity != \"normal\"",
    ),
    line(Critical, "grant_mailbox_permission", "!relation_known && !mailbox_known"),
    line(Critical, SECOND, "!requester_known"),
    line(Critical, SECOND, "requester_known && verification != \"second_channel\""),
    line(High, "reset_password", "!confidence_known"),
    line(High, "reset_password", "confidence_known && confidence < 90"),
    line(High, "deploy_patches", "!fleet_known"),
    line(High, "deploy_patches", "fleet_known && fleet_percent > 10 && fleet_attempts >= 20"),
    line(High, "deploy_patches", "!patch_known"),
    line(High, "deploy_patches", "patch_known && patch_highest == \"unknown\""),
    line(High, "deploy_patches", "!devices_known"),
    line(High, "deploy_patches", "devices_known && gravest_role == \"unknown\""),
    line(High, "run_script", "script_id == \"cleanup-temp\" && targets > 10"),
    line(Critical, "assign_licence", "!cost_known"),
    line(Critical, "assign_licence", "cost_known && monthly_cost > 2000 && free_seats == 0"),
    line(Medium, WRITES, "brain != \"technician\" && !confidence_known"),
    line(Medium, WRITES, "brain != \"technician\" && confidence_known && confidence < 95"),
    line(Critical, "disable_account enable_account", "!target_known"),
    line(Critical, "disable_account enable_account", "target_known && target_privileged"),
    line(Critical, "disable_account enable_account", "target_known && target_service"),
    line(Critical, "restart_service", "!devices_known"),
    line(Critical, "restart_service", "devices_known && gravest_role == \"domain_controller\""),
    line(High, "set_dns", "targets > 1"),
    line(Medium, "unlock_account", "hour < 6"),
    line(Medium, "unlock_account", "hour >= 22"),
    line(High, "clear_cache set_startup_item", "!devices_known"),
    line(High, "clear_cache set_startup_item", "devices_known && offline"),
    line(Critical, "change_security_policy change_firewall", "regulated"),
    line(High, "remove_licence", "weekday == \"friday\" && hour >= 15"),
    line(Critical, "create_user", "client == \"acme\" && !requester_known"),
    line(
        Critical,
        "create_user",
        "client == \"acme\" && requester_known && verification == \"unverified\"",
    ),
    line(Critical, "shut_down", "client == \"acme\" && in_hours"),
    line(Critical, "shut_down", "client == \"acme\" && frozen"),
];

/// The rule that the gate can only interpret.
pub const MACRO_RULE: Line = line(High, "reboot", "named_srv");

/// A line as the engines are given it: raised base tiers included.
#[derive(Clone, Debug)]
pub struct Article {
    /// The least tier.
    pub tier: Tier,
    /// For these kinds; empty for all.
    pub kinds: Vec<&'static str>,
    /// When all of these hold.
    pub when: Vec<&'static str>,
}

/// The whole law, with the rule that needs an interpreter if so wanted.
pub fn articles(with_macro: bool) -> Vec<Article> {
    let plain = |l: &Line| Article { tier: l.tier, kinds: words(l.kinds), when: parts(l.when) };
    let mut all: Vec<Article> = BASE.iter().chain(LAW).chain(RULES).map(plain).collect();
    all.extend(with_macro.then(|| plain(&MACRO_RULE)));
    for up in ONE_TIER_UP {
        // A base tier of Low is one that no line of `BASE` raises.
        all.push(plain(up));
        for base in BASE {
            let both = |k: &&'static str| is_one_of(k, up.kinds);
            let kinds: Vec<&'static str> = words(base.kinds).into_iter().filter(both).collect();
            if !kinds.is_empty() {
                let when = parts(up.when).into_iter().chain(parts(base.when)).collect();
                all.push(Article { tier: next(base.tier), kinds, when });
            }
        }
    }
    all
}

fn next(tier: Tier) -> Tier {
    match tier {
        Tier::Low => Medium,
        Medium => High,
        High | Critical => Critical,
    }
}

fn words(text: &'static str) -> Vec<&'static str> {
    text.split_ascii_whitespace().collect()
}

fn parts(text: &'static str) -> Vec<&'static str> {
    text.split("&&").map(str::trim).filter(|p| !p.is_empty()).collect()
}

/// What the lines that hold come to: the brain's ceiling is held against it, and an undo in order asks
/// for no more than what it takes back did.
pub fn close(found: Tier, ceiling: Option<Tier>, undo_of: Option<Tier>) -> Tier {
    let capped = match ceiling {
        Some(ceiling) if found > ceiling => Critical,
        _ => found,
    };
    undo_of.map_or(capped, |original| capped.min(original))
}
