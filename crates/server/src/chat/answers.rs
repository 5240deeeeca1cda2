//! What a press leads to: who pressed, whether they may, and what is said to them.

use super::{APPROVE, DENIED, DENY, Desk, UNDO, question_of, tier_of, undo_of};
use crate::{app::App, clock, undo, web::approval::card};
use connectors::{
    ChatError,
    chat::{Form, Member, Pressed, Standing},
};
use domain::{Approval, Decision, Digest};
use gate::DecisionError;
use store::{DecideError, Person, Press, StoreError};

/// Longest reason, in characters.
const LONGEST: usize = 500;
/// A press that is older is not carried out any more, in milliseconds: meanwhile whoever pressed may
/// have decided otherwise.
const LATE_MS: i64 = 5 * 60_000;
/// What is said to a press that is too old.
const LATE: &str =
    "Nothing was changed: that did not get through in time. Press again if it still should be.";

/// Does what was pressed. Answers with what to say to who did.
///
/// # Errors
/// It could not be done now, in plain words; to be tried again.
pub(super) async fn answer(
    app: &App,
    desk: &Desk,
    press: &Press,
    pressed: &Pressed,
) -> Result<Option<String>, String> {
    // An earlier try may have decided; that is looked at first then.
    if late(press) && press.acted_at.is_none() {
        return Ok(Some(LATE.into()));
    }
    let member = match desk.chat.member(&pressed.who).await {
        Ok(member) => member,
        Err(ChatError::Gone { what }) => return Ok(Some(refused(&what))),
        Err(e) => return Err(e.to_string()),
    };
    let person = match person(app, &member).await.map_err(|e| e.to_string())? {
        Ok(person) => person,
        Err(why) => return Ok(Some(refused(&why))),
    };
    match pressed.name.as_str() {
        APPROVE => match approvable(app, desk, pressed).await? {
            Ok(()) => decide(app, press, pressed, &person, Decision::Approve).await,
            Err(why) => Ok(Some(refused(&why))),
        },
        DENY => ask_why(app, desk, pressed, &person).await,
        DENIED => {
            let reason = pressed.text.clone().unwrap_or_default().trim().to_owned();
            if reason.chars().count() > LONGEST {
                return Ok(Some(refused("the reason is longer than 500 characters")));
            }
            decide(app, press, pressed, &person, Decision::Deny(reason)).await
        }
        UNDO => take_back(app, desk, pressed, &person).await,
        _ => Ok(Some(refused("that button is of another version; use the console"))),
    }
}

fn late(press: &Press) -> bool {
    clock::now().since(press.at) > LATE_MS
}

/// Whether a yes to this question counts here, or in the console alone.
async fn approvable(
    app: &App,
    desk: &Desk,
    pressed: &Pressed,
) -> Result<Result<(), String>, String> {
    Ok(match question(app, &pressed.value).await? {
        Ok((approval, _)) if approval.tier > desk.approve_up_to => Err(format!(
            "a question of tier {} is approved in the console; `approve_up_to` of [slack] says so",
            approval.tier.name()
        )),
        Ok(_) => Ok(()),
        Err(why) => Err(why),
    })
}

fn refused(why: &str) -> String {
    format!("Nothing was changed: {}.", why.trim_end_matches('.'))
}

/// Says something that only who pressed sees. Nothing depends on it.
pub(super) async fn whisper(desk: &Desk, pressed: &Pressed, text: &str) {
    let to = &pressed.place.conversation;
    if let Err(e) = desk.chat.whisper(to, &pressed.who, text).await {
        tracing::info!(error = %e, "an answer in the chat did not get through");
    }
}

/// The person whose address the workspace confirmed for this member; or why there is none.
async fn person(app: &App, member: &Member) -> Result<Result<Person, String>, StoreError> {
    let standing = match member.standing {
        Standing::Full => None,
        Standing::Guest => Some("guests of the workspace do not decide"),
        Standing::Deactivated => Some("this account is deactivated"),
        Standing::Bot => Some("only people decide"),
        Standing::Stranger => Some("this account is of another workspace"),
        Standing::Unconfirmed => {
            Some("the workspace has not confirmed the address of this account")
        }
    };
    if let Some(why) = standing {
        return Ok(Err(why.into()));
    }
    let Some(mail) = &member.mail else {
        return Ok(Err("the workspace does not say which address this account has".into()));
    };
    let people = app.store.people().await?;
    let mut named = people.into_iter().filter(|p| p.email.trim().eq_ignore_ascii_case(mail));
    let found = match (named.next(), named.next()) {
        (Some(person), None) => person,
        (None, _) => {
            return Ok(Err(format!(
                "nobody in Journeyman has the address {mail}; an administrator can add you"
            )));
        }
        (Some(_), Some(_)) => {
            return Ok(Err(format!(
                "several people in Journeyman have the address {mail}; an administrator can mend that"
            )));
        }
    };
    Ok(match found.role.may_decide() {
        true => Ok(found),
        false => Err("your role reads only. Administrators and technicians decide".into()),
    })
}

/// The question of a button, with what was shown; or why there is none.
async fn question(app: &App, value: &str) -> Result<Result<(Approval, Digest), String>, String> {
    let Some((id, seen)) = question_of(value) else {
        return Ok(Err("that button names no question; use the console".into()));
    };
    match app.store.approval(id).await.map_err(|e| e.to_string())? {
        None => Ok(Err("there is no such question any more".into())),
        Some(approval) if app.cells.elsewhere(&approval.client).is_some() => {
            Ok(Err("this client lives in another cell now; decide in its console".into()))
        }
        Some(approval) => Ok(Ok((approval, seen))),
    }
}

async fn decide(
    app: &App,
    press: &Press,
    pressed: &Pressed,
    person: &Person,
    decision: Decision,
) -> Result<Option<String>, String> {
    let (approval, seen) = match question(app, &pressed.value).await? {
        Ok(found) => found,
        Err(why) => return Ok(Some(refused(&why))),
    };
    let told = || {
        app.due.notify_one();
        app.tell(&approval.client, approval.case);
    };
    // An earlier try may have got as far as the decision, and no further.
    if let Some(at) = press.acted_at
        && card::said(&approval, &person.id, at)
    {
        told();
        return Ok(None);
    }
    if late(press) {
        return Ok(Some(LATE.into()));
    }
    let now = clock::now();
    let fail = |e: StoreError| e.to_string();
    if !app.store.press_acts(press, approval.id, now).await.map_err(fail)? {
        return Err("the same press is worked on elsewhere".into());
    }
    let identities = card::identities(person);
    let decided = app.store.decide(approval.id, &person.id, &identities, seen, decision, now).await;
    match decided {
        Ok(_) => {
            told();
            Ok(None)
        }
        Err(DecideError::Gate(e)) => {
            // As it stands now, so that it is said who was faster.
            let found = app.store.approval(approval.id).await.map_err(fail)?;
            not_recorded(app, &found.unwrap_or(approval), &e).await.map(Some).map_err(fail)
        }
        Err(DecideError::Store(StoreError::Refused(why) | StoreError::NotFound(why))) => {
            Ok(Some(refused(&why)))
        }
        Err(DecideError::Store(e)) => Err(e.to_string()),
    }
}

async fn not_recorded(
    app: &App,
    approval: &Approval,
    error: &DecisionError,
) -> Result<String, StoreError> {
    Ok(match (error, card::ended(app, approval).await?) {
        (DecisionError::NotPending(_), Some(how)) => format!("{how} Nothing was changed."),
        (error, _) => format!("Not recorded: {error}."),
    })
}

/// Opens the form for the reason, unless a no could not count anyway.
async fn ask_why(
    app: &App,
    desk: &Desk,
    pressed: &Pressed,
    person: &Person,
) -> Result<Option<String>, String> {
    let (approval, seen) = match question(app, &pressed.value).await? {
        Ok(found) => found,
        Err(why) => return Ok(Some(refused(&why))),
    };
    let no = Decision::Deny("to be asked".into());
    let identities = card::identities(person);
    if let Err(e) = gate::decide(&approval, &person.id, &identities, seen, &no, clock::now()) {
        return not_recorded(app, &approval, &e).await.map(Some).map_err(|e| e.to_string());
    }
    let form = Form {
        name: DENIED.into(),
        value: pressed.value.clone(),
        place: pressed.place.clone(),
        title: "Deny".into(),
        sentence: card::shown(&approval.sentence),
        label: "Why not? The technician passes it on.".into(),
        longest: u32::try_from(LONGEST).unwrap_or(u32::MAX),
        submit: "Deny".into(),
    };
    match desk.chat.ask(pressed.trigger.as_deref().unwrap_or_default(), &form).await {
        Ok(()) => Ok(None),
        Err(ChatError::SetUp { what, .. }) => Ok(Some(refused(&what))),
        // The form opens within seconds of the press or not at all: trying again is of no use.
        Err(_) => Ok(Some(
            "Nothing was changed: the form for the reason did not open in time. Press Deny again."
                .into(),
        )),
    }
}

async fn take_back(
    app: &App,
    desk: &Desk,
    pressed: &Pressed,
    person: &Person,
) -> Result<Option<String>, String> {
    let Some((client, case, attempt)) = undo_of(&pressed.value) else {
        return Ok(Some(refused("that button names no change; use the console")));
    };
    if app.cells.elsewhere(&client).is_some() {
        return Ok(Some(refused("this client lives in another cell now; use its console")));
    }
    let tier = tier_of(app, &client, case, attempt).await.map_err(|e| e.to_string())?;
    if let Some(tier) = tier.filter(|tier| *tier > desk.approve_up_to) {
        return Ok(Some(refused(&format!(
            "it is of tier {}: undo it in the console; `approve_up_to` of [slack] says so",
            tier.name()
        ))));
    }
    Ok(Some(match undo::request(&app.store, &client, case, attempt, &person.id).await {
        Ok(by) => {
            app.due.notify_one();
            app.tell(&client, by);
            format!("Taking it back was asked for: {}/cases/{by}", app.public_url)
        }
        Err(why) => refused(&why),
    }))
}
