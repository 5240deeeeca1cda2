#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::ber::{Scope, Search};
use super::filter::Filter;
use super::tree::Entry;
use super::*;
use crate::world::World;
use domain::UnixMs;

const CLIENT: &str = "lakeside";

fn world() -> WorldHandle {
    WorldHandle::new(World::new(7, crate::now()))
}

/// Logins of the people that a filter finds.
fn found(world: &WorldHandle, filter: Filter) -> Vec<String> {
    world
        .company(CLIENT, |c| {
            let tree = Tree::draw(c, &BTreeMap::new());
            let hits = tree.entries().iter().filter(|e| filter.matches(e, &tree) == Some(true));
            hits.filter_map(|e| e.text("userPrincipalName")).collect()
        })
        .unwrap()
}

fn equal(attribute: &str, value: &str) -> Filter {
    Filter::Equal(attribute.into(), value.as_bytes().to_vec())
}

#[test]
fn accents_do_not_count_in_a_filter_but_are_kept_in_answers() {
    let world = world();
    let login = world.company(CLIENT, |c| c.people[30].login.clone()).unwrap();
    world.prepare(CLIENT, &login, |p| p.display_name = "Jürgen Müller, jr.".into());
    for spelling in ["Jürgen Müller, jr.", "JÜRGEN MÜLLER, JR.", "jurgen muller, jr."] {
        assert_eq!(
            found(&world, equal("displayName", spelling)),
            std::slice::from_ref(&login),
            "{spelling}"
        );
    }
    let pieces = Filter::Substring {
        attribute: "displayName".into(),
        first: Some("JUR".into()),
        any: vec!["müll".into()],
        last: Some("R.".into()),
    };
    assert_eq!(found(&world, pieces), std::slice::from_ref(&login));
    let dn = world
        .company(CLIENT, |c| {
            let tree = Tree::draw(c, &BTreeMap::new());
            let by_name = |e: &&Entry| e.text("userPrincipalName").as_ref() == Some(&login);
            let dn = tree.entries().iter().find(by_name).unwrap().dn.clone();
            assert_eq!(tree.find(&dn.to_uppercase()).unwrap().dn, dn);
            dn
        })
        .unwrap();
    assert!(dn.starts_with("CN=Jürgen Müller\\, jr.,OU=Staff,DC="), "{dn}");
    // A name in a filter is a name in any spelling.
    assert_eq!(found(&world, equal("distinguishedName", &dn.to_uppercase())), [login]);
}

#[test]
fn an_unknown_attribute_finds_nothing_even_when_negated() {
    let world = world();
    let unknown = equal("noSuchAttribute", "x");
    assert!(found(&world, unknown.clone()).is_empty());
    assert!(found(&world, Filter::Not(Box::new(unknown.clone()))).is_empty());
    let computed = equal("msDS-User-Account-Control-Computed", "0");
    assert!(found(&world, Filter::Not(Box::new(computed))).is_empty());
    // What cannot be told does not hide what is true beside it.
    let login = world.company(CLIENT, |c| c.people[3].login.clone()).unwrap();
    let either = Filter::Or(vec![unknown, equal("userPrincipalName", &login)]);
    assert_eq!(found(&world, either), [login]);
    // A known attribute that an entry lacks is simply not so.
    let no_services = Filter::Not(Box::new(Filter::Present("servicePrincipalName".into())));
    assert!(found(&world, no_services).len() > 40);
}

#[test]
fn bits_bounds_and_chains_are_judged() {
    let world = world();
    let blocked = Filter::Rule {
        rule: "1.2.840.113556.1.4.803".into(),
        attribute: "userAccountControl".into(),
        value: b"2".to_vec(),
    };
    let expected: Vec<String> = world
        .company(CLIENT, |c| {
            c.people.iter().filter(|p| !p.enabled).map(|p| p.login.clone()).collect()
        })
        .unwrap();
    assert!(!expected.is_empty());
    assert_eq!(found(&world, blocked), expected);

    let login = expected[0].clone();
    assert!(found(&world, Filter::AtLeast("lockoutTime".into(), b"1".to_vec())).is_empty());
    world.prepare(CLIENT, &login, |p| p.locked_at = Some(UnixMs(1_000)));
    let locked = found(&world, Filter::AtLeast("lockoutTime".into(), b"1".to_vec()));
    assert_eq!(locked, std::slice::from_ref(&login));
    assert!(!found(&world, Filter::AtMost("lockoutTime".into(), b"0".to_vec())).contains(&login));

    let (admins, nested) = world
        .company(CLIENT, |c| {
            let tree = Tree::draw(c, &BTreeMap::new());
            let group = c.group_named("Domain Admins").unwrap().id.clone();
            let object = tree::Object::Group(group);
            let dn = tree.entries().iter().find(|e| e.object == object).unwrap().dn.clone();
            let inner = c.group_named("Server Operations").unwrap().members[0].clone();
            (dn, c.person(&inner).unwrap().login.clone())
        })
        .unwrap();
    let chain = Filter::Rule {
        rule: "1.2.840.113556.1.4.1941".into(),
        attribute: "memberOf".into(),
        value: admins.clone().into_bytes(),
    };
    assert!(found(&world, chain).contains(&nested));
    assert!(!found(&world, equal("memberOf", &admins)).contains(&nested), "not directly");
}

#[test]
fn two_entries_never_share_a_name_an_id_or_a_sid() {
    world()
        .company(CLIENT, |c| {
            let tree = Tree::draw(c, &BTreeMap::new());
            let entries = tree.entries();
            for attribute in ["distinguishedName", "objectGUID", "objectSid"] {
                let mut values: Vec<_> =
                    entries.iter().flat_map(|e| e.values(attribute).to_vec()).collect();
                let all = values.len();
                values.sort();
                values.dedup();
                assert_eq!(values.len(), all, "{attribute}");
            }
            for entry in entries {
                assert_eq!(tree.get(&entry.key).map(|e| &e.dn), Some(&entry.dn));
                for (name, values) in entry.attributes() {
                    assert!(schema::syntax(name).is_some(), "{name} is in the schema");
                    if matches!(schema::syntax(name), Some(schema::Syntax::Name)) {
                        for value in values {
                            let dn = std::str::from_utf8(value).unwrap();
                            assert!(
                                tree.find(dn).is_some(),
                                "{name} of {} leads to {dn}",
                                entry.dn
                            );
                        }
                    }
                }
            }
        })
        .unwrap();
}

#[test]
fn nothing_that_is_printed_shows_a_password() {
    let bind = Request::Bind { version: 3, name: "x".into(), password: Some("hunter2".into()) };
    assert_eq!(format!("{bind:?}"), "BIND");
    let filter = Filter::Present("objectClass".into());
    let search = Search {
        base: String::new(),
        scope: Scope::Base,
        size_limit: 0,
        types_only: false,
        filter,
        attributes: vec![],
    };
    assert_eq!(Request::Search(search).answer_tag(), 5);
}
