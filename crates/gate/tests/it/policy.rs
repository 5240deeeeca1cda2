//! What differs between two policies, and what of it loosens.

mod random;

use crate::worlds::*;
use domain::{
    ActionKind, Ask, Autonomy, BreakerMode, ClientId, DataMark, EscalationStep, Tier, Verification,
};
use gate::{ApprovedScript, ClientPolicy, Difference, Policy, differences};

fn base() -> Policy {
    policy(Autonomy::AskIfUncertain)
}

/// The differences after a change, as `path: before → after`, with `!` in front of what loosens.
fn after(change: impl Fn(&mut Policy)) -> Vec<String> {
    lines(&base(), change)
}

fn lines(before: &Policy, change: impl Fn(&mut Policy)) -> Vec<String> {
    let mut new = before.clone();
    change(&mut new);
    differences(Some(before), &new).iter().map(line).collect()
}

fn line(d: &Difference) -> String {
    let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "none".into());
    let mark = if d.loosens.is_some() { "! " } else { "" };
    format!("{mark}{}: {} → {}", d.path, value(&d.before), value(&d.after))
}

fn own(p: &mut Policy) -> &mut ClientPolicy {
    p.clients.entry(client()).or_default()
}

#[test]
fn the_same_policy_under_another_version_differs_in_nothing() {
    assert!(after(|p| p.version = "2".into()).is_empty());
    assert!(after(|_| ()).is_empty());
    assert!(differences(None, &Policy::cautious("first")).is_empty());
}

/// Each number loosens one way only.
#[test]
fn each_number_loosens_one_way() {
    macro_rules! each {
        ($($way:ident $($field:ident).+;)*) => {
            vec![$({
                let change = |by: i64| lines(&base(), |p| {
                    p.$($field).+ = (i64::from(p.$($field).+) + by).try_into().unwrap();
                });
                let key = [$(stringify!($field)),+].join(".");
                (key, stringify!($way), change(1), change(-1))
            }),*]
        };
    }
    for (key, way, higher, lower) in each! {
        Higher bulk_threshold;
        Higher critical_threshold;
        Higher max_fact_age_ms;
        Higher max_verification_age_ms;
        Higher approval_ttl_ms;
        Higher undo_period_ms;
        Higher fleet_failure_percent;
        Higher max_repeats;
        Higher cost_limit_minor;
        Higher breakers.error_percent;
        Higher breakers.unverified_percent;
        Higher breakers.reversal_percent;
        Higher breakers.anomaly_factor;
        Lower window_ms;
        Lower cool_down_ms;
        Lower min_confidence;
        Either fleet_window_ms;
        Either urgent_window_ms;
        Either breakers.window_ms;
    } {
        for (lines, looser) in [(higher, way != "Lower"), (lower, way != "Higher")] {
            let [line] = lines.as_slice() else { panic!("{key}: {lines:?}") };
            assert_eq!(line.starts_with("! "), looser, "{line}");
            assert!(line.contains(&format!("{key}: ")), "{line}");
        }
    }
}

#[test]
fn times_and_amounts_are_written_for_people() {
    assert_eq!(after(|p| p.approval_ttl_ms = 1_800_000), ["approval_ttl_ms: 4 h → 30 min"]);
    assert_eq!(after(|p| p.min_confidence = 70), ["! min_confidence: 80 % → 70 %"]);
}

#[test]
fn other_settings_loosen_as_they_weaken() {
    assert_eq!(after(|p| p.hypercare_floor = Tier::High), ["hypercare_floor: medium → high"]);
    assert_eq!(after(|p| p.hypercare_floor = Tier::Low), ["! hypercare_floor: medium → low"]);
    assert_eq!(after(|p| p.breakers.mode = BreakerMode::Stop), ["breakers.mode: ask → stop"]);
    let mut stopping = base();
    stopping.breakers.mode = BreakerMode::Stop;
    let asks = lines(&stopping, |p| p.breakers.mode = BreakerMode::Ask);
    assert_eq!(asks, ["! breakers.mode: stop → ask"]);
    let kind = ActionKind::ResetMfa;
    let proof = after(|p| {
        let _ = p.identity.insert(kind, Verification::SecondChannel);
    });
    assert_eq!(proof, ["identity.reset_mfa: address_on_file → second_channel"]);
    let none = after(|p| {
        let _ = p.identity.insert(kind, Verification::Unverified);
    });
    assert!(none.is_empty(), "nothing makes a stranger verified: {none:?}");
    let two = after(|p| {
        let _ = p.two_person.insert(kind);
    });
    assert_eq!(two, ["two_person: none → reset_mfa"]);
    let mut both = base();
    both.two_person = [kind, ActionKind::Reboot].into();
    let fewer = lines(&both, |p| {
        let _ = p.two_person.remove(&kind);
    });
    assert_eq!(fewer, ["! two_person: reboot, reset_mfa → reboot"]);
    let marks = after(|p| {
        let _ = p.regulated.insert(DataMark::Phi);
    });
    assert_eq!(marks, ["regulated: none → health data"]);
    let steps = vec![EscalationStep { ask: Ask::Learned, window_ms: 60_000 }];
    let asked = after(|p| p.escalation = steps.clone());
    assert_eq!(asked, ["! escalation: none → who decided most of the like for 60 s"]);
    assert_eq!(
        after(|p| {
            let _ = p.urgent.insert(kind);
        }),
        ["! urgent: none → reset_mfa"]
    );
}

#[test]
fn hypercare_that_ends_earlier_loosens() {
    let (soon, late) = (NOW, NOW.plus_ms(86_400_000));
    let mut p = base();
    p.hypercare_until = Some(soon);
    let text = format!("hypercare_until: {soon} → {late}");
    assert_eq!(lines(&p, |p| p.hypercare_until = Some(late)), [text]);
    let text = format!("! hypercare_until: {soon} → none");
    assert_eq!(lines(&p, |p| p.hypercare_until = None), [text]);
    // The later of the two counts, so a client's own earlier end is none.
    assert!(lines(&p, |p| own(p).hypercare_until = Some(soon.plus_ms(-1))).is_empty());
}

#[test]
fn autonomy_is_compared_as_it_is_in_force() {
    let kind = ActionKind::Reboot;
    let default = after(|p| p.default_autonomy = Autonomy::AutoAndClose);
    assert_eq!(default, ["! default_autonomy: ask_if_uncertain → auto_and_close"]);
    let strict = after(|p| p.default_autonomy = Autonomy::Deny);
    assert_eq!(strict, ["default_autonomy: ask_if_uncertain → deny"]);
    let set = |p: &mut Policy, who: &str, level| {
        p.autonomy.entry(who.into()).or_default().insert(kind, level);
    };
    let one = after(|p| set(p, "acme", Autonomy::AutoWithGuardrails));
    assert_eq!(one, ["! autonomy.acme.reboot: ask_if_uncertain → auto_with_guardrails"]);
    let all = after(|p| set(p, "*", Autonomy::AlwaysAsk));
    assert_eq!(all, ["autonomy.*.reboot: ask_if_uncertain → always_ask"]);
    assert!(after(|p| set(p, "acme", Autonomy::AskIfUncertain)).is_empty(), "as it was before");
    // The client's own strict word goes, and the looser one for everybody takes its place.
    let mut p = base();
    set(&mut p, "acme", Autonomy::Deny);
    let gone = lines(&p, |p| p.autonomy.clear());
    assert_eq!(gone, ["! autonomy.acme.reboot: deny → ask_if_uncertain"]);
    let both = lines(&p, |p| {
        p.autonomy.clear();
        p.default_autonomy = Autonomy::AlwaysAsk;
    });
    assert_eq!(
        both,
        [
            "default_autonomy: ask_if_uncertain → always_ask",
            "! autonomy.acme.reboot: deny → always_ask",
        ]
    );
}

#[test]
fn a_clients_own_settings_are_held_against_what_it_had() {
    let own_bulk = |n| after(move |p| own(p).bulk_threshold = Some(n));
    assert_eq!(own_bulk(3), ["clients.acme.bulk_threshold: 5 → 3"]);
    assert_eq!(own_bulk(9), ["! clients.acme.bulk_threshold: 5 → 9"]);
    assert!(own_bulk(5).is_empty());
    // A client's own setting that goes is the one for everybody that comes.
    let mut p = base();
    own(&mut p).bulk_threshold = Some(2);
    assert_eq!(lines(&p, |p| p.clients.clear()), ["! clients.acme.bulk_threshold: 2 → 5"]);
    // What changes for everybody is said once; where a client differs, that is said as well.
    let common = lines(&p, |p| p.bulk_threshold = 4);
    assert_eq!(common, ["bulk_threshold: 5 → 4"]);
    own(&mut p).bulk_threshold = None;
    assert_eq!(lines(&p, |p| p.bulk_threshold = 4), ["bulk_threshold: 5 → 4"]);
}

#[test]
fn windows_loosen_when_there_are_more_or_others() {
    let night = || window("night", "22:00", "02:00");
    let every = "every day 22:00–02:00 UTC";
    let new = after(|p| p.maintenance_windows.push(night()));
    assert_eq!(new, [format!("! maintenance_windows.night: none → {every}")]);
    let mut p = base();
    p.maintenance_windows.push(night());
    let gone = lines(&p, |p| p.maintenance_windows.clear());
    assert_eq!(gone, [format!("maintenance_windows.night: {every} → none")]);
    let loosens = |change: fn(&mut gate::calendar::MaintenanceWindow)| {
        lines(&p, |p| change(&mut p.maintenance_windows[0]))[0].starts_with("! ")
    };
    assert!(loosens(|w| w.start = "23:00".into()), "who knows, with clocks being changed");
    assert!(loosens(|w| w.time_zone = "Europe/Berlin".into()));
    assert!(!loosens(|w| w.except = ["2026-12-24".to_owned()].into()));
    assert!(!loosens(|w| w.days = [gate::calendar::Weekday::Sunday].into()));
    assert!(!loosens(|w| w.actions = Some([ActionKind::Reboot].into())));
    // A client's own list takes the place of the common one.
    let replaced = lines(&p, |p| own(p).maintenance_windows = Some(vec![]));
    assert_eq!(replaced, [format!("clients.acme.maintenance_windows.night: {every} → none")]);
}

#[test]
fn freezes_and_hours_loosen_when_they_shrink() {
    let freeze = gate::calendar::ChangeFreeze {
        name: "christmas".into(),
        from: "2026-12-20".into(),
        until: "2026-12-31".into(),
        time_zone: "UTC".into(),
        actions: None,
    };
    assert!(!after(|p| p.change_freezes.push(freeze.clone()))[0].starts_with("! "));
    let mut p = base();
    p.change_freezes.push(freeze.clone());
    let hours = window("", "08:00", "17:00");
    p.business_hours = Some(gate::calendar::BusinessHours {
        days: hours.days,
        start: hours.start,
        end: hours.end,
        time_zone: hours.time_zone,
        holidays: Default::default(),
    });
    let loosens = |change: fn(&mut Policy)| {
        let lines = lines(&p, change);
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].starts_with("! ")
    };
    assert!(loosens(|p| p.change_freezes.clear()));
    assert!(loosens(|p| p.change_freezes[0].from = "2026-12-21".into()));
    assert!(!loosens(|p| p.change_freezes[0].until = "2027-01-03".into()));
    assert!(loosens(|p| p.change_freezes[0].time_zone = "Asia/Tokyo".into()));
    assert!(loosens(|p| p.change_freezes[0].actions = Some([ActionKind::Reboot].into())));
    assert!(!loosens(
        |p| p.change_freezes[0].actions = Some(ActionKind::ALL.iter().copied().collect())
    ));
    assert!(loosens(|p| p.business_hours = None));
    assert!(loosens(|p| p.business_hours.as_mut().unwrap().start = "09:00".into()));
    assert!(loosens(|p| {
        p.business_hours.as_mut().unwrap().holidays = ["2026-12-25".to_owned()].into();
    }));
}

#[test]
fn scripts_loosen_when_there_are_more_or_others() {
    let script = |c: char, clients: &[&str]| ApprovedScript {
        sha256: c.to_string().repeat(64),
        clients: clients.iter().map(|c| ClientId::new(*c).unwrap()).collect(),
    };
    let mut p = base();
    p.approved_script_ids.insert("clean".into(), script('a', &["acme", "globex"]));
    let set = |s: ApprovedScript| {
        let line = lines(&p, |p| drop(p.approved_script_ids.insert("clean".into(), s.clone())));
        line.first().map(|l| l.starts_with("! "))
    };
    assert_eq!(set(script('b', &["acme", "globex"])), Some(true), "other content");
    assert_eq!(set(script('a', &["acme"])), Some(false), "for fewer clients");
    assert_eq!(set(script('a', &[])), Some(true), "for every client");
    assert_eq!(set(script('a', &["acme", "initech"])), Some(true), "for another client");
    let more =
        lines(&p, |p| drop(p.approved_script_ids.insert("x".into(), script('c', &["acme"]))));
    assert!(more[0].starts_with("! approved_script_ids.x: none → sha256 cccc"), "{more:?}");
    assert!(!lines(&p, |p| p.approved_script_ids.clear())[0].starts_with("! "));
}

#[test]
fn rules_loosen_when_they_go_or_say_less() {
    let mut p = base();
    p.custom_rules = vec![nth_rule(0), nth_rule(2)];
    let change = |change: fn(&mut Policy)| -> Vec<bool> {
        lines(&p, change).iter().map(|l| l.starts_with("! ")).collect()
    };
    assert_eq!(change(|p| p.custom_rules.push(nth_rule(4))), [false], "one more");
    assert_eq!(change(|p| drop(p.custom_rules.pop())), [true], "one less");
    assert_eq!(change(|p| p.custom_rules[1].reason = "agreed twice".into()), [false], "reason");
    assert_eq!(change(|p| p.custom_rules[0].escalate_to = Tier::Critical), [false], "raises more");
    assert_eq!(change(|p| p.custom_rules[1].escalate_to = Tier::High), [true], "raises less");
    assert_eq!(change(|p| p.custom_rules[1].action = "reboot".into()), [true], "fewer kinds");
    assert_eq!(change(|p| p.custom_rules[1].action = "*".into()), [false], "more kinds");
    assert_eq!(change(|p| p.custom_rules[0].action = "list_devices".into()), [true]);
    assert_eq!(change(|p| p.custom_rules[0].condition.push_str(" && true")), [true]);
    assert_eq!(change(|p| p.custom_rules[1].name = "another".into()), [false, false], "renamed");
    assert!(change(|p| p.custom_rules.reverse()).is_empty(), "their order says nothing");
    // From everybody to one client: everybody else is without it.
    let moved = lines(&p, |p| {
        let rule = p.custom_rules.pop().unwrap();
        own(p).custom_rules.push(rule);
    });
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert!(moved[0].starts_with("! custom_rules.r2: "), "{moved:?}");
}

/// A rule may stop to match when what it looks at gets stricter.
#[test]
fn what_a_rule_looks_at_is_never_sure_to_be_stricter() {
    let mut p = base();
    p.maintenance_windows.push(window("always", "00:00", "24:00"));
    let with = |n: usize| {
        let mut p = p.clone();
        p.custom_rules.push(nth_rule(n));
        p
    };
    let denies = |p: &mut Policy| p.default_autonomy = Autonomy::Deny;
    assert!(!lines(&p, denies)[0].starts_with("! "));
    assert!(lines(&with(5), denies)[0].starts_with("! "), "looks at the level");
    let closes = |p: &mut Policy| p.maintenance_windows.clear();
    assert!(!lines(&p, closes)[0].starts_with("! "));
    assert!(lines(&with(3), closes)[0].starts_with("! "), "looks at the window");
    let counts = |p: &mut Policy| p.window_ms += 1;
    assert!(!lines(&p, counts)[0].starts_with("! "));
    assert!(lines(&with(1), counts)[0].starts_with("! "), "looks at the count");
    let moves = |p: &mut Policy| p.time_zone = "Asia/Tokyo".into();
    assert!(!lines(&p, moves)[0].starts_with("! "));
    assert!(lines(&with(3), moves)[0].starts_with("! "), "looks at the hour");
}

#[test]
fn of_a_first_policy_all_that_is_looser_than_a_cautious_one_loosens() {
    let mut first = policy(Autonomy::AutoWithGuardrails);
    first.min_confidence = 90;
    first.cost_limit_minor = 500;
    let found = differences(None, &first);
    let lines: Vec<String> = found.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "min_confidence: none → 90 %",
            "! cost_limit_minor: none → 500 of the smallest unit a month",
            "! default_autonomy: none → auto_with_guardrails",
        ]
    );
}

#[test]
fn leaving_shadow_mode_loosens_and_entering_it_does_not() {
    assert_eq!(after(|p| p.shadow = true), ["shadow: off → on"]);
    assert_eq!(after(|p| own(p).shadow = Some(true)), ["clients.acme.shadow: off → on"]);
    let mut all = base();
    all.shadow = true;
    assert_eq!(lines(&all, |p| p.shadow = false), ["! shadow: on → off"]);
    assert_eq!(lines(&all, |p| own(p).shadow = Some(false)), ["! clients.acme.shadow: on → off"]);
    assert!(lines(&all, |p| own(p).shadow = Some(true)).is_empty(), "the same is in force");
}
