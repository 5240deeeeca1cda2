//! Cases from the first mail to the last step.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::scenarios::*;
use common::sim::{Said, Sim};
use common::world::{LINK, desk};
use domain::CaseOutcome::*;
use domain::{Action, ActionKind, TicketStatus};

#[test]
fn every_flow_ends_as_a_good_technician_would_end_it() {
    let mut wrong = Vec::new();
    for (name, script, want) in scenarios() {
        let end = run(script);
        let last = replies(&end).last().copied().unwrap_or("").to_string();
        let ok = end.outcome == want.outcome
            && changes(&end) == want.changes
            && last.contains(want.reply)
            && (want.reply.is_empty()) == last.is_empty()
            && notes(&end).contains(want.note);
        if !ok {
            wrong.push(format!(
                "{name}: {:?} ({}), {:?}\nreply: {last}\nnotes: {}\nunderstood: {:?}\n",
                end.outcome,
                end.reason,
                changes(&end),
                notes(&end),
                end.view.understanding
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_closed_case_is_noted_timed_and_set_to_closed() {
    let end = run(locked(desk(LOCKED)));
    let kinds: Vec<_> = end.done.iter().map(|a| a.kind().name()).collect();
    assert_eq!(kinds, ["unlock_account", "reply", "add_note", "log_time", "set_status"]);
    assert_eq!(statuses(&end), [TicketStatus::Closed]);
    let note = notes(&end);
    for part in [
        "read back and found",
        "Tier: low",
        "base=test_code",
        "Undo: ",
        "Approval: none",
        "Kim Reed",
    ] {
        assert!(note.contains(part), "{part} is missing in {note}");
    }
    let reply = replies(&end)[0];
    assert!(reply.starts_with("Hello Kim,"), "{reply}");
    assert!(reply.ends_with("Journeyman, for Northwind IT"), "{reply}");
}

#[test]
fn a_handed_over_case_is_never_closed_and_says_why() {
    for (name, script, want) in scenarios() {
        if want.outcome == Closed {
            continue;
        }
        let end = run(script);
        assert_eq!(statuses(&end).last(), Some(&TicketStatus::NeedsTechnician), "{name}");
        assert!(notes(&end).contains("Suggested next step: "), "{name}");
        assert!(!end.done.iter().any(|a| matches!(a, Action::LogTime(_))), "{name}");
    }
}

#[test]
fn a_waiting_user_is_told_once() {
    let end = run(desk(DISABLE_JANE).held(ActionKind::DisableAccount, &[Said::Void, Said::Yes]));
    let told = replies(&end).iter().filter(|r| r.contains("needs the approval")).count();
    assert_eq!(told, 1);
    assert_eq!(statuses(&end), [TicketStatus::WaitingOnApproval, TicketStatus::Closed]);
    assert!(notes(&end).contains("Approved by alex"), "{}", notes(&end));
}

#[test]
fn nothing_about_an_account_is_told_to_an_unknown_sender() {
    let script = desk("Please unlock the account of Jane Roe, she is locked out")
        .with(|s| s.ticket.from = "stranger@elsewhere.example".into());
    let end = run(script);
    for word in ["Jane", "account", "lock", "directory"] {
        assert!(replies(&end).iter().all(|r| !r.contains(word)), "{word}: {:?}", replies(&end));
    }
    assert!(end.view.reads.iter().all(|r| !matches!(r.action, Action::ReadAccount(_))));
}

#[test]
fn the_approvers_reason_stays_inside() {
    let end =
        run(desk(DISABLE_JANE)
            .held(ActionKind::DisableAccount, &[Said::No("works council objects")]));
    assert!(replies(&end).iter().all(|r| !r.contains("works council")), "{:?}", replies(&end));
    assert!(notes(&end).contains("works council objects"));
}

#[test]
fn a_lost_secret_goes_to_people_and_no_placeholder_is_ever_sent() {
    let end = run(desk(FORGOT).with(|s| s.secret = None));
    assert_eq!((end.outcome, changes(&end)), (Dispatched, vec!["reset_password"]));
    assert!(notes(&end).contains("secret_lost"));
}

#[test]
fn a_reply_with_another_link_in_it_counts_as_sent() {
    let (_, events) = Sim::new(desk(FORGOT)).run();
    let cut = events.len() - 1;
    let later = desk(FORGOT).with(|s| s.secret = Some("https://desk.example/s/second"));
    let (end, _) = Sim::cut(&later, &events[..cut]).run();
    assert_eq!(replies(&end).len(), 1, "{:?}", replies(&end));
    assert!(replies(&end)[0].contains(LINK));
}

#[test]
fn a_close_out_that_cannot_be_had_is_left_out_and_named() {
    use ActionKind as K;
    let broken = |k: K| {
        locked(desk(LOCKED)).with(|s| s.failures.push((k, vec!["retry: mail down".into(); 9])))
    };
    let end = run(broken(K::AddNote));
    assert_eq!(end.outcome, Closed);
    assert!(end.reason.contains("left out: add_note failed"), "{}", end.reason);
    let end = run(broken(K::Reply));
    assert_eq!((end.outcome, changes(&end)), (Dispatched, vec!["unlock_account"]));
    assert!(notes(&end).contains("user_not_told"), "{}", notes(&end));
    let end = run(broken(K::SetStatus));
    assert_eq!(end.outcome, Dispatched, "a ticket that stays open is not closed");
    let held = run(locked(desk(LOCKED)).with(|s| s.tiers.push((K::LogTime, domain::Tier::High))));
    assert!(held.reason.contains("log_time needs an approval"), "{}", held.reason);
    let refused =
        run(locked(desk(LOCKED)).with(|s| s.tiers.push((K::AddNote, domain::Tier::Critical))));
    assert!(refused.reason.contains("add_note was refused"), "{}", refused.reason);
}
