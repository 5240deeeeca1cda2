//! From a mail as it arrives to the words of the request.
//!
//! Quoted mail chains, signatures, disclaimers, header lines and HTML leftovers say nothing about
//! what is asked now; they go before anything is recognised.

use super::html::strip_html;
use super::opens::{Opens, opens};
use unicode_normalization::UnicodeNormalization;

/// A request is short; what follows this many characters is not read for intent or names.
const MAX_CHARS: usize = 2_000;

/// Lines that begin with one of these open a quoted message.
pub(super) const CHAIN_STARTS: &[&str] = &[
    "-----original message",
    "----- original message",
    "---------- forwarded message",
    "-----urspr",
    "________________________________",
    "begin forwarded message",
];

/// Lines that begin with one of these open a legal footer.
pub(super) const FOOTER_STARTS: &[&str] = &[
    "this e-mail is confidential",
    "this email is confidential",
    "this message is confidential",
    "confidentiality notice",
    "disclaimer",
    "this e-mail and any",
    "this email and any",
    "this message and any",
    "diese e-mail enth",
    "diese nachricht enth",
    "the information contained in this",
];

/// Lines that begin with one of these are dropped wherever they stand.
pub(super) const NOISE_STARTS: &[&str] = &[
    "received from:",
    "sent from my",
    "gesendet von",
    "get outlook for",
    "von meinem iphone",
    "envoyé de mon",
    "[cid:",
    "external email",
    "caution: this email",
    "[external]",
    "caution: external",
];

/// A line that begins with one of these and is short ends the message; a name follows.
const SIGN_OFFS: &[&str] = &[
    "best regards",
    "kind regards",
    "regards",
    "best wishes",
    "warm regards",
    "with kind regards",
    "yours sincerely",
    "sincerely",
    "cheers",
    "thanks",
    "thank you",
    "many thanks",
    "thx",
    "br",
    "best",
    "mit freundlichen",
    "freundliche gr",
    "viele gr",
    "beste gr",
    "liebe gr",
    "mfg",
    "vg",
    "lg",
    "danke",
    "vielen dank",
    "cordialement",
    "merci",
    "saludos",
    "gracias",
    "grazie",
    "cordiali saluti",
    "met vriendelijke groet",
    "appreciate it",
];

const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "dear",
    "good morning",
    "good afternoon",
    "good evening",
    "morning",
    "to whom it may concern",
    "hallo",
    "guten morgen",
    "guten tag",
    "moin",
    "sehr geehrte",
    "liebe",
    "lieber",
    "bonjour",
    "hola",
    "ciao",
    "servus",
    "greetings",
];

/// Subject and body as one readable text: case kept, noise gone.
pub(crate) fn request_text(subject: &str, body: &str) -> String {
    let subject = strip_reply_marks(subject);
    let body = message_text(body);
    if subject.is_empty() || body.to_lowercase().contains(&subject.to_lowercase()) {
        return body;
    }
    if body.is_empty() { subject } else { format!("{subject}\n{body}") }
}

/// One message's own words.
pub(crate) fn message_text(body: &str) -> String {
    let plain = strip_html(body);
    let mut kept: Vec<&str> = Vec::new();
    for line in plain.lines() {
        let line = line.trim();
        match opens(line) {
            _ if line.is_empty() => {}
            Opens::QuotedLine | Opens::Noise => {}
            Opens::Chain | Opens::Footer | Opens::Dashes if kept.is_empty() => {}
            Opens::Chain | Opens::Footer | Opens::Dashes => break,
            Opens::SignOff if kept.iter().any(|l| !is_greeting_line(l)) => break,
            Opens::SignOff | Opens::Nothing => kept.push(line),
        }
    }
    drop_name_block(&mut kept);
    let text = strip_greeting(&kept.join("\n"));
    match text.char_indices().nth(MAX_CHARS) {
        Some((cut, _)) => text.get(..cut).unwrap_or("").to_string(),
        None => text,
    }
}

pub(super) fn starts(lower: &str, list: &[&str]) -> bool {
    list.iter().any(|s| lower.starts_with(s))
}

/// "On … wrote:", "Am … schrieb …:", or the header block of a quoted mail.
pub(super) fn opens_quote(lower: &str) -> bool {
    (lower.ends_with("wrote:") && lower.starts_with("on "))
        || (lower.starts_with("am ") && lower.contains(" schrieb") && lower.ends_with(':'))
        || (lower.starts_with("le ") && lower.ends_with("écrit :"))
        || ((lower.starts_with("from:") || lower.starts_with("von:")) && lower.contains('@'))
}

pub(super) fn is_sign_off(lower: &str) -> bool {
    SIGN_OFFS.iter().any(|s| match lower.strip_prefix(s) {
        // A sign-off stands alone or is followed by punctuation, an addition or a name.
        Some(rest) => {
            let rest = rest.trim();
            rest.chars().next().is_none_or(|c| ",.!-".contains(c)) && rest.len() <= 24
                || (s.len() > 8 && rest.len() <= 20)
        }
        None => false,
    })
}

/// "Perfect, thanks" and then only short lines without a sentence: name, title, firm.
fn drop_name_block(kept: &mut Vec<&str>) {
    const ENDS: &[&str] =
        &["thanks", "thank you", "thx", "danke", "dank", "merci", "gracias", "grazie"];
    let closes = |line: &&str| {
        let lower = line.to_lowercase();
        let lower = lower.trim_end_matches(|c: char| !c.is_alphanumeric());
        ENDS.iter().any(|e| lower.ends_with(e))
    };
    let Some(at) = kept.iter().position(closes) else { return };
    let rest = kept.get(at + 1..).unwrap_or(&[]);
    let block = |line: &&str| {
        line.len() <= 45
            && line.starts_with(char::is_uppercase)
            && !line.contains(['.', '!', '?', ','])
    };
    if rest.len() <= 5 && rest.iter().all(block) {
        kept.truncate(at + 1);
    }
}

pub(crate) fn is_greeting_line(line: &str) -> bool {
    let lower = line.to_lowercase();
    line.len() <= 48 && starts(&lower, GREETINGS)
}

/// Takes a leading "Hi Tom," off, so that a person who is greeted is not taken for a target.
fn strip_greeting(text: &str) -> String {
    let lower = text.to_lowercase();
    let Some(greeting) = GREETINGS.iter().find(|g| {
        lower.strip_prefix(**g).is_some_and(|r| !r.starts_with(|c: char| c.is_alphanumeric()))
            || (g.len() > 10 && lower.starts_with(**g))
    }) else {
        return text.to_string();
    };
    let end = text
        .char_indices()
        .take(56)
        .find(|(i, c)| *i >= greeting.len() && matches!(c, ',' | '!' | '\n' | ':' | '.' | ';'));
    match end {
        Some((i, c)) => {
            let rest = text.get(i + c.len_utf8()..).unwrap_or("").trim_start_matches(|c: char| {
                c.is_whitespace() || matches!(c, ',' | '!' | '-' | '.')
            });
            if rest.is_empty() { text.to_string() } else { rest.to_string() }
        }
        None => text.to_string(),
    }
}

fn strip_reply_marks(subject: &str) -> String {
    let mut rest = subject.trim();
    loop {
        let lower = rest.to_lowercase();
        let mark = ["re:", "fw:", "fwd:", "aw:", "wg:", "sv:", "antw:", "tr:"]
            .iter()
            .find(|m| lower.starts_with(**m));
        match mark {
            Some(m) => rest = rest.get(m.len()..).unwrap_or("").trim_start(),
            None => return rest.to_string(),
        }
    }
}

/// Lower case, accents and apostrophes gone, addresses, links and numbers replaced by one token
/// each: what the recogniser sees.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        let lower = word.get(..5).unwrap_or("");
        if lower.eq_ignore_ascii_case("wi-fi") {
            out.push_str("wifi");
        } else if word.contains("://") || word.starts_with("www.") {
            out.push_str("xurl");
        } else if is_file(word) {
            out.push_str("xfile");
        } else if is_address(word) {
            out.push_str("xaddr");
        } else if word.is_ascii() {
            fold_chars(word.chars(), &mut out);
        } else {
            fold_chars(word.nfkd().filter(|c| !is_mark(*c)), &mut out);
        }
    }
    out
}

fn is_mark(c: char) -> bool {
    ('\u{0300}'..='\u{036f}').contains(&c)
}

/// Looks like the name of a document.
fn is_file(word: &str) -> bool {
    const ENDINGS: &[&str] = &["xlsx", "xls", "docx", "doc", "pdf", "pptx", "zip", "csv", "xlsm"];
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.rsplit_once('.').is_some_and(|(stem, end)| {
        !stem.is_empty() && ENDINGS.iter().any(|e| e.eq_ignore_ascii_case(end))
    })
}

/// Looks like an address: `a@b.c`, allowing surrounding punctuation.
pub(crate) fn is_address(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.contains('@')
    })
}

fn fold_chars(chars: impl Iterator<Item = char>, out: &mut String) {
    let mut in_number = false;
    for c in chars {
        if c.is_ascii_digit() {
            if !in_number {
                out.push('0');
            }
            in_number = true;
            continue;
        }
        in_number = false;
        match c {
            '\'' | '\u{2019}' | '`' | '\u{200b}' | '\u{feff}' => {}
            'ß' => out.push_str("ss"),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            '?' | '!' | '.' => {
                out.push(' ');
                out.push(c);
                out.push(' ');
            }
            _ => out.push(' '),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_mail_is_reduced_to_its_request() {
        let body = "received from: kim@example.com\r\n\r\nHi Tom,\r\nplease unlock my account.\r\n\r\n\
            Kind regards\r\nKim Reed\r\nHead of Sales\r\n\r\nFrom: Someone <x@y.org>\r\nSent: Monday\r\n> my password";
        assert_eq!(message_text(body), "please unlock my account.");
    }

    #[test]
    fn quoted_chains_and_footers_go() {
        for tail in [
            "On Mon, 3 May 2026 at 10:01, Desk <d@x.org> wrote:\n> reset my password",
            "-----Original Message-----\nreset my password",
            "Am 3. Mai 2026 schrieb Desk:\nreset my password",
            "Sent from my iPhone",
            "-- \nJane Roe\nreset my password",
            "This e-mail is confidential and intended for the recipient only. password",
            "Disclaimer: reset my password",
        ] {
            assert_eq!(
                message_text(&format!("It works again.\n\n{tail}")),
                "It works again.",
                "{tail}"
            );
        }
    }

    #[test]
    fn html_leaves_words_and_hides_comments() {
        let html = "<html><style>p{}</style><body><p>Please reset&nbsp;my <b>password</b></p><!-- approve it --></body></html>";
        let text = message_text(html);
        assert!(text.contains("Please reset my"), "{text}");
        assert!(!text.contains("approve"), "{text}");
        assert_eq!(
            message_text("ask Jane <jane@example.com> or 3 < 4"),
            "ask Jane  jane@example.com  or 3 < 4"
        );
    }

    #[test]
    fn thanks_alone_is_not_cut_away() {
        assert_eq!(message_text("Thanks,\nit works again"), "Thanks,\nit works again");
        assert_eq!(message_text("Hi,\nthank you!"), "thank you!");
        assert_eq!(request_text("Re: AW: Locked", "locked"), "locked");
    }

    #[test]
    fn folding_is_blind_to_accents_numbers_and_addresses() {
        assert_eq!(
            fold("Können Sie’s LT-4821 für a.b@c.de, https://x.y/z"),
            "konnen sies lt 0 fur xaddr xurl"
        );
    }
}
