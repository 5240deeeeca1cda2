//! The engines that others build gates with, each given the same law.
//!
//! Each takes one request and its facts, builds its own context from them and answers the tier. Two
//! forms are measured: the whole law at once, and cut by the host to the lines of the kind of action.

mod cedar;
mod cel;
mod rego;

pub use cedar::Cedar;
pub use cel::Cel;
pub use rego::{Rego, RegoVm};

use crate::flat::flat;
use crate::law::{self, Article};
use domain::{ActionKind, Facts, Tier, UnixMs};
use gate::Request;

/// How much of the law an engine is given for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// All of it, in one policy.
    Whole,
    /// The host picks the lines for the kind of action.
    ByKind,
}

/// An engine that judges by the law.
pub trait Engine: Sized {
    /// Its name and form.
    const NAME: &'static str;

    /// Loads articles.
    ///
    /// # Errors
    /// What the engine says about a text that it cannot read.
    fn load(law: &[Article]) -> Result<Self, String>;

    /// The highest tier among the lines that hold.
    ///
    /// # Errors
    /// What the engine says about a line that it cannot evaluate.
    fn highest(&mut self, flat: &crate::flat::Flat<'_>) -> Result<Tier, String>;
}

/// An engine with the law in one form.
#[derive(Debug)]
pub struct Rival<E> {
    cut: Cut,
    loaded: Vec<E>,
}

impl<E: Engine> Rival<E> {
    /// Loads the law.
    ///
    /// # Errors
    /// What the engine says about a text that it cannot read.
    pub fn new(cut: Cut, with_macro: bool) -> Result<Rival<E>, String> {
        let law = law::articles(with_macro);
        let for_kind = |kind: &ActionKind| -> Vec<Article> {
            let name = kind.name();
            let own = |a: &&Article| a.kinds.is_empty() || a.kinds.contains(&name);
            law.iter().filter(own).map(|a| Article { kinds: Vec::new(), ..a.clone() }).collect()
        };
        let loaded = match cut {
            Cut::Whole => vec![E::load(&law)?],
            Cut::ByKind => ActionKind::ALL
                .iter()
                .map(|kind| E::load(&for_kind(kind)))
                .collect::<Result<_, _>>()?,
        };
        Ok(Rival { cut, loaded })
    }

    /// The tier of one request.
    ///
    /// # Errors
    /// What the engine says about a line that it cannot evaluate.
    pub fn tier(&mut self, request: &Request, facts: &Facts, now: UnixMs) -> Result<Tier, String> {
        let flat = flat(request, facts, now);
        let at = match self.cut {
            Cut::Whole => 0,
            Cut::ByKind => request.action.kind() as usize,
        };
        let engine = self.loaded.get_mut(at).ok_or("no such kind")?;
        let found = engine.highest(&flat)?;
        Ok(law::close(found, flat.ceiling, flat.undo_of))
    }
}
