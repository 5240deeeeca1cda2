//! Prints the catalogue of actions as the table that stands in `docs/gate.md`.
//! `cargo run -q -p gate --example catalogue`

use domain::ActionKind;

fn main() {
    print!("{}", table());
}

/// One row for each kind, in the order of the catalogue.
fn table() -> String {
    let mut out = String::from(
        "| action | changes | never below | score | why | the way back |\n|---|---|---|---|---|---|\n",
    );
    for kind in ActionKind::ALL {
        let s = kind.scorecard();
        out.push_str(&format!(
            "| `{}` | {} | {} | {} {} {} {} | {} | {} |\n",
            kind.name(),
            if kind.is_write() { "yes" } else { "no" },
            kind.floor(),
            s.reversibility,
            s.blast_radius,
            s.compliance_sensitivity,
            s.frequency,
            s.rationale,
            match (kind.is_write(), kind.undo()) {
                (false, _) => "none is needed",
                (true, None) => "none",
                (true, Some(text)) => text,
            },
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_in_the_docs_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/gate.md");
        let docs = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            docs.contains(&super::table()),
            "docs/gate.md has another catalogue: put in what `cargo run -q -p gate --example catalogue` prints"
        );
    }
}
