//! Facts for the gate: read by the platform from the client's own directory, never from prose.

use super::drive::DriveError;
use crate::{
    app::{App, Client},
    clock,
};
use connectors::CallError;
use domain::{
    Account, AccountRef, Action, BrainFacts, CaseView, Confidence, Fact, Facts, Requester,
    TicketFacts, Tier, Verification, Volume,
};
use gate::{CompiledPolicy, Policy, Request, directory};
use store::StoreError;

mod things;
mod undo;
pub(super) use undo::attempt_of as undo_of;

/// What was read for one judgement.
pub(super) struct Read {
    pub(super) facts: Facts,
    pub(super) state: State,
}

/// What would change, as it reads now; also the undo's "before".
#[derive(Default)]
pub(super) struct State {
    /// The account.
    pub(super) target: Option<Account>,
    /// Whether the account is a direct member of the group, for group actions.
    pub(super) was_member: Option<bool>,
}

/// Reads everything that this action's judgement may rest on.
///
/// A directory that cannot be asked right now is no fact about anybody: the case pauses
/// ([`CallError::Retry`]) instead of being refused. So it does while our own database is away.
pub(super) async fn read(
    app: &App,
    client: &Client,
    case: &CaseView,
    request: &Request,
) -> Result<Read, DriveError> {
    let action = &request.action;
    let policy = app.policy();
    let rules = policy.as_ref().as_ref().ok().map(CompiledPolicy::document);
    let mut facts = Facts::none("not needed for this action");
    if let Some(ticket) = action.ticket() {
        let of_this_case = *ticket == case.ticket.ticket;
        facts.ticket = Fact::known(TicketFacts { of_this_case }, "platform", clock::now());
    }
    if let Some(percent) = case.submission.as_ref().and_then(|s| s.confidence) {
        facts.confidence = Fact::known(Confidence { percent }, "brain", clock::now());
    }
    if !action.kind().is_write() || action.ticket().is_some() {
        limits(app, client, case, request, rules, &mut facts).await?;
        return Ok(Read { facts, state: State::default() });
    }
    let source = client.directory.name();
    let found = match case.ticket.from.is_empty() && case.submission.is_some() {
        // No ticket behind it: no person asked whom the platform knows.
        true => Ok(directory::requester("", &[])),
        false => now_or_gap(requester(client, &case.ticket.from).await)?,
    };
    facts.requester = fact(source, found.map(|found| of_old_ticket(case, found)));
    things::read(app, &mut facts, request, rules).await?;
    let mut read = Read { facts, state: State::default() };
    if let Some(account) = action.account() {
        account_facts(client, account, action, &mut read).await?;
    }
    if let Some(of) = request.undoes {
        read.facts.undo = undo::facts(app, request, of, &read, rules).await?;
    }
    limits(app, client, case, request, rules, &mut read.facts).await?;
    Ok(read)
}

/// What the platform itself knows: read last, after the slow reads of the directory, so that a stop, a
/// revoked brain or another request of this moment counts.
async fn limits(
    app: &App,
    client: &Client,
    case: &CaseView,
    request: &Request,
    rules: Option<&Policy>,
    facts: &mut Facts,
) -> Result<(), StoreError> {
    let action = &request.action;
    let counts = action.kind().is_write() && action.ticket().is_none();
    let volume =
        async { if counts { volume(app, case, request, rules).await.map(Some) } else { Ok(None) } };
    let cooling_down =
        async { if counts { cooling_down(app, request, rules).await.map(Some) } else { Ok(None) } };
    let open = async { ours(app.store.breaker_for(&client.id, action.kind()).await) };
    let (brain, open, volume, cooling_down) =
        tokio::try_join!(brain(app, request, rules), open, volume, cooling_down)?;
    facts.brain = brain;
    // A stop lets our own technician's record of the ticket go on, so that people learn of it.
    let own_record = action.ticket().is_some() && request.brain == app.brain;
    // Of equals the one that was opened here: it is closed here as well.
    let open = open.map(|here| match app.cells.breaker() {
        Some(there) if here.as_ref().is_none_or(|h| there.mode > h.mode) => Some(there),
        _ => here,
    });
    facts.breaker = match open {
        Ok(_) if own_record => Fact::known(None, "platform", clock::now()),
        Ok(open) => Fact::known(open, "platform", clock::now()),
        Err(why) => Fact::Missing(why),
    };
    if let (Some(volume), Some(cooling_down)) = (volume, cooling_down) {
        facts.volume = volume;
        facts.cooling_down = cooling_down;
    }
    Ok(())
}

/// How long a ticket speaks for who wrote it, in milliseconds, when another brain works on it.
const TICKET_SPEAKS_MS: i64 = 24 * 3_600_000;

/// An old ticket says who asked then, not who asks now: any of a person's tickets would otherwise stand
/// for their wish for ever.
fn of_old_ticket(case: &CaseView, found: Requester) -> Requester {
    let old =
        case.submission.is_some() && clock::now().since(case.ticket.created_at) > TICKET_SPEAKS_MS;
    match old {
        true => Requester { verification: Verification::Unverified, ..found },
        false => found,
    }
}

/// Target, group and relation of an action on an account.
async fn account_facts(
    client: &Client,
    account: &AccountRef,
    action: &Action,
    read: &mut Read,
) -> Result<(), CallError> {
    let source = client.directory.name();
    let facts = &mut read.facts;
    let found = now_or_gap(client.directory.account(&account.id).await)?;
    facts.target =
        fact(source, found.as_ref().map(|t| directory::target(&client.lists, t.as_ref(), account)));
    read.state.target = found.ok().flatten();
    let mut group = None;
    if let Some(wanted) = action.group() {
        let found = now_or_gap(client.directory.group(&wanted.id).await)?;
        let facts_of = |g: &Option<_>| directory::group(&client.lists, g.as_ref(), wanted);
        facts.group = fact(source, found.as_ref().map(facts_of));
        group = found.ok().flatten();
        if group.is_some() && read.state.target.is_some() {
            let direct = client.directory.is_direct_member(&wanted.id, &account.id).await;
            read.state.was_member = now_or_gap(direct)?.ok();
        }
    }
    let facts = &mut read.facts;
    let who = facts.requester.value();
    let found = read
        .state
        .target
        .as_ref()
        .map(|t| directory::relation(&client.lists, who, t, group.as_ref()));
    facts.relation = match found {
        Some(relation) => Fact::known(relation, source, clock::now()),
        None => Fact::Missing("the target could not be read".into()),
    };
    Ok(())
}

/// What the brain may request, and how it behaves.
async fn brain(
    app: &App,
    request: &Request,
    rules: Option<&Policy>,
) -> Result<Fact<BrainFacts>, StoreError> {
    let now = clock::now();
    if request.undoes.is_some() {
        // A person asks for it, not a brain.
        let free = BrainFacts {
            in_scope: true,
            ceiling: Tier::Critical,
            requests: 1,
            rate: 0,
            repeats: 1,
        };
        return Ok(Fact::known(free, "platform", now));
    }
    let window_ms = rules.map_or(3_600_000, |p| p.window_ms);
    let digest = request.action.digest(&request.client);
    let used = app
        .store
        .brain_usage(
            &request.brain,
            &request.client,
            digest,
            request.case,
            now.plus_ms(-60_000),
            now.plus_ms(-window_ms),
        )
        .await;
    let (requests, repeats) = match ours(used)? {
        Ok(used) => used,
        Err(why) => return Ok(Fact::Missing(why)),
    };
    if request.brain == app.brain {
        // Our own one works off a queue of tickets; how fast is the help desk's doing.
        let own =
            BrainFacts { in_scope: true, ceiling: app.brain_ceiling, requests, rate: 0, repeats };
        return Ok(Fact::known(own, "platform", now));
    }
    Ok(match ours(app.store.brain(&request.brain).await)? {
        Ok(Some(row)) => {
            let in_clients = row.clients.as_ref().is_none_or(|c| c.contains(&request.client));
            let in_kinds = row.kinds.as_ref().is_none_or(|k| k.contains(&request.action.kind()));
            let limits = BrainFacts {
                in_scope: row.revoked_at.is_none() && in_clients && in_kinds,
                ceiling: row.ceiling,
                requests,
                rate: row.rate_per_min,
                repeats,
            };
            Fact::known(limits, "platform", now)
        }
        Ok(None) => Fact::Missing(format!("{} is no brain of ours", request.brain)),
        Err(why) => Fact::Missing(why),
    })
}

/// Passes on what may pass by itself; anything else is a gap in the facts, with the reason.
fn now_or_gap<T>(result: Result<T, CallError>) -> Result<Result<T, String>, CallError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(e @ CallError::Retry { .. }) => Err(e),
        Err(e) => Ok(Err(e.to_string())),
    }
}

/// The same for what our own database says.
fn ours<T>(result: Result<T, StoreError>) -> Result<Result<T, String>, StoreError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(e) if e.is_passing() => Err(e),
        Err(e) => Ok(Err(e.to_string())),
    }
}

fn fact<T, E: AsRef<str>>(source: &str, found: Result<T, E>) -> Fact<T> {
    match found {
        Ok(value) => Fact::known(value, source, clock::now()),
        Err(why) => Fact::Missing(why.as_ref().to_owned()),
    }
}

/// Whether a person's no, or nobody's answer, still stands. It does not bar a person from taking a
/// change back.
async fn cooling_down(
    app: &App,
    request: &Request,
    rules: Option<&Policy>,
) -> Result<Fact<bool>, StoreError> {
    let now = clock::now();
    if request.undoes.is_some() {
        return Ok(Fact::known(false, "platform", now));
    }
    let cool_down_ms = rules.map_or(0, |p| p.cool_down_ms);
    let digest = request.action.digest(&request.client);
    let since = now.plus_ms(-cool_down_ms);
    Ok(match ours(app.store.cooling_down(&request.client, digest, since).await)? {
        Ok(found) => Fact::known(found.is_some(), "platform", now),
        Err(why) => Fact::Missing(why),
    })
}

async fn volume(
    app: &App,
    case: &CaseView,
    request: &Request,
    rules: Option<&Policy>,
) -> Result<Fact<Volume>, StoreError> {
    let now = clock::now();
    // Everything of this kind that the same submission names weighs together, done or not.
    let mut targets = request.action.target_keys();
    for other in case.submission.iter().flat_map(|s| &s.actions) {
        if other.kind() == request.action.kind() {
            targets.extend(other.target_keys());
        }
    }
    targets.sort();
    targets.dedup();
    let window = rules.map_or(3_600_000, |p| p.window_ms);
    let touched = app
        .store
        .targets_touched(
            &request.client,
            request.brain.as_str(),
            request.action.kind().name(),
            &targets,
            now.plus_ms(-window),
        )
        .await;
    Ok(match ours(touched)? {
        Ok(targets) => Fact::known(Volume { targets }, "platform", now),
        Err(why) => Fact::Missing(why),
    })
}

/// Who a ticket's sender is: exactly one active account with that address on file, or nobody.
async fn requester(client: &Client, address: &str) -> Result<Requester, CallError> {
    if address.is_empty() {
        return Ok(directory::requester("", &[]));
    }
    let query = domain::AccountQuery::Address(address.to_owned());
    let found = client.directory.find_accounts(&query).await?;
    Ok(directory::requester(address, &found))
}
