//! `journeyman mcp --url URL`: MCP on standard input and output for an AI on this machine. Each
//! message goes to the server's `/mcp` with the token from the environment; nothing is decided here.
//!
//! INVARIANT: standard output carries one JSON-RPC message a line and nothing else.

use super::CliResult;
use reqwest::{RequestBuilder, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

/// Where the token is read from.
const TOKEN_ENV: &str = "JOURNEYMAN_TOKEN";
/// Longest message, in bytes; the server takes no longer one.
const MOST_BYTES: u64 = 256 * 1024;
/// Longer than the server lets any call wait.
const TIMEOUT: Duration = Duration::from_secs(120);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the Journeyman server, such as https://journeyman.example. The brain's token is
    /// read from the environment variable JOURNEYMAN_TOKEN.
    #[arg(long, env = "JOURNEYMAN_URL")]
    url: String,
}

/// What the tasks share.
struct Bridge {
    client: reqwest::Client,
    url: url::Url,
    token: SecretString,
    /// Version of the protocol that was agreed on at the start, for clients that begin with that.
    agreed: Mutex<Option<String>>,
    /// Calls that wait for the server, by their id, so that they can be cancelled.
    open: Mutex<HashMap<String, AbortHandle>>,
    out: mpsc::Sender<String>,
}

pub(crate) async fn run(args: Args) -> CliResult {
    let token = std::env::var(TOKEN_ENV).map_err(|_| {
        format!("set {TOKEN_ENV} to the brain's token; `journeyman brains add` shows it")
    })?;
    let base = crate::api::webhooks::check_url(args.url.trim_end_matches('/'))
        .map_err(|e| format!("--url: {}", e.replace("a webhook", "the address")))?;
    let url = url::Url::parse(&format!("{}/mcp", base.as_str().trim_end_matches('/')))?;
    let client = reqwest::Client::builder()
        .user_agent(concat!("journeyman-mcp/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()?;
    let (out, lines) = mpsc::channel(64);
    let bridge = Arc::new(Bridge {
        client,
        url,
        token: token.trim().to_owned().into(),
        agreed: Mutex::default(),
        open: Mutex::default(),
        out,
    });
    let writer = tokio::spawn(write(lines));
    read(bridge).await?;
    writer.await?;
    Ok(ExitCode::SUCCESS)
}

async fn write(mut lines: mpsc::Receiver<String>) {
    let mut stdout = tokio::io::stdout();
    while let Some(mut line) = lines.recv().await {
        line.push('\n');
        // Whoever started us is gone: nobody is left to tell.
        if stdout.write_all(line.as_bytes()).await.is_err() || stdout.flush().await.is_err() {
            return;
        }
    }
}

/// Forwards every line until standard input ends, then lets open calls finish.
async fn read(bridge: Arc<Bridge>) -> std::io::Result<()> {
    let mut input = BufReader::new(tokio::io::stdin());
    let mut calls = JoinSet::new();
    loop {
        let mut line = Vec::new();
        let read = (&mut input).take(MOST_BYTES + 1).read_until(b'\n', &mut line).await?;
        if read == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if line.len() as u64 > MOST_BYTES {
            let text = format!("a message may have {MOST_BYTES} bytes");
            bridge.say(error(&Value::Null, -32600, &text)).await;
            break;
        }
        let message: Value = match serde_json::from_slice(&line) {
            Ok(message) => message,
            Err(e) => {
                bridge
                    .say(error(&Value::Null, -32700, &format!("the line is not JSON: {e}")))
                    .await;
                continue;
            }
        };
        while calls.try_join_next().is_some() {}
        // The rest of a conversation may rest on the first answer.
        if message.get("method").is_some_and(|m| m == "initialize") {
            bridge.forward(&message).await;
            continue;
        }
        bridge.cancel(&message);
        let key = message.get("id").map(Value::to_string);
        let (task_bridge, task_key) = (bridge.clone(), key.clone());
        let handle = calls.spawn(async move {
            task_bridge.forward(&message).await;
            if let Some(key) = task_key {
                task_bridge.with_open(|open| open.remove(&key));
            }
        });
        if let Some(key) = key
            && !handle.is_finished()
        {
            bridge.with_open(|open| open.insert(key, handle));
        }
    }
    while calls.join_next().await.is_some() {}
    Ok(())
}

impl Bridge {
    fn with_open<T>(&self, act: impl FnOnce(&mut HashMap<String, AbortHandle>) -> T) -> T {
        act(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives up a call that the client no longer waits for; the server sees that nobody listens.
    fn cancel(&self, message: &Value) {
        if message.get("method").is_some_and(|m| m == "notifications/cancelled")
            && let Some(id) = message.pointer("/params/requestId")
            && let Some(call) = self.with_open(|open| open.remove(&id.to_string()))
        {
            call.abort();
        }
    }

    async fn say(&self, message: Value) {
        // The writer ends only when nobody reads any more.
        let _ = self.out.send(message.to_string()).await;
    }

    /// Sends one message on, and what the server answers back.
    async fn forward(&self, message: &Value) {
        let id = message.get("id").cloned();
        let answers = match self.ask(message).await {
            Ok(answers) => answers,
            Err(text) => match &id {
                Some(id) => vec![error(id, -32000, &text)],
                None => Vec::new(),
            },
        };
        for answer in answers {
            if message.get("method").is_some_and(|m| m == "initialize")
                && let Some(version) = answer.pointer("/result/protocolVersion")
            {
                let version = version.as_str().map(str::to_owned);
                *self.agreed.lock().unwrap_or_else(PoisonError::into_inner) = version;
            }
            self.say(answer).await;
        }
    }

    async fn ask(&self, message: &Value) -> Result<Vec<Value>, String> {
        let request = self
            .client
            .post(self.url.clone())
            .bearer_auth(self.token.expose_secret())
            .header(header::ACCEPT, "application/json, text/event-stream");
        let answer = self
            .headers(request, message)
            .json(message)
            .send()
            .await
            .map_err(|e| format!("the Journeyman server does not answer: {e}"))?;
        let status = answer.status();
        let stream = answer
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.starts_with("text/event-stream"));
        let text = answer.text().await.map_err(|e| format!("the answer broke off: {e}"))?;
        if status == StatusCode::UNAUTHORIZED {
            return Err(format!("the server does not take the token in {TOKEN_ENV}"));
        }
        let found = match stream {
            true => events(&text),
            false if text.trim().is_empty() => Vec::new(),
            false => serde_json::from_str(&text).ok().into_iter().collect(),
        };
        let told: Vec<Value> = found.into_iter().filter(|v| v.get("jsonrpc").is_some()).collect();
        match told.is_empty() && !status.is_success() {
            true => Err(format!("the server answered {status}: {}", text.trim())),
            false => Ok(told),
        }
    }

    /// The headers that say again what the message says.
    fn headers(&self, mut request: RequestBuilder, message: &Value) -> RequestBuilder {
        let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
        let agreed = self.agreed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let own = text("/params/_meta/io.modelcontextprotocol~1protocolVersion").map(str::to_owned);
        let later = own.is_some();
        if let Some(version) = own.or(agreed) {
            request = request.header("mcp-protocol-version", version);
        }
        if let Some(method) = text("/method").filter(|_| later) {
            request = request.header("mcp-method", method);
        }
        if let Some(name) = text("/params/name").filter(|_| later) {
            request = request.header("mcp-name", name);
        }
        request
    }
}

fn error(id: &Value, code: i32, text: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}})
}

/// The messages of a stream of events.
fn events(text: &str) -> Vec<Value> {
    let of = |block: &str| {
        let data: Vec<&str> = block
            .lines()
            .filter_map(|l| l.strip_prefix("data:"))
            .map(|d| d.strip_prefix(' ').unwrap_or(d))
            .collect();
        serde_json::from_str(&data.join("\n")).ok()
    };
    text.replace("\r\n", "\n").split("\n\n").filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn messages_of_a_stream_are_found() {
        let text =
            "id: 1\r\ndata:\r\n\r\nevent: message\ndata: {\"a\":\ndata: 1}\n\ndata:{\"b\":2}\n\n";
        assert_eq!(events(text), [json!({"a": 1}), json!({"b": 2})]);
    }
}
