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
    pub(crate) custom: &'a RuleSet,
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
        let (rules, custom) = (&*client.rules, &*client.custom);
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
    fn keeps(&self) -> bool;

    /// Whether nothing that may still be found matters.
    #[inline]
    fn settled(&self) -> bool {
        !self.keeps() && self.highest() == Some(Tier::Critical)
    }
}

/// Keeps every finding.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) all: Vec<Finding>,
    highest: Option<Tier>,
}

impl Sink for Findings {
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
        self.all.push(Finding {
            assessor: assessor.into(),
            minimum,
            code: code.into(),
            because: because(),
        });
    }

    fn highest(&self) -> Option<Tier> {
        self.highest
    }

    fn keeps(&self) -> bool {
        true
    }
}

/// Keeps the tier only. Allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Highest(Option<Tier>);

impl Sink for Highest {
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

    fn keeps(&self) -> bool {
        false
    }
}

#[cfg(test)]
type Assessor = fn(&Ctx<'_>, &mut Findings);

macro_rules! assessors {
    ($($name:ident,)*) => {
        /// Every assessor with its name, which stands in its findings.
        #[cfg(test)]
        pub(crate) const ASSESSORS: &[(&str, Assessor)] =
            &[$((stringify!($name), $name::assess::<Findings>),)*];

        fn ask_each<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
            $(
                $name::assess(ctx, out);
                if out.settled() {
                    return;
                }
            )*
        }
    };
}

// What often decides comes first and what takes longest last; findings do not depend on the order.
assessors! {
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

/// Asks every assessor, and the brain's ceiling last.
#[inline]
pub(crate) fn ask<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    ask_each(ctx, out);
    brain::ceiling(ctx, out);
}

/// The tier that the findings come to, after an undo's due (see [`undo::due`]).
#[inline]
pub(crate) fn tier<S: Sink>(ctx: &Ctx<'_>, out: &S) -> Tier {
    undo::due(ctx, out.highest().unwrap_or(Tier::Critical))
}

#[cfg(test)]
mod tests;
