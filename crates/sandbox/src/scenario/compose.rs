//! Turns a template into a mail as people write it: greeting, haste, typos, signature, footer.

use super::phrases::{CLOSINGS, FOOTERS, GREETINGS, HASTE, Template};
use crate::world::{Company, Person, pick};
use rand::RngExt;
use rand::rngs::StdRng;

const APPS: &[&str] =
    &["Outlook", "Teams", "the intranet", "SharePoint", "the time clock", "the ERP"];

/// What the placeholders stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) given: String,
    pub(super) login: String,
    pub(super) department: String,
    pub(super) company: String,
    pub(super) target: String,
    pub(super) target_mail: String,
    pub(super) group: String,
    app: String,
    signature: String,
}

impl Fields {
    pub(super) fn of(rng: &mut StdRng, company: &Company, sender: &Person) -> Fields {
        let signature = match rng.random_range(0..4) {
            0 => sender.given_name.clone(),
            1 => sender.display_name.clone(),
            2 => format!("{}\n{}, {}", sender.display_name, sender.title, company.name),
            _ => format!(
                "{}\n{} | {}\n{}",
                sender.display_name, sender.department, company.name, sender.phone
            ),
        };
        Fields {
            given: sender.given_name.clone(),
            login: sender.login.clone(),
            department: sender.department.clone(),
            company: company.name.clone(),
            app: pick(rng, APPS).copied().unwrap_or("Outlook").to_owned(),
            signature,
            ..Fields::default()
        }
    }

    pub(super) fn about(mut self, target: &Person) -> Fields {
        self.target = target.display_name.clone();
        self.target_mail = target.login.clone();
        self
    }

    pub(super) fn group(mut self, group: &str) -> Fields {
        self.group = group.to_owned();
        self
    }

    /// The sender is an outsider who signs as the person that the mail is about.
    pub(super) fn signed(mut self, name: &str) -> Fields {
        self.signature = name.to_owned();
        self.given = name.split(' ').next().unwrap_or_default().to_owned();
        self
    }

    fn fill(&self, text: &str) -> String {
        [
            ("{given}", &self.given),
            ("{login}", &self.login),
            ("{department}", &self.department),
            ("{company}", &self.company),
            ("{targetmail}", &self.target_mail),
            ("{target}", &self.target),
            ("{group}", &self.group),
            ("{app}", &self.app),
        ]
        .iter()
        .fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value))
    }
}

/// Subject and body of one mail.
pub(super) fn compose(rng: &mut StdRng, template: Template, fields: &Fields) -> (String, String) {
    let (subject, core) = template;
    let typos = match rng.random_range(0..10) {
        0 => 2,
        1 | 2 => 1,
        _ => 0,
    };
    let core = fields.fill(&with_typos(rng, core, typos));
    let mut subject = fields.fill(subject);
    match rng.random_range(0..12) {
        0 => subject = subject.to_uppercase(),
        1 => subject = format!("URGENT: {subject}"),
        2 => subject = subject.to_lowercase(),
        _ => {}
    }
    let mut parts: Vec<String> = Vec::new();
    parts.push(pick(rng, GREETINGS).copied().unwrap_or_default().to_owned());
    let mut middle = core;
    if rng.random_bool(0.3) {
        let haste = pick(rng, HASTE).copied().unwrap_or_default();
        middle = if rng.random_bool(0.7) {
            format!("{middle} {haste}")
        } else {
            format!("{haste} {middle}")
        };
    }
    parts.push(middle);
    let closing = pick(rng, CLOSINGS).copied().unwrap_or_default();
    parts.push(format!("{closing}\n{}", fields.signature).trim().to_owned());
    if rng.random_bool(0.3) {
        parts.push(pick(rng, FOOTERS).copied().unwrap_or_default().to_owned());
    }
    parts.retain(|p| !p.is_empty());
    (subject, parts.join("\n\n"))
}

/// Misspells up to `count` longer words, never a placeholder or a name.
fn with_typos(rng: &mut StdRng, text: &str, count: usize) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for _ in 0..count {
        let place = rng.random_range(0..words.len().max(1));
        let Some(word) = words.get_mut(place) else { continue };
        if word.len() < 5 || !word.chars().all(|c| c.is_ascii_lowercase()) {
            continue;
        }
        let mut letters: Vec<char> = word.chars().collect();
        let at = rng.random_range(1..letters.len() - 2);
        match rng.random_range(0..3) {
            0 => letters.swap(at, at + 1),
            1 => {
                letters.remove(at);
            }
            _ => letters.insert(at, letters[at]),
        }
        *word = letters.into_iter().collect();
    }
    words.join(" ")
}
