//! Databases that a test may kill, fill and cut off: each its own, of one PostgreSQL or of three under Patroni,
//! on loopback or in a network of their own.

use super::{free_port, repository};
use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Output},
};

/// How often each trouble is made: `JOURNEYMAN_LONG=10` asks for the long form, which goes through Patroni.
pub(crate) fn long() -> Option<u32> {
    std::env::var("JOURNEYMAN_LONG").ok().map(|n| n.parse().expect("JOURNEYMAN_LONG is a number"))
}

/// Whether this may make networks and file systems. In CI it must.
pub(crate) fn is_root() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if !root {
        assert!(std::env::var_os("CI").is_none(), "in CI nothing is skipped: run as root");
        eprintln!("SKIPPED: networks and disks of one's own need root");
    }
    root
}

fn done(command: &mut Command) -> Output {
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}");
    done
}

fn ip(args: &str) {
    done(Command::new("ip").args(args.split_whitespace()));
}

/// A network of its own with one cable for each node.
pub(crate) struct Network {
    name: String,
    /// Of each cable, the address at the far end.
    pub(crate) far: Vec<String>,
}

impl Network {
    pub(crate) fn of(tag: &str, cables: usize) -> Network {
        let pid = std::process::id();
        let mut network = Network { name: format!("jm{tag}{pid}"), far: Vec::new() };
        let name = &network.name;
        ip(&format!("netns add {name}"));
        ip(&format!("-n {name} link set lo up"));
        let tag: u32 = tag.bytes().map(u32::from).sum();
        for n in 0..cables {
            // Networks for measurements (RFC 2544), a /30 for each cable.
            let net = (pid.wrapping_mul(31).wrapping_add(tag) % 4_000) * 16
                + 4 * u32::try_from(n).unwrap();
            let host = |k: u32| format!("198.18.{}.{}", (net + k) / 256, (net + k) % 256);
            let (near, far) = network.ends(n);
            ip(&format!("link add {near} type veth peer name {far} netns {name}"));
            ip(&format!("addr add {}/30 dev {near}", host(1)));
            ip(&format!("-n {name} addr add {}/30 dev {far}", host(2)));
            ip(&format!("link set {near} up"));
            ip(&format!("-n {name} link set {far} up"));
            network.far.push(host(2));
        }
        network
    }

    fn ends(&self, n: usize) -> (String, String) {
        (format!("{}n{n}", self.name), format!("{}f{n}", self.name))
    }

    /// Pulls a cable at the far end: nothing gets through, and nobody is told.
    pub(crate) fn cut(&self, n: usize) {
        ip(&format!("-n {} link set {} down", self.name, self.ends(n).1));
    }

    pub(crate) fn heal(&self, n: usize) {
        ip(&format!("-n {} link set {} up", self.name, self.ends(n).1));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

/// A PostgreSQL of this test alone, that it may kill.
pub(crate) struct Mortal {
    dir: tempfile::TempDir,
    base: u16,
    patroni: bool,
    network: Option<Network>,
    disk_mb: Option<u32>,
}

impl Mortal {
    /// One on loopback.
    pub(crate) fn start() -> Mortal {
        Mortal::with(false, None, None)
    }

    /// One, or three under Patroni; in a network of its own, on a disk of so many megabytes.
    pub(crate) fn with(patroni: bool, network: Option<Network>, disk_mb: Option<u32>) -> Mortal {
        let base = match network {
            Some(_) => 20_000,
            None => free_port() - 432,
        };
        let server = Mortal { dir: tempfile::tempdir().unwrap(), base, patroni, network, disk_mb };
        match patroni {
            true => server.lab("labs/patroni/up.sh", &[&server.folder(), &base.to_string()]),
            false => server.lab("labs/postgres/start.sh", &[]),
        }
        server
    }

    fn folder(&self) -> String {
        self.dir.path().display().to_string()
    }

    fn lab(&self, script: &str, args: &[&str]) {
        // Not `ip netns exec`, which has mounts of its own.
        let mut command = match &self.network {
            Some(network) => {
                let mut enter = Command::new("nsenter");
                enter.arg(format!("--net=/run/netns/{}", network.name)).arg("bash");
                enter.env("LABS_LISTEN", network.far.join(","));
                enter
            }
            None => Command::new("bash"),
        };
        if let Some(mb) = self.disk_mb {
            command.env("LABS_DISK_MB", mb.to_string());
        }
        command.arg(repository(script)).args(args);
        command.env("LABS_DIR", self.dir.path()).env("LABS_BASE_PORT", self.base.to_string());
        let said = done(&mut command);
        eprint!("{}", String::from_utf8_lossy(&said.stderr));
    }

    /// The server's address by the cable of a node.
    pub(crate) fn by(&self, cable: usize) -> String {
        let host = self.network.as_ref().map_or("127.0.0.1", |network| &network.far[cable]);
        let port = self.base + if self.patroni { 5 } else { 432 };
        format!("postgres://postgres@{host}:{port}")
    }

    /// What [`Mortal::with`] was given.
    pub(crate) fn network(&self) -> &Network {
        self.network.as_ref().expect("it is on loopback")
    }

    /// kill -9 of the server, or of the primary.
    pub(crate) fn kill(&self) {
        if self.patroni {
            return self.lab("labs/patroni/kill.sh", &[&self.folder()]);
        }
        Command::new("kill").args(["-9", &self.pid()]).status().unwrap();
    }

    fn pid(&self) -> String {
        let pids = std::fs::read_to_string(self.dir.path().join("pids/postgres")).unwrap();
        pids.split_whitespace().next().unwrap().to_owned()
    }

    /// Starts what was killed, or ended by itself.
    pub(crate) fn again(&self) {
        match self.patroni {
            true => self.lab("labs/patroni/again.sh", &[&self.folder()]),
            false => self.lab("labs/postgres/start.sh", &["again"]),
        }
    }

    /// Whether the one server is gone.
    pub(crate) fn is_gone(&self) -> bool {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    }

    /// Its own disk, or those of three.
    fn disks(&self) -> Vec<PathBuf> {
        let data = std::fs::read_to_string(self.dir.path().join("postgres.data")).unwrap();
        let names: &[&str] = if self.patroni { &["disk1", "disk2", "disk3"] } else { &["d"] };
        names.iter().map(|name| PathBuf::from(data.trim()).join(name)).collect()
    }

    /// Takes all that is left on its disk, or on the primary's.
    pub(crate) fn fill(&self) {
        assert!(self.disk_mb.is_some(), "only a small disk may be filled");
        let copies = |disk: &PathBuf| disk.join("data/standby.signal").exists();
        for disk in self.disks().iter().filter(|disk| !copies(disk)) {
            let file =
                std::fs::OpenOptions::new().create(true).append(true).open(disk.join("filler"));
            let (mut file, block) = (file.unwrap(), [7; 4096]);
            while file.write_all(&block).is_ok() {}
        }
    }

    pub(crate) fn free(&self) {
        for disk in self.disks() {
            let _ = std::fs::remove_file(disk.join("filler"));
        }
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        let down = repository("labs/down.sh");
        let _ = Command::new("bash").arg(down).arg(self.dir.path()).status();
    }
}
