//! Forgetting what nothing looks at any more. The journal is never touched: these are the tables beside
//! it that would otherwise grow for ever.

use crate::{Store, StoreError, sql::query};
use domain::UnixMs;

const DAY_MS: i64 = 24 * 3_600_000;
/// What was asked and touched: longer than any window that a policy can look back.
const REQUESTS_DAYS: i64 = 40;
/// Messages to webhooks that were sent or given up.
const DELIVERIES_DAYS: i64 = 14;
/// Messages in a chat that still change: longer than anything that waits for people, or that they
/// approved for later.
const CHANGES_DAYS: i64 = 30;
/// What people were told of.
const NOTICES_DAYS: i64 = 180;

impl Store {
    /// Forgets what is old: requests for rates and volumes after 40 days, messages to webhooks after 14,
    /// notices and messages in chats after 180, and sessions and sign-in links that have expired. Answers with the number of
    /// rows.
    pub async fn prune(&self, now: UnixMs) -> Result<u64, StoreError> {
        let before = move |days: i64| now.0 - days * DAY_MS;
        let old = [
            ("DELETE FROM asked WHERE at_ms < $1", before(REQUESTS_DAYS)),
            ("DELETE FROM touched WHERE at_ms < $1", before(REQUESTS_DAYS)),
            (
                "DELETE FROM deliveries WHERE created_ms < $1 AND (state <> 'due' OR brain IN
                   (SELECT id FROM brains WHERE webhook_url IS NULL OR revoked_ms IS NOT NULL))",
                before(DELIVERIES_DAYS),
            ),
            ("DELETE FROM notices WHERE at_ms < $1", before(NOTICES_DAYS)),
            ("DELETE FROM chat_posts WHERE made_ms < $1", before(NOTICES_DAYS)),
            (
                "UPDATE chat_posts SET state = 'closed' WHERE state <> 'closed' AND made_ms < $1",
                before(CHANGES_DAYS),
            ),
            ("DELETE FROM chat_presses WHERE at_ms < $1", before(REQUESTS_DAYS)),
            ("DELETE FROM passed_by WHERE at_ms < $1", before(REQUESTS_DAYS)),
            ("DELETE FROM sessions WHERE expires_ms <= $1", now.0),
            ("DELETE FROM login_tokens WHERE expires_ms <= $1", now.0),
        ];
        self.write(move |tx| {
            Box::pin(async move {
                let mut gone = 0;
                for (sql, at) in old {
                    gone += query(sql).bind(at).execute(tx.sql().await?).await?;
                }
                if tx.is_remote() {
                    // By the database's own clock, as they were written.
                    let stale = query(
                        "DELETE FROM writers WHERE at_ms <
                           CAST(EXTRACT(EPOCH FROM now() - INTERVAL '1 day') * 1000 AS BIGINT)",
                    );
                    gone += stale.execute(tx.sql().await?).await?;
                }
                Ok(gone)
            })
        })
        .await
    }
}
