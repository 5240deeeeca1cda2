//! The policy that the opinions are asked about: every kind of setting, three clients that differ,
//! twenty custom rules.
//!
//! [`policy`] is the document that the gate compiles; [`Settings`] are the same settings as a person
//! would read them off it, for the other opinion. `law.rs` holds the rules' meaning in its own words.

use domain::{ActionKind, Autonomy, ClientId, DataMark, Tier, UnixMs, Verification};
use gate::calendar::{BusinessHours, ChangeFreeze, MaintenanceWindow, Weekday};
use gate::rules::CustomRule;
use gate::{ClientPolicy, Policy};
use std::collections::{BTreeMap, BTreeSet};

/// Clients that requests come for; the last is not named in the policy.
pub const CLIENTS: [&str; 4] = ["acme", "globex", "initech", "umbrella"];

/// When initech's supervised window ends: 2027-01-15, midnight in UTC.
pub const HYPERCARE_UNTIL: UnixMs = UnixMs(1_799_971_200_000);

/// What a client's settings come to.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Above this many targets: one tier up.
    pub bulk: i64,
    /// From this many targets: Critical.
    pub critical: i64,
    /// A brain less sure than this has a person asked.
    pub min_confidence: i64,
    /// More than this per month has a person asked.
    pub cost_limit: i64,
    /// Under a data protection regime.
    pub regulated: bool,
    /// The end of hypercare.
    pub hypercare_until: Option<UnixMs>,
}

const COMMON: Settings = Settings {
    bulk: 5,
    critical: 100,
    min_confidence: 80,
    cost_limit: 5_000,
    regulated: false,
    hypercare_until: None,
};

/// What holds for this client.
pub fn settings(client: &str) -> Settings {
    match client {
        "acme" => Settings { min_confidence: 90, cost_limit: 0, ..COMMON },
        "globex" => Settings { bulk: 3, critical: 20, regulated: true, ..COMMON },
        "initech" => Settings { hypercare_until: Some(HYPERCARE_UNTIL), ..COMMON },
        _ => COMMON,
    }
}

/// Autonomy by client (`*`: every client), level and kinds. What is not listed is `auto_with_guardrails`.
const AUTONOMY: &[(&str, &str, &str)] = &[
    ("*", "deny", "change_firewall delete_accounts"),
    ("*", "always_ask", "change_security_policy sign_out_everywhere"),
    ("*", "ask_if_uncertain", "require_password_change run_script reset_mfa log_time"),
    (
        "*",
        "auto_and_close",
        "unlock_account reply add_note set_status deploy_patches clear_cache wipe_device create_user",
    ),
    ("acme", "always_ask", "unlock_account deploy_patches"),
    ("acme", "auto_and_close", "change_firewall reset_password reboot restart_service"),
    ("globex", "ask_if_uncertain", "reply deploy_patches unlock_account"),
    ("globex", "deny", "run_script"),
];

/// The level for this client and kind: the client's own, else everybody's, else the default.
pub fn autonomy(client: &str, kind: &str) -> &'static str {
    let of = |who: &str| {
        AUTONOMY
            .iter()
            .find(|(c, _, kinds)| *c == who && kinds.split(' ').any(|k| k == kind))
            .map(|(_, level, _)| *level)
    };
    of(client).or_else(|| of("*")).unwrap_or("auto_with_guardrails")
}

/// Kinds that need two people, and those that acme adds.
const TWO_PERSON: (&str, &str) = ("set_startup_item sign_out_everywhere", "clear_cache");

/// Kinds that need a requester known over a second channel.
pub const SECOND_CHANNEL: &str = "reset_mfa issue_temporary_access_pass";

/// The rules of every client: name, actions, condition, tier. No macro: each runs without the
/// interpreter.
const RULES: &[(&str, &str, &str, Tier)] = &[
    ("active user", "reboot", "user_active", Tier::High),
    (
        "servers by day",
        "reboot, shut_down",
        "servers > 0 && hour >= 6 && hour < 22",
        Tier::Critical,
    ),
    ("weekend batch", "*", "weekend && targets > 2", Tier::High),
    ("large window", "*", "targets_in_window > 50", Tier::High),
    ("finance groups", "add_group_member", "group_name.startsWith(\"Finance\")", Tier::Critical),
    (
        "opened mailbox",
        "grant_mailbox_permission",
        "mailbox_sensitivity != \"normal\" && requester_is != \"manager\"",
        Tier::Critical,
    ),
    (
        "identity",
        "reset_mfa, issue_temporary_access_pass",
        "verification != \"second_channel\"",
        Tier::Critical,
    ),
    ("doubtful reset", "reset_password", "confidence < 90", Tier::High),
    (
        "failing rollout",
        "deploy_patches",
        "fleet_failure_percent > 10 && fleet_attempts >= 20",
        Tier::High,
    ),
    (
        "unrated",
        "deploy_patches",
        "patch_severity == \"unknown\" || device_role == \"unknown\"",
        Tier::High,
    ),
    ("wide clean-up", "run_script", "script_id == \"cleanup-temp\" && targets > 10", Tier::High),
    ("dear licence", "assign_licence", "monthly_cost > 2000 && free_seats == 0", Tier::Critical),
    ("outside brain", "*", "brain != \"technician\" && confidence < 95", Tier::Medium),
    (
        "special accounts",
        "disable_account, enable_account",
        "target_privileged || target_service",
        Tier::Critical,
    ),
    ("sign-in servers", "restart_service", "device_role == \"domain_controller\"", Tier::Critical),
    ("dns of several", "set_dns", "targets > 1", Tier::High),
    ("unlock at night", "unlock_account", "hour < 6 || hour >= 22", Tier::Medium),
    ("offline", "clear_cache, set_startup_item", "offline_devices > 0", Tier::High),
    ("supervised", "change_security_policy, change_firewall", "regulated", Tier::Critical),
    ("friday licence", "remove_licence", "weekday == \"friday\" && hour >= 15", Tier::High),
];

/// A rule that only the interpreter can evaluate.
const MACRO_RULE: (&str, &str, &str, Tier) =
    ("server names", "reboot", "device_names.exists(n, n.startsWith(\"SRV\"))", Tier::High);

/// The rules that acme has beside everybody's.
const ACME_RULES: &[(&str, &str, &str, Tier)] = &[
    ("stranger's joiner", "create_user", "!requester_verified", Tier::Critical),
    ("quiet hours", "shut_down", "in_business_hours || in_change_freeze", Tier::Critical),
];

fn rule((name, action, condition, escalate_to): &(&str, &str, &str, Tier)) -> CustomRule {
    CustomRule {
        name: (*name).into(),
        action: (*action).into(),
        condition: (*condition).into(),
        escalate_to: *escalate_to,
        reason: format!("the MSP wants a look at: {name}"),
    }
}

/// The kind of this name.
///
/// # Errors
/// When there is none.
pub fn kind(name: &str) -> Result<ActionKind, String> {
    let found = ActionKind::ALL.iter().find(|k| k.name() == name).copied();
    found.ok_or_else(|| format!("there is no action {name:?}"))
}

fn kinds(names: &str) -> Result<BTreeSet<ActionKind>, String> {
    names.split(' ').map(kind).collect()
}

fn dates(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|d| (*d).to_owned()).collect()
}

/// The whole policy, with the rule that needs the interpreter.
///
/// # Errors
/// When a name in this file is wrong.
pub fn policy() -> Result<Policy, String> {
    let mut policy = native_policy()?;
    policy.custom_rules.push(rule(&MACRO_RULE));
    Ok(policy)
}

/// The policy without the rule that needs the interpreter: twenty rules for every client.
///
/// # Errors
/// When a name in this file is wrong.
pub fn native_policy() -> Result<Policy, String> {
    let id = |name: &str| ClientId::new(name).map_err(|e| e.to_string());
    let mut autonomy: BTreeMap<String, BTreeMap<ActionKind, Autonomy>> = BTreeMap::new();
    for (client, level, names) in AUTONOMY {
        let level = Autonomy::ALL.into_iter().find(|a| a.name() == *level);
        let level = level.ok_or("no such level of autonomy")?;
        let own = autonomy.entry((*client).to_owned()).or_default();
        own.extend(kinds(names)?.into_iter().map(|k| (k, level)));
    }
    let clients = BTreeMap::from([
        (id("acme")?, acme()?),
        (id("globex")?, globex()?),
        (
            id("initech")?,
            ClientPolicy { hypercare_until: Some(HYPERCARE_UNTIL), ..ClientPolicy::default() },
        ),
    ]);
    let second = kinds(SECOND_CHANNEL)?.into_iter().map(|k| (k, Verification::SecondChannel));
    Ok(Policy {
        default_autonomy: Autonomy::AutoWithGuardrails,
        autonomy,
        identity: second.collect(),
        cost_limit_minor: COMMON.cost_limit,
        time_zone: "Europe/Berlin".into(),
        maintenance_windows: windows()?,
        change_freezes: vec![ChangeFreeze {
            name: "turn of the year".into(),
            from: "2026-12-20".into(),
            until: "2027-01-02".into(),
            time_zone: "Europe/Berlin".into(),
            actions: None,
        }],
        business_hours: Some(BusinessHours {
            days: Weekday::ALL.into_iter().filter(|d| !d.is_weekend()).collect(),
            start: "08:00".into(),
            end: "18:00".into(),
            time_zone: "Europe/Berlin".into(),
            holidays: dates(&["2026-12-25"]),
        }),
        two_person: kinds(TWO_PERSON.0)?,
        custom_rules: RULES.iter().map(rule).collect(),
        clients,
        ..Policy::cautious("opinions-1")
    })
}

fn windows() -> Result<Vec<MaintenanceWindow>, String> {
    Ok(vec![
        MaintenanceWindow {
            name: "nightly".into(),
            days: Weekday::ALL.into_iter().filter(|d| *d != Weekday::Sunday).collect(),
            start: "22:00".into(),
            end: "04:00".into(),
            time_zone: "Europe/Berlin".into(),
            except: dates(&["2026-12-24"]),
            actions: None,
        },
        MaintenanceWindow {
            name: "patch sunday".into(),
            days: BTreeSet::from([Weekday::Sunday]),
            start: "06:00".into(),
            end: "12:00".into(),
            time_zone: "Europe/Berlin".into(),
            except: BTreeSet::new(),
            actions: Some(kinds("deploy_patches")?),
        },
    ])
}

fn acme() -> Result<ClientPolicy, String> {
    Ok(ClientPolicy {
        min_confidence: Some(90),
        cost_limit_minor: Some(0),
        custom_rules: ACME_RULES.iter().map(rule).collect(),
        two_person: kinds(TWO_PERSON.1)?,
        ..ClientPolicy::default()
    })
}

fn globex() -> Result<ClientPolicy, String> {
    Ok(ClientPolicy {
        bulk_threshold: Some(3),
        critical_threshold: Some(20),
        time_zone: Some("America/New_York".into()),
        regulated: BTreeSet::from([DataMark::Phi]),
        maintenance_windows: Some(vec![MaintenanceWindow {
            name: "saturday".into(),
            days: BTreeSet::from([Weekday::Saturday]),
            start: "20:00".into(),
            end: "23:30".into(),
            time_zone: "America/New_York".into(),
            except: BTreeSet::new(),
            actions: Some(kinds("reboot shut_down deploy_patches")?),
        }]),
        change_freezes: vec![ChangeFreeze {
            name: "audit".into(),
            from: "2027-03-01".into(),
            until: "2027-03-05".into(),
            time_zone: "America/New_York".into(),
            actions: Some(kinds("add_group_member create_user")?),
        }],
        business_hours: Some(BusinessHours {
            days: Weekday::ALL.into_iter().filter(|d| *d != Weekday::Sunday).collect(),
            start: "09:00".into(),
            end: "17:00".into(),
            time_zone: "America/New_York".into(),
            holidays: BTreeSet::new(),
        }),
        ..ClientPolicy::default()
    })
}
