//! The MSP's own conditions. They can only raise; one that cannot be evaluated raises as well.

use super::{Ctx, Sink};
use crate::{
    calendar::Moment,
    rules::{Outcome, Value, Var, Variables},
};
use domain::{Because, Blank, DataMark, DeviceHealth, DeviceRole, Tier};
use std::cell::OnceCell;

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    let Some(rules) = ctx.custom else {
        return out.raise("custom_rules", Tier::Critical, "custom_rules_lost", || {
            Because::Fixed("the client's own rules cannot be found")
        });
    };
    if !rules.has(ctx.kind) {
        return;
    }
    let known = Known { ctx, moment: OnceCell::new() };
    // Strictest first: what escalates no further can change nothing any more.
    let above = if S::KEEPS { None } else { out.highest() };
    for (rule, outcome) in rules.ask(ctx.kind, above, &known) {
        match outcome {
            Outcome::DoesNotMatch => continue,
            Outcome::Matches => {
                let why = || Because::Shared(rule.reason.clone());
                out.raise("custom_rules", rule.escalate_to, "custom_rule", why);
            }
            Outcome::Failed(failure) => {
                out.raise("custom_rules", rule.escalate_to, "custom_rule_failed", || {
                    Because::filled(
                        "{}; it could not be evaluated: {}",
                        [Blank::Text(rule.reason.clone()), Blank::Text(failure.to_string().into())],
                    )
                });
            }
        }
        if !S::KEEPS {
            // The others escalate no further.
            return;
        }
    }
}

/// What rules may look at.
struct Known<'a> {
    ctx: &'a Ctx<'a>,
    moment: OnceCell<Moment>,
}

impl Known<'_> {
    fn moment(&self) -> &Moment {
        self.moment.get_or_init(|| self.ctx.rules.calendar.at(self.ctx.now))
    }
}

fn int(n: impl TryInto<i64>) -> Value<'static> {
    Value::Int(n.try_into().unwrap_or(i64::MAX))
}

fn maybe<'v, T>(fact: Option<T>, value: impl FnOnce(T) -> Value<'v>) -> Value<'v> {
    fact.map_or(Value::Missing, value)
}

impl Variables for Known<'_> {
    fn get(&self, var: Var) -> Value<'_> {
        let (ctx, seen) = (self.ctx, &self.ctx.seen);
        let devices = |is: fn(&domain::DeviceFacts) -> bool| {
            maybe(seen.devices, |all| int(all.iter().filter(|d| is(d)).count()))
        };
        match var {
            Var::Action => Value::Str(ctx.kind.name()),
            Var::Client => Value::Str(ctx.request.client.as_str()),
            Var::Brain => Value::Str(ctx.request.brain.as_str()),
            Var::IsWrite => Value::Bool(ctx.write),
            Var::Targets => int(ctx.request.action.targets()),
            Var::TargetsInWindow => maybe(seen.volume, |v| int(v.targets)),
            Var::Hour => int(self.moment().hour),
            Var::Minute => int(self.moment().minute),
            Var::Weekday => Value::Str(self.moment().weekday.name()),
            Var::Weekend => Value::Bool(self.moment().weekend),
            Var::InMaintenanceWindow => {
                Value::Bool(ctx.rules.calendar.open_window(ctx.kind, ctx.now).is_some())
            }
            // Without written hours nobody knows; a rule that asks for them fails, and raises.
            Var::InBusinessHours if !ctx.rules.calendar.has_business_hours() => Value::Missing,
            Var::InBusinessHours => Value::Bool(self.moment().in_business_hours),
            Var::InChangeFreeze => {
                Value::Bool(ctx.rules.calendar.freeze(ctx.kind, ctx.now).is_some())
            }
            Var::Autonomy => Value::Str(ctx.rules.autonomy.of(ctx.kind).name()),
            Var::Hypercare => {
                Value::Bool(ctx.rules.hypercare.is_some_and(|(until, _)| ctx.now < until))
            }
            Var::Regulated => Value::Bool(!ctx.rules.regulated.is_empty()),
            Var::Verification => maybe(seen.requester, |r| Value::Str(r.verification.name())),
            Var::RequesterVerified => maybe(seen.requester, |r| {
                Value::Bool(r.verification >= domain::Verification::AddressOnFile)
            }),
            Var::RequesterIs => maybe(seen.relation, |r| Value::Str(r.name())),
            Var::Confidence => maybe(seen.confidence, |c| int(c.percent)),
            Var::TargetPrivileged => maybe(seen.target, |t| Value::Bool(!t.privileged.is_empty())),
            Var::TargetService => maybe(seen.target, |t| Value::Bool(!t.service.is_empty())),
            Var::GroupName => maybe(ctx.request.action.group(), |g| Value::Str(g.name.as_str())),
            Var::GroupSensitivity => maybe(seen.group, |g| Value::Str(g.sensitivity.name())),
            Var::MailboxSensitivity => maybe(seen.mailbox, |m| Value::Str(m.sensitivity.name())),
            Var::PersonalData => self.personal_data(),
            Var::UserActive => maybe(seen.devices, |all| {
                Value::Bool(all.iter().any(|d| d.user_active != Some(false)))
            }),
            Var::DeviceRole => maybe(seen.devices, |all| {
                Value::Str(all.iter().map(|d| d.role).max().map_or("unknown", DeviceRole::name))
            }),
            Var::Servers => devices(|d| d.role != DeviceRole::Workstation),
            Var::OfflineDevices => devices(|d| !d.online),
            Var::FailingDevices => devices(|d| d.health == DeviceHealth::Failing),
            // Lists go through `texts`.
            Var::DeviceNames | Var::DeviceRoles => Value::Missing,
            Var::ScriptId => match &ctx.request.action {
                domain::Action::RunScript(a) => Value::Str(&a.script.id),
                _ => Value::Missing,
            },
            Var::ScriptApproved => {
                maybe(seen.script, |s| Value::Bool(s.in_library && s.hash_matches && s.in_scope))
            }
            Var::PatchSeverity => maybe(seen.patch, |p| Value::Str(p.highest.name())),
            Var::KnownExploited => maybe(seen.patch, |p| Value::Bool(p.known_exploited)),
            Var::FleetAttempts => maybe(seen.fleet, |f| int(f.attempts)),
            Var::FleetFailures => maybe(seen.fleet, |f| int(f.failures)),
            Var::FleetFailurePercent => maybe(seen.fleet, |f| match f.attempts {
                0 => Value::Int(0),
                n => int(u64::from(f.failures) * 100 / u64::from(n)),
            }),
            Var::MonthlyCost => maybe(seen.cost, |c| Value::Int(c.monthly_minor)),
            Var::FreeSeats => maybe(seen.cost, |c| int(c.free_seats)),
        }
    }

    fn texts(&self, var: Var, see: &mut dyn FnMut(&str)) -> bool {
        match (var, self.ctx.seen.devices) {
            (Var::DeviceNames, _) => {
                self.ctx.request.action.devices().iter().for_each(|d| see(&d.name));
                true
            }
            (Var::DeviceRoles, Some(devices)) => {
                devices.iter().for_each(|d| see(d.role.name()));
                true
            }
            _ => false,
        }
    }
}

impl Known<'_> {
    fn personal_data(&self) -> Value<'_> {
        let seen = &self.ctx.seen;
        let marks: Option<&Vec<DataMark>> =
            seen.group.map(|g| &g.marks).or(seen.mailbox.map(|m| &m.marks));
        maybe(marks, |m| Value::Bool(!m.is_empty()))
    }
}
