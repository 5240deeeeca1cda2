//! The closed catalogue of what may be requested. One file per action.
//!
//! Each file states the action's fields, its scorecard with the rationale, the base tier from
//! facts, the floor below which no promotion can bring it, which facts it needs and its canonical
//! sentence. Adding one: the file, a variant here, and the compiler and the verdict-table snapshot
//! show the rest.

use crate::{AccountRef, Canon, ClientId, Digest, Facts, GroupRef, Relation, Tier, Verification};
use serde::{Deserialize, Serialize};

mod add_group_member;
mod add_note;
mod disable_account;
mod enable_account;
mod find_group;
mod find_user;
mod list_devices;
mod log_time;
mod read_account;
mod remove_group_member;
mod reply;
mod require_password_change;
mod reset_password;
mod set_status;
mod unlock_account;

pub use add_group_member::AddGroupMember;
pub use add_note::AddNote;
pub use disable_account::DisableAccount;
pub use enable_account::EnableAccount;
pub use find_group::FindGroup;
pub use find_user::FindUser;
pub use list_devices::ListDevices;
pub use log_time::LogTime;
pub use read_account::ReadAccount;
pub use remove_group_member::RemoveGroupMember;
pub use reply::Reply;
pub use require_password_change::RequirePasswordChange;
pub use reset_password::ResetPassword;
pub use set_status::SetStatus;
pub use unlock_account::UnlockAccount;

/// Why an action class has its base tier. Each value is 1 (harmless) to 5 (grave).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scorecard {
    /// How hard it is to undo.
    pub reversibility: u8,
    /// How many people one call touches.
    pub blast_radius: u8,
    /// How closely auditors look.
    pub compliance_sensitivity: u8,
    /// How often it is asked; 5 is daily.
    pub frequency: u8,
    /// The rationale, in one sentence.
    pub rationale: &'static str,
}

/// A fact that an action cannot be judged without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Who asks.
    Requester,
    /// What they are to the target.
    Relation,
    /// The account that would change.
    Target,
    /// The group that would change.
    Group,
    /// How much has been touched lately.
    Volume,
    /// The ticket that would change.
    Ticket,
}

/// What every action states about itself.
pub(crate) trait Spec {
    /// Its kind.
    const KIND: ActionKind;
    /// No promotion brings it below this.
    const FLOOR: Tier;
    /// Why it has its base tier.
    const SCORECARD: Scorecard;
    /// The facts it needs.
    const NEEDS: &'static [Need];
    /// What could go wrong, for the approver.
    const RISK: &'static str;
    /// How it is undone, in plain words; `None` when it cannot be.
    const UNDO: Option<&'static str>;
    /// Base tier from facts, with the reason code.
    fn base(&self, facts: &Facts) -> (Tier, &'static str);
    /// The canonical sentence that people see.
    fn sentence(&self) -> String;
    /// Targets and parameters, canonically.
    fn canon(&self, canon: &mut Canon);
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident => $kind:literal, $write:literal;)*) => {
        /// A typed request to read or change a client's system.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Action {
            $($(#[$doc])* $name($name),)*
        }

        /// The kind of an action, without its targets.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ActionKind {
            $($(#[$doc])* $name,)*
        }

        impl ActionKind {
            /// The whole catalogue.
            pub const ALL: &'static [ActionKind] = &[$(ActionKind::$name,)*];

            /// Stable snake-case name.
            pub fn name(self) -> &'static str {
                match self { $(ActionKind::$name => $kind,)* }
            }

            /// Whether it changes anything.
            pub fn is_write(self) -> bool {
                match self { $(ActionKind::$name => $write,)* }
            }

            /// Why it has its base tier.
            pub fn scorecard(self) -> Scorecard {
                match self { $(ActionKind::$name => $name::SCORECARD,)* }
            }

            /// No promotion brings it below this.
            pub fn floor(self) -> Tier {
                match self { $(ActionKind::$name => $name::FLOOR,)* }
            }

            /// The facts it cannot be judged without.
            pub fn needs(self) -> &'static [Need] {
                match self { $(ActionKind::$name => $name::NEEDS,)* }
            }

            /// What could go wrong, in plain words.
            pub fn risk(self) -> &'static str {
                match self { $(ActionKind::$name => $name::RISK,)* }
            }

            /// How it is undone, in plain words.
            pub fn undo(self) -> Option<&'static str> {
                match self { $(ActionKind::$name => $name::UNDO,)* }
            }
        }

        impl Action {
            /// Its kind.
            pub fn kind(&self) -> ActionKind {
                match self { $(Action::$name(_) => $name::KIND,)* }
            }

            /// Base tier from facts, with the reason code.
            pub fn base(&self, facts: &Facts) -> (Tier, &'static str) {
                match self { $(Action::$name(a) => a.base(facts),)* }
            }

            /// The canonical sentence that people see. It names every target and parameter.
            pub fn sentence(&self) -> String {
                match self { $(Action::$name(a) => a.sentence(),)* }
            }

            fn canon(&self, canon: &mut Canon) {
                match self { $(Action::$name(a) => a.canon(canon),)* }
            }
        }
    };
}

actions! {
    /// Look an account up by address or name.
    FindUser => "find_user", false;
    /// Look a group up by name.
    FindGroup => "find_group", false;
    /// Read one account's state.
    ReadAccount => "read_account", false;
    /// List the devices of one account.
    ListDevices => "list_devices", false;
    /// Clear a lockout.
    UnlockAccount => "unlock_account", true;
    /// Set a temporary password.
    ResetPassword => "reset_password", true;
    /// Make the user choose a new password at the next sign-in.
    RequirePasswordChange => "require_password_change", true;
    /// Allow sign-in again.
    EnableAccount => "enable_account", true;
    /// Block sign-in.
    DisableAccount => "disable_account", true;
    /// Add an account to a group.
    AddGroupMember => "add_group_member", true;
    /// Take an account out of a group.
    RemoveGroupMember => "remove_group_member", true;
    /// Answer the user on the ticket.
    Reply => "reply", true;
    /// Leave an internal note on the ticket.
    AddNote => "add_note", true;
    /// Record work time on the ticket.
    LogTime => "log_time", true;
    /// Change the ticket's status.
    SetStatus => "set_status", true;
}

impl Action {
    /// SHA-256 over kind, client, targets and parameters.
    pub fn digest(&self, client: &ClientId) -> Digest {
        let mut canon = Canon::new("journeyman/action/v1");
        canon.text(self.kind().name()).text(client.as_str());
        self.canon(&mut canon);
        canon.digest()
    }

    /// The account that it changes or reads, if one.
    pub fn account(&self) -> Option<&AccountRef> {
        match self {
            Action::ReadAccount(a) => Some(&a.account),
            Action::ListDevices(a) => Some(&a.account),
            Action::UnlockAccount(a) => Some(&a.account),
            Action::ResetPassword(a) => Some(&a.account),
            Action::RequirePasswordChange(a) => Some(&a.account),
            Action::EnableAccount(a) => Some(&a.account),
            Action::DisableAccount(a) => Some(&a.account),
            Action::AddGroupMember(a) => Some(&a.account),
            Action::RemoveGroupMember(a) => Some(&a.account),
            _ => None,
        }
    }

    /// The group that it changes, if one.
    pub fn group(&self) -> Option<&GroupRef> {
        match self {
            Action::AddGroupMember(a) => Some(&a.group),
            Action::RemoveGroupMember(a) => Some(&a.group),
            _ => None,
        }
    }

    /// The ticket that it changes, if one.
    pub fn ticket(&self) -> Option<&crate::TicketRef> {
        match self {
            Action::Reply(a) => Some(&a.ticket),
            Action::AddNote(a) => Some(&a.ticket),
            Action::LogTime(a) => Some(&a.ticket),
            Action::SetStatus(a) => Some(&a.ticket),
            _ => None,
        }
    }

    /// The key under which its target is counted for blast radius.
    pub fn target_key(&self) -> String {
        match (self.account(), self.ticket()) {
            (Some(a), _) => a.id.clone(),
            (None, Some(t)) => t.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// The requester is verified and acts on their own account.
fn own_and_verified(facts: &Facts) -> bool {
    facts.requester.value().is_some_and(|r| r.verification >= Verification::AddressOnFile)
        && facts.relation.value() == Some(&Relation::Oneself)
}

fn canon_account(canon: &mut Canon, account: &AccountRef) {
    canon.text(&account.id).text(&account.login).text(&account.name);
}

fn canon_group(canon: &mut Canon, group: &GroupRef) {
    canon.text(&group.id).text(&group.name);
}

fn canon_ticket(canon: &mut Canon, ticket: &crate::TicketRef) {
    canon.text(&ticket.psa).text(&ticket.id);
}

#[cfg(test)]
mod tests;
