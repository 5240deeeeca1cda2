//! Mail out.
pub mod smtp;
