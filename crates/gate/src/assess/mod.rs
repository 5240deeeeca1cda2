//! One file per assessor. Each answers with findings, and a finding is a minimum: it can only raise.

use crate::{
    CompiledPolicy, Request,
    policy::{ClientRules, RuleSet, Traits},
};
use domain::{ActionKind, Because, Facts, Finding, Seen, Tier, UnixMs};

mod autonomy;
mod base;
mod blast_radius;
mod brain;
mod breaker;
mod business_hours;
mod change_freeze;
mod confidence;
mod cool_down;
mod cost;
mod custom_rules;
mod data_sensitivity;
mod device_state;
mod fleet;
mod foreign_ticket;
mod group_sensitivity;
mod hypercare;
mod maintenance_window;
mod missing_facts;
mod patch;
mod privileged_target;
mod relation;
mod requester_identity;
mod reversibility;
mod script;
mod two_person;
mod undo;

/// Everything an assessor may look at. Facts are seen fresh: a stale one counts as missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ctx<'a> {
    pub(crate) policy: &'a CompiledPolicy,
    pub(crate) rules: &'a ClientRules,
    pub(crate) custom: Option<RuleSet<'a>>,
    pub(crate) request: &'a Request,
    pub(crate) kind: ActionKind,
    pub(crate) write: bool,
    pub(crate) infrastructure: bool,
    pub(crate) traits: &'a Traits,
    pub(crate) base: (Tier, &'static str),
    /// For reasons only: what is judged is in `seen`.
    pub(crate) facts: &'a Facts,
    pub(crate) seen: Seen<'a>,
    pub(crate) now: UnixMs,
}

impl<'a> Ctx<'a> {
    #[inline]
    pub(crate) fn new(
        policy: &'a CompiledPolicy,
        request: &'a Request,
        facts: &'a Facts,
        now: UnixMs,
    ) -> Ctx<'a> {
        let kind = request.action.kind();
        let client = policy.client(&request.client);
        let (rules, custom) = (&*client.rules, policy.custom(client));
        custom.iter().for_each(|rules| rules.fetch(kind));
        let traits = policy.traits(kind);
        let Traits { write, infrastructure, .. } = *traits;
        let in_window = infrastructure && rules.calendar.open_window(kind, now).is_some();
        let seen = Seen::of(facts, policy.document().max_fact_age_ms, now, in_window);
        let base = request.action.base(&seen);
        Ctx {
            policy,
            rules,
            request,
            kind,
            write,
            infrastructure,
            traits,
            base,
            facts,
            seen,
            now,
            custom,
        }
    }
}

/// Where findings go. Judging for the tier alone keeps nothing else.
pub(crate) trait Sink {
    /// The verdict is at least `minimum`. `because` is only asked for when it is kept.
    fn raise(
        &mut self,
        assessor: &'static str,
        minimum: Tier,
        code: &'static str,
        because: impl FnOnce() -> Because,
    );

    /// The highest minimum so far.
    fn highest(&self) -> Option<Tier>;

    /// Whether findings that change nothing any more are kept.
    const KEEPS: bool;

    /// Whether nothing that may still be found matters.
    #[inline]
    fn settled(&self) -> bool {
        !Self::KEEPS && self.highest() == Some(Tier::Critical)
    }
}

/// Keeps every finding.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Strictest first; those of a tier in the order in which they came.
    pub(crate) all: Vec<Finding>,
    highest: Option<Tier>,
    /// How many there are of each tier and above.
    upto: [usize; 4],
}

impl Sink for Findings {
    const KEEPS: bool = true;

    #[inline]
    fn raise(
        &mut self,
        assessor: &'static str,
        minimum: Tier,
        code: &'static str,
        because: impl FnOnce() -> Because,
    ) {
        self.highest = self.highest.max(Some(minimum));
        if self.all.is_empty() {
            // Few verdicts have more; one small allocation is enough for them.
            self.all.reserve(6);
        }
        let at = self.upto.get(minimum as usize).copied().unwrap_or(self.all.len());
        let finding =
            Finding { assessor: assessor.into(), minimum, code: code.into(), because: because() };
        if at < self.all.len() {
            self.all.insert(at, finding);
        } else {
            self.all.push(finding);
        }
        self.upto.iter_mut().take(minimum as usize + 1).for_each(|n| *n += 1);
    }

    fn highest(&self) -> Option<Tier> {
        self.highest
    }
}

/// Keeps the tier only. Allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Highest(Option<Tier>);

impl Sink for Highest {
    const KEEPS: bool = false;

    #[inline]
    fn raise(
        &mut self,
        _assessor: &'static str,
        minimum: Tier,
        _code: &'static str,
        _because: impl FnOnce() -> Because,
    ) {
        self.0 = self.0.max(Some(minimum));
    }

    fn highest(&self) -> Option<Tier> {
        self.0
    }
}

#[cfg(test)]
type Assessor = fn(&Ctx<'_>, &mut Findings);

macro_rules! assessors {
    ($list:ident, $ask:ident: $($name:ident,)*) => {
        /// Every assessor with its name, which stands in its findings.
        #[cfg(test)]
        pub(crate) const $list: &[(&str, Assessor)] =
            &[$((stringify!($name), $name::assess::<Findings>),)*];

        fn $ask<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
            $(
                $name::assess(ctx, out);
                if out.settled() {
                    return;
                }
            )*
        }
    };
}

// What often decides comes first and what takes longest last: for the tier alone.
assessors! {
    DECISIVE, ask_decisive:
    brain,
    missing_facts,
    cool_down,
    breaker,
    base,
    autonomy,
    privileged_target,
    device_state,
    group_sensitivity,
    foreign_ticket,
    two_person,
    undo,
    blast_radius,
    requester_identity,
    relation,
    data_sensitivity,
    maintenance_window,
    patch,
    script,
    fleet,
    cost,
    confidence,
    hypercare,
    reversibility,
    business_hours,
    change_freeze,
    custom_rules,
}

// In the order of findings, so that little is left to sort: for all of them.
assessors! {
    ASSESSORS, ask_in_order:
    autonomy,
    base,
    blast_radius,
    brain,
    breaker,
    business_hours,
    change_freeze,
    confidence,
    cool_down,
    cost,
    custom_rules,
    data_sensitivity,
    device_state,
    fleet,
    foreign_ticket,
    group_sensitivity,
    hypercare,
    maintenance_window,
    missing_facts,
    patch,
    privileged_target,
    relation,
    requester_identity,
    reversibility,
    script,
    two_person,
    undo,
}

/// Asks every assessor, and the brain's ceiling last.
#[inline]
pub(crate) fn ask<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    match S::KEEPS {
        true => ask_in_order(ctx, out),
        false => ask_decisive(ctx, out),
    }
    brain::ceiling(ctx, out);
}

/// The tier that the findings come to, after an undo's due (see [`undo::due`]).
#[inline]
pub(crate) fn tier<S: Sink>(ctx: &Ctx<'_>, out: &S) -> Tier {
    undo::due(ctx, out.highest().unwrap_or(Tier::Critical))
}

#[cfg(test)]
mod tests;
