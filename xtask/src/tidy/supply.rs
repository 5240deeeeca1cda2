//! What comes in from outside: licences, bans and sources of `deny.toml`, held also where
//! cargo-deny is not installed.

use super::tree::Tree;
use crate::process::{cargo, output};
use serde_json::Value;
use toml::Table;

pub(super) fn check(tree: &Tree) -> Vec<String> {
    let rules = match tree.get("deny.toml").map(Rules::read) {
        Some(Ok(rules)) => rules,
        Some(Err(e)) => return vec![e],
        None => return vec!["deny.toml is missing".into()],
    };
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1", "--all-features", "--filter-platform"]);
    command.arg(format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
    let metadata = output(&mut command)
        .and_then(|text| serde_json::from_str(&text).map_err(|e| format!("cargo metadata: {e}")));
    match metadata {
        Ok(metadata) => packages(&metadata, &rules),
        Err(e) => vec![e],
    }
}

pub(super) struct Rules {
    licences: Vec<String>,
    banned: Vec<Ban>,
}

struct Ban {
    name: String,
    reason: String,
    /// Packages that may use it all the same.
    wrappers: Vec<String>,
}

impl Rules {
    pub(super) fn read(text: &str) -> Result<Rules, String> {
        let table: Table = text.parse().map_err(|e| format!("deny.toml is not TOML: {e}"))?;
        let list = |section: &str, key: &str| {
            table.get(section).and_then(|s| s.get(key)).and_then(|l| l.as_array()).cloned()
        };
        let licences = list("licenses", "allow").ok_or("deny.toml has no list `licenses.allow`")?;
        let licences = licences.iter().filter_map(|l| l.as_str()).map(str::to_owned).collect();
        let text = |ban: &toml::Value, key: &str| {
            ban.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
        };
        let banned = list("bans", "deny").unwrap_or_default();
        let wrappers = |ban: &toml::Value| {
            let list = ban.get("wrappers").and_then(|w| w.as_array()).into_iter().flatten();
            list.filter_map(|w| w.as_str()).map(str::to_owned).collect()
        };
        let banned = banned
            .iter()
            .map(|b| Ban {
                name: text(b, "crate"),
                reason: text(b, "reason"),
                wrappers: wrappers(b),
            })
            .collect();
        Ok(Rules { licences, banned })
    }
}

/// Judges every package that cargo resolved.
pub(super) fn packages(metadata: &Value, rules: &Rules) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(packages) = metadata.get("packages").and_then(Value::as_array) else {
        return vec!["cargo metadata names no packages".into()];
    };
    for package in packages {
        let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, licence, source) = (text("name"), text("license"), text("source"));
        if !licence_allowed(licence, &rules.licences) {
            wrong.push(format!("{name}: licence {licence:?} is not allowed by deny.toml"));
        }
        let ours = source.is_empty();
        let registry = source.starts_with("registry+") && source.ends_with("/crates.io-index");
        if !ours && !registry {
            wrong.push(format!("{name} comes from {source}; packages come from crates.io only"));
        }
        let id = text("id");
        if let Some(ban) = rules.banned.iter().find(|b| b.name == name)
            && (ban.wrappers.is_empty() || !used_only_by(metadata, id, &ban.wrappers))
        {
            wrong.push(format!("{name} is banned by deny.toml: {}", ban.reason));
        }
    }
    wrong
}

/// Whether nobody but these packages links the one of that id. What cargo did not resolve is linked.
fn used_only_by(metadata: &Value, id: &str, wrappers: &[String]) -> bool {
    let nodes = metadata.get("resolve").and_then(|r| r.get("nodes")).and_then(Value::as_array);
    let packages = metadata.get("packages").and_then(Value::as_array);
    let (Some(nodes), Some(packages)) = (nodes, packages) else { return false };
    let name = |id: &Value| {
        let of = packages.iter().find(|p| p.get("id") == Some(id));
        of.and_then(|p| p.get("name")).and_then(Value::as_str).unwrap_or_default()
    };
    let links = |node: &&Value| {
        let on = node.get("dependencies").and_then(Value::as_array);
        on.is_some_and(|on| on.iter().any(|d| d.as_str() == Some(id)))
    };
    nodes
        .iter()
        .filter(links)
        .all(|n| n.get("id").is_some_and(|id| wrappers.iter().any(|w| w == name(id))))
}

/// Whether an SPDX expression can be met with the allowed licences. What cannot be read is not met.
pub(super) fn licence_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(&mut words, allowed);
    met == Some(true) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &[String]) -> Option<bool> {
    let mut met = every(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        met |= every(words, allowed)?;
    }
    Some(met)
}

fn every(words: &mut Words<'_>, allowed: &[String]) -> Option<bool> {
    let mut met = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed)?;
    }
    Some(met)
}

fn one(words: &mut Words<'_>, allowed: &[String]) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let met = any(words, allowed)?;
        return (words.next() == Some(")")).then_some(met);
    }
    if ["OR", "AND", "WITH", ")"].contains(&word) {
        return None;
    }
    let mut licence = word.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next()?);
    }
    Some(allowed.contains(&licence))
}
