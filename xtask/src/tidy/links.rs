//! Every link from a page for people to a file of the repository leads somewhere.

use super::tree::Tree;

/// Pages at the root and in `docs/`: `(path, text)`.
fn pages(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.below("", ".md").filter(|(path, _)| !path.contains('/') || path.starts_with("docs/"))
}

pub(super) fn every_local_link_leads_to_a_file(tree: &Tree) -> Vec<String> {
    let mut wrong = Vec::new();
    for (page, text) in pages(tree) {
        let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut fenced = false;
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            if fenced {
                continue;
            }
            for target in targets(line) {
                let there = resolve(folder, &target).is_some_and(|p| p.is_empty() || tree.has(&p));
                if !there {
                    let number = number + 1;
                    wrong.push(format!("{page}:{number}: links to `{target}`, which is not there"));
                }
            }
        }
    }
    wrong
}

/// Local files that a line links to, inline (`](file)`) or by reference (`[name]: file`).
fn targets(line: &str) -> Vec<String> {
    // What stands between backticks is no link, a link's text aside.
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
    let mut found: Vec<&str> =
        prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    if prose.starts_with('[')
        && let Some((_, target)) = prose.split_once("]: ")
    {
        found.push(target);
    }
    found
        .into_iter()
        // A title may follow, and a heading's anchor.
        .filter_map(|t| t.split_whitespace().next())
        .map(|t| t.trim_matches(['<', '>']).split('#').next().unwrap_or_default().to_owned())
        .filter(|t| !t.is_empty() && !t.contains("://") && !t.starts_with("mailto:"))
        .collect()
}

/// The path from the root; nothing when it leaves the repository.
fn resolve(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    if target.starts_with('/') {
        return None;
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
