//! What Slack refuses of blocks and windows, from the reference of Block Kit.

use serde_json::Value;

/// Every fault of a message's blocks; empty when Slack would take them.
pub(super) fn blocks(blocks: &Value) -> Vec<String> {
    let Some(all) = blocks.as_array() else { return vec!["blocks is no list".into()] };
    let mut wrong = Vec::new();
    if all.len() > 50 {
        wrong.push(format!("no more than 50 items allowed [json-pointer:/blocks] {}", all.len()));
    }
    for (at, block) in all.iter().enumerate() {
        one(block, &format!("/blocks/{at}"), &mut wrong);
    }
    wrong
}

/// Every fault of a modal window.
pub(super) fn window(view: &Value) -> Vec<String> {
    let mut wrong = blocks(&view["blocks"]);
    if view["type"] != "modal" {
        wrong.push("type must be modal [json-pointer:/view/type]".into());
    }
    for part in ["title", "submit", "close"] {
        text(&view[part], 24, "plain_text", &format!("/view/{part}"), &mut wrong);
    }
    let metadata = view["private_metadata"].as_str().unwrap_or_default();
    if metadata.chars().count() > 3_000 {
        wrong
            .push("must be less than 3001 characters [json-pointer:/view/private_metadata]".into());
    }
    wrong
}

fn one(block: &Value, at: &str, wrong: &mut Vec<String>) {
    match block["type"].as_str() {
        Some("header") => text(&block["text"], 150, "plain_text", &format!("{at}/text"), wrong),
        Some("section") => {
            let fields = block["fields"].as_array();
            if block["text"].is_null() && fields.is_none() {
                wrong.push(format!("missing required field: text [json-pointer:{at}]"));
            }
            if !block["text"].is_null() {
                text(&block["text"], 3_000, "", &format!("{at}/text"), wrong);
            }
            if fields.is_some_and(|f| f.is_empty() || f.len() > 10) {
                wrong.push(format!("between 1 and 10 items [json-pointer:{at}/fields]"));
            }
            for (n, field) in fields.into_iter().flatten().enumerate() {
                text(field, 2_000, "", &format!("{at}/fields/{n}"), wrong);
            }
        }
        Some("context") => {
            let elements = block["elements"].as_array().map(Vec::as_slice).unwrap_or_default();
            if elements.is_empty() || elements.len() > 10 {
                wrong.push(format!("between 1 and 10 items [json-pointer:{at}/elements]"));
            }
            for (n, element) in elements.iter().enumerate() {
                text(element, 2_000, "", &format!("{at}/elements/{n}"), wrong);
            }
        }
        Some("actions") => actions(block, at, wrong),
        Some("input") => {
            text(&block["label"], 2_000, "plain_text", &format!("{at}/label"), wrong);
        }
        Some("divider") => {}
        other => wrong.push(format!("unsupported type: {other:?} [json-pointer:{at}/type]")),
    }
}

fn actions(block: &Value, at: &str, wrong: &mut Vec<String>) {
    let elements = block["elements"].as_array().map(Vec::as_slice).unwrap_or_default();
    if elements.is_empty() || elements.len() > 25 {
        wrong.push(format!("between 1 and 25 items [json-pointer:{at}/elements]"));
    }
    let mut ids = Vec::new();
    for (n, button) in elements.iter().enumerate() {
        let at = format!("{at}/elements/{n}");
        text(&button["text"], 75, "plain_text", &format!("{at}/text"), wrong);
        let length = |key: &str| button[key].as_str().map_or(0, |v| v.chars().count());
        for (key, most) in [("value", 2_000), ("url", 3_000), ("action_id", 255)] {
            if length(key) > most {
                wrong.push(format!("must be less than {} characters [{at}/{key}]", most + 1));
            }
        }
        let id = button["action_id"].as_str().unwrap_or_default();
        if ids.contains(&id) {
            wrong.push(format!("`action_id` {id} already exists [json-pointer:{at}]"));
        }
        ids.push(id);
    }
}

fn text(value: &Value, most: usize, kind: &str, at: &str, wrong: &mut Vec<String>) {
    let (found, words) = (value["type"].as_str(), value["text"].as_str());
    let (Some(found), Some(words)) = (found, words) else {
        wrong.push(format!("must be a text object [json-pointer:{at}]"));
        return;
    };
    if !matches!(found, "plain_text" | "mrkdwn") || (!kind.is_empty() && found != kind) {
        wrong.push(format!("must be {kind} [json-pointer:{at}/type]"));
    }
    if !(1..=most).contains(&words.chars().count()) {
        wrong.push(format!("must be between 1 and {most} characters [json-pointer:{at}/text]"));
    }
}
