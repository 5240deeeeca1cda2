//! Limits on guessing: how often a name, an address or a link may be tried.

use super::Web;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

/// More keys than this are thinned out before a new one is added.
const MANY_KEYS: usize = 20_000;

/// One limit per key: a burst, then one try per period.
#[derive(Debug)]
pub(super) struct Limit {
    limiter: DefaultKeyedRateLimiter<String>,
}

impl Limit {
    /// `burst` tries at once, then one per `period`.
    pub(super) fn new(burst: u32, period: Duration) -> Limit {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(period)
            .unwrap_or_else(|| Quota::per_minute(NonZeroU32::MIN))
            .allow_burst(burst);
        Limit { limiter: RateLimiter::keyed(quota) }
    }

    /// Counts one try. `Err` says how many seconds to wait.
    pub(super) fn check(&self, key: &str) -> Result<(), u64> {
        if self.limiter.len() > MANY_KEYS {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&key.to_owned()).map_err(|not_until| {
            let clock = governor::clock::DefaultClock::default();
            not_until.wait_time_from(clock.now()).as_secs() + 1
        })
    }
}

/// The limits on every page that can be tried without a session.
#[derive(Debug)]
pub(super) struct Limits {
    name_and_address: Limit,
    name: Limit,
    address: Limit,
    link: Limit,
    unsigned: Limit,
}

impl Limits {
    pub(super) fn new() -> Limits {
        Limits {
            name_and_address: Limit::new(5, Duration::from_secs(30)),
            // Wide enough that a stranger cannot easily keep the owner of the name out.
            name: Limit::new(50, Duration::from_secs(10)),
            address: Limit::new(30, Duration::from_secs(4)),
            link: Limit::new(10, Duration::from_secs(20)),
            unsigned: Limit::new(30, Duration::from_secs(4)),
        }
    }

    /// A try to sign in. `Err` says how many seconds to wait.
    pub(super) fn sign_in(&self, name: &str, address: &str) -> Result<(), u64> {
        self.address.check(&format!("sign-in {address}"))?;
        self.name_and_address.check(&format!("{name} {address}"))?;
        self.name.check(name)
    }

    /// A call that should be signed and is not, or wrongly.
    pub(super) fn unsigned(&self, address: &str) -> Result<(), u64> {
        self.unsigned.check(address)
    }

    /// A try of a link, by its hash, so that no token is kept here.
    pub(super) fn link(&self, hash: &str, address: &str) -> Result<(), u64> {
        self.address.check(&format!("link {address}"))?;
        self.link.check(hash)
    }
}

/// Where a request comes from, for limits alone.
#[derive(Clone, Debug)]
pub(super) struct Caller(pub(super) String);

impl FromRequestParts<Arc<Web>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Web>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        Ok(Caller(caller(peer, &parts.headers)))
    }
}

/// A proxy on this machine is believed about the address that it saw; anyone else is not.
fn caller(peer: Option<IpAddr>, headers: &HeaderMap) -> String {
    let Some(peer) = peer else { return "unknown".into() };
    if !peer.to_canonical().is_loopback() {
        return network(peer);
    }
    let seen = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.rsplit(',').next())
        .and_then(|v| v.trim().parse::<IpAddr>().ok());
    network(seen.unwrap_or(peer))
}

/// One customer of an IPv6 provider has a whole /64 to try from.
fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn from(peer: &str, forwarded: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        if let Some(text) = forwarded {
            headers.insert("x-forwarded-for", text.parse().unwrap());
        }
        caller(Some(peer.parse().unwrap()), &headers)
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        assert_eq!(from("198.51.100.7", Some("203.0.113.9")), "198.51.100.7");
        assert_eq!(from("127.0.0.1", Some("10.0.0.1, 203.0.113.9")), "203.0.113.9");
        assert_eq!(from("127.0.0.1", None), "127.0.0.1");
        assert_eq!(from("::ffff:198.51.100.7", None), "198.51.100.7");
        assert_eq!(from("2001:db8:1:2:3::4", None), from("2001:db8:1:2:9::9", None));
    }

    #[test]
    fn a_burst_then_a_wait() {
        let limit = Limit::new(2, Duration::from_secs(30));
        assert_eq!((limit.check("a"), limit.check("a")), (Ok(()), Ok(())));
        let wait = limit.check("a").unwrap_err();
        assert!((1..=31).contains(&wait), "{wait}");
        assert_eq!(limit.check("b"), Ok(()), "keys do not share");
    }
}
