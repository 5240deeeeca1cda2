//! Who approves what, learned from drawn histories with hidden rules. Nothing outside is there to measure beside: the
//! truth that drew the histories is the floor. Everything but the count on real tickets is simulated.

use super::{data, figures};
use crate::process::{cargo, output};
use serde_json::{Value, json};

const TICKETS: &str = "it_tickets.csv";
/// Share of the hidden rules found, share of the found that are hidden rules.
const AIMS: [(&str, f64); 2] = [("recall", 0.95), ("precision", 0.98)];

pub(super) fn run() -> Result<Value, String> {
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "-p", "server", "--example", "approvers", "--"]);
    match data(TICKETS) {
        Some(file) => drop(command.arg("--tickets").arg(file)),
        None => println!("no {TICKETS} beside the repository: on drawn histories only"),
    }
    let all = figures(&output(&mut command)?)?;
    Ok(with_aims(all))
}

fn with_aims(mut all: Value) -> Value {
    for (name, of) in all["simulated"].as_object().into_iter().flatten() {
        for missed in of["missed"].as_array().into_iter().flatten() {
            println!("SIMULATED {name}: missed {missed}");
        }
        for wrong in of["wrong"].as_array().into_iter().flatten() {
            println!("SIMULATED {name}: wrong {wrong}");
        }
    }
    let mut aims = json!({});
    for (name, aim) in AIMS {
        let value = all["simulated"]["as_drawn"]["rules"][name].as_f64();
        aims[name] = json!({ "aim": aim, "value": value, "met": value.map(|v| v >= aim) });
    }
    all["aims_simulated"] = aims;
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn aims_are_held_against_the_histories_as_drawn() {
        let rules = json!({ "rules": { "recall": 0.96, "precision": 0.97 } });
        let all = with_aims(json!({ "simulated": { "as_drawn": rules } }));
        assert_eq!(all["aims_simulated"]["recall"]["met"], true);
        assert_eq!(all["aims_simulated"]["precision"]["met"], false);
        assert_eq!(with_aims(json!({}))["aims_simulated"]["recall"]["met"], Value::Null);
    }
}
