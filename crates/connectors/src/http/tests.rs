#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn only_this_machine_may_be_spoken_to_without_encryption() {
    for good in [
        "https://graph.microsoft.com/v1.0/",
        "http://127.0.0.1:7301/graph",
        "http://[::1]:1",
        "http://localhost:9",
    ] {
        assert!(base_url("base_url", good).is_ok(), "{good}");
    }
    for bad in [
        "http://graph.microsoft.com/v1.0",
        "http://localhost.example.com",
        "http://127.0.0.1.nip.io",
        "ftp://127.0.0.1",
        "https://user:pw@host",
        "https://host/?token=1",
        "host",
        "",
    ] {
        let error = base_url("base_url", bad).unwrap_err();
        assert!(matches!(error, CallError::Rejected { .. }), "{bad}");
        assert!(error.to_string().contains("base_url"), "{error}");
        assert!(!error.to_string().contains("pw"), "a password must not be repeated: {error}");
    }
}

#[test]
fn an_id_cannot_climb_out_of_its_path() {
    let base = base_url("base_url", "https://host/v1.0").unwrap();
    assert!(join(&base, &["users", ".."]).is_err());
    assert!(join(&base, &["users", ""]).is_err());
    assert_eq!(
        join(&base, &["users", "a/../b?c#d"]).unwrap().path(),
        "/v1.0/users/a%2F..%2Fb%3Fc%23d"
    );
}

#[test]
fn blanks_and_plus_signs_survive_a_query() {
    let base = base_url("base_url", "https://host/v1.0").unwrap();
    let url = with_query(base, &[("$filter", "mail eq 'a+b@c.d'")]);
    assert_eq!(url.query().unwrap(), "%24filter=mail%20eq%20%27a%2Bb%40c.d%27");
}

#[tokio::test]
async fn an_unreachable_host_is_named_and_tried_again_even_for_a_write() {
    let port = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().port()
    };
    let url = base_url("base_url", &format!("http://127.0.0.1:{port}")).unwrap();
    let client = client(&url, None, 5_000).unwrap();
    let error = send(Effect::Write, client.post(url)).await.unwrap_err();
    assert!(matches!(&error, CallError::Retry { .. }), "{error:?}");
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
}

#[tokio::test]
async fn a_redirect_is_refused_and_says_where_to() {
    let url = one_answer(
        "HTTP/1.1 302 Found\r\nLocation: https://evil.example/x?y=1\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    let client = client(&url, None, 5_000).unwrap();
    let error = send(Effect::Read, client.get(url)).await.unwrap_err();
    assert!(matches!(&error, CallError::Rejected { .. }), "{error:?}");
    assert!(error.to_string().contains("evil.example"), "{error}");
    assert!(!error.to_string().contains("y=1"), "{error}");
}

#[tokio::test]
async fn a_broken_answer_leaves_a_write_unknown_and_a_read_to_repeat() {
    for (effect, unknown) in [(Effect::Read, false), (Effect::Write, true)] {
        let url = one_answer("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"half\":").await;
        let client = client(&url, None, 5_000).unwrap();
        let error = send(effect, client.post(url)).await.unwrap_err();
        assert_eq!(matches!(error, CallError::Unknown { .. }), unknown, "{error:?}");
        assert_eq!(matches!(error, CallError::Retry { .. }), !unknown, "{error:?}");
    }
}

#[tokio::test]
async fn a_web_page_instead_of_an_api_is_a_matter_of_configuration() {
    let url =
        one_answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
            .await;
    let client = client(&url, None, 5_000).unwrap();
    let answer = send(Effect::Read, client.get(url)).await.unwrap();
    let error = answer.json::<serde_json::Value>().unwrap_err();
    assert!(matches!(&error, CallError::Rejected { .. }), "{error:?}");
}

#[tokio::test]
async fn a_date_in_retry_after_counts_by_the_servers_clock() {
    let text = "HTTP/1.1 503 Busy\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\nRetry-After: Sat, 21 Nov 2026 10:01:30 GMT\r\nContent-Length: 0\r\n\r\n";
    let url = one_answer(text).await;
    let client = client(&url, None, 5_000).unwrap();
    match send(Effect::Write, client.post(url)).await.unwrap_err() {
        CallError::Retry { after, .. } => assert_eq!(after, Some(Duration::from_secs(90))),
        other => panic!("{other:?}"),
    }
}

/// A server that reads one request, writes this text and closes.
async fn one_answer(text: &str) -> Url {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = text.to_owned();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0_u8; 4096];
        let _ = socket.read(&mut buffer).await.unwrap();
        socket.write_all(text.as_bytes()).await.unwrap();
    });
    base_url("base_url", &format!("http://127.0.0.1:{port}")).unwrap()
}
