//! Slack's proof that a call is its own: HMAC-SHA256 over version, time and raw body.

use crate::chat::{Call, NotHeard};
use domain::UnixMs;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A call may be this far from our clock, either way, in seconds.
const WINDOW_S: i64 = 300;

/// Holds a call against the signing secret. In constant time as to the signature.
pub(super) fn check(secret: &str, call: Call<'_>, now: UnixMs) -> Result<(), NotHeard> {
    let sent = call.signature.strip_prefix("v0=").ok_or(NotHeard::Unsigned)?;
    let at: i64 = call.stamp.parse().map_err(|_| NotHeard::Unsigned)?;
    let sent = hex::decode(sent).map_err(|_| NotHeard::Forged)?;
    if secret.is_empty() {
        return Err(NotHeard::Forged);
    }
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| NotHeard::Forged)?;
    mac.update(b"v0:");
    mac.update(call.stamp.as_bytes());
    mac.update(b":");
    mac.update(call.body);
    mac.verify_slice(&sent).map_err(|_| NotHeard::Forged)?;
    let off = (now.0 / 1_000).saturating_sub(at);
    if off.saturating_abs() > WINDOW_S {
        return Err(NotHeard::Old);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Door;

    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const STAMP: &str = "1531420618";
    const NOW: UnixMs = UnixMs(1_531_420_618_000);
    const BODY: &[u8] = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNED: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn call<'a>(stamp: &'a str, signature: &'a str, body: &'a [u8]) -> Call<'a> {
        Call { door: Door::Events, stamp, signature, body }
    }

    /// The worked example of Slack's documentation.
    #[test]
    fn the_documented_example_is_believed() {
        assert_eq!(check(SECRET, call(STAMP, SIGNED, BODY), NOW), Ok(()));
    }

    #[test]
    fn whatever_else_is_not() {
        let cases = [
            (SECRET, STAMP, SIGNED, &BODY[1..], NotHeard::Forged),
            (SECRET, "1531420619", SIGNED, BODY, NotHeard::Forged),
            ("other", STAMP, SIGNED, BODY, NotHeard::Forged),
            ("", STAMP, SIGNED, BODY, NotHeard::Forged),
            (SECRET, STAMP, &SIGNED[..40], BODY, NotHeard::Forged),
            (SECRET, STAMP, "v0=xyz", BODY, NotHeard::Forged),
            (SECRET, STAMP, "v0=", BODY, NotHeard::Forged),
            (SECRET, STAMP, &SIGNED[3..], BODY, NotHeard::Unsigned),
            (SECRET, STAMP, "", BODY, NotHeard::Unsigned),
            (SECRET, "", SIGNED, BODY, NotHeard::Unsigned),
        ];
        for (secret, stamp, signature, body, wrong) in cases {
            assert_eq!(check(secret, call(stamp, signature, body), NOW), Err(wrong), "{signature}");
        }
    }

    #[test]
    fn five_minutes_either_way_and_no_more() {
        let at = |off_s: i64| check(SECRET, call(STAMP, SIGNED, BODY), NOW.plus_ms(off_s * 1_000));
        assert_eq!((at(300), at(-300)), (Ok(()), Ok(())));
        assert_eq!((at(301), at(-301)), (Err(NotHeard::Old), Err(NotHeard::Old)));
    }
}
