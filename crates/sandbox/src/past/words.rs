//! What people say around an approval. Two sets that share no sentence: one to develop with, one that only the
//! benchmark's second run takes.

/// Sentences, by what they do.
pub(super) struct Words {
    /// A yes to what was asked; stands alone.
    pub(super) yes: &'static [&'static str],
    pub(super) yes_german: &'static [&'static str],
    /// A yes only as an answer to "do you approve?".
    pub(super) short: &'static [&'static str],
    /// A deputy's yes.
    pub(super) deputy: &'static [&'static str],
    pub(super) no: &'static [&'static str],
    pub(super) recall: &'static [&'static str],
    /// A yes that waits for something.
    pub(super) conditional: &'static [&'static str],
    /// The desk asks for a yes.
    pub(super) ask: &'static [&'static str],
    pub(super) ask_german: &'static [&'static str],
    /// The desk answers to a yes that does not count.
    pub(super) not_you: &'static [&'static str],
    /// The requester says that somebody has agreed.
    pub(super) claim: &'static [&'static str],
    /// The desk writes down what it heard.
    pub(super) hearsay: &'static [&'static str],
    /// The desk asks something else, and what is answered.
    pub(super) other_question: &'static [(&'static str, &'static str)],
    /// A yes to a thing that nobody asked the desk for.
    pub(super) elsewhere: &'static [&'static str],
    /// Somebody without a say.
    pub(super) chatter: &'static [&'static str],
    pub(super) notice: &'static [&'static str],
    pub(super) away: &'static [&'static str],
    pub(super) form: &'static [&'static str],
}

pub(super) const KNOWN: Words = Words {
    yes: &[
        "Approved.",
        "I approve this request.",
        "approved from my side",
        "Yes, I approve.",
        "You have my approval.",
        "This is approved, please go ahead.",
        "Fine with me, please proceed.",
        "OK from my side.",
        "I agree, please set it up.",
        "No objections from me, go ahead.",
        "Please go ahead, I approve.",
        "approved, thanks",
        "Hi, yes that is ok for me, {req} needs it.",
        "I hereby approve the request of {req}.",
        "Request approved.",
        "Confirmed and approved.",
        "Yes please, {req} should have this. Approved.",
        "I'm fine with {req} getting this.",
    ],
    yes_german: &[
        "Genehmigt.",
        "Freigabe erteilt.",
        "von meiner Seite ok, bitte einrichten",
        "Ich bin einverstanden.",
        "Hiermit genehmige ich die Anfrage von {req}.",
        "Geht in Ordnung, bitte umsetzen.",
        "Meine Zustimmung haben Sie.",
        "freigegeben, danke",
    ],
    short: &[
        "Yes",
        "yes please",
        "ok",
        "Yes, thanks.",
        "Sure.",
        "Ja, bitte.",
        "Ja",
        "Okay, go ahead.",
    ],
    deputy: &[
        "I am standing in for {boss} this week: approved.",
        "In {boss}'s absence I approve this.",
        "{boss} ist im Urlaub, ich vertrete: genehmigt.",
    ],
    no: &[
        "I do not approve this.",
        "No, not needed at the moment. Declined.",
        "Sorry, I can't approve that.",
        "Nicht genehmigt, bitte erst mit mir sprechen.",
        "Rejected, no budget this year.",
    ],
    recall: &[
        "Please ignore my approval, that was the wrong ticket.",
        "I withdraw my approval.",
        "I have to take back my ok, please don't do this yet.",
        "Bitte doch nicht umsetzen, ich ziehe meine Freigabe zurück.",
    ],
    conditional: &[
        "Fine with me once finance has agreed.",
        "I would approve this if it is cheaper.",
        "ok wenn der Einkauf zustimmt",
    ],
    ask: &[
        "Hello {boss}, {req} asks for this. Do you approve?",
        "Hi {boss}, could you please approve the request below?",
        "{boss}, we need your approval before we can continue.",
        "Dear {boss}, is this ok for you?",
    ],
    ask_german: &[
        "Hallo {boss}, {req} hat dies angefragt. Genehmigen Sie das?",
        "Guten Tag {boss}, wir benötigen Ihre Freigabe.",
    ],
    not_you: &[
        "Thank you, but we need the approval of {boss} for this.",
        "Thanks {wrong}, only {boss} can approve that.",
        "Danke, die Freigabe muss von {boss} kommen.",
    ],
    claim: &[
        "My manager has already approved this.",
        "{boss} said yes.",
        "This is approved by {boss}.",
        "Approval was given by {boss} on the phone.",
        "Ist mit {boss} abgesprochen und genehmigt.",
        "I have approval from my boss.",
    ],
    hearsay: &[
        "{boss} approved by phone.",
        "spoke to {boss}, is ok with it",
        "Approval of {boss} received verbally.",
    ],
    other_question: &[
        ("Would Thursday at 10 suit you for the remote session?", "Yes, that is ok for me."),
        ("May we restart your laptop now?", "Yes, go ahead."),
        ("Is the room on the second floor the right one?", "Yes"),
        ("Passt Ihnen Montag um 9 Uhr?", "Ja, passt."),
    ],
    elsewhere: &[
        "Your holiday from 3 to 14 August is approved.",
        "The invoice for the chairs is approved, please pay it.",
        "I approve the travel costs for the fair.",
        "The maintenance window on Saturday is approved.",
        "Urlaubsantrag genehmigt.",
    ],
    chatter: &[
        "I think {req} really needs this.",
        "same problem here by the way",
        "Any news on this?",
        "please hurry, {req} is waiting",
        "Gibt es schon etwas Neues?",
    ],
    notice: &[
        "HR notice: the transfer of {req} has been approved with effect from the first of the month.",
        "Automatic notification: employment change approved. Effective date: 01.07.",
        "Personalmeldung: Die Versetzung von {req} wurde genehmigt.",
    ],
    away: &[
        "Automatic reply: I am out of the office until Monday. In urgent cases please ask my deputy.",
        "Abwesenheitsnotiz: Ich bin bis Freitag nicht im Haus.",
    ],
    form: &[
        "Request type: Access\nApproved by: {boss}\nApproval: yes\nCost centre: 4711",
        "Formular Berechtigung\nGenehmigt durch: {boss}\nGenehmigung liegt vor: ja",
        "Manager approval required: [x] yes [ ] no\nName of approver: {boss}",
    ],
};

pub(super) const HELD: Words = Words {
    yes: &[
        "Approval granted.",
        "Consider this approved.",
        "I'm happy for this to go ahead.",
        "That's fine by me, do it please.",
        "This has my okay.",
        "I authorise this.",
        "Yes, {req} may have it.",
        "Signed off by me.",
        "Please action, I support this.",
        "Good to go from me.",
        "Green light from my side.",
        "I confirm my approval for {req}.",
    ],
    yes_german: &[
        "Ich stimme zu.",
        "Ist genehmigt.",
        "Habe nichts dagegen, bitte machen.",
        "Meinerseits freigegeben.",
        "Gebe ich hiermit frei.",
        "Passt für mich, bitte freischalten.",
    ],
    short: &["Yep.", "Of course", "Yes, do it.", "Klar, gerne.", "ok danke", "Certainly."],
    deputy: &[
        "Approving on behalf of {boss}, who is on leave.",
        "Als Vertretung von {boss} gebe ich das frei.",
    ],
    no: &[
        "I'm not willing to sign this off.",
        "Denied.",
        "Please don't, {req} does not need that.",
        "Das lehne ich ab.",
    ],
    recall: &[
        "Stop please, I have changed my mind about this one.",
        "My earlier approval no longer stands.",
        "Bitte stornieren, meine Genehmigung gilt nicht mehr.",
    ],
    conditional: &[
        "You'd have my ok provided that {boss} agrees too.",
        "Happy to approve as soon as I have seen the offer.",
        "Freigabe nur unter Vorbehalt, falls das Budget reicht.",
    ],
    ask: &[
        "{boss}, please confirm that {req} may have this.",
        "Can we have your sign-off on this, {boss}?",
        "Hi {boss}, are you ok with this request?",
    ],
    ask_german: &[
        "{boss}, dürfen wir das für {req} freischalten?",
        "Bitte um Genehmigung, {boss}.",
    ],
    not_you: &[
        "We are afraid that this has to be approved by {boss}.",
        "Noted, though {boss} is the one who has to sign this off.",
    ],
    claim: &[
        "{boss} is aware and OK with it.",
        "I checked with {boss}, it's approved.",
        "Die Freigabe von {boss} liegt mir vor.",
        "My supervisor signed it off last week.",
    ],
    hearsay: &[
        "Got the go-ahead from {boss} in the corridor.",
        "telefonische Freigabe durch {boss}",
    ],
    other_question: &[
        ("Shall we call you on your mobile?", "Sure, please do."),
        ("Can you be at your desk at three?", "Yes, I can."),
        ("Sollen wir das Gerät abholen?", "Ja, gerne."),
    ],
    elsewhere: &[
        "I signed off your expense report today.",
        "Your overtime for March is approved.",
        "Die Dienstreise nach Wien ist genehmigt.",
        "Approved the overtime of the team.",
    ],
    chatter: &["I use it too, very handy.", "When will this be done?", "Bitte um Rückmeldung."],
    notice: &[
        "Personnel update: contract extension for {req} approved by the board.",
        "This is a system message. Workflow step 'HR approval' was completed.",
    ],
    away: &[
        "I am currently travelling and will answer on my return.",
        "Bin im Urlaub, keine Weiterleitung.",
    ],
    form: &[
        "Authorised by (name): {boss}\nDate: 03/04\nSignature: ______",
        "Antrag: Zugriff\nFreigabe durch Vorgesetzten: {boss}",
    ],
};
