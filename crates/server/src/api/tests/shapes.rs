//! The check of every kind of action, field by field.

use crate::api::{
    check::{self, action},
    schema,
    shape::{Field, Shape, fields},
};
use domain::ActionKind;
use serde_json::{Map, Value, json};

/// A value that fits.
fn right(shape: &Shape) -> Value {
    match shape {
        Shape::Id | Shape::MaybeId => "a1-B2".into(),
        Shape::Name(_) => "Finance Team".into(),
        Shape::Login | Shape::Principal => "dana@acme.example".into(),
        Shape::Prose(..) => "Open port 443 to the mail server.".into(),
        Shape::Sha256 => "0f".repeat(32).into(),
        Shape::Address => "192.0.2.53".into(),
        Shape::Patch => "KB5034441".into(),
        Shape::Flag => true.into(),
        Shape::Whole(from, _) => (*from).into(),
        Shape::Word(words) => words[0].into(),
        Shape::Client => "acme".into(),
        Shape::Query => json!({"address": "dana@acme.example"}),
        Shape::Object(fields) => object(fields),
        Shape::List(of, ..) => json!([right(of)]),
    }
}

fn object(fields: &[Field]) -> Value {
    fields.iter().map(|f| (f.name.to_owned(), right(&f.shape))).collect::<Map<_, _>>().into()
}

fn sample(kind: ActionKind) -> Value {
    let mut value = object(fields(kind));
    value["kind"] = kind.name().into();
    value
}

/// Values that do not fit, with a word of what is said.
fn wrong(shape: &Shape) -> Vec<(Value, &'static str)> {
    let long = "x".repeat(30_000);
    let mut all = match shape {
        Shape::Flag => vec![(json!("yes"), "true or false"), (json!(1), "true or false")],
        Shape::Whole(from, to) => vec![
            (json!(i64::from(*from) - 1), "is right"),
            (json!(u64::from(*to) + 1), "is right"),
            (json!(u64::MAX), "is right"),
            (json!(f64::from(*from) + 0.5), "whole number"),
            (json!("15"), "whole number"),
        ],
        Shape::Query => vec![
            (json!({}), "exactly one"),
            (json!({"address": "a@b.example", "name": "b"}), "exactly one"),
            (json!({"address": "two@at@signs"}), "more than one @"),
            (json!({"sid": "S-1-5"}), "unknown field \"sid\""),
        ],
        Shape::Object(fields) => {
            let mut more = right(shape);
            more["extra"] = 1.into();
            let mut less = right(shape);
            less.as_object_mut().unwrap().remove(fields[0].name);
            vec![
                (more, "unknown field \"extra\""),
                (less, "is required"),
                (json!([]), "an object is right"),
            ]
        }
        Shape::List(of, least, most) => {
            let item = right(of);
            let mut all = vec![
                (json!({}), "a list is right"),
                (json!(vec![item.clone(); most + 1]), "are right"),
                (json!([item, null]), "null"),
            ];
            if *least > 0 {
                all.push((json!([]), "has 0 items"));
            }
            if !matches!(of, Shape::Prose(..)) {
                all.push((json!([right(of), right(of)]), "a second time"));
            }
            all
        }
        texts => {
            let mut all = vec![
                (json!(1), "a text is right"),
                (json!({"a": 1}), "a text is right"),
                (json!(long), ""),
                (json!("a\u{202e}b"), ""),
                (json!("a\u{0}b"), ""),
                (json!("a\u{200b}b"), ""),
            ];
            match texts {
                Shape::Name(0) => {}
                Shape::MaybeId | Shape::Prose(0, _) => {}
                _ => all.push((json!(""), "")),
            }
            all.extend(match texts {
                Shape::Id | Shape::MaybeId => {
                    vec![(json!("a b"), "U+0020"), (json!("\u{0430}1"), "U+0430")]
                }
                Shape::Name(_) => vec![
                    (json!("Fin\u{0430}nce"), "mixes Latin and Cyrillic"),
                    (json!("\u{0391}dmins"), "mixes Greek and Latin"),
                    (json!(" Finance"), "blank"),
                    (json!("x".repeat(257)), "longer than 256"),
                ],
                Shape::Login => vec![(json!("a@b@c"), "more than one @"), (json!("a b@c"), "' '")],
                Shape::Principal => vec![
                    (json!("dana"), "name@domain.example"),
                    (json!("dana@"), "name@domain.example"),
                    (json!("@acme.example"), "name@domain.example"),
                    (json!("dana@acme"), "name@domain.example"),
                    (json!("dana@-acme.example"), "name@domain.example"),
                    (json!("d\u{0430}na@acme.example"), "mixes"),
                ],
                Shape::Sha256 => vec![
                    (json!("0F".repeat(32)), "lower-case"),
                    (json!("0f".repeat(31)), "64"),
                    (json!("zz".repeat(32)), "hexadecimal"),
                ],
                Shape::Address => vec![
                    (json!("300.1.1.1"), "IPv4 or IPv6"),
                    (json!("10.0.0.1; reboot"), "IPv4 or IPv6"),
                    (json!("dns.example"), "IPv4 or IPv6"),
                    (json!("0.0.0.0"), "no server"),
                    (json!("224.0.0.1"), "no server"),
                ],
                Shape::Patch => vec![(json!("KB1 && rm"), "KB5034441")],
                Shape::Client => vec![(json!("ACME"), "client id"), (json!("../etc"), "client id")],
                Shape::Word(_) => vec![(json!("FULL_ACCESS"), "one of")],
                _ => vec![],
            });
            all
        }
    };
    if !matches!(shape, Shape::MaybeId) {
        all.push((Value::Null, "null"));
    }
    all
}

/// Every place in a value of these fields, with its shape.
fn places(at: &str, of: &'static [Field], out: &mut Vec<(String, &'static Shape)>) {
    for field in of {
        let here = format!("{at}/{}", field.name);
        inside(&here, &field.shape, out);
    }
}

fn inside(here: &str, shape: &'static Shape, out: &mut Vec<(String, &'static Shape)>) {
    out.push((here.to_owned(), shape));
    match shape {
        Shape::Object(fields) => places(here, fields, out),
        Shape::List(of, ..) => inside(&format!("{here}/0"), of, out),
        _ => {}
    }
}

/// `/devices/0/name` as a message writes it: `x.devices[0].name`.
fn as_said(pointer: &str) -> String {
    pointer.split('/').skip(1).fold("x".to_owned(), |at, part| match part.parse::<usize>() {
        Ok(i) => format!("{at}[{i}]"),
        Err(_) => format!("{at}.{part}"),
    })
}

#[test]
fn every_kind_takes_what_fits_and_refuses_what_does_not_by_place() {
    let mut tried = 0;
    for kind in ActionKind::ALL.iter().copied() {
        let value = sample(kind);
        let read = action(&value, "x").unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
        assert_eq!(read.kind(), kind);
        let mut all = Vec::new();
        places("", fields(kind), &mut all);
        for (pointer, shape) in all {
            for (bad, words) in wrong(shape) {
                let mut broken = value.clone();
                *broken.pointer_mut(&pointer).unwrap() = bad.clone();
                let Err(said) = action(&broken, "x") else {
                    panic!("{} takes {bad} at {pointer}", kind.name());
                };
                assert!(
                    said.at.starts_with(&as_said(&pointer)),
                    "{}: {said} for {pointer}",
                    kind.name()
                );
                assert!(said.what.contains(words), "{} {pointer} {bad}: {said}", kind.name());
                tried += 1;
            }
        }
        let mut more = value.clone();
        more["force"] = true.into();
        assert!(action(&more, "x").unwrap_err().what.contains("unknown field \"force\""));
        for field in fields(kind).iter().filter(|f| f.required) {
            let mut less = value.clone();
            less.as_object_mut().unwrap().remove(field.name);
            let said = action(&less, "x").unwrap_err();
            assert!(said.what.contains(&format!("`{}`", field.name)), "{said}");
        }
    }
    assert!(tried > 1_000, "only {tried} wrong values were tried");
}

#[test]
fn limits_hold_at_their_bounds() {
    let mut pass = sample(ActionKind::IssueTemporaryAccessPass);
    for (minutes, ok) in [(9, false), (10, true), (480, true), (481, false)] {
        pass["minutes"] = minutes.into();
        assert_eq!(action(&pass, "x").is_ok(), ok, "{minutes}");
    }
    let mut time = sample(ActionKind::LogTime);
    for (minutes, ok) in [(0, false), (1, true), (1_440, true), (1_441, false)] {
        time["minutes"] = minutes.into();
        assert_eq!(action(&time, "x").is_ok(), ok, "{minutes}");
    }
    let mut reboot = sample(ActionKind::Reboot);
    for (count, ok) in [(0, false), (1, true), (500, true), (501, false)] {
        let devices = |n: usize| json!({"id": format!("d{n}"), "name": format!("LT-{n}")});
        reboot["devices"] = (0..count).map(devices).collect::<Vec<_>>().into();
        assert_eq!(action(&reboot, "x").is_ok(), ok, "{count}");
    }
    // Two spellings of one id are one device.
    reboot["devices"] = json!([{"id": "d1", "name": "a"}, {"id": "D1", "name": "b"}]);
    assert!(action(&reboot, "x").unwrap_err().what.contains("a second time"));
    let mut dns = sample(ActionKind::SetDns);
    dns["servers"] = json!([]);
    action(&dns, "x").unwrap();
}

#[test]
fn the_schema_of_a_kind_names_exactly_its_fields() {
    for kind in ActionKind::ALL.iter().copied() {
        let schema = schema::action(kind);
        let names: Vec<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let value = sample(kind);
        let mut sent: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        sent.sort_unstable();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, sent, "{}", kind.name());
        assert_eq!(schema["additionalProperties"], false);
        let tool = schema::tool(kind);
        for name in ["client", "reason"] {
            assert!(tool["required"].as_array().unwrap().contains(&name.into()), "{}", kind.name());
        }
    }
}

#[test]
fn a_body_is_checked_whole() {
    let good = json!({
        "client": "acme", "reason": "why", "confidence": 80, "ticket": {"psa": "rt", "id": "17"},
        "actions": [sample(ActionKind::UnlockAccount)],
    });
    check::asked(&good).unwrap();
    for (pointer, bad, words) in [
        ("", json!([]), "an object is right"),
        ("", json!({}), "`client`"),
        ("/client", json!("Acme"), "client is not a client id"),
        ("/reason", json!("x".repeat(2_001)), "longer than 2000"),
        ("/reason", json!(""), "reason is empty"),
        ("/confidence", json!(101), "0 to 100"),
        ("/confidence", json!(-1), "0 to 100"),
        ("/confidence", json!(0.9), "whole number"),
        ("/ticket", json!({"psa": "rt"}), "`id`"),
        ("/ticket/id", json!("1 OR 1=1"), "U+0020"),
        ("/actions", json!([]), "0 items"),
        ("/actions", json!([1]), "actions[0] is a number"),
        ("/actions/0/kind", json!("drop_tables"), "\"drop_tables\" is no kind"),
        ("/actions/0/kind", json!(7), "actions[0].kind is a number"),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = bad;
        let said = check::asked(&body).unwrap_err().to_string();
        assert!(said.contains(words), "{pointer}: {said}");
    }
    let mut twice = good.clone();
    twice["actions"] =
        json!([sample(ActionKind::UnlockAccount), sample(ActionKind::UnlockAccount)]);
    assert!(check::asked(&twice).unwrap_err().to_string().contains("actions[1] asks for the same"));
    let mut many = good.clone();
    many["actions"] = (0..21)
        .map(|i| json!({"kind": "find_group", "name": format!("g{i}")}))
        .collect::<Vec<_>>()
        .into();
    assert!(check::asked(&many).unwrap_err().to_string().contains("21 items"));
    let mut more = good.clone();
    more["tier"] = "low".into();
    assert!(check::asked(&more).unwrap_err().to_string().contains("unknown field \"tier\""));
}
