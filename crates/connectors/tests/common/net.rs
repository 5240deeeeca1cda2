//! Servers that misbehave on purpose.

use std::future::Future;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Runs before a chunk from the client is passed on.
pub type Hook = Arc<dyn Fn(Vec<u8>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Passes connections on to another port of this machine, until told to lose the answers: then the
/// server still gets what is sent, and the client is hung up on when the answer comes.
pub struct Proxy {
    pub port: u16,
    lose_answers: Arc<AtomicBool>,
}

impl Proxy {
    pub async fn to(port: u16) -> Proxy {
        Proxy::with_hook(port, Arc::new(|_| Box::pin(async {}))).await
    }

    pub async fn with_hook(target: u16, hook: Hook) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lose_answers = Arc::new(AtomicBool::new(false));
        let lose = lose_answers.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (hook, lose) = (hook.clone(), lose.clone());
                tokio::spawn(async move { pass(client, target, hook, lose).await });
            }
        });
        Proxy { port, lose_answers }
    }

    /// From now on, answers are lost (or arrive again).
    pub fn lose_answers(&self, lose: bool) {
        self.lose_answers.store(lose, Ordering::SeqCst);
    }
}

async fn pass(client: TcpStream, target: u16, hook: Hook, lose: Arc<AtomicBool>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(n @ 1..) = from_client.read(&mut buffer).await {
            hook(buffer[..n].to_vec()).await;
            if to_server.write_all(&buffer[..n]).await.is_err() {
                break;
            }
        }
        let _ = to_server.shutdown().await;
    };
    let down = async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(n @ 1..) = from_server.read(&mut buffer).await {
            if lose.load(Ordering::SeqCst) || to_client.write_all(&buffer[..n]).await.is_err() {
                break;
            }
        }
    };
    // Whichever ends first, both directions are dropped: the client sees the connection end.
    tokio::select! {
        () = down => {}
        () = async { up.await; std::future::pending::<()>().await } => {}
    }
}

/// A port on which nothing listens.
pub fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that takes connections and never says a word. Dropping the listener ends it.
pub fn silent_server() -> (std::net::TcpListener, u16) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A TLS server with a certificate of the test's choice, ended when dropped.
pub struct TlsServer {
    pub port: u16,
    child: Child,
}

impl TlsServer {
    pub async fn start(certificate: &str, key: &str) -> TlsServer {
        let port = closed_port();
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-accept", &format!("127.0.0.1:{port}")])
            .args(["-cert", certificate, "-key", key])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is needed, see labs/packages.txt");
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        TlsServer { port, child }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
