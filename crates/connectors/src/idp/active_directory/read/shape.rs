//! From entries to the words that every directory shares, and from questions to filters.

use super::super::entry::{DISABLED, Entry, LOCKED_OUT, escape, file_time};
use domain::{AccountRef, AccountState, Device, GroupRef, Lock};

/// More words than this are no person's name.
const MAX_NAME_WORDS: usize = 6;

pub(super) fn account_ref(entry: &Entry) -> Option<AccountRef> {
    let login = entry.text("userPrincipalName").or_else(|| entry.text("sAMAccountName"))?;
    let name = entry.text("displayName").or_else(|| entry.text("cn")).unwrap_or(login);
    Some(AccountRef { id: entry.guid()?, login: login.to_owned(), name: name.to_owned() })
}

pub(in crate::idp::active_directory) fn group_ref(entry: &Entry) -> Option<GroupRef> {
    let id = entry.guid()?;
    let name = entry.owned("cn").unwrap_or_else(|| id.clone());
    let privileged = entry.sid().is_some_and(|s| s.administers()) || protected(entry);
    Some(GroupRef { id, name, privileged })
}

/// The directory guards it as it guards its administrators (`adminCount`).
pub(super) fn protected(entry: &Entry) -> bool {
    entry.number("adminCount") == Some(1)
}

/// Stands among an account's groups for that guard.
pub(super) fn protection() -> GroupRef {
    let name = "protected by AdminSDHolder".to_owned();
    GroupRef { id: "adminCount".into(), name, privileged: true }
}

/// `None` when it cannot be read whether sign-in is allowed.
pub(super) fn state(entry: &Entry) -> Option<AccountState> {
    let enabled = entry.flags("userAccountControl")? & DISABLED == 0;
    // `lockoutTime` stays after a lockout ran out; the computed flags know better.
    let lock =
        match (entry.flags("msDS-User-Account-Control-Computed"), entry.number("lockoutTime")) {
            (Some(flags), _) if flags & LOCKED_OUT != 0 => Lock::Locked,
            (Some(_), _) => Lock::Unlocked,
            (None, Some(0)) => Lock::Unlocked,
            (None, Some(_)) => Lock::Locked,
            (None, None) => Lock::NotShown,
        };
    let set = entry.number("pwdLastSet");
    Some(AccountState {
        enabled,
        lock,
        must_change: set.map(|ticks| ticks == 0),
        password_set_at: set.and_then(file_time),
    })
}

/// Addresses beside the primary one: private mailboxes, then `smtp:` aliases, which lead to the
/// primary mailbox.
pub(in crate::idp::active_directory) fn further_addresses(entry: &Entry) -> Vec<String> {
    let primary = entry.text("mail").map(str::to_lowercase);
    let aliases: Vec<String> = entry
        .texts("proxyAddresses")
        .iter()
        .filter_map(|p| {
            let (kind, address) = p.split_once(':')?;
            kind.eq_ignore_ascii_case("smtp").then(|| address.trim().to_lowercase())
        })
        .collect();
    let private = entry.texts("otherMailbox").iter().map(|m| m.trim().to_lowercase());
    let private: Vec<String> = private.filter(|m| !aliases.contains(m)).collect();
    let mut out: Vec<String> = Vec::new();
    for address in private.into_iter().chain(aliases) {
        if !address.is_empty() && Some(&address) != primary.as_ref() && !out.contains(&address) {
            out.push(address);
        }
    }
    out
}

pub(super) fn service_marks(entry: &Entry) -> Vec<String> {
    let mut marks = Vec::new();
    if let Some(spn) = entry.text("servicePrincipalName") {
        marks.push(format!("service principal name {spn}"));
    }
    for class in ["msDS-GroupManagedServiceAccount", "msDS-ManagedServiceAccount"] {
        if entry.has_class(class) {
            marks.push(format!("object class {class}"));
        }
    }
    if let Some(unit) = service_unit(entry.dn()) {
        marks.push(format!("kept in {unit}"));
    }
    marks
}

/// A folder on the way up whose name says that it is for services.
fn service_unit(dn: &str) -> Option<String> {
    let mut parts = dn.split(',').map(str::trim);
    parts.next();
    parts
        .find(|p| {
            let p = p.to_ascii_lowercase();
            (p.starts_with("ou=") || p.starts_with("cn=")) && p.contains("service")
        })
        .map(str::to_owned)
}

pub(super) fn to_device(entry: &Entry) -> Option<Device> {
    let os = [entry.text("operatingSystem"), entry.text("operatingSystemVersion")];
    Some(Device {
        id: entry.guid()?,
        name: entry.owned("cn")?,
        os: os.into_iter().flatten().collect::<Vec<_>>().join(" "),
        model: None,
        last_seen: entry.number("lastLogonTimestamp").and_then(file_time),
    })
}

pub(super) fn address_filter(address: &str) -> String {
    let v = escape(address);
    let login = if address.contains('@') { String::new() } else { format!("(sAMAccountName={v})") };
    format!(
        "(|(userPrincipalName={v})(mail={v})(proxyAddresses=smtp:{v})(otherMailbox={v}){login})"
    )
}

pub(super) fn has_address(entry: &Entry, address: &str) -> bool {
    let login = !address.contains('@') && same(entry.text("sAMAccountName"), address);
    login
        || same(entry.text("userPrincipalName"), address)
        || same(entry.text("mail"), address)
        || further_addresses(entry).contains(&address.to_lowercase())
}

/// Given and family name as the words can be split, in either order.
fn splits(name: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = name.split(' ').collect();
    if words.len() > MAX_NAME_WORDS {
        return Vec::new();
    }
    let mut out = Vec::new();
    for at in 1..words.len() {
        let (a, b) = words.split_at(at);
        let (a, b) = (a.join(" "), b.join(" "));
        out.push((b.clone(), a.trim_end_matches(',').to_owned()));
        out.push((a, b));
    }
    out
}

pub(super) fn name_filter(name: &str) -> String {
    let v = escape(name);
    let pairs: String = splits(name)
        .iter()
        .map(|(given, family)| format!("(&(givenName={})(sn={}))", escape(given), escape(family)))
        .collect();
    format!("(|(displayName={v})(cn={v}){pairs})")
}

pub(super) fn has_name(entry: &Entry, name: &str) -> bool {
    same(entry.text("displayName"), name)
        || same(entry.text("cn"), name)
        || splits(name)
            .iter()
            .any(|(g, f)| same(entry.text("givenName"), g) && same(entry.text("sn"), f))
}

pub(super) fn same(found: Option<&str>, wanted: &str) -> bool {
    found.is_some_and(|f| squeeze(f).to_lowercase() == squeeze(wanted).to_lowercase())
}

pub(super) fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
