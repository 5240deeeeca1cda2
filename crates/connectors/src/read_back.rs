//! Proof that a change happened: what the system shows afterwards.

use domain::{Account, AccountState, Action, Lock, UnixMs};

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
/// A reset is only shown by a password time that moved on since `before`; a directory that can try
/// the password itself should do that instead.
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
            // Directories keep whole seconds: allow the start to be up to one second ahead.
            let fresh = state
                .password_set_at
                .is_some_and(|t| Some(t) != former && t.plus_ms(1_000) > started_at);
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
