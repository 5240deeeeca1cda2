//! Approvals in Slack with a server at work: from the mail to the change, and through a crash.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "a person's own clock")]

mod support;

use sandbox::slack::{SlackMessage, SlackUser, Workspace};
use support::{day::Day, wait_for};

const CHANNEL: &str = "C0NOTICES";
const KIM: &str = "U1KIM";

/// The only card of this person that is about this question.
fn card(day: &Day, slack: &Workspace, question: &(String, String)) -> SlackMessage {
    let find = || slack.inbox(KIM).into_iter().find(|m| m.words().contains(&question.0));
    wait_for("the card", || day.installation.log(), find)
}

fn press(day: &Day, slack: &Workspace, message: &SlackMessage, action: &str) {
    let to = format!("http://127.0.0.1:{}/hooks/slack/interactions", day.installation.port);
    let sent = day.runtime.block_on(slack.press(KIM, message, action, &to)).unwrap();
    assert_eq!(sent.status, 200, "{sent:?}");
}

fn connect(day: &mut Day, slack: &Workspace) {
    day.installation.write("secrets/slack-token", &slack.token());
    day.installation.write("secrets/slack-signing", &slack.signing_secret());
    let mut text = std::fs::read_to_string(&day.installation.config).unwrap();
    text.push_str(&format!(
        "[slack]\ntoken = {{ file = \"secrets/slack-token\" }}\nsigning_secret = {{ file = \"secrets/slack-signing\" }}\nchannel = \"{CHANNEL}\"\nbase_url = \"{}\"\n",
        slack.base_url()
    ));
    std::fs::write(&day.installation.config, text).unwrap();
    day.stop();
    day.start();
}

#[test]
fn a_day_with_slack() {
    let mut day = Day::begin();
    let slack = day.runtime.block_on(Workspace::start()).unwrap();
    slack.add_user(SlackUser::full(KIM, "Kim", "kim@harbour-it.example"));
    slack.add_channel(CHANNEL);
    connect(&mut day, &slack);
    let people =
        ["people", "add", "kim", "--role", "technician", "--email", "kim@harbour-it.example"];
    day.signed(&people, "correct horse battery staple").ok(&["kim can sign in"]);
    let doctor = day.say(&["doctor"]).ok(&["Slack: Sandbox MSP, as journeyman"]);
    doctor.line("/hooks/slack/interactions");

    // A yes in Slack makes the change, and the channel is told of it.
    let (login, ticket) = day.join(0, "Finance");
    let question = day.held(&ticket);
    let message = card(&day, &slack, &question);
    assert!(message.words().contains("access to Finance"), "{}", message.words());
    assert!(!day.is_member("Finance", &login));
    press(&day, &slack, &message, "approve");
    day.case(&ticket, "ended");
    assert!(day.is_member("Finance", &login));
    let log = || day.installation.log();
    let shown = wait_for("the card to change", log, || {
        slack.inbox(KIM).into_iter().find(|m| m.ts == message.ts && m.edits > 0)
    });
    assert!(shown.words().contains("approved it on"), "{}", shown.words());
    assert!(shown.words().contains(", in Slack."), "{}", shown.words());
    assert_eq!(shown.buttons(), ["link"]);
    let told = wait_for("the notice", log, || slack.messages(CHANNEL).pop());
    assert!(told.words().contains("Finance"), "{}", told.words());
    day.say(&["journal", "verify"]).ok(&["@msp"]);

    // The server dies before Slack could be told; the card comes after the next start.
    slack.set_down(true);
    let (_, ticket) = day.join(2, "Finance");
    let question = day.held(&ticket);
    day.server.as_mut().unwrap().kill();
    slack.set_down(false);
    day.start();
    let message = card(&day, &slack, &question);

    // A no at the command line shows on the card; a late press is answered honestly.
    let (id, digest) = &question;
    let deny = ["approvals", "deny", id, "--as", "kim", "--digest", digest, "--reason", "not now"];
    day.signed(&deny, "correct horse battery staple").ok(&["denied"]);
    press(&day, &slack, &message, "approve");
    let said = wait_for("the answer", || day.installation.log(), || slack.whispers(KIM).pop());
    assert!(said.contains("denied it on") && said.contains("Nothing was changed"), "{said}");
    let shown = wait_for(
        "the card to change",
        || day.installation.log(),
        || slack.inbox(KIM).into_iter().find(|m| m.ts == message.ts && m.edits > 0),
    );
    assert!(shown.words().contains("on the command line: not now."), "{}", shown.words());

    let log = day.installation.log();
    assert!(!log.contains(&slack.token()) && !log.contains(&slack.signing_secret()));
}
