//! What has to be right at ConnectWise before work starts: board, statuses, member, callback.

use super::config::STATUSES;
use super::wire::{BoardStatus, Callback, Reference, SystemInfo};
use super::{CALLBACKS, ConnectWise, SETUP, SYSTEM};
use crate::{CallError, Probe};
use domain::TicketStatus;
use reqwest::Method;
use serde_json::json;

impl ConnectWise {
    pub(super) async fn check_setup(&self) -> Result<Probe, CallError> {
        let info: Option<SystemInfo> = self.api.get(&["system", "info"], SYSTEM).await?;
        let board = self.board_id().await?.to_string();
        let statuses: Vec<BoardStatus> =
            self.api.list(&["service", "boards", &board, "statuses"], None, SETUP).await?;
        let mut warnings = self.status_warnings(&statuses);
        warnings.extend(self.member_warning().await?);
        let version = info.and_then(|i| i.version).unwrap_or_else(|| "of unknown version".into());
        let (host, config) = (self.api.host(), &self.config);
        Ok(Probe {
            detail: format!(
                "ConnectWise PSA {version} at {host}, company {}, board {:?}, as member {}",
                config.company, config.board, config.member
            ),
            warnings,
        })
    }

    /// Has ConnectWise call this address when a ticket of the board changes. Does nothing when it
    /// already does; switches a registration on again that was switched off.
    ///
    /// Fails as any call does; the address is not repeated in errors, as it may hold a token.
    pub async fn register_callback(&self, url: &str) -> Result<(), CallError> {
        let board = self.board_id().await?;
        let path = ["system", "callbacks"];
        let there: Vec<Callback> = self.api.list(&path, None, CALLBACKS).await?;
        let ours = there.iter().find(|c| {
            let is = |text: &Option<String>, word: &str| {
                text.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(word))
            };
            c.url.as_deref() == Some(url)
                && is(&c.kind, "ticket")
                && is(&c.level, "board")
                && c.object_id == Some(board)
        });
        match ours {
            Some(callback) if callback.inactive_flag => {
                let id = callback.id.to_string();
                let patch = json!([{ "op": "replace", "path": "inactiveFlag", "value": false }]);
                let path = ["system", "callbacks", id.as_str()];
                self.api.change(Method::PATCH, &path, &patch, CALLBACKS).await
            }
            Some(_) => Ok(()),
            None => {
                let body = json!({
                    "description": "Journeyman: tickets of the board",
                    "url": url,
                    "objectId": board,
                    "type": "ticket",
                    "level": "board",
                    "inactiveFlag": false,
                });
                self.api.change(Method::POST, &path, &body, CALLBACKS).await
            }
        }
    }

    async fn board_id(&self) -> Result<u64, CallError> {
        let boards: Vec<Reference> = self.api.list(&["service", "boards"], None, SETUP).await?;
        let name = |b: &Reference| b.name.clone().unwrap_or_default();
        let wanted = &self.config.board;
        if let Some(board) = boards.iter().find(|b| name(b).eq_ignore_ascii_case(wanted)) {
            return Ok(board.id);
        }
        let names: Vec<String> = boards.iter().map(name).collect();
        Err(CallError::rejected(
            format!("ConnectWise shows the API member no service board {wanted:?}"),
            format!(
                "set `board` to one that it shows: {}; or give its role access",
                names.join(", ")
            ),
        ))
    }

    fn status_warnings(&self, there: &[BoardStatus]) -> Vec<String> {
        let names: Vec<&str> = there.iter().map(|s| s.name.as_str()).collect();
        let mut warnings = Vec::new();
        for status in STATUSES {
            let name = self.config.status_name(status);
            let key = status.name();
            match there.iter().find(|s| s.name.eq_ignore_ascii_case(name)) {
                None => warnings.push(format!(
                    "board {:?} has no status {name:?}: add it there, or set `statuses.{key}` to one of: {}",
                    self.config.board,
                    names.join(", ")
                )),
                Some(s) if status == TicketStatus::Closed && !s.closed_status => {
                    warnings.push(format!(
                        "status {name:?} of board {:?} does not close a ticket: mark it as closed status there, or set `statuses.closed` to one that does",
                        self.config.board
                    ));
                }
                Some(_) => {}
            }
        }
        warnings
    }

    async fn member_warning(&self) -> Result<Option<String>, CallError> {
        let member = &self.config.member;
        let named = format!("identifier=\"{member}\"");
        let found = self.api.list::<Reference>(&["system", "members"], Some(&named), SYSTEM).await;
        match found {
            Ok(members) if members.is_empty() => Ok(Some(format!(
                "ConnectWise has no member {member:?}: set `member` to the API member's identifier, or notes and time entries will be refused"
            ))),
            Ok(_) => Ok(None),
            Err(CallError::Rejected { what, remedy }) => Ok(Some(format!(
                "whether member {member:?} exists cannot be read: {what} ({remedy})"
            ))),
            Err(e) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RIGHTS;

    #[test]
    fn the_setup_text_names_exactly_the_rights_that_errors_ask_for() {
        let text = include_str!("../../../../../docs/connect-help-desk.md");
        let named: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("- ")).collect();
        assert_eq!(named, RIGHTS);
    }
}
