//! The changes that the gate permits, and the proof that they are there.

use super::ActiveDirectory;
use super::entry::{DISABLED, Entry, quoted_password};
use super::session::{SignIn, describe};
use crate::{CallError, ReadBack, account_read_back};
use domain::{AccountRef, AccountState, Action, GroupRef, UnixMs, action::ResetPassword};
use ldap3::{LdapResult, Mod};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashSet;

/// How often a compare-and-set is tried while somebody else keeps changing the same value.
const ATTEMPTS: usize = 3;

impl ActiveDirectory {
    pub(super) async fn change(
        &self,
        action: &Action,
        secret: Option<&SecretString>,
    ) -> Result<(), CallError> {
        match action {
            Action::UnlockAccount(a) => {
                let changes = vec![replace("lockoutTime", b"0")];
                self.set(&a.account, changes, "Write lockoutTime").await
            }
            Action::ResetPassword(a) => self.reset(a, secret).await,
            Action::RequirePasswordChange(a) => {
                let changes = vec![replace("pwdLastSet", b"0")];
                self.set(&a.account, changes, "Write pwdLastSet").await
            }
            Action::EnableAccount(a) => self.switch(&a.account, true).await,
            Action::DisableAccount(a) => self.switch(&a.account, false).await,
            Action::AddGroupMember(a) => self.member(&a.group, &a.account, true).await,
            Action::RemoveGroupMember(a) => self.member(&a.group, &a.account, false).await,
            other => Err(CallError::rejected(
                format!("directory {}: cannot {}", self.name, other.kind().name()),
                "send it to the connector that it is for",
            )),
        }
    }

    /// New password, lockout cleared and, where asked for, a change due: in one step, so that none
    /// of them can be there without the others.
    async fn reset(
        &self,
        action: &ResetPassword,
        secret: Option<&SecretString>,
    ) -> Result<(), CallError> {
        let Some(secret) = secret.filter(|s| !s.expose_secret().is_empty()) else {
            return Err(CallError::rejected(
                format!("directory {}: a password reset came without the new password", self.name),
                "report this; it is a fault in Journeyman",
            ));
        };
        let mut changes = vec![
            replace("unicodePwd", &quoted_password(secret.expose_secret())),
            replace("lockoutTime", b"0"),
        ];
        if action.must_change {
            changes.push(replace("pwdLastSet", b"0"));
        }
        let rights = "Reset password, Write lockoutTime, Write pwdLastSet";
        self.set(&action.account, changes, rights).await
    }

    async fn set(
        &self,
        account: &AccountRef,
        changes: Vec<Mod<Vec<u8>>>,
        rights: &str,
    ) -> Result<(), CallError> {
        let entry = self.entry_to_change(account).await?;
        let result = self.session.modify(entry.dn(), changes).await?;
        if result.rc == 0 { Ok(()) } else { Err(self.denied(&result, &account.name, rights)) }
    }

    /// Sets or clears the block without touching a flag that somebody else changes meanwhile.
    async fn switch(&self, account: &AccountRef, enabled: bool) -> Result<(), CallError> {
        for _ in 0..ATTEMPTS {
            let entry = self.entry_to_change(account).await?;
            let (Some(text), Some(flags)) =
                (entry.text("userAccountControl"), entry.flags("userAccountControl"))
            else {
                return Err(CallError::rejected(
                    format!(
                        "directory {}: userAccountControl of {} cannot be read",
                        self.name, account.name
                    ),
                    format!("let {} read it", self.session.bind_dn()),
                ));
            };
            let wanted = if enabled { flags & !DISABLED } else { flags | DISABLED };
            if wanted == flags {
                return Ok(());
            }
            let value = wanted.cast_signed().to_string().into_bytes();
            let changes = vec![
                Mod::Delete(
                    b"userAccountControl".to_vec(),
                    HashSet::from([text.as_bytes().to_vec()]),
                ),
                Mod::Add(b"userAccountControl".to_vec(), HashSet::from([value])),
            ];
            let result = self.session.modify(entry.dn(), changes).await?;
            match result.rc {
                0 => return Ok(()),
                16 => {}
                _ => return Err(self.denied(&result, &account.name, "Write userAccountControl")),
            }
        }
        Err(CallError::retry(format!(
            "directory {}: somebody else keeps changing {}",
            self.name, account.name
        )))
    }

    async fn member(
        &self,
        group: &GroupRef,
        account: &AccountRef,
        wanted: bool,
    ) -> Result<(), CallError> {
        let entry = self.entry_to_change(account).await?;
        let Some(group_entry) = self.group_entry(&group.id).await? else {
            return Err(CallError::rejected(
                format!("directory {}: the group {} is gone", self.name, group.name),
                "look the group up again",
            ));
        };
        let value = HashSet::from([entry.dn().as_bytes().to_vec()]);
        let change = match wanted {
            true => Mod::Add(b"member".to_vec(), value),
            false => Mod::Delete(b"member".to_vec(), value),
        };
        let result = self.session.modify(group_entry.dn(), vec![change]).await?;
        match (result.rc, wanted) {
            (0, _) | (20 | 68, true) => Ok(()),
            // "Unwilling" is also what a directory says when there is nothing to take out.
            (16 | 53, false) if !self.lists_member(&group.id, &account.id).await? => Ok(()),
            _ => Err(self.denied(&result, &group.name, "Write member")),
        }
    }

    async fn entry_to_change(&self, account: &AccountRef) -> Result<Entry, CallError> {
        self.account_entry(&account.id).await?.ok_or_else(|| {
            CallError::rejected(
                format!("directory {}: the account {} is gone", self.name, account.login),
                "look the account up again",
            )
        })
    }

    /// What a refused change means. Nothing changed.
    fn denied(&self, result: &LdapResult, target: &str, rights: &str) -> CallError {
        let (name, who) = (&self.name, self.session.bind_dn());
        match result.rc {
            1 | 3 | 51 | 52 => self.session.busy(result),
            50 => CallError::rejected(
                format!("directory {name}: {who} has no right to change {target}"),
                format!(
                    "delegate it ({rights}) on the folder that holds {target}; administrators stay out of its reach on purpose"
                ),
            ),
            19 if rights.starts_with("Reset") => CallError::rejected(
                format!(
                    "directory {name}: the domain's password policy refuses the new password for {target}"
                ),
                "set Journeyman's password rules at least as strict as the domain's, and check its history and minimum age",
            ),
            32 => CallError::rejected(
                format!("directory {name}: {target} is gone or was moved meanwhile"),
                "look it up again",
            ),
            53 if rights.starts_with("Reset") => CallError::rejected(
                format!(
                    "directory {name}: {} is unwilling to set the password of {target}: {}",
                    self.session.host(),
                    describe(result)
                ),
                "connect with ldaps, and check the domain's password policy",
            ),
            _ => CallError::rejected(
                format!(
                    "directory {name}: {} refused to change {target}: {}",
                    self.session.host(),
                    describe(result)
                ),
                format!("check the delegated rights ({rights})"),
            ),
        }
    }

    pub(super) async fn verify(
        &self,
        action: &Action,
        before: Option<&AccountState>,
        started_at: UnixMs,
        secret: Option<&SecretString>,
    ) -> Result<ReadBack, CallError> {
        if let (Action::ResetPassword(reset), Some(secret)) = (action, secret) {
            return self.try_new_password(reset, secret).await;
        }
        let Some(target) = action.account() else {
            return Ok(account_read_back(action, None, before, started_at, None));
        };
        let now = self.read_account(&target.id).await?;
        let member = match action.group() {
            Some(group) => Some(self.lists_member(&group.id, &target.id).await?),
            None => None,
        };
        Ok(account_read_back(action, now.as_ref(), before, started_at, member))
    }

    /// The best proof of a reset: the directory takes the new password.
    async fn try_new_password(
        &self,
        reset: &ResetPassword,
        secret: &SecretString,
    ) -> Result<ReadBack, CallError> {
        let Some(entry) = self.account_entry(&reset.account.id).await? else {
            return Ok(ReadBack::NotShown("the account is gone".into()));
        };
        let due = entry.number("pwdLastSet") == Some(0);
        let answer = self.session.try_password(entry.dn(), secret).await?;
        let right = match &answer {
            SignIn::Accepted => true,
            SignIn::Refused(code) => {
                // Windows gives these codes only after it found the password right.
                matches!(code.as_str(), "530" | "531" | "532" | "533" | "701" | "773")
            }
        };
        Ok(match (right, reset.must_change, due) {
            (true, true, true) => ReadBack::Shown(
                "the directory takes the new password and asks for a change at the next sign-in"
                    .into(),
            ),
            (true, true, false) => ReadBack::NotShown(
                "the directory takes the new password but does not ask for a change".into(),
            ),
            (true, false, _) => ReadBack::Shown("the directory takes the new password".into()),
            (false, _, _) => ReadBack::NotShown(match answer {
                SignIn::Refused(code) if code == "775" => {
                    "the account is locked, so the new password cannot be tried".into()
                }
                _ => "the directory does not take the new password".into(),
            }),
        })
    }
}

fn replace(attribute: &str, value: &[u8]) -> Mod<Vec<u8>> {
    Mod::Replace(attribute.as_bytes().to_vec(), HashSet::from([value.to_vec()]))
}
