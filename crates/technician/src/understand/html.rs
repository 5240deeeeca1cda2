//! Mail that was HTML once: tags go, words and addresses stay.

/// Drops comments, tags, style and script, and decodes the few entities that mail leaves behind.
pub(crate) fn strip_html(body: &str) -> String {
    if !body.contains('<') && !body.contains('&') {
        return body.to_string();
    }
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(open) = rest.find('<') {
        out.push_str(rest.get(..open).unwrap_or(""));
        let tail = rest.get(open..).unwrap_or("");
        let lower: String = tail.chars().take(10).collect::<String>().to_lowercase();
        let (end, mark) = if lower.starts_with("<!--") {
            (tail.find("-->").map(|i| i + 3), "")
        } else if lower.starts_with("<style") || lower.starts_with("<script") {
            let close = if lower.starts_with("<style") { "</style>" } else { "</script>" };
            (tail.find(close).map(|i| i + close.len()), "")
        } else if ["<br", "<p", "</p", "<div", "</div", "<li", "<tr"]
            .iter()
            .any(|t| lower.starts_with(t))
        {
            (tail.find('>').map(|i| i + 1), "\n")
        } else if tail
            .get(1..)
            .is_some_and(|t| t.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'))
        {
            (tail.find('>').map(|i| i + 1), " ")
        } else {
            (None, "")
        };
        match end {
            Some(end) => {
                // An address in angle brackets is content, not a tag.
                let inner = tail.get(1..end.saturating_sub(1)).unwrap_or("");
                if inner.contains('@') && !inner.contains(' ') {
                    out.push(' ');
                    out.push_str(inner);
                }
                out.push_str(mark);
                rest = tail.get(end..).unwrap_or("");
            }
            None => {
                out.push('<');
                rest = tail.get(1..).unwrap_or("");
            }
        }
    }
    out.push_str(rest);
    for (entity, text) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        if out.contains(entity) {
            out = out.replace(entity, text);
        }
    }
    out
}
