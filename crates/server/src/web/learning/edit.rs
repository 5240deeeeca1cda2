//! Corrections of a playbook: each is a new version.

use super::{actable, address, known};
use crate::{
    clock,
    web::{Web, form::Fields, form::Signed, guard, oops::Oops},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    Actor, ClientId, PersonId,
    playbook::{Approves, Evidence, Line, Playbook, Rule, Way},
};
use std::sync::Arc;
use store::{NewPlaybook, Person, StoreError};

/// `POST /learning/{client}/line`: changes one line.
pub(in crate::web) async fn change(
    State(web): State<Arc<Web>>,
    Path(client): Path<String>,
    signed: Signed,
) -> Result<Response, Oops> {
    let Signed { viewer, fields } = signed;
    guard::decider(&viewer.person)?;
    let client = known(&web, &client)?;
    let (base, mut playbook) = present(&web, &client, &fields).await?;
    let id = fields.get("id");
    let Some(at) = playbook.lines.iter().position(|l| l.id == id) else {
        return Err(Oops::conflict("That line is gone by now. Look at the playbook again."));
    };
    let person = viewer.person.id.clone();
    let reason = match fields.get("do") {
        "remove" if playbook.lines.get(at).is_some_and(|l| l.because.count == 0) => {
            let line = playbook.lines.remove(at);
            format!("removed: {}", line.rule.sentence())
        }
        "remove" => {
            return Err(Oops::unprocessable(
                "What was learned from tickets cannot be removed: it would be learned again. Switch it off instead.",
            ));
        }
        deed => match playbook.lines.get_mut(at) {
            Some(line) => correct(line, deed, &fields, &person)?,
            None => return Err(Oops::conflict("That line is gone by now.")),
        },
    };
    put(&web, client, base, playbook, &viewer.person, reason).await
}

/// Changes the line; answers why, for the history.
fn correct(
    line: &mut Line,
    deed: &str,
    fields: &Fields,
    person: &PersonId,
) -> Result<String, Oops> {
    let mut rule = line.rule.clone();
    let (reason, by) = match deed {
        "off" => {
            line.off = true;
            ("switched a line off", Some(person))
        }
        "on" => {
            line.off = false;
            ("switched a line on", Some(person))
        }
        "lock" => {
            line.locked = true;
            ("locked a line", Some(person))
        }
        "unlock" => {
            line.locked = false;
            ("unlocked a line", line.by.as_ref())
        }
        // From here on it is as learned, and learned again.
        "forget" => {
            rule = line.learned.take().unwrap_or(rule);
            line.off = matches!(rule, Rule::Words { .. });
            line.locked = false;
            ("took a correction back", None)
        }
        "set" => {
            rule = value(&line.rule, fields)?;
            ("corrected a line", Some(person))
        }
        _ => return Err(Oops::unprocessable("Choose what to do with the line.")),
    };
    let by = by.cloned();
    if deed == "set" && line.rule != rule && line.learned.is_none() && line.because.count > 0 {
        line.learned = Some(line.rule.clone());
    }
    if line.learned.as_ref() == Some(&rule) {
        line.learned = None;
    }
    (line.rule, line.by) = (rule, by);
    Ok(format!("{reason}: {}", line.rule.sentence()))
}

/// The rule with the value of the form.
fn value(rule: &Rule, fields: &Fields) -> Result<Rule, Oops> {
    Ok(match rule {
        Rule::Handle { intent, .. } => {
            let way = match fields.get("value") {
                "work" => Way::Work,
                "people" => Way::People,
                _ => return Err(Oops::unprocessable("Choose who works on it.")),
            };
            Rule::Handle { intent: *intent, way }
        }
        Rule::Words { intent, .. } => {
            let text = fields
                .filled("value")
                .ok_or_else(|| Oops::unprocessable("Write the words, or switch the line off."))?;
            Rule::Words { intent: *intent, text: text.replace("\r\n", "\n") }
        }
        Rule::Approver { kind, about, everyone, .. } => {
            let address = fields.filled("value").filter(|a| a.contains('@')).ok_or_else(|| {
                Oops::unprocessable("Write the mail address of whoever is to be asked first.")
            })?;
            Rule::Approver {
                kind: *kind,
                about: about.clone(),
                sentence: format!("For {about}, {address} is asked first."),
                who: Approves::Person(address.to_lowercase()),
                everyone: *everyone,
            }
        }
        Rule::OtherSystem { .. } => {
            return Err(Oops::unprocessable("Switch it off, and add the right name."));
        }
    })
}

/// `POST /learning/{client}/add`: adds a line of a person's own.
pub(in crate::web) async fn add(
    State(web): State<Arc<Web>>,
    Path(client): Path<String>,
    signed: Signed,
) -> Result<Response, Oops> {
    let Signed { viewer, fields } = signed;
    guard::decider(&viewer.person)?;
    let client = known(&web, &client)?;
    let (base, mut playbook) = present(&web, &client, &fields).await?;
    let person = viewer.person.id.clone();
    let intent = || {
        actable()
            .find(|i| i.name() == fields.get("intent"))
            .ok_or_else(|| Oops::unprocessable("Choose one of the kinds of requests."))
    };
    let value =
        fields.filled("value").ok_or_else(|| Oops::unprocessable("Fill in the name or the words."));
    let (id, rule) = match fields.get("rule") {
        "system" => {
            let name = value?;
            (format!("system:{}", name.to_lowercase()), Rule::OtherSystem { name })
        }
        "words" => {
            let (intent, text) = (intent()?, value?.replace("\r\n", "\n"));
            (format!("words:{}", intent.name()), Rule::Words { intent, text })
        }
        "people" => {
            let intent = intent()?;
            (format!("handle:{}", intent.name()), Rule::Handle { intent, way: Way::People })
        }
        _ => return Err(Oops::unprocessable("Choose what to add.")),
    };
    if playbook.line(&id).is_some() {
        return Err(Oops::conflict("There is such a line already: change that one."));
    }
    let reason = format!("added: {}", rule.sentence());
    let because = Evidence::default();
    let by = Some(person.clone());
    playbook.lines.push(Line { id, rule, learned: None, because, by, locked: false, off: false });
    playbook.lines.sort_by(|a, b| a.id.cmp(&b.id));
    put(&web, client, base, playbook, &viewer.person, reason).await
}

/// The playbook as it stands; refused when the form was made from another version.
async fn present(web: &Web, client: &ClientId, fields: &Fields) -> Result<(u64, Playbook), Oops> {
    let row = web.app.store.playbook(client).await?;
    let version = row.as_ref().map_or(0, |r| r.version);
    if fields.get("version") != version.to_string() {
        return Err(Oops::conflict(
            "Somebody else changed the playbook meanwhile. Look at it again.",
        ));
    }
    Ok((version, row.map(|r| r.playbook).unwrap_or_default()))
}

async fn put(
    web: &Web,
    client: ClientId,
    base: u64,
    playbook: Playbook,
    person: &Person,
    reason: String,
) -> Result<Response, Oops> {
    let old = web.app.store.playbook(&client).await?.map(|r| r.playbook).unwrap_or_default();
    if !old.loosens(&playbook).is_empty() && guard::admin(person).is_err() {
        return Err(Oops::forbidden(
            "This lets Journeyman work on tickets that are left to people. Only administrators may do it.",
        ));
    }
    if let Err(wrong) = playbook.check() {
        return Err(Oops::unprocessable(wrong.join("; ")));
    }
    let to = address(&client);
    let author = Actor::Person(person.id.clone());
    let new = NewPlaybook { client, base, playbook, author, reason };
    match web.app.store.put_playbook(new, clock::now()).await {
        Ok(_) => Ok(Redirect::to(&to).into_response()),
        Err(StoreError::Refused(why)) => Err(Oops::conflict(why)),
        Err(e) => Err(e.into()),
    }
}
