//! From what is understood and read to what is wanted.

use super::{DUPLICATE_OF, Flow, MESSAGE_MEANWHILE, Plan, Step, ends::Asked, requester_messages};
use crate::{
    closeout::{self, Why},
    playbook::{OTHER_SYSTEM, PEOPLE, SAME_SYSTEM, WORDS, code_of, noted},
    understand::{agrees, clean::fold},
};
use domain::{
    Account, Action, ActionKind, Group, Intent, Lock, ReadResult, Signal, Understanding,
    action::{
        AddGroupMember, DisableAccount, EnableAccount, ListDevices, RemoveGroupMember,
        RequirePasswordChange, ResetPassword, UnlockAccount,
    },
};

impl<'a> Plan<'a> {
    /// The whole way of a case; `Err` is a step on it, `Ok` its last.
    pub(super) fn drive(&self) -> Flow<Step> {
        if let Some((_, original)) = self.case.notes.iter().find(|(code, _)| code == DUPLICATE_OF) {
            let note = closeout::duplicate_note(original);
            let reason = format!("duplicate of {original}");
            return self.close_silently(Some(note), Some(original.clone()), &reason);
        }
        if let Some(sealed) = closeout::sealed(self.case) {
            return self.hand_over_as(&sealed);
        }
        // Noted at intake: the requester, not with thanks, or a technician wrote while something
        // was held or done. What they say may change everything.
        if self.case.notes.iter().any(|(code, _)| code == MESSAGE_MEANWHILE) {
            return Err(self.hand_over(Why::Interrupted, ""));
        }
        let understood = self.understood()?;
        self.check_signals(understood)?;
        match understood.intent {
            Intent::SecurityIncident => Err(self.hand_over(Why::Incident, "")),
            _ if understood.abstained => Err(self.hand_over(Why::Unclear, "")),
            Intent::Other => Err(self.hand_over(Why::OutOfScope, "")),
            Intent::Thanks => {
                self.close_silently(None, None, "the user says thanks; nothing to do")
            }
            _ => self.serve(understood),
        }
    }

    /// What was made of the prose, unless there is new prose to read.
    fn understood(&self) -> Flow<&'a Understanding> {
        let Some(understood) = &self.case.understanding else { return Err(Step::Understand) };
        let newest = requester_messages(self.case).map(|(seq, _)| *seq).max();
        let unread = newest > self.case.understood_seq;
        if unread && !self.committed() { Err(Step::Understand) } else { Ok(understood) }
    }

    fn check_signals(&self, understood: &Understanding) -> Flow<()> {
        let has = |test: fn(&Signal) -> bool| understood.signals.iter().any(test);
        if has(|s| matches!(s, Signal::Incident(_))) {
            return Err(self.hand_over(Why::Incident, ""));
        }
        if has(|s| matches!(s, Signal::Orders(_))) {
            return Err(self.hand_over(Why::Orders, ""));
        }
        if has(|s| matches!(s, Signal::SeveralRequests(_))) && understood.intent != Intent::Thanks {
            return Err(self.hand_over(Why::SeveralRequests, ""));
        }
        if let Some(name) = noted(self.case, OTHER_SYSTEM) {
            return Err(self.hand_over(Why::OtherSystem, name));
        }
        let other = understood.signals.iter().find_map(|s| match s {
            Signal::OtherSystem(name) => Some(name),
            _ => None,
        });
        let same = noted(self.case, SAME_SYSTEM);
        if let Some(name) = other
            && same.is_none_or(|same| fold(same) != fold(name))
        {
            return Err(self.hand_over(Why::OtherSystem, name));
        }
        if let Some(line) = noted(self.case, &code_of(PEOPLE, understood.intent)) {
            return Err(self.hand_over(Why::Playbook, line));
        }
        Ok(())
    }

    /// A request that Journeyman handles.
    fn serve(&self, understood: &Understanding) -> Flow<Step> {
        let requester = self.requester()?;
        if !requester.state.enabled {
            return Err(self.hand_over(Why::RequesterBlocked, ""));
        }
        let target = self.target(requester, understood.about.as_ref())?;
        match understood.intent {
            Intent::AddToGroup | Intent::RemoveFromGroup => {
                let group = self.group(requester, understood.group.as_deref())?;
                self.membership(understood.intent, requester, target, group)
            }
            Intent::ListDevices | Intent::AccountStatus => {
                if target.account.id != requester.account.id {
                    return Err(self.hand_over(Why::NotOwnAccount, ""));
                }
                self.inform(understood.intent, requester)
            }
            intent => self.access(intent, requester, target),
        }
    }

    /// Reads and tells; changes nothing.
    fn inform(&self, intent: Intent, requester: &'a Account) -> Flow<Step> {
        let msp = &self.context.profile.msp_name;
        if intent == Intent::AccountStatus {
            let seen = self.account(requester)?;
            let text = closeout::account_status(requester, seen, msp);
            return self.close(
                &text,
                &[],
                requester,
                "told the state of the account",
                "the user was told the state of the account",
            );
        }
        let list = Action::ListDevices(ListDevices { account: requester.account.clone() });
        match self.read(list)? {
            Some(ReadResult::Devices(devices)) => {
                let text = closeout::devices(requester, devices, msp);
                let seen = format!("told the {} registered devices", devices.len());
                self.close(&text, &[], requester, &seen, "the user was told the registered devices")
            }
            _ => Err(self.hand_over(Why::Unavailable, "")),
        }
    }

    /// Adding to and removing from a group.
    fn membership(
        &self,
        intent: Intent,
        requester: &'a Account,
        target: &'a Account,
        group: &'a Group,
    ) -> Flow<Step> {
        let (account, group_ref) = (target.account.clone(), group.group.clone());
        let adds = intent == Intent::AddToGroup;
        let action = if adds {
            Action::AddGroupMember(AddGroupMember { account, group: group_ref })
        } else {
            Action::RemoveGroupMember(RemoveGroupMember { account, group: group_ref })
        };
        let seen = self.account(target)?;
        if self.case.done(&action).is_none() {
            if adds && !seen.state.enabled {
                return Err(self.hand_over(Why::TargetBlocked, ""));
            }
            if seen.groups.iter().any(|g| g.id == group.group.id) == adds {
                let owner = group.owner_ids.contains(&requester.account.id);
                return self.nothing_to_do(intent, requester, seen, Some(group), owner);
            }
        }
        self.act(vec![action], requester, seen)
    }

    /// Getting in: unlock, reset, change at next sign-in, allow, block.
    fn access(&self, intent: Intent, requester: &'a Account, target: &'a Account) -> Flow<Step> {
        let seen = self.account(target)?;
        let own = requester.account.id == target.account.id;
        let state = seen.state;
        if !self.done_changes().is_empty() {
            // What the account reads like no longer matters; only a reset may have a second part.
            let rest =
                if intent == Intent::ResetPassword { self.wanted(intent, seen) } else { vec![] };
            return self.act(rest, requester, seen);
        }
        let settled = match intent {
            Intent::DisableAccount => !state.enabled,
            Intent::EnableAccount => state.enabled,
            Intent::RequirePasswordChange => state.enabled && state.must_change == Some(true),
            Intent::UnlockAccount => state.enabled && state.lock == Lock::Unlocked,
            _ => false,
        };
        let may_be_blocked = matches!(intent, Intent::EnableAccount | Intent::DisableAccount);
        if !state.enabled && !may_be_blocked {
            return Err(self.hand_over(Why::TargetBlocked, ""));
        }
        // "Disabled" is how many users call a lockout: lift that one.
        if own && intent == Intent::EnableAccount && state.lock == Lock::Locked {
            return self.act(self.wanted(Intent::UnlockAccount, seen), requester, seen);
        }
        if settled && own && matches!(intent, Intent::UnlockAccount | Intent::EnableAccount) {
            return self.offer_reset(intent, requester, seen);
        }
        if settled {
            return self.nothing_to_do(intent, requester, seen, None, false);
        }
        self.act(self.wanted(intent, seen), requester, seen)
    }

    /// The changes that bring about what is asked, in order.
    fn wanted(&self, intent: Intent, seen: &Account) -> Vec<Action> {
        let profile = self.context.profile;
        let account = seen.account.clone();
        let unlock = Action::UnlockAccount(UnlockAccount { account: account.clone() });
        let reset = Action::ResetPassword(ResetPassword {
            account: account.clone(),
            must_change: profile.must_change_after_reset,
        });
        let can_unlock = profile.can.contains(&ActionKind::UnlockAccount);
        match intent {
            Intent::RequirePasswordChange => {
                vec![Action::RequirePasswordChange(RequirePasswordChange { account })]
            }
            Intent::EnableAccount => vec![Action::EnableAccount(EnableAccount { account })],
            Intent::DisableAccount => vec![Action::DisableAccount(DisableAccount { account })],
            Intent::ResetPassword => {
                let both =
                    can_unlock && profile.unlock_with_reset && seen.state.lock == Lock::Locked;
                if both { vec![unlock, reset] } else { vec![reset] }
            }
            // A directory without an unlock: a new password lets the user in.
            _ if can_unlock => vec![unlock],
            _ => vec![reset],
        }
    }

    /// Carries the changes out one after the other, then closes.
    fn act(&self, wanted: Vec<Action>, requester: &'a Account, target: &'a Account) -> Flow<Step> {
        for action in &wanted {
            self.write(action, requester)?;
        }
        let done = self.done_changes();
        let asked = self.case.understanding.as_ref();
        let words = asked.and_then(|u| noted(self.case, &code_of(WORDS, u.intent)));
        let text = closeout::done(&done, requester, target, self.context.profile, words);
        let said: Vec<String> = done.iter().map(Action::sentence).collect();
        self.close(&text, &done, requester, "", &format!("done: {}", said.join("; ")))
    }

    /// It is already as asked: say so and close. What another person's account looks like is told
    /// only to their manager or to the owner of the group.
    fn nothing_to_do(
        &self,
        intent: Intent,
        requester: &'a Account,
        seen: &'a Account,
        group: Option<&'a Group>,
        owner: bool,
    ) -> Flow<Step> {
        let own = seen.account.id == requester.account.id;
        let manager = seen.manager_id.as_deref() == Some(requester.account.id.as_str());
        if !(own || manager || owner) {
            return Err(self.hand_over(Why::NotOwnAccount, "it is already as asked"));
        }
        let text =
            closeout::already(intent, requester, seen, group, &self.context.profile.msp_name);
        self.close(
            &text,
            &[],
            requester,
            "it was already as asked",
            "it was already as asked; the user was told",
        )
    }

    /// The account looks fine, and yet its user cannot get in: say what is seen, offer a reset.
    fn offer_reset(&self, intent: Intent, requester: &'a Account, seen: &'a Account) -> Flow<Step> {
        let msp = &self.context.profile.msp_name;
        let text = match intent {
            Intent::EnableAccount => closeout::not_blocked_offer(requester, msp),
            _ => closeout::not_locked_offer(requester, msp),
        };
        match self.asked(&text)? {
            Asked::Answered(answers)
                if answers.iter().rev().find_map(|a| agrees(a)) == Some(true) =>
            {
                self.act(self.wanted(Intent::ResetPassword, seen), requester, seen)
            }
            Asked::Another | Asked::Answered(_) => Err(self.hand_over(Why::StillUnclear, "")),
            Asked::ByOther => Err(self.hand_over(Why::OtherWriter, "")),
            Asked::TimedOut => {
                let text = closeout::closing_unanswered(requester, msp);
                self.close(
                    &text,
                    &[],
                    requester,
                    "the account looked fine; no answer",
                    "the account looked fine and the user did not answer",
                )
            }
        }
    }
}
