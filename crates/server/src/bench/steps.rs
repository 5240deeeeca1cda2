//! Approval steps: a brain's request, the question that it becomes, a person's durable decision, the
//! worker woken by it, and the grant in the connector's hands.

use super::{
    Fault,
    directory::account,
    stage::{Folder, Stage},
};
use crate::clock;
use domain::{
    Action, Actor, Approval, CaseId, ClientId, Decision, Submission, action::UnlockAccount,
};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Submit, Submitted};
use tokio::{sync::broadcast::error::RecvError, task::JoinSet};

/// Clients that the requests are for.
const CLIENTS: usize = 64;
/// Steps before the measured ones.
const WARM: u64 = 50;

/// Options.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Steps at each number outstanding.
    #[arg(long, default_value_t = 500)]
    steps: u64,
    /// How many are outstanding at once; repeatable.
    #[arg(long, default_values_t = [1, 64])]
    outstanding: Vec<u64>,
    /// The environment variable that holds the address of a PostgreSQL; else SQLite in the folder.
    #[arg(long, value_name = "VARIABLE")]
    database: Option<String>,
    /// A folder on the disk to measure.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

pub(super) async fn run(args: Args) -> Result<Value, Fault> {
    let folder = Folder::new(&args.dir)?;
    let workers = u32::try_from(args.outstanding.iter().max().copied().unwrap_or(1))?.max(8);
    let stage = Stage::start(folder.path(), args.database.as_deref(), CLIENTS, workers).await?;
    let stage = Arc::new(stage);
    let next = Arc::new(AtomicU64::new(0));
    measure(&stage, &next, WARM, 1).await?;
    let mut figures =
        json!({ "store": if args.database.is_some() { "postgresql" } else { "sqlite" } });
    let mut asked = WARM;
    for outstanding in args.outstanding {
        figures[format!("outstanding_{outstanding}")] =
            measure(&stage, &next, args.steps.max(outstanding), outstanding).await?;
        asked += args.steps.max(outstanding);
    }
    figures["entries_per_step"] = json!(closed(&stage, asked).await?);
    let stage = Arc::into_inner(stage).ok_or("something of the benchmark still runs")?;
    stage.stop().await;
    Ok(figures)
}

/// What one step took, in microseconds.
struct Took {
    whole: f64,
    after_decision: f64,
}

async fn measure(
    stage: &Arc<Stage>,
    next: &Arc<AtomicU64>,
    steps: u64,
    outstanding: u64,
) -> Result<Value, Fault> {
    let until = next.load(Ordering::SeqCst) + steps;
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..outstanding {
        let (stage, next) = (stage.clone(), next.clone());
        tasks.spawn(async move {
            let mut took = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                if n >= until {
                    return Ok::<_, Fault>(took);
                }
                took.push(step(&stage, n).await?);
            }
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.extend(done??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    next.store(until, Ordering::SeqCst);
    Ok(json!({
        "steps": all.len(),
        "per_s": all.len() as f64 / seconds,
        "request_to_granted_p50_ms": middle(all.iter().map(|t| t.whole).collect()) / 1e3,
        "decision_to_granted_p50_ms": middle(all.iter().map(|t| t.after_decision).collect()) / 1e3,
    }))
}

async fn step(stage: &Stage, n: u64) -> Result<Took, Fault> {
    let app = &stage.app;
    let at = usize::try_from(n)? % stage.clients.len();
    let client = stage.clients.get(at).ok_or("there are no clients")?.clone();
    let case = CaseId(clock::new_id());
    let mut changed = app.changed.subscribe();
    let granted = stage.directory.granted(case);
    let begun = Instant::now();
    let action = Action::UnlockAccount(UnlockAccount { account: account(n) });
    let submit = Submit {
        client: client.clone(),
        case,
        submission: Submission {
            brain: stage.brain.clone(),
            actions: vec![action],
            reason: "The user cannot work.".into(),
            confidence: None,
            ticket: None,
            undoes: None,
            person: None,
        },
        actor: Actor::Brain(stage.brain.clone()),
        idempotency: Some((format!("key-{n}"), [7; 32])),
        summary: "Copilot asks".into(),
    };
    match app.store.submit(submit, clock::now()).await? {
        Submitted::New(_) => app.due.notify_one(),
        other => return Err(format!("a new request was answered with {other:?}").into()),
    }
    let question = loop {
        match changed.recv().await {
            Ok(news) if news.case != case => continue,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return Err("the server stopped".into()),
        }
        if let Some(question) = question(stage, &client, case).await? {
            break question;
        }
    };
    let asked = Instant::now();
    let identities = ["boss@bench.example".to_owned()];
    app.store
        .decide(
            question.id,
            &stage.person,
            &identities,
            question.digest,
            Decision::Approve,
            clock::now(),
        )
        .await?;
    app.due.notify_one();
    drop(changed);
    let at = granted.await?;
    let us = |from: Instant| at.duration_since(from).as_secs_f64() * 1e6;
    Ok(Took { whole: us(begun), after_decision: us(asked) })
}

async fn question(
    stage: &Stage,
    client: &ClientId,
    case: CaseId,
) -> Result<Option<Approval>, Fault> {
    Ok(stage.app.store.approvals_of(client, case).await?.pop())
}

/// Waits until every case is closed with its change proven; entries of a case, on average.
async fn closed(stage: &Stage, asked: u64) -> Result<f64, Fault> {
    let store = &stage.app.store;
    loop {
        let counts = store.phase_counts().await?;
        if counts.iter().any(|(phase, n)| phase == "closed" && *n >= asked) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut entries = 0;
    for client in &stage.clients {
        let report = store.verify(client, None).await?;
        if !report.is_clean() {
            return Err(format!("the journal is not whole: {report:?}").into());
        }
        entries += report.size;
    }
    Ok(entries as f64 / asked as f64)
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
