//! The API's own description.

use super::desk::Desk;
use domain::ActionKind;
use serde_json::Value;
use std::collections::BTreeSet;

async fn document() -> Value {
    Desk::new().await.get("", "/api/v1/openapi.json").await.is(200)
}

/// Every `$ref` in a value.
fn refs(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("$ref", Value::String(text)) => out.push(text.clone()),
                    ("mapping", Value::Object(all)) => {
                        out.extend(all.values().filter_map(|v| v.as_str().map(str::to_owned)));
                    }
                    _ => refs(value, out),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|i| refs(i, out)),
        _ => {}
    }
}

#[tokio::test]
async fn it_is_openapi_3_1_and_every_reference_leads_somewhere() {
    let document = document().await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    assert_eq!(document["servers"][0]["url"], "/api/v1");
    let mut all = Vec::new();
    refs(&document, &mut all);
    assert!(all.len() > 100, "{}", all.len());
    for reference in all {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference}"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for kind in ActionKind::ALL {
        assert!(schemas.contains_key(&format!("Action_{}", kind.name())), "{}", kind.name());
    }
    for (name, schema) in schemas {
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)), "{name}");
        assert!(schema.is_object(), "{name}");
    }
}

#[tokio::test]
async fn every_operation_says_what_it_takes_and_answers() {
    let document = document().await;
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path}"));
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
            let answers = operation["responses"].as_object().unwrap();
            if path == "/openapi.json" {
                assert_eq!(operation["security"], serde_json::json!([]));
                continue;
            }
            for status in ["400", "401", "403", "404", "429", "503"] {
                let kind = &answers[status]["content"]["application/problem+json"];
                assert!(kind.is_object(), "{method} {path} {status}");
            }
            let takes: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .map(|all| {
                    all.iter()
                        .filter(|p| p["in"] == "path")
                        .filter_map(|p| p["name"].as_str())
                        .collect()
                })
                .unwrap_or_default();
            let named: BTreeSet<&str> =
                path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(takes, named, "{method} {path}");
            if method == "post" {
                assert!(answers.contains_key("413") && answers.contains_key("422"), "{path}");
                assert!(
                    operation["requestBody"]["content"]["application/json"].is_object(),
                    "{path}"
                );
            }
        }
    }
    let scheme = &document["components"]["securitySchemes"]["token"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&"http".into(), &"bearer".into()));
    assert_eq!(document["security"], serde_json::json!([{"token": []}]));
}
