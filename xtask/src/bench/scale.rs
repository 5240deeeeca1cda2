//! What a case costs as cases and clients grow, and what a client costs that does nothing.
//! The floor of each is the smallest installation of the same run.

use super::start::{Config, IDLE, Server, configure};
use super::steps::server;
use super::{figures, wanted};
use crate::process::{cargo, output, target_dir};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Clients of the two servers whose memory is compared.
const FEW: u32 = 10;
const MANY: u32 = 10_000;
/// Each client has its connector made before the first answer.
const PATIENCE: Duration = Duration::from_secs(600);
/// Bytes that an idle client may take.
const AIM: f64 = 4_096.0;

pub(super) fn run() -> Result<Value, String> {
    let binary = server()?;
    let dir = target_dir().join("scale");
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let client_bytes = clients(&binary, &dir)?;
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "-p", "store", "--example", "scale_bench", "--"]);
    command.arg("--dir").arg(&dir);
    command.arg("--cases").arg(wanted(100_000)?.to_string());
    let mut all = figures(&output(&mut command)?)?;
    all["idle_client_bytes"] = client_bytes;
    // Left-overs of a benchmark harm nobody.
    drop(std::fs::remove_dir_all(&dir));
    Ok(all)
}

/// Resident memory of the server with few and with many clients that do nothing.
fn clients(binary: &Path, dir: &Path) -> Result<Value, String> {
    let config = configure(binary, dir)?;
    let base = std::fs::read_to_string(&config.file).map_err(|e| e.to_string())?;
    // The first start of a data folder learns the model, and that memory stays.
    resident(binary, &config, &base, FEW)?;
    let few = resident(binary, &config, &base, FEW)?;
    let many = resident(binary, &config, &base, MANY)?;
    let each = (many - few) * 1_048_576.0 / f64::from(MANY - FEW);
    Ok(json!({
        "each": each,
        "rss_mb": { "few": few, "many": many },
        "clients": { "few": FEW, "many": MANY },
        "aim": AIM,
        "met": each < AIM,
    }))
}

fn resident(binary: &Path, config: &Config, base: &str, clients: u32) -> Result<f64, String> {
    std::fs::write(&config.file, with_clients(base, clients)).map_err(|e| e.to_string())?;
    let mut server = Server::start(binary, config)?;
    server.answers(Instant::now(), PATIENCE)?;
    std::thread::sleep(IDLE);
    let rss = server.rss_mb()?;
    server.stop();
    Ok(rss)
}

/// The configuration with so many clients more, each in a tenant of its own at Microsoft.
fn with_clients(base: &str, clients: u32) -> String {
    let mut text = base.to_owned();
    for n in 0..clients {
        // A String takes everything.
        let _ = write!(
            text,
            "\n[[client]]\nid = \"client-{n}\"\nname = \"Client {n}\"\ncustomers = []\n\
             [client.graph]\ntenant = \"tenant-{n}.example\"\nclient_id = \"app-{n}\"\n\
             client_secret = {{ env = \"PATH\" }}\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn every_client_is_in_the_configuration() {
        let table: toml::Table = with_clients("msp_name = \"M\"\n", 3).parse().unwrap();
        let clients = table["client"].as_array().unwrap();
        assert_eq!(clients.len(), 3);
        assert_eq!(clients[2]["graph"]["tenant"].as_str(), Some("tenant-2.example"));
    }
}
