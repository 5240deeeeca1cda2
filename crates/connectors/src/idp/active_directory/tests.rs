#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::entry::{Entry, Sid, escape, file_time, guid_filter, quoted_password};
use super::read::shape::{further_addresses, group_ref};
use super::*;

fn config(url: &str) -> ActiveDirectoryConfig {
    ActiveDirectoryConfig {
        url: url.into(),
        base_dn: "DC=acme,DC=test".into(),
        bind_dn: "svc@acme.test".into(),
        password: SecretSource::Env("JOURNEYMAN_TEST_UNSET_SECRET".into()),
        ca_file: None,
        timeout_ms: 2_000,
        people_base: None,
    }
}

#[test]
fn a_filter_value_cannot_leave_its_place() {
    assert_eq!(escape("*)(uid=*"), "\\2a\\29\\28uid=\\2a");
    assert_eq!(escape("a\\b\0"), "a\\5cb\\00");
    assert_eq!(escape("Müller"), "M\\c3\\bcller");
}

#[test]
fn ids_are_taken_in_the_directorys_byte_order_and_nothing_else_is_an_id() {
    let filter = guid_filter("4d65e7aa-c6b7-4b18-af70-802ac69110ba").unwrap();
    assert!(filter.starts_with("(objectGUID=\\aa\\e7\\65\\4d\\b7\\c6\\18\\4b\\af\\70"), "{filter}");
    assert!(guid_filter("*").is_none());
    assert!(guid_filter("CN=Jane").is_none());
}

#[test]
fn administrative_groups_are_told_by_their_sid() {
    let domain = |rid: u32| {
        let mut bytes = vec![1, 5, 0, 0, 0, 0, 0, 5];
        for part in [21, 11, 22, 33, rid] {
            bytes.extend(u32::to_le_bytes(part));
        }
        Sid::parse(&bytes).unwrap()
    };
    let builtin = |rid: u32| {
        let mut bytes = vec![1, 2, 0, 0, 0, 0, 0, 5];
        bytes.extend(u32::to_le_bytes(32));
        bytes.extend(u32::to_le_bytes(rid));
        Sid::parse(&bytes).unwrap()
    };
    assert!([512, 518, 519, 520, 526, 527].into_iter().all(|rid| domain(rid).administers()));
    assert!([544, 548, 549, 550, 551].into_iter().all(|rid| builtin(rid).administers()));
    assert!(
        !domain(513).administers() && !domain(1105).administers() && !builtin(545).administers()
    );
    // A group that merely ends in the same number is none.
    assert!(!domain(544).administers() && !builtin(512).administers());
    assert_eq!(domain(1105).sibling(513).unwrap(), domain(513));
    assert!(Sid::parse(&[1, 5, 0]).is_none());
}

fn entry(attrs: &[(&str, &[&str])]) -> Entry {
    let attrs = attrs
        .iter()
        .map(|(name, values)| ((*name).into(), values.iter().map(|v| (*v).into()).collect()));
    Entry::new(ldap3::SearchEntry {
        dn: "CN=x,DC=acme,DC=test".into(),
        attrs: attrs.collect(),
        bin_attrs: [("objectGUID".to_owned(), vec![vec![7; 16]])].into(),
    })
}

#[test]
fn private_addresses_come_before_aliases_in_the_order_on_file() {
    let jane = entry(&[
        ("mail", &["jroe@acme.test"]),
        (
            "proxyAddresses",
            &["SMTP:JRoe@acme.test", "smtp:a.roe@acme.test", "x500:/o=Acme", "smtp:b@acme.test"],
        ),
        ("otherMailbox", &["Z@home.example", "b@acme.test", "a@home.example", "jroe@acme.test"]),
    ]);
    let expected = ["z@home.example", "a@home.example", "a.roe@acme.test", "b@acme.test"];
    assert_eq!(further_addresses(&jane), expected);
}

#[test]
fn what_the_directory_guards_as_its_administrators_is_privileged() {
    let group = |count: &[&str]| {
        group_ref(&entry(&[("cn", &["Helpers"]), ("adminCount", count)])).unwrap().privileged
    };
    assert!(group(&["1"]));
    assert!(!group(&["0"]) && !group(&[]));
}

#[test]
fn passwords_and_times_are_encoded_as_windows_does() {
    assert_eq!(quoted_password("aü"), [0x22, 0, 0x61, 0, 0xfc, 0, 0x22, 0]);
    assert_eq!(file_time(116_444_736_000_000_000), Some(UnixMs(0)));
    assert_eq!(file_time(0), None);
}

#[test]
fn a_bad_configuration_is_refused_with_the_setting_named() {
    let unencrypted = ActiveDirectory::new("acme-ad", config("ldap://dc1.acme.test")).unwrap_err();
    assert!(unencrypted.to_string().contains("unencrypted"), "{unencrypted}");
    let mut no_base = config("ldaps://dc1.acme.test");
    no_base.base_dn = " ".into();
    let error = ActiveDirectory::new("acme-ad", no_base).unwrap_err();
    assert!(error.to_string().contains("`base_dn`"), "{error}");
    let mut no_ca = config("ldaps://dc1.acme.test");
    no_ca.ca_file = Some("/nowhere/ca.pem".into());
    let error = ActiveDirectory::new("acme-ad", no_ca).unwrap_err();
    assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
}

#[tokio::test]
async fn a_missing_secret_names_its_place() {
    let ad = ActiveDirectory::new("acme-ad", config("ldap://127.0.0.1:1")).unwrap();
    let error = ad.probe().await.unwrap_err();
    assert!(error.to_string().contains("JOURNEYMAN_TEST_UNSET_SECRET"), "{error}");
}
