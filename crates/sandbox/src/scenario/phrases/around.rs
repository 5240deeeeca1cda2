//! What stands around the request: greetings, haste, good-byes, footers.

pub(in crate::scenario) const GREETINGS: &[&str] = &[
    "Hi,",
    "Hello,",
    "Hi there,",
    "Good morning,",
    "Good afternoon,",
    "Hey team,",
    "Hello helpdesk,",
    "Hi support,",
    "Dear IT,",
    "Morning all,",
    "Hiya,",
    "",
    "",
    "To whom it may concern,",
    "Hello again,",
];

pub(in crate::scenario) const HASTE: &[&str] = &[
    "I have a meeting at ten, so sooner is better.",
    "No rush, I can do other things until lunch.",
    "My shift starts in twenty minutes.",
    "I'm working from home today.",
    "Sorry to bother you with this again.",
    "You can reach me on my mobile if you need anything.",
    "I'm on the road and only have my phone with me.",
    "The phones are ringing off the hook here so a quick answer would be lovely.",
    "It is quarter end and I really need to get going.",
    "I was told to write to this address.",
    "Not sure if this is the right place to ask.",
    "I tried turning it off and on again, of course.",
];

pub(in crate::scenario) const CLOSINGS: &[&str] = &[
    "Thanks,",
    "Thank you!",
    "Many thanks,",
    "Cheers,",
    "Best,",
    "Kind regards,",
    "Regards,",
    "Thanks in advance,",
    "BR,",
    "Thx",
    "Best wishes,",
    "Ta,",
    "",
];

pub(in crate::scenario) const FOOTERS: &[&str] = &[
    "Sent from my iPhone",
    "Sent from Outlook for Android",
    "Please consider the environment before printing this e-mail.",
    "CONFIDENTIALITY NOTICE: This message is meant for the addressee only. If you received it in error, please tell the sender and destroy it. Any review or disclosure by others is prohibited.",
    "This e-mail and its attachments may be privileged. Statements in it are not binding unless approved in writing by an authorised signatory.",
    "The information transmitted is intended solely for the person to which it is addressed. We scan outgoing mail, but accept no liability for any virus.",
    "Out and about on Fridays. For urgent matters call the front desk.",
    "Follow us for news and open positions!",
];

/// Follow-ups on a closed ticket that ask for nothing.
pub(in crate::scenario) const FOLLOW_UPS: &[&str] = &[
    "Perfect, I'm back in. Thank you so much!",
    "That did the trick, cheers.",
    "Works like a charm now. You can leave it closed.",
    "Great service, thanks a lot!",
    "All good on my side, appreciate the speed.",
    "thank you!! have a nice day",
    "Brilliant. Nothing more needed.",
    "Got it, thanks for sorting this out so fast.",
];
