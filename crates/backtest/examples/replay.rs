#![allow(clippy::unwrap_used, missing_docs)]
use domain::*;
fn main() {
    let mut args = std::env::args().skip(1);
    let text = std::fs::read_to_string(args.next().unwrap()).unwrap();
    let t = std::time::Instant::now();
    let tickets: Vec<PastTicket> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let orgs: Vec<Org> = args
        .next()
        .map_or(vec![], |f| serde_json::from_str(&std::fs::read_to_string(f).unwrap()).unwrap());
    eprintln!("read {:?}", t.elapsed());
    let model = technician::train(&technician::starter_history(), &Default::default()).unwrap();
    eprintln!("model {:?}", t.elapsed());
    let mut policy = gate::Policy::cautious("1");
    let own = policy.autonomy.entry("*".into()).or_default();
    for kind in [
        ActionKind::Reply,
        ActionKind::AddNote,
        ActionKind::LogTime,
        ActionKind::SetStatus,
        ActionKind::UnlockAccount,
        ActionKind::ResetPassword,
        ActionKind::RequirePasswordChange,
    ] {
        own.insert(kind, Autonomy::AutoAndClose);
    }
    let settings =
        backtest::Settings::new(policy.compile().unwrap(), BrainId::new("journeyman").unwrap());
    let report = backtest::backtest("it_tickets", &tickets, &orgs, &model, &settings);
    eprintln!("replayed {:?}", t.elapsed());
    std::fs::write("/tmp/jm/report.html", backtest::html(&report, "x").unwrap()).unwrap();
    std::fs::write("/tmp/jm/report.json", serde_json::to_string_pretty(&report).unwrap()).unwrap();
}
