//! Group membership, and what a first-level desk does not do.

use super::Template;

/// Asked by the group's owner or by the person's manager.
pub(in crate::scenario) const ADD_OTHER: &[Template] = &[
    ("Add {target} to {group}", "Please add {target} to the group {group}."),
    (
        "{group}: new member",
        "{target} joins us on this. Could you give {targetmail} access to {group}?",
    ),
    ("Access for {target}", "{target} needs access to {group} from today. Please add the account."),
    ("group membership", "pls put {target} into {group}, thanks"),
    (
        "New colleague in {group}",
        "We have a new colleague on the team: {target}. Please make {targetmail} a member of {group}.",
    ),
    ("Please extend {group}", "Could you extend {group} by {target}?"),
    (
        "member for {group}",
        "I would like {target} ({targetmail}) to become a member of the {group} group.",
    ),
    (
        "{target} / {group}",
        "{target} cannot open the files of {group}. Please add the missing membership.",
    ),
    (
        "Team change",
        "With the team change {target} moves over to us. Kindly include {target} in {group}.",
    ),
    ("permission please", "please grant {target} membership in {group}"),
    (
        "adding someone",
        "Can you add someone to {group} for me? It is {target}, login {targetmail}.",
    ),
    (
        "Onboarding {target}",
        "As part of onboarding, {target} should be in {group}. Please arrange it.",
    ),
];

pub(in crate::scenario) const ADD_SELF: &[Template] = &[
    ("Access to {group}", "Could I get access to {group}? I was asked to help out there."),
    ("please add me", "please add me to {group}"),
    (
        "join {group}",
        "I'd like to join the group {group}, as I am going to work with them from next week.",
    ),
    (
        "Membership in {group}",
        "I need to be a member of {group} for my new tasks. My login is {login}.",
    ),
    (
        "can't see {group}",
        "My colleagues see everything in {group} and I don't. Could you add my account?",
    ),
    ("{group} access for {given}", "Would you put me in {group}? {given} from {department}."),
    (
        "missing from {group}",
        "I seem to be missing from {group}. Please add me so that I get the invitations.",
    ),
    ("request: {group}", "Requesting membership of {group} for myself."),
    ("Group access", "hi can i be added to {group}? my boss said i should ask you"),
    ("{group}", "I would need access to {group} to do the weekly report. Can you add me please?"),
    (
        "Please include me in {group}",
        "Please include me in {group}, I take over from a colleague there.",
    ),
    ("Add my user to {group}", "Kindly add my user {login} to {group}."),
];

pub(in crate::scenario) const REMOVE: &[Template] = &[
    (
        "Remove {target} from {group}",
        "Please remove {target} from {group}. The work there is done.",
    ),
    (
        "{group}: one less",
        "{target} no longer works on this, please take {targetmail} out of {group}.",
    ),
    ("Take {target} off {group}", "Could you take {target} off the group {group}?"),
    ("membership to be ended", "Please end the membership of {target} in {group}."),
    ("{target} changed teams", "{target} changed teams and should not be in {group} any longer."),
    (
        "clean-up of {group}",
        "While cleaning up {group} I saw that {target} is still a member. Please remove.",
    ),
    ("revoke access", "pls revoke access of {target} to {group}"),
    (
        "no longer needed in {group}",
        "{target} doesn't need {group} any more. Kindly withdraw the membership.",
    ),
    ("Delete from group", "Please delete {targetmail} from {group}."),
    ("remove member", "I own {group} and want {target} removed from it."),
    (
        "Project end for {target}",
        "For {target} the project ended last week; remove the account from {group} please.",
    ),
    (
        "drop {target} from {group}",
        "Can you drop {target} from {group}? Nothing bad, just a new role.",
    ),
];

pub(in crate::scenario) const OUT_OF_SCOPE: &[Template] = &[
    ("Printer jam", "The printer on the second floor is jammed again and shows error 49."),
    ("VPN is slow", "The VPN drops every few minutes since yesterday and is terribly slow."),
    ("New laptop", "I need a new laptop, mine takes ten minutes to start."),
    ("Visio licence", "I would like a licence for Visio, please order one."),
    ("shared mailbox", "Could we have a shared mailbox named 'offers' for the three of us?"),
    ("Screen flickers", "My second monitor flickers when I plug in the dock."),
    ("Teams sound", "Nobody hears me in Teams calls, the microphone seems dead."),
    ("Scanner to mail", "The scanner doesn't send to e-mail any longer."),
    (
        "calendar permissions",
        "I need to see the calendar of my team mate, can you share it with me?",
    ),
    ("Wi-Fi in the warehouse", "The wireless network in the back of the building is gone."),
    ("Excel crash", "Excel closes by itself whenever I open the big price list."),
    (
        "restore a file",
        "I deleted the folder with last year's quotes. Can you restore it from backup?",
    ),
    ("Phone contract", "My data volume is used up. Could you book the larger plan?"),
    ("Signature in Outlook", "The logo in my mail signature is broken."),
    ("Website form", "Our web form no longer sends the requests to us."),
    ("meeting room screen", "The screen in the meeting room shows no signal."),
    ("Keyboard", "I'd like an ergonomic keyboard and a headset."),
    ("ERP report", "The monthly report in {app} shows the wrong totals."),
];

/// Reports and lists about others.
pub(in crate::scenario) const REPORT: &[Template] = &[
    ("Report please", "Send me a list of everyone in my department who was locked out last month."),
    ("statistics", "I need the number of password resets per team for the last quarter."),
    (
        "Who has access to what",
        "Could you send me an overview of all members of all groups in our company?",
    ),
    (
        "List of inactive accounts",
        "Please provide a list of accounts that did not sign in for 60 days.",
    ),
    (
        "Lockouts in May",
        "How many people were locked out in May, and who? Management wants a report.",
    ),
    ("Licence overview", "Please send me a spreadsheet with all licences and who uses them."),
    (
        "password ages of my team",
        "I'd like to see when each member of my team last changed the password.",
    ),
    (
        "device overview of the department",
        "Can I have a report of all devices in my department with their users?",
    ),
    (
        "audit preparation",
        "For the audit we need a list of all administrators and of all blocked accounts.",
    ),
    (
        "people without MFA",
        "Who in our company has no second factor yet? Please send me the names.",
    ),
    (
        "all tickets of last month",
        "Could you export all tickets of our company from last month for me?",
    ),
    (
        "quarterly figures",
        "Please send the quarterly figures on locked accounts and resets by Friday.",
    ),
];
