//! The facts as a judgement may use them: fresh ones, and nothing of the others.
//!
//! INVARIANT: a fact that was read too long ago, or in the future, is not seen at all. Every action
//! and assessor looks at facts through this, so none can forget to check.

use crate::{
    BrainFacts, BreakerFacts, Confidence, CostFacts, DeviceFacts, Fact, Facts, FleetFacts,
    GroupFacts, MailboxFacts, PatchFacts, Relation, Requester, ScriptFacts, TargetFacts,
    TicketFacts, UndoFacts, UnixMs, Verification, Volume,
};

macro_rules! seen {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        /// Fresh facts, by reference. `None`: not read, or too old to rely on.
        #[derive(Clone, Copy, Debug)]
        pub struct Seen<'a> {
            $($(#[$doc])* pub $name: Option<&'a $type>,)*
            /// A maintenance window for this kind of action is open now.
            pub in_window: bool,
            /// When the judgement is made.
            pub now: UnixMs,
        }

        impl<'a> Seen<'a> {
            /// Looks at facts that are at most `max_age_ms` old.
            #[inline]
            pub fn of(facts: &'a Facts, max_age_ms: i64, now: UnixMs, in_window: bool) -> Seen<'a> {
                Seen { $($name: fresh(&facts.$name, max_age_ms, now),)* in_window, now }
            }
        }
    };
}

seen! {
    /// Who asks.
    requester: Requester,
    /// What they are to the target.
    relation: Relation,
    /// The account.
    target: TargetFacts,
    /// The group.
    group: GroupFacts,
    /// The mailbox.
    mailbox: MailboxFacts,
    /// The devices.
    devices: Vec<DeviceFacts>,
    /// The patches.
    patch: PatchFacts,
    /// How the change fared elsewhere.
    fleet: FleetFacts,
    /// The script.
    script: ScriptFacts,
    /// The cost.
    cost: CostFacts,
    /// How much has been touched.
    volume: Volume,
    /// The brain's limits.
    brain: BrainFacts,
    /// The brain's own doubt.
    confidence: Confidence,
    /// The ticket.
    ticket: TicketFacts,
    /// A no, or no answer, not long ago.
    cooling_down: bool,
    /// An open breaker.
    breaker: Option<BreakerFacts>,
    /// What an undo takes back.
    undo: UndoFacts,
}

#[inline]
fn fresh<T>(fact: &Fact<T>, max_age_ms: i64, now: UnixMs) -> Option<&T> {
    match fact {
        Fact::Known(known) => {
            let age_ms = now.since(known.read_at);
            (-max_age_ms..=max_age_ms).contains(&age_ms).then_some(&known.value)
        }
        Fact::Missing(_) => None,
    }
}

impl Seen<'_> {
    /// How surely the requester is known.
    pub fn verification(&self) -> Verification {
        self.requester.map_or(Verification::Unverified, |r| r.verification)
    }

    /// The requester is verified and acts on their own account.
    pub fn own_and_verified(&self) -> bool {
        self.verification() >= Verification::AddressOnFile
            && self.relation == Some(&Relation::Oneself)
    }

    /// The requester is known over a second channel and acts on their own account.
    pub fn own_by_second_channel(&self) -> bool {
        self.verification() >= Verification::SecondChannel
            && self.relation == Some(&Relation::Oneself)
    }

    /// Nobody works on any of the devices, as far as can be seen: an unseen one counts as busy.
    pub fn devices_idle(&self) -> bool {
        self.devices.is_some_and(|all| all.iter().all(|d| d.user_active == Some(false)))
    }

    /// At least one of the devices serves more than one person, or nobody knows what it is for.
    pub fn serves_many(&self) -> bool {
        self.devices.is_none_or(|all| all.iter().any(|d| d.role != crate::DeviceRole::Workstation))
    }
}
