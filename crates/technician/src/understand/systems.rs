//! A password or account of another system than the directory: the same words, and the wrong account.
//!
//! "Reset my password for the ERP" read as a request for the directory's own password would lock its user out of everything else. On a real
//! desk about half of all password and lockout tickets mean another system (docs/learning.md), so a sentence about getting in that names one goes to people.

use super::{
    clean::fold,
    pattern::{Patterns, words},
};
use domain::Intent;
use std::{collections::HashSet, sync::LazyLock};

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split(' ').collect()
}

/// What is being got into. A sentence without one of these is about something else.
static WAY_IN: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "password*|passwort*|kennwort*|passwd|pwd|pw|pin|passcode|credential*",
        "account*|konto|benutzerkonto|userid|login*|logon*|logged|log ~2 in|into|on|to",
        "locked|lock|lockout|locking|locks|unlock*|gesperrt|sperre|entsperr*|freischalt*",
        "user id|ids|name",
        "sign|signing ~1 in|into|on",
        "anmeld*|einlogg*|zugang*",
    ])
});

/// Products that keep passwords of their own, close to what is being got into. Not those of the directory: Windows, Microsoft 365, mail, VPN.
static KNOWN: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "netweaver|bex|ess|sap|saps|erp|crm|hcm|hrp|hris|hana|scm|srm|plm|mii|wms|sid",
        "salesforce|oracle|netsuite|navision|dynamics|xero|quickbooks|datev|lexware|intuit|odoo|infor|ariba|coupa|concur|workday|adp|paychex|gusto|bamboohr|personio|kronos|successfactors|ultipro",
        "hubspot|pipedrive|zoho|zendesk|freshdesk|mailchimp|marketo|servicenow|jira|confluence|bitbucket|github|gitlab|jenkins|trello|smartsheet|basecamp",
        "docusign|adobe|autodesk|autocad|solidworks|sage|clio|lexoffice|notion|catia|teamcenter|windchill|revit|tableau|qlik|cognos|hpqc|labview",
        "dropbox|gmail|icloud|facebook|linkedin|instagram|paypal|ebay|shopify|magento|wordpress|joomla",
        "ringcentral|avaya|mitel|telephony|telefonanlage|voicemail|softphone",
        "epic|cerner|meditech|dentrix|eaglesoft|elster|zeiterfassung|lohnprogramm|warenwirtschaft|kassensystem",
        "passwordmanager",
        "password management",
        "sql|mysql|mongodb|sftp|mainframe|vsphere|vmware|bitlocker",
    ])
});

/// Systems of which people also speak in passing: only where the password or account is said to be theirs.
static THEIRS: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "bank|banking|portal|webshop|shop|extranet|intranet|website|webseite|webpage|homepage|database|datenbank|linux|unix|firewall|router|nas|bios|wlan|wifi|iphone|android|ipad|handy|smartphone|sim|phone|printer|drucker|zoom|webex|google|apple|amazon|aws|lastpass|keepass|bitwarden|canva|miro|slack|citrix ~1 password*|passwort*|kennwort|pwd|pin|account|konto|login",
        "password|passwort|kennwort|pwd|pin|account|konto|login for|of|fur|in|im|zum|zur|on ~2 bank|banking|portal*|webshop|shop|extranet|intranet|website|webseite|homepage|database|datenbank|firewall|router|nas|bios|wlan|wifi|sim|printer|drucker|zoom|webex|google|apple|amazon|aws|lastpass|keepass|bitwarden|canva|miro|slack",
    ])
});

/// A word for any system, with a word of its own before it: "the planning tool", "our booking system".
static SOME_SYSTEM: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "system systems tool tools app application applications applikation software platform portal program \
     programm anwendung",
    )
});
/// Before one of those these name nothing: "any system", "the operating system".
const NO_NAME: &[&str] = &["operating", "ticket", "ticketing"];
/// What a named thing follows: "the booking tool", "for booking software".
const LEADS: &[&str] = &[
    "on", "auf", "the", "our", "my", "for", "in", "into", "to", "of", "das", "dem", "den", "die",
    "der", "unser", "unserem", "im", "fur", "mein", "meinem",
];
/// Whose it is, before a name: "my bluebird account".
const OWN: &[&str] = &[
    "my", "our", "mein", "meine", "meinem", "meinen", "meines", "unser", "unsere", "unserem",
    "ihr", "ihre", "ihrem",
];
/// Directly before "password", "account" or "login" these name no other system.
static NO_SYSTEM: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "0 a abend aber abgelaufenes about active actual ad admin after afternoon again aktuelles all already also \
     altem altes always am an and anderes another any apprentice are as asap assistance assistant at attempts \
     authenticator azubi azure back bad be because been before bei being big bitte blank blocked boss both boy \
     btw but by bzgl bzw call can cannot ceo cfo change changed changing chef chg choose clever client \
     colleague colleagues come comes company computer corporate correct correctly could create current \
     customer damen damit dann das dass day deactivated dear default dein dem den denn der deren des desk \
     desktop dialog die dienstag director directory disable disabled doch doctor does domain domane donnerstag \
     dr drive driver duplicate each easy ein eine einem einen eingegeben eingetippt either email emails \
     employee employees empty enable enabled enter entered entire entra error euch euer even evening ever \
     every everybody everyone evtl exceeded excel exchange existing expire expired expiring external fail \
     failed failing fails failure falsche falschen falscher falsches few file first folder for force forced \
     forget forgot forgotten form former fr freelancer freitag frequent fresh friday friend friends from fur \
     fyi gestern get gets getting ggf girl give go goes going good got gruss guest guten guy guys habe had \
     hallo has hat have having he hello help her herren hers heute hey hi him his hotmail how ich ihr ihre \
     ihrem ihres im immer in inactive incorrect initial intern into intune is issue ist it its joiner just \
     keep keeps kein keine kerberos keyed known kollege kollegin lady lan laptop last latter ldap least leaver \
     leider less let like link local lock locked log lose lost lync m365 madam mail mailbox main make mal man \
     manager many may me means mehr mehrfach mehrmals mein meine meinem meinen meines message mfa mgr \
     microsoft might misplaced mistyped mit mitarbeiter mitarbeiterin mittwoch mobile moin monday montag month \
     more morgen morning most mr mrs ms much multiple must my nach need needs network netzwerk neu neue neues \
     never new newly next nicht no noch nochmal normal not notes now nurse nxt o365 oder of office often old \
     on one onedrive onenote online only onto or other our outlook own page pc people person personal phone \
     planner please pls plz powerpoint praktikant present previous primary privileged problem prompt provide \
     quick quite rdp re reactivate read reads real really recover recovery reenable regular remember remote \
     repeated request reset resets resetting return right said same saturday say saying says schon screen \
     second secret see sein seine seinem seit self send service servus set several shall shared sharepoint she \
     should show showing shows sicheres sie simple since single sir skype so some somebody someone someones \
     staff standard start starter still strong stuck student successful suddenly sunday supplied support \
     suspended tag teacher team teams temp temporary test than thank thanks that the their them then there \
     these they this thks thursday thx tks to today tomorrow too trainee tried try trying tuesday two type \
     typed typing typo um unable unblock und unknown unlock uns unser unsere unserem unseren unsuccessful \
     until up update updated urgent urgently use used user users valid vergessenes vertippt very visitor vlt \
     vom von vor vpn wanted wants was weak wednesday wegen weil welcome were what when which while who whole \
     whose why wieder will window windows windwos winfows wir wish with without wnidows woman word work worker \
     working workstation would wrong yammer yesterday you your zu zum zur zusammen zzt",
    )
});
/// Nouns that a system's name stands before.
static NOUNS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "password passwords passwort passworter kennwort pwd pw account accounts konto login logon logins",
    )
});

/// The other system that a text about getting in names. `sender` are the words of the sender's name and address, `named` those of whom the text names.
pub(super) fn other(text: &str, sender: &[String], named: &[String]) -> Option<String> {
    let people: Vec<String> = sender.iter().chain(named).cloned().collect();
    // A clause of its own says what it is about: "cannot sign in to X, need a reset".
    let clauses: Vec<String> = text.split(['\n', ',', ';', '(', ')']).map(fold).collect();
    let ours = clauses.iter().any(|c| OURS.hit(&words(c)));
    clauses.iter().find_map(|clause| {
        let words = words(clause);
        words
            .split(|w| matches!(*w, "." | "!" | "?"))
            .find_map(|s| in_sentence(s, sender, &people, ours))
    })
}

/// What the directory's own password opens. Beside one of these a product is spoken of in passing, unless its name stands directly at the password.
static OURS: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns::new(&[
        "windows|domain|domane|computer|laptop|pc|outlook|office|o365|m365|email|mailbox|ad",
        "active directory",
    ])
});

fn in_sentence(
    sentence: &[&str],
    sender: &[String],
    people: &[String],
    ours: bool,
) -> Option<String> {
    if !WAY_IN.hit(sentence) {
        return None;
    }
    known(sentence, sender, ours)
        .or_else(|| THEIRS.find(sentence))
        .or_else(|| some_system(sentence))
        .or_else(|| named(sentence, people))
}

/// A product that everybody knows, and nobody of that name.
fn known(sentence: &[&str], sender: &[String], ours: bool) -> Option<String> {
    let found = KNOWN.find(sentence)?;
    let is_name = |w: &&str| found.split(' ').any(|f| f == *w);
    let near = |is_way_in: &dyn Fn(&&str) -> bool, most: usize| {
        let named = sentence.iter().enumerate().filter(|(_, w)| is_name(w));
        named.map(|(n, _)| n).any(|n| {
            let from = n.saturating_sub(most);
            let around = sentence.get(from..(n + most + 1).min(sentence.len())).unwrap_or(&[]);
            around.iter().any(is_way_in)
        })
    };
    let changed = sentence.iter().any(|w| CHANGED.contains(w));
    let leads = |to: &str| TO.contains(&to) || (changed && matches!(to, "for" | "fur"));
    let led = || {
        sentence.windows(2).any(|w| matches!(w, [to, name] if leads(to) && found.starts_with(name)))
    };
    let way_in = |w: &&str| {
        NOUNS.contains(w) || [GETTING, SIGNING, CHANGED].iter().any(|list| list.contains(w))
    };
    // "Locked out, and the ERP closes today" is about the directory.
    let close = if ours { near(&|w| NOUNS.contains(w), 2) } else { led() || near(&way_in, 3) };
    (!is_somebody(&found, sender) && close).then_some(found)
}

/// "the planning tool", "to the supply chain software", "planning tool account".
fn some_system(sentence: &[&str]) -> Option<String> {
    (1..sentence.len()).find_map(|at| {
        let (name, noun) = (*sentence.get(at - 1)?, *sentence.get(at)?);
        let led = || {
            let before = sentence.get(at.saturating_sub(LED_BY)..at - 1).unwrap_or(&[]);
            before.iter().any(|w| LEADS.contains(w))
        };
        let theirs = || sentence.get(at + 1).is_some_and(|of| NOUNS.contains(of));
        let free = !NO_NAME.contains(&name) && !NO_SYSTEM.contains(name);
        let named = SOME_SYSTEM.contains(noun) && free && (led() || theirs());
        named.then(|| format!("{name} {noun}"))
    })
}

/// How far before such a noun a word that leads to it may stand.
const LED_BY: usize = 4;

/// "my bluebird account", "hpqc password", "Impact award password reset" as a whole line: the word before the noun is none of those that name no
/// system, and nobody's name.
fn named(sentence: &[&str], people: &[String]) -> Option<String> {
    let title = sentence.len() <= LONGEST_TITLE;
    let name_before = |at: usize| {
        let (name, noun) = (*sentence.get(at)?, *sentence.get(at + 1)?);
        let before = sentence.get(at.saturating_sub(2)..at).unwrap_or(&[]);
        let own = match before {
            [first, second] => {
                OWN.contains(second) || (OWN.contains(first) && !is_ordinary(second))
            }
            [only] => OWN.contains(only),
            _ => false,
        };
        let wants = title && sentence.get(at + 2).is_some_and(|w| WANTED.contains(w));
        let free = NOUNS.contains(noun)
            && !is_ordinary(name)
            && !NOUNS.contains(name)
            && !is_somebody(name, people);
        let changed = at > 0 && sentence.get(at - 1).is_some_and(|w| CHANGED.contains(w));
        (free && (own || wants || changed || is_a_code(name))).then(|| format!("{name} {noun}"))
    };
    (0..sentence.len()).find_map(name_before).or_else(|| into(sentence, people))
}

/// "locked out on bex", "password reset to hub": what a sentence about getting in ends with.
fn into(sentence: &[&str], people: &[String]) -> Option<String> {
    let [rest @ .., before, to, name] = sentence else { return None };
    // "the lockout on jdoe" is about a person.
    let signing_in = *before == "in" && rest.last().is_some_and(|w| SIGNING.contains(w));
    let getting = GETTING.contains(before) || signing_in || (NOUNS.contains(before) && *to != "on");
    let free = TO.contains(to)
        && !is_ordinary(name)
        && !PLACES.contains(name)
        && !is_somebody(name, people);
    (getting && free).then(|| format!("{to} {name}"))
}

/// What is done to a password, before the name of its system: "reset ess password".
const CHANGED: &[&str] =
    &["reset", "unlocked", "lockout", "unlock", "change", "forgot", "forgotten", "lost", "expired"];
/// What stands before "to", "on" or "in" and the name.
const GETTING: &[&str] =
    &["login", "logon", "log", "logging", "sign", "out", "locked", "reset", "expired", "gesperrt"];
const SIGNING: &[&str] = &["sign", "signing", "signed", "log", "logging", "logged"];
const TO: &[&str] = &["to", "into", "on", "onto", "in"];
/// Where somebody is or when something is, not what they sign in to.
static PLACES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "advance berlin card cet citrix december front general germany hold holiday home hospital hotel india \
     london lunch machine minutes muenchen munchen munich notebook paris rechner site summer time train travel \
     vacation weekend",
    )
});

/// A line of at most this many words may be a title, "NAME password reset".
const LONGEST_TITLE: usize = 6;
/// What a title ends with.
const WANTED: &[&str] = &[
    "reset",
    "unlock",
    "unlocked",
    "lockout",
    "locked",
    "expired",
    "zurucksetzen",
    "entsperren",
    "gesperrt",
];

/// No word of a language: without vowels.
fn is_a_code(word: &str) -> bool {
    word.chars().filter(|c| c.is_alphabetic()).count() >= 3
        && !word.chars().any(|c| "aeiouy".contains(c))
}

/// An ordinary word: one that names no system, or stands in the starter history's requests about the directory.
fn is_ordinary(word: &str) -> bool {
    static SPOKEN: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let about_access = |i| {
            matches!(
                i,
                Intent::UnlockAccount
                    | Intent::ResetPassword
                    | Intent::RequirePasswordChange
                    | Intent::EnableAccount
                    | Intent::DisableAccount
                    | Intent::AccountStatus
            )
        };
        let requests =
            crate::learn::starter_history().into_iter().filter(|l| about_access(l.intent));
        requests
            .flat_map(|l| fold(&l.text).split(' ').map(str::to_owned).collect::<Vec<_>>())
            .collect()
    });
    NO_SYSTEM.contains(word) || SPOKEN.contains(word)
}

/// A name, also with the s of "Anna's".
fn is_somebody(word: &str, people: &[String]) -> bool {
    let bare = word.strip_suffix('s').unwrap_or(word);
    people.iter().any(|p| p == word || p == bare) || word == "xaddr" || word == "xurl"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        other(text, &["epic".to_owned()], &["anna".to_owned(), "reed".to_owned()])
    }

    #[test]
    fn another_systems_password_is_not_the_directorys() {
        for (text, system) in [
            ("Please reset my SAP password", "sap"),
            ("My ERP account is locked.", "erp"),
            ("I forgot the password for the booking tool", "booking tool"),
            ("Hello. Passwort für DATEV vergessen", "datev"),
            ("Please unlock my bluebird account", "bluebird account"),
            ("Impact award password reset", "award password"),
            ("reset bluebird password", "bluebird password"),
            ("Account locked out on bluebird", "on bluebird"),
            ("cannot sign in to bluebird, need password reset", "to bluebird"),
            ("My windows works but the SAP password is wrong", "sap"),
            ("password reset to hub", "to hub"),
            ("Please help\nplanning_tool account unlock", "planning tool"),
            ("I cannot log in to salesforce, password expired", "salesforce"),
        ] {
            assert_eq!(read(text).as_deref(), Some(system), "{text}");
        }
    }

    #[test]
    fn the_directorys_own_and_other_peoples_are_none() {
        for text in [
            "I forgot my Windows password, please reset it",
            "Anna's account is locked",
            "my office 365 password expired and I cannot log in",
            "frequent account lockout on my laptop",
            "Konto gesperrt, bitte entsperren",
            "Reset password for anna.reed@example.com please",
            "I cannot log in to any system since the new password",
            "I am locked out in Berlin. Please unlock it",
            "unable to log in to windows",
            "Epic here, my account is locked",
            "Locked out since this morning and the month end in the ERP is today",
            "I am unable to log in to sharepoint, my account is locked",
            "Please reset Anna password",
            "Please reset my Windows password, I cannot open SAP or Salesforce",
            "The Outlook app keeps asking for my password, my account is locked",
            "I can't log into the computer system, password expired",
            "Pls password reset",
            "bzgl Konto: gesperrt",
            "please unlock the u12345a account",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_history_about_the_directory_is_rarely_taken_for_another_systems() {
        let changes = |i| {
            matches!(
                i,
                Intent::UnlockAccount
                    | Intent::ResetPassword
                    | Intent::EnableAccount
                    | Intent::DisableAccount
            )
        };
        let history: Vec<_> =
            crate::starter_history().into_iter().filter(|l| changes(l.intent)).collect();
        let taken = history.iter().filter(|l| other(&l.text, &[], &[]).is_some()).count();
        assert!(taken * 100 < history.len(), "{taken} of {}", history.len());
    }
}
