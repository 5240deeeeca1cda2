//! What people do by hand, because no brain may or can: recorded beside the case, so that the record
//! is whole. And taking back what a brain did.

use super::{
    Web,
    bits::{Left, TierChip, When, capital},
    form::Signed,
    guard,
    oops::Oops,
    story::{self, FindingLine},
    words,
};
use crate::{clock, undo};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use domain::{Action, Actor, AttemptId, CaseId, CaseView, Digest, Event, Follow, UnixMs};
use std::{str::FromStr as _, sync::Arc};

/// Longest record, in characters.
const LONGEST: usize = 4_000;

/// Something that people have to do themselves.
pub(super) struct ByHand {
    pub(super) digest: String,
    pub(super) sentence: String,
    pub(super) tier: Option<TierChip>,
    pub(super) why: String,
    pub(super) findings: Vec<FindingLine>,
    pub(super) done: Vec<Done>,
}

/// What somebody did.
pub(super) struct Done {
    pub(super) by: String,
    pub(super) text: String,
    pub(super) at: When,
}

/// An attempt that one click takes back.
pub(super) struct Undo {
    pub(super) attempt: String,
    pub(super) sentence: String,
    pub(super) left: Left,
}

/// What was refused or handed over, each once.
fn left_to_people(view: &CaseView) -> Vec<(Digest, &Action, String)> {
    let refused = view
        .judged
        .iter()
        .filter(|(action, verdict)| verdict.follows == Follow::Refuse && view.refused(action));
    let refused = refused.map(|(action, v)| {
        let why = v.findings.iter().max_by_key(|f| f.minimum).map(|f| f.because.to_string());
        (v.digest, action, why.unwrap_or_else(|| "the gate refused it".into()))
    });
    let handed = view
        .handed_over
        .iter()
        .map(|(action, why)| (action.digest(&view.client), action, why.clone()));
    let mut out: Vec<(Digest, &Action, String)> = Vec::new();
    for one in refused.chain(handed).filter(|(_, action, _)| !words::closes(action.kind())) {
        match out.iter_mut().find(|(digest, ..)| *digest == one.0) {
            Some(known) => *known = one,
            None => out.push(one),
        }
    }
    out
}

/// For the page of the case.
pub(super) fn by_hand(view: &CaseView) -> Vec<ByHand> {
    let each = left_to_people(view).into_iter().map(|(digest, action, why)| {
        let verdict = view.judged.iter().rev().find(|(_, v)| v.digest == digest).map(|(_, v)| v);
        let done = view.by_hand.iter().filter(|(of, ..)| *of == digest);
        ByHand {
            digest: digest.to_string(),
            sentence: action.sentence(),
            tier: verdict.map(|v| TierChip(v.tier)),
            why: capital(&why),
            findings: verdict.map(story::findings).unwrap_or_default(),
            done: done
                .map(|(_, by, text, at)| Done {
                    by: by.to_string(),
                    text: text.clone(),
                    at: When(*at),
                })
                .collect(),
        }
    });
    each.collect()
}

/// What of this case can be taken back with one click.
pub(super) fn undos(view: &CaseView, period_ms: i64, now: UnixMs) -> Vec<Undo> {
    let open = view.attempts.iter().filter_map(|a| {
        let (_, at) = a.outcome.as_ref().filter(|_| a.evidence().is_some())?;
        let until = at.plus_ms(period_ms);
        (!a.undone && !a.watched && until > now).then_some(())?;
        let sentence = a.action.opposite()?.sentence();
        Some(Undo { attempt: a.id.to_string(), sentence, left: Left { until, now } })
    });
    open.collect()
}

async fn fold(web: &Web, id: &str) -> Result<CaseView, Oops> {
    let missing = || Oops::not_found("There is no such case");
    let case = CaseId::from_str(id).map_err(|_| missing())?;
    let row = web.app.store.case(case).await?.ok_or_else(missing)?;
    let events = web.app.store.events(&row.client, case).await?;
    CaseView::fold(&row.client, case, &events).ok_or_else(missing)
}

/// `POST /cases/{id}/by-hand`
pub(super) async fn record(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    Signed { viewer, fields }: Signed,
) -> Result<Response, Oops> {
    guard::decider(&viewer.person)?;
    let view = fold(&web, &id).await?;
    let digest = Digest::try_from(fields.get("digest").to_owned())
        .ok()
        .filter(|digest| left_to_people(&view).iter().any(|(of, ..)| of == digest));
    let Some(digest) = digest else {
        let text = "The form names nothing of this case that was left to people. Reload the page.";
        return Err(Oops::bad_request(text));
    };
    let text = match fields.filled("text") {
        None => return Err(Oops::unprocessable("Say what you did, so that the record is whole.")),
        Some(text) if text.chars().count() > LONGEST => {
            let text = format!("The text is longer than {LONGEST} characters.");
            return Err(Oops::unprocessable(text));
        }
        Some(text) => text,
    };
    let actor = Actor::Person(viewer.person.id.clone());
    let events = vec![Event::DoneByHand { digest, text }];
    let store = &web.app.store;
    store.record(&view.client, view.id, actor, events, vec![], false, clock::now()).await?;
    web.app.tell(&view.client, view.id);
    Ok(Redirect::to(&format!("/cases/{}#by-hand", view.id)).into_response())
}

/// `POST /undo/{case}/{attempt}`
pub(super) async fn take_back(
    State(web): State<Arc<Web>>,
    Path((case, attempt)): Path<(String, String)>,
    Signed { viewer, .. }: Signed,
) -> Result<Response, Oops> {
    guard::decider(&viewer.person)?;
    let view = fold(&web, &case).await?;
    let attempt = AttemptId::from_str(&attempt)
        .ok()
        .filter(|id| view.attempts.iter().any(|a| a.id == *id))
        .ok_or_else(|| Oops::not_found("There is no such attempt in this case"))?;
    let person = &viewer.person.id;
    match undo::request(&web.app.store, &view.client, view.id, attempt, person).await {
        Ok(by) => {
            web.app.due.notify_one();
            web.app.tell(&view.client, by);
            Ok(Redirect::to(&format!("/cases/{by}")).into_response())
        }
        Err(why) => Err(Oops::conflict(format!("{}.", capital(why.trim_end_matches('.'))))),
    }
}
