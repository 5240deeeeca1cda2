//! Decisions of people on held actions.
//!
//! INVARIANT: a question leaves `Pending` once. Whatever comes after finds it settled, so of an
//! approval, a denial, a change and the end of its time exactly one counts.

use crate::Verdict;
use domain::{
    Action, Approval, ApprovalId, ApprovalState, AskedChange, Decision, Digest, EscalationStep,
    Follow, PersonId, Tier, UnixMs, Yes,
};

/// How far ahead somebody may approve, in milliseconds.
const FURTHEST_MS: i64 = 7 * 24 * 3_600_000;
/// How long an approval for later may still be used after its time came, in milliseconds.
const LATER_SPAN_MS: i64 = 3_600_000;

/// Why a decision does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionError {
    /// It was decided, expired or voided before.
    NotPending(String),
    /// The time was up; it stays expired.
    Expired(UnixMs),
    /// The person asked for it or gains from it.
    Excluded,
    /// What the person saw is not what waits.
    OtherDigest,
    /// A denial needs a reason.
    NoReason,
    /// The same person said yes before; another one is needed.
    SaidYesBefore,
    /// A change that somebody asked for is being judged.
    BeingChanged,
    /// The time to run at is over, or too far ahead.
    BadTime,
    /// The change is what waits already.
    SameAction,
}

impl std::fmt::Display for DecisionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DecisionError::NotPending(state) => {
                write!(f, "this question is already {state}; nothing was changed")
            }
            DecisionError::Expired(at) => {
                write!(f, "this question expired at {at}; an expired question stays expired")
            }
            DecisionError::Excluded => {
                f.write_str("you asked for this or gain from it, so another person has to decide")
            }
            DecisionError::OtherDigest => f.write_str(
                "what you saw is not what waits any more; reload the page and read it again",
            ),
            DecisionError::NoReason => {
                f.write_str("a denial needs a reason: one sentence that the technician can pass on")
            }
            DecisionError::SaidYesBefore => {
                f.write_str("you said yes to this before; a second person is needed")
            }
            DecisionError::BeingChanged => f.write_str(
                "somebody asked for a change, which is being judged; look again in a moment",
            ),
            DecisionError::BadTime => {
                f.write_str("the time to run at must lie between now and a week ahead")
            }
            DecisionError::SameAction => {
                f.write_str("the change is exactly what waits; approve it instead")
            }
        }
    }
}

impl std::error::Error for DecisionError {}

/// Judges one person's decision and answers with the question as it stands then. `identities` are
/// the account ids and addresses of the person; `seen` is the digest of what they were shown.
pub fn decide(
    approval: &Approval,
    person: &PersonId,
    identities: &[String],
    seen: Digest,
    decision: &Decision,
    now: UnixMs,
) -> Result<Approval, DecisionError> {
    match &approval.state {
        ApprovalState::Pending => {}
        other => return Err(DecisionError::NotPending(other.name().into())),
    }
    if now >= approval.expires_at {
        return Err(DecisionError::Expired(approval.expires_at));
    }
    if seen != approval.digest {
        return Err(DecisionError::OtherDigest);
    }
    let plain = |text: &str| text.trim().to_lowercase();
    let mut who = identities.iter().map(|i| plain(i)).collect::<Vec<_>>();
    who.push(plain(person.as_str()));
    if approval.excluded.iter().any(|e| who.contains(&plain(e))) {
        return Err(DecisionError::Excluded);
    }
    let mut after = approval.clone();
    match decision {
        Decision::Approve => say_yes(&mut after, person, now)?,
        Decision::ApproveAt(at) => {
            if *at < now || at.since(now) > FURTHEST_MS {
                return Err(DecisionError::BadTime);
            }
            say_yes(&mut after, person, now)?;
            // Two people may name two times; the later one counts.
            after.not_before = after.not_before.max(Some(*at));
        }
        Decision::Change(action) => {
            if approval.change.is_some() {
                return Err(DecisionError::BeingChanged);
            }
            if action.digest(&approval.client) == approval.digest {
                return Err(DecisionError::SameAction);
            }
            let action: Action = (**action).clone();
            after.change =
                Some(AskedChange { by: person.clone(), at: now, identities: who.clone(), action });
        }
        Decision::Deny(reason) if reason.trim().is_empty() => return Err(DecisionError::NoReason),
        Decision::Deny(reason) => {
            after.change = None;
            after.state =
                ApprovalState::Denied { by: person.clone(), at: now, reason: reason.trim().into() };
        }
    }
    // A time to run at keeps a decided question alive until then, never one that still waits.
    if let (ApprovalState::Approved { .. }, Some(at)) = (&after.state, after.not_before) {
        after.expires_at = after.expires_at.max(at.plus_ms(LATER_SPAN_MS));
    }
    Ok(after)
}

fn say_yes(approval: &mut Approval, person: &PersonId, now: UnixMs) -> Result<(), DecisionError> {
    if approval.change.is_some() {
        return Err(DecisionError::BeingChanged);
    }
    if approval.yes.iter().any(|y| y.by == *person) {
        return Err(DecisionError::SaidYesBefore);
    }
    approval.yes.push(Yes { by: person.clone(), at: now });
    if approval.yes.len() >= usize::from(approval.needed) {
        approval.state = ApprovalState::Approved { by: person.clone(), at: now };
    }
    Ok(())
}

/// Why a change that a person asked for may not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// Nobody asked for a change, or the question is settled.
    NotAsked,
    /// The verdict is on something else than what was asked for.
    OtherAction,
    /// The gate refuses it.
    Refused(String),
    /// It weighs more than what the person was asked about.
    TierRose {
        /// The tier that was asked about.
        asked: Tier,
        /// The tier of the change.
        now: Tier,
    },
    /// The person gains from the change.
    Excluded,
    /// The time was up while it was judged.
    Expired,
}

impl std::fmt::Display for ChangeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ChangeError::NotAsked => f.write_str("no change was asked for"),
            ChangeError::OtherAction => f.write_str("something else was judged than was asked for"),
            ChangeError::Refused(why) => write!(f, "the gate refuses the change: {why}"),
            ChangeError::TierRose { asked, now } => write!(
                f,
                "the change is {now}, and you were asked about {asked}: it can make it smaller, never larger"
            ),
            ChangeError::Excluded => {
                f.write_str("who asked for the change would gain from it; another person has to")
            }
            ChangeError::Expired => {
                f.write_str("the question expired before the change was judged")
            }
        }
    }
}

impl std::error::Error for ChangeError {}

/// What a change comes to: the question that takes the old one's place, with the yes of who asked for
/// it. It keeps the old one's deadline, and is never about more than the old one was.
pub fn change(
    approval: &Approval,
    verdict: &Verdict,
    to: ApprovalId,
    now: UnixMs,
) -> Result<Approval, ChangeError> {
    let asked = match (&approval.state, &approval.change) {
        (ApprovalState::Pending, Some(asked)) => asked,
        _ => return Err(ChangeError::NotAsked),
    };
    let request = verdict.request();
    if request.client != approval.client
        || request.case != approval.case
        || verdict.digest() != asked.action.digest(&approval.client)
    {
        return Err(ChangeError::OtherAction);
    }
    if now >= approval.expires_at {
        return Err(ChangeError::Expired);
    }
    if verdict.tier() == Tier::Critical {
        let why = verdict.record().findings.first();
        return Err(ChangeError::Refused(
            why.map_or_else(|| "no reason is known".into(), |f| f.because.to_string()),
        ));
    }
    if verdict.tier() > approval.tier {
        return Err(ChangeError::TierRose { asked: approval.tier, now: verdict.tier() });
    }
    let mut excluded = approval.excluded.clone();
    if let Some(account) = asked.action.account() {
        // Also where the change is harmless enough to need no plan of its own.
        excluded.extend([account.id.clone(), account.login.to_lowercase()]);
    }
    let mut needed = approval.needed;
    if let Follow::Hold(plan) = verdict.follows() {
        excluded.extend(plan.excluded.iter().cloned());
        needed = needed.max(plan.needed);
    }
    excluded.sort();
    excluded.dedup();
    let barred = |e: &String| {
        let e = e.trim().to_lowercase();
        e == asked.by.as_str() || asked.identities.iter().any(|i| i.trim().to_lowercase() == e)
    };
    if excluded.iter().any(barred) {
        return Err(ChangeError::Excluded);
    }
    let mut after = Approval {
        id: to,
        digest: verdict.digest(),
        sentence: asked.action.sentence(),
        kind: Some(asked.action.kind()),
        excluded,
        needed,
        yes: Vec::new(),
        not_before: None,
        change: None,
        replaces: Some(approval.id),
        asked_at: now,
        state: ApprovalState::Pending,
        ..approval.clone()
    };
    let by = asked.by.clone();
    say_yes(&mut after, &by, now).map_err(|_| ChangeError::NotAsked)?;
    Ok(after)
}

/// Whether a pending question's time is up.
pub fn expire(approval: &Approval, now: UnixMs) -> bool {
    approval.state == ApprovalState::Pending && now >= approval.expires_at
}

/// Who is asked by now: the steps whose turn has come, first to last. Each stays asked when the next
/// one's turn comes. Empty: everybody who may decide.
pub fn asked(approval: &Approval, now: UnixMs) -> &[EscalationStep] {
    let mut turn = approval.asked_at;
    let mut asked = 0;
    for step in approval.steps.iter() {
        if now < turn {
            break;
        }
        asked += 1;
        turn = turn.plus_ms(step.window_ms);
    }
    approval.steps.get(..asked).unwrap_or_default()
}

/// When the next step's turn comes, if there is one before the question expires.
pub fn next_turn(approval: &Approval, now: UnixMs) -> Option<UnixMs> {
    let mut turn = approval.asked_at;
    for step in approval.steps.iter() {
        if turn > now {
            return (turn < approval.expires_at).then_some(turn);
        }
        turn = turn.plus_ms(step.window_ms);
    }
    None
}
