//! `/people`: who may do what, who is away and who stands in. What somebody approved who may not any
//! more is void; the store does that in the same step.

use super::{
    Web,
    bits::When,
    form::{Fields, Signed},
    guard,
    oops::Oops,
    page::{self, Frame},
    session::Viewer,
};
use crate::clock;
use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Actor, PersonId, UnixMs};
use std::sync::Arc;
use store::{Person, Role};

/// The longest absence, in milliseconds.
const LONGEST_MS: i64 = 400 * 86_400_000;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    rows: Vec<Row>,
    deputies: Vec<(String, String)>,
    roles: [&'static str; 3],
    admin: bool,
}

struct Row {
    id: String,
    address: String,
    name: String,
    email: String,
    role: &'static str,
    /// Away now or later: from, until, and whether it is now.
    away: Option<(When, When, bool)>,
    deputy: Option<String>,
    me: bool,
    /// The viewer may say when this person is away.
    may: bool,
}

/// `GET /people`
pub(super) async fn get(State(web): State<Arc<Web>>, viewer: Viewer) -> Result<Response, Oops> {
    let people = web.app.store.people().await?;
    let now = clock::now();
    let deciders = people.iter().filter(|p| p.role.may_decide());
    let page = PeoplePage {
        frame: Frame::new(&web, &viewer, "people", "People").await?,
        deputies: deciders.map(|p| (p.id.to_string(), p.name.clone())).collect(),
        rows: people.iter().map(|p| row(p, &viewer, now)).collect(),
        roles: [Role::Admin, Role::Technician, Role::Auditor].map(Role::name),
        admin: viewer.person.role == Role::Admin,
    };
    Ok(page::html(StatusCode::OK, &page))
}

fn row(p: &Person, viewer: &Viewer, now: UnixMs) -> Row {
    Row {
        id: p.id.to_string(),
        address: format!("/people/{}", page::segment(p.id.as_str())),
        name: p.name.clone(),
        email: p.email.clone(),
        role: p.role.name(),
        away: p
            .away
            .filter(|(_, until)| *until > now)
            .map(|(from, until)| (When(from), When(until), from <= now)),
        deputy: p.deputy.as_ref().map(ToString::to_string),
        me: p.id == viewer.person.id,
        may: p.role.may_decide() && guard::about(&viewer.person, &p.id).is_ok(),
    }
}

async fn find(web: &Web, id: &str) -> Result<Person, Oops> {
    let missing = || Oops::not_found("There is nobody of that name");
    let id = PersonId::new(id).map_err(|_| missing())?;
    web.app.store.person(&id).await?.ok_or_else(missing)
}

/// `POST /people/{id}/role`
pub(super) async fn role(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::admin(&viewer.person)?;
    let person = find(&web, &id).await?;
    let Some(role) = Role::parse(fields.get("role")) else {
        return Err(Oops::unprocessable("Choose a role: admin, technician or auditor."));
    };
    let by = Actor::Person(viewer.person.id.clone());
    web.app.store.set_role(&person.id, role, by, clock::now()).await?;
    // What they approved may be void now; its cases go on without it.
    web.app.due.notify_one();
    Ok(Redirect::to("/people").into_response())
}

/// `POST /people/{id}/away`
pub(super) async fn away(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::decider(&viewer.person)?;
    let person = find(&web, &id).await?;
    guard::about(&viewer.person, &person.id)?;
    let (from, until) = absence(&fields, clock::now())?;
    web.app.store.set_away(&person.id, from, until).await?;
    Ok(Redirect::to("/people").into_response())
}

/// From and until; the same twice is an absence that ends.
fn absence(fields: &Fields, now: UnixMs) -> Result<(UnixMs, UnixMs), Oops> {
    if fields.has("back") {
        return Ok((now, now));
    }
    let day = |name: &str| {
        let text = fields.get(name).trim();
        let day: Option<jiff::civil::Date> = text.parse().ok();
        let zoned = day.and_then(|d| d.to_zoned(jiff::tz::TimeZone::UTC).ok());
        zoned.map(|z| UnixMs(z.timestamp().as_millisecond())).ok_or_else(|| {
            Oops::unprocessable(format!("{text:?} is no day; write it as in 2026-11-21."))
        })
    };
    let (from, last) = (day("from")?, day("until")?);
    // The last day counts whole.
    let until = last.plus_ms(86_400_000);
    if until.since(from) <= 0 || until.since(now) <= 0 || until.since(now) > LONGEST_MS {
        let text = "An absence ends after it began, not in the past, and within 400 days.";
        return Err(Oops::unprocessable(text));
    }
    Ok((from, until))
}

/// `POST /people/{id}/deputy`
pub(super) async fn deputy(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::decider(&viewer.person)?;
    let person = find(&web, &id).await?;
    guard::about(&viewer.person, &person.id)?;
    let deputy = match fields.get("deputy") {
        "" => None,
        id => Some(find(&web, id).await?.id),
    };
    web.app.store.set_deputy(&person.id, deputy).await?;
    Ok(Redirect::to("/people").into_response())
}
