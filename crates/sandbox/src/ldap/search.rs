//! Searches, page by page.

use super::answer::{self, Answer};
use super::ber::{self, Control, Scope, Search};
use super::bind::Who;
use super::modify::bad_name;
use super::schema::{Syntax, generalized_time, syntax};
use super::tree::{Entry, Tree};
use super::{Server, dn};
use crate::now;
use crate::world::Company;
use bytes::Bytes;
use std::collections::BTreeMap;

/// Most entries of one answer; a domain controller's `MaxPageSize`.
const MAX_PAGE: usize = 1000;

/// Answers that a client has not fetched yet, by cookie. One set for each connection.
#[derive(Debug, Default)]
pub(super) struct Pages {
    last: u32,
    open: BTreeMap<Vec<u8>, Vec<Found>>,
}

/// An entry as it goes out: name and attributes.
type Found = (String, Vec<(String, Vec<Vec<u8>>)>);

impl Server {
    /// Every message of the answer, the one that ends it last.
    pub(super) fn search(
        &self,
        id: i64,
        who: &Who,
        search: &Search,
        controls: &[Control],
        pages: &mut Pages,
    ) -> Vec<Bytes> {
        let paging = controls.iter().find(|c| c.oid == ber::PAGED_RESULTS);
        let page = match paging.map(|c| ber::paging(&c.value)).transpose() {
            Ok(page) => page,
            Err(_) => return vec![Answer::new(2, "").encode(id, 5, None, None)],
        };
        let begun = page.as_ref().filter(|(_, cookie)| !cookie.is_empty());
        let found = match begun {
            Some((_, cookie)) => pages.open.remove(cookie).ok_or_else(|| {
                Answer::new(53, "00000057: LdapErr: DSID-0C0909E8, comment: Error processing control, data 0, v4f7c\0")
            }),
            None => self.find(who, search),
        };
        let mut found = match found {
            Ok(found) => found,
            Err(answer) => return vec![answer.encode(id, 5, page.map(|_| &[][..]), None)],
        };
        let mut out = Vec::new();
        let no_referrals = controls.iter().any(|c| c.oid == ber::NO_REFERRALS);
        if begun.is_none() && !no_referrals {
            out.extend(self.references(search).iter().map(|url| answer::reference(id, url)));
        }
        let most = [Some(MAX_PAGE), page.as_ref().map(|(size, _)| *size)];
        let most = most.into_iter().flatten().filter(|n| *n > 0).min().unwrap_or(MAX_PAGE);
        let limit = if search.size_limit == 0 { usize::MAX } else { search.size_limit };
        let rest = found.split_off(found.len().min(most).min(limit));
        out.extend(found.into_iter().map(|(dn, attributes)| answer::entry(id, &dn, attributes)));
        let answer = match (&page, rest.is_empty()) {
            (_, true) => Answer::ok().encode(id, 5, page.map(|_| &[][..]), None),
            (Some(_), false) if limit > most => {
                let cookie = pages.keep(rest);
                Answer::ok().encode(id, 5, Some(&cookie), None)
            }
            _ => Answer::new(4, "").encode(id, 5, page.map(|_| &[][..]), None),
        };
        out.push(answer);
        out
    }

    fn find(&self, who: &Who, search: &Search) -> Result<Vec<Found>, Answer> {
        let found = self.world.company(&self.client, |company| {
            if search.base.is_empty() && search.scope == Scope::Base {
                return Ok(vec![(String::new(), root(company, search))]);
            }
            if *who == Who::Nobody {
                return Err(super::not_signed_in());
            }
            let tree = self.tree(company);
            let base = base_of(&tree, search)?;
            let within = |entry: &&Entry| match search.scope {
                Scope::Base => entry.key == base.key,
                Scope::OneLevel => dn::parent(&entry.key) == base.key,
                Scope::Subtree => dn::is_within(&entry.key, &base.key),
            };
            let matching = tree
                .entries()
                .iter()
                .filter(within)
                .filter(|e| search.filter.matches(e, &tree) == Some(true));
            Ok(matching.map(|e| (e.dn.clone(), chosen(e.attributes(), search))).collect())
        });
        found.unwrap_or_else(|| Ok(Vec::new()))
    }

    /// A search of the whole domain is pointed to the partitions that it does not cover.
    fn references(&self, search: &Search) -> Vec<String> {
        let Some(base) = self.world.company(&self.client, super::tree::base_dn) else {
            return Vec::new();
        };
        let whole = search.scope == Scope::Subtree
            && dn::normal(&search.base).is_some_and(|b| b == base.to_lowercase());
        if !whole {
            return Vec::new();
        }
        let host = base.replace("DC=", "").replace(',', ".");
        ["ForestDnsZones", "DomainDnsZones"]
            .map(|zone| format!("ldap://{zone}.{host}/DC={zone},{base}"))
            .to_vec()
    }
}

impl Pages {
    fn keep(&mut self, rest: Vec<Found>) -> Vec<u8> {
        self.last = self.last.wrapping_add(1);
        let cookie = self.last.to_be_bytes().to_vec();
        self.open.insert(cookie.clone(), rest);
        cookie
    }
}

fn base_of<'a>(tree: &'a Tree, search: &Search) -> Result<&'a Entry, Answer> {
    if let Some(entry) = tree.find(&search.base) {
        return Ok(entry);
    }
    if search.base.starts_with('<') {
        return Err(super::no_such_object(tree));
    }
    let name = dn::normal(&search.base).ok_or_else(bad_name)?;
    if dn::is_within(&name, &tree.base_key()) {
        return Err(super::no_such_object(tree));
    }
    let mut elsewhere = Answer::new(
        10,
        "0000202B: RefErr: DSID-0310082F, data 0, 1 access points\n\tref 1: elsewhere\n\0",
    );
    elsewhere.referral = Some(format!("ldap://elsewhere.invalid/{name}"));
    Err(elsewhere)
}

/// The attributes that were asked for. Computed ones come only when they are named.
fn chosen<'a>(
    attributes: impl Iterator<Item = (&'static str, &'a [Vec<u8>])>,
    search: &Search,
) -> Vec<(String, Vec<Vec<u8>>)> {
    let all = search.attributes.is_empty() || search.attributes.iter().any(|a| a == "*");
    let named = |name: &str| search.attributes.iter().any(|a| a.eq_ignore_ascii_case(name));
    attributes
        .filter(|(name, _)| named(name) || (all && syntax(name) != Some(Syntax::Constructed)))
        .map(|(name, values)| {
            (name.to_owned(), if search.types_only { Vec::new() } else { values.to_vec() })
        })
        .collect()
}

/// What the server says about itself.
fn root(company: &Company, search: &Search) -> Vec<(String, Vec<Vec<u8>>)> {
    let base = super::tree::base_dn(company);
    let one = |text: &str| vec![text.as_bytes().to_vec()];
    let many = |texts: &[&str]| texts.iter().map(|t| t.as_bytes().to_vec()).collect();
    let attributes: Vec<(&'static str, Vec<Vec<u8>>)> = vec![
        ("currentTime", one(&generalized_time(now()))),
        ("defaultNamingContext", one(&base)),
        ("dnsHostName", one(&format!("dc1.{}", company.domain))),
        ("domainFunctionality", one("7")),
        (
            "ldapServiceName",
            one(&format!("{0}:dc1$@{1}", company.domain, company.domain.to_uppercase())),
        ),
        ("namingContexts", one(&base)),
        ("rootDomainNamingContext", one(&base)),
        ("supportedCapabilities", many(&["1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670"])),
        ("supportedControl", many(&[ber::PAGED_RESULTS, ber::NO_REFERRALS])),
        ("supportedLDAPVersion", one("3")),
    ];
    chosen(attributes.iter().map(|(name, values)| (*name, values.as_slice())), search)
}
