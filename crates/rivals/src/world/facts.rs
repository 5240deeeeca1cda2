//! Random facts for one request.

use super::Dice;
use domain::{
    ActionKind, BrainFacts, BreakerFacts, BreakerMode, BreakerScope, ClientId, Confidence,
    Contract, CostFacts, DataMark, DeviceFacts, DeviceHealth, DeviceRole, Fact, Facts, FleetFacts,
    GroupFacts, MailboxFacts, PatchFacts, PatchSeverity, Relation, Requester, ScriptFacts,
    Sensitivity, TargetFacts, TicketFacts, Tier, UndoFacts, UnixMs, Verification, Volume,
};
use gate::Request;
use rand::RngExt;

const FRESH_MS: i64 = 300_000;

pub(super) fn random(dice: &mut Dice, request: &Request, now: UnixMs) -> Facts {
    let mut facts = Facts::none("not read");
    facts.requester = read(dice, now, |d| requester(d, now));
    facts.relation = read(dice, now, |d| d.mostly(Relation::Oneself, &Relation::ALL));
    facts.target = read(dice, now, target);
    facts.group = read(dice, now, |d| GroupFacts {
        exists: !d.odd(),
        sensitivity: d.mostly(Sensitivity::Normal, &Sensitivity::ALL),
        because: "listed".into(),
        marks: marks(d),
        as_named: !d.odd(),
    });
    facts.mailbox = read(dice, now, |d| MailboxFacts {
        exists: !d.odd(),
        sensitivity: d.mostly(Sensitivity::Normal, &Sensitivity::ALL),
        because: "listed".into(),
        marks: marks(d),
    });
    facts.devices = read(dice, now, |d| devices(d, request));
    facts.patch = read(dice, now, patch);
    facts.fleet = read(dice, now, fleet);
    facts.script = read(dice, now, |d| ScriptFacts {
        in_library: !d.odd(),
        hash_matches: !d.odd(),
        in_scope: !d.odd(),
    });
    facts.cost = read(dice, now, |d| CostFacts {
        monthly_minor: d.mostly(0, &[-100, 0, 1, 1_999, 2_000, 2_001, 5_000, 5_001, i64::MAX]),
        free_seats: d.mostly(3, &[0, 1]),
        contract: d.mostly(Contract::Covered, &Contract::ALL),
    });
    facts.volume = read(dice, now, |d| Volume {
        targets: d.mostly(1, &[0, 2, 3, 4, 5, 6, 19, 20, 21, 50, 51, 99, 100, 101, u32::MAX]),
    });
    facts.brain = read(dice, now, |d| BrainFacts {
        in_scope: !d.odd(),
        ceiling: d.mostly(Tier::Critical, &Tier::ALL),
        requests: d.mostly(1, &[9, 10, 11]),
        rate: d.mostly(0, &[0, 10]),
        repeats: d.mostly(1, &[0, 4, 5, 6]),
    });
    facts.confidence = read(dice, now, |d| Confidence {
        percent: d.mostly(97, &[0, 79, 80, 81, 89, 90, 94, 95, 100]),
    });
    facts.ticket = read(dice, now, |d| TicketFacts { of_this_case: !d.odd() });
    facts.cooling_down = read(dice, now, Dice::odd);
    facts.breaker = read(dice, now, |d| breaker(d, request, now));
    if request.undoes.is_some() || dice.odd() {
        facts.undo = read(dice, now, |d| UndoFacts {
            original: d.one(&Tier::ALL, Tier::Medium),
            matches: !d.odd(),
            in_time: !d.odd(),
            unchanged: !d.odd(),
            undone: d.odd(),
        });
    }
    facts
}

/// Known and fresh; when odd, missing, or read at the edge of what counts as fresh.
fn read<T>(dice: &mut Dice, now: UnixMs, value: impl FnOnce(&mut Dice) -> T) -> Fact<T> {
    let age_ms = match dice.odd() {
        false => dice.one(&[0, 0, 1, 5_000, 200_000], 0),
        true => match dice.rng.random_range(0..8) {
            0 => return Fact::Missing("the directory did not answer".into()),
            1 => FRESH_MS,
            2 => -FRESH_MS,
            3 => FRESH_MS + 1,
            4 => -FRESH_MS - 1,
            5 => 40 * FRESH_MS,
            6 => -40 * FRESH_MS,
            _ => FRESH_MS - 1,
        },
    };
    let value = value(dice);
    Fact::known(value, "directory", now.plus_ms(-age_ms))
}

fn requester(dice: &mut Dice, now: UnixMs) -> Requester {
    let usual = dice.one(
        &[Verification::AddressOnFile, Verification::SecondChannel],
        Verification::AddressOnFile,
    );
    let verification = dice.mostly(usual, &Verification::ALL);
    let age_ms = dice.mostly(60_000, &[900_000, 900_001, -1, 0, 86_400_000]);
    let address = dice.mostly("jane.roe@acme.test", &["", "Someone@Else.test"]).to_owned();
    Requester {
        account_id: (verification != Verification::Unverified).then(|| "a-1".to_owned()),
        identities: vec!["jane.roe@acme.test".into(), "jane@acme.test".into()],
        address,
        verification,
        verified_at: (!dice.odd()).then(|| now.plus_ms(-age_ms)),
    }
}

fn target(dice: &mut Dice) -> TargetFacts {
    TargetFacts {
        exists: !dice.odd(),
        identities: vec!["jane.roe@acme.test".into()],
        privileged: if dice.odd() { vec!["Domain Admins".into()] } else { vec![] },
        service: if dice.odd() { vec!["its login matches \"svc-*\"".into()] } else { vec![] },
        break_glass: dice.odd(),
        as_named: !dice.odd(),
    }
}

fn marks(dice: &mut Dice) -> Vec<DataMark> {
    if dice.odd() { vec![dice.one(&DataMark::ALL, DataMark::Pii)] } else { vec![] }
}

/// Facts of the devices named; now and then one is not read, or one too many is.
fn devices(dice: &mut Dice, request: &Request) -> Vec<DeviceFacts> {
    let named: Vec<String> = request.action.devices().iter().map(|d| d.id.clone()).collect();
    let mut ids: Vec<String> = named.into_iter().filter(|_| !(dice.odd() && dice.odd())).collect();
    if dice.odd() {
        ids.push("d-unasked".into());
    }
    let one = |dice: &mut Dice, id: String| DeviceFacts {
        id,
        exists: !dice.odd(),
        role: dice.mostly(DeviceRole::Workstation, &DeviceRole::ALL),
        user_active: dice.mostly(Some(false), &[None, Some(false), Some(true)]),
        online: !dice.odd(),
        health: dice.mostly(DeviceHealth::Good, &DeviceHealth::ALL),
    };
    ids.into_iter().map(|id| one(dice, id)).collect()
}

fn patch(dice: &mut Dice) -> PatchFacts {
    let usual = dice.one(&PatchSeverity::ALL, PatchSeverity::Low);
    PatchFacts {
        known: !dice.odd(),
        lowest: dice.mostly(usual, &PatchSeverity::ALL),
        highest: dice.mostly(usual, &PatchSeverity::ALL),
        known_exploited: dice.odd(),
    }
}

/// Attempts and failures, most of them near the limit of 15 %.
fn fleet(dice: &mut Dice) -> FleetFacts {
    if !dice.odd() {
        return FleetFacts { attempts: dice.one(&[0, 1, 12, 400], 0), failures: 0 };
    }
    let attempts = dice.rng.random_range(0..=1_200_u32);
    let around = attempts * 15 / 100;
    let failures = match dice.rng.random_range(0..4) {
        0 => dice.rng.random_range(0..=attempts),
        1 => attempts.saturating_add(1),
        _ => around + dice.rng.random_range(0..=around / 3 + 4),
    };
    FleetFacts { attempts, failures }
}

fn breaker(dice: &mut Dice, request: &Request, now: UnixMs) -> Option<BreakerFacts> {
    if !dice.odd() {
        return None;
    }
    let other = ClientId::new("umbrella").unwrap_or_else(|_| request.client.clone());
    let client = dice.one(&[request.client.clone(), other], request.client.clone());
    let kind = dice.one(&[request.action.kind(), ActionKind::Reboot], ActionKind::Reboot);
    let scope = match dice.rng.random_range(0..3) {
        0 => BreakerScope::Everything,
        1 => BreakerScope::Client(client),
        _ => BreakerScope::Action(client, kind),
    };
    Some(BreakerFacts {
        scope,
        mode: dice.one(&[BreakerMode::Ask, BreakerMode::Stop], BreakerMode::Ask),
        reason: "too many failures".into(),
        since: now,
    })
}
