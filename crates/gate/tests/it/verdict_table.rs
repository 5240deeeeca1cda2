//! The whole catalogue's verdicts as one file that people review: `snapshots/verdict_table.snap`.
//! After a deliberate change: `INSTA_UPDATE=always cargo test -p gate --test it verdict_table`, then
//! read the diff against the catalogue in DESIGN.md §3: each line that moved is the change.
//!
//! Rows are states of facts or settings, columns are kinds of action, and everything that a row does
//! not name is as harmless as can be. That leaves combinations out; that no combination is milder
//! than its gravest part is what `laws.rs` holds.

mod accounts;
mod devices;
mod overlays;

use crate::worlds::*;
use domain::{ActionKind, Autonomy, Facts, Tier};
use gate::judge;
use std::fmt::Write;

/// Every row of every table that is not about several devices.
pub(crate) fn every_row() -> Vec<Row> {
    accounts::every_row()
        .into_iter()
        .chain(devices::every_row())
        .chain(overlays::every_row())
        .collect()
}

/// A row: its name, and how the scene differs from the harmless one.
pub(crate) type Row = (String, Box<dyn Fn(&mut Scene)>);

fn row(name: impl Into<String>, change: impl Fn(&mut Scene) + 'static) -> Row {
    (name.into(), Box::new(change))
}

/// A row for each state of one fact.
fn rows<T: Clone + 'static>(
    fact: &str,
    states: States<T>,
    set: fn(&mut Facts) -> &mut domain::Fact<T>,
) -> Vec<Row> {
    states
        .into_iter()
        .map(|(name, state)| {
            row(format!("{fact} {name}"), move |s| *set(&mut s.facts) = state.clone())
        })
        .collect()
}

fn letter(tier: Tier) -> char {
    match tier {
        Tier::Low => 'L',
        Tier::Medium => 'M',
        Tier::High => 'H',
        Tier::Critical => 'C',
    }
}

fn heading(out: &mut String, title: &str) {
    writeln!(out, "\n{title}\n{}", "-".repeat(title.chars().count())).unwrap();
}

/// One letter for each row and kind.
fn grid(out: &mut String, title: &str, kinds: &[ActionKind], rows: &[Row]) {
    heading(out, title);
    for (n, kind) in kinds.iter().enumerate() {
        writeln!(out, "{:40}{}{}", "", "| ".repeat(n), kind.name()).unwrap();
    }
    for (name, change) in rows {
        let mut scene = Scene::harmless();
        change(&mut scene);
        let compiled = scene.compiled();
        let cells: Vec<String> =
            kinds.iter().map(|k| letter(scene.tier(&compiled, *k)).to_string()).collect();
        writeln!(out, "{name:40}{}", cells.join(" ")).unwrap();
    }
}

/// The findings of each row for one kind, gravest first.
fn reasons(out: &mut String, kind: ActionKind, rows: &[Row]) {
    for (name, change) in rows {
        let mut scene = Scene::harmless();
        change(&mut scene);
        let verdict = judge(Ok(&scene.compiled()), scene.request(kind), &scene.facts, NOW);
        let findings = verdict.record().findings.iter();
        let findings: Vec<String> =
            findings.map(|f| format!("{} {}:{}", letter(f.minimum), f.assessor, f.code)).collect();
        let what = format!("{}, {name}", kind.name());
        writeln!(out, "{what:62}{:15} {}", verdict.follows().name(), findings.join(", ")).unwrap();
    }
}

/// Every kind, whether it writes, and its tier at each level of autonomy with nothing against it.
fn catalogue(out: &mut String) {
    heading(out, "1. THE CATALOGUE: nothing speaks against it, a maintenance window is open");
    out.push_str(
        "columns: deny, always_ask, ask_if_uncertain, auto_with_guardrails, auto_and_close;\n",
    );
    out.push_str("every fact missing but the brain; no policy; floor; way back\n\n");
    for kind in ActionKind::ALL {
        let mut cells: Vec<char> = Vec::new();
        for autonomy in Autonomy::ALL {
            let scene = Scene { policy: policy_in_window(autonomy), ..Scene::harmless() };
            cells.push(letter(scene.tier(&scene.compiled(), *kind)));
        }
        let nothing = Facts { brain: brain(true, Tier::Critical), ..Facts::none("not read") };
        let gaps = Scene { facts: nothing, ..Scene::harmless() };
        cells.push(letter(gaps.tier(&gaps.compiled(), *kind)));
        cells.push(letter(gate::tier(Err("none"), &request(*kind), &harmless(), NOW)));
        let cells: Vec<String> = cells.iter().map(char::to_string).collect();
        let (floor, undo) = (kind.floor(), kind.undo().map_or("-", |_| "undo"));
        let what = if kind.is_write() { "write" } else { "read" };
        let line =
            format!("{:30}{what:6} {}   {:9}{undo}", kind.name(), cells.join(" "), floor.name());
        writeln!(out, "{}", line.trim_end()).unwrap();
    }
}

/// What the brain may, for every kind.
fn brain_limits(out: &mut String) {
    let title = "2. THE BRAIN: each kind, nothing else against it";
    heading(out, title);
    let names: Vec<String> = brains().into_iter().map(|(name, _)| name).collect();
    writeln!(out, "columns: {}\n", names.join(", ")).unwrap();
    for kind in ActionKind::ALL {
        let cells: Vec<String> = brains()
            .into_iter()
            .map(|(_, brain)| {
                let mut scene = Scene::harmless();
                scene.facts.brain = brain;
                letter(scene.tier(&scene.compiled(), *kind)).to_string()
            })
            .collect();
        writeln!(out, "{:30}{}", kind.name(), cells.join(" ")).unwrap();
    }
}

#[test]
fn the_verdict_table_is_as_reviewed() {
    let mut table = String::from(
        "The verdicts of the gate. Read it against the catalogue in DESIGN.md, section 3.\n\
         After a deliberate change: INSTA_UPDATE=always cargo test -p gate --test it verdict_table\n\n\
         L low: run. M medium: run and notify. H high: a person approves. C critical: people only.\n\
         What a row does not name is harmless: requester proven by a second channel and acting on\n\
         the own account, plain target, one idle workstation, window open, autonomy auto_and_close.\n",
    );
    catalogue(&mut table);
    brain_limits(&mut table);
    accounts::tables(&mut table);
    devices::tables(&mut table);
    overlays::tables(&mut table);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("verdict_table", table);
    });
}
