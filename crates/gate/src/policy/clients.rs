//! The one look-up of every judgement: a client's rules by its id.
//!
//! Of ten thousand clients one is seldom in the processor's cache. A table of eight bytes a client stays
//! there, and tells where the rest is; whether it is the right client is compared beside the work.
//!
//! Not for keys that an outsider chooses: who writes the policy chooses these. A request for any other
//! id costs one look-up that finds nothing, whatever the id.

use super::compiled::ForClient;
use domain::ClientId;

/// A client id, its text in place. INVARIANT: an id has at most 64 bytes; what is unused is zero, which
/// no id contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ShortId([u8; 64]);

impl ShortId {
    #[inline]
    fn of(client: &ClientId) -> ShortId {
        let mut out = [0; 64];
        for (place, byte) in out.iter_mut().zip(client.as_str().bytes()) {
            *place = byte;
        }
        ShortId(out)
    }

    /// Multiplies and folds eight bytes at a time.
    #[inline]
    fn hash(&self) -> u64 {
        /// An odd number with as many ones as zeros, more or less.
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let (words, _) = self.0.as_chunks::<8>();
        let used = words.iter().map(|w| u64::from_le_bytes(*w)).take_while(|w| *w != 0);
        used.fold(0, |hash, word| {
            let wide = u128::from(hash ^ word) * u128::from(FACTOR);
            (wide as u64) ^ (wide >> 64) as u64
        })
    }
}

/// Clients by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Clients {
    /// At least twice as many as there are clients, a power of two. INVARIANT: one is always empty.
    slots: Box<[Slot]>,
    ids: Box<[ShortId]>,
    rules: Box<[ForClient]>,
}

/// Where a client may be found.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// The upper half of the id's hash.
    tag: u32,
    /// One more than the client's number; 0: empty.
    after: u32,
}

impl Clients {
    /// INVARIANT: no id comes twice.
    pub(super) fn new(all: Vec<(ClientId, ForClient)>) -> Clients {
        let many = (all.len() * 2 + 1).next_power_of_two();
        let mut clients = Clients { slots: vec![Slot::default(); many].into(), ..Self::default() };
        let ids: Vec<ShortId> = all.iter().map(|(id, _)| ShortId::of(id)).collect();
        for (id, after) in ids.iter().zip(1_u32..) {
            let hash = id.hash();
            let free = clients
                .probe(hash)
                .find(|at| clients.slots.get(*at).is_none_or(|slot| slot.after == 0));
            if let Some(slot) = free.and_then(|at| clients.slots.get_mut(at)) {
                *slot = Slot { tag: (hash >> 32) as u32, after };
            }
        }
        clients.ids = ids.into();
        clients.rules = all.into_iter().map(|(_, rules)| rules).collect();
        clients
    }

    /// Places in the order in which they are looked at.
    #[inline]
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let many = self.slots.len();
        let mask = many.wrapping_sub(1);
        (0..many).map(move |n| (hash as usize).wrapping_add(n) & mask)
    }

    #[inline]
    pub(super) fn get(&self, client: &ClientId) -> Option<&ForClient> {
        let id = ShortId::of(client);
        let hash = id.hash();
        for at in self.probe(hash) {
            let slot = self.slots.get(at)?;
            let number = slot.after.checked_sub(1)? as usize;
            if slot.tag == (hash >> 32) as u32 && self.ids.get(number) == Some(&id) {
                return self.rules.get(number);
            }
        }
        None
    }
}
