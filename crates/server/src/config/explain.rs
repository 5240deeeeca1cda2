//! Faults of the file's form, in words for people.
//!
//! INVARIANT: no value of a secret's key is repeated; somebody may have written the secret itself
//! where its place should be named, and error texts end up in logs.

/// Keys whose value names the place of a secret.
const SECRETS: &[&str] = &[
    "token",
    "private_key",
    "password",
    "client_secret",
    "metrics_token",
    "database",
    "otlp_headers",
    "signing_secret",
];

/// Says in which line and at which key the fault is, and what would be right.
pub(super) fn explain(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map(|s| s.start).filter(|s| *s > 0);
    let Some((before, after)) = start.and_then(|at| text.split_at_checked(at)) else {
        return format!("{}{}", error.message(), remedy(error.message()));
    };
    let number = before.matches('\n').count() + 1;
    let line = before.rsplit('\n').next().unwrap_or_default().to_owned()
        + after.lines().next().unwrap_or_default();
    let key = line.split_once('=').map(|(key, _)| key.trim().trim_matches('"'));
    match key {
        Some(key) if SECRETS.contains(&key) => format!(
            "line {number}, `{key}`: this key names where the secret is kept; write {{ file = \"…\" }} or {{ env = \"…\" }}, never the secret itself"
        ),
        Some(key) => {
            format!("line {number}, `{key}`: {}{}", error.message(), remedy(error.message()))
        }
        None => format!("line {number}: {}{}", error.message(), remedy(error.message())),
    }
}

/// What would be right, where the parser's own words do not say it.
fn remedy(message: &str) -> &'static str {
    if message.starts_with("missing field") {
        "; add it: `journeyman init` writes a commented file to compare with"
    } else if message.starts_with("unknown field") {
        "; correct its name, or take it out"
    } else {
        "; correct this line: `journeyman init` writes a commented file to compare with"
    }
}
