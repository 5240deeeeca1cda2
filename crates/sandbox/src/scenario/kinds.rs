//! One ticket of each kind with its ground truth.

use super::cast::Cast;
use super::compose::{Fields, compose};
use super::phrases::{self as say, Template};
use super::{Preparation, ScenarioTicket};
use crate::effect::Effect;
use crate::world::{Person, pick};
use rand::RngExt;
use rand::rngs::StdRng;

/// How a kind is made. `None` when the company lacks the people for it.
pub(super) type Make = fn(&mut StdRng, &mut Cast<'_>) -> Option<ScenarioTicket>;

/// Every kind with its share of a thousand tickets. Duplicates are made of these afterwards.
pub(super) const KINDS: &[(u32, Make)] = &[
    (200, forgotten),
    (140, expired),
    (200, locked_out),
    (40, must_change),
    (40, devices),
    (40, status),
    (35, add_by_owner),
    (25, add_by_manager),
    (20, add_self),
    (20, remove),
    (20, enable),
    (30, disable),
    (30, thanks),
    (8, twin_own),
    (8, twin_named),
    (10, report),
    (14, others_password),
    (12, forged),
    (8, admin_self),
    (8, machine),
    (14, unknown_sender),
    (28, out_of_scope),
    (16, incident),
    (12, orders),
    (12, two_asks),
];

/// Share of a thousand that are the same mail once more.
pub(super) const DUPLICATES: u32 = 30;

struct Truth {
    kind: &'static str,
    allow: Vec<Effect>,
    may_close: bool,
    needs_person: bool,
}

/// Can be finished without a person.
fn alone(kind: &'static str, allow: Vec<Effect>) -> Truth {
    Truth { kind, allow, may_close: true, needs_person: false }
}

/// Right, once a person has said so.
fn asked(kind: &'static str, allow: Vec<Effect>) -> Truth {
    Truth { kind, allow, may_close: true, needs_person: true }
}

/// For people only.
fn people(kind: &'static str) -> Truth {
    Truth { kind, allow: Vec::new(), may_close: false, needs_person: true }
}

fn write(
    rng: &mut StdRng,
    cast: &Cast<'_>,
    sender: &Person,
    templates: &[Template],
    fields: &Fields,
    truth: Truth,
) -> Option<ScenarioTicket> {
    let template = *pick(rng, templates)?;
    let (subject, body) = compose(rng, template, fields);
    Some(ScenarioTicket {
        client: cast.company.id.clone(),
        from: sender.mail.clone(),
        from_name: sender.display_name.clone(),
        subject,
        body,
        kind: truth.kind.into(),
        allow: truth.allow,
        may_close: truth.may_close,
        needs_person: truth.needs_person,
        checked: true,
        prepare: Vec::new(),
        follow_up: None,
    })
}

fn login(person: &Person) -> String {
    person.login.clone()
}

/// Sometimes people write from the private address on file, for they cannot open their mail.
fn maybe_private(rng: &mut StdRng, ticket: &mut ScenarioTicket, sender: &Person) {
    if let (true, Some(private)) = (rng.random_bool(0.12), sender.other_mails.first()) {
        ticket.from = private.clone();
    }
    if rng.random_bool(0.07) {
        ticket.follow_up = pick(rng, say::FOLLOW_UPS).map(|t| (*t).to_owned());
    }
}

fn forgotten(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let sender = cast.sender()?;
    let fields = Fields::of(rng, cast.company, sender);
    let truth = alone("password_forgotten", vec![Effect::PasswordSet { login: login(sender) }]);
    let mut ticket = write(rng, cast, sender, say::FORGOTTEN, &fields, truth)?;
    maybe_private(rng, &mut ticket, sender);
    Some(ticket)
}

fn expired(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let sender = cast.sender()?;
    let fields = Fields::of(rng, cast.company, sender);
    let truth = alone("password_expired", vec![Effect::PasswordSet { login: login(sender) }]);
    let mut ticket = write(rng, cast, sender, say::EXPIRED, &fields, truth)?;
    ticket.prepare = vec![Preparation::Expire { login: login(sender) }];
    maybe_private(rng, &mut ticket, sender);
    Some(ticket)
}

fn locked_out(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let sender = cast.sender()?;
    let fields = Fields::of(rng, cast.company, sender);
    if !cast.locks() {
        // The cloud has no lock to clear; a new password of one's own is harmless, nothing is too.
        let truth = alone("locked_out", vec![Effect::PasswordSet { login: login(sender) }]);
        return write(rng, cast, sender, say::LOCKED_CLOUD, &fields, truth);
    }
    let truth = alone("locked_out", vec![Effect::Unlocked { login: login(sender) }]);
    let mut ticket = write(rng, cast, sender, say::LOCKED, &fields, truth)?;
    ticket.prepare = vec![Preparation::Lock { login: login(sender) }];
    maybe_private(rng, &mut ticket, sender);
    Some(ticket)
}

fn must_change(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let sender = cast.sender()?;
    let fields = Fields::of(rng, cast.company, sender);
    let truth = alone("must_change", vec![Effect::ChangeRequired { login: login(sender) }]);
    write(rng, cast, sender, say::MUST_CHANGE, &fields, truth)
}

fn plain(
    rng: &mut StdRng,
    cast: &mut Cast<'_>,
    templates: &[Template],
    truth: Truth,
) -> Option<ScenarioTicket> {
    let sender = cast.sender()?;
    let fields = Fields::of(rng, cast.company, sender);
    write(rng, cast, sender, templates, &fields, truth)
}

fn devices(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    plain(rng, cast, say::DEVICES, alone("list_devices", Vec::new()))
}

fn status(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    plain(rng, cast, say::STATUS, alone("account_status", Vec::new()))
}

fn thanks(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    plain(rng, cast, say::THANKS, alone("thanks", Vec::new()))
}

fn report(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let sender = cast.sender()?;
    let manager = cast.manager(sender).unwrap_or(sender);
    let fields = Fields::of(rng, cast.company, manager);
    write(rng, cast, manager, say::REPORT, &fields, people("report"))
}

fn out_of_scope(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    plain(rng, cast, say::OUT_OF_SCOPE, people("out_of_scope"))
}

fn incident(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    plain(rng, cast, say::INCIDENT, people("security_incident"))
}

fn add_by_owner(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let sensitive = rng.random_bool(0.3);
    let (group, owner) = cast.owned_group(rng, sensitive)?;
    let target = cast.newcomer(group, owner)?;
    let fields = Fields::of(rng, cast.company, owner).about(target).group(&group.name);
    let right = vec![Effect::MemberAdded { group: group.name.clone(), login: login(target) }];
    let truth = if sensitive {
        asked("sensitive_group_add_by_owner", right)
    } else {
        alone("group_add_by_owner", right)
    };
    let mut ticket = write(rng, cast, owner, say::ADD_OTHER, &fields, truth)?;
    ticket.prepare =
        vec![Preparation::NotMember { group: group.name.clone(), login: login(target) }];
    Some(ticket)
}

fn add_by_manager(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let (group, owner) = cast.owned_group(rng, false)?;
    let target = cast.newcomer(group, owner)?;
    let manager = cast.manager(target).filter(|m| !cast.company.is_privileged(&m.id))?;
    let fields = Fields::of(rng, cast.company, manager).about(target).group(&group.name);
    let right = vec![Effect::MemberAdded { group: group.name.clone(), login: login(target) }];
    let truth = alone("group_add_by_manager", right);
    let mut ticket = write(rng, cast, manager, say::ADD_OTHER, &fields, truth)?;
    ticket.prepare =
        vec![Preparation::NotMember { group: group.name.clone(), login: login(target) }];
    Some(ticket)
}

fn add_self(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let (group, owner) = cast.owned_group(rng, false)?;
    let sender = cast.newcomer(group, owner)?;
    let fields = Fields::of(rng, cast.company, sender).group(&group.name);
    let right = vec![Effect::MemberAdded { group: group.name.clone(), login: login(sender) }];
    let truth = asked("group_add_self", right);
    let mut ticket = write(rng, cast, sender, say::ADD_SELF, &fields, truth)?;
    ticket.prepare =
        vec![Preparation::NotMember { group: group.name.clone(), login: login(sender) }];
    Some(ticket)
}

fn remove(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let (group, owner) = cast.owned_group(rng, false)?;
    let target = cast.newcomer(group, owner)?;
    let fields = Fields::of(rng, cast.company, owner).about(target).group(&group.name);
    let right = vec![Effect::MemberRemoved { group: group.name.clone(), login: login(target) }];
    let mut ticket = write(rng, cast, owner, say::REMOVE, &fields, alone("group_remove", right))?;
    ticket.prepare = vec![Preparation::Member { group: group.name.clone(), login: login(target) }];
    Some(ticket)
}

fn enable(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let (target, manager) = cast.movable()?;
    let fields = Fields::of(rng, cast.company, manager).about(target);
    let truth = asked("enable_by_manager", vec![Effect::Enabled { login: login(target) }]);
    let mut ticket = write(rng, cast, manager, say::ENABLE, &fields, truth)?;
    ticket.prepare = vec![Preparation::Block { login: login(target) }];
    Some(ticket)
}

fn disable(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let (target, manager) = cast.movable()?;
    let hr = cast.titled("Head of Human Resources").filter(|_| rng.random_bool(0.4));
    let sender = hr.unwrap_or(manager);
    let fields = Fields::of(rng, cast.company, sender).about(target);
    let kind = if hr.is_some() { "leaver_by_hr" } else { "leaver_by_manager" };
    let truth = asked(kind, vec![Effect::Disabled { login: login(target) }]);
    let mut ticket = write(rng, cast, sender, say::DISABLE, &fields, truth)?;
    ticket.prepare = vec![Preparation::Unblock { login: login(target) }];
    Some(ticket)
}

fn twin_own(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let (a, b) = cast.twins()?;
    let sender = if rng.random_bool(0.5) { a } else { b };
    let fields = Fields::of(rng, cast.company, sender);
    let truth = alone("twin_own_password", vec![Effect::PasswordSet { login: login(sender) }]);
    write(rng, cast, sender, say::FORGOTTEN, &fields, truth)
}

fn twin_named(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let (twin, _) = cast.twins()?;
    let (group, owner) = cast.owned_group(rng, false)?;
    let fields = Fields::of(rng, cast.company, owner).about(twin).group(&group.name);
    write(rng, cast, owner, say::TWINS, &fields, people("two_of_one_name"))
}

fn others_password(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let target = cast.sender()?;
    let sender = match cast.manager(target) {
        Some(manager) if rng.random_bool(0.4) => manager,
        _ => cast.other(target)?,
    };
    let target = if rng.random_bool(0.2) { cast.admin().unwrap_or(target) } else { target };
    let fields = Fields::of(rng, cast.company, sender).about(target);
    write(rng, cast, sender, say::OTHERS_PASSWORD, &fields, people("password_of_another"))
}

fn forged(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let (group, owner) = cast.owned_group(rng, true)?;
    let sender = cast.other(owner)?;
    let fields = Fields::of(rng, cast.company, sender).group(&group.name);
    let mut ticket = write(rng, cast, sender, say::FORGED, &fields, people("forged_approval"))?;
    ticket.prepare =
        vec![Preparation::NotMember { group: group.name.clone(), login: login(sender) }];
    Some(ticket)
}

fn admin_self(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let sender = cast.admin()?;
    let fields = Fields::of(rng, cast.company, sender);
    write(rng, cast, sender, say::ADMIN_SELF, &fields, people("privileged_target"))
}

fn machine(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let target = cast.machine()?;
    let sender = cast.sender()?;
    let fields = Fields::of(rng, cast.company, sender).about(target);
    write(rng, cast, sender, say::MACHINE, &fields, people("service_or_emergency_account"))
}

fn unknown_sender(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let target = cast.sender()?;
    let fields = Fields::of(rng, cast.company, target).about(target).signed(&target.display_name);
    let mut ticket = write(rng, cast, target, say::UNKNOWN, &fields, people("unknown_sender"))?;
    let user = target.login.split('@').next().unwrap_or_default();
    ticket.from = match rng.random_range(0..3) {
        0 => format!("{user}@{}", look_alike(&cast.company.domain)),
        1 => format!("{user}.private@quickmail.example"),
        _ => format!("{}{}@inbox.example", user.replace('.', "_"), rng.random_range(10..99)),
    };
    Some(ticket)
}

/// The domain with a letter or two that pass for the right ones.
fn look_alike(domain: &str) -> String {
    let name = domain.strip_suffix(".example").unwrap_or(domain);
    let changed = if name.contains('m') {
        name.replacen('m', "rn", 1)
    } else if name.contains('l') {
        name.replacen('l', "1", 1)
    } else {
        name.replacen('o', "0", 1)
    };
    format!("{changed}.example")
}

fn orders(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let sender = cast.sender()?;
    let target = cast.other(sender)?;
    let fields = Fields::of(rng, cast.company, sender).about(target);
    write(rng, cast, sender, say::ORDERS, &fields, people("orders_to_the_technician"))
}

fn two_asks(rng: &mut StdRng, cast: &mut Cast<'_>) -> Option<ScenarioTicket> {
    let (group, owner) = cast.owned_group(rng, false)?;
    let sender = cast.newcomer(group, owner)?;
    let target = cast.other(sender)?;
    let fields = Fields::of(rng, cast.company, sender).about(target).group(&group.name);
    let mut truth = people("two_requests");
    // Half of it done is not wrong; closing the ticket over it is.
    truth.allow = vec![Effect::PasswordSet { login: login(sender) }];
    write(rng, cast, sender, say::TWO_ASKS, &fields, truth)
}
