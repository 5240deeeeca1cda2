//! Actions on devices and on what serves many.

use super::*;
use domain::{DeviceHealth, DeviceRole, PatchSeverity};

const ON_DEVICES: [ActionKind; 9] = [
    ActionKind::RestartService,
    ActionKind::ClearCache,
    ActionKind::SetStartupItem,
    ActionKind::SetDns,
    ActionKind::RunScript,
    ActionKind::Reboot,
    ActionKind::ShutDown,
    ActionKind::DeployPatches,
    ActionKind::WipeDevice,
];

const FOR_MANY: [ActionKind; 7] = [
    ActionKind::ChangeFirewall,
    ActionKind::ChangeServerConfiguration,
    ActionKind::ChangeBackupSchedule,
    ActionKind::ChangeSecurityPolicy,
    ActionKind::ChangeManyClients,
    ActionKind::CreateUser,
    ActionKind::DeleteAccounts,
];

fn closed(s: &mut Scene) {
    s.policy.maintenance_windows.clear();
}

fn states() -> Vec<Row> {
    let mut all = vec![row("harmless", |_| ())];
    for role in DeviceRole::ALL {
        let name = format!("role {}", role.name());
        all.push(row(name, move |s| s.each_device(|d| d.role = role)));
    }
    all.push(row("somebody works on it", |s| s.each_device(|d| d.user_active = Some(true))));
    all.push(row("not seen whether", |s| s.each_device(|d| d.user_active = None)));
    for health in DeviceHealth::ALL {
        let name = format!("health {health:?}").to_lowercase();
        all.push(row(name, move |s| s.each_device(|d| d.health = health)));
    }
    all.push(row("not one of the client's", |s| s.each_device(|d| d.exists = false)));
    all.push(row("another device was read", |s| s.each_device(|d| d.id = "d-9".into())));
    all.push(row("devices not read", |s| s.facts.devices = missing()));
    all.push(row("requester unverified", |s| {
        s.facts.requester = verified(domain::Verification::Unverified);
    }));
    all.push(row("nobody asked (monitoring)", |s| s.facts.requester = nobody()));
    all.push(row("requester not read", |s| s.facts.requester = missing()));
    all
}

fn numbers() -> Vec<Row> {
    [1, 2, 5, 6, 50, 99, 100, 200]
        .map(|n| row(format!("{n} at once"), move |s| s.on(n)))
        .into_iter()
        .chain([row("the 6th within the hour", |s| s.facts.volume = targets(6))])
        .chain([row("the 100th within the hour", |s| s.facts.volume = targets(100))])
        .chain([row("number not known", |s| s.facts.volume = missing())])
        .collect()
}

fn outside(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter()
        .map(|(name, change)| {
            row(name, move |s: &mut Scene| {
                closed(s);
                change(s);
            })
        })
        .collect()
}

pub(super) fn tables(out: &mut String) {
    grid(out, "10. DEVICES, window open", &ON_DEVICES, &states());
    grid(out, "11. DEVICES, no window open", &ON_DEVICES, &outside(states()));
    grid(out, "12. SEVERAL DEVICES, window open", &ON_DEVICES, &numbers());
    grid(out, "13. SEVERAL DEVICES, no window open", &ON_DEVICES, &outside(numbers()));
    let mut many = numbers();
    many.push(row("requester unverified", |s| {
        s.facts.requester = verified(domain::Verification::Unverified);
    }));
    many.push(row("nobody asked (monitoring)", |s| s.facts.requester = nobody()));
    grid(out, "14. WHAT SERVES MANY", &FOR_MANY, &many);
    patches(out);
    fleets(out);
    grid(out, "17. SCRIPTS", &[ActionKind::RunScript], &scripts());
}

pub(super) fn every_row() -> Vec<Row> {
    let mut all = states();
    all.push(row("no window open", closed));
    all.push(row("moderate patch", |s| {
        let p = value(&mut s.facts.patch);
        (p.lowest, p.highest) = (PatchSeverity::Moderate, PatchSeverity::Moderate);
    }));
    all.push(row("unrated patch", |s| {
        value(&mut s.facts.patch).highest = PatchSeverity::Unknown;
    }));
    all.push(row("critical patch", |s| {
        let p = value(&mut s.facts.patch);
        (p.lowest, p.highest) = (PatchSeverity::Critical, PatchSeverity::Critical);
    }));
    all.push(row("exploited patch", |s| value(&mut s.facts.patch).known_exploited = true));
    all.push(row("unknown patch", |s| value(&mut s.facts.patch).known = false));
    all.push(row("fleet fails", |s| s.facts.fleet = fleet(100, 50)));
    all.extend(scripts());
    all
}

fn scripts() -> Vec<Row> {
    [
        ("approved", script(true, true, true)),
        ("not in the library", script(false, true, true)),
        ("content changed", script(true, false, true)),
        ("out of scope", script(true, true, false)),
        ("not looked up", missing()),
    ]
    .into_iter()
    .map(|(name, fact)| row(name, move |s: &mut Scene| s.facts.script = fact.clone()))
    .collect()
}

/// Rows: what is deployed. Columns: when and onto what.
fn patches(out: &mut String) {
    heading(
        out,
        "15. PATCHES: columns window open and idle, window open and in use, no window open",
    );
    let mut line = |name: String, fact: domain::Fact<domain::PatchFacts>| {
        let tier = |change: fn(&mut Scene)| {
            let mut scene = Scene::harmless();
            scene.facts.patch = fact.clone();
            change(&mut scene);
            letter(scene.tier(&scene.compiled(), ActionKind::DeployPatches))
        };
        let busy: fn(&mut Scene) = |s| s.each_device(|d| d.user_active = Some(true));
        writeln!(out, "{name:40}{} {} {}", tier(|_| ()), tier(busy), tier(closed)).unwrap();
    };
    for lowest in PatchSeverity::ALL {
        for highest in PatchSeverity::ALL.into_iter().filter(|h| *h >= lowest) {
            let name = match lowest == highest {
                true => lowest.name().to_owned(),
                false => format!("{} to {}", lowest.name(), highest.name()),
            };
            line(name, known(domain::PatchFacts { lowest, highest, ..patch() }));
        }
    }
    line(
        "low, all known exploited".into(),
        known(domain::PatchFacts { known_exploited: true, ..patch() }),
    );
    line("not in the catalogue".into(), known(domain::PatchFacts { known: false, ..patch() }));
    let exploited = domain::PatchFacts {
        known: false,
        known_exploited: true,
        lowest: PatchSeverity::Critical,
        highest: PatchSeverity::Critical,
    };
    line("not in the catalogue, yet critical".into(), known(exploited));
    line("not looked up".into(), missing());
}

/// Rows: how the same patches fared elsewhere. Columns: what their tier is without that.
fn fleets(out: &mut String) {
    heading(out, "16. FLEET: failed of attempts; columns a low, a medium, a high patch");
    for (attempts, failures) in [
        (0, 0),
        (1, 1),
        (2, 1),
        (2, 2),
        (10, 3),
        (10, 4),
        (100, 15),
        (100, 21),
        (100, 22),
        (200, 100),
    ] {
        fleet_line(out, format!("{failures} of {attempts}"), fleet(attempts, failures));
    }
    fleet_line(out, "not counted".into(), missing());
}

fn fleet_line(out: &mut String, name: String, fact: domain::Fact<domain::FleetFacts>) {
    let tier = |severity: PatchSeverity, open: bool| {
        let mut scene = Scene::harmless();
        scene.facts.fleet = fact.clone();
        let rated = domain::PatchFacts { lowest: severity, highest: severity, ..patch() };
        scene.facts.patch = known(rated);
        if !open {
            closed(&mut scene);
        }
        letter(scene.tier(&scene.compiled(), ActionKind::DeployPatches))
    };
    let cells =
        [(PatchSeverity::Low, true), (PatchSeverity::Moderate, true), (PatchSeverity::Low, false)]
            .map(|(severity, open)| tier(severity, open).to_string());
    writeln!(out, "{name:40}{}", cells.join(" ")).unwrap();
}
