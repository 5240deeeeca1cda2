//! The shared handle that every stand-in changes the world through.

use super::{Company, Person, World};
use crate::effect::{Effect, EffectRecord, System};
use crate::{Secret, now};
use domain::{ClientId, UnixMs};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a write call asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WriteKind {
    /// Set a password.
    Password,
    /// Require a new password at the next sign-in.
    RequireChange,
    /// Clear a lockout.
    Unlock,
    /// Allow sign-in.
    Enable,
    /// Block sign-in.
    Disable,
    /// Add a member; counted under the group's name.
    AddMember,
    /// Remove a member; counted under the group's name.
    RemoveMember,
}

/// Why a membership was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberError {
    /// No such group.
    NoGroup,
    /// No such account or group to add or remove.
    NoMember,
    /// It already is a member.
    AlreadyMember,
    /// It is not a member.
    NotMember,
}

#[derive(Debug)]
struct Inner {
    world: World,
    effects: Vec<EffectRecord>,
    writes: BTreeMap<(String, String, WriteKind), u32>,
}

/// Shared access to the world. Cheap to clone. Each method that changes something counts the call
/// and records an [`Effect`] if the state really changed; `prepare_*` do neither.
#[derive(Clone, Debug)]
pub struct WorldHandle(Arc<Mutex<Inner>>);

impl WorldHandle {
    /// Takes the world over.
    pub fn new(world: World) -> Self {
        WorldHandle(Arc::new(Mutex::new(Inner {
            world,
            effects: Vec::new(),
            writes: BTreeMap::new(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the world. `read` must not call back into the handle.
    pub fn read<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        read(&self.lock().world)
    }

    /// Reads one company; `None` when there is none.
    pub fn company<T>(&self, client: &str, read: impl FnOnce(&Company) -> T) -> Option<T> {
        self.lock().world.company(client).map(read)
    }

    /// Every recorded change, oldest first.
    pub fn effects(&self) -> Vec<EffectRecord> {
        self.lock().effects.clone()
    }

    /// Records a change that was made outside the directories.
    pub(crate) fn record(&self, client: &ClientId, system: System, effect: Effect) {
        let record = EffectRecord { at: now(), client: client.clone(), system, effect };
        self.lock().effects.push(record);
    }

    /// How often a write was called on this login or group name, whether it changed anything or not.
    pub fn write_count(&self, client: &str, target: &str, kind: WriteKind) -> u32 {
        let key = (client.to_owned(), target.to_lowercase(), kind);
        self.lock().writes.get(&key).copied().unwrap_or(0)
    }

    /// Sets a password. `false` when there is no such account.
    pub fn set_password(
        &self,
        client: &str,
        id: &str,
        password: Secret,
        must_change: bool,
        system: System,
    ) -> bool {
        self.change(client, id, WriteKind::Password, system, |person, at| {
            person.password = password;
            person.must_change = must_change;
            person.password_set_at = UnixMs(at.0 / 1000 * 1000);
            Some(Effect::PasswordSet { login: person.login.clone() })
        })
    }

    /// Requires a new password at the next sign-in, or no longer does.
    pub fn set_must_change(&self, client: &str, id: &str, must: bool, system: System) -> bool {
        self.change(client, id, WriteKind::RequireChange, system, |person, _| {
            let changed = must && !person.must_change;
            person.must_change = must;
            changed.then(|| Effect::ChangeRequired { login: person.login.clone() })
        })
    }

    /// Allows or blocks sign-in.
    pub fn set_enabled(&self, client: &str, id: &str, enabled: bool, system: System) -> bool {
        let kind = if enabled { WriteKind::Enable } else { WriteKind::Disable };
        self.change(client, id, kind, system, |person, _| {
            let changed = person.enabled != enabled;
            person.enabled = enabled;
            let login = person.login.clone();
            let effect =
                if enabled { Effect::Enabled { login } } else { Effect::Disabled { login } };
            changed.then_some(effect)
        })
    }

    /// Clears a lockout.
    pub fn unlock(&self, client: &str, id: &str, system: System) -> bool {
        self.change(client, id, WriteKind::Unlock, system, |person, _| {
            person.locked_at.take().map(|_| Effect::Unlocked { login: person.login.clone() })
        })
    }

    fn change(
        &self,
        client: &str,
        id: &str,
        kind: WriteKind,
        system: System,
        act: impl FnOnce(&mut Person, UnixMs) -> Option<Effect>,
    ) -> bool {
        let at = now();
        let mut inner = self.lock();
        let Some(company) = inner.world.company_mut(client) else { return false };
        let client = company.id.clone();
        let Some(person) = company.person_mut(id) else { return false };
        let effect = act(person, at);
        let key = (client.as_str().to_owned(), person.login.to_lowercase(), kind);
        *inner.writes.entry(key).or_default() += 1;
        inner.effects.extend(effect.map(|effect| EffectRecord { at, client, system, effect }));
        true
    }

    /// Adds an account or group to a group.
    pub fn add_member(
        &self,
        client: &str,
        group: &str,
        member: &str,
        system: System,
    ) -> Result<(), MemberError> {
        self.membership(client, group, member, true, system)
    }

    /// Takes an account or group out of a group.
    pub fn remove_member(
        &self,
        client: &str,
        group: &str,
        member: &str,
        system: System,
    ) -> Result<(), MemberError> {
        self.membership(client, group, member, false, system)
    }

    fn membership(
        &self,
        client: &str,
        group: &str,
        member: &str,
        add: bool,
        system: System,
    ) -> Result<(), MemberError> {
        let at = now();
        let mut inner = self.lock();
        let company = inner.world.company_mut(client).ok_or(MemberError::NoGroup)?;
        let client = company.id.clone();
        let named = company
            .person(member)
            .map(|p| (p.id.clone(), p.login.clone()))
            .or_else(|| company.group(member).map(|g| (g.id.clone(), g.name.clone())));
        let target = company.group_mut(group).ok_or(MemberError::NoGroup)?;
        let (id, login) = named.ok_or(MemberError::NoMember)?;
        let group = target.name.clone();
        let place = target.members.iter().position(|m| *m == id);
        let done = match (add, place) {
            (true, Some(_)) => Err(MemberError::AlreadyMember),
            (false, None) => Err(MemberError::NotMember),
            (true, None) => {
                target.members.push(id);
                Ok(Effect::MemberAdded { group: group.clone(), login })
            }
            (false, Some(place)) => {
                target.members.remove(place);
                Ok(Effect::MemberRemoved { group: group.clone(), login })
            }
        };
        let kind = if add { WriteKind::AddMember } else { WriteKind::RemoveMember };
        let key = (client.as_str().to_owned(), group.to_lowercase(), kind);
        *inner.writes.entry(key).or_default() += 1;
        let effect = done?;
        inner.effects.push(EffectRecord { at, client, system, effect });
        Ok(())
    }

    /// Changes an account without a record, to set a ticket's scene.
    pub(crate) fn prepare(&self, client: &str, login: &str, act: impl FnOnce(&mut Person)) -> bool {
        let mut inner = self.lock();
        let Some(company) = inner.world.company_mut(client) else { return false };
        let place = company.people.iter_mut().find(|p| p.login.eq_ignore_ascii_case(login));
        place.map(act).is_some()
    }

    /// Changes a membership without a record, to set a ticket's scene.
    pub(crate) fn prepare_member(
        &self,
        client: &str,
        group: &str,
        login: &str,
        member: bool,
    ) -> bool {
        let mut inner = self.lock();
        let Some(company) = inner.world.company_mut(client) else { return false };
        let Some(id) = company.by_login(login).map(|p| p.id.clone()) else { return false };
        let Some(group) = company.group_named(group).map(|g| g.id.clone()) else { return false };
        let Some(group) = company.group_mut(&group) else { return false };
        group.members.retain(|m| *m != id);
        if member {
            group.members.push(id);
        }
        true
    }
}
