//! Sets and tables over the kinds of action, one bit or one slot each.

use domain::{ActionKind, action::Need};

/// How many kinds there are.
pub(crate) const KINDS: usize = ActionKind::ALL.len();

const _: () = assert!(KINDS <= 64, "a set of kinds is one 64-bit word");

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KindSet(u64);

impl KindSet {
    pub(crate) fn has(self, kind: ActionKind) -> bool {
        self.0 & (1 << kind as u64) != 0
    }
}

impl<'a> FromIterator<&'a ActionKind> for KindSet {
    fn from_iter<I: IntoIterator<Item = &'a ActionKind>>(kinds: I) -> Self {
        KindSet(kinds.into_iter().fold(0, |set, kind| set | (1 << *kind as u64)))
    }
}

/// A value for each kind.
#[derive(Clone, Debug)]
pub(crate) struct PerKind<T>([T; KINDS]);

impl<T> PerKind<T> {
    pub(crate) fn new(of: impl Fn(ActionKind) -> T) -> Self {
        // INVARIANT: `ALL` lists every kind in the order of its discriminant.
        PerKind(std::array::from_fn(|i| {
            of(ActionKind::ALL.get(i).copied().unwrap_or(ActionKind::FindUser))
        }))
    }

    pub(crate) fn of(&self, kind: ActionKind) -> &T {
        // INVARIANT: a discriminant is below the number of kinds.
        let [first, ..] = &self.0;
        self.0.get(kind as usize).unwrap_or(first)
    }
}

/// What is asked about a kind at every judgement, worked out once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    /// It changes something.
    pub(crate) write: bool,
    /// See [`is_infrastructure`].
    pub(crate) infrastructure: bool,
    /// It can hardly be undone, by its own scorecard, and there is no way back.
    pub(crate) no_way_back: bool,
    /// Why it has its base tier.
    pub(crate) rationale: &'static str,
    needs: u16,
}

impl Traits {
    /// From this score on something can hardly be undone.
    const HARD: u8 = 4;

    pub(crate) fn of(kind: ActionKind) -> Traits {
        Traits {
            write: kind.is_write(),
            infrastructure: is_infrastructure(kind),
            no_way_back: kind.scorecard().reversibility >= Self::HARD && kind.undo().is_none(),
            rationale: kind.scorecard().rationale,
            needs: kind.needs().iter().fold(0, |all, need| all | bit(*need)),
        }
    }

    /// Those of a set of facts, one bit each, that it cannot be judged without.
    #[inline]
    pub(crate) fn needed_of(&self, facts: u16) -> u16 {
        self.needs & facts
    }

    /// Whether it cannot be judged without this fact.
    #[inline]
    pub(crate) fn needs(&self, need: Need) -> bool {
        self.needs & bit(need) != 0
    }
}

fn bit(need: Need) -> u16 {
    1 << need as u16
}

/// Whether it changes what many people or whole systems rest on, rather than one account or ticket.
/// A freeze that names no kinds is for these, and so are business hours.
pub fn is_infrastructure(kind: ActionKind) -> bool {
    kind.is_write()
        && (kind.needs().contains(&Need::Devices)
            || matches!(kind, ActionKind::ChangeSecurityPolicy | ActionKind::ChangeManyClients))
}
