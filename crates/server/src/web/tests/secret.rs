//! The one-time page, from the mail's link to the password and no further.

use super::{
    seed,
    support::{Desk, change_parts},
};
use crate::clock;
use axum::{body::Body, http::Request, http::StatusCode};
use connectors::mail::smtp::{Smtp, SmtpConfig, SmtpTls};
use store::DropState;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::mpsc,
};

const SECRET: &str = "kQ7p-Xr2m-9Tzb-Vn4d";

async fn standing(desk: &Desk, token: &str) -> DropState {
    desk.app.store.drop_of(token).await.unwrap().unwrap().state
}

/// A mail server on this machine that takes every mail, or none.
async fn mail_server(takes: bool) -> (Smtp, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
            let (mut mail, mut data) = (String::new(), false);
            while let Ok(Some(line)) = lines.next_line().await {
                mail.push_str(&line);
                mail.push('\n');
                let answer = match line.to_ascii_uppercase() {
                    _ if data && line != "." => continue,
                    l if l.starts_with("EHLO") => "250 mail.example\r\n",
                    l if l.starts_with("RCPT") && !takes => "550 no such mailbox\r\n",
                    l if l == "DATA" => {
                        data = true;
                        "354 go on\r\n"
                    }
                    _ if data => {
                        data = false;
                        let _ = tell.send(std::mem::take(&mut mail));
                        "250 taken\r\n"
                    }
                    l if l == "QUIT" => "221 bye\r\n",
                    _ => "250 fine\r\n",
                };
                if write.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    let config = SmtpConfig {
        host: "127.0.0.1".into(),
        port,
        tls: SmtpTls::NoneOnLoopback,
        user: None,
        password: None,
        from: "Help Desk <help@desk.example>".into(),
        ca_file: None,
        timeout_ms: 20_000,
    };
    (Smtp::new(config).unwrap(), told)
}

fn code_in(mail: &str) -> String {
    let at = mail.find("Your code is ").expect("a code in the mail") + 13;
    mail[at..at + 6].to_owned()
}

#[tokio::test]
async fn the_user_gets_the_password_once_with_the_code_from_the_mail() {
    let (mail, mut mails) = mail_server(true).await;
    let desk = Desk::with(|app| change_parts(app, |parts| parts.mail = Some(mail))).await;
    let (_, token) = seed::reset(&desk.app, 60_000, SECRET).await;
    let path = format!("/secret/{token}");
    let mut user = desk.stranger();
    let page = user.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("s•••@mail.example"), "{}", page.body);
    for hidden in ["sam.private", "sam.lee", SECRET] {
        assert!(!page.body.contains(hidden), "whoever has the link alone learns {hidden}");
    }
    let reply = user.post(&format!("{path}/code"), &[]).await;
    assert_eq!(reply.header("location"), format!("{path}?sent=yes"));
    assert!(user.get(reply.header("location")).await.body.contains("A code was sent"));
    let mail = mails.recv().await.unwrap();
    assert!(mail.contains("sam.private@mail.example"), "{mail}");
    for hidden in [token.as_str(), SECRET, "/secret/"] {
        assert!(!mail.contains(hidden), "the code and the link never travel together");
    }
    let code = code_in(&mail);
    let spaced = format!(" {} {}", &code[..3], &code[3..]);
    let reply = user.post(&path, &[("code", &spaced)]).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.contains(SECRET) && reply.body.contains("sam.lee@acme.test"));
    assert!(reply.header("cache-control").contains("no-store"));
    assert_eq!(reply.header("set-cookie"), "");
    for again in [user.post(&path, &[("code", &code)]).await, user.get(&path).await] {
        assert_eq!(again.status, StatusCode::GONE);
        assert!(!again.body.contains(SECRET));
        assert!(again.body.contains("shown once already"), "{}", again.body);
    }
    assert_eq!(standing(&desk, &token).await, DropState::Viewed);
}

#[tokio::test]
async fn looking_uses_nothing_up_and_sends_nothing() {
    let (mail, mut mails) = mail_server(true).await;
    let desk = Desk::with(|app| change_parts(app, |parts| parts.mail = Some(mail))).await;
    let (_, token) = seed::reset(&desk.app, 60_000, SECRET).await;
    let mut scanner = desk.stranger();
    for path in [format!("/secret/{token}"), format!("/secret/{token}/code")] {
        for _ in 0..2 {
            let page = scanner.get(&path).await;
            assert!(!page.body.contains(SECRET));
            scanner.send(Request::head(&path).body(Body::empty()).unwrap()).await;
        }
    }
    assert_eq!(standing(&desk, &token).await, DropState::Ready);
    assert!(mails.try_recv().is_err(), "no mail went out");
    let (_, code) = desk.app.store.new_code(&token, clock::now()).await.unwrap();
    let reply = scanner.post(&format!("/secret/{token}"), &[("code", &code)]).await;
    assert!(reply.body.contains(SECRET), "and the user still gets it");
}

#[tokio::test]
async fn wrong_codes_count_down_and_then_the_password_is_wiped() {
    let desk = Desk::new().await;
    let (_, token) = seed::reset(&desk.app, 60_000, SECRET).await;
    let path = format!("/secret/{token}");
    let mut user = desk.stranger();
    let early = user.post(&path, &[("code", "123456")]).await;
    assert!(early.body.contains("No code was sent yet"), "{}", early.body);
    let (_, code) = desk.app.store.new_code(&token, clock::now()).await.unwrap();
    let slip = user.post(&path, &[("code", "12345")]).await;
    assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in ["4 tries are left", "3 tries are left", "2 tries are left", "1 try is left"] {
        let reply = user.post(&path, &[("code", wrong)]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        assert!(reply.body.contains(left), "{left}: {}", reply.body);
    }
    assert_eq!(user.post(&path, &[("code", wrong)]).await.status, StatusCode::GONE);
    let reply = user.post(&path, &[("code", &code)]).await;
    assert!(!reply.body.contains(SECRET));
    assert_eq!(standing(&desk, &token).await, DropState::Wiped);
}

#[tokio::test]
async fn a_mail_that_cannot_go_out_is_said_and_costs_nothing() {
    let desk = Desk::new().await;
    let (_, token) = seed::reset(&desk.app, 60_000, SECRET).await;
    let reply = desk.stranger().post(&format!("/secret/{token}/code"), &[]).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.body.contains("cannot send mail"), "{}", reply.body);
    let (mail, _mails) = mail_server(false).await;
    let desk = Desk::with(|app| change_parts(app, |parts| parts.mail = Some(mail))).await;
    let (_, token) = seed::reset(&desk.app, 60_000, SECRET).await;
    let reply = desk.stranger().post(&format!("/secret/{token}/code"), &[]).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.body.contains("could not be sent"), "{}", reply.body);
    assert!(!reply.body.contains("sam.private"), "not even in the error");
    assert_eq!(standing(&desk, &token).await, DropState::Ready);
}

#[tokio::test]
async fn codes_and_tries_run_out() {
    let (mail, mut mails) = mail_server(true).await;
    let desk = Desk::with(|app| change_parts(app, |parts| parts.mail = Some(mail))).await;
    let (_, token) = seed::reset(&desk.app, 60_000, SECRET).await;
    let path = format!("/secret/{token}/code");
    let mut user = desk.stranger();
    for _ in 0..5 {
        assert_eq!(user.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
        mails.recv().await.unwrap();
    }
    let reply = user.post(&path, &[]).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.body.contains("No more codes"), "{}", reply.body);
    let mut last = reply.status;
    for _ in 0..30 {
        last = user.get("/secret/0123456789abcdef0123456789abcdef").await.status;
        if last == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "links cannot be guessed at full speed");
}
