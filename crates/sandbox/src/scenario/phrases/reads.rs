//! Questions that change nothing.

use super::Template;

pub(in crate::scenario) const DEVICES: &[Template] = &[
    (
        "Which devices do I have?",
        "Which devices are registered to me? I need to fill in the inventory form.",
    ),
    ("device list", "Can you send me a list of the machines that are assigned to me?"),
    (
        "Inventory question",
        "For our inventory I need to know what computers and phones are in my name.",
    ),
    (
        "my laptop's name",
        "What is the host name of the laptop that is registered under my account?",
    ),
    ("equipment in my name", "Could you tell me which equipment is recorded under {login}?"),
    ("what devices", "what devices are on my account? i think there is still an old phone"),
    (
        "List of my computers",
        "Please list the computers that belong to my user, the auditors asked me.",
    ),
    (
        "Old phone still there?",
        "I handed back my old phone. Which devices do you still show as mine?",
    ),
    ("Registered hardware", "I'd like to know which hardware is registered to me at the moment."),
    (
        "Insurance form",
        "The insurance wants the devices that I use for work. What do you have on record for me?",
    ),
    (
        "devices registered under my name",
        "Hi can I get an overview of devices registered under my name",
    ),
    (
        "which pc is mine",
        "there are two laptops on the desk and i'm not sure which pc is mine. what is assigned to me in your system?",
    ),
];

pub(in crate::scenario) const STATUS: &[Template] = &[
    (
        "When did I change my password?",
        "When did I last change my password? I want to know before it runs out.",
    ),
    ("state of my account", "Could you tell me what state my account is in? Is it active?"),
    ("Is my account ok", "is my account ok? someone said accounts were being cleaned up"),
    (
        "Account status",
        "Please tell me the status of my account {login}, whether it is enabled or locked.",
    ),
    ("How old is my password", "How old is my password? The auditor asked each of us."),
    ("Last password change", "I need the date of my last password change for a form."),
    (
        "Quick question about my account",
        "Quick question: is my user active and when was the password last set?",
    ),
    ("password age", "what's the age of my password, do i have to change it soon"),
    (
        "Am I still active?",
        "I go on leave next week. Is my account still active right now, and does it stay that way?",
    ),
    (
        "Check on my login",
        "Could you check whether my login is fine? I don't have a problem, only want to be sure before I travel.",
    ),
    (
        "account check before travelling",
        "Before I travel I'd like to know that my account is not locked and when the password was changed.",
    ),
    (
        "Do I have to change my password?",
        "Do you see whether I must choose a new password at the next sign-in? When did I set the present one?",
    ),
];

pub(in crate::scenario) const THANKS: &[Template] = &[
    ("Thank you!", "Just wanted to say thank you for the quick help yesterday."),
    ("works again", "It works again, thanks a million."),
    ("Re: your ticket", "Great, that solved it. Thanks for your help!"),
    ("thx", "thx guys, all fine now"),
    (
        "Many thanks",
        "Many thanks to the person who helped me this morning, very friendly and fast.",
    ),
    ("Solved", "All sorted, I can sign in. Nothing further from me."),
    ("RE: Locked out", "I'm in again, thank you."),
    ("Compliment", "I rarely write this, but your team did a wonderful job. Thank you."),
    ("Re: Password", "New password worked right away. Thanks!"),
    ("No further help needed", "Never mind, it is working now. Thanks anyway!"),
    ("you rock", "you people rock, everything is back to normal"),
    ("Feedback", "Five stars from me. Thanks for the help with my login."),
];
