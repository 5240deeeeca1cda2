//! Signing in, with the sub-codes that Windows gives.

use super::answer::Answer;
use super::draft::password_expired;
use super::tree::{LOCKOUT_THRESHOLD, Object};
use super::{Server, dn};
use crate::now;
use crate::world::{Company, Person};

/// Who is signed in on a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Who {
    #[default]
    Nobody,
    /// The account that Journeyman uses.
    Service,
    /// Somebody of the domain, by id.
    Person(String),
}

impl Server {
    /// Tries a name and password. Without a password it is an anonymous bind, as RFC 4513 has it.
    pub(super) fn bind(&self, name: &str, password: &str) -> (Answer, Who) {
        if password.is_empty() {
            return (Answer::ok(), Who::Nobody);
        }
        let refused = |code: &str| (refusal(code), Who::Nobody);
        let found = self.world.company(&self.client, |c| self.whose(c, name)).flatten();
        match found {
            None => refused("525"),
            Some(Object::Service) if password == self.own_password.reveal() => {
                (Answer::ok(), Who::Service)
            }
            Some(Object::Person(id)) => {
                let person = self.world.company(&self.client, |c| c.person(&id).cloned()).flatten();
                match person.map(|p| self.judge(&p, password)) {
                    Some(Ok(())) => (Answer::ok(), Who::Person(id)),
                    Some(Err(code)) => refused(code),
                    None => refused("525"),
                }
            }
            Some(_) => refused("52e"),
        }
    }

    /// Distinguished name, user principal name or `DOMAIN\name`.
    fn whose(&self, company: &Company, name: &str) -> Option<Object> {
        let tree = self.tree(company);
        if name.starts_with('<') || dn::normal(name).is_some() {
            return tree.find(name).map(|e| e.object.clone());
        }
        let (attribute, wanted) = match name.split_once('\\') {
            Some((domain, short)) if domain.eq_ignore_ascii_case(&netbios_name(company)) => {
                ("sAMAccountName", short)
            }
            Some(_) => return None,
            None => ("userPrincipalName", name),
        };
        let mut entries = tree.entries().iter();
        let found = entries.find(|e| {
            e.text(attribute).is_some_and(|v| v.to_lowercase() == wanted.to_lowercase())
        })?;
        Some(found.object.clone())
    }

    /// In the order of Windows: a lock shows whatever the password; the rest only to who knows it.
    fn judge(&self, person: &Person, password: &str) -> Result<(), &'static str> {
        if person.locked() {
            return Err("775");
        }
        if person.password.reveal() != password {
            self.count_wrong(person);
            return Err("52e");
        }
        if !person.enabled {
            return Err("533");
        }
        if person.must_change {
            return Err("773");
        }
        if password_expired(person) {
            return Err("532");
        }
        self.forget_wrong(&person.id);
        Ok(())
    }

    fn count_wrong(&self, person: &Person) {
        let mut wrong = self.wrong();
        let count = wrong.entry(person.id.clone()).or_default();
        // Somebody unlocked it since: count afresh.
        *count = if *count >= LOCKOUT_THRESHOLD { 1 } else { *count + 1 };
        if *count >= LOCKOUT_THRESHOLD {
            self.world.prepare(&self.client, &person.login, |p| p.locked_at = Some(now()));
        }
    }

    pub(super) fn forget_wrong(&self, id: &str) {
        self.wrong().remove(id);
    }
}

/// The short name of the domain, at most 15 characters.
pub(super) fn netbios_name(company: &Company) -> String {
    let label = company.domain.split('.').next().unwrap_or_default();
    label.to_ascii_uppercase().chars().take(15).collect()
}

fn refusal(code: &str) -> Answer {
    let text = format!(
        "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {code}, v4f7c\0"
    );
    Answer::new(49, text)
}
