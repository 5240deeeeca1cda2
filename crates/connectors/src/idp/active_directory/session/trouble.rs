//! What failures mean, in words for people; and which addresses are acceptable.

use super::Session;
use crate::CallError;
use ldap3::{LdapError, LdapResult};
use rustls::{CertificateError, Error as TlsFailure};
use url::{Host, Url};

impl Session {
    /// Why no connection came about.
    pub(super) fn unreachable(&self, error: &LdapError) -> CallError {
        let (name, host) = (&self.name, &self.host);
        let LdapError::Io { source } = error else {
            return match error {
                LdapError::Timeout { .. } => CallError::retry(format!(
                    "directory {name}: {host} did not answer within {} ms; check `url`, firewall and that the domain controller is up",
                    self.timeout.as_millis()
                )),
                other => CallError::rejected(
                    format!(
                        "directory {name}: {} cannot be used: {}",
                        self.url,
                        cut(&other.to_string())
                    ),
                    "correct `url`",
                ),
            };
        };
        if let Some(tls) = source.get_ref().and_then(|e| e.downcast_ref::<TlsFailure>()) {
            return self.tls_failure(tls);
        }
        let text = source.to_string();
        let why = match source.kind() {
            std::io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset => {
                "it hung up; `ldaps` usually is port 636".to_owned()
            }
            _ if text.contains("lookup") => "the host name cannot be resolved".to_owned(),
            _ => cut(&text),
        };
        CallError::retry(format!(
            "directory {name}: cannot reach {host}: {why}; check `url`, DNS, firewall and that the domain controller is up"
        ))
    }

    fn tls_failure(&self, error: &TlsFailure) -> CallError {
        let (name, host) = (&self.name, &self.host);
        let (why, remedy) = match error {
            TlsFailure::InvalidCertificate(certificate) => match certificate {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    ("is expired", "renew it on the domain controller")
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
                    "is not valid yet",
                    "check the clocks of this machine and the domain controller",
                ),
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => {
                    ("is for another name", "use in `url` a name that stands in the certificate")
                }
                CertificateError::UnknownIssuer | CertificateError::BadSignature => (
                    "is signed by an authority that is not trusted here",
                    "set `ca_file` to a PEM file with the authority that signed it",
                ),
                _ => ("is not acceptable", "give the domain controller a valid server certificate"),
            },
            _ => {
                return CallError::rejected(
                    format!(
                        "directory {name}: {host} does not speak proper TLS: {}",
                        cut(&error.to_string())
                    ),
                    "check that `url` names the port for ldaps, usually 636",
                );
            }
        };
        CallError::rejected(format!("directory {name}: the certificate of {host} {why}"), remedy)
    }

    /// Why our own account may not sign in.
    pub(super) fn refused_bind(&self, result: &LdapResult) -> CallError {
        let who = &self.bind_dn;
        let (why, remedy) = match (result.rc, sub_code(&result.text).as_str()) {
            (49, "525" | "52e") => {
                ("unknown, or its password is wrong", "correct `bind_dn` or the password")
            }
            (49, "533") => ("blocked", "enable the account"),
            (49, "775") => {
                ("locked out", "unlock the account and correct the password that locked it")
            }
            (49, "773") => ("to choose a new password first", "set its password to not expire"),
            (49, "532") => {
                ("refused because its password expired", "set a new one that does not expire")
            }
            (49, "530" | "531") => {
                ("not allowed to sign in now or from here", "lift its sign-in restrictions")
            }
            (49, "701") => ("expired", "extend the account"),
            (49, _) => ("refused", "check `bind_dn` and the password"),
            (8, _) => ("refused without encryption", "use ldaps:// in `url`"),
            (51 | 52, _) => return self.busy(result),
            _ => return self.refused_read(result),
        };
        CallError::rejected(
            format!("directory {}: {who} is {why} at {}", self.name, self.host),
            remedy,
        )
    }

    pub(in super::super) fn busy(&self, result: &LdapResult) -> CallError {
        CallError::retry(format!(
            "directory {}: {} is busy: {}",
            self.name,
            self.host,
            describe(result)
        ))
    }

    pub(super) fn refused_read(&self, result: &LdapResult) -> CallError {
        match result.rc {
            1 | 3 | 51 | 52 => self.busy(result),
            10 => CallError::rejected(
                format!(
                    "directory {}: {} is not the right server for this domain",
                    self.name, self.host
                ),
                "correct `base_dn`, or set `url` to a domain controller of that domain",
            ),
            34 => CallError::rejected(
                format!("directory {}: a distinguished name is malformed", self.name),
                "correct `base_dn` and `people_base`",
            ),
            50 => CallError::rejected(
                format!("directory {}: {} may not read this", self.name, self.bind_dn),
                "let the service account read users and groups",
            ),
            _ => CallError::rejected(
                format!(
                    "directory {}: {} refused a read: {}",
                    self.name,
                    self.host,
                    describe(result)
                ),
                "check the service account's rights",
            ),
        }
    }
}

pub(super) fn check_url(name: &str, text: &str) -> Result<Url, CallError> {
    let bad = |why: &str| {
        CallError::rejected(
            format!("directory {name}: `url` {text:?} {why}"),
            "give one such as ldaps://dc1.client.example or ldaps://dc1.client.example:636",
        )
    };
    let url = Url::parse(text).map_err(|_| bad("is not an address"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(CallError::rejected(
            format!("directory {name}: `url` holds credentials"),
            "take them out; the password belongs in `password`",
        ));
    }
    let local = match url.host() {
        None => return Err(bad("names no host")),
        Some(Host::Domain(d)) => d.is_empty() || d.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
    };
    match url.scheme() {
        "ldaps" => Ok(url),
        "ldap" if local || is_local_name(&url) => Ok(url),
        "ldap" => Err(bad("would send passwords unencrypted")),
        _ => Err(bad("is not an ldaps address")),
    }
}

/// For schemes it does not know, the URL parser leaves addresses as names.
fn is_local_name(url: &Url) -> bool {
    url.host_str().is_some_and(|h| matches!(h, "127.0.0.1" | "[::1]" | "localhost"))
}

pub(super) fn host_and_port(url: &Url) -> String {
    let port = url.port().unwrap_or(if url.scheme() == "ldaps" { 636 } else { 389 });
    format!("{}:{port}", url.host_str().unwrap_or("localhost"))
}

/// Windows' own code inside the text of a refused sign-in: `…, data 52e, …`.
pub(super) fn sub_code(text: &str) -> String {
    let after = text.split("data ").nth(1).unwrap_or_default();
    after.chars().take_while(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
}

/// A server's result for people: code and its own words, shortened.
pub(in super::super) fn describe(result: &LdapResult) -> String {
    let text = cut(&result.text);
    if text.is_empty() {
        format!("result {}", result.rc)
    } else {
        format!("result {}, {text}", result.rc)
    }
}

pub(super) fn cut(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_addresses_or_this_machine() {
        for good in [
            "ldaps://dc1.acme.test",
            "ldaps://10.0.0.1:636",
            "ldap://127.0.0.1:389",
            "ldap://localhost",
            "ldap://[::1]:1389",
        ] {
            assert!(check_url("ad", good).is_ok(), "{good}");
        }
        for bad in [
            "ldap://dc1.acme.test",
            "ldap://10.0.0.1",
            "ldap://localhost.evil.test",
            "https://dc1",
            "dc1.acme.test",
            "",
            "ldaps://u:p@dc1",
        ] {
            assert!(check_url("ad", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sub_codes_are_found_in_both_dialects() {
        let windows = "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v4563\0";
        assert_eq!(sub_code(windows), "52e");
        assert_eq!(sub_code("… data 773, v1db1"), "773");
        assert_eq!(sub_code("no code here"), "");
    }
}
