//! A minimal SMTP sink on loopback: plain, without authentication, keeps what it receives.

use crate::http::Cut;
use crate::mail::Mail;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The largest mail that is taken.
const LARGEST: usize = 1_000_000;

/// Every mail received.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mailboxes(Arc<Mutex<Vec<Mail>>>);

impl Mailboxes {
    /// Mails to this address, oldest first.
    pub(crate) fn of(&self, address: &str) -> Vec<Mail> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .filter(|m| m.to.iter().any(|t| t.eq_ignore_ascii_case(address)))
            .cloned()
            .collect()
    }

    /// Keeps a mail.
    pub(crate) fn deliver(&self, mail: Mail) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
    }
}

/// Accepts until the sandbox stops.
pub(crate) async fn serve(listener: TcpListener, mails: Mailboxes, stopped: Cut) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (mails, stopped) = (mails.clone(), stopped.clone());
                tokio::spawn(async move {
                    if let Err(e) = talk(stream, &mails, &stopped).await {
                        tracing::debug!("an SMTP connection ended: {e}");
                    }
                });
            }
            Err(e) => {
                tracing::warn!("the mail sink cannot accept a connection: {e}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

async fn talk(stream: TcpStream, mails: &Mailboxes, stopped: &Cut) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut envelope = Envelope::default();
    stream.write_all(b"220 sandbox ESMTP\r\n").await?;
    loop {
        let Some(line) = read_line(&mut stream).await? else { return Ok(()) };
        if stopped.is_cut() {
            return Ok(());
        }
        let (verb, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => "250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1000000".to_owned(),
            "HELO" => "250 sandbox".to_owned(),
            "MAIL" => match address(rest, "FROM:") {
                Some(from) => {
                    envelope = Envelope { from: Some(from), to: Vec::new() };
                    "250 2.1.0 Ok".to_owned()
                }
                None => "501 5.5.4 Syntax: MAIL FROM:<address>".to_owned(),
            },
            "RCPT" if envelope.from.is_none() => "503 5.5.1 Need MAIL first".to_owned(),
            "RCPT" => match address(rest, "TO:").filter(|to| to.contains('@')) {
                Some(to) => {
                    envelope.to.push(to.to_lowercase());
                    "250 2.1.5 Ok".to_owned()
                }
                None => "501 5.5.4 Syntax: RCPT TO:<address>".to_owned(),
            },
            "DATA" if envelope.to.is_empty() => "503 5.5.1 Need RCPT first".to_owned(),
            "DATA" => {
                stream.write_all(b"354 End data with <CR><LF>.<CR><LF>\r\n").await?;
                let Some(raw) = read_data(&mut stream).await? else { return Ok(()) };
                let Envelope { from, to } = std::mem::take(&mut envelope);
                mails.deliver(Mail::parse(from.unwrap_or_default(), to, raw));
                "250 2.0.0 Ok: kept".to_owned()
            }
            "RSET" => {
                envelope = Envelope::default();
                "250 2.0.0 Ok".to_owned()
            }
            "NOOP" => "250 2.0.0 Ok".to_owned(),
            "QUIT" => {
                stream.write_all(b"221 2.0.0 Bye\r\n").await?;
                return Ok(());
            }
            _ => "502 5.5.2 Command not recognised".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// One line without its end; `None` when the connection ended.
async fn read_line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    let read = stream.take(4096).read_until(b'\n', &mut line).await?;
    if read == 0 {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()))
}

/// The mail up to the lonely dot; `None` when the connection ended before it or it is too large.
async fn read_data(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut raw = String::new();
    loop {
        let Some(line) = read_line(stream).await? else { return Ok(None) };
        if line == "." {
            return Ok(Some(raw));
        }
        if raw.len() > LARGEST {
            return Ok(None);
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        raw.push_str("\r\n");
    }
}

fn address(rest: &str, prefix: &str) -> Option<String> {
    let rest = rest.trim_start();
    let (head, tail) = rest.split_at_checked(prefix.len())?;
    let inner = tail.trim_start().strip_prefix('<')?.split('>').next()?;
    head.eq_ignore_ascii_case(prefix).then(|| inner.to_owned())
}
