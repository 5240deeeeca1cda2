//! The domain as a tree of entries, drawn from the world whenever somebody looks.
//!
//! Laid out as an MSP would: people and ordinary groups below `OU=Staff`, where the service account
//! is delegated; services and administrative objects outside, or protected.

use super::dn;
use super::draft::Draft;
use super::schema::span;
use crate::now;
use crate::world::Company;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Wrong passwords in a row that lock an account.
pub(super) const LOCKOUT_THRESHOLD: u32 = 5;
/// Passwords older than this have expired, in milliseconds.
pub(super) const MAX_PASSWORD_AGE_MS: i64 = 120 * 86_400_000;

/// What an entry stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// An account of the world, by id.
    Person(String),
    /// A group of the world, by id.
    Group(String),
    /// The account that Journeyman signs in with.
    Service,
    /// A folder, a computer, a group that the domain brings along.
    Fixed,
}

/// One entry. `key` is its normal name.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) dn: String,
    pub(super) key: String,
    pub(super) object: Object,
    attributes: Vec<(&'static str, Vec<Vec<u8>>)>,
}

impl Entry {
    pub(super) fn new(dn: String, object: Object, classes: &[&str]) -> Entry {
        let key = dn::normal(&dn).unwrap_or_else(|| dn.to_lowercase());
        let mut entry = Entry { dn, key, object, attributes: Vec::new() };
        entry.put("distinguishedName", [entry.dn.clone()]);
        entry.put("objectClass", classes);
        entry
    }

    pub(super) fn put<V: AsRef<[u8]>>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = V>,
    ) {
        let values: Vec<Vec<u8>> =
            values.into_iter().map(|v| v.as_ref().to_vec()).filter(|v| !v.is_empty()).collect();
        if !values.is_empty() {
            self.attributes.push((name, values));
        }
    }

    pub(super) fn number(&mut self, name: &'static str, value: i64) {
        self.put(name, [value.to_string()]);
    }

    /// Values of an attribute; none when it has none.
    pub(super) fn values(&self, attribute: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|(n, _)| n.eq_ignore_ascii_case(attribute));
        found.map_or(&[], |(_, values)| values)
    }

    /// Every attribute, the computed ones included.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'static str, &[Vec<u8>])> {
        self.attributes.iter().map(|(n, v)| (*n, v.as_slice()))
    }

    pub(super) fn text(&self, attribute: &str) -> Option<String> {
        self.values(attribute).first().map(|v| String::from_utf8_lossy(v).into_owned())
    }

    /// Administrative, so that delegated rights do not reach it.
    pub(super) fn protected(&self) -> bool {
        !self.values("adminCount").is_empty()
    }
}

/// Tells whether anything that a drawing depends on has changed.
pub(super) fn fingerprint(company: &Company, wrong: &BTreeMap<String, u32>) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Passwords expire by the passing of time alone.
    (now().0 / 60_000, wrong).hash(&mut hasher);
    for p in &company.people {
        (&p.login, &p.short_name, &p.display_name, &p.given_name, &p.surname, &p.mail)
            .hash(&mut hasher);
        (&p.other_mails, &p.title, &p.department, &p.manager, &p.phone, &p.service_names)
            .hash(&mut hasher);
        (p.enabled, p.locked_at.map(|t| t.0), p.must_change, p.password_set_at.0).hash(&mut hasher);
    }
    for g in &company.groups {
        (&g.name, &g.description, &g.members, &g.owners).hash(&mut hasher);
    }
    company.devices.len().hash(&mut hasher);
    hasher.finish()
}

/// The whole domain.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) base: String,
    entries: Vec<Entry>,
    by_key: HashMap<String, usize>,
}

/// Name of the domain of a company.
pub(crate) fn base_dn(company: &Company) -> String {
    let parts: Vec<String> = company.domain.split('.').map(|p| format!("DC={p}")).collect();
    parts.join(",")
}

impl Tree {
    /// `wrong` holds the wrong passwords in a row, by account id.
    pub(super) fn draw(company: &Company, wrong: &BTreeMap<String, u32>) -> Tree {
        let mut tree = Tree { base: base_dn(company), entries: Vec::new(), by_key: HashMap::new() };
        let base = base_dn(company);
        let draft = Draft::new(company, &base);
        tree.folders(company, &draft);
        let people = company.people.iter().enumerate();
        tree.entries.extend(people.filter_map(|(at, p)| draft.person(at, p, wrong.get(&p.id))));
        tree.entries.push(draft.own_account());
        let groups = company.groups.iter().enumerate();
        tree.entries.extend(groups.filter_map(|(at, g)| draft.group(at, g)));
        tree.entries.extend(draft.fixed_groups());
        let computers = company.devices.iter().filter(|d| d.os == "Windows").enumerate();
        tree.entries.extend(computers.map(|(at, d)| draft.computer(at, d)));
        tree.by_key = tree.entries.iter().enumerate().map(|(at, e)| (e.key.clone(), at)).collect();
        tree
    }

    fn folders(&mut self, company: &Company, draft: &Draft<'_>) {
        let mut domain =
            Entry::new(self.base.clone(), Object::Fixed, &["top", "domain", "domainDNS"]);
        domain.put("name", company.domain.split('.').next());
        domain.put("objectGUID", [draft.fixed_id(0)]);
        domain.put("objectSid", [draft.sid(&[])]);
        domain.number("lockoutThreshold", i64::from(LOCKOUT_THRESHOLD));
        // Until somebody unlocks it.
        domain.number("lockoutDuration", i64::MIN);
        domain.number("maxPwdAge", span(MAX_PASSWORD_AGE_MS));
        domain.number("minPwdLength", super::schema::MIN_PASSWORD as i64);
        domain.number("pwdProperties", 1);
        self.entries.push(domain);
        let folders = [
            "OU=Staff",
            "OU=Groups,OU=Staff",
            "OU=Service Accounts",
            "CN=Users",
            "CN=Computers",
            "CN=Builtin",
        ];
        for (at, path) in (1..).zip(folders) {
            let unit = path.starts_with("OU=");
            let class = if unit { "organizationalUnit" } else { "container" };
            let mut folder =
                Entry::new(format!("{path},{}", self.base), Object::Fixed, &["top", class]);
            let name = path.split(['=', ',']).nth(1);
            folder.put(if unit { "ou" } else { "cn" }, name);
            folder.put("name", name);
            folder.put("objectGUID", [draft.fixed_id(at)]);
            self.entries.push(folder);
        }
    }

    /// Every entry.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// By normal name.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(*self.by_key.get(key)?)
    }

    /// By name in any spelling, or as `<GUID=…>` or `<SID=…>`.
    pub(super) fn find(&self, name: &str) -> Option<&Entry> {
        let inner = name.trim().strip_prefix('<').and_then(|n| n.strip_suffix('>'));
        let Some((kind, value)) = inner.and_then(|n| n.split_once('=')) else {
            return self.get(&dn::normal(name)?);
        };
        let dashed = value.contains('-');
        let (attribute, bytes) = match (kind.to_ascii_uppercase().as_str(), dashed) {
            ("GUID", true) => {
                ("objectGUID", uuid::Uuid::try_parse(value).ok()?.to_bytes_le().to_vec())
            }
            ("GUID", false) => ("objectGUID", hex(value)?),
            ("SID", true) => ("objectSid", super::schema::parse_sid(value)?),
            ("SID", false) => ("objectSid", hex(value)?),
            _ => return None,
        };
        self.entries.iter().find(|e| e.values(attribute).first() == Some(&bytes))
    }

    /// The normal base name.
    pub(super) fn base_key(&self) -> String {
        self.base.to_lowercase()
    }

    /// A class as `objectCategory` names it.
    pub(super) fn category(&self, class: &str) -> String {
        category(&self.base, class)
    }

    /// Whether following `attribute` from this entry, over any number of entries, leads to `wanted`.
    pub(super) fn reaches(&self, entry: &Entry, attribute: &str, wanted: &str) -> bool {
        let (mut seen, mut open) = (HashSet::new(), vec![entry]);
        while let Some(entry) = open.pop() {
            for value in entry.values(attribute) {
                if super::filter::same_name(wanted, value) {
                    return true;
                }
                let next = self.get(&String::from_utf8_lossy(value).to_lowercase());
                open.extend(next.filter(|e| seen.insert(e.key.as_str())));
            }
        }
        false
    }
}

pub(super) fn category(base: &str, class: &str) -> String {
    let name = match class.to_ascii_lowercase().as_str() {
        "user" | "person" => "Person".to_owned(),
        "computer" => "Computer".to_owned(),
        "group" => "Group".to_owned(),
        _ => dn::escape(class),
    };
    format!("CN={name},CN=Schema,CN=Configuration,{base}")
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}
