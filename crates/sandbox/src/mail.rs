//! Mails that the sandbox received, readable by address.

use crate::now;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::UnixMs;

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// When it arrived.
    pub at: UnixMs,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients, lower case.
    pub to: Vec<String>,
    /// Decoded subject.
    pub subject: String,
    /// Decoded plain text.
    pub text: String,
    /// Header and body as received.
    pub raw: String,
}

impl Mail {
    pub(crate) fn parse(from: String, to: Vec<String>, raw: String) -> Mail {
        let part = Part::of(&raw);
        let subject = words(part.header("subject").as_deref().unwrap_or_default());
        let text = part.plain_text(0).unwrap_or_default();
        Mail { at: now(), from, to, subject, text, raw }
    }
}

/// A header block and what follows it.
struct Part {
    headers: Vec<(String, String)>,
    body: String,
}

impl Part {
    fn of(raw: &str) -> Part {
        let text = raw.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in head.lines() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
            }
        }
        Part { headers, body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    /// The text of this part, or of the first plain part inside.
    fn plain_text(&self, depth: u8) -> Option<String> {
        let kind = self.header("content-type").unwrap_or_else(|| "text/plain".into());
        if kind.to_lowercase().starts_with("multipart/") {
            let boundary =
                kind.split("boundary=").nth(1)?.split(';').next()?.trim_matches('"').to_owned();
            let mark = format!("--{boundary}");
            let parts = self.body.split(mark.as_str()).skip(1).take_while(|p| !p.starts_with("--"));
            return (depth < 4)
                .then(|| {
                    parts
                        .filter_map(|p| Part::of(p.trim_start_matches('\n')).plain_text(depth + 1))
                        .next()
                })
                .flatten();
        }
        if !kind.to_lowercase().starts_with("text/plain") {
            return None;
        }
        let coding = self.header("content-transfer-encoding").unwrap_or_default().to_lowercase();
        Some(match coding.as_str() {
            "base64" => {
                let packed: String = self.body.split_whitespace().collect();
                let bytes = STANDARD.decode(packed).unwrap_or_default();
                String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
            }
            "quoted-printable" => quoted_printable(&self.body, false),
            _ => self.body.clone(),
        })
    }
}

/// Decodes quoted-printable; in headers `_` is a space.
fn quoted_printable(text: &str, header: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes().peekable();
    while let Some(b) = rest.next() {
        match b {
            b'=' if rest.next_if_eq(&b'\n').is_some() => {}
            b'=' => {
                let pair: Vec<u8> = rest.by_ref().take(2).collect();
                let code =
                    std::str::from_utf8(&pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok());
                match code {
                    Some(code) => bytes.push(code),
                    None => {
                        bytes.push(b'=');
                        bytes.extend(pair);
                    }
                }
            }
            b'_' if header => bytes.push(b' '),
            b => bytes.push(b),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Decodes the encoded words of a header.
fn words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut after_word = false;
    while let Some((before, encoded)) = rest.split_once("=?") {
        let pieces: Vec<&str> = encoded.splitn(4, '?').collect();
        let [_, coding, data, after] = pieces.as_slice() else { break };
        // White space between two encoded words belongs to neither.
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        after_word = true;
        match coding.to_ascii_uppercase().as_str() {
            "B" => {
                let bytes = STANDARD.decode(data).unwrap_or_default();
                out.push_str(&String::from_utf8_lossy(&bytes));
            }
            _ => out.push_str(&quoted_printable(data, true)),
        }
        rest = after.strip_prefix('=').unwrap_or(after);
    }
    out + rest
}
