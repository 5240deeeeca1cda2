//! What a directory's records say to the gate: who asks, what they are to the target, how much harm the target could do.
//!
//! Pure: the records come in as arguments, so that a judgement on past tickets rests on the same reading as a live one.
//! INVARIANT: a record that is not there gives the strictest answer that it could have given.

use domain::{
    Account, AccountRef, DataMark, Group, GroupFacts, GroupRef, Relation, Requester, Sensitivity,
    TargetFacts, Verification,
};
use std::collections::BTreeSet;

/// What a client's configuration lists by name. Everything is lower case; `*` stands for any text in logins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Groups that a person should look at twice.
    pub sensitive_groups: BTreeSet<String>,
    /// Groups that give administrative rights.
    pub privileged_groups: BTreeSet<String>,
    /// Logins of emergency accounts.
    pub break_glass: BTreeSet<String>,
    /// Logins of service accounts.
    pub service_accounts: BTreeSet<String>,
    /// Addresses of people who may ask for others.
    pub authorised_contacts: BTreeSet<String>,
}

/// Words in a group's name or description that make it sensitive unless the policy says more.
const SENSITIVE_WORDS: &[&str] = &[
    "finance",
    "payroll",
    "salary",
    "accounting",
    "treasury",
    "hr",
    "human resources",
    "personnel",
    "legal",
    "executive",
    "executives",
    "board",
    "management",
    "directors",
    "vpn",
    "remote access",
    "admin",
    "admins",
    "administrators",
    "security",
    "patient",
    "patients",
    "phi",
    "medical",
    "confidential",
    "restricted",
    "secret",
    "audit",
    "banking",
    "payments",
];

/// Words in a group's name or description that stand for protected data.
const MARKS: &[(DataMark, &[&str])] = &[
    (DataMark::Phi, &["patient", "patients", "phi", "medical", "clinical", "ehr"]),
    (DataMark::Pii, &["hr", "human resources", "personnel", "pii", "payroll"]),
    (DataMark::Payment, &["cardholder", "payment cards", "pci"]),
];

/// Who asks, from the accounts that have this address on file. Verified by it is only the one who owns the single account
/// there, and only while that account is active; of several accounts nobody can be told.
pub fn requester(address: &str, found: &[Account]) -> Requester {
    let unknown = Requester {
        account_id: None,
        address: address.to_owned(),
        identities: found.iter().flat_map(identities).collect(),
        verification: Verification::Unverified,
        verified_at: None,
    };
    match found {
        [one] if one.state.enabled => Requester {
            account_id: Some(one.account.id.clone()),
            verification: Verification::AddressOnFile,
            ..unknown
        },
        [one] => Requester { account_id: Some(one.account.id.clone()), ..unknown },
        _ => unknown,
    }
}

/// Every login and address that somebody with this account may approve under, lower case.
pub fn identities(account: &Account) -> Vec<String> {
    let addresses = account.mail.iter().chain(&account.other_mails);
    std::iter::once(&account.account.login).chain(addresses).map(|i| i.to_lowercase()).collect()
}

/// What the requester is to the target, and to the group where one is named.
pub fn relation(
    lists: &Lists,
    requester: Option<&Requester>,
    target: &Account,
    group: Option<&Group>,
) -> Relation {
    let Some((requester, id)) = requester.and_then(|r| Some((r, r.account_id.as_deref()?))) else {
        return Relation::Unrelated;
    };
    if group.is_some_and(|g| g.owner_ids.iter().any(|o| o == id)) {
        return Relation::GroupOwner;
    }
    if target.account.id == id {
        return Relation::Oneself;
    }
    if target.manager_id.as_deref() == Some(id) {
        return Relation::Manager;
    }
    let named = lists.authorised_contacts.contains(&requester.address.to_lowercase());
    // A name on a list helps only somebody who is who they say.
    match named && requester.verification >= Verification::AddressOnFile {
        true => Relation::AuthorisedContact,
        false => Relation::Unrelated,
    }
}

/// The account that an action names, as the directory has it.
pub fn target(lists: &Lists, account: Option<&Account>, named: &AccountRef) -> TargetFacts {
    let Some(account) = account else {
        return TargetFacts {
            exists: false,
            identities: Vec::new(),
            privileged: Vec::new(),
            service: Vec::new(),
            break_glass: false,
            as_named: true,
        };
    };
    let login = account.account.login.to_lowercase();
    let local = login.split('@').next().unwrap_or_default();
    let matches = |patterns: &BTreeSet<String>| {
        patterns.iter().find(|p| glob(p, &login) || glob(p, local)).cloned()
    };
    let privileged = account
        .groups
        .iter()
        .filter(|g| g.privileged || lists.privileged_groups.contains(&g.name.to_lowercase()))
        .map(|g| g.name.clone())
        .collect();
    let mut service = account.service_marks.clone();
    service.extend(matches(&lists.service_accounts).map(|p| format!("its login matches {p:?}")));
    TargetFacts {
        exists: true,
        identities: identities(account),
        privileged,
        service,
        break_glass: matches(&lists.break_glass).is_some(),
        // Byte for byte: another spelling would be another digest for the same account.
        as_named: account.account == *named,
    }
}

/// How sensitive a group is by its own marks, and by those of every group that it is nested into,
/// because whoever joins it joins them too. `named` is the group as the action names it.
pub fn group(lists: &Lists, group: Option<&Group>, named: &GroupRef) -> GroupFacts {
    let (privileged, sensitive) = (&lists.privileged_groups, &lists.sensitive_groups);
    let Some(group) = group else {
        let because = "no such group".to_owned();
        return GroupFacts {
            exists: false,
            sensitivity: Sensitivity::Privileged,
            because,
            marks: Vec::new(),
            as_named: true,
        };
    };
    let name = group.group.name.to_lowercase();
    let listed = |names: &BTreeSet<String>, g: &GroupRef| names.contains(&g.name.to_lowercase());
    let nested = |is: &dyn Fn(&GroupRef) -> bool| {
        group.parents.iter().find(|p| is(p)).map(|p| p.name.clone())
    };
    let (sensitivity, because) = if group.group.privileged {
        (Sensitivity::Privileged, "the directory marks the group as administrative".to_owned())
    } else if privileged.contains(&name) {
        (Sensitivity::Privileged, "listed in `privileged_groups`".to_owned())
    } else if let Some(parent) = group.privileged_parents.first() {
        (Sensitivity::Privileged, format!("the group is nested into {parent}"))
    } else if let Some(parent) = nested(&|p| listed(privileged, p)) {
        let because = format!("the group is nested into {parent}, listed in `privileged_groups`");
        (Sensitivity::Privileged, because)
    } else if sensitive.contains(&name) {
        (Sensitivity::Sensitive, "listed in `sensitive_groups`".to_owned())
    } else if let Some(word) = sensitive_word(&name, group.description.as_deref()) {
        (Sensitivity::Sensitive, format!("its name or description says {word:?}"))
    } else if let Some(parent) = nested(&|p| listed(sensitive, p)) {
        let because = format!("the group is nested into {parent}, listed in `sensitive_groups`");
        (Sensitivity::Sensitive, because)
    } else if let Some(parent) = nested(&|p| sensitive_word(&p.name.to_lowercase(), None).is_some())
    {
        (Sensitivity::Sensitive, format!("the group is nested into {parent}, whose name says so"))
    } else {
        (Sensitivity::Normal, "nothing marks it as sensitive".to_owned())
    };
    let marks = marks(&name, group.description.as_deref());
    let as_named = group.group.name == named.name && group.group.id == named.id;
    GroupFacts { exists: true, sensitivity, because, marks, as_named }
}

fn sensitive_word(name: &str, description: Option<&str>) -> Option<&'static str> {
    let text = format!(" {name} {} ", description.unwrap_or_default().to_lowercase());
    let words: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    SENSITIVE_WORDS.iter().copied().find(|w| words.contains(&format!(" {w} ")))
}

/// `*` stands for any text; everything else for itself. Both sides are lower case.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Which protected data a name or description speaks of.
fn marks(name: &str, description: Option<&str>) -> Vec<DataMark> {
    let text = format!(" {name} {} ", description.unwrap_or_default()).to_lowercase();
    let words: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let says = |list: &[&str]| list.iter().any(|w| words.contains(&format!(" {w} ")));
    MARKS.iter().filter(|(_, list)| says(list)).map(|(mark, _)| *mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{AccountState, Lock};

    #[test]
    fn patterns_match_as_written() {
        assert!(glob("svc-*", "svc-backup"));
        assert!(!glob("svc-*", "my-svc-backup"));
        assert!(glob("*break*glass*", "emergency-break-the-glass-1"));
        assert!(glob("exact", "exact"));
        assert!(!glob("exact", "exactly"));
    }

    #[test]
    fn sensitive_words_are_whole_words() {
        assert_eq!(sensitive_word("hr-europe", None), Some("hr"));
        assert_eq!(sensitive_word("three bears", None), None);
        assert_eq!(sensitive_word("team 7", Some("Access to PAYROLL data")), Some("payroll"));
    }

    fn reference(name: &str, privileged: bool) -> GroupRef {
        GroupRef { id: name.into(), name: name.into(), privileged }
    }

    fn sensitivity_within(parents: &[GroupRef]) -> (Sensitivity, String) {
        let names = |n: &str| BTreeSet::from([n.to_owned()]);
        let group = Group {
            group: reference("Team 7", false),
            description: None,
            owner_ids: vec![],
            parents: parents.to_vec(),
            privileged_parents: vec![],
        };
        let lists = Lists {
            privileged_groups: names("tier 0"),
            sensitive_groups: names("crown jewels"),
            ..Lists::default()
        };
        let facts = super::group(&lists, Some(&group), &group.group);
        (facts.sensitivity, facts.because)
    }

    #[test]
    fn a_group_is_as_sensitive_as_what_it_is_nested_into() {
        let plain = reference("Everybody", false);
        assert_eq!(sensitivity_within(&[]).0, Sensitivity::Normal);
        assert_eq!(sensitivity_within(std::slice::from_ref(&plain)).0, Sensitivity::Normal);
        for (name, expected) in [
            ("Tier 0", Sensitivity::Privileged),
            ("Crown Jewels", Sensitivity::Sensitive),
            ("Payroll", Sensitivity::Sensitive),
        ] {
            let (found, because) = sensitivity_within(&[plain.clone(), reference(name, false)]);
            assert_eq!(found, expected, "{name}");
            assert!(because.contains(name), "{because}");
        }
        let both = [reference("Payroll", false), reference("Tier 0", false)];
        assert_eq!(sensitivity_within(&both).0, Sensitivity::Privileged);
    }

    #[test]
    fn only_the_one_active_account_at_an_address_verifies_who_asks() {
        let active = jane();
        let mut blocked = jane();
        blocked.state.enabled = false;
        let of = |found: &[Account]| {
            let who = requester("jane.roe@acme.test", found);
            (who.account_id.is_some(), who.verification)
        };
        assert_eq!(of(std::slice::from_ref(&active)), (true, Verification::AddressOnFile));
        assert_eq!(of(std::slice::from_ref(&blocked)), (true, Verification::Unverified));
        assert_eq!(of(&[active.clone(), active]), (false, Verification::Unverified));
        assert_eq!(of(&[]), (false, Verification::Unverified));
    }

    fn jane() -> Account {
        Account {
            account: AccountRef {
                id: "1".into(),
                login: "JRoe@Corp.Acme.test".into(),
                name: "Jane Roe".into(),
            },
            mail: Some("jane.roe@acme.test".into()),
            other_mails: vec!["jane@home.example".into(), "j.roe@acme.test".into()],
            given_name: None,
            surname: None,
            title: None,
            department: None,
            manager_id: None,
            state: AccountState {
                enabled: true,
                lock: Lock::Unlocked,
                must_change: None,
                password_set_at: None,
            },
            groups: vec![],
            service_marks: vec![],
        }
    }

    #[test]
    fn an_account_is_known_by_its_login_and_every_address() {
        let known = identities(&jane());
        let expected =
            ["jroe@corp.acme.test", "jane.roe@acme.test", "jane@home.example", "j.roe@acme.test"];
        assert_eq!(known, expected);
    }
}
