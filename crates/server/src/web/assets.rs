//! Style sheet, script and mark, compiled in. The address holds a hash of the content, so that they
//! may be cached for ever and a new version is fetched at once.

use super::oops::Oops;
use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

struct Asset {
    content: &'static str,
    kind: &'static str,
    name: String,
}

/// Addresses of the assets, for the page head.
#[derive(Debug)]
pub(super) struct Addresses {
    pub(super) style: String,
    pub(super) script: String,
    pub(super) mark: String,
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    let asset = |stem: &str, ending: &str, kind, content: &'static str| {
        let hash = hex::encode(Sha256::digest(content.as_bytes()));
        let short = hash.get(..12).unwrap_or_default();
        Asset { content, kind, name: format!("{stem}.{short}.{ending}") }
    };
    [
        asset("app", "css", "text/css; charset=utf-8", include_str!("../../assets/app.css")),
        asset("app", "js", "text/javascript; charset=utf-8", include_str!("../../assets/app.js")),
        asset("mark", "svg", "image/svg+xml", include_str!("../../assets/mark.svg")),
    ]
});

pub(super) static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| {
    let [style, script, mark] = &*ASSETS;
    let address = |a: &Asset| format!("/assets/{}", a.name);
    Addresses { style: address(style), script: address(script), mark: address(mark) }
});

/// `GET /assets/{name}`
pub(super) async fn get(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|a| a.name == name) {
        Some(asset) => {
            let forever = "public, max-age=31536000, immutable";
            ([(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, forever)], asset.content).into_response()
        }
        None => Oops::not_found("There is no such file; reload the page").into_response(),
    }
}
