//! What lies over every action: freezes, hours, hypercare, breakers, rules, undo. And the reasons.

use super::*;
use domain::{BreakerMode, BreakerScope, ClientId, DataMark};
use gate::calendar::{BusinessHours, ChangeFreeze};
use gate::rules::CustomRule;

const SOME: [ActionKind; 14] = [
    ActionKind::ReadAccount,
    ActionKind::Reply,
    ActionKind::UnlockAccount,
    ActionKind::ResetPassword,
    ActionKind::ResetMfa,
    ActionKind::AddGroupMember,
    ActionKind::AssignLicence,
    ActionKind::CreateUser,
    ActionKind::RestartService,
    ActionKind::RunScript,
    ActionKind::Reboot,
    ActionKind::DeployPatches,
    ActionKind::ChangeSecurityPolicy,
    ActionKind::WipeDevice,
];

fn freeze(from: &str, kinds: Option<&[ActionKind]>) -> ChangeFreeze {
    ChangeFreeze {
        name: "stock-taking".into(),
        from: from.into(),
        until: "2027-12-31".into(),
        time_zone: "UTC".into(),
        actions: kinds.map(|k| k.iter().copied().collect()),
    }
}

fn working_hours(s: &mut Scene) {
    let w = window("", "07:00", "17:00");
    s.policy.business_hours = Some(BusinessHours {
        days: w.days,
        start: w.start,
        end: w.end,
        time_zone: w.time_zone,
        holidays: Default::default(),
    });
}

fn rule(s: &mut Scene, condition: &str, escalate_to: Tier) {
    s.policy.custom_rules.push(CustomRule {
        name: "ours".into(),
        action: "*".into(),
        condition: condition.into(),
        escalate_to,
        reason: "as agreed".into(),
    });
}

fn settings() -> Vec<Row> {
    vec![
        row("nothing", |_| ()),
        row("freeze on", |s| s.policy.change_freezes.push(freeze("2027-01-01", None))),
        row("freeze later", |s| s.policy.change_freezes.push(freeze("2027-06-01", None))),
        row("freeze for reset_password", |s| {
            let kinds = [ActionKind::ResetPassword];
            s.policy.change_freezes.push(freeze("2027-01-01", Some(&kinds)));
        }),
        row("business hours, window open", working_hours),
        row("business hours, no window", |s| {
            working_hours(s);
            s.policy.maintenance_windows.clear();
        }),
        row("hypercare", |s| s.policy.hypercare_until = Some(NOW.plus_ms(1))),
        row("hypercare, floor high", |s| {
            s.policy.hypercare_until = Some(NOW.plus_ms(1));
            s.policy.hypercare_floor = Tier::High;
        }),
        row("hypercare over", |s| s.policy.hypercare_until = Some(NOW)),
        row("regulated client", |s| s.policy.regulated = [DataMark::Phi].into()),
        row("brain 79 % sure, 80 wanted", |s| s.facts.confidence = sure(79)),
        row("brain says nothing of it", |s| s.facts.confidence = missing()),
        row("rule to medium matches", |s| rule(s, "hour == 8", Tier::Medium)),
        row("rule to high matches", |s| rule(s, "hour == 8", Tier::High)),
        row("rule to critical matches", |s| rule(s, "hour == 8", Tier::Critical)),
        row("rule does not match", |s| rule(s, "hour == 9", Tier::Critical)),
        row("rule fails: fact missing", |s| {
            s.facts.confidence = missing();
            rule(s, "confidence < 10", Tier::High);
        }),
    ]
}

fn breakers() -> Vec<Row> {
    let open = |name: &str, scope: BreakerScope, mode| {
        row(name, move |s: &mut Scene| s.facts.breaker = breaker(scope.clone(), mode))
    };
    let elsewhere = || BreakerScope::Client(ClientId::new("globex").unwrap());
    let reset = || BreakerScope::Action(client(), ActionKind::ResetPassword);
    vec![
        open("everything asks", BreakerScope::Everything, BreakerMode::Ask),
        open("everything stopped", BreakerScope::Everything, BreakerMode::Stop),
        open("this client asks", BreakerScope::Client(client()), BreakerMode::Ask),
        open("this client stopped", BreakerScope::Client(client()), BreakerMode::Stop),
        open("another client stopped", elsewhere(), BreakerMode::Stop),
        open("reset_password asks", reset(), BreakerMode::Ask),
        open("reset_password stopped", reset(), BreakerMode::Stop),
        row("not known", |s| s.facts.breaker = missing()),
    ]
}

fn undoing() -> Vec<Row> {
    let mut all = Vec::new();
    for original in [Tier::Low, Tier::Medium, Tier::High] {
        for (name, fact) in undos(original) {
            all.push(row(format!("undo of a {original} one: {name}"), move |s| {
                s.undoes = true;
                s.facts.undo = fact.clone();
            }));
        }
    }
    all.push(row("in order, breaker stopped", |s| {
        s.undoes = true;
        s.facts.undo = known(undo(Tier::Medium));
        s.facts.breaker = breaker(BreakerScope::Everything, BreakerMode::Stop);
    }));
    all
}

pub(super) fn every_row() -> Vec<Row> {
    settings().into_iter().chain(breakers()).collect()
}

pub(super) fn tables(out: &mut String) {
    grid(out, "18. SETTINGS AND RULES", &SOME, &settings());
    grid(out, "19. BREAKERS", &SOME, &breakers());
    let undone = [
        ActionKind::EnableAccount,
        ActionKind::RemoveGroupMember,
        ActionKind::RevokeMailboxPermission,
        ActionKind::RemoveLicence,
        ActionKind::SetStartupItem,
    ];
    grid(out, "20. TAKING BACK, asked for by a person", &undone, &undoing());
    heading(out, "21. REASONS: the findings behind single changes");
    reasons(out, ActionKind::UnlockAccount, &rows("requester", requesters(), |f| &mut f.requester));
    reasons(out, ActionKind::ResetMfa, &rows("requester", requesters(), |f| &mut f.requester));
    reasons(out, ActionKind::ResetPassword, &rows("relation", relations(), |f| &mut f.relation));
    reasons(out, ActionKind::UnlockAccount, &rows("target", target_states(), |f| &mut f.target));
    reasons(out, ActionKind::AddGroupMember, &rows("group", groups(), |f| &mut f.group));
    let mailbox = rows("mailbox", mailboxes(), |f| &mut f.mailbox);
    reasons(out, ActionKind::GrantMailboxPermission, &mailbox);
    reasons(out, ActionKind::AssignLicence, &rows("cost", costs(), |f| &mut f.cost));
    reasons(out, ActionKind::UnlockAccount, &rows("volume", volumes(), |f| &mut f.volume));
    reasons(out, ActionKind::UnlockAccount, &rows("brain", brains(), |f| &mut f.brain));
    reasons(out, ActionKind::Reply, &rows("ticket", tickets(), |f| &mut f.ticket));
    reasons(out, ActionKind::Reboot, &settings());
    reasons(out, ActionKind::Reboot, &breakers());
    reasons(out, ActionKind::RemoveGroupMember, &undoing());
}
