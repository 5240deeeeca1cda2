//! Reads a JSON body strictly: one value, limited in size and depth, no key twice.

use super::problem::Problem;
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Largest body, in bytes.
pub(crate) const MOST_BYTES: usize = 256 * 1024;
/// Deepest nesting.
const DEEPEST: usize = 32;

/// A JSON body that was read strictly.
#[derive(Debug)]
pub(crate) struct JsonBody(pub(crate) Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let essence = kind.and_then(|v| v.split(';').next()).unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let detail = "Send the body as `Content-Type: application/json`.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
        }
        let bytes = bytes(request.into_body()).await?;
        parse(&bytes).map(JsonBody)
    }
}

/// The body, if it is not too large.
pub(crate) async fn bytes(body: Body) -> Result<axum::body::Bytes, Problem> {
    to_bytes(body, MOST_BYTES).await.map_err(|_| {
        let detail =
            format!("The body is larger than {MOST_BYTES} bytes, or did not arrive whole.");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    })
}

/// Reads one JSON value.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Node(DEEPEST).deserialize(&mut reader).and_then(|v| reader.end().map(|()| v));
    read.map_err(|e| Problem::bad_request("malformed_json", format!("The body is not right: {e}.")))
}

/// A value that may nest this much deeper.
struct Node(usize);

impl Node {
    fn inner<E: Error>(&self) -> Result<Node, E> {
        match self.0.checked_sub(1) {
            Some(left) => Ok(Node(left)),
            None => Err(E::custom(format_args!("nested deeper than {DEEPEST} levels"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner()?)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self.inner()?)?;
            if map.contains_key(&key) {
                let key: String = key.chars().take(60).collect();
                return Err(A::Error::custom(format_args!("the key {key:?} stands twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, words) in [
            ("{\"a\": 1,\n \"b\" 2}", ["expected `:`", "line 2 column 6"]),
            ("{\"a\": 1}\n{}", ["trailing", "line 2"]),
            ("{\"a\": 1,\n\"a\": 2}", ["\"a\" stands twice", "line 2"]),
            ("", ["EOF", "line 1"]),
            ("[1e999]", ["out of range", "line 1"]),
            ("\"\u{0}\"", ["control character", "line 1"]),
            ("{'a': 1}", ["key must be a string", "line 1"]),
        ] {
            let problem = parse(text.as_bytes()).unwrap_err();
            for word in words {
                assert!(problem.detail().contains(word), "{text:?}: {}", problem.detail());
            }
        }
        assert!(parse(b"\"\xff\"").is_err(), "not UTF-8");
    }

    #[test]
    fn nesting_ends_at_the_limit() {
        let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        parse(nested(DEEPEST).as_bytes()).unwrap();
        for n in [DEEPEST + 1, 200, 100_000] {
            let problem = parse(nested(n).as_bytes()).unwrap_err();
            assert!(problem.detail().contains("deeper than 32"), "{}", problem.detail());
        }
    }

    #[test]
    fn what_is_right_is_read_as_it_stands() {
        let text = r#"{"a": [1, -2, 2.5, true, null, "é\n"], "b": {"c": 18446744073709551615}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }
}
