//! The whole verdict table as one file that people review: `snapshots/verdict_table.snap`.
//! After a deliberate change: `INSTA_UPDATE=always cargo test -p gate`, then read the diff.
//!
//! The table is complete although it is short: its first part runs over every combination and
//! shows which state of which fact is Critical whatever the rest says. The second part spells out
//! every combination of all other states.

use crate::worlds::*;
use domain::{
    Action, ActionKind, Autonomy, Fact, Facts, GroupFacts, Relation, Requester, TargetFacts, Tier,
    Volume,
};
use gate::{Policy, judge};
use std::collections::BTreeMap;
use std::fmt::Write;

fn tier(kind: ActionKind, facts: &Facts, autonomy: Autonomy) -> Tier {
    judge(Some(&policy(autonomy)), request(kind), facts, NOW).tier()
}

fn letter(tier: Tier) -> char {
    match tier {
        Tier::Low => 'L',
        Tier::Medium => 'M',
        Tier::High => 'H',
        Tier::Critical => 'C',
    }
}

fn kinds(wanted: impl Fn(&Action) -> bool) -> Vec<ActionKind> {
    let all = ActionKind::ALL.iter().copied();
    all.filter(|k| k.is_write() && wanted(&action(*k))).collect()
}

/// Every state of every fact that an account action is judged by.
struct Space {
    requester: States<Requester>,
    relation: States<Relation>,
    target: States<TargetFacts>,
    group: States<GroupFacts>,
    volume: States<Volume>,
    cool_down: States<bool>,
}

impl Space {
    fn of(kind: ActionKind) -> Space {
        let group = match action(kind).group() {
            Some(_) => groups(),
            None => vec![("None".into(), Fact::Missing("no group".into()))],
        };
        Space {
            requester: requesters(),
            relation: relations(),
            target: target_states(),
            group,
            volume: volumes(),
            cool_down: cool_downs(),
        }
    }

    /// Calls `each` with the name of every state, `fact:state`, and the facts.
    fn each(&self, mut each: impl FnMut([String; 6], &Facts)) {
        let mut facts = harmless();
        for (target_name, target) in &self.target {
            facts.target = target.clone();
            for (group_name, group) in &self.group {
                facts.group = group.clone();
                for (volume_name, volume) in &self.volume {
                    facts.volume = volume.clone();
                    for (requester_name, requester) in &self.requester {
                        facts.requester = requester.clone();
                        for (relation_name, relation) in &self.relation {
                            facts.relation = relation.clone();
                            for (cool_name, cool) in &self.cool_down {
                                facts.cooling_down = cool.clone();
                                let names = [
                                    format!("requester {requester_name}"),
                                    format!("relation {relation_name}"),
                                    format!("target {target_name}"),
                                    format!("group {group_name}"),
                                    format!("volume {volume_name}"),
                                    format!("cooling-down {cool_name}"),
                                ];
                                each(names, &facts);
                            }
                        }
                    }
                }
            }
        }
    }
}

type Range = (Tier, Tier);

/// For every state of every fact, the lowest and highest tier over all combinations of the others.
fn ranges(kind: ActionKind) -> BTreeMap<String, Range> {
    let mut ranges: BTreeMap<String, Range> = BTreeMap::new();
    Space::of(kind).each(|names, facts| {
        for autonomy in Autonomy::ALL {
            let tier = tier(kind, facts, autonomy);
            let names = names.iter().cloned().chain([format!("autonomy {autonomy}")]);
            for name in names {
                let range = ranges.entry(name).or_insert((tier, tier));
                *range = (range.0.min(tier), range.1.max(tier));
            }
        }
    });
    ranges
}

fn names_in_order() -> Vec<String> {
    let space = Space::of(ActionKind::AddGroupMember);
    fn of<T>(fact: &str, states: &States<T>) -> Vec<String> {
        states.iter().map(|(name, _)| format!("{fact} {name}")).collect()
    }
    let mut names = of("requester", &space.requester);
    names.extend(of("relation", &space.relation));
    names.extend(of("target", &space.target));
    names.extend(of("group", &space.group));
    names.extend(of("volume", &space.volume));
    names.extend(of("cooling-down", &space.cool_down));
    names.extend(Autonomy::ALL.iter().map(|a| format!("autonomy {a}")));
    names
}

fn account_actions(out: &mut String) {
    let kinds = kinds(|a| a.account().is_some());
    let ranges: Vec<_> = kinds.iter().map(|k| ranges(*k)).collect();
    out.push_str("1. ACCOUNT ACTIONS: lowest and highest tier when one fact is as named\n\n");
    for (n, kind) in kinds.iter().enumerate() {
        writeln!(out, "   column {}: {}", n + 1, kind.name()).unwrap();
    }
    out.push('\n');
    for name in names_in_order() {
        write!(out, "{name:28}").unwrap();
        for range in &ranges {
            match range.get(&name) {
                Some((low, high)) if low == high => write!(out, "  {}  ", letter(*low)),
                Some((low, high)) => write!(out, " {}-{} ", letter(*low), letter(*high)),
                None => write!(out, "  .  "),
            }
            .unwrap();
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out.push_str("\n2. ACCOUNT ACTIONS: every combination without a state that is C above\n");
    out.push_str(
        "   columns: deny, always_ask, ask_if_uncertain, auto_with_guardrails, auto_and_close\n",
    );
    for (kind, ranges) in kinds.iter().zip(&ranges) {
        combinations(out, *kind, ranges);
    }
}

fn combinations(out: &mut String, kind: ActionKind, ranges: &BTreeMap<String, Range>) {
    let always_critical =
        |name: &String| ranges.get(name) == Some(&(Tier::Critical, Tier::Critical));
    let mut blocks: Vec<(String, Vec<(String, String)>)> = Vec::new();
    Space::of(kind).each(|names, facts| {
        if names.iter().any(always_critical) {
            return;
        }
        let [requester, relation, _, group, volume, _] = names;
        let heading = match group.as_str() {
            "group None" => format!("{}, {volume}", kind.name()),
            _ => format!("{}, {group}, {volume}", kind.name()),
        };
        if blocks.last().is_none_or(|(last, _)| *last != heading) {
            blocks.push((heading, Vec::new()));
        }
        let tiers = Autonomy::ALL.map(|a| letter(tier(kind, facts, a)).to_string()).join(" ");
        blocks.last_mut().unwrap().1.push((format!("{requester:26} {relation:22}"), tiers));
    });
    for (heading, mut rows) in blocks {
        if rows.iter().all(|(_, tiers)| *tiers == rows[0].1) {
            rows.truncate(1);
            rows[0].0 = format!("{:49}", "every combination of requester and relation");
        }
        write!(out, "\n{heading}\n").unwrap();
        for (names, tiers) in rows {
            writeln!(out, "  {names} {tiers}").unwrap();
        }
    }
}

fn close_outs(out: &mut String) {
    out.push_str("\n3. CLOSE-OUT ACTIONS: columns as in 2\n");
    for kind in kinds(|a| a.ticket().is_some()) {
        writeln!(out, "\n{}", kind.name()).unwrap();
        for (name, ticket) in tickets() {
            let facts = Facts { ticket, ..harmless() };
            let tiers = Autonomy::ALL.map(|a| letter(tier(kind, &facts, a)).to_string()).join(" ");
            writeln!(out, "  ticket {name:20} {tiers}").unwrap();
        }
    }
}

fn brains_and_policies(out: &mut String) {
    out.push_str("\n4. EVERY KIND, all else harmless, auto_and_close\n");
    out.push_str(
        "   columns: brain with ceiling critical, high, medium, low; out of scope; missing;\n",
    );
    out.push_str("   every fact missing but the brain; no policy; broken policy\n\n");
    for kind in ActionKind::ALL {
        let mut row: Vec<Tier> = brains()
            .into_iter()
            .map(|(_, brain)| tier(*kind, &Facts { brain, ..harmless() }, Autonomy::AutoAndClose))
            .collect();
        let nothing = Facts { brain: brain(true, Tier::Critical), ..Facts::none("not read") };
        row.push(tier(*kind, &nothing, Autonomy::AutoAndClose));
        let broken = Policy { critical_threshold: 0, ..policy(Autonomy::AutoAndClose) };
        for policy in [None, Some(&broken)] {
            row.push(judge(policy, request(*kind), &harmless(), NOW).tier());
        }
        let row: Vec<String> = row.iter().map(|t| letter(*t).to_string()).collect();
        writeln!(out, "{:26}{}", kind.name(), row.join("  ")).unwrap();
    }
}

fn reason(out: &mut String, kind: ActionKind, change: &str, facts: &Facts, autonomy: Autonomy) {
    let verdict = judge(Some(&policy(autonomy)), request(kind), facts, NOW);
    let findings: Vec<String> = verdict
        .record()
        .findings
        .iter()
        .map(|f| format!("{}:{} {}", f.assessor, f.code, letter(f.minimum)))
        .collect();
    let follows = verdict.follows().name();
    writeln!(out, "{:18}{change:30}{follows:15} {}", kind.name(), findings.join(", ")).unwrap();
}

fn reasons(out: &mut String) {
    out.push_str("\n5. REASONS: harmless facts with one change, auto_and_close\n\n");
    let free = Autonomy::AutoAndClose;
    let (unlock, reset, add, reply) = (
        ActionKind::UnlockAccount,
        ActionKind::ResetPassword,
        ActionKind::AddGroupMember,
        ActionKind::Reply,
    );
    for kind in [unlock, reset] {
        for (name, requester) in requesters() {
            let facts = Facts { requester, ..harmless() };
            reason(out, kind, &format!("requester {name}"), &facts, free);
        }
    }
    for kind in [unlock, reset, add] {
        for (name, relation) in relations() {
            let facts = Facts { relation, ..harmless() };
            reason(out, kind, &format!("relation {name}"), &facts, free);
        }
    }
    for (name, target) in target_states() {
        let facts = Facts { target, ..harmless() };
        reason(out, unlock, &format!("target {name}"), &facts, free);
    }
    for (name, group) in groups() {
        let facts = Facts { group, ..harmless() };
        reason(out, add, &format!("group {name}"), &facts, free);
    }
    for (name, volume) in volumes() {
        reason(out, unlock, &format!("volume {name}"), &Facts { volume, ..harmless() }, free);
    }
    for (name, brain) in brains() {
        reason(out, unlock, &format!("brain {name}"), &Facts { brain, ..harmless() }, free);
    }
    for (name, ticket) in tickets() {
        reason(out, reply, &format!("ticket {name}"), &Facts { ticket, ..harmless() }, free);
    }
    for autonomy in Autonomy::ALL {
        reason(out, unlock, &format!("autonomy {autonomy}"), &harmless(), autonomy);
    }
}

#[test]
fn the_verdict_table_is_as_reviewed() {
    let mut table = String::from(
        "L low: run. M medium: run and notify. H high: a person approves first. C critical: refused.\n\n",
    );
    account_actions(&mut table);
    close_outs(&mut table);
    brains_and_policies(&mut table);
    reasons(&mut table);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("verdict_table", table);
    });
}
