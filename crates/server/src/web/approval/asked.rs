//! Who is asked about a question, in turn, by name.

use crate::web::{Web, bits::When, oops::Oops, policy::whom};
use domain::{Approval, Ask, PersonId, UnixMs};
use store::Person;

/// Learned approvers who are asked.
const LEARNED: u32 = 3;

/// One step of the escalation.
pub(super) struct Step {
    pub(super) who: String,
    pub(super) names: Vec<String>,
    /// Its turn has come.
    pub(super) asked: bool,
}

/// The steps, and when the next one's turn comes.
pub(super) struct Asked {
    pub(super) steps: Vec<Step>,
    pub(super) next: Option<When>,
}

pub(super) async fn asked(web: &Web, approval: &Approval, now: UnixMs) -> Result<Asked, Oops> {
    let people = web.app.store.people().await?;
    let known: Vec<&Person> = people.iter().filter(|p| p.role.may_decide()).collect();
    if approval.steps.is_empty() {
        let names = known.iter().map(|p| name(p, now)).collect();
        let who = "everybody who may decide, at once".into();
        return Ok(Asked { steps: vec![Step { who, names, asked: true }], next: None });
    }
    let turn = gate::asked(approval, now).len();
    let mut steps = Vec::new();
    for (i, step) in approval.steps.iter().enumerate() {
        let found: Vec<&Person> = match &step.ask {
            Ask::Role(role) => known.iter().copied().filter(|p| p.role.name() == role).collect(),
            Ask::Person(id) => by_id(&known, std::slice::from_ref(id)),
            Ask::Relation(_) => Vec::new(),
            Ask::Learned => match approval.kind {
                Some(kind) => {
                    let store = &web.app.store;
                    by_id(&known, &store.learned_approvers(&approval.client, kind, LEARNED).await?)
                }
                None => Vec::new(),
            },
        };
        let names = found.into_iter().map(|p| name(p, now)).collect();
        steps.push(Step { who: whom(&step.ask), names, asked: i < turn });
    }
    Ok(Asked { steps, next: gate::next_turn(approval, now).map(When) })
}

fn by_id<'a>(known: &[&'a Person], ids: &[PersonId]) -> Vec<&'a Person> {
    ids.iter().filter_map(|id| known.iter().copied().find(|p| p.id == *id)).collect()
}

/// A person by name; while they are away, with who stands in.
fn name(person: &Person, now: UnixMs) -> String {
    let away = person.away.is_some_and(|(from, until)| from <= now && now < until);
    match (away, &person.deputy) {
        (false, _) => person.name.clone(),
        (true, Some(deputy)) => format!("{deputy} for {}, who is away", person.name),
        (true, None) => format!("{} (away)", person.name),
    }
}
