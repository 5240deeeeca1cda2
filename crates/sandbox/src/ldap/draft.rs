//! Draws the entries of accounts, groups and computers from the world.

use super::dn;
use super::schema::{
    DISABLED, LOCKED_OUT, NO_EXPIRY, NORMAL, PASSWORD_EXPIRED, WORKSTATION, file_time,
    generalized_time, sid,
};
use super::tree::{Entry, LOCKOUT_THRESHOLD, MAX_PASSWORD_AGE_MS, Object, category};
use crate::now;
use crate::world::{Company, Device, Group, GroupKind, Person, PersonKind};
use std::collections::{HashMap, HashSet};

/// Never, as a time.
const NEVER: i64 = i64::MAX;
const DOMAIN_USERS: u32 = 513;
const DOMAIN_COMPUTERS: u32 = 515;
const OWN_RID: u32 = 1103;
const PEOPLE_RIDS: u32 = 1200;
const GROUP_RIDS: u32 = 2200;
const COMPUTER_RIDS: u32 = 3200;

/// The parts of one drawing.
pub(super) struct Draft<'a> {
    company: &'a Company,
    base: &'a str,
    domain: uuid::Uuid,
    /// Where accounts and groups are, by id.
    places: HashMap<&'a str, Place>,
}

/// Where an entry is.
struct Place {
    cn: String,
    dn: String,
}

impl Place {
    fn new(cn: impl Into<String>, folder: &str, base: &str) -> Place {
        let cn = cn.into();
        Place { dn: format!("CN={},{folder},{base}", dn::escape(&cn)), cn }
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(company: &'a Company, base: &'a str) -> Draft<'a> {
        let mut places = HashMap::new();
        let mut taken = HashSet::new();
        for person in &company.people {
            let folder = match person.kind {
                PersonKind::Human => "OU=Staff",
                PersonKind::Service => "OU=Service Accounts",
                PersonKind::BreakGlass => "CN=Users",
            };
            // Two people of one name: the second entry gets a number, as an administrator would do.
            let mut cn = person.display_name.clone();
            let mut more = 2;
            while !taken.insert(cn.to_lowercase()) {
                cn = format!("{} {more}", person.display_name);
                more += 1;
            }
            places.insert(person.id.as_str(), Place::new(cn, folder, base));
        }
        for group in &company.groups {
            let folder = match group.rid {
                Some(rid) if is_builtin(rid) => "CN=Builtin",
                Some(_) => "CN=Users",
                None => "OU=Groups,OU=Staff",
            };
            places.insert(group.id.as_str(), Place::new(&group.name, folder, base));
        }
        let domain = uuid::Uuid::try_parse(&company.tenant).unwrap_or_default();
        Draft { company, base, domain, places }
    }

    fn name(&self, id: &str) -> Option<&str> {
        self.places.get(id).map(|p| p.dn.as_str())
    }

    /// A security identifier in this domain.
    pub(super) fn sid(&self, rid: &[u32]) -> Vec<u8> {
        let (a, b) = self.domain.as_u64_pair();
        let [low, high] = [(a & 0x7fff_ffff) as u32, (b & 0x7fff_ffff) as u32];
        let parts: Vec<u32> =
            [21, (a >> 33) as u32, low, high].into_iter().chain(rid.iter().copied()).collect();
        sid(&parts)
    }

    /// The object id of an entry that the world does not know.
    pub(super) fn fixed_id(&self, number: u32) -> [u8; 16] {
        let mut bytes = self.domain.to_bytes_le();
        for (byte, n) in bytes.iter_mut().rev().zip(number.to_le_bytes()) {
            *byte ^= n;
        }
        bytes
    }

    fn entry(
        &self,
        place: &Place,
        object: Object,
        classes: &[&str],
        id: [u8; 16],
        sid: Vec<u8>,
    ) -> Entry {
        let mut entry = Entry::new(place.dn.clone(), object, classes);
        entry.put("cn", [&place.cn]);
        entry.put("name", [&place.cn]);
        entry.put("objectGUID", [id]);
        entry.put("objectSid", [sid]);
        entry.put("objectCategory", [category(self.base, classes.last().unwrap_or(&"top"))]);
        entry
    }

    pub(super) fn person(&self, at: usize, person: &Person, wrong: Option<&u32>) -> Option<Entry> {
        let mut entry = self.entry(
            self.places.get(person.id.as_str())?,
            Object::Person(person.id.clone()),
            &["top", "person", "organizationalPerson", "user"],
            id_bytes(&person.id),
            self.sid(&[PEOPLE_RIDS + at as u32]),
        );
        for (name, value) in [
            ("userPrincipalName", &person.login),
            ("sAMAccountName", &person.short_name),
            ("displayName", &person.display_name),
            ("givenName", &person.given_name),
            ("sn", &person.surname),
            ("mail", &person.mail),
            ("title", &person.title),
            ("department", &person.department),
            ("mobile", &person.phone),
        ] {
            entry.put(name, [value]);
        }
        let primary = Some(&person.mail).filter(|m| !m.is_empty());
        entry.put("proxyAddresses", primary.map(|m| format!("SMTP:{m}")));
        entry.put("otherMailbox", &person.other_mails);
        entry.put("manager", person.manager.as_deref().and_then(|m| self.name(m)));
        entry.put("servicePrincipalName", &person.service_names);
        entry.put("whenCreated", [generalized_time(person.created_at)]);
        entry.number("primaryGroupID", i64::from(DOMAIN_USERS));
        entry.number("accountExpires", NEVER);
        self.sign_in_state(&mut entry, person, wrong);
        self.holders(&mut entry, &person.id);
        Some(entry)
    }

    fn sign_in_state(&self, entry: &mut Entry, person: &Person, wrong: Option<&u32>) {
        let lasting = if lasting_password(person) { NO_EXPIRY } else { 0 };
        let disabled = if person.enabled { 0 } else { DISABLED };
        entry.number("userAccountControl", NORMAL | disabled | lasting);
        let locked = if person.locked() { LOCKED_OUT } else { 0 };
        let expired =
            if person.must_change || password_expired(person) { PASSWORD_EXPIRED } else { 0 };
        entry.number("msDS-User-Account-Control-Computed", locked | expired);
        entry.number("lockoutTime", person.locked_at.map_or(0, file_time));
        let set = if person.must_change { 0 } else { file_time(person.password_set_at) };
        entry.number("pwdLastSet", set);
        let wrong = if person.locked() { LOCKOUT_THRESHOLD } else { wrong.copied().unwrap_or(0) };
        entry.number("badPwdCount", i64::from(wrong));
    }

    /// Who lists it, and whether that makes it administrative.
    fn holders(&self, entry: &mut Entry, id: &str) {
        let parents = self.company.direct_parents(id);
        let mut names: Vec<String> =
            parents.iter().filter_map(|g| self.name(&g.id)).map(str::to_owned).collect();
        names.extend(self.fixed_parent(id));
        entry.put("memberOf", names);
        let protected = self.company.group(id).is_some_and(is_administrative)
            || self.company.all_parents(id).into_iter().any(is_administrative);
        if protected {
            entry.number("adminCount", 1);
        }
    }

    /// Domain administrators administer the domain controllers too.
    fn fixed_parent(&self, id: &str) -> Option<String> {
        let domain_admins = self.company.group(id).is_some_and(|g| g.rid == Some(512));
        domain_admins.then(|| format!("CN=Administrators,CN=Builtin,{}", self.base))
    }

    pub(super) fn group(&self, at: usize, group: &Group) -> Option<Entry> {
        let sid = match group.rid {
            Some(rid) if is_builtin(rid) => sid(&[32, rid]),
            Some(rid) => self.sid(&[rid]),
            None => self.sid(&[GROUP_RIDS + at as u32]),
        };
        let object = Object::Group(group.id.clone());
        let place = self.places.get(group.id.as_str())?;
        let mut entry = self.entry(place, object, &["top", "group"], id_bytes(&group.id), sid);
        entry.put("sAMAccountName", [&group.name]);
        entry.put("description", [&group.description]);
        let security = if group.kind == GroupKind::Mail { 0 } else { i64::from(i32::MIN) };
        let scope = if group.rid.is_some_and(is_builtin) { 5 } else { 2 };
        entry.number("groupType", security | scope);
        entry.put("member", group.members.iter().filter_map(|m| self.name(m)));
        entry.put("managedBy", group.owners.first().and_then(|o| self.name(o)));
        self.holders(&mut entry, &group.id);
        Some(entry)
    }

    /// Groups that every domain has.
    pub(super) fn fixed_groups(&self) -> Vec<Entry> {
        let users = Place::new("Domain Users", "CN=Users", self.base);
        let administrators = Place::new("Administrators", "CN=Builtin", self.base);
        let builtin_users = Place::new("Users", "CN=Builtin", self.base);
        let group = |place: &Place, number, sid| {
            self.entry(place, Object::Fixed, &["top", "group"], self.fixed_id(number), sid)
        };
        let mut everyone = group(&users, 100, self.sid(&[DOMAIN_USERS]));
        everyone.put("sAMAccountName", ["Domain Users"]);
        everyone.put("description", ["All domain users"]);
        everyone.put("memberOf", [&builtin_users.dn]);
        let mut local = group(&builtin_users, 101, sid(&[32, 545]));
        local.put("sAMAccountName", ["Users"]);
        local.put("member", [&users.dn]);
        let mut admins = group(&administrators, 102, sid(&[32, 544]));
        admins.put("sAMAccountName", ["Administrators"]);
        admins.number("adminCount", 1);
        let inner = self.company.groups.iter().filter(|g| g.rid == Some(512));
        admins.put("member", inner.filter_map(|g| self.name(&g.id)));
        vec![everyone, local, admins]
    }

    /// The account that Journeyman signs in with.
    pub(super) fn own_account(&self) -> Entry {
        let name = super::OWN_ACCOUNT;
        let mut entry = self.entry(
            &Place::new(name, "OU=Service Accounts", self.base),
            Object::Service,
            &["top", "person", "organizationalPerson", "user"],
            self.fixed_id(200),
            self.sid(&[OWN_RID]),
        );
        entry.put("userPrincipalName", [format!("{name}@{}", self.company.domain)]);
        entry.put("sAMAccountName", [name]);
        entry.put("displayName", ["Journeyman"]);
        entry.number("userAccountControl", NORMAL | NO_EXPIRY);
        entry.number("msDS-User-Account-Control-Computed", 0);
        entry.number("primaryGroupID", i64::from(DOMAIN_USERS));
        entry.number("accountExpires", NEVER);
        entry
    }

    pub(super) fn computer(&self, at: usize, device: &Device) -> Entry {
        let mut entry = self.entry(
            &Place::new(&device.name, "CN=Computers", self.base),
            Object::Fixed,
            &["top", "person", "organizationalPerson", "user", "computer"],
            id_bytes(&device.id),
            self.sid(&[COMPUTER_RIDS + at as u32]),
        );
        entry.put("sAMAccountName", [format!("{}$", device.name)]);
        entry.put(
            "dNSHostName",
            [format!("{}.{}", device.name.to_lowercase(), self.company.domain)],
        );
        entry.put("operatingSystem", [&device.os]);
        entry.put("operatingSystemVersion", [&device.os_version]);
        entry.put("managedBy", self.name(&device.owner));
        entry.number("lastLogonTimestamp", file_time(device.last_seen));
        entry.number("userAccountControl", WORKSTATION);
        entry.number("primaryGroupID", i64::from(DOMAIN_COMPUTERS));
        entry
    }
}

/// Whether this password never expires.
fn lasting_password(person: &Person) -> bool {
    person.kind != PersonKind::Human
}

/// Whether the password is too old to sign in with.
pub(super) fn password_expired(person: &Person) -> bool {
    !lasting_password(person) && now().0 - person.password_set_at.0 >= MAX_PASSWORD_AGE_MS
}

/// Administers the domain by its well-known id.
fn is_administrative(group: &Group) -> bool {
    group.rid.is_some()
}

/// Relative ids below `BUILTIN`.
fn is_builtin(rid: u32) -> bool {
    (544..=582).contains(&rid)
}

fn id_bytes(id: &str) -> [u8; 16] {
    uuid::Uuid::try_parse(id).unwrap_or_default().to_bytes_le()
}
