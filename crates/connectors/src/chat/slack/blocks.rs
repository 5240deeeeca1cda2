//! Cards as Block Kit.
//!
//! INVARIANTS: every text of ours or of others is escaped, so that no mention, link or command comes
//! out of it; values stand in `plain_text`, which knows no formatting, so that nobody's text can look
//! like a part of the card; Slack's limits are kept by cutting text, never by dropping buttons.

use crate::chat::{Button, Card, Form, Style};
use serde_json::{Value, json};

/// Characters of a text in a section.
const SECTION: usize = 3_000;
/// Characters of a field of a section.
const FIELD: usize = 2_000;
/// Fields of a section.
const FIELDS: usize = 10;
/// Characters of a header.
const HEADER: usize = 150;
/// Blocks of a message.
const BLOCKS: usize = 50;
/// Bytes of a button's value.
const VALUE: usize = 2_000;
/// Characters of a button's text.
const LABEL: usize = 75;
/// Characters of what stands beside blocks, for phones and screen readers.
const FALLBACK: usize = 3_000;
/// Characters of the title and the buttons of a window.
const WINDOW: usize = 24;
/// Where the text of a form stands in what comes back: block and action.
pub(super) const INPUT: (&str, &str) = ("text", "text");

/// Slack's control characters as entities, cut to so many characters of the escaped text.
pub(super) fn escaped(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        let entity = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => "",
        };
        let width = entity.len().max(1);
        let room = if chars.peek().is_some() { most.saturating_sub(1) } else { most };
        if length + width > room {
            out.push('…');
            return out;
        }
        match entity {
            "" => out.push(c),
            entity => out.push_str(entity),
        }
        length += width;
    }
    out
}

/// In one line: a line break must not look like the next part of a card.
fn line(text: &str, most: usize) -> String {
    let flat: Vec<&str> = text.split_whitespace().collect();
    match escaped(&flat.join(" "), most) {
        // Slack takes no empty text.
        empty if empty.is_empty() => "–".into(),
        full => full,
    }
}

fn plain(text: String) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// A heading of ours. Asterisks in it would only end the bold early.
fn bold(text: &str, most: usize) -> Value {
    let text = line(text, most.saturating_sub(2));
    json!({"type": "mrkdwn", "text": format!("*{text}*"), "verbatim": true})
}

fn section(text: Value) -> Value {
    json!({"type": "section", "text": text})
}

/// What phones and screen readers say of a card.
pub(super) fn fallback(card: &Card) -> String {
    let parts = [card.ended.as_deref().unwrap_or(&card.title), &card.sentence];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    line(&parts.join(": "), FALLBACK)
}

/// The blocks of a card; fails when a button's value is longer than Slack takes.
pub(super) fn card(card: &Card) -> Result<Vec<Value>, String> {
    let mut head = vec![json!({"type": "header", "text": plain(line(&card.title, HEADER))})];
    if let Some(ended) = &card.ended {
        head.push(section(plain(line(ended, SECTION))));
    }
    if !card.sentence.is_empty() {
        head.push(section(plain(line(&card.sentence, SECTION))));
    }
    let mut body = Vec::new();
    for some in card.facts.chunks(FIELDS / 2) {
        let fields = some
            .iter()
            .flat_map(|(name, value)| [bold(name, FIELD), plain(line(value, FIELD))])
            .collect::<Vec<_>>();
        body.push(json!({"type": "section", "fields": fields}));
    }
    for (heading, lines) in card.lists.iter().filter(|(_, lines)| !lines.is_empty()) {
        body.push(section(bold(heading, SECTION)));
        body.push(section(plain(list(lines))));
    }
    let mut foot = Vec::new();
    if let Some(note) = &card.note {
        foot.push(json!({"type": "context", "elements": [plain(line(note, FIELD))]}));
    }
    if !card.buttons.is_empty() {
        let buttons = card.buttons.iter().map(button).collect::<Result<Vec<_>, _>>()?;
        foot.push(json!({"type": "actions", "elements": buttons}));
    }
    let room = BLOCKS.saturating_sub(head.len() + foot.len());
    if body.len() > room {
        body.truncate(room.saturating_sub(1));
        body.push(section(plain("… the rest stands in the console".into())));
    }
    head.append(&mut body);
    head.append(&mut foot);
    Ok(head)
}

/// A sentence without formatting, and what stands beside its block.
pub(super) fn said(text: &str) -> (String, Value) {
    let text = match escaped(text, SECTION) {
        empty if empty.is_empty() => "–".into(),
        full => full,
    };
    (text.clone(), json!([section(plain(text))]))
}

/// Lines with marks, as many as a section holds.
fn list(lines: &[String]) -> String {
    const MORE: &str = "\n… more in the console";
    let mut out = String::new();
    let mut length = 0;
    for (at, text) in lines.iter().enumerate() {
        let text = line(text, 600);
        let width = text.chars().count() + 3;
        if length + width + MORE.chars().count() > SECTION {
            out.push_str(MORE);
            break;
        }
        if at > 0 {
            out.push('\n');
        }
        out.push_str("• ");
        out.push_str(&text);
        length += width;
    }
    out
}

fn button(button: &Button) -> Result<Value, String> {
    match button {
        Button::Press { name, value, .. } if value.len() > VALUE => {
            Err(format!("the value of the button {name} is longer than {VALUE} bytes"))
        }
        Button::Press { name, label, value, style } => {
            let mut out = json!({
                "type": "button",
                "action_id": name,
                "text": plain(line(label, LABEL)),
                "value": value,
            });
            let style = match style {
                Style::Plain => None,
                Style::Yes => Some("primary"),
                Style::No => Some("danger"),
            };
            if let (Some(style), Some(out)) = (style, out.as_object_mut()) {
                out.insert("style".into(), style.into());
            }
            Ok(out)
        }
        Button::Link { label, url } => Ok(json!({
            "type": "button",
            "action_id": "link",
            "text": plain(line(label, LABEL)),
            "url": url,
        })),
    }
}

/// A form as a modal window. `metadata` comes back with what was written.
pub(super) fn form(form: &Form, metadata: &str) -> Value {
    let (block, action) = INPUT;
    json!({
        "type": "modal",
        "callback_id": form.name,
        "private_metadata": metadata,
        "title": plain(line(&form.title, WINDOW)),
        "submit": plain(line(&form.submit, WINDOW)),
        "close": plain("Cancel".into()),
        "blocks": [
            section(plain(line(&form.sentence, SECTION))),
            {
                "type": "input",
                "block_id": block,
                "label": plain(line(&form.label, 2_000)),
                "element": {
                    "type": "plain_text_input",
                    "action_id": action,
                    "multiline": true,
                    "min_length": 1,
                    "max_length": form.longest.clamp(1, 3_000),
                },
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn control_characters_are_entities_and_are_never_cut_in_two() {
        assert_eq!(
            escaped("<!channel> & <@U1> a>b", 99),
            "&lt;!channel&gt; &amp; &lt;@U1&gt; a&gt;b"
        );
        assert_eq!(escaped("ab<", 6), "ab&lt;");
        assert_eq!(escaped("ab<", 5), "ab…");
        assert_eq!(escaped("abcdef", 6), "abcdef");
        assert_eq!(escaped("abcdefg", 6), "abcde…");
        assert_eq!(escaped("ü<ü", 4), "ü…");
    }

    fn texts(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::String(s) => out.push(s.clone()),
            Value::Array(all) => all.iter().for_each(|v| texts(v, out)),
            Value::Object(all) => all.values().for_each(|v| texts(v, out)),
            _ => {}
        }
    }

    #[test]
    fn a_huge_hostile_card_keeps_the_limits_and_its_buttons() {
        let nasty =
            "<!channel> <https://evil.example|click> *bold*\n*Tier*\nlow &amp; ".repeat(400);
        let huge = Card {
            title: nasty.clone(),
            sentence: nasty.clone(),
            facts: (0..200).map(|_| (nasty.clone(), nasty.clone())).collect(),
            lists: (0..40).map(|_| (nasty.clone(), vec![nasty.clone(); 30])).collect(),
            ended: Some(nasty.clone()),
            note: Some(nasty.clone()),
            buttons: vec![Button::Press {
                name: "yes".into(),
                label: nasty.clone(),
                value: "v".into(),
                style: Style::Yes,
            }],
        };
        let blocks = card(&huge).unwrap();
        assert!(blocks.len() <= BLOCKS, "{}", blocks.len());
        assert_eq!(blocks.last().unwrap()["type"], "actions");
        for block in &blocks {
            for field in block["fields"].as_array().into_iter().flatten() {
                assert!(field["text"].as_str().unwrap().chars().count() <= FIELD);
            }
            let text = block["text"]["text"].as_str().unwrap_or("x");
            let most = if block["type"] == "header" { HEADER } else { SECTION };
            assert!((1..=most).contains(&text.chars().count()), "{}", text.len());
        }
        let mut all = Vec::new();
        texts(&Value::Array(blocks), &mut all);
        all.push(fallback(&huge));
        assert!(all.iter().all(|t| !t.contains('<') && !t.contains('>')));
    }

    #[test]
    fn a_value_has_no_formatting_and_no_lines_of_its_own() {
        let one = Card {
            title: "T".into(),
            facts: vec![("Ticket".into(), "hello\n*Tier*\nlow".into()), ("None".into(), "".into())],
            ..Card::default()
        };
        let blocks = card(&one).unwrap();
        let fields = &blocks[1]["fields"];
        assert_eq!(fields[0]["text"], "*Ticket*");
        assert_eq!(
            (&fields[1]["type"], &fields[1]["text"]),
            (&json!("plain_text"), &json!("hello *Tier* low"))
        );
        assert_eq!(fields[3]["text"], "–", "Slack takes no empty text");
    }

    #[test]
    fn a_value_that_is_too_long_is_refused_rather_than_cut() {
        let press = Button::Press {
            name: "yes".into(),
            label: "Yes".into(),
            value: "v".repeat(VALUE + 1),
            style: Style::Plain,
        };
        assert!(card(&Card { buttons: vec![press], ..Card::default() }).is_err());
    }
}
