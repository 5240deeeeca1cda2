//! Tickets closed per second against the sandbox: on SQLite, and on a PostgreSQL that waits for its
//! disk, with one node and with three. The floor is the disk's fsyncs per second, in the same run.

use super::steps::server;
use super::{figures, wanted};
use crate::process::{output, program, target_dir};
use serde_json::{Value, json};

pub(super) fn run() -> Result<Value, String> {
    let binary = server()?;
    let tickets = wanted(300)?.to_string();
    let dir = target_dir().join("throughput");
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let common = ["bench", "throughput", "--tickets", &tickets, "--dir"];
    let sqlite = figures(&output(program(&binary).args(common).arg(&dir))?)?;
    let on_postgres = |nodes: &str| {
        let mut command = program("bash");
        command.arg("labs/peers/with-postgres.sh").arg(&dir).arg(&binary).args(common).arg(&dir);
        command.args(["--database", "JOURNEYMAN_BENCH_POSTGRES", "--nodes", nodes]);
        figures(&output(&mut command)?)
    };
    let (one, three) = (on_postgres("1")?, on_postgres("3")?);
    Ok(compare(sqlite, one, three))
}

fn compare(sqlite: Value, one: Value, three: Value) -> Value {
    let per_s = |side: &Value| side["closed_per_s"].as_f64().unwrap_or(f64::NAN);
    json!({
        "ratio": {
            "three_nodes_to_one": per_s(&three) / per_s(&one),
            "postgres_to_sqlite": per_s(&one) / per_s(&sqlite),
        },
        "sqlite": sqlite,
        "postgres": { "nodes_1": one, "nodes_3": three },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_nodes_are_compared_with_one_on_the_same_kind_of_store() {
        let of = |per_s: f64| json!({ "closed_per_s": per_s });
        let all = compare(of(40.0), of(20.0), of(50.0));
        assert_eq!(all["ratio"]["three_nodes_to_one"], 2.5);
        assert_eq!(all["ratio"]["postgres_to_sqlite"], 0.5);
    }
}
