//! Whose account is meant, when it is not the sender's.
//!
//! Only a candidate: the directory decides who it is, and an unclear one is asked about.

use super::{
    clean::fold,
    login::address_or_login,
    pattern::{Patterns, words},
    token::{Token, one_of, tokens},
};
use domain::Mention;
use std::sync::LazyLock;

/// What a text says about the person meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    /// Somebody other than the sender. An empty name: somebody whom the text does not name.
    pub(crate) about: Option<Mention>,
    /// The sender's own account is spoken of.
    pub(crate) own: bool,
    /// More than one person is meant; their mentions.
    pub(crate) several: Option<String>,
}

/// The sender's own account.
static OWN: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "my account|password|pw|pasword|login|user|acct|acc|acount|access|credentials|windows|profile|username|logon|ad|devices|laptop|computer|machine|account's|accounts",
        "my windows|work|user|own|domain|ad|network|old|current|new|computer|email|office|company|pc|laptop|login|active|personal|standard|normal|it ~1 account|password|login|user|pw|profile|access|credentials",
        "mein|meine|meinen|meinem|meines ~1 konto|account|passwort|kennwort|benutzer*|zugang|login|gerate|rechner",
        "i|ive|im|ich ~2 forgot*|locked|expired|vergessen|ausgesperrt",
        "add|put|include|remove|take|unlock|let|make|force|assign|drop|delete|unsubscribe|exclude|ask me",
        "i need|want|require ~4 access|password|membership",
        "for me|mich",
        "bitte mich",
        "i should ~2 be in",
        "i am|im in|not|no|missing|wrongly|still",
        "assigned|registered to me",
        "registered|listed ~3 my",
        "mon compte|mot",
        "mi cuenta|contrasena",
        "devices ~2 i",
        "can|could|may i join|be|get|have",
        "i cannot|cant|could|can ~1 log|sign|login|get",
        "i would|want ~2 to join|leave|be",
    ])
});

/// Somebody else's account, plainly.
static PRONOUN: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "his|her|their|hers|theirs ~1 account|password|login|user|access|acct|pw|devices|laptop",
        "unlock|reset|disable|block|enable|reactivate him|her|them",
    ])
});

/// Somebody else, without a name; says little when the sender's own account is spoken of.
static UNNAMED: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "account|password|login|access|pw of|for a|an|the|my|our ~1 colleague*|manager|boss|intern|trainee|temp|employee|assistant|coworker|freelancer|contractor|consultant|wife|husband|friend|supervisor|secretary|apprentice|starter|team",
        "colleague|colleagues|coworker|managers|manager|boss|bosss|interns|trainees|wifes|friends|assistants ~1 account|password|login|access",
        "my|our|a ~1 colleague|coworker|manager|boss|intern|trainee|temp|assistant|employee|freelancer|contractor|apprentice ~2 is|has|forgot|cannot|cant|got|needs|locked|left|leaves",
        "for him|her|them",
    ])
});

const ACCOUNT_NOUNS: &str = "\
    account password pw login user access acct passwort kennwort konto benutzer benutzerkonto \
    zugang username mailbox sign-in signin logon devices laptop lockout compte cuenta contraseña \
    profile credentials computers leaver user: termination offboarding deactivation reactivation \
    membership status employee reset windows unlock";

/// After these a name is whom the request is about.
const BEFORE_NAME: &str = "\
    unlock disable deactivate block enable reactivate re-enable offboard add remove put take \
    include make have require prompt reset kick exclude unsubscribe delete drop suspend freeze \
    deprovision assign user benutzer colleague coworker manager intern trainee employee \
    contractor freelancer consultant temp assistant kollege kollegin kollegen leaver leaver: \
    user: name: employee: offboarding: mitarbeiter mitarbeiterin boss ajouter retirer agregar \
    aggiungere rimuovere quitar exit: rehire: von für di let force worker apprentice strip member \
    team-mate";

/// After a name these show that the request is about that person.
const AFTER_NAME: &str = "\
    is has left leaves forgot needs cannot can't can no was should returns came got locked does \
    doesn't resigned will moved requires lost joins still must typed changed hat ist wurde goes \
    quit finished soll braucht keeps transferred stopped works starts";

/// Reads the person meant. `from` and `from_name` are the sender's and never somebody else.
pub(crate) fn read(text: &str, from: &str, from_name: &str, group: Option<&str>) -> Person {
    let folded = fold(text);
    let folded = words(&folded);
    let own = OWN.hit(&folded);
    let tokens = tokens(text);
    let mut strong: Vec<Mention> = Vec::new();
    let mut weak: Vec<Mention> = Vec::new();
    for at in 0..tokens.len() {
        address_or_login(&tokens, at, from, &mut strong);
        possessive(&tokens, at, &mut strong);
        plain_name(&tokens, at, &mut strong);
    }
    let mut at = 0;
    while at < tokens.len() {
        let length = name_length(&tokens, at);
        if length == 0 {
            at += 1;
            continue;
        }
        named(&tokens, at, length, own, &mut strong, &mut weak);
        at += length;
    }
    for list in [&mut strong, &mut weak] {
        list.retain(|m| !is_sender(m, from, from_name) && !is_group(m, group));
        list.retain(|m| !is_company(m, from) && !is_slip(m));
        merge(list);
    }
    // A full name that stands alone says whom it is about, if nobody else is meant.
    let chosen = if !strong.is_empty() {
        strong
    } else if own {
        Vec::new()
    } else {
        weak
    };
    let several =
        (chosen.len() > 1).then(|| chosen.iter().map(words_of).collect::<Vec<_>>().join(", "));
    let elses = PRONOUN.hit(&folded) || (!own && UNNAMED.hit(&folded));
    let unnamed = || elses.then(|| Mention::Name(String::new()));
    Person { about: chosen.into_iter().next().or_else(unnamed), own, several }
}

/// The sender's company, by the labels of the address, is nobody.
fn is_company(mention: &Mention, from: &str) -> bool {
    let Mention::Name(name) = mention else { return false };
    let domain = from.split('@').nth(1).unwrap_or_default().to_lowercase();
    let labels: Vec<&str> = domain.split(|c: char| !c.is_alphanumeric()).collect();
    !name.is_empty() && name.to_lowercase().split_whitespace().all(|w| labels.contains(&w))
}

/// One capitalised word that is a misspelt everyday word ("Acount locked"). Only words that no
/// name is one letter away from (Logan and "login", Locke and "locked", Emil and "email" are).
fn is_slip(mention: &Mention) -> bool {
    const EVERYDAY: &[&str] = &[
        "access",
        "account",
        "password",
        "passwort",
        "unlock",
        "lockout",
        "laptop",
        "forgot",
        "forgotten",
        "expired",
        "windows",
        "computer",
        "question",
        "problem",
        "request",
        "temporary",
        "cannot",
        "trouble",
    ];
    let Mention::Name(name) = mention else { return false };
    let word = name.to_lowercase();
    !word.contains(' ') && word.len() >= 4 && EVERYDAY.iter().any(|w| one_edit(&word, w))
}

/// Whether two words differ by one letter too many, too few, wrong, or swapped with its neighbour.
fn one_edit(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(same..).unwrap_or_default(), b.get(same..).unwrap_or_default());
    match (a, b) {
        ([], []) | ([], [_]) | ([_], []) => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([x, y, a @ ..], [v, w, b @ ..]) if x == w && y == v && a == b => true,
        ([_, rest @ ..], b) if rest == b => true,
        (a, [_, rest @ ..]) => a == rest,
        _ => false,
    }
}

/// The name or address as text.
pub(crate) fn words_of(mention: &Mention) -> String {
    match mention {
        Mention::Address(a) | Mention::Name(a) => a.clone(),
    }
}

/// "Jane Roe's account", "bob's password".
fn possessive(tokens: &[Token<'_>], at: usize, out: &mut Vec<Mention>) {
    let Some(token) = tokens.get(at) else { return };
    let Some(stem) = token.text.strip_suffix("'s").or_else(|| token.text.strip_suffix("’s"))
    else {
        return;
    };
    let near = tokens.iter().skip(at + 1).take(3);
    let owned = near.take_while(|t| !t.starts_sentence).any(|t| {
        one_of(ACCOUNT_NOUNS, t.lower.as_str()) || t.lower == "membership" || t.lower == "group"
    });
    if !owned || stem.len() < 2 || super::token::is_common(&stem.to_lowercase()) {
        return;
    }
    let mut parts = vec![stem.to_string()];
    let mut back = at;
    while let Some(previous) = back.checked_sub(1).and_then(|b| tokens.get(b)) {
        let joined = tokens.get(back).is_some_and(|t| !t.starts_sentence && !t.after_comma);
        if !joined || !previous.is_name() || parts.len() >= 4 {
            break;
        }
        parts.insert(0, previous.text.to_string());
        back -= 1;
    }
    out.push(Mention::Name(parts.join(" ")));
}

/// "password for bob smith", all in lower case.
fn plain_name(tokens: &[Token<'_>], at: usize, out: &mut Vec<Mention>) {
    let get = |i: usize| tokens.get(i);
    let (Some(link), Some(first)) = (get(at), get(at + 1)) else { return };
    if !["for", "of"].contains(&link.lower.as_str()) || first.starts_sentence {
        return;
    }
    let after_noun = at.checked_sub(1).and_then(get).is_some_and(|t| {
        ["account", "password", "login", "pw", "acct", "reset", "unlock", "lockout"]
            .contains(&t.lower.as_str())
    });
    let plain = |t: &Token<'_>| {
        let thing = super::lexicon::token(&t.lower).is_some();
        t.text.len() >= 2
            && t.text.chars().all(|c| c.is_lowercase())
            && !t.common
            && !thing
            && !t.after_comma
    };
    if !after_noun || !plain(first) {
        return;
    }
    // Better to ask who "bob" is than to take a request for Bob as one for the sender.
    let last = get(at + 2).filter(|t| !t.starts_sentence && plain(t));
    let name =
        last.map_or_else(|| first.text.to_string(), |l| format!("{} {}", first.text, l.text));
    out.push(Mention::Name(name));
}

/// How many tokens from `at` form a name: capitalised words, with particles in between.
fn name_length(tokens: &[Token<'_>], at: usize) -> usize {
    const PARTICLES: &[&str] =
        &["van", "von", "de", "del", "der", "den", "bin", "al", "la", "di", "da", "el", "dos"];
    let mut length = 0;
    while let Some(token) = tokens.get(at + length) {
        let broken = length > 0 && (token.starts_sentence || token.after_comma);
        let particle = length > 0
            && PARTICLES.contains(&token.text)
            && tokens.get(at + length + 1).is_some_and(|t| t.is_name() && !t.starts_sentence);
        if broken || length >= 5 || !(token.is_name() || particle) {
            break;
        }
        length += 1;
    }
    length
}

fn named(
    tokens: &[Token<'_>],
    at: usize,
    length: usize,
    own: bool,
    strong: &mut Vec<Mention>,
    weak: &mut Vec<Mention>,
) {
    let name: Vec<&str> = tokens.iter().skip(at).take(length).map(|t| t.text).collect();
    let name = name.join(" ");
    if name.ends_with("'s") || name.ends_with("’s") {
        return;
    }
    let before =
        |n: usize| at.checked_sub(n).and_then(|b| tokens.get(b)).map_or("", |t| t.lower.as_str());
    let after = tokens.get(at + length);
    let attached = !tokens.get(at).is_some_and(|t| t.starts_sentence);
    let linked = ["of", "for", "von", "für", "to", "de", "di"].contains(&before(1))
        && one_of(ACCOUNT_NOUNS, before(2));
    let linked = attached && (linked && before(1) != "to");
    let asked = attached
        && one_of(BEFORE_NAME, before(1))
        && !(own && ["colleague", "manager", "boss"].contains(&before(1)));
    let acts = after.is_some_and(|t| !t.starts_sentence && one_of(AFTER_NAME, t.lower.as_str()));
    if linked || asked || (acts && !own) {
        strong.push(Mention::Name(name));
    } else if length >= 2 && before(1) != "by" && before(1) != "from" {
        weak.push(Mention::Name(name));
    }
}

fn is_sender(mention: &Mention, from: &str, from_name: &str) -> bool {
    let sender: Vec<String> =
        from_name.to_lowercase().split_whitespace().map(str::to_string).collect();
    match mention {
        Mention::Address(a) => {
            a == &from.to_lowercase() || from.to_lowercase().split('@').next() == Some(a.as_str())
        }
        Mention::Name(n) => {
            let n = n.to_lowercase();
            !sender.is_empty()
                && !n.is_empty()
                && n.split_whitespace().all(|w| sender.iter().any(|s| s == w))
        }
    }
}

fn is_group(mention: &Mention, group: Option<&str>) -> bool {
    let (Mention::Name(name), Some(group)) = (mention, group) else { return false };
    let (name, group) = (name.to_lowercase(), group.to_lowercase());
    group.contains(&name) || name.contains(&group)
}

/// One mention each: "Jane" and "Jane Roe" are one person, an address stands for the name beside it.
fn merge(list: &mut Vec<Mention>) {
    let all = list.clone();
    list.dedup();
    let addresses = all.iter().filter(|m| matches!(m, Mention::Address(_))).count();
    let names: Vec<String> =
        all.iter().filter(|m| matches!(m, Mention::Name(_))).map(words_of).collect();
    let one_name = names.iter().all(|n| names.iter().all(|o| shares_word(n, o)));
    let addressed = |n: &str| {
        let like = |m: &Mention| matches!(m, Mention::Address(a) if shares_word(n, a));
        (addresses > 0 && one_name) || all.iter().any(like)
    };
    list.retain(|m| match m {
        Mention::Address(_) => true,
        Mention::Name(n) => {
            !addressed(n)
                && !all
                    .iter()
                    .any(|o| o != m && words_of(o).len() > n.len() && shares_word(n, &words_of(o)))
        }
    });
    let mut seen: Vec<String> = Vec::new();
    list.retain(|m| {
        let key = words_of(m).to_lowercase();
        let new = !seen.contains(&key);
        seen.push(key);
        new
    });
}

fn shares_word(a: &str, b: &str) -> bool {
    let b = b.to_lowercase();
    let parts = |s: &str| -> Vec<String> {
        s.split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.len() > 1)
            .map(str::to_string)
            .collect()
    };
    let b = parts(&b);
    parts(&a.to_lowercase()).iter().any(|w| b.contains(w))
}
