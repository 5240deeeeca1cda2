//! Proof that a change happened: what the system shows afterwards.

use domain::{Account, AccountState, Action, Lock, UnixMs};

/// How far our clock may be ahead of the directory's, in milliseconds.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60_000;

/// What reading back showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// The change is there; the text is the evidence, without any secret.
    Shown(String),
    /// The change is not there; the text says what is there instead.
    NotShown(String),
}

/// Judges an account action by the account as it reads now. `before` is the state captured before
/// the attempt that started at `started_at`. `direct_member` is needed for group actions.
///
/// A reset is only shown by a password time later than the one in `before`, and no earlier than five
/// minutes before `started_at`, because the directory's clock may be behind ours; a directory that
/// can try the password itself should do that instead.
pub fn account_read_back(
    action: &Action,
    now: Option<&Account>,
    before: Option<&AccountState>,
    started_at: UnixMs,
    direct_member: Option<bool>,
) -> ReadBack {
    let Some(account) = now else {
        return ReadBack::NotShown("the account is gone".into());
    };
    let state = account.state;
    let judge = |ok: bool, yes: String, no: String| {
        if ok { ReadBack::Shown(yes) } else { ReadBack::NotShown(no) }
    };
    match action {
        Action::UnlockAccount(_) => judge(
            state.lock == Lock::Unlocked,
            "the account reads as not locked".into(),
            format!("the account reads as {:?}", state.lock),
        ),
        Action::EnableAccount(_) => judge(
            state.enabled,
            "the account reads as enabled".into(),
            "the account still reads as blocked".into(),
        ),
        Action::DisableAccount(_) => judge(
            !state.enabled,
            "the account reads as blocked".into(),
            "the account still reads as enabled".into(),
        ),
        Action::RequirePasswordChange(_) => judge(
            state.must_change == Some(true),
            "the account reads as having to choose a new password".into(),
            "the account does not read as having to choose a new password".into(),
        ),
        Action::ResetPassword(_) => {
            let former = before.and_then(|b| b.password_set_at);
            let fresh = state.password_set_at.is_some_and(|t| {
                former.is_none_or(|f| t > f) && t.plus_ms(CLOCK_TOLERANCE_MS) >= started_at
            });
            judge(
                fresh,
                "the password reads as set after this attempt began".into(),
                "the password does not read as set since this attempt began".into(),
            )
        }
        Action::AddGroupMember(_) => judge(
            direct_member == Some(true),
            "the group lists the account as a member".into(),
            "the group does not list the account".into(),
        ),
        Action::RemoveGroupMember(_) => judge(
            direct_member == Some(false),
            "the group no longer lists the account".into(),
            "the group still lists the account".into(),
        ),
        _ => ReadBack::NotShown("this action changes no account".into()),
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;
    use domain::{AccountRef, action::ResetPassword};

    const START: UnixMs = UnixMs(1_800_000_000_000);

    /// Whether a reset reads as done, from the password times before and now relative to its start.
    fn shown(former_ms: Option<i64>, now_ms: Option<i64>) -> bool {
        let account = AccountRef { id: "1".into(), login: "j@acme.test".into(), name: "J".into() };
        let state = |ms: Option<i64>| AccountState {
            enabled: true,
            lock: Lock::Unlocked,
            must_change: None,
            password_set_at: ms.map(|ms| START.plus_ms(ms)),
        };
        let now = Account {
            account: account.clone(),
            mail: None,
            other_mails: vec![],
            given_name: None,
            surname: None,
            title: None,
            department: None,
            manager_id: None,
            state: state(now_ms),
            groups: vec![],
            service_marks: vec![],
        };
        let reset = Action::ResetPassword(ResetPassword { account, must_change: true });
        let read = account_read_back(&reset, Some(&now), Some(&state(former_ms)), START, None);
        matches!(read, ReadBack::Shown(_))
    }

    #[test]
    fn a_reset_is_seen_though_our_clock_is_ahead_of_the_directorys() {
        let (second, minute, day) = (1_000, 60_000, 86_400_000);
        assert!(shown(Some(-day), Some(second)));
        assert!(shown(Some(-day), Some(-4 * minute)), "the directory's clock is behind");
        assert!(shown(Some(-4 * minute), Some(-3 * minute)), "reset twice within the tolerance");
        assert!(shown(None, Some(-4 * minute)));
        assert!(!shown(Some(-day), Some(-6 * minute)), "set by somebody before this attempt");
        assert!(!shown(None, Some(-6 * minute)));
        assert!(!shown(Some(-minute), Some(-minute)), "nothing changed since");
        assert!(!shown(Some(-minute), Some(-2 * minute)), "an older value is no new password");
        assert!(!shown(Some(-day), None));
    }
}
