//! What was touched since the last look.

use super::api::PAGE;
use super::cursor::{Cursor, Place};
use super::wire::Touched;
use super::{ConnectWise, TICKETS, stamp};
use crate::http::utc;
use crate::{CallError, Change, Changes};

impl ConnectWise {
    pub(super) async fn changes_since(&self, cursor: Option<&str>) -> Result<Changes, CallError> {
        let mut cursor = match cursor {
            Some(text) => Cursor::parse(text)?.awake(),
            None => Cursor::start(self.api.clock(TICKETS).await?),
        };
        loop {
            let (changes, next) = self.changes_at(cursor).await?;
            cursor = next;
            let more = cursor.place != Place::Rest;
            if !changes.is_empty() || !more {
                return Ok(Changes { changes, cursor: cursor.to_string(), more });
            }
        }
    }

    async fn changes_at(&self, cursor: Cursor) -> Result<(Vec<Change>, Cursor), CallError> {
        let board = format!("board/name=\"{}\"", self.config.board);
        let (when, order) = match cursor.place {
            Place::Within(second, id) => (
                format!(
                    "lastUpdated >= [{}] AND lastUpdated < [{}] AND id > {id}",
                    stamp(second),
                    stamp(second + 1)
                ),
                "id asc",
            ),
            Place::From(second) => {
                (format!("lastUpdated >= [{}]", stamp(second)), "lastUpdated asc,id asc")
            }
            Place::Rest => return Ok((Vec::new(), cursor)),
        };
        let conditions = format!("{board} AND {when}");
        let size = PAGE.to_string();
        let query = [
            ("conditions", conditions.as_str()),
            ("orderBy", order),
            ("fields", "id,_info"),
            ("page", "1"),
            ("pageSize", size.as_str()),
        ];
        let page: Vec<Touched> = self.api.page(&["service", "tickets"], &query, TICKETS).await?;
        let mut changes = Vec::with_capacity(page.len());
        let mut places = Vec::with_capacity(page.len());
        for ticket in &page {
            let Some(at) = ticket.info.last_updated.as_deref().and_then(utc) else {
                return Err(CallError::rejected(
                    format!("ConnectWise does not say when ticket {} was last updated", ticket.id),
                    "check that the API member's role shows whole tickets",
                ));
            };
            places.push((at.0.div_euclid(1_000), ticket.id));
            changes.push(Change { id: ticket.id.to_string(), updated_at: at });
        }
        let sorted = places.is_sorted_by_key(|(second, _)| *second);
        if matches!(cursor.place, Place::From(_)) && !sorted {
            return Err(CallError::rejected(
                "ConnectWise does not list tickets in the order asked for",
                "report this with the version of ConnectWise; reading on would lose tickets",
            ));
        }
        Ok((changes, cursor.after(&places, page.len() >= PAGE)))
    }
}
