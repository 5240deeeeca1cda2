//! `journeyman undo CASE [ATTEMPT]`: take a change back.

use super::{CliResult, ConfigArg, approvals::sign_in};
use crate::{app::open_store, config::Config, undo};
use domain::{AttemptId, CaseId, CaseView};
use std::{process::ExitCode, str::FromStr as _};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// The case of the change, as `cases list` prints it.
    case: String,
    /// The attempt, as `cases show --json` prints it; needed when the case changed several things.
    attempt: Option<String>,
    /// Sign-in name of the person who takes it back.
    #[arg(long = "as", value_name = "PERSON")]
    person: String,
}

pub(crate) async fn run(args: Args) -> CliResult {
    let config = Config::load(&args.config.config)?;
    let store = open_store(&config).await?;
    let id = CaseId::from_str(&args.case).map_err(|_| {
        format!("{:?} is no case id; `journeyman cases list` prints them", args.case)
    })?;
    let row = store.case(id).await?.ok_or_else(|| format!("there is no case {id}"))?;
    let events = store.events(&row.client, id).await?;
    let view = CaseView::fold(&row.client, id, &events).ok_or("the case cannot be read")?;
    let attempt = match &args.attempt {
        Some(text) => {
            AttemptId::from_str(text).map_err(|_| format!("{text:?} is no attempt id"))?
        }
        None => {
            let mut undoable = view
                .attempts
                .iter()
                .filter(|a| a.evidence().is_some() && !a.undone && !a.watched)
                .filter(|a| a.action.opposite().is_some());
            match (undoable.next(), undoable.next()) {
                (Some(one), None) => one.id,
                (None, _) => return Err("nothing of this case can be taken back".into()),
                _ => return Err("this case changed several things; name the attempt".into()),
            }
        }
    };
    let person = sign_in(&store, &args.person).await?;
    if !person.role.may_decide() {
        return Err(
            format!("{} has the role {}, which reads only", person.id, person.role.name()).into()
        );
    }
    let case = undo::request(&store, &row.client, id, attempt, &person.id).await?;
    println!("case {case} takes it back, once the running server has looked at it");
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
