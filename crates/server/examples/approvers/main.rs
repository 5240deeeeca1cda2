//! Measures who-approves-what: `cargo xtask bench approvers`, or by itself
//! `cargo run --release -p server --example approvers -- [--tickets CSV] [--seeds 11,12,13] [--per-company 8000]`.
//!
//! An example of the server because it alone may link both sides: the sandbox, which draws the histories and knows the
//! hidden rules, and the technician, which learns. Everything but the part on real tickets is SIMULATED. Prints JSON.
#![allow(clippy::print_stdout)]

#[path = "../../../technician/examples/common/csv.rs"]
mod csv;
mod measure;
mod real;

use measure::Setting;
use sandbox::past::Wording;
use serde_json::json;

/// Clients of a seed.
const COMPANIES: usize = 12;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    // Rules for reading and learning were developed on seeds 101 to 106.
    let (mut seeds, mut per_company, mut tickets) = (vec![11, 12, 13], 8_000, None);
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
        match arg.as_str() {
            "--tickets" => tickets = Some(std::fs::read_to_string(value)?),
            "--seeds" => seeds = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--per-company" => per_company = value.parse()?,
            other => return Err(format!("unknown argument {other:?}").into()),
        }
    }
    let plain = Setting { seeds, companies: COMPANIES, per_company, ..Setting::default() };
    let settings = [
        ("as_drawn", plain.clone()),
        ("other_sentences", Setting { wording: Wording::Held, ..plain.clone() }),
        ("a_quarter_of_the_tickets", Setting { per_company: per_company / 4, ..plain.clone() }),
        ("one_kind_in_ten_wrong", Setting { wrong_kinds: 10, ..plain.clone() }),
        ("one_person_in_ten_half_known", Setting { gaps: 10, ..plain.clone() }),
    ];
    let mut report = json!({
        "label": "SIMULATED: companies, rules and tickets are drawn by crates/sandbox/src/past",
        "seeds": plain.seeds,
        "companies_per_seed": COMPANIES,
        "tickets_per_company": per_company,
    });
    for (name, setting) in settings {
        report["simulated"][name] = measure::measure(&setting).report();
    }
    report["real_tickets"] = real::measure(tickets.as_deref())?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
