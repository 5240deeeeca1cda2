//! What the classifier does on small generated desks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
