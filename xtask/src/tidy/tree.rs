//! Every text file of the repository, read once.

use std::collections::BTreeMap;
use std::path::Path;

/// Folders that are made, not written.
const SKIPPED: [&str; 4] = ["target", ".git", "data", "node_modules"];

pub(crate) struct Tree {
    /// Text by path from the root, with `/`.
    pub(crate) files: BTreeMap<String, String>,
}

impl Tree {
    pub(crate) fn read(root: &Path) -> Result<Tree, String> {
        let mut files = BTreeMap::new();
        walk(root, "", &mut files)?;
        Ok(Tree { files })
    }

    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Files below a folder, given with its `/`, whose name ends in `end`.
    pub(crate) fn below<'a>(
        &'a self,
        folder: &'a str,
        end: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.starts_with(folder) && path.ends_with(end))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Whether a file or folder of this path is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        self.files.contains_key(path) || self.files.keys().any(|f| f.starts_with(&folder))
    }
}

fn walk(root: &Path, folder: &str, files: &mut BTreeMap<String, String>) -> Result<(), String> {
    let here = root.join(folder);
    let broken = |e: std::io::Error| format!("{} cannot be read: {e}", here.display());
    for entry in std::fs::read_dir(&here).map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(broken)?;
        let path = match folder {
            "" => name.clone(),
            _ => format!("{folder}/{name}"),
        };
        let made = folder.is_empty() && SKIPPED.contains(&name.as_str());
        if kind.is_dir() && !made {
            walk(root, &path, files)?;
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).map_err(broken)?;
            // Pictures and other binary files exist for the map, and have no lines.
            files.insert(path, String::from_utf8(bytes).unwrap_or_default());
        }
    }
    Ok(())
}
