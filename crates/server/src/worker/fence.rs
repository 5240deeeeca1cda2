//! A call outside that may be made only as long as its case is this node's.
//!
//! INVARIANT: a process that was stopped in the middle (a paused machine, SIGSTOP) sends nothing more for
//! a case that another node may have by now: before every step of the call the time is looked at.

use crate::clock;
use connectors::CallError;
use domain::UnixMs;
use std::{future::poll_fn, pin::pin, task::Poll};

/// Makes the call; once `until` has passed, no further step of it is made, and nobody knows what became
/// of the steps before.
pub(super) async fn within(
    until: UnixMs,
    call: impl Future<Output = Result<(), CallError>>,
) -> Result<(), CallError> {
    let mut call = pin!(call);
    poll_fn(|cx| {
        if clock::now() > until {
            let what = "this node was held up for longer than the case was its own; what became of the call is read from the system".into();
            return Poll::Ready(Err(CallError::Unknown { what }));
        }
        call.as_mut().poll(cx)
    })
    .await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::{cell::Cell, time::Duration};

    #[tokio::test]
    async fn a_call_that_was_held_up_makes_no_further_step() {
        let sent = Cell::new(0);
        let call = async {
            sent.set(1);
            // As SIGSTOP does: the whole thread stands still.
            std::thread::sleep(Duration::from_millis(30));
            tokio::task::yield_now().await;
            sent.set(2);
            Ok(())
        };
        let end = within(clock::now().plus_ms(10), call).await;
        assert!(matches!(end, Err(CallError::Unknown { .. })), "{end:?}");
        assert_eq!(sent.get(), 1);
        within(clock::now().plus_ms(60_000), async { Ok(()) }).await.unwrap();
    }
}
