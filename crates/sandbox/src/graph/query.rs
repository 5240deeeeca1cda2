//! Query options and paging of collections.

use super::error::GraphError;
use super::filter::{self, Filter};
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 999;

/// What kind of objects a collection holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    User,
    Group,
    /// Groups and roles, or users and groups, as in a relationship.
    DirectoryObject,
    Device,
}

impl Resource {
    fn name(self) -> &'static str {
        match self {
            Resource::User => "User",
            Resource::Group => "Group",
            Resource::DirectoryObject => "DirectoryObject",
            Resource::Device => "Device",
        }
    }

    /// Properties that can be filtered on.
    fn filterable(self) -> &'static [&'static str] {
        const USER: &[&str] = &[
            "id",
            "userPrincipalName",
            "mail",
            "displayName",
            "givenName",
            "surname",
            "otherMails",
            "jobTitle",
            "department",
            "accountEnabled",
            "mailNickname",
            "userType",
            "createdDateTime",
        ];
        const GROUP: &[&str] = &[
            "id",
            "displayName",
            "mail",
            "mailNickname",
            "mailEnabled",
            "securityEnabled",
            "groupTypes",
            "isAssignableToRole",
        ];
        match self {
            Resource::User => USER,
            Resource::Group => GROUP,
            Resource::DirectoryObject => &["id", "displayName"],
            Resource::Device => &["id", "displayName", "deviceId", "operatingSystem"],
        }
    }

    /// Properties that an answer holds when nothing is selected; `None` is all.
    fn defaults(self) -> Option<&'static [&'static str]> {
        match self {
            Resource::User => Some(super::users::DEFAULTS),
            _ => None,
        }
    }
}

/// Parsed query options.
#[derive(Debug)]
pub(super) struct Query {
    raw: BTreeMap<String, String>,
    filter: Option<Filter>,
    select: Option<Vec<String>>,
    order: Option<(String, bool)>,
    pub(super) expand: Vec<String>,
    top: usize,
    skip: usize,
    count: bool,
    /// Both advanced query parameters are there.
    advanced: bool,
}

impl Query {
    /// Parses and checks the options. `relation`: the collection is a relationship of an object.
    pub(super) fn parse(
        raw: BTreeMap<String, String>,
        headers: &HeaderMap,
        resource: Resource,
        relation: bool,
    ) -> Result<Query, GraphError> {
        let eventual = headers
            .get("ConsistencyLevel")
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.eq_ignore_ascii_case("eventual"));
        let mut query = Query {
            raw: raw.clone(),
            filter: None,
            select: None,
            order: None,
            expand: Vec::new(),
            top: DEFAULT_PAGE,
            skip: 0,
            count: false,
            advanced: false,
        };
        for (name, value) in &raw {
            query.option(name, value)?;
        }
        query.advanced = eventual && query.count;
        query.count = query.advanced;
        query.check(resource, relation)?;
        Ok(query)
    }

    fn option(&mut self, name: &str, value: &str) -> Result<(), GraphError> {
        let list = || value.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty());
        match name.trim_start_matches('$').to_ascii_lowercase().as_str() {
            "filter" => self.filter = Some(filter::parse(value)?),
            "select" => self.select = Some(list().collect()),
            "expand" => {
                let bare = |s: &str| s.split('(').next().unwrap_or_default().trim().to_owned();
                self.expand = vec![bare(value)];
            }
            "orderby" => {
                let mut words = value.split_whitespace();
                let by = words.next().unwrap_or_default().to_owned();
                self.order =
                    Some((by, words.next().is_some_and(|w| w.eq_ignore_ascii_case("desc"))));
            }
            "count" => self.count = value.eq_ignore_ascii_case("true"),
            "top" => {
                self.top = value.parse().ok().filter(|n| (1..=LARGEST_PAGE).contains(n)).ok_or_else(
                    || GraphError::bad(format!("Invalid page size specified: '{value}'. Must be between 1 and {LARGEST_PAGE} inclusive.")),
                )?;
            }
            "skiptoken" => {
                let place =
                    URL_SAFE_NO_PAD.decode(value).ok().and_then(|b| String::from_utf8(b).ok());
                let place = place.and_then(|p| p.strip_prefix("at:").and_then(|n| n.parse().ok()));
                self.skip = place
                    .ok_or_else(|| GraphError::bad("The specified page token value is invalid."))?;
            }
            "search" => {
                return Err(GraphError::unsupported("$search is not supported by this service."));
            }
            "skip" => return Err(GraphError::bad("'$skip' is not supported by the service.")),
            other => {
                return Err(GraphError::bad(format!(
                    "The query specified in the URI is not valid: unknown option '${other}'."
                )));
            }
        }
        Ok(())
    }

    fn check(&self, resource: Resource, relation: bool) -> Result<(), GraphError> {
        let Some(filter) = &self.filter else { return Ok(()) };
        let known = resource.filterable();
        for property in filter.properties() {
            if !known.iter().any(|k| k.eq_ignore_ascii_case(property)) {
                return Err(GraphError::unsupported(format!(
                    "Unsupported or invalid query filter clause specified for property '{property}' of resource '{}'.",
                    resource.name()
                )));
            }
        }
        if self.advanced {
            return Ok(());
        }
        let why = filter
            .advanced()
            .or(relation.then_some("Filtering a relationship"))
            .or(self.order.is_some().then_some("Sorting a filtered collection"));
        match why {
            Some(why) => Err(GraphError::unsupported(format!(
                "{why} is not supported because the 'ConsistencyLevel:eventual' header or the '$count=true' query parameter is missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information."
            ))),
            None => Ok(()),
        }
    }

    /// Whether an advanced query was asked for.
    pub(super) fn is_advanced(&self) -> bool {
        self.advanced
    }

    /// The object with only what was selected.
    pub(super) fn project(&self, object: Value, resource: Resource) -> Value {
        let wanted: Vec<String> = match (&self.select, resource.defaults()) {
            (Some(select), _) => select.clone(),
            (None, Some(defaults)) => defaults.iter().map(|s| (*s).to_owned()).collect(),
            (None, None) => return object,
        };
        let Value::Object(all) = object else { return object };
        let keep = |key: &String| {
            key.starts_with('@')
                || wanted.iter().any(|w| w == "*" || w.eq_ignore_ascii_case(key))
                || self.expand.iter().any(|e| e.eq_ignore_ascii_case(key))
                || key == "id" && self.select.is_some() && wanted.iter().any(|w| w == "id")
        };
        Value::Object(all.into_iter().filter(|(k, _)| keep(k)).collect::<Map<_, _>>())
    }

    /// One page of the collection. `url` is its address without query.
    pub(super) fn page(&self, url: &str, mut objects: Vec<Value>, resource: Resource) -> Value {
        if let Some(filter) = &self.filter {
            objects.retain(|o| filter.matches(o));
        }
        if let Some((by, descending)) = &self.order {
            let key =
                |o: &Value| o.get(by).and_then(Value::as_str).unwrap_or_default().to_lowercase();
            objects.sort_by_key(key);
            if *descending {
                objects.reverse();
            }
        }
        let total = objects.len();
        let end = self.skip.saturating_add(self.top);
        let page: Vec<Value> = objects
            .into_iter()
            .skip(self.skip)
            .take(self.top)
            .map(|o| self.project(o, resource))
            .collect();
        let mut answer = Map::new();
        answer.insert("@odata.context".into(), json!(format!("{url}#collection")));
        if self.count {
            answer.insert("@odata.count".into(), json!(total));
        }
        if end < total {
            answer.insert("@odata.nextLink".into(), json!(self.next_link(url, end)));
        }
        answer.insert("value".into(), Value::Array(page));
        Value::Object(answer)
    }

    fn next_link(&self, url: &str, end: usize) -> String {
        let mut link = format!("{url}?");
        for (name, value) in self.raw.iter().filter(|(n, _)| *n != "$skiptoken") {
            link.push_str(&format!("{}={}&", encode(name), encode(value)));
        }
        link.push_str("$skiptoken=");
        link.push_str(&URL_SAFE_NO_PAD.encode(format!("at:{end}")));
        link
    }
}

/// Percent-encodes for a query string; `$` stays readable.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.~$".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}
