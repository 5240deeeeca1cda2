//! Trouble outside: a host that is gone, a certificate that is too old, a disk that is full.

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use std::{
    io::Write as _,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// A TLS server with a certificate of last century's kind; it only ever shakes hands.
pub(crate) struct Expired {
    pub(crate) port: u16,
}

impl Expired {
    pub(crate) fn start(dir: &Path) -> Expired {
        connectors::install_crypto_provider();
        let script = r#"set -e
cd "$1"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout key.pem -out csr.pem
: >index; echo 01 >serial
cat >ca.cnf <<C
[ca]
default_ca = c
[c]
new_certs_dir = .
database = index
serial = serial
default_md = sha256
policy = p
x509_extensions = x
[p]
commonName = supplied
[x]
basicConstraints = critical,CA:FALSE
subjectAltName = DNS:localhost,IP:127.0.0.1
extendedKeyUsage = serverAuth
C
openssl ca -batch -notext -config ca.cnf -selfsign -keyfile key.pem -in csr.pem -out expired.pem \
  -startdate 20200101000000Z -enddate 20210101000000Z
"#;
        let made = Command::new("bash").args(["-c", script, "bash"]).arg(dir).output().unwrap();
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        let cert = CertificateDer::from_pem_file(dir.join("expired.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(mut stream), config) = (stream, config.clone()) else { return };
                std::thread::spawn(move || {
                    let mut tls = rustls::ServerConnection::new(config).unwrap();
                    // The client hangs up: it sees the date.
                    let _ = tls.complete_io(&mut stream);
                });
            }
        });
        Expired { port }
    }
}

/// A door in front of a port that can be shut and opened: an unreachable host.
pub(crate) struct Door {
    pub(crate) port: u16,
    target: SocketAddr,
    open: Option<Arc<AtomicBool>>,
    listening: Option<JoinHandle<()>>,
}

impl Door {
    /// In front of the host of this address; shut.
    pub(crate) fn before(url: &str) -> Door {
        let host = url.split("//").nth(1).unwrap().split('/').next().unwrap();
        Door {
            port: super::free_port(),
            target: host.parse().unwrap(),
            open: None,
            listening: None,
        }
    }

    /// The same address, through the door.
    pub(crate) fn through(&self, url: &str) -> String {
        url.replace(&self.target.to_string(), &format!("127.0.0.1:{}", self.port))
    }

    pub(crate) fn open(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let open = Arc::new(AtomicBool::new(true));
        self.open = Some(open.clone());
        let target = self.target;
        self.listening = Some(std::thread::spawn(move || {
            let mut streams = Vec::new();
            while open.load(Ordering::SeqCst) {
                let Ok((from, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                };
                from.set_nonblocking(false).unwrap();
                let to = TcpStream::connect(target).unwrap();
                for (a, b) in [(&from, &to), (&to, &from)] {
                    let (mut a, mut b) = (a.try_clone().unwrap(), b.try_clone().unwrap());
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut a, &mut b);
                        let _ = b.shutdown(Shutdown::Write);
                    });
                }
                streams.extend([from, to]);
            }
            streams.iter().for_each(|s| drop(s.shutdown(Shutdown::Both)));
        }));
    }

    pub(crate) fn shut(&mut self) {
        if let (Some(open), Some(listening)) = (self.open.take(), self.listening.take()) {
            open.store(false, Ordering::SeqCst);
            listening.join().unwrap();
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.shut();
    }
}

/// A file system of a few megabytes; unmounted at the end.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    pub(crate) fn mount(at: &Path) -> Option<SmallDisk> {
        std::fs::create_dir_all(at).unwrap();
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "none"]).arg(at).output();
        match mount {
            Ok(done) if done.status.success() => Some(SmallDisk(at.to_owned())),
            other => {
                let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
                let why = other.map(|o| String::from_utf8_lossy(&o.stderr).into_owned());
                assert!(!(root && std::env::var_os("CI").is_some()), "no small disk: {why:?}");
                eprintln!("SKIPPED: a full disk needs the right to mount a tmpfs: {why:?}");
                None
            }
        }
    }

    /// Takes all that is left.
    pub(crate) fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("filler")).unwrap();
        let block = [7; 4096];
        while file.write_all(&block).is_ok() {}
    }

    pub(crate) fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
