//! The people who are asked: who they are, and what they say.
//!
//! They know what is really wanted, and say yes to nothing else. What they never see is what the brain
//! says about it.

use super::place::CLIENTS;
use domain::PersonId;
use rand::RngExt;
use rand::rngs::StdRng;

/// Somebody who may be asked.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their addresses.
    pub mails: Vec<String>,
    /// Whether their role lets them decide now.
    pub entitled: bool,
}

/// The person who answers for the hijacked brain.
pub(super) const OWNER: &str = "owner";

/// Two of the MSP, who answers for the brain, and one at each client who has an account there too.
///
/// # Errors
/// When a name here is no id.
pub(super) fn people() -> Result<Vec<Person>, String> {
    let person = |id: &str, mails: Vec<String>| -> Result<Person, String> {
        let id = PersonId::new(id).map_err(|e| e.to_string())?;
        Ok(Person { id, mails, entitled: true })
    };
    let mut all = vec![
        person("lead", vec!["lead@msp.test".into()])?,
        person("second", vec!["second@msp.test".into()])?,
        person(OWNER, vec!["owner@msp.test".into()])?,
    ];
    for client in CLIENTS {
        // The manager and one of the staff, each by an address that is not their login.
        for n in [1, 6] {
            let mails = vec![format!("First.Last{n}@{client}.test")];
            all.push(person(&format!("{client}-{n}"), mails)?);
        }
    }
    Ok(all)
}

/// What a person does with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Yes.
    Yes,
    /// Yes, in so many milliseconds.
    Later(i64),
    /// Something smaller instead.
    Less,
    /// No.
    No,
    /// Nothing, for now.
    Nothing,
}

/// Yes only to what is wanted.
pub(super) fn word(rng: &mut StdRng, wanted: bool) -> Word {
    match (wanted, rng.random_range(0..20)) {
        (true, 0) => Word::Later(rng.random_range(0..7_200_000)),
        (true, 1) => Word::Less,
        (true, 2) => Word::Nothing,
        (true, _) => Word::Yes,
        (false, 0..9) => Word::No,
        (false, _) => Word::Nothing,
    }
}
