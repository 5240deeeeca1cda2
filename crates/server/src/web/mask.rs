//! Takes the tokens of one-time pages out of everything that the console shows.
//!
//! INVARIANT: whoever reads a case in the console learns nothing that opens the user's password:
//! not from our own reply, not from a quote of it, not from a link that a mail filter rewrote.

/// Shortest run of hexadecimal digits that is taken for a token.
const TOKEN_MIN: usize = 12;
const MARKS: [&str; 4] = ["/secret/", "%2fsecret%2f", "&#x2f;secret&#x2f;", "=2fsecret=2f"];

/// Replaces the token after every `/secret/`, however it is written, by `…`.
pub(crate) fn mask(text: &str) -> String {
    // Only ASCII letters change, so positions are the same in both.
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some((start, mark)) = next_mark(&lower, rest) {
        let token = start + mark.len();
        let tail = lower.get(token..).unwrap_or_default();
        let len = tail.bytes().take_while(u8::is_ascii_hexdigit).count();
        out.push_str(text.get(rest..token).unwrap_or_default());
        if len >= TOKEN_MIN {
            out.push('…');
            rest = token + len;
        } else {
            rest = token;
        }
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out
}

fn next_mark(lower: &str, from: usize) -> Option<(usize, &'static str)> {
    let tail = lower.get(from..)?;
    MARKS.iter().filter_map(|m| tail.find(m).map(|i| (from + i, *m))).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_whatever_wraps_the_link() {
        let token = "0123456789abcdef0123456789ABCDEF";
        for before in [
            "see https://d.example/secret/",
            "https://safe.example/?url=https%3A%2F%2Fd.example%2Fsecret%2F",
            "https://d.example/SECRET/",
        ] {
            let masked = mask(&format!("{before}{token} and {before}{token}."));
            assert_eq!(masked, format!("{before}… and {before}…."));
        }
    }

    #[test]
    fn other_text_stays_whole() {
        for text in ["", "the /secret/ folder", "/secret/cafe", "ünïcode /secret/", "no link"] {
            assert_eq!(mask(text), text);
        }
    }
}
