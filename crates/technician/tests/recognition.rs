//! What the shipped model makes of texts that are in no phrase of its history.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{model, ticket};
use domain::Intent::{self, *};
use technician::{Labelled, Model, TrainOptions, is_thanks, starter_history, train, understand};

/// Written by hand, from the way people write, without a look at the history's phrases.
const EXAMPLES: &[(Intent, &str)] = &[
    (
        UnlockAccount,
        "Good morning, I fat-fingered my password a bunch of times and Windows has now locked me out. Could someone sort that?",
    ),
    (UnlockAccount, "Locked account :( please unlock so I can start my shift"),
    (
        UnlockAccount,
        "Hi there. My user got locked after I came back from lunch, I must have mistyped. Unlock it please?",
    ),
    (UnlockAccount, "my acc is locked again, 3rd time this week. pls unlock"),
    (UnlockAccount, "It says 'The referenced account is currently locked out'. What now?"),
    (UnlockAccount, "Konto gesperrt wegen Falscheingabe, bitte um Entsperrung"),
    (
        UnlockAccount,
        "Could you kindly unlock Maria Lopez, she has been locked out of her computer since 7",
    ),
    (
        UnlockAccount,
        "Account lockout - urgent. I present to the board at eleven and I am locked out of my laptop.",
    ),
    (UnlockAccount, "tried to log on with the wrong password several times, account is locked now"),
    (UnlockAccount, "Please release the lock on my Windows account."),
    (
        ResetPassword,
        "I have completely blanked on my password after two weeks in Spain. Can I get a new one?",
    ),
    (ResetPassword, "Password expired overnight, I can't get in to change it myself"),
    (ResetPassword, "pw forgotten, reset please"),
    (
        ResetPassword,
        "Would you be so kind as to reset my Windows password? I can't remember it for the life of me.",
    ),
    (ResetPassword, "Please can Tom Baker have his password reset, he has forgotten it"),
    (ResetPassword, "I need my domain password to be reset please"),
    (ResetPassword, "Habe mein Passwort vergessen. Könnt ihr es zurücksetzen?"),
    (ResetPassword, "My login isn't working because I forgot the new password I set on Friday"),
    (
        ResetPassword,
        "hello IT, the password I set yesterday doesn't work today. could you give me a temporary one?",
    ),
    (ResetPassword, "Reset PW for account jmiller please"),
    (
        RequirePasswordChange,
        "Please make it so that I have to pick a new password the next time I log on.",
    ),
    (
        RequirePasswordChange,
        "Can you tick 'User must change password at next logon' on my account? I typed it while sharing my screen.",
    ),
    (RequirePasswordChange, "I'd like to be forced to change my password at next sign-in, thanks"),
    (RequirePasswordChange, "Please force a password change at next login for Peter Novak"),
    (
        RequirePasswordChange,
        "A colleague knows my password now. Kindly require me to choose another one when I next sign in.",
    ),
    (
        EnableAccount,
        "I'm back from parental leave today and my account is disabled. Please reactivate it.",
    ),
    (EnableAccount, "Please re-enable Lisa Wong's account, she returns from sabbatical on Monday"),
    (EnableAccount, "My account shows as deactivated, could you switch it on again?"),
    (EnableAccount, "Our seasonal worker Igor Petrov is back. Please enable his old account."),
    (EnableAccount, "Mein Benutzerkonto ist deaktiviert, bitte aktivieren"),
    (EnableAccount, "The account of Paula Diaz was disabled by mistake. Please enable it again."),
    (DisableAccount, "Mike Ross has left the firm as of yesterday. Please disable his account."),
    (
        DisableAccount,
        "Leaver: Hannah Schmidt, last working day 31 May. Kindly deactivate her login.",
    ),
    (
        DisableAccount,
        "Please block sign-in for Omar Said with immediate effect, he has been dismissed.",
    ),
    (DisableAccount, "offboarding Tina Turner - please disable AD account today"),
    (DisableAccount, "Our intern Leo Brandt finished on Friday so his account should be disabled."),
    (DisableAccount, "Mitarbeiterin Eva Klein ist ausgeschieden. Bitte Konto deaktivieren."),
    (AddToGroup, "Could you add me to the Finance group please? I started there on Monday."),
    (AddToGroup, "I need to be a member of the Marketing team"),
    (AddToGroup, "Please add Jane Roe to the Project Orion group"),
    (AddToGroup, "Please give me access to the Legal group, my tasks have changed"),
    (AddToGroup, "can i get added to sales team thx"),
    (AddToGroup, "Bitte nehmt mich in die Gruppe Einkauf auf"),
    (AddToGroup, "I am not in the Warehouse distribution list yet, please add me"),
    (RemoveFromGroup, "Please take me out of the Finance group, I no longer work with them."),
    (RemoveFromGroup, "Could you remove Jane Roe from the HR group?"),
    (
        RemoveFromGroup,
        "I keep getting mails for the Logistics list although I moved. Please remove me from that group.",
    ),
    (RemoveFromGroup, "remove me from Sales group pls"),
    (RemoveFromGroup, "Bitte entfernt mich aus der Gruppe Marketing"),
    (ListDevices, "Which devices are registered in my name? I need it for the insurance."),
    (ListDevices, "Could you send me a list of the computers assigned to me?"),
    (ListDevices, "What laptops do I have in your records?"),
    (ListDevices, "Welche Geräte sind auf mich angemeldet?"),
    (AccountStatus, "Can you check whether my account is still active?"),
    (AccountStatus, "When does my password expire? Just asking before my trip."),
    (AccountStatus, "What's the status of my account please"),
    (AccountStatus, "Ist mein Konto noch aktiv?"),
    (Thanks, "Brilliant, that worked. Thank you so much!"),
    (Thanks, "Works again, thanks. You can close the ticket."),
    (Thanks, "Many thanks, I'm back in."),
    (Thanks, "Super, danke, läuft wieder"),
    (
        SecurityIncident,
        "I think I just fell for a phishing mail, I typed in my password on the page",
    ),
    (SecurityIncident, "Somebody stole my laptop at the station"),
    (SecurityIncident, "Got a strange email from the CEO asking for gift cards. Is it real?"),
    (SecurityIncident, "All files on the share have been encrypted and there's a ransom note"),
    (SecurityIncident, "My mailbox is sending spam to our customers"),
    (Other, "The printer on floor 2 eats paper again"),
    (Other, "Please install Adobe Acrobat Pro on my machine"),
    (Other, "What's the wifi password for visitors?"),
    (Other, "Excel file is locked for editing by someone who left, how can I open it"),
    (Other, "I forgot the password to a PDF from our supplier"),
    (Other, "Please send me a report of all locked out users last month"),
    (Other, "New starter Tom Hill on 1 June, please set up laptop and account"),
    (Other, "My screen is flickering"),
    (Other, "We need two more Office licences"),
    (Other, "VPN drops every ten minutes"),
    (Other, "The front door is locked and my badge doesn't open it"),
    (Other, "Mail to the sales distribution list bounces"),
    (Other, "Can you set up an out of office for Jane Roe?"),
    (Other, "Could you change our bank account on the invoice?"),
    (Other, "Is there an outage? Nobody in our office can reach the internet"),
    (Other, "I have a new phone and my authenticator codes are gone"),
    (Other, "My Dropbox password doesn't work"),
    (Other, "Who is our account manager?"),
    (Other, "Teams call has no sound"),
    (Other, "Please restore the folder Offers from yesterday's backup"),
];

#[test]
fn nine_in_ten_decided_hand_written_tickets_are_right() {
    let mut decided = 0;
    let mut wrong = Vec::new();
    let mut abstained = Vec::new();
    for (truth, text) in EXAMPLES {
        let seen = understand(model(), &ticket("", text), &[]);
        if seen.abstained {
            abstained.push((truth.name(), *text, seen.intent.name(), seen.confidence));
            continue;
        }
        decided += 1;
        if seen.intent != *truth {
            wrong.push((truth.name(), seen.intent.name(), seen.confidence, *text));
        }
    }
    println!("{decided} of {} decided; abstained: {abstained:#?}", EXAMPLES.len());
    assert!(wrong.len() * 10 <= decided, "{wrong:#?}");
    assert!(decided * 10 >= EXAMPLES.len() * 6, "only {decided} decided: {abstained:#?}");
    // To act on a ticket that asks something else is the fault that matters.
    let acted: Vec<_> =
        wrong.iter().filter(|w| !matches!(w.1, "other" | "security_incident")).collect();
    assert!(acted.len() * 50 <= decided, "{acted:#?}");
}

#[test]
fn probabilities_mean_what_they_say_on_rows_the_model_has_not_seen() {
    let history = starter_history();
    let (kept, held): (Vec<Labelled>, Vec<Labelled>) =
        history.into_iter().partition(|r| r.family.wrapping_mul(2_654_435_761) >> 28 != 3);
    let model = train(&kept, &TrainOptions::default()).unwrap();
    let mut scratch = Vec::new();
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for row in &held {
        let seen = model.recognise(&row.text, &mut scratch);
        let bin = &mut bins[((seen.confidence * 10.0) as usize).min(9)];
        bin.0 += 1.0;
        bin.1 += seen.confidence;
        bin.2 += f64::from(u8::from(seen.intent == row.intent));
    }
    let ece: f64 =
        bins.iter().map(|(_, sure, right)| f64::abs(sure - right)).sum::<f64>() / held.len() as f64;
    let acc = bins.iter().map(|b| b.2).sum::<f64>() / held.len() as f64;
    println!("{} rows held out, accuracy {acc:.3}, ece {ece:.3}", held.len());
    assert!(held.len() > 200);
    assert!(ece < 0.08, "ece {ece}: {bins:?}");
}

#[test]
fn the_shipped_model_meets_its_risk_target_on_held_out_rows() {
    let held = model().held_out();
    // 2 % for what is acted on alone and 5 % for what a person is asked about; together between.
    assert!(held.wrong_at_most <= 0.03, "{held:?}");
    assert!(held.decided > 0.5, "{held:?}");
    assert!(held.ece < 0.05, "{held:?}");
}

#[test]
fn a_model_survives_its_file() {
    let bytes = model().to_bytes();
    let again = Model::from_bytes(&bytes).unwrap();
    assert_eq!(&again, model());
    assert_eq!(again.digest(), model().digest());
    assert_eq!(again.to_bytes(), bytes);
    assert!(bytes.len() < 1 << 20, "{} bytes", bytes.len());
}

#[test]
fn training_twice_gives_the_same_bytes() {
    let again = train(&starter_history(), &TrainOptions::default()).unwrap();
    assert_eq!(again.digest(), model().digest());
}

#[test]
fn every_damage_is_named_and_none_is_used() {
    let bytes = model().to_bytes();
    for at in [9, 40, 200, bytes.len() / 2, bytes.len() - 1] {
        let mut bad = bytes.clone();
        bad[at] ^= 0x20;
        let error = Model::from_bytes(&bad).unwrap_err().to_string();
        assert!(error.contains("damaged") || error.contains("version"), "byte {at}: {error}");
        assert!(error.contains("train the model again"), "{error}");
    }
    for length in [0, 7, 20, bytes.len() - 5] {
        let error = Model::from_bytes(&bytes[..length]).unwrap_err().to_string();
        assert!(error.contains("model"), "{length}: {error}");
    }
    assert!(
        Model::from_bytes(b"hello, this is a text")
            .unwrap_err()
            .to_string()
            .contains("not a Journeyman")
    );
}

#[test]
fn a_history_that_cannot_teach_is_refused_with_the_reason() {
    let none = train(&[], &TrainOptions::default()).unwrap_err().to_string();
    assert!(none.contains("empty"), "{none}");
    let only: Vec<Labelled> = starter_history().into_iter().filter(|r| r.intent != Other).collect();
    let error = train(&only, &TrainOptions::default()).unwrap_err().to_string();
    assert!(error.contains("other"), "{error}");
}

#[test]
fn thanks_is_thanks_and_nothing_more() {
    for text in [
        "Thanks, it works!",
        "Thank you very much, I can log in again.",
        "perfect, thanks\n\nKim Reed\nHead of Sales",
        "Great, works now. You can close the ticket.\n\nOn Mon, 3 May 2026 at 10:01, Desk <d@x.org> wrote:\n> I have unlocked your account. Does it work?",
        "Danke, funktioniert wieder!",
    ] {
        assert!(is_thanks(model(), text), "{text}");
    }
    for text in [
        "Thanks, but it still does not work",
        "Thank you. Could you also add me to the Finance group?",
        "please reset my password, thank you",
        "yes please, thanks",
        "thanks, any news?",
        "It does not work again",
        "Thanks for nothing, I am locked out again",
        "",
        "ok thanks, one more question: which devices are mine?",
    ] {
        assert!(!is_thanks(model(), text), "{text}");
    }
}
