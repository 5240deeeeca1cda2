//! What every test against the sandbox needs: a running one, connectors to it, and real grants.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// The sandbox lives in real time, and so do grants for it.
#![allow(clippy::disallowed_methods)]

use connectors::SecretSource;
use connectors::idp::graph::{Graph, GraphConfig};
use domain::*;
use gate::{Grant, Policy, Request};
use sandbox::{ClientAccess, DirectoryAccess, Options, Sandbox};
use std::collections::BTreeMap;
use tempfile::TempDir;

pub(crate) fn now() -> UnixMs {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    UnixMs(since.as_millis() as i64)
}

pub(crate) async fn sandbox() -> Sandbox {
    Sandbox::start(Options::default()).await.unwrap()
}

/// A secret where configuration would keep it.
pub(crate) fn secret_file(dir: &TempDir, name: &str, secret: &str) -> SecretSource {
    let path = dir.path().join(name);
    std::fs::write(&path, format!("{secret}\n")).unwrap();
    SecretSource::File(path)
}

pub(crate) fn client_access(sandbox: &Sandbox, client: &str) -> ClientAccess {
    sandbox.access().clients.into_iter().find(|c| c.id.as_str() == client).unwrap()
}

pub(crate) fn graph_config(sandbox: &Sandbox, client: &str, dir: &TempDir) -> GraphConfig {
    match client_access(sandbox, client).directory {
        DirectoryAccess::Graph { login_url, graph_url, tenant, client_id, client_secret } => {
            GraphConfig {
                base_url: graph_url,
                login_url,
                tenant,
                client_id,
                client_secret: secret_file(dir, "client_secret", client_secret.reveal()),
                ca_file: None,
                timeout_ms: 20_000,
            }
        }
        other => panic!("{client} has no Microsoft Graph: {other:?}"),
    }
}

pub(crate) fn graph(sandbox: &Sandbox, client: &str, dir: &TempDir) -> Graph {
    Graph::new(format!("{client}-graph"), &graph_config(sandbox, client, dir)).unwrap()
}

/// A grant by the only way there is one: judged from facts, and approved by a person where the
/// verdict asks for that.
pub(crate) fn permit(client: &str, action: &Action) -> Grant {
    let client = ClientId::new(client).unwrap();
    let now = now();
    let mut policy = Policy::cautious("test");
    let all = ActionKind::ALL.iter().map(|k| (*k, Autonomy::AutoAndClose)).collect();
    policy.autonomy = BTreeMap::from([("*".to_owned(), all)]);
    let request = Request {
        client: client.clone(),
        case: CaseId(uuid::Uuid::now_v7()),
        brain: BrainId::new("technician").unwrap(),
        action: action.clone(),
        undoes: None,
    };
    let case = request.case;
    let verdict = gate::judge(Ok(&policy.compile().unwrap()), request, &facts(action, now), now);
    let approval = Approval {
        id: ApprovalId(uuid::Uuid::now_v7()),
        client,
        case,
        digest: verdict.digest(),
        sentence: action.sentence(),
        tier: verdict.tier(),
        excluded: Vec::new(),
        brain: None,
        kind: None,
        needed: 1,
        yes: vec![],
        steps: Default::default(),
        not_before: None,
        change: None,
        replaces: None,
        asked_at: now,
        expires_at: now.plus_ms(60_000),
        state: ApprovalState::Approved { by: PersonId::new("ada").unwrap(), at: now },
    };
    let approval = matches!(verdict.follows(), Follow::Hold(_)).then_some(&approval);
    gate::grant(verdict, approval, AttemptId(uuid::Uuid::now_v7()), now).unwrap()
}

fn facts(action: &Action, now: UnixMs) -> Facts {
    let account = action.account();
    let at = now;
    Facts {
        requester: Fact::known(
            Requester {
                identities: vec![],
                account_id: account.map(|a| a.id.clone()),
                address: account.map(|a| a.login.clone()).unwrap_or_default(),
                verification: Verification::SecondChannel,
                verified_at: None,
            },
            "test",
            at,
        ),
        relation: Fact::known(Relation::Oneself, "test", at),
        target: Fact::known(
            TargetFacts {
                exists: true,
                identities: vec![],
                privileged: Vec::new(),
                service: Vec::new(),
                break_glass: false,
                as_named: true,
            },
            "test",
            at,
        ),
        group: Fact::known(
            GroupFacts {
                exists: true,
                sensitivity: Sensitivity::Normal,
                because: "test".into(),
                marks: vec![],
                as_named: true,
            },
            "test",
            at,
        ),
        volume: Fact::known(Volume { targets: 1 }, "test", at),
        brain: Fact::known(
            BrainFacts { in_scope: true, ceiling: Tier::High, requests: 1, rate: 0, repeats: 1 },
            "test",
            at,
        ),
        ticket: Fact::known(TicketFacts { of_this_case: true }, "test", at),
        cooling_down: Fact::known(false, "test", at),
        breaker: Fact::known(None, "test", at),
        ..Facts::none("test")
    }
}

/// A server with fixed answers, for what the sandbox's world is too small to show. Each answer is
/// given for the first path that contains the key; `{base}` in it becomes the server's address.
pub(crate) async fn scripted(answers: &[(&str, &str)]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let answers: Vec<(String, String)> =
        answers.iter().map(|(k, a)| ((*k).to_owned(), a.replace("{base}", &base))).collect();
    tokio::spawn(async move {
        loop {
            let Ok((mut socket, _)) = listener.accept().await else { return };
            let answers = answers.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut buffer = [0_u8; 4096];
                while !request.windows(4).any(|w| w == b"\r\n\r\n") {
                    match socket.read(&mut buffer).await {
                        Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
                        _ => return,
                    }
                }
                let head = String::from_utf8_lossy(&request).into_owned();
                let line = head.lines().next().unwrap_or_default().to_owned();
                let found = answers.iter().find(|(key, _)| line.contains(key));
                let (status, body) = match found {
                    Some((_, body)) => ("200 OK", body.as_str()),
                    None => ("404 Not Found", "{}"),
                };
                let text = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = socket.write_all(text.as_bytes()).await;
                let _ = socket.shutdown().await;
            });
        }
    });
    base
}

pub(crate) fn connectwise_config(
    sandbox: &Sandbox,
    dir: &TempDir,
) -> connectors::psa::connectwise::ConnectWiseConfig {
    let access = sandbox.access().connectwise;
    connectors::psa::connectwise::ConnectWiseConfig {
        base_url: access.site_url,
        company: access.company,
        public_key: access.public_key,
        private_key: secret_file(dir, "private_key", access.private_key.reveal()),
        client_id: access.client_id,
        board: access.board,
        statuses: access.statuses.into_iter().collect(),
        member: access.member,
        ca_file: None,
        timeout_ms: 20_000,
    }
}

/// A mail to the help desk.
pub(crate) fn mail(client: &str, from: &str, subject: &str, body: &str) -> sandbox::ScenarioTicket {
    sandbox::ScenarioTicket {
        client: ClientId::new(client).unwrap(),
        from: from.into(),
        from_name: "Somebody".into(),
        subject: subject.into(),
        body: body.into(),
        kind: "test".into(),
        allow: Vec::new(),
        may_close: true,
        needs_person: false,
        checked: false,
        prepare: Vec::new(),
        follow_up: None,
    }
}
