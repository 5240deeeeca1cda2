//! RT's JSON. Numbers come as numbers or as texts, and absent things as null or as empty texts.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer};

/// Width at which HTML is set as text, in characters.
const TEXT_WIDTH: usize = 100;

/// An error answer.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    pub(super) message: String,
}

/// One page of a collection.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    #[serde(default = "Vec::new")]
    pub(super) items: Vec<T>,
    /// Absent on the last page, and whenever RT does not tell the total.
    #[serde(default)]
    pub(super) next_page: Option<String>,
}

/// The product.
#[derive(Debug, Deserialize)]
pub(super) struct About {
    #[serde(rename = "Version", default)]
    pub(super) version: String,
}

/// A pointer to another record.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Pointer {
    #[serde(default, deserialize_with = "text")]
    pub(super) id: String,
    /// Only when asked for.
    #[serde(rename = "Name", default, deserialize_with = "text")]
    pub(super) name: String,
}

/// A link of a record.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Link {
    #[serde(rename = "ref", default)]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) id: String,
}

/// A ticket.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Ticket {
    #[serde(rename = "id", default, deserialize_with = "text")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) subject: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) status: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) created: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) last_updated: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) time_worked: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) resolved: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) priority: String,
    #[serde(default)]
    pub(super) owner: Pointer,
    #[serde(default)]
    pub(super) queue: Pointer,
    #[serde(default)]
    pub(super) requestor: Vec<Pointer>,
    #[serde(rename = "_hyperlinks", default)]
    pub(super) links: Vec<Link>,
}

/// An entry of a ticket's history.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Transaction {
    #[serde(rename = "id", default, deserialize_with = "text")]
    pub(super) id: String,
    #[serde(rename = "Type", default, deserialize_with = "text")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) creator: Pointer,
    #[serde(default, deserialize_with = "text")]
    pub(super) created: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) time_taken: String,
    /// What was changed, when something was.
    #[serde(default, deserialize_with = "text")]
    pub(super) field: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) old_value: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) new_value: String,
}

/// A part of a message, without its content.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Part {
    #[serde(rename = "id", default, deserialize_with = "text")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) content_type: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) filename: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) transaction_id: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) headers: String,
}

/// A part's content.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Content {
    #[serde(default, deserialize_with = "text")]
    pub(super) content_type: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) content: String,
}

/// A user.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct User {
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) real_name: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) email_address: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) privileged: String,
}

impl Part {
    /// A header of the mail that this part is or belongs to.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(super) fn is(&self, kind: &str) -> bool {
        self.filename.is_empty() && self.content_type.eq_ignore_ascii_case(kind)
    }
}

impl Content {
    /// The content as plain text.
    pub(super) fn plain(&self) -> String {
        let packed: String = self.content.split_ascii_whitespace().collect();
        let bytes = BASE64_STANDARD.decode(packed).unwrap_or_default();
        let text = if self.content_type.eq_ignore_ascii_case("text/html") {
            html2text::config::plain_no_decorate()
                .string_from_read(bytes.as_slice(), TEXT_WIDTH)
                .unwrap_or_default()
        } else {
            String::from_utf8_lossy(&bytes).into_owned()
        };
        text.replace("\r\n", "\n").trim().to_owned()
    }
}

impl User {
    /// Address, lower case; RT's user names of customers are addresses too.
    pub(super) fn address(&self) -> String {
        let found = [&self.email_address, &self.name].into_iter().find(|a| a.contains('@'));
        found.map(|a| a.to_lowercase()).unwrap_or_default()
    }

    pub(super) fn shown(&self) -> &str {
        let names = [&self.real_name, &self.name, &self.email_address];
        names.into_iter().find(|n| !n.is_empty()).map_or("", String::as_str)
    }

    pub(super) fn works_here(&self) -> bool {
        self.privileged == "1"
    }
}

/// A server's words for people: one line, not long.
pub(super) fn brief(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().chars().take(200).collect()
}

/// A text, a number or nothing, as text.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::String(s) => s,
        serde_json::Value::Number(n) => n.to_string(),
        _ => String::new(),
    })
}
