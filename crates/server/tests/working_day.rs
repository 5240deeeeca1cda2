//! The command line beside a server at work: cases, questions, sign-in, journals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::{PSA, at_terminal, day::Day, journeyman, ordinary_users};

#[test]
fn a_day_at_the_command_line() {
    let mut day = Day::begin();
    let doctor = day.say(&["doctor"]).ok(&[
        "all connectors answer",
        "help desk connectwise",
        "outgoing mail",
    ]);
    assert!(doctor.out.lines().all(|l| !l.starts_with("FAIL")), "{doctor:#?}");
    cases_are_listed_and_told(&day);
    links_and_passwords_sign_in(&day);
    people_answer_questions(&day);
    journals_are_checked(&mut day);
}

fn cases_are_listed_and_told(day: &Day) {
    let (login, address) = ordinary_users(&day.sandbox, "fabrikam").swap_remove(0);
    let ticket =
        day.file(&address, "forgot my password", "I forgot my password, please reset it. Thanks");
    let (id, events) = day.case(&ticket, "ended");
    assert_eq!(events.last().unwrap()["event"]["outcome"], "closed", "{events:#?}");

    let row = format!("{PSA}#{ticket}");
    let list = day.say(&["cases", "list"]).ok(&[
        &id,
        "fabrikam",
        "closed",
        "medium",
        "forgot my password",
    ]);
    assert!(list.line(&id).contains(&row), "{list:#?}");
    // --config is taken before and after the command's own command.
    let config = day.installation.config.to_str().unwrap();
    journeyman(&["cases", "--config", config, "list"]).ok(&[&id]);
    journeyman(&["cases", "list", "--config", config]).ok(&[&id]);
    day.say(&["cases", "list", "--client", "fabrikam", "--phase", "closed"]).ok(&[&id]);
    for other in [["--client", "northwind"], ["--phase", "refused"], ["--limit", "0"]] {
        let said = day.say(&["cases", "list", other[0], other[1]]).ok(&[]);
        assert!(!said.out.contains(&id), "{other:?}: {said:#?}");
    }
    day.say(&["cases", "list", "--phase", "done"]).fails(&["\"done\" is no phase", "closed"]);

    let told = day.say(&["cases", "show", &id]).ok(&[
        &row,
        "from ",
        "reset_password",
        "Set a temporary password",
        "medium: ",
        "own_account_verified",
        "done: the password reads as set",
        "people told",
        "closed: ",
    ]);
    assert!(told.out.contains(&login), "{told:#?}");
    let json = day.say(&["cases", "show", &id, "--json"]).ok(&[]);
    let lines: Vec<Value> = json.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines, events);
    day.say(&["cases", "show", "17"]).fails(&["\"17\" is no case id", "`journeyman cases list`"]);
    let unknown = "018f2f60-0000-7000-8000-000000000001";
    day.say(&["cases", "show", unknown]).fails(&[
        "there is no case",
        unknown,
        "`journeyman cases list`",
    ]);
    let shown = day
        .say(&["journal", "show", "--client", "fabrikam"])
        .ok(&["received", "finished", "ended", "medium"]);
    assert!(!shown.out.contains(&login), "the journal's public part names nobody: {shown:#?}");
    day.say(&["journal", "show", "--client", "fabricam"])
        .fails(&["there is no client fabricam", "fabrikam"]);
}

fn links_and_passwords_sign_in(day: &Day) {
    let said = day.say(&["login"]).ok(&["http://127.0.0.1:", "/login/once/"]);
    let link = said.out.trim();
    // Whatever follows links for itself uses nothing up.
    day.runtime.block_on(async {
        assert_eq!(day.http.get(link).send().await.unwrap().status(), 200);
    });
    assert_eq!(day.post(link, &[]).0, 303);
    let (status, page) = day.post(link, &[]);
    assert_eq!(status, 403);
    assert!(page.contains("was used or is too old"), "{page}");
    day.say(&["login", "nobody"]).fails(&["nobody signs in as nobody", "`journeyman init`"]);

    // A browser with a cookie from long ago is sent to sign in; the log does not warn of it.
    let home = format!("http://127.0.0.1:{}/", day.installation.port);
    day.runtime.block_on(async {
        let old = day.http.get(home).header("cookie", "id=AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(old.send().await.unwrap().status(), 303);
    });
    assert!(!day.installation.log().contains("suspicious"), "{}", day.installation.log());

    let login = format!("http://127.0.0.1:{}/login", day.installation.port);
    let sign_in = |password: &str| day.post(&login, &[("name", "admin"), ("password", password)]).0;
    assert_eq!(sign_in(&day.password), 303, "the password that init printed");
    assert_eq!(sign_in("another-password"), 401);
}

fn people_answer_questions(day: &Day) {
    let (joiner, ticket) = day.join(1, "Finance");
    let (approval, digest) = day.held(&ticket);
    let (denied_login, denied) = day.join(2, "Payroll");
    let (other, other_digest) = day.held(&denied);

    let list =
        day.say(&["approvals", "list"]).ok(&[&approval, &other, "fabrikam", "high", "pending"]);
    assert!(list.line(&approval).contains("Finance"), "{list:#?}");
    let show = day.say(&["approvals", "show", &approval]).ok(&[
        "what", "client", "tier", "high", "asked by", "finding", "risk", "way back", "may not",
        "expires", &digest, &joiner,
    ]);
    assert_eq!(show.line("state"), "state        pending");

    // Whoever may not decide does not.
    let approve = ["approvals", "approve", &approval, "--as", "admin", "--digest", digest.as_str()];
    let nothing = "nothing was decided";
    day.signed(&approve, "wrong-password")
        .fails(&["name or password is wrong", "nothing was changed"]);
    let ghost = ["approvals", "approve", &approval, "--as", "ghost", "--digest", &digest];
    day.signed(&ghost, "x").fails(&["name or password is wrong", "nothing was changed"]);
    day.sql("UPDATE people SET role = 'auditor'");
    day.signed(&approve, &day.password)
        .fails(&["admin has the role auditor", "administrators and technicians decide"]);
    day.sql("UPDATE people SET role = 'admin'");
    // Another question's digest, what is no digest, none at all, an unknown id.
    let with = |digest: &str| day.signed(&[&approve[..6], &[digest]].concat(), &day.password);
    with(&other_digest).fails(&["what you saw is not what waits any more"]);
    with("abc").fails(&["abc"]);
    let show_it = format!("journeyman approvals show {approval}");
    day.signed(&approve[..5], &day.password).fails(&[
        "--digest is required",
        nothing,
        &show_it,
        &format!("--digest {digest}"),
    ]);
    day.say(&["approvals", "show", "7"])
        .fails(&["\"7\" is no approval id", "`journeyman approvals list`"]);
    let unknown = "018f2f60-0000-7000-8000-000000000001";
    day.say(&["approvals", "show", unknown]).fails(&["there is no approval", "--all"]);
    day.say(&["approvals", "show", &approval]).ok(&["pending"]);
    assert!(!day.is_member("Finance", &joiner));

    // At a terminal the whole question is shown first, and only a yes counts.
    let config = day.installation.config.to_str().unwrap();
    let by_hand =
        |args: &[&str], typed: &str| at_terminal(&[args, &["--config", config]].concat(), typed);
    let package =
        ["asked by", "finding", "risk", "way back", &digest, "approve exactly this? [y/N]"];
    for typed in ["n\n", "\n", "yes please\n"] {
        let said = by_hand(&approve[..5], typed);
        assert_eq!(said.code, Some(1), "{said:#?}");
        assert!(package.iter().all(|w| said.out.contains(w)), "{said:#?}");
        assert!(said.out.contains(nothing) && !said.out.contains("password of"), "{said:#?}");
    }
    day.say(&["approvals", "show", &approval]).ok(&["pending"]);
    let said = by_hand(&approve[..5], &format!("y\n{}\n", day.password)).ok(&package);
    assert!(said.out.contains("approved by admin"), "{said:#?}");
    let (_, events) = day.case(&ticket, "ended");
    assert_eq!(events.last().unwrap()["event"]["outcome"], "closed", "{events:#?}");
    assert!(day.is_member("Finance", &joiner));
    day.signed(&approve, &day.password).fails(&["approved"]);

    let no = ["approvals", "deny", &other, "--as", "admin", "--reason"];
    let deny = |reason: &str| {
        let mut args = no.to_vec();
        args.push(reason);
        day.signed(&args, &day.password)
    };
    deny(" ").fails(&["reason"]);
    let said = by_hand(&[&no[..], &["not in this team"]].concat(), "n\n");
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("Payroll") && said.out.contains("deny exactly this?"), "{said:#?}");
    // Without a terminal a no needs no digest.
    deny("not in this team").ok(&["Payroll", "denied by admin"]);
    let (_, events) = day.case(&denied, "ended");
    assert_eq!(events.last().unwrap()["event"]["outcome"], "refused", "{events:#?}");
    assert!(!day.is_member("Payroll", &denied_login));
    deny("again").fails(&["denied"]);

    // A digest that was read before needs no question.
    let (third_login, third) = day.join(3, "Finance");
    let (id, digest) = day.held(&third);
    let by_digest = ["approvals", "approve", &id, "--as", "admin", "--digest", &digest];
    day.signed(&by_digest, &day.password).ok(&["Finance", "approved by admin"]);
    day.case(&third, "ended");
    assert!(day.is_member("Finance", &third_login));

    let open = day.say(&["approvals", "list"]).ok(&[]);
    assert!(!open.out.contains(&approval) && !open.out.contains(&other), "{open:#?}");
    let all = day.say(&["approvals", "list", "--all"]).ok(&[]);
    assert!(all.line(&approval).contains("approved"), "{all:#?}");
    assert!(all.line(&other).contains("denied"), "{all:#?}");
}

/// A proof holds without the store, in both forms, under this key and no other.
fn entries_are_proven(day: &Day, key: &str) {
    let file = day.installation.dir.path().join("entry.tlog-proof");
    let check =
        |key: &str| journeyman(&["journal", "check-proof", file.to_str().unwrap(), "--key", key]);
    for form in [&[][..], &["--json"]] {
        let asked = [&["journal", "prove", "--client", "fabrikam", "--entry", "1"], form].concat();
        let proof = day.say(&asked).ok(&[]);
        std::fs::write(&file, &proof.out).unwrap();
        check(key).ok(&["proven: entry 1 of ", "/fabrikam", "\"seq\": 1"]);
        std::fs::write(
            &file,
            proof.out.replace("fabrikam\n", "fabrikan\n").replace("fabrikam\\n", "fabrikan\\n"),
        )
        .unwrap();
        assert_eq!(check(key).code, Some(1));
    }
    assert_eq!(check("a+b+c").code, Some(1));
    let none = ["journal", "prove", "--client", "fabrikam", "--entry", "1000000"];
    day.say(&none).fails(&["no checkpoint of fabrikam covers an entry 1000000"]);
}

fn journals_are_checked(day: &mut Day) {
    day.stop();
    let early = std::fs::read(day.installation.database()).unwrap();
    day.say(&["journal", "verify"]).ok(&["fabrikam: clean", "entries, root", "checkpoints"]);
    day.say(&["journal", "verify", "--client", "fabricam"]).fails(&["there is no client fabricam"]);

    // Some more work, and a checkpoint that is kept elsewhere.
    day.start();
    let (_, address) = ordinary_users(&day.sandbox, "fabrikam").swap_remove(4);
    let ticket = day.file(&address, "my password", "I forgot my password, please reset it. Thanks");
    day.case(&ticket, "ended");
    day.stop();
    let kept = day.say(&["journal", "checkpoint", "--client", "fabrikam"]).ok(&["fabrikam"]);
    assert!(kept.err.contains("checked with the key"), "{kept:#?}");
    let note = day.installation.dir.path().join("kept.txt");
    std::fs::write(&note, &kept.out).unwrap();
    let against =
        ["journal", "verify", "--client", "fabrikam", "--checkpoint", note.to_str().unwrap()];
    day.say(&against).ok(&["fabrikam: clean"]);
    entries_are_proven(day, kept.err.trim().rsplit(' ').next().unwrap());
    let good = std::fs::read(day.installation.database()).unwrap();

    // One changed letter in one entry.
    day.sql("DROP TRIGGER entries_no_update; UPDATE entries SET tier = 'low' WHERE client = 'fabrikam' AND seq = (SELECT MIN(seq) FROM entries WHERE tier = 'medium')");
    let said = day.say(&["journal", "verify"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("fabrikam: WRONG"), "{said:#?}");
    assert!(
        said.out.lines().any(|l| l.trim_start().starts_with("entry ")),
        "the entry is named: {said:#?}"
    );

    // Personal data that was changed beside its entry: one flipped byte in the file.
    std::fs::write(day.installation.database(), &good).unwrap();
    day.say(&["journal", "verify"]).ok(&["fabrikam: clean"]);
    let mut flipped = good.clone();
    let at = flipped.windows(24).position(|w| w == b"I forgot my password, pl").unwrap();
    flipped[at] ^= 1;
    std::fs::write(day.installation.database(), &flipped).unwrap();
    let said = day.say(&["journal", "verify"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("fabrikam: WRONG") && said.out.contains("entry "), "{said:#?}");

    // An older copy is whole in itself; only the checkpoint kept elsewhere shows the rollback.
    std::fs::write(day.installation.database(), &early).unwrap();
    day.say(&["journal", "verify"]).ok(&["fabrikam: clean"]);
    let said = day.say(&["journal", "verify", "--witness", note.to_str().unwrap()]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("rollback: a witnessed checkpoint says"), "{said:#?}");
    let said = day.say(&against);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.out.contains("fabrikam: WRONG") && said.out.contains("are left"), "{said:#?}");
    std::fs::write(&note, "no note").unwrap();
    std::fs::write(day.installation.database(), &good).unwrap();
    let said = day.say(&against);
    assert_eq!(said.code, Some(1), "a note that is none proves nothing: {said:#?}");
    std::fs::remove_file(&note).unwrap();
    day.say(&against).fails(&["cannot read the checkpoint", "kept.txt"]);
}
