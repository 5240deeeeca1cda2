//! JSON Schema (2020-12) of what brains send, made from the shapes.

use super::{
    check::{CONFIDENCE, REASON},
    shape::{Field, LONGEST_NAME, Shape, TICKET, fields},
};
use domain::ActionKind;
use serde_json::{Map, Value, json};

/// The schema of a shape.
pub(crate) fn of(shape: &Shape) -> Value {
    let text = |least: usize, most: usize| json!({"type": "string", "minLength": least, "maxLength": most});
    match shape {
        Shape::Id => json!({"type": "string", "pattern": format!("^[!-~]{{1,{LONGEST_NAME}}}$")}),
        Shape::MaybeId => {
            json!({"type": ["string", "null"], "pattern": format!("^[!-~]{{1,{LONGEST_NAME}}}$")})
        }
        Shape::Name(least) => text(*least, LONGEST_NAME),
        Shape::Login => text(1, LONGEST_NAME),
        Shape::Principal => json!({
            "type": "string",
            "pattern": "^[A-Za-z0-9_+-]{1,32}([.][A-Za-z0-9_+-]{1,31})?@([A-Za-z0-9]([A-Za-z0-9-]{0,60}[A-Za-z0-9])?[.]){1,2}[A-Za-z0-9]{1,60}$",
        }),
        Shape::Prose(least, most) => text(*least, *most),
        Shape::Sha256 => json!({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        Shape::Address => json!({
            "type": "string",
            "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}],
            "maxLength": 45,
        }),
        Shape::Patch => json!({"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,64}$"}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Whole(from, to) => json!({"type": "integer", "minimum": from, "maximum": to}),
        Shape::Word(words) => json!({"type": "string", "enum": words}),
        Shape::Client => json!({"type": "string", "pattern": "^[a-z0-9_.@-]{1,64}$"}),
        Shape::Query => json!({
            "type": "object",
            "description": "Exactly one of `address` and `name`",
            "properties": {"address": text(1, LONGEST_NAME), "name": text(1, LONGEST_NAME)},
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": false,
        }),
        Shape::Object(fields) => object(fields, Map::new()),
        Shape::List(shape, least, most) => {
            json!({"type": "array", "items": of(shape), "minItems": least, "maxItems": most})
        }
    }
}

fn object(fields: &[Field], mut properties: Map<String, Value>) -> Value {
    let mut required: Vec<&str> = Vec::new();
    for field in fields {
        let mut schema = of(&field.shape);
        if let Some(map) = schema.as_object_mut() {
            map.entry("description").or_insert(field.about.into());
        }
        properties.insert(field.name.into(), schema);
        if field.required {
            required.push(field.name);
        }
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The parameters of a kind, without `kind` itself.
pub(crate) fn parameters(kind: ActionKind) -> Value {
    object(fields(kind), Map::new())
}

/// An action as it stands in a request: the parameters and its `kind`.
pub(crate) fn action(kind: ActionKind) -> Value {
    let mut schema = parameters(kind);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("kind".into(), json!({"type": "string", "const": kind.name()}));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.insert(0, "kind".into());
    }
    schema
}

/// The body of a submission, pointing at `Action` among the document's schemas.
pub(crate) fn submission() -> Value {
    json!({
        "type": "object",
        "properties": {
            "client": describe(of(&Shape::Client), "Whose systems; GET /clients lists them"),
            "actions": {
                "type": "array",
                "description": "What to do, in order. Those that a person has to approve are one decision.",
                "items": {"$ref": "#/components/schemas/Action"},
                "minItems": 1,
                "maxItems": super::shape::MOST_ACTIONS,
            },
            "reason": describe(of(&REASON), "Why, in your own words. People read it; the gate does not."),
            "confidence": describe(of(&CONFIDENCE), "How sure you are, of a hundred. It can only raise the risk."),
            "ticket": describe(of(&TICKET), "The ticket that this is about; who asks is read from it"),
        },
        "required": ["client", "actions", "reason"],
        "additionalProperties": false,
    })
}

/// The body of a withdrawal.
pub(crate) fn withdrawal() -> Value {
    json!({
        "type": "object",
        "properties": {"reason": describe(of(&REASON), "Why, in your own words")},
        "required": ["reason"],
        "additionalProperties": false,
    })
}

/// What an MCP tool of this kind takes.
pub(crate) fn tool(kind: ActionKind) -> Value {
    let mut schema = parameters(kind);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, value) in common() {
            properties.entry(name).or_insert(value);
        }
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.extend(["client".into(), "reason".into()]);
    }
    schema
}

/// What every tool that asks for an action takes besides the action's own parameters.
fn common() -> [(&'static str, Value); 6] {
    [
        (
            "client",
            describe(
                of(&Shape::Client),
                "Whose systems; list_tickets names the client of a ticket",
            ),
        ),
        (
            "reason",
            describe(of(&REASON), "Why, in your own words, for the people who may have to approve"),
        ),
        ("ticket_psa", describe(of(&Shape::Id), "Help desk of the ticket that this is about")),
        (
            "ticket_id",
            describe(of(&Shape::Id), "Id of the ticket that this is about; with ticket_psa"),
        ),
        (
            "confidence",
            describe(
                of(&CONFIDENCE),
                "How sure you are, of a hundred. It can only raise the risk.",
            ),
        ),
        (
            "idempotency_key",
            json!({
                "type": "string",
                "pattern": "^[!-~]{1,128}$",
                "description": "The same key and arguments are the same request. Left out, the same arguments within a minute are.",
            }),
        ),
    ]
}

fn describe(mut schema: Value, text: &str) -> Value {
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".into(), text.into());
    }
    schema
}
