//! The report's charts, as SVG text. A library draws them; here stands only what they show.
//!
//! Colours are told apart by people who see red and green alike, and every figure stands in a table as well.

use crate::{
    desk::Routing,
    figures::{Bin, Point},
    html::HtmlError,
    report::Report,
};
use charts_rs::{BarChart, ChartBase, LineChart, Series, Symbol, YAxisConfig};
use domain::Would;

/// Blue, light blue, yellow, grey: told apart in grey print as well.
const WAYS: [&str; 4] = ["#1f5fa8", "#7db3e8", "#e0b23c", "#b9bec6"];
/// Known truths behind a point that is drawn.
const TELLING: u32 = 30;
const SEEN: &str = "#1f5fa8";
const BOUND: &str = "#c2620e";
const IDEAL: &str = "#8a919c";

/// Tickets by month and way.
pub(crate) fn months(report: &Report) -> Result<String, HtmlError> {
    let series = Would::ALL.iter().enumerate().map(|(way, would)| {
        let data = report.by_month.iter().map(|m| m.ways[way] as f32).collect();
        let mut series = Series::new(would.words().to_owned(), data);
        series.stack = Some("tickets".into());
        series
    });
    let names = report.by_month.iter().map(|m| m.name.clone()).collect();
    let mut chart = BarChart::new(series.collect(), names);
    dress(&mut chart.base, &WAYS);
    Ok(chart.svg()?)
}

/// Share decided against share wrong, with the bound.
///
/// Points with little behind them are left out: their bound is near one, and says only that.
pub(crate) fn curve(points: &[Point]) -> Result<String, HtmlError> {
    let points: Vec<&Point> = points.iter().filter(|p| p.wrong.of >= TELLING).collect();
    if points.is_empty() {
        return Ok(String::new());
    }
    let at: Vec<f64> = points.iter().map(|p| p.coverage * 100.0).collect();
    let percent = |f: &dyn Fn(&Point) -> f64| {
        points.iter().map(|p| (f(p) * 100.0) as f32).collect::<Vec<f32>>()
    };
    let mut seen =
        Series::new("wrong, as far as the record tells (%)".into(), percent(&|p| p.wrong.value()));
    let mut bound =
        Series::new("at most, with 95 % confidence (%)".into(), percent(&|p| p.wrong.at_most()));
    bound.stroke_dash_array = Some("6,4".into());
    for series in [&mut seen, &mut bound] {
        series.x_values = Some(at.clone());
    }
    let top = points.iter().map(|p| p.wrong.at_most()).fold(0.05f64, f64::max);
    plot(vec![seen, bound], &[SEEN, BOUND], (top * 110.0).min(100.0) as f32, None)
}

/// Confidence against being right, beside the diagonal.
pub(crate) fn calibration(bins: &[Bin]) -> Result<String, HtmlError> {
    let mut seen = Series::new(
        "right, as far as the record tells (%)".into(),
        bins.iter().map(|b| (b.right.value() * 100.0) as f32).collect(),
    );
    seen.x_values = Some(bins.iter().map(|b| b.confidence * 100.0).collect());
    let mut ideal = Series::new("as it should be".into(), vec![0.0, 100.0]);
    ideal.x_values = Some(vec![0.0, 100.0]);
    ideal.stroke_dash_array = Some("6,4".into());
    ideal.symbol = Some(Symbol::None);
    plot(vec![seen, ideal], &[SEEN, IDEAL], 100.0, Some((0.0, 100.0)))
}

/// The same two for where tickets belong.
pub(crate) fn routing(routing: &Routing) -> Result<(String, String), HtmlError> {
    Ok((curve(&routing.curve)?, calibration(&routing.calibration)?))
}

fn plot(
    series: Vec<Series>,
    colours: &[&str],
    top: f32,
    x: Option<(f64, f64)>,
) -> Result<String, HtmlError> {
    let mut chart = LineChart::new(series, Vec::new());
    dress(&mut chart.base, colours);
    chart.base.x_axis.kind = charts_rs::AxisType::Value;
    chart.base.x_axis.formatter = Some("{c}%".into());
    if let Some((min, max)) = x {
        (chart.base.x_axis.min, chart.base.x_axis.max) = (Some(min), Some(max));
    }
    let axis = YAxisConfig {
        min: Some(0.0),
        max: Some(top),
        formatter: Some("{c}%".into()),
        ..chart.y_axis_configs.first().cloned().unwrap_or_default()
    };
    chart.y_axis_configs = vec![axis];
    Ok(chart.svg()?)
}

fn dress(base: &mut ChartBase, colours: &[&str]) {
    base.width = 720.0;
    base.height = 300.0;
    base.font_family = "system-ui, sans-serif".into();
    base.series.colors = colours.iter().map(|c| charts_rs::Color::from(*c)).collect();
    base.background_color = charts_rs::Color::from((255, 255, 255, 0));
}
