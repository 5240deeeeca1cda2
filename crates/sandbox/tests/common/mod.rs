#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use sandbox::{Access, ClientAccess, DirectoryAccess, Options, Sandbox};
use serde_json::{Value, json};

pub(crate) async fn start(options: Options) -> (Sandbox, Access) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(options).await.unwrap();
    let access = sandbox.access();
    (sandbox, access)
}

/// Speaks to one Graph tenant.
pub(crate) struct Graph {
    pub(crate) http: Client,
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) client: ClientAccess,
}

pub(crate) async fn token(access: &ClientAccess, secret: Option<&str>) -> Response {
    let DirectoryAccess::Graph { login_url, tenant, client_id, client_secret, .. } =
        &access.directory
    else {
        panic!("not a Graph client")
    };
    let secret = secret.unwrap_or(client_secret.reveal());
    Client::new()
        .post(format!("{login_url}/{tenant}/oauth2/v2.0/token"))
        .form(&[
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", secret),
            ("scope", "https://graph.microsoft.com/.default"),
        ])
        .send()
        .await
        .unwrap()
}

pub(crate) async fn body(response: Response) -> Value {
    response.json().await.unwrap()
}

impl Graph {
    pub(crate) async fn of(access: &Access, id: &str) -> Graph {
        let client = access.clients.iter().find(|c| c.id.as_str() == id).unwrap().clone();
        let DirectoryAccess::Graph { graph_url, .. } = &client.directory else {
            panic!("not a Graph client")
        };
        let answer = body(token(&client, None).await).await;
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Graph { http: Client::new(), url: graph_url.clone(), token, client }
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        body(answer).await
    }

    pub(crate) async fn patch(&self, path: &str, change: Value) -> Response {
        let url = format!("{}{path}", self.url);
        self.http.patch(url).bearer_auth(&self.token).json(&change).send().await.unwrap()
    }

    pub(crate) async fn add_member(&self, group: &str, user: &str) -> Response {
        self.http
            .post(format!("{}/groups/{group}/members/$ref", self.url))
            .bearer_auth(&self.token)
            .json(&json!({"@odata.id": format!("{}/directoryObjects/{user}", self.url)}))
            .send()
            .await
            .unwrap()
    }
}

/// Speaks to the help desk.
pub(crate) struct Desk {
    pub(crate) http: Client,
    pub(crate) access: Access,
}

impl Desk {
    pub(crate) fn of(access: &Access) -> Desk {
        Desk { http: Client::new(), access: access.clone() }
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let cw = &self.access.connectwise;
        self.http
            .request(method, format!("{}/v4_6_release/apis/3.0{path}", cw.site_url))
            .basic_auth(format!("{}+{}", cw.company, cw.public_key), Some(cw.private_key.reveal()))
            .header("clientId", &cw.client_id)
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let answer = self.request(reqwest::Method::GET, path).query(query).send().await.unwrap();
        let status = answer.status();
        let answer = body(answer).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    pub(crate) async fn send(&self, method: &str, path: &str, content: Value) -> Response {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.request(method, path).json(&content).send().await.unwrap()
    }
}
