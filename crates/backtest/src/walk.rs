//! A whole history, ticket by ticket in the order of time.

use crate::{
    company::Directory,
    desk, figures, judge,
    playbook::{self, Seen},
    prepare::{self, Prepared},
    replay::{self, Bench, Replayed, Touched},
    report::{Difference, MOST_DIFFERENCES, Report},
    rules,
    tally::Tally,
};
use domain::{
    ActionKind, Agreement, BrainId, ClientId, Intent, Org, PastTicket, Tier, UnixMs, Would,
    playbook::Playbook,
};
use gate::{CompiledPolicy, directory::Lists};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use technician::{Model, Profile};

/// How to replay.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The gate's rules.
    pub policy: CompiledPolicy,
    /// The brain that asks.
    pub brain: BrainId,
    /// What it may request at most.
    pub ceiling: Tier,
    /// What the plan has to know; [`Profile::can`] decides which changes are possible.
    pub profile: Profile,
    /// The clients of the policy. One of them is everybody's; of several, each is for the tickets whose customer has one of its names.
    pub clients: Vec<Known>,
    /// Groups that are the first level, as the source names them; empty: the largest one is taken.
    pub level1: Vec<String>,
    /// What an hour of a technician costs.
    pub hourly_rate: f64,
    /// Its currency.
    pub currency: String,
    /// Minutes a ticket takes where the source does not say.
    pub minutes: f64,
    /// Minutes a yes takes.
    pub approval_minutes: f64,
    /// A kind of ticket is safe alone when fewer than this are wrong, with 95 % confidence.
    pub risk: f64,
}

impl Settings {
    /// The usual ones under this policy, for a directory that can make these changes.
    pub fn new(policy: CompiledPolicy, brain: BrainId, can: &[ActionKind]) -> Settings {
        Settings {
            policy,
            brain,
            ceiling: Tier::High,
            profile: Profile { can: can.to_vec(), ..Profile::default() },
            clients: Vec::new(),
            level1: Vec::new(),
            hourly_rate: 60.0,
            currency: "EUR".into(),
            minutes: 12.0,
            approval_minutes: 2.0,
            risk: 0.05,
        }
    }
}

/// A client that the policy and the configuration know.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its id in the policy.
    pub id: ClientId,
    /// What help desks call it.
    pub names: Vec<String>,
    /// What its configuration lists by name.
    pub lists: Lists,
}

/// Replays a history. `orgs` are the companies' directories, as far as they are known.
pub fn backtest(
    title: &str,
    tickets: &[PastTicket],
    orgs: &[Org],
    model: &Model,
    settings: &Settings,
) -> Report {
    learn(title, tickets, orgs, model, settings).0
}

/// Replays a history, and makes of it a playbook for each client, by the source's name for it.
pub fn learn(
    title: &str,
    tickets: &[PastTicket],
    orgs: &[Org],
    model: &Model,
    settings: &Settings,
) -> (Report, Vec<(String, Playbook)>) {
    let mut assumptions = Vec::new();
    let prepared = prepare::prepare(tickets, model);
    let mut order: Vec<usize> = (0..tickets.len()).collect();
    order.sort_by_key(|at| prepared.get(*at).map(|p| p.at));
    let level1 = level1(tickets, settings, &mut assumptions);
    let directories = Directories::of(tickets, orgs, settings);
    directories.assumptions(&mut assumptions);
    let mut tally = Tally::new(tickets, &prepared, settings);
    let mut shadow = Vec::new();
    let mut rows = Vec::with_capacity(tickets.len());
    let mut touched: HashMap<&str, Touched> = HashMap::new();
    for at in &order {
        let (Some(ticket), Some(seen)) = (tickets.get(*at), prepared.get(*at)) else { continue };
        let Some(bench) = directories.bench(ticket, settings) else { continue };
        let touched = touched.entry(ticket.client.as_str()).or_default();
        let replayed = one(bench, ticket, seen, touched, false);
        let agreement = judge::agreement(&replayed, seen, ticket, &level1);
        if let Some(row) = bolder(bench, ticket, seen, &replayed, &agreement, &level1) {
            shadow.push(row);
        }
        rows.push(Seen::of(*at, &replayed, &agreement));
        tally.count(*at, replayed, agreement, bench.directory);
    }
    let mut report = tally.report(title, &mut assumptions);
    report.clients = directories.clients;
    report.curve = figures::curve(shadow.clone(), tickets.len());
    let known: Vec<(f64, bool)> =
        shadow.iter().filter_map(|(c, right)| Some((*c, (*right)?))).collect();
    report.calibration = figures::bins(&known);
    report.calibration_error = figures::calibration_error(&report.calibration);
    report.routing = desk::routing(tickets, &prepared, &order);
    report.rules_need_a_directory = orgs.is_empty();
    let rules = rules::rules(tickets, orgs, &order, |at| kind(tickets, &prepared, at));
    let playbooks = playbook::playbooks(tickets, &prepared, &rows, &rules);
    report.rules = rules::shown(rules);
    report.assumptions = assumptions;
    (report, playbooks)
}

fn one(
    bench: Bench<'_>,
    ticket: &PastTicket,
    seen: &Prepared,
    touched: &mut Touched,
    bold: bool,
) -> Replayed {
    let mut incoming = prepare::incoming(ticket, seen.at);
    if let Some(name) = bench.directory.name_of(&incoming.from) {
        incoming.from_name = name.to_owned();
    }
    let mut understanding = seen.understanding.clone();
    understanding.abstained &= !bold;
    replay::replay(bench, incoming, &understanding, seen.timed, touched)
}

/// Confidence and truth for the curve: also of tickets on which the technician abstains, as if it did not.
fn bolder(
    bench: Bench<'_>,
    ticket: &PastTicket,
    seen: &Prepared,
    replayed: &Replayed,
    agreement: &Agreement,
    level1: &BTreeSet<String>,
) -> Option<(f64, Option<bool>)> {
    let of = &seen.understanding;
    let acts = !matches!(of.intent, Intent::Other | Intent::Thanks | Intent::SecurityIncident);
    let closed = |r: &Replayed| matches!(r.would, Would::CloseAlone | Would::CloseAfterYes);
    if !acts {
        return None;
    }
    if !of.abstained {
        return closed(replayed).then(|| (of.confidence, agreement.right()));
    }
    let bold = one(bench, ticket, seen, &mut Touched::default(), true);
    closed(&bold).then(|| (of.confidence, judge::agreement(&bold, seen, ticket, level1).right()))
}

/// The first level's groups, lower case; empty where the source names no groups.
fn level1(
    tickets: &[PastTicket],
    settings: &Settings,
    assumptions: &mut Vec<String>,
) -> BTreeSet<String> {
    if !settings.level1.is_empty() {
        return settings.level1.iter().map(|g| g.to_lowercase()).collect();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for ticket in tickets.iter().filter(|t| !t.group.is_empty()) {
        *counts.entry(&ticket.group).or_default() += 1;
    }
    let largest = counts.iter().max_by_key(|(_, n)| **n);
    match (counts.len() > 1, largest) {
        (true, Some((name, n))) => {
            let percent = 100 * n / tickets.len().max(1);
            assumptions.push(format!(
                "{name} is the first level: it has the most tickets ({percent} %). Name other groups with --level1."
            ));
            BTreeSet::from([name.to_lowercase()])
        }
        _ => BTreeSet::new(),
    }
}

/// The companies of a history.
struct Directories {
    /// By the source's name of the client.
    by_client: HashMap<String, (Known, Directory)>,
    clients: Vec<(String, u32)>,
    /// Customers that the policy does not know.
    strangers: usize,
}

impl Directories {
    fn of(tickets: &[PastTicket], orgs: &[Org], settings: &Settings) -> Directories {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for ticket in tickets {
            *counts.entry(&ticket.client).or_default() += 1;
        }
        let mut by_client = HashMap::new();
        let mut strangers = 0;
        for (n, name) in counts.keys().enumerate() {
            let single = counts.len() == 1 && orgs.len() == 1;
            let org = orgs.iter().find(|o| single || o.client.eq_ignore_ascii_case(name));
            let directory = org.map_or_else(Directory::assumed, Directory::of);
            let known = match settings.clients.as_slice() {
                [only] => Some(only.clone()),
                several => several
                    .iter()
                    .find(|k| k.names.iter().any(|n| n.eq_ignore_ascii_case(name)))
                    .cloned(),
            };
            strangers += usize::from(known.is_none());
            let stranger = || {
                let id = ClientId::new(format!("unknown-client-{n}")).ok()?;
                Some(Known { id, names: Vec::new(), lists: Lists::default() })
            };
            if let Some(known) = known.or_else(stranger) {
                by_client.insert((*name).to_owned(), (known, directory));
            }
        }
        let many = counts.len() > 1;
        let clients =
            counts.into_iter().filter(|_| many).map(|(name, n)| (name.to_owned(), n)).collect();
        Directories { by_client, clients, strangers }
    }

    fn bench<'a>(&'a self, ticket: &PastTicket, settings: &'a Settings) -> Option<Bench<'a>> {
        let (known, directory) = self.by_client.get(&ticket.client)?;
        Some(Bench {
            policy: &settings.policy,
            profile: &settings.profile,
            lists: &known.lists,
            client: &known.id,
            brain: &settings.brain,
            ceiling: settings.ceiling,
            directory,
        })
    }

    fn assumptions(&self, out: &mut Vec<String>) {
        let all = self.by_client.len();
        let unknown = self.by_client.values().filter(|(_, d)| d.assumed).count();
        if unknown > 0 {
            let of = if unknown == all {
                String::new()
            } else {
                format!(" for {unknown} of {all} clients")
            };
            out.push(format!(
                "There is no directory{of}: whoever writes or is named is taken for one active account, reached at the address on file, and every group that is named exists. \
                 With --directory the real one is asked; some tickets then go to people."
            ));
        }
        if self.strangers > 0 {
            let all = self.by_client.len();
            out.push(format!("The policy names no client for {} of {all} customers in the history: what it says for everybody counts for them.", self.strangers));
        }
        out.push("The changes that are possible are those of the directory connectors: unlock, reset, require a new password, enable, disable, group membership.".into());
        out.push("Accounts stood as their users said: locked when somebody asked to be let in, not yet a member when somebody asked to be added.".into());
        out.push("Everybody who is asked for approval says yes, in time.".into());
    }
}

/// The desk's own category where it has one, else what is asked.
fn kind<'a>(tickets: &'a [PastTicket], prepared: &'a [Prepared], at: usize) -> &'a str {
    match tickets.get(at).map(|t| t.category.as_str()).filter(|c| !c.is_empty()) {
        Some(category) => category,
        None => prepared.get(at).map_or("", |p| p.understanding.intent.name()),
    }
}

/// Disagreements as the report lists them.
pub(crate) fn difference(
    ticket: &PastTicket,
    seen: &Prepared,
    replayed: &Replayed,
    theirs: &str,
) -> Difference {
    let kinds: BTreeSet<ActionKind> = replayed.changes.iter().map(domain::Action::kind).collect();
    let ours = match kinds.is_empty() {
        true => replayed.reason.clone(),
        false => judge::words(&kinds),
    };
    Difference {
        ticket: ticket.id.clone(),
        subject: ticket.subject.chars().take(160).collect(),
        ours,
        theirs: theirs.to_owned(),
        after_yes: replayed.would == Would::CloseAfterYes,
        percent: (seen.understanding.confidence * 100.0).round() as u32,
    }
}

/// The newest disagreements.
pub(crate) fn newest(mut all: Vec<(UnixMs, Difference)>) -> Vec<Difference> {
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.truncate(MOST_DIFFERENCES);
    all.into_iter().map(|(_, d)| d).collect()
}
