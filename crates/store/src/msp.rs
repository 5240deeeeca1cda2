//! The journal of the MSP itself: policies, breakers, brains and people, which are of no client.
//!
//! INVARIANT: no client has this id, so that nobody's tickets mix with the gate's own settings.

use crate::{
    NewEntry, StoreError,
    journal::write_entry,
    writer::{Fault, Tx},
};
use domain::{Actor, ClientId, Event, UnixMs};

/// The id under which the MSP's own journal stands. No client may have it.
pub const MSP_JOURNAL: &str = "@msp";

/// [`MSP_JOURNAL`] as the id that reads and verifies take.
#[allow(clippy::expect_used, reason = "a constant, held by the tests")]
pub fn msp_journal() -> ClientId {
    ClientId::new(MSP_JOURNAL).expect("the MSP's journal has a valid id")
}

/// Refuses the reserved id as a client's.
pub(crate) fn not_reserved(client: &ClientId) -> Result<(), Fault> {
    if client.as_str() == MSP_JOURNAL {
        return Err(StoreError::Refused(format!(
            "{MSP_JOURNAL} names the MSP's own journal; give the client another id"
        ))
        .into());
    }
    Ok(())
}

/// Writes one entry of the MSP's own journal.
pub(crate) async fn write(
    tx: &mut Tx,
    at: UnixMs,
    actor: Actor,
    event: Event,
) -> Result<(), Fault> {
    write_entry(tx, &msp_journal(), "", at, &NewEntry { actor, event }).await.map(drop)
}

/// The words without the space around them; refused when there are none.
pub(crate) fn words(text: &str, what: &str) -> Result<String, Fault> {
    match text.trim() {
        "" => Err(StoreError::Refused(format!("{what}: one sentence is enough")).into()),
        text => Ok(text.into()),
    }
}
