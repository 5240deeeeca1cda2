//! ConnectWise's own words. These types never leave this folder.

use crate::http::utc;
use domain::UnixMs;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ticket {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) summary: Option<String>,
    pub(super) status: Option<Reference>,
    pub(super) company: Option<Reference>,
    pub(super) contact: Option<Reference>,
    pub(super) contact_name: Option<String>,
    pub(super) contact_email_address: Option<String>,
    pub(super) initial_description: Option<String>,
    pub(super) date_entered: Option<String>,
    #[serde(default)]
    pub(super) closed_flag: bool,
    pub(super) parent_ticket_id: Option<u64>,
    pub(super) merged_parent_ticket: Option<Reference>,
    #[serde(rename = "_info")]
    pub(super) info: Option<Info>,
}

/// Another record, as it is referred to; which fields are there depends on its kind.
#[derive(Clone, Deserialize)]
pub(super) struct Reference {
    #[serde(default)]
    pub(super) id: u64,
    pub(super) name: Option<String>,
    pub(super) identifier: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Info {
    pub(super) last_updated: Option<String>,
    pub(super) date_entered: Option<String>,
}

/// A ticket in a listing of changes.
#[derive(Deserialize)]
pub(super) struct Touched {
    pub(super) id: u64,
    #[serde(rename = "_info")]
    pub(super) info: Info,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Note {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) detail_description_flag: bool,
    #[serde(default)]
    pub(super) internal_analysis_flag: bool,
    #[serde(default)]
    pub(super) resolution_flag: bool,
    #[serde(default)]
    pub(super) internal_flag: bool,
    pub(super) member: Option<Reference>,
    pub(super) contact: Option<Reference>,
    pub(super) date_created: Option<String>,
    pub(super) created_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TimeEntry {
    #[serde(default)]
    pub(super) actual_hours: Option<f64>,
    #[serde(default)]
    pub(super) notes: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contact {
    #[serde(default)]
    communication_items: Option<Vec<CommunicationItem>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommunicationItem {
    communication_type: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Reference>,
    value: Option<String>,
    #[serde(default)]
    default_flag: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoardStatus {
    pub(super) name: String,
    #[serde(default)]
    pub(super) closed_status: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Callback {
    pub(super) id: u64,
    pub(super) url: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) level: Option<String>,
    pub(super) object_id: Option<u64>,
    #[serde(default)]
    pub(super) inactive_flag: bool,
}

#[derive(Deserialize)]
pub(super) struct SystemInfo {
    pub(super) version: Option<String>,
}

impl Ticket {
    pub(super) fn created_at(&self) -> UnixMs {
        let entered = self.info.as_ref().and_then(|i| i.date_entered.as_deref());
        entered.or(self.date_entered.as_deref()).and_then(utc).unwrap_or_default()
    }

    pub(super) fn links(&self) -> Vec<String> {
        let merged = self.merged_parent_ticket.as_ref().map(|t| t.id);
        let mut links: Vec<u64> =
            [self.parent_ticket_id, merged].into_iter().flatten().filter(|id| *id != 0).collect();
        links.dedup();
        links.into_iter().map(|id| id.to_string()).collect()
    }
}

impl Note {
    pub(super) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// Customers see discussion and resolution.
    pub(super) fn internal(&self) -> bool {
        let public = self.detail_description_flag || self.resolution_flag;
        !public && (self.internal_analysis_flag || self.internal_flag)
    }

    pub(super) fn by_member(&self, identifier: &str) -> bool {
        if self.contact.is_some() {
            return false;
        }
        let member = self.member.as_ref().and_then(|m| m.identifier.as_deref());
        member.or(self.created_by.as_deref()).is_some_and(|m| m.eq_ignore_ascii_case(identifier))
    }
}

impl Contact {
    /// Mail addresses, the default one first, lower case.
    pub(super) fn mails(&self) -> Vec<String> {
        let mut items: Vec<&CommunicationItem> = self
            .communication_items
            .iter()
            .flatten()
            .filter(|i| {
                let named = i.kind.as_ref().and_then(|k| k.name.as_deref());
                let kind = i.communication_type.as_deref().or(named).unwrap_or_default();
                kind.eq_ignore_ascii_case("email")
            })
            .collect();
        items.sort_by_key(|i| !i.default_flag);
        items.iter().filter_map(|i| i.value.as_deref()).map(|v| v.trim().to_lowercase()).collect()
    }
}
