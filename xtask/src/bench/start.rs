//! Time from the start of `journeyman serve` to its first answer, and its memory when idle.
//! The floor is the same binary doing nothing: `journeyman --version`.

use crate::process::{cargo, program, run as run_command, target_dir};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 11;
const BUDGET_START_MS: f64 = 300.0;
const BUDGET_RSS_MB: f64 = 80.0;
pub(super) const IDLE: Duration = Duration::from_secs(5);
const GIVE_UP: Duration = Duration::from_secs(30);

/// A server's configuration and where it will listen.
pub(super) struct Config {
    pub(super) file: PathBuf,
    pub(super) address: String,
}

/// The one place that knows how a configuration comes about.
pub(super) fn configure(binary: &Path, dir: &Path) -> Result<Config, String> {
    std::fs::create_dir_all(dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let file = dir.join("journeyman.toml");
    run_command(program(binary).args(["init", "--defaults", "--config"]).arg(&file))?;
    let text = std::fs::read_to_string(&file)
        .map_err(|e| format!("`init` left no {}: {e}", file.display()))?;
    let table: toml::Table =
        text.parse().map_err(|e| format!("{} is not TOML: {e}", file.display()))?;
    Ok(Config { address: listen(&table).unwrap_or("127.0.0.1:7300").to_owned(), file })
}

/// The value of `listen`, at the top or in a section.
fn listen(table: &toml::Table) -> Option<&str> {
    let sections = table.values().filter_map(toml::Value::as_table);
    std::iter::once(table).chain(sections).find_map(|t| t.get("listen").and_then(|v| v.as_str()))
}

pub(super) fn run() -> Result<Value, String> {
    let args = ["build", "--release", "-p", "server", "--bin", "journeyman"];
    run_command(cargo().args(args))?;
    let binary = target_dir().join("release/journeyman");
    let dir = std::env::temp_dir().join(format!("journeyman-bench-{}", std::process::id()));
    let measured = measure(&binary, &dir);
    // Left-overs of a benchmark harm nobody.
    drop(std::fs::remove_dir_all(&dir));
    measured
}

fn measure(binary: &Path, dir: &Path) -> Result<Value, String> {
    let config = configure(binary, dir)?;
    if TcpStream::connect(&config.address).is_ok() {
        return Err(format!("something listens on {} already; stop it first", config.address));
    }
    let (mut start_ms, mut floor_ms) = (Vec::new(), Vec::new());
    let mut idle_rss_mb = 0.0;
    for round in 0..RUNS {
        floor_ms.push(version_ms(binary)?);
        let started = Instant::now();
        let mut server = Server::start(binary, &config)?;
        server.answers(started, GIVE_UP)?;
        start_ms.push(started.elapsed().as_secs_f64() * 1e3);
        if round + 1 == RUNS {
            std::thread::sleep(IDLE);
            idle_rss_mb = server.rss_mb()?;
        }
        server.stop();
    }
    let floor_rss_mb = version_rss_mb(binary)?;
    let (p50, max) = (median(&mut start_ms), highest(&start_ms));
    let floor_p50 = median(&mut floor_ms);
    Ok(json!({
        "start_ms": { "p50": round1(p50), "max": round1(max), "runs": RUNS },
        "idle_rss_mb": round1(idle_rss_mb),
        "floor": {
            "what": "journeyman --version",
            "start_ms_p50": round1(floor_p50),
            "rss_mb": round1(floor_rss_mb),
        },
        "ratio": { "start": round1(p50 / floor_p50), "rss": round1(idle_rss_mb / floor_rss_mb) },
        "budget": {
            "start_ms": BUDGET_START_MS,
            "idle_rss_mb": BUDGET_RSS_MB,
            "met": max < BUDGET_START_MS && idle_rss_mb < BUDGET_RSS_MB,
        },
    }))
}

/// A running server, ended when dropped.
pub(super) struct Server {
    child: Child,
    address: String,
}

impl Server {
    pub(super) fn start(binary: &Path, config: &Config) -> Result<Server, String> {
        let child = program(binary)
            .args(["serve", "--config"])
            .arg(&config.file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|e| format!("{} could not be started: {e}", binary.display()))?;
        Ok(Server { child, address: config.address.clone() })
    }

    /// Waits until `GET /healthz` is answered well.
    pub(super) fn answers(&mut self, started: Instant, patience: Duration) -> Result<(), String> {
        while started.elapsed() < patience {
            if healthy(&self.address) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("`journeyman serve` ended at once: {status}"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(format!("`journeyman serve` did not answer on {} in {patience:?}", self.address))
    }

    pub(super) fn rss_mb(&self) -> Result<f64, String> {
        memory_mb(self.child.id())
    }

    /// Asks it to end, as a service manager does, and waits.
    pub(super) fn stop(mut self) {
        let asked = program("kill").arg(self.child.id().to_string()).status();
        let begin = Instant::now();
        while asked.is_ok() && begin.elapsed() < GIVE_UP {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended after `stop`; then both do nothing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn healthy(address: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split_whitespace().nth(1) == Some("200"))
    };
    ask().unwrap_or(false)
}

fn version_ms(binary: &Path) -> Result<f64, String> {
    let start = Instant::now();
    let out = program(binary)
        .arg("--version")
        .output()
        .map_err(|e| format!("`journeyman --version` could not be started: {e}"))?;
    if !out.status.success() {
        return Err(format!("`journeyman --version` failed: {}", out.status));
    }
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// Memory of `--version`, held at its print: its output is a pipe that is full until we read.
fn version_rss_mb(binary: &Path) -> Result<f64, String> {
    let broken = |e: std::io::Error| format!("`journeyman --version` could not be measured: {e}");
    let (mut reader, mut writer) = std::io::pipe().map_err(broken)?;
    writer.write_all(&[b' '; 65_536]).map_err(broken)?;
    let mut child = program(binary).arg("--version").stdout(writer).spawn().map_err(broken)?;
    std::thread::sleep(Duration::from_millis(200));
    let memory = memory_mb(child.id());
    let mut rest = String::new();
    let read = reader.read_to_string(&mut rest);
    child.wait().and(read).map_err(broken)?;
    memory
}

fn memory_mb(pid: u32) -> Result<f64, String> {
    let file = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kb = line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<f64>().ok());
    kb.map(|kb| kb / 1024.0).ok_or_else(|| format!("{file} shows no VmRSS"))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn highest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

fn round1(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_address_is_found_at_the_top_or_in_a_section() {
        let of = |text: &str| listen(&text.parse().unwrap()).map(str::to_owned);
        assert_eq!(of("listen = \"127.0.0.1:1\"").unwrap(), "127.0.0.1:1");
        assert_eq!(of("[web]\nlisten = \"127.0.0.1:2\"").unwrap(), "127.0.0.1:2");
        assert_eq!(of("[web]\nport = 3"), None);
    }

    #[test]
    fn memory_of_a_process_that_only_prints_is_measured() {
        let any = Path::new("/bin/ls");
        let mb = version_rss_mb(any).unwrap();
        assert!(mb > 0.1 && mb < 500.0, "{mb}");
        assert!(version_ms(any).unwrap() > 0.0);
    }

    #[test]
    fn only_a_good_answer_counts_as_health() {
        for (answer, expected) in
            [("HTTP/1.1 200 OK\r\n\r\nok", true), ("HTTP/1.1 503 Busy\r\n\r\n", false), ("", false)]
        {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = [0; 512];
                let _ = stream.read(&mut head).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            });
            assert_eq!(healthy(&address), expected, "{answer:?}");
            server.join().unwrap();
        }
        assert!(!healthy("127.0.0.1:1"));
    }
}
