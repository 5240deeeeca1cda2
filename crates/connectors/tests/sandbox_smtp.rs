//! Mail out, spoken to the sandbox's mail server and to servers that misbehave.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sandbox_support;

use connectors::CallError;
use connectors::mail::smtp::{Smtp, SmtpConfig, SmtpTls};
use sandbox_support::*;
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

fn config(at: SocketAddr) -> SmtpConfig {
    SmtpConfig {
        host: at.ip().to_string(),
        port: at.port(),
        tls: SmtpTls::NoneOnLoopback,
        user: None,
        password: None,
        from: "Help Desk <helpdesk@msp.example>".into(),
        ca_file: None,
        timeout_ms: 20_000,
    }
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let sandbox = sandbox().await;
    let smtp = Smtp::new(config(sandbox.smtp_addr())).unwrap();
    let probe = smtp.probe().await.unwrap();
    assert!(probe.detail.contains("helpdesk@msp.example"), "{}", probe.detail);
    let text = "Grüße,\n\n.a line that begins with a dot\n\nhttps://journeyman.example/once";
    smtp.send("zoe@northwind.example", "Ihr Zugang – neu", text).await.unwrap();
    let mails = sandbox.mailbox("zoe@northwind.example");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "Ihr Zugang – neu");
    assert_eq!(mails[0].text.trim_end().replace("\r\n", "\n"), text);
    assert_eq!(mails[0].from, "helpdesk@msp.example");
    let head = mails[0].raw.split("\r\n\r\n").next().unwrap().to_lowercase();
    for field in ["message-id: <", "date: ", "auto-submitted: auto-generated"] {
        assert!(head.contains(field), "{field}: {head}");
    }
}

#[tokio::test]
async fn a_subject_cannot_add_a_header_or_a_recipient() {
    let sandbox = sandbox().await;
    let smtp = Smtp::new(config(sandbox.smtp_addr())).unwrap();
    smtp.send("zoe@northwind.example", "Hi\r\nBcc: eve@x.example", "x").await.unwrap();
    assert!(sandbox.mailbox("eve@x.example").is_empty());
    let mails = sandbox.mailbox("zoe@northwind.example");
    assert!(!mails[0].raw.to_lowercase().contains("\nbcc:"), "{}", mails[0].raw);
    for bad in ["", "no address", "a@b.example\r\nRCPT TO:<eve@x.example>"] {
        let error = smtp.send(bad, "s", "t").await.unwrap_err();
        assert!(matches!(error, CallError::Rejected { .. }), "{bad:?}: {error:?}");
    }
}

#[tokio::test]
async fn an_unencrypted_way_to_another_machine_is_refused() {
    let at: SocketAddr = "127.0.0.1:25".parse().unwrap();
    for host in ["mail.example", "10.0.0.1", "127.0.0.1.nip.io"] {
        let error = Smtp::new(SmtpConfig { host: host.into(), ..config(at) }).unwrap_err();
        assert!(error.to_string().contains("starttls"), "{error}");
    }
    let half = SmtpConfig { user: Some("u".into()), ..config(at) };
    assert!(Smtp::new(half).unwrap_err().to_string().contains("password"));
    let from = SmtpConfig { from: "help desk".into(), ..config(at) };
    assert!(Smtp::new(from).unwrap_err().to_string().contains("from"));
    let ca = SmtpConfig {
        tls: SmtpTls::Starttls,
        ca_file: Some("/no/such/ca.pem".into()),
        ..config(at)
    };
    assert!(Smtp::new(ca).unwrap_err().to_string().contains("/no/such/ca.pem"));
}

#[tokio::test]
async fn a_server_without_the_configured_encryption_gets_no_mail() {
    let sandbox = sandbox().await;
    for tls in [SmtpTls::Starttls, SmtpTls::Implicit] {
        let smtp = Smtp::new(SmtpConfig { tls, ..config(sandbox.smtp_addr()) }).unwrap();
        let error = smtp.send("zoe@northwind.example", "s", "t").await.unwrap_err();
        assert!(matches!(error, CallError::Rejected { .. }), "{tls:?}: {error:?}");
        assert!(error.to_string().contains("`tls`"), "{error}");
    }
    assert!(sandbox.mailbox("zoe@northwind.example").is_empty());
}

#[tokio::test]
async fn an_unreachable_server_is_named_and_tried_again() {
    let sandbox = sandbox().await;
    let smtp = Smtp::new(config(sandbox.smtp_addr())).unwrap();
    let at = sandbox.smtp_addr().to_string();
    drop(sandbox);
    for _ in 0..50 {
        if tokio::net::TcpStream::connect(&at).await.is_err() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let error = smtp.send("zoe@northwind.example", "s", "t").await.unwrap_err();
    assert!(matches!(error, CallError::Retry { .. }), "{error:?}");
    assert!(error.to_string().contains(&at), "{error}");
}

/// A mail server that answers line by line from this list of (prefix, answer), and closes where the
/// answer is empty. The mail's text counts as one line.
async fn server(answers: &'static [(&'static str, &'static str)]) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let (read, mut write) = socket.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 test\r\n").await.unwrap();
        let mut in_text = false;
        while let Ok(Some(line)) = lines.next_line().await {
            if in_text && line != "." {
                continue;
            }
            let found = answers.iter().find(|(prefix, _)| line.starts_with(prefix));
            let answer = found.map_or("250 ok", |(_, answer)| answer);
            if answer.is_empty() {
                return;
            }
            in_text = answer.starts_with("354");
            write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        }
    });
    at
}

#[tokio::test]
async fn what_a_server_says_decides_what_to_do_next() {
    const DATA: (&str, &str) = ("DATA", "354 go on");
    let send = async |answers| {
        let smtp = Smtp::new(config(server(answers).await)).unwrap();
        smtp.send("zoe@northwind.example", "s", "t").await
    };
    send(&[DATA]).await.unwrap();
    let busy = send(&[("RCPT", "451 try later")]).await.unwrap_err();
    assert!(matches!(busy, CallError::Retry { .. }), "{busy:?}");
    let nobody = send(&[("RCPT", "550 no such user")]).await.unwrap_err();
    assert!(matches!(nobody, CallError::Rejected { .. }), "{nobody:?}");
    assert!(nobody.to_string().contains("zoe@northwind.example"), "{nobody}");
    assert!(nobody.to_string().contains("no such user"), "{nobody}");
    let lost = send(&[DATA, (".", "")]).await.unwrap_err();
    assert!(matches!(lost, CallError::Unknown { .. }), "it may have been accepted: {lost:?}");
}

#[tokio::test]
async fn a_refused_login_says_which_setting_and_never_the_password() {
    let dir = TempDir::new().unwrap();
    let at = server(&[
        ("EHLO", "250-test\r\n250 AUTH PLAIN LOGIN"),
        ("AUTH", "535 5.7.8 bad credentials"),
    ])
    .await;
    let smtp = Smtp::new(SmtpConfig {
        user: Some("journeyman".into()),
        password: Some(secret_file(&dir, "pw", "hunter2-mail")),
        ..config(at)
    })
    .unwrap();
    let error = smtp.probe().await.unwrap_err();
    assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
    assert!(error.to_string().contains("`user`"), "{error}");
    assert!(!format!("{error:?}{smtp:?}").contains("hunter2"), "{error:?}");
}
