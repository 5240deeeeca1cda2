//! Length and content of single files.

use super::tree::Tree;

/// Nobody reads a longer file.
const MAX_LINES: usize = 800;
/// What to aim for.
pub(super) const AIM_LINES: usize = 400;

const SOURCE: [&str; 8] = [".rs", ".sh", ".py", ".pl", ".js", ".css", ".html", ".sql"];

fn lengths(tree: &Tree) -> impl Iterator<Item = (&str, usize)> {
    let source = |path: &str| SOURCE.iter().any(|end| path.ends_with(end));
    tree.files
        .iter()
        .filter(move |(path, _)| source(path))
        .map(|(path, text)| (path.as_str(), text.lines().count()))
}

pub(super) fn no_file_is_too_long(tree: &Tree) -> Vec<String> {
    lengths(tree)
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(path, lines)| {
            format!("{path} has {lines} lines; split it, {MAX_LINES} is the limit")
        })
        .collect()
}

/// Files above the aim, longest first.
pub(super) fn long(tree: &Tree) -> Vec<(&str, usize)> {
    let mut long: Vec<_> = lengths(tree).filter(|(_, lines)| *lines > AIM_LINES).collect();
    long.sort_by_key(|(path, lines)| (usize::MAX - lines, *path));
    long
}

/// A clone must work anywhere: no file names the folder that somebody happened to work in.
pub(super) fn no_file_names_a_workplace(tree: &Tree) -> Vec<String> {
    let workplace = ["/wo", "rk/"].concat();
    let mut wrong = Vec::new();
    for (path, text) in &tree.files {
        for (number, line) in text.lines().enumerate() {
            if line.contains(&workplace) {
                let number = number + 1;
                wrong.push(format!("{path}:{number}: names a folder of one machine ({workplace})"));
            }
        }
    }
    wrong
}
