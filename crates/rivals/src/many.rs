//! A policy with very many clients, each with a hundred rules of its own.

use domain::{ClientId, Tier};
use gate::rules::CustomRule;
use gate::{ClientPolicy, Policy};

/// Rules of each client.
pub const RULES: usize = 100;

/// Twenty kinds, each with five rules per client.
const KINDS: [&str; 20] = [
    "reboot",
    "shut_down",
    "deploy_patches",
    "run_script",
    "restart_service",
    "clear_cache",
    "set_startup_item",
    "set_dns",
    "wipe_device",
    "change_firewall",
    "change_server_configuration",
    "change_backup_schedule",
    "unlock_account",
    "reset_password",
    "reset_mfa",
    "disable_account",
    "enable_account",
    "add_group_member",
    "remove_group_member",
    "assign_licence",
];

/// The id of the client of this number.
///
/// # Errors
/// Never, unless ids change their form.
pub fn client(n: usize) -> Result<ClientId, String> {
    ClientId::new(format!("client-{n:05}")).map_err(|e| e.to_string())
}

/// `base` with so many clients. No two clients share a rule: the numbers in them differ.
///
/// # Errors
/// Never, unless ids change their form.
pub fn policy(base: &Policy, clients: usize) -> Result<Policy, String> {
    let mut policy = Policy { custom_rules: Vec::new(), ..base.clone() };
    policy.clients.clear();
    for n in 0..clients {
        let rules = (0..RULES).map(|r| rule(n, r)).collect();
        policy
            .clients
            .insert(client(n)?, ClientPolicy { custom_rules: rules, ..Default::default() });
    }
    Ok(policy)
}

fn rule(client: usize, r: usize) -> CustomRule {
    let own = 1_000 + client * RULES + r;
    let hour = (client + r) % 24;
    let condition = match r / KINDS.len() {
        0 => format!("targets_in_window > {own}"),
        1 => format!("hour == {hour} && targets > {own}"),
        2 => format!("weekend && targets_in_window >= {own} && hour != {hour}"),
        3 => format!("brain == \"brain-{own}\" || client == \"other-{own}\""),
        _ => format!("confidence < {} && targets > {own}", r % 50 + 1),
    };
    CustomRule {
        name: format!("rule {own}"),
        action: KINDS.get(r % KINDS.len()).copied().unwrap_or("reboot").into(),
        condition,
        escalate_to: if r.is_multiple_of(3) { Tier::Critical } else { Tier::High },
        reason: format!("rule {own} of this client"),
    }
}
