//! Who may do what, beyond being signed in. Every page that changes something asks here first.

use super::oops::Oops;
use domain::PersonId;
use store::{Person, Role};

/// Administrators: they change the policy, brains and people.
pub(super) fn admin(person: &Person) -> Result<(), Oops> {
    match person.role {
        Role::Admin => Ok(()),
        Role::Technician | Role::Auditor => {
            Err(Oops::forbidden("Only administrators may do this. Ask one of them."))
        }
    }
}

/// Who decides: administrators and technicians. They also undo, record what they did by hand, and
/// open and close breakers.
pub(super) fn decider(person: &Person) -> Result<(), Oops> {
    match person.role.may_decide() {
        true => Ok(()),
        false => {
            Err(Oops::forbidden("Your role reads only. Administrators and technicians decide."))
        }
    }
}

/// An administrator about anybody, a technician about themselves.
pub(super) fn about(person: &Person, whom: &PersonId) -> Result<(), Oops> {
    decider(person)?;
    match person.id == *whom {
        true => Ok(()),
        false => admin(person),
    }
}
