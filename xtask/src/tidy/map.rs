//! ARCHITECTURE.md is the map: every path that it names is there.

use super::tree::Tree;

const MAP: &str = "ARCHITECTURE.md";
const FILE_ENDS: [&str; 10] =
    [".rs", ".md", ".sh", ".py", ".toml", ".html", ".css", ".js", ".sql", ".snap"];

pub(super) fn every_path_on_the_map_exists(tree: &Tree) -> Vec<String> {
    let Some(text) = tree.get(MAP) else {
        return vec![format!("{MAP} is missing")];
    };
    let missing = |path: &&String| !there(tree, path);
    let named = paths(tree, text);
    named.iter().filter(missing).map(|p| format!("{MAP} names `{p}`, which is not there")).collect()
}

/// A path from the root; or the end of one, as in `assess/base.rs`.
fn there(tree: &Tree, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let end = format!("/{path}");
    let inside = format!("/{path}/");
    tree.has(path) || tree.files.keys().any(|f| f.ends_with(&end) || f.contains(&inside))
}

fn paths(tree: &Tree, text: &str) -> Vec<String> {
    let (mut paths, mut fenced) = (Vec::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            // A drawn map: what begins like a folder of ours.
            paths.extend(
                line.split_whitespace()
                    .filter_map(path)
                    .filter(|p| p.split_once('/').is_some_and(|(first, _)| tree.has(first))),
            );
        } else {
            let quoted = line.split('`').skip(1).step_by(2);
            paths.extend(quoted.filter_map(|q| q.split_whitespace().next()).filter_map(path));
        }
    }
    paths.sort();
    paths.dedup();
    paths
}

/// The path in a word, if it is one: up to the first wildcard.
fn path(word: &str) -> Option<String> {
    let word = word.trim_end_matches([',', ';', '.', ':', ')']);
    let route_or_address = word.starts_with('/') || word.contains("://") || word.contains("//");
    let media_type = word.starts_with("application/") || word.starts_with("text/");
    let like_a_path = word.contains('/') || FILE_ENDS.iter().any(|end| word.ends_with(end));
    if !like_a_path || route_or_address || media_type {
        return None;
    }
    let wildcard = ['*', '{', '<', '…', '$'];
    let fixed = match word.find(wildcard) {
        // Up to the folder that holds what is left open.
        Some(at) => &word[..word[..at].rfind('/')? + 1],
        None => word,
    };
    (!fixed.is_empty()).then(|| fixed.trim_start_matches("./").to_owned())
}
