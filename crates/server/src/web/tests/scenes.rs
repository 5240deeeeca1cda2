//! Scenes about the gate: what was refused, what waits, what may be taken back, who proposes what.

use super::seed::{Tale, account, ticket_number};
use crate::{app::App, clock};
use domain::{
    Action, Actor, Approval, ApprovalId, ApprovalState, AttemptId, BrainId, CaseId, CaseOutcome,
    ClientId, DeviceFacts, DeviceHealth, DeviceRef, DeviceRole, Digest, Event, Fact, GroupFacts,
    GroupRef, Outcome, PersonId, Relation, Sensitivity, TargetFacts, Tier, UnixMs, action,
    playbook::{Evidence, Line, Playbook, Rule},
};
use store::{NewNotice, NewPlaybook, NewPolicy, NewReport, ReportRow, View};

/// A case in which the gate refused an unlock; answers with the digest of it.
pub(super) async fn refused(app: &App) -> (CaseId, Digest) {
    let from = ("Eve", "eve@acme.test");
    let mut t = Tale::begin(app, "acme", from, "unlock", "unlock the admin please", 5_000).await;
    let mut facts = t.facts(Relation::Unrelated);
    let target = TargetFacts {
        exists: true,
        identities: vec![],
        privileged: vec!["Domain Admins".into()],
        service: vec![],
        break_glass: false,
        as_named: true,
    };
    facts.target = Fact::known(target, "Active Directory", t.at);
    let account = account("Ada Admin", "ada.admin@acme.test");
    let verdict = t.judged(&Action::UnlockAccount(action::UnlockAccount { account }), facts).await;
    t.end(CaseOutcome::Refused, "the gate refused").await;
    (t.case, verdict.digest)
}

/// A case in which sign-in was allowed again, which can be taken back, and the notice of it.
pub(super) async fn enabled(app: &App) -> (CaseId, AttemptId) {
    let from = ("Lou Fischer", "lou.fischer@acme.test");
    let mut t = Tale::begin(app, "acme", from, "Kim is back", "please let Kim in", 60_000).await;
    let account = account("Kim Novak", "kim.novak@acme.test");
    let enable = Action::EnableAccount(action::EnableAccount { account });
    let attempt = AttemptId(clock::new_id());
    let notice = NewNotice {
        client: Some(t.client.clone()),
        case: Some(t.case),
        attempt: Some(attempt),
        kind: "medium".into(),
        title: enable.sentence(),
        detail: "medium at Acme Industries, asked by lou.fischer@acme.test".into(),
        undo_until: Some(clock::now().plus_ms(3_600_000)),
    };
    let facts = t.facts(Relation::Manager);
    let done = Outcome::Done("the account reads as enabled".into());
    t.did(enable, facts, done, vec![], attempt).await;
    app.store.put_notice(notice, clock::now()).await.unwrap();
    (t.case, attempt)
}

/// Restart these devices, as a brain over the API asks it; held for a person.
pub(super) async fn reboot_question(app: &App, names: &[&str]) -> Approval {
    let from = ("Mia Wong", "mia.wong@acme.test");
    let mut t = Tale::begin(app, "acme", from, "all slow", "please restart ours", 60_000).await;
    let devices = |n: &&str| DeviceRef { id: format!("dev-{n}"), name: (*n).into() };
    let reboot = Action::Reboot(action::Reboot { devices: names.iter().map(devices).collect() });
    let mut facts = t.facts(Relation::Oneself);
    let device = |n: &&str| DeviceFacts {
        id: format!("dev-{n}"),
        exists: true,
        role: DeviceRole::Workstation,
        user_active: Some(true),
        online: true,
        health: DeviceHealth::Good,
    };
    facts.devices = Fact::known(names.iter().map(device).collect(), "NinjaOne", t.at);
    t.held(reboot, facts, 3_600_000).await
}

/// Two questions of one case.
pub(super) async fn two_questions(app: &App) -> (CaseId, [Approval; 2]) {
    let from = ("Omar Haddad", "omar.haddad@globex.test");
    let mut t = Tale::begin(app, "globex", from, "Access", "two groups please", 60_000).await;
    let mut held = Vec::new();
    for name in ["Finance Approvers", "Payroll"] {
        let group = GroupRef { id: format!("g-{name}"), name: name.into(), privileged: false };
        let account = account("Omar Haddad", "omar.haddad@globex.test");
        let add = Action::AddGroupMember(action::AddGroupMember { account, group });
        let mut facts = t.facts(Relation::Oneself);
        let sensitive = GroupFacts {
            exists: true,
            sensitivity: Sensitivity::Sensitive,
            because: format!("{name} is on the list of sensitive groups"),
            marks: vec![],
            as_named: true,
        };
        facts.group = Fact::known(sensitive, "Active Directory", t.at);
        held.push(t.held(add, facts, 3_600_000).await);
    }
    (t.case, held.try_into().unwrap())
}

/// What the worker writes once a change that somebody asked for was judged.
pub(super) async fn answer_change(app: &App, old: ApprovalId, diff: &str) -> Approval {
    let old = app.store.approval(old).await.unwrap().unwrap();
    let asked = old.change.clone().unwrap();
    let now = clock::now();
    let new = Approval {
        id: ApprovalId(clock::new_id()),
        digest: asked.action.digest(&old.client),
        sentence: asked.action.sentence(),
        yes: vec![domain::Yes { by: asked.by.clone(), at: now }],
        change: None,
        replaces: Some(old.id),
        state: ApprovalState::Approved { by: asked.by.clone(), at: now },
        ..old.clone()
    };
    let event = Event::Changed {
        approval: old.id,
        to: new.id,
        by: asked.by,
        action: asked.action,
        digest: new.digest,
        tier: new.tier,
        expires_at: new.expires_at,
        needed: new.needed,
        diff: vec![diff.into()],
    };
    let views = vec![View::Replace { old: old.id, new: Box::new(new.clone()) }];
    let (store, case) = (&app.store, old.case);
    store.record(&old.client, case, Actor::Platform, vec![event], views, true, now).await.unwrap();
    new
}

/// A policy that loosens something, proposed by this person; answers with its version.
pub(super) async fn proposal(app: &App, by: &str) -> String {
    let row = app.store.active_policy().await.unwrap().unwrap();
    let mut policy = crate::policy::parse(&row.document).unwrap();
    policy.bulk_threshold += 1;
    policy.version = format!("p{}", ticket_number());
    let new = NewPolicy {
        version: policy.version.clone(),
        base: Some(row.version),
        author: PersonId::new(by).unwrap(),
        reason: "larger batches at night".into(),
        document: crate::policy::render(&policy),
        diff: vec!["bulk_threshold: one more".into()],
        loosens: vec!["bulk_threshold: larger batches pass".into()],
    };
    app.store.propose_policy(new, clock::now()).await.unwrap().version
}

/// A brain over the API, which the administrator answers for.
pub(super) async fn brain(app: &App, id: &str) {
    let id = BrainId::new(id).unwrap();
    let (_, token_hash) = crate::api::token::new_token(&id).unwrap();
    let owner = PersonId::new("admin").unwrap();
    let new = store::NewBrain {
        name: format!("{id} of the service desk"),
        id,
        owner: owner.clone(),
        clients: None,
        kinds: Some(vec![domain::ActionKind::Reboot]),
        ceiling: Tier::High,
        rate_per_min: 30,
        token_hash,
    };
    app.store.add_brain(new, owner, clock::now()).await.unwrap();
}

/// A question that needs two people.
pub(super) async fn needs_two(app: &App) -> Approval {
    let from = ("Lou Fischer", "lou.fischer@globex.test");
    let mut t = Tale::begin(app, "globex", from, "Leaver", "please block Mark", 60_000).await;
    t.needed = 2;
    let account = account("Mark Stone", "mark.stone@globex.test");
    let disable = Action::DisableAccount(action::DisableAccount { account });
    let facts = t.facts(Relation::Unrelated);
    t.held(disable, facts, 3_600_000).await
}

/// A playbook of acme with one line about the system Navi; answers with its version.
pub(super) async fn playbook(app: &App) -> u64 {
    let client = ClientId::new("acme").unwrap();
    if let Some(row) = app.store.playbook(&client).await.unwrap() {
        return row.version;
    }
    let line = Line {
        id: "system:navi".into(),
        rule: Rule::OtherSystem { name: "Navi".into() },
        learned: None,
        because: Evidence {
            count: 3,
            of: 3,
            tickets: vec!["<b>41</b>".into(), "40".into(), "39".into()],
            newest: None,
            words: "3 tickets name it".into(),
        },
        by: None,
        locked: false,
        off: false,
    };
    put_playbook(app, 0, Playbook { tickets: 9, lines: vec![line], ..Playbook::default() }).await
}

pub(super) async fn put_playbook(app: &App, base: u64, playbook: Playbook) -> u64 {
    let client = ClientId::new("acme").unwrap();
    let (author, reason) = (Actor::Platform, "learned from a test".to_owned());
    let new = NewPlaybook { client, base, playbook, author, reason };
    app.store.put_playbook(new, clock::now()).await.unwrap()
}

/// A kept report of several clients, made at 7 ms.
pub(super) async fn report(app: &App, page: &str) {
    let row = ReportRow {
        client: None,
        at: UnixMs(7),
        title: "desk.csv".into(),
        author: "platform".into(),
        figures: r#"{"tickets":10,"period":null,"ways":[4,1,2,3],"wrong":[1,4,0.5],"hours":2.0,"monthly":true,"begin":["unlock account"]}"#.into(),
    };
    app.store.put_report(NewReport { row, page: page.into() }).await.unwrap();
}
