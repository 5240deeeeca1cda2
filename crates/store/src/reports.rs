//! Reports of backtests, kept for the console.

use crate::{
    Store, StoreError,
    columns::time,
    sql::{Row, query, query_scalar},
    writer::Fault,
};
use domain::{ClientId, UnixMs};

/// Reports kept of one client.
const KEPT: i64 = 12;

/// A report in lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// Whose; `None` for several clients.
    pub client: Option<ClientId>,
    /// When it was made; with the client, its name.
    pub at: UnixMs,
    /// Whose history, in words.
    pub title: String,
    /// Who had it made.
    pub author: String,
    /// Its main figures, JSON.
    pub figures: String,
}

/// A report to keep.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// Its line in lists.
    pub row: ReportRow,
    /// The page, one self-contained HTML file.
    pub page: String,
}

impl Store {
    /// Keeps a report; of each client the newest dozen stays.
    pub async fn put_report(&self, new: NewReport) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let client = new.row.client.map(|c| c.to_string()).unwrap_or_default();
                query(
                    "INSERT INTO reports (client, at_ms, title, author, figures, page) VALUES ($1, $2, $3, $4, $5, $6)
                     ON CONFLICT (client, at_ms) DO NOTHING",
                )
                .bind(&client)
                .bind(new.row.at.0)
                .bind(new.row.title)
                .bind(new.row.author)
                .bind(new.row.figures)
                .bind(new.page)
                .execute(tx.sql().await?)
                .await?;
                query(
                    "DELETE FROM reports WHERE client = $1 AND at_ms NOT IN
                       (SELECT at_ms FROM reports WHERE client = $1 ORDER BY at_ms DESC LIMIT $2)",
                )
                .bind(client)
                .bind(KEPT)
                .execute(tx.sql().await?)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Every report, newest first.
    pub async fn reports(&self) -> Result<Vec<ReportRow>, StoreError> {
        let rows =
            query("SELECT client, at_ms, title, author, figures FROM reports ORDER BY at_ms DESC")
                .fetch_all(&self.pool)
                .await
                .map_err(|e| self.fail(e))?;
        rows.iter().map(|r| row(r).map_err(|f| f.into_store(&self.path))).collect()
    }

    /// The page of a report.
    pub async fn report_page(
        &self,
        client: Option<&ClientId>,
        at: UnixMs,
    ) -> Result<Option<String>, StoreError> {
        query_scalar("SELECT page FROM reports WHERE client = $1 AND at_ms = $2")
            .bind(client.map_or(String::new(), ToString::to_string))
            .bind(at.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.fail(e))
    }
}

fn row(r: &Row) -> Result<ReportRow, Fault> {
    let client: String = r.try_get("client")?;
    let broken = |e: domain::IdError| Fault::from(StoreError::Broken(e.to_string()));
    Ok(ReportRow {
        client: match client.as_str() {
            "" => None,
            id => Some(ClientId::new(id).map_err(broken)?),
        },
        at: time(r, "at_ms")?,
        title: r.try_get("title")?,
        author: r.try_get("author")?,
        figures: r.try_get("figures")?,
    })
}
