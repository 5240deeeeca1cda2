//! Actions on accounts, groups, mailboxes, licences and tickets.

use super::*;
use domain::Relation;

fn kinds(wanted: impl Fn(&domain::Action) -> bool) -> Vec<ActionKind> {
    let all = ActionKind::ALL.iter().copied();
    all.filter(|k| k.is_write() && wanted(&action(*k))).collect()
}

pub(super) fn every_row() -> Vec<Row> {
    let mut all = rows("requester", requesters(), |f| &mut f.requester);
    all.extend(rows("relation", relations(), |f| &mut f.relation));
    all.extend(rows("target", target_states(), |f| &mut f.target));
    all.extend(rows("volume", volumes(), |f| &mut f.volume));
    all.extend(rows("cooling down", cool_downs(), |f| &mut f.cooling_down));
    all.extend(rows("group", groups(), |f| &mut f.group));
    all.extend(rows("mailbox", mailboxes(), |f| &mut f.mailbox));
    all.extend(rows("cost", costs(), |f| &mut f.cost));
    all.extend(rows("ticket", tickets(), |f| &mut f.ticket));
    all.extend(rows("brain", brains(), |f| &mut f.brain));
    all
}

pub(super) fn tables(out: &mut String) {
    let on_accounts = kinds(|a| a.account().is_some());
    let mut who = rows("requester", requesters(), |f| &mut f.requester);
    who.extend(rows("relation", relations(), |f| &mut f.relation));
    for (name, requester) in requesters() {
        who.push(row(format!("manager {name}"), move |s| {
            s.facts.requester = requester.clone();
            s.facts.relation = known(Relation::Manager);
        }));
    }
    grid(out, "3. ACCOUNTS: who asks", &on_accounts, &who);
    let mut target = rows("target", target_states(), |f| &mut f.target);
    target.extend(rows("volume", volumes(), |f| &mut f.volume));
    target.extend(rows("cooling down", cool_downs(), |f| &mut f.cooling_down));
    grid(out, "4. ACCOUNTS: the target, how many, and a no not long ago", &on_accounts, &target);
    let groups_of = kinds(|a| a.group().is_some());
    let mut group = rows("group", groups(), |f| &mut f.group);
    group.push(row("owner asks", |s| s.facts.relation = known(Relation::GroupOwner)));
    grid(out, "5. GROUPS", &groups_of, &group);
    let mut joins = rows("group", groups(), |f| &mut f.group);
    for (_, change) in &mut joins {
        let inner = std::mem::replace(change, Box::new(|_| ()));
        *change = Box::new(move |s| {
            inner(s);
            s.joins = true;
        });
    }
    grid(out, "6. A NEW ACCOUNT THAT JOINS A GROUP", &[ActionKind::CreateUser], &joins);
    let mailboxes_of = kinds(|a| a.mailbox().is_some());
    let mailbox = rows("mailbox", mailboxes(), |f| &mut f.mailbox);
    grid(out, "7. MAILBOXES", &mailboxes_of, &mailbox);
    let licences = [ActionKind::AssignLicence, ActionKind::RemoveLicence];
    let mut cost = rows("cost", costs(), |f| &mut f.cost);
    cost.push(row("cost within the limit", |s| {
        s.policy.cost_limit_minor = 1_000;
        value(&mut s.facts.cost).monthly_minor = 1_000;
    }));
    grid(out, "8. MONEY", &licences, &cost);
    let mut close_out = rows("ticket", tickets(), |f| &mut f.ticket);
    close_out.extend(rows("cooling down", cool_downs(), |f| &mut f.cooling_down));
    close_out.push(row("unsure brain", |s| s.facts.confidence = sure(10)));
    close_out.push(row("same again and again", |s| value(&mut s.facts.brain).repeats = 99));
    close_out.push(row("hundreds today", |s| s.facts.volume = targets(500)));
    grid(out, "9. THE TICKET'S OWN RECORD", &kinds(|a| a.ticket().is_some()), &close_out);
}
