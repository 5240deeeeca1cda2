//! Words of a readable text with what surrounds them: case and punctuation tell names apart.

use std::{collections::HashSet, sync::LazyLock};

/// One word.
#[derive(Clone, Debug)]
pub(crate) struct Token<'a> {
    /// As written, without surrounding punctuation.
    pub(crate) text: &'a str,
    /// Lower case, with a closing colon kept: `user:`.
    pub(crate) lower: String,
    /// First word of a sentence or line.
    pub(crate) starts_sentence: bool,
    /// A comma, semicolon or dash stands before it.
    pub(crate) after_comma: bool,
    /// Stands in brackets.
    pub(crate) bracketed: bool,
    /// An everyday word, not a name.
    pub(crate) common: bool,
}

impl Token<'_> {
    /// Written like a part of a name.
    pub(crate) fn is_name(&self) -> bool {
        let mut chars = self.text.chars();
        let capital = chars.next().is_some_and(char::is_uppercase);
        let rest = self.text.chars().skip(1).any(char::is_lowercase);
        let letters =
            self.text.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'));
        capital && rest && letters && !self.common
    }
}

/// The words of a text.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out: Vec<Token<'_>> = Vec::new();
    for line in text.lines() {
        let mut starts_sentence = true;
        let mut after_comma = false;
        for raw in line.split_whitespace() {
            let word = raw.trim_matches(|c: char| !c.is_alphanumeric());
            if word.is_empty() && raw != "&" {
                after_comma = true;
                continue;
            }
            let word = if word.is_empty() { raw } else { word };
            let tail = raw.get(raw.rfind(word).unwrap_or(0) + word.len()..).unwrap_or("");
            let mut lower = word.to_lowercase();
            let common = is_common(
                lower.strip_suffix("'s").or_else(|| lower.strip_suffix("’s")).unwrap_or(&lower),
            );
            if tail.starts_with(':') {
                lower.push(':');
            }
            out.push(Token {
                text: word,
                lower,
                starts_sentence,
                after_comma,
                bracketed: raw.starts_with('(') || raw.starts_with('['),
                common,
            });
            starts_sentence = tail.contains(['.', '!', '?']);
            after_comma = tail.contains([',', ';', '-', '–', '/']);
        }
    }
    out
}

/// Everyday words of tickets that are never a person's name.
const COMMON: &str = "\
    a about above access account account's accounts acct activate activation active ad add added \
    adding addition admin after afternoon again aktivieren all allow also always am an and \
    another any anymore anyone anything app apparently application april are as asap ask assign \
    assistant at aufnehmen august aus austritt available azure back be because been before bei \
    beim being benutzer benutzerkonto best bitte block blocked bonjour boss both bring but by \
    call can can't cannot ceo cfo change changed changing channel check cheers ciao citrix clear \
    client close closed colleague colleagues company computer computers concerning confirm \
    consultant contract contractor correctly could coworker cto customer cut dank danke das day \
    days de deactivate deactivated deactivation deaktivieren dear december delete department \
    departure der desk desktop details device devices did die director disable disabled disabling \
    dismissed distribution do does domain don't down due each effective else email employee \
    enable enabled enabling end ended entfernen entra entsperren equipment erp error ever every \
    everyone everything excel exit expire expired extension februar february finished fired first \
    fix flag for force forget forgetting forgot forgotten free freelancer freeze freundlichen \
    friday from fwd für german geräte gesperrt get gets getting give good got gracias grant \
    grazie greetings group groups gruppe gruppenmitgliedschaft grüße grüßen guten hallo hardware \
    has hat have having he hello help helpdesk her hereby herself hey hi him himself hinzufügen \
    his hola holiday hour hours how hr i i'd i'm i've ich id if ihr immediately in inactive \
    include info information intern into intune is issue ist it it's it-support its january join \
    joined joining juli july june juni just kann keep keeps kein keine kennwort kill kind kindly \
    kollege kollegin konto laptop laptops last leave leaver leaves leaving left let licence \
    license lift list lock locked locking lockout log logged logging login logon longer look \
    machine machines mail mailbox make manager many march mark maternity may maybe me mein meine \
    member members membership merci mich microsoft minutes mir mit mitarbeiter monday month \
    month's morgen morning move moved my myself nach name need needed needs network never new \
    next nicht no noch not nothing notice notification november now obviously october of off \
    offboard offboarding office often ok old on onboarding once one only or other others our \
    ourselves out outlook owner page parental password passwords passwort pc people per perhaps \
    permission person phone please pls plz policy portal possible previously problem project \
    prompt properly put pw question quick quickly quit re re-enable reactivate reactivation \
    really reason recently reenable regarding regards rehire release removal remove removed \
    request requested require required reset resetting resigned restore retired returned \
    returning revoke right role sap saturday says second security see seems sehr sein send \
    september server service servicedesk set sharepoint she should show shut sick sign since \
    sincerely so software some someone something sometimes soon sorry staff start started starter \
    status still stop subject sunday supervisor supplier support suspend switch system tag take \
    team team-lead teams tell temp temporary terminated termination test than thank thanks that \
    the their them themselves then there they third this thursday ticket time times to today \
    today's tomorrow too trainee transfer transferred tried trying tuesday turn typed unable \
    unblock und unfortunately unlock unlocked unlocking unser unsere unseren until up upon urgent \
    urgently us used user user's username users using vacation vendor vergessen very via viele \
    vielen von vpn want was we website wednesday week welche well what when where whether which \
    while who whom whose why wieder wifi will windows with without work worker working works \
    would wrong wurde yes yesterday you your zugang zum zur zurücksetzen";

static COMMON_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.split(' ').collect());

/// Whether a lower-case word is an everyday word of tickets.
pub(crate) fn is_common(lower: &str) -> bool {
    COMMON_SET.contains(lower)
}

/// Whether a word is in a list that is written as one text.
pub(crate) fn one_of(list: &str, word: &str) -> bool {
    list.split(' ').any(|w| w == word)
}
