//! What a line of a mail opens: a quoted mail, a legal footer, a signature.

use super::clean::{CHAIN_STARTS, FOOTER_STARTS, NOISE_STARTS, is_sign_off, opens_quote, starts};

/// What a line of a mail opens, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opens {
    /// A quoted or forwarded mail.
    Chain,
    /// A legal footer.
    Footer,
    /// The mark before a signature.
    Dashes,
    /// The end of the message; a name follows.
    SignOff,
    /// One line that says nothing about the request.
    Noise,
    /// One quoted line.
    QuotedLine,
    /// Nothing.
    Nothing,
}

/// What this line opens.
pub(crate) fn opens(line: &str) -> Opens {
    let lower = line.trim().to_lowercase();
    if lower.starts_with('>') {
        Opens::QuotedLine
    } else if starts(&lower, NOISE_STARTS) {
        Opens::Noise
    } else if opens_quote(&lower) || starts(&lower, CHAIN_STARTS) {
        Opens::Chain
    } else if starts(&lower, FOOTER_STARTS) {
        Opens::Footer
    } else if lower == "--" {
        Opens::Dashes
    } else if is_sign_off(&lower) {
        Opens::SignOff
    } else {
        Opens::Nothing
    }
}
