//! Posts what people are to see, and changes it when things change.

use super::{Desk, UNDO, tier_of, undo_value};
use crate::{app::App, clock, web::approval::card, worker};
use connectors::{
    ChatError,
    chat::{Button, Card, Place, Standing, Style},
};
use domain::{Approval, ApprovalId, ApprovalState, Event, PersonId, UnixMs};
use std::{collections::BTreeMap, time::Duration};
use store::{NoticePost, Person, Post, PostKey, QuestionPost, StoreError};
use worker::stop::Stop;

/// How often is looked for what to post when nothing rings.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Messages of one pass.
const BATCH: u32 = 50;
/// Questions that are looked at in one pass.
const QUESTIONS: u32 = 500;
/// A notice that is older than this was meant for somebody who has no chat yet, in milliseconds.
const NEWS_MS: i64 = 3_600_000;
/// A notice that could not be posted for so long is left to the console, in milliseconds.
const NOTICE_ENDS_MS: i64 = 24 * 3_600_000;
/// Pause after a first failure, in milliseconds; each later one is twice as long.
const FIRST_PAUSE_MS: i64 = 2_000;
/// The longest pause, in milliseconds.
const LONGEST_PAUSE_MS: i64 = 5 * 60_000;

/// How many steps of each waiting question have their messages wanted already.
pub(super) type Known = BTreeMap<ApprovalId, usize>;

/// Keeps every message as things are, on one node.
pub(super) async fn run(app: &App, mut stop: Stop) {
    let mut known = Known::new();
    while !stop.is_set() {
        let desk = app.parts().chat.clone();
        let Some(desk) = desk else {
            stop.rest(LOOK_EVERY).await;
            continue;
        };
        // Set while the chat asks for fewer calls: nothing that rings makes it shorter.
        let mut wait = None;
        if worker::my_turn(app, "chat").await {
            match pass(app, &desk, &mut known, &stop).await {
                Ok(asked) => wait = asked,
                Err(e) if app.complaints.raise("chat", &e.to_string()) => {
                    tracing::warn!(error = %e, "messages are posted later");
                }
                Err(_) => {}
            }
        }
        tokio::select! {
            biased;
            () = stop.wait() => {}
            () = desk.news.notified(), if wait.is_none() => {}
            () = tokio::time::sleep(wait.unwrap_or(LOOK_EVERY)) => {}
        }
    }
}

/// One look at everything. Answers with how long the chat asks us to wait, if it does.
pub(super) async fn pass(
    app: &App,
    desk: &Desk,
    known: &mut Known,
    stop: &Stop,
) -> Result<Option<Duration>, StoreError> {
    want_questions(app, known).await?;
    if desk.channel.is_some() || !desk.channels.is_empty() {
        want_notices(app).await?;
    }
    let now = clock::now();
    for one in app.store.question_posts(now, BATCH).await? {
        if !goes_on(app, stop).await {
            return Ok(None);
        }
        let done = question(app, desk, &one).await?;
        let gone = (one.approval.state != ApprovalState::Pending).then_some(None);
        if let Some(wait) = settle(app, &one.post, done, gone).await? {
            return Ok(wait);
        }
    }
    for one in app.store.notice_posts(now, BATCH).await? {
        if !goes_on(app, stop).await {
            return Ok(None);
        }
        let done = notice(app, desk, &one).await?;
        let old = now.since(one.post.made_at) > NOTICE_ENDS_MS;
        if let Some(wait) = settle(app, &one.post, done, old.then_some(None)).await? {
            return Ok(wait);
        }
    }
    Ok(None)
}

/// Whether the next message is still this node's: a slow chat can outlast its turn.
async fn goes_on(app: &App, stop: &Stop) -> bool {
    !stop.is_set() && worker::my_turn(app, "chat").await
}

/// Wants a message for everybody who is asked about a question that waits.
async fn want_questions(app: &App, known: &mut Known) -> Result<(), StoreError> {
    let waiting = app.store.approvals(Some("pending"), QUESTIONS).await?;
    known.retain(|id, _| waiting.iter().any(|a| a.id == *id));
    let people = app.store.people().await?;
    let now = clock::now();
    for approval in &waiting {
        let due = gate::asked(approval, now).len();
        let fresh = known.get(&approval.id).is_none_or(|steps| *steps < due);
        if !fresh || app.cells.elsewhere(&approval.client).is_some() {
            continue;
        }
        let (steps, ids) = asked(app, approval, &people).await?;
        let keys = ids.into_iter().map(|person| PostKey::Question {
            client: approval.client.clone(),
            id: approval.id,
            person,
        });
        app.store.want_posts(keys.collect(), now).await?;
        known.insert(approval.id, steps);
    }
    Ok(())
}

/// Who was asked so far, in how many steps. Without steps, everybody who may decide, at once.
async fn asked(
    app: &App,
    approval: &Approval,
    people: &[Person],
) -> Result<(usize, Vec<PersonId>), StoreError> {
    if approval.steps.is_empty() {
        let may = people.iter().filter(|p| card::may_decide(approval, p));
        return Ok((0, may.map(|p| p.id.clone()).collect()));
    }
    let events = app.store.events(&approval.client, approval.case).await?;
    let (mut steps, mut ids) = (0, Vec::new());
    for recorded in &events {
        let Event::Asked { approval: of, steps: so_far, people } = &recorded.event else {
            continue;
        };
        if *of == approval.id {
            steps = steps.max(usize::try_from(*so_far).unwrap_or(usize::MAX));
            ids.extend(people.iter().cloned());
        }
    }
    Ok((steps, ids))
}

/// Wants a message for every notice, also where no channel is to see it: one that is left out here would
/// be looked at again and again, before those that come after it.
async fn want_notices(app: &App) -> Result<(), StoreError> {
    let now = clock::now();
    let keys = app.store.notices_without_post(now.plus_ms(-NEWS_MS), BATCH).await?;
    if !keys.is_empty() {
        app.store.want_posts(keys, now).await?;
    }
    Ok(())
}

/// What came of one message.
enum Done {
    /// It stands there and shows how things are; it changes no more when that is final.
    Stands(Place, bool),
    /// Nobody is to see it, for good.
    NotWanted,
    /// Nobody can see it now.
    Nobody(String),
    /// The chat said no.
    Failed(ChatError),
}

/// Writes down what came of a message. `gone` says that what it is about is over: what could not be
/// posted or changed then is left. Answers when the pass has to end, with how long to wait.
async fn settle(
    app: &App,
    post: &Post,
    done: Done,
    gone: Option<Option<UnixMs>>,
) -> Result<Option<Option<Duration>>, StoreError> {
    let now = clock::now();
    let pause = FIRST_PAUSE_MS.saturating_mul(1 << post.tries.min(20)).min(LONGEST_PAUSE_MS);
    let (text, after, ends) = match done {
        Done::Stands(place, last) => {
            let place = (place.conversation, place.message);
            app.store.posted(&post.key, place, &post.stands, last).await?;
            if app.complaints.settle("chat") {
                tracing::info!("messages are posted again");
            }
            return Ok(None);
        }
        Done::NotWanted => {
            app.store.post_failed(&post.key, None).await?;
            return Ok(None);
        }
        Done::Nobody(why) => {
            let again = gone.unwrap_or(Some(now.plus_ms(LONGEST_PAUSE_MS)));
            app.store.post_failed(&post.key, again).await?;
            tracing::debug!(why, "a message waits for its reader");
            return Ok(None);
        }
        Done::Failed(e) => match e {
            ChatError::Later { what, after } => (what, after, true),
            ChatError::Unknown { what } => (what, None, true),
            ChatError::SetUp { .. } => (e.to_string(), None, true),
            ChatError::Gone { what } | ChatError::TooLate { what } => (what, None, false),
        },
    };
    let topic = if ends { "chat" } else { "chat readers" };
    if app.complaints.raise(topic, &text) {
        tracing::warn!(error = text, "a message could not be posted");
    }
    let wait_ms = after.map_or(0, |a| i64::try_from(a.as_millis()).unwrap_or(LONGEST_PAUSE_MS));
    let again = Some(now.plus_ms(pause.max(wait_ms.min(LONGEST_PAUSE_MS))));
    // What is not there will not come back; what stands is worth changing as long as it can be.
    let again = match (ends, &post.place) {
        (false, Some(_)) => None,
        (true, Some(_)) => again,
        (_, None) => gone.unwrap_or(again),
    };
    app.store.post_failed(&post.key, again).await?;
    Ok(ends.then_some(after.map(|a| a.min(Duration::from_secs(60)))))
}

async fn question(app: &App, desk: &Desk, one: &QuestionPost) -> Result<Done, StoreError> {
    let PostKey::Question { person, .. } = &one.post.key else { return Ok(Done::NotWanted) };
    let (post, approval) = (&one.post, &one.approval);
    let moved = app.cells.elsewhere(&approval.client).is_some();
    let waits = approval.state == ApprovalState::Pending;
    let reader = app.store.person(person).await?;
    // An approved one may still become void, and one that moved away may come back.
    let last = matches!(
        approval.state,
        ApprovalState::Changed { .. }
            | ApprovalState::Denied { .. }
            | ApprovalState::Expired
            | ApprovalState::Void
    );
    if let Some((conversation, message)) = &post.place {
        let place = Place { conversation: conversation.clone(), message: message.clone() };
        let card = card::of(app, approval, reader.as_ref()).await?;
        return Ok(match desk.chat.change(&place, &card).await {
            Ok(()) => Done::Stands(place, last),
            Err(e) => Done::Failed(e),
        });
    }
    if moved {
        return Ok(Done::Nobody("its client lives in another cell".into()));
    }
    let Some(reader) = reader.filter(|p| waits && card::may_decide(approval, p)) else {
        return Ok(Done::NotWanted);
    };
    let card = card::of(app, approval, Some(&reader)).await?;
    Ok(match deliver(desk, &reader, &card).await {
        Ok(Ok(place)) => Done::Stands(place, false),
        Ok(Err(nobody)) => Done::Nobody(nobody),
        Err(e) => Done::Failed(e),
    })
}

/// Posts to a person, if the chat knows them for certain.
async fn deliver(
    desk: &Desk,
    reader: &Person,
    card: &Card,
) -> Result<Result<Place, String>, ChatError> {
    let nobody = |why: &str| Ok(Err(format!("{}: {why}", reader.id)));
    if reader.email.trim().is_empty() {
        return nobody("no address is on file");
    }
    let Some(member) = desk.chat.find(reader.email.trim()).await? else {
        return nobody("nobody in the chat has their address");
    };
    if member.standing != Standing::Full {
        return nobody("the account with their address does not count");
    }
    let conversation = match desk.chat.conversation(&member.id).await {
        Ok(conversation) => conversation,
        Err(ChatError::Gone { what }) => return nobody(&what),
        Err(e) => return Err(e),
    };
    desk.chat.post(&conversation, card).await.map(Ok)
}

async fn notice(app: &App, desk: &Desk, one: &NoticePost) -> Result<Done, StoreError> {
    let (post, notice) = (&one.post, &one.notice);
    let card = notice_card(app, desk, one).await?;
    let last = post.stands != "open";
    let done = match &post.place {
        Some((conversation, message)) => {
            let place = Place { conversation: conversation.clone(), message: message.clone() };
            desk.chat.change(&place, &card).await.map(|()| place)
        }
        None => match desk.channel_of(notice.what.client.as_ref()) {
            Some(channel) => desk.chat.post(channel, &card).await,
            None => return Ok(Done::NotWanted),
        },
    };
    Ok(done.map_or_else(Done::Failed, |place| Done::Stands(place, last)))
}

async fn notice_card(app: &App, desk: &Desk, one: &NoticePost) -> Result<Card, StoreError> {
    let what = &one.notice.what;
    let client = what.client.as_ref().map(|id| card::client_name(app, id));
    let mut facts = Vec::new();
    facts.extend(client.map(|name| ("Client".to_owned(), name)));
    facts.push(("Details".into(), card::shown(&what.detail)));
    let mut buttons = Vec::new();
    let undo = what.client.as_ref().zip(what.case).zip(what.attempt);
    let open = one.post.stands == "open";
    let mut note = what.undo_until.filter(|_| open).map(|at| {
        let until = card::utc(at);
        format!("One click takes it back until {until}.")
    });
    if let (true, Some(((client, case), attempt))) = (open, undo) {
        match tier_of(app, client, case, attempt).await? {
            Some(tier) if tier > desk.approve_up_to => {
                note = Some(format!("Tier {} is taken back in the console.", tier.name()));
            }
            _ => buttons.push(Button::Press {
                name: UNDO.into(),
                label: "Undo".into(),
                value: undo_value(client, case, attempt),
                style: Style::No,
            }),
        }
    }
    if let Some(case) = what.case {
        buttons.push(Button::Link {
            label: "Open in console".into(),
            url: format!("{}/cases/{case}", app.public_url),
        });
    }
    Ok(Card {
        title: match what.kind.as_str() {
            "breaker" => "A breaker opened".into(),
            tier if domain::Tier::ALL.iter().any(|t| t.name() == tier) => {
                format!("It ran, tier {tier}")
            }
            _ => "Notice".into(),
        },
        sentence: card::shown(&what.title),
        facts,
        ended: one.notice.undone.then(|| "It was taken back.".into()),
        note,
        buttons,
        ..Card::default()
    })
}
