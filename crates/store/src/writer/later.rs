//! Statements whose answer nobody waits for: gathered over a piece of work, and sent to SQLite's thread in
//! one text, since each way there and back costs more than most of them. PostgreSQL gets them one by one.
//!
//! INVARIANT: they run in order, before the next statement whose answer is waited for and before the work
//! ends, and they are undone with it: who reads finds them done.

use super::{Fault, Tx};
use crate::sql::{Query, one_text, query};

impl Tx {
    /// Runs this before the next statement of this piece of work that somebody waits for, and at the
    /// latest at its end.
    pub(crate) fn later(&mut self, query: Query) {
        self.later.push(query);
    }

    /// Runs what was left for later; in a savepoint that is there already.
    pub(super) async fn run_later(&mut self) -> Result<(), Fault> {
        let later = std::mem::take(&mut self.later);
        if later.is_empty() {
            return Ok(());
        }
        if self.remote {
            for query in later {
                query.execute(self.conn().await?).await?;
            }
            return Ok(());
        }
        one_text(later).execute(self.conn().await?).await?;
        Ok(())
    }

    /// The same at the end of a piece of work, with a savepoint around it when there is none yet; it is
    /// gone afterwards.
    pub(super) async fn end_later(&mut self) -> Result<(), Fault> {
        if self.later.is_empty() {
            return Ok(());
        }
        if self.remote {
            self.sql().await?;
            return Ok(());
        }
        let mut all = std::mem::take(&mut self.later);
        if !self.saved {
            all.insert(0, query("SAVEPOINT work"));
        }
        all.push(query("RELEASE work"));
        let conn = self.conn().await?;
        let done = one_text(all).execute(conn).await;
        // What failed is to be undone.
        self.saved = done.is_err();
        done?;
        Ok(())
    }
}
