//! `/backtest`: the reports that were kept.

use crate::{
    learned::Figures,
    web::{
        Web,
        bits::When,
        oops::Oops,
        page::{self, Frame},
        session::Viewer,
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use backtest::Would;
use domain::{ClientId, UnixMs};
use std::sync::Arc;
use store::ReportRow;

/// A report's page brings its own styles, runs no script and reaches nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox";
/// In an address, a report of several clients.
const SEVERAL: &str = "-";

#[derive(Template)]
#[template(path = "backtest.html")]
struct BacktestPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    title: String,
    client: String,
    at: When,
    address: String,
    figures: Option<Told>,
}

/// The main figures, in words.
struct Told {
    tickets: u32,
    period: Option<(String, String)>,
    ways: Vec<(&'static str, u32, String)>,
    wrong: Option<String>,
    hours: String,
    begin: String,
}

/// `GET /backtest`
pub(in crate::web) async fn get(
    State(web): State<Arc<Web>>,
    viewer: Viewer,
) -> Result<Response, Oops> {
    let rows = web.app.store.reports().await?;
    let page = BacktestPage {
        frame: Frame::new(&web, &viewer, "backtest", "Backtest").await?,
        rows: rows.iter().map(|r| row(&web, r)).collect(),
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn row(web: &Web, row: &ReportRow) -> Row {
    let client = row.client.as_ref();
    let part = client.map_or(SEVERAL.into(), |c| page::segment(c.as_str()));
    Row {
        title: row.title.clone(),
        client: client.map_or("Several clients".into(), |c| page::client_name(web, c)),
        at: When(row.at),
        address: format!("/backtest/{part}/{}", row.at.0),
        figures: serde_json::from_str::<Figures>(&row.figures).ok().map(told),
    }
}

fn told(f: Figures) -> Told {
    let share = |n: u32| format!("{:.1} %", f64::from(n) * 100.0 / f64::from(f.tickets.max(1)));
    let (hits, of, most) = f.wrong;
    Told {
        tickets: f.tickets,
        ways: Would::ALL.iter().zip(f.ways).map(|(w, n)| (w.words(), n, share(n))).collect(),
        wrong: (of > 0).then(|| {
            format!(
                "Of {of} closed alone of which the desk's record tells, it speaks against {hits}; at most {:.1} % are wrong, with 95 % confidence.",
                most * 100.0
            )
        }),
        hours: format!("{:.0} hours {}", f.hours, if f.monthly { "a month" } else { "in all" }),
        period: f.period,
        begin: f.begin.join(", "),
    }
}

/// `GET /backtest/{client}/{at}`: the report itself.
pub(in crate::web) async fn page(
    State(web): State<Arc<Web>>,
    _viewer: Viewer,
    Path((client, at)): Path<(String, i64)>,
) -> Result<Response, Oops> {
    let missing = || Oops::not_found("There is no such report");
    let client = match client.as_str() {
        SEVERAL => None,
        id => Some(ClientId::new(id).map_err(|_| missing())?),
    };
    let page = web.app.store.report_page(client.as_ref(), UnixMs(at)).await?;
    let page = page.ok_or_else(missing)?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    Ok((StatusCode::OK, headers, page).into_response())
}
