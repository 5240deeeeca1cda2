//! The rules of ARCHITECTURE.md that a text search can hold. One file per family of rules.
//!
//! Every rule answers with violations: what is wrong, where, and what would be right.

mod edges;
mod files;
mod layers;
mod links;
mod map;
mod supply;
#[cfg(test)]
mod tests;
mod tree;

use crate::process::root;
use tree::Tree;

/// Holds every rule; an error lists all violations.
pub(crate) fn run() -> Result<(), String> {
    let tree = Tree::read(&root())?;
    let mut wrong = Vec::new();
    for rule in RULES {
        wrong.extend(rule(&tree));
    }
    wrong.extend(supply::check(&tree));
    for (path, lines) in files::long(&tree) {
        println!("tidy: {path} has {lines} lines; aim under {}", files::AIM_LINES);
    }
    if wrong.is_empty() {
        println!("tidy: {} files, nothing to say against them", tree.files.len());
        return Ok(());
    }
    let list = wrong.iter().map(|w| format!("tidy: {w}\n")).collect::<String>();
    Err(format!("{list}tidy: {} violations", wrong.len()))
}

type Rule = fn(&Tree) -> Vec<String>;

/// The rules that need nothing but the files.
const RULES: &[Rule] = &[
    edges::crates_import_only_what_they_may,
    edges::every_crate_takes_the_workspace_lints,
    layers::pure_crates_stay_pure,
    layers::sandbox_is_only_in_the_demo,
    layers::sql_stays_in_the_store,
    map::every_path_on_the_map_exists,
    links::every_local_link_leads_to_a_file,
    files::no_file_is_too_long,
    files::no_file_names_a_workplace,
];
