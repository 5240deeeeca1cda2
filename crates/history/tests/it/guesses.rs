//! Mappings: what is guessed, how wrong ones are refused.

use super::*;
use history::{Dates, Field::*};

fn guessed(header: &str, row: &str) -> Mapping {
    open(format!("{header}\n{row}\n").as_bytes()).guess()
}

fn is(mapping: &Mapping, name: &str) -> Field {
    mapping.columns.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no {name}")).is
}

#[test]
fn columns_of_known_help_desks_are_told_by_their_names() {
    let exports = [
        (
            "number,opened_at,closed_at,caller_id,short_description,description,category,subcategory,assignment_group,assigned_to,state,priority,reassignment_count,reopen_count,close_notes,work_notes,comments,company",
            "INC1,2026-01-01 10:00:00,2026-01-02 10:00:00,Ann Lee,Locked out,I cannot sign in,Account,Lock,Service Desk,Bo,Closed,3 - Moderate,1,0,Unlocked the account for her,checked,thanks,Acme",
            vec![
                ("number", Id),
                ("opened_at", Opened),
                ("closed_at", Closed),
                ("caller_id", Requester),
                ("short_description", Subject),
                ("description", Body),
                ("category", Category),
                ("subcategory", Category),
                ("assignment_group", Group),
                ("assigned_to", Assignee),
                ("state", Status),
                ("priority", Priority),
                ("reassignment_count", Reassigned),
                ("reopen_count", Reopened),
                ("close_notes", Resolution),
                ("work_notes", Notes),
                ("comments", Comments),
                ("company", Client),
            ],
        ),
        (
            "Ticket #,Summary,Initial Description,Company,Contact,Board,Status,Priority,Type,SubType,Item,Owner,Date Entered,Date Closed,Actual Hours,Resolution",
            "812,Locked out,I cannot sign in,Acme,Ann Lee,Help Desk,Closed,P3,Account,Lock,AD,bo,1/13/2026 10:00 AM,1/14/2026 9:00 AM,0.25,Unlocked the account for her",
            vec![
                ("Ticket #", Id),
                ("Summary", Subject),
                ("Initial Description", Body),
                ("Company", Client),
                ("Contact", Requester),
                ("Board", Group),
                ("Status", Status),
                ("Type", Category),
                ("SubType", Category),
                ("Item", Category),
                ("Owner", Assignee),
                ("Date Entered", Opened),
                ("Date Closed", Closed),
                ("Actual Hours", Minutes),
                ("Resolution", Resolution),
            ],
        ),
        (
            "Ticket Number,Title,Description,Account,Contact,Queue,Primary Resource,Status,Priority,Issue Type,Sub-Issue Type,Create Date,Complete Date,Total Hours Worked",
            "T20260101.0001,Locked out,I cannot sign in,Acme,Ann Lee,Level I,Bo,Complete,Medium,Account,Lock,13/01/2026 10:00,14/01/2026 09:00,0.25",
            vec![
                ("Ticket Number", Id),
                ("Title", Subject),
                ("Account", Client),
                ("Queue", Group),
                ("Primary Resource", Assignee),
                ("Issue Type", Category),
                ("Sub-Issue Type", Category),
                ("Create Date", Opened),
                ("Total Hours Worked", Minutes),
            ],
        ),
        (
            "Ticket ID,Summary,Details,Client,User,Team,Agent,Status,Category 1,Date Occurred,Date Closed,Time Taken",
            "5511,Locked out,I cannot sign in,Acme,Ann Lee,1st line,Bo,Closed,Account,2026-01-01 10:00,2026-01-02 09:00,0.5",
            vec![
                ("Ticket ID", Id),
                ("Summary", Subject),
                ("Details", Body),
                ("Client", Client),
                ("User", Requester),
                ("Team", Group),
                ("Agent", Assignee),
                ("Category 1", Category),
                ("Date Occurred", Opened),
                ("Date Closed", Closed),
                ("Time Taken", Minutes),
            ],
        ),
        (
            "Ticket Id,Subject,Description,Requester Name,Requester Email,Group,Agent,Status,Priority,Category,Sub-Category,Item Category,Created Time,Closed Time,Time Tracked,Approval Status",
            "77,Locked out,I cannot sign in,Ann Lee,ann@x.example,Desk,Bo,Closed,Low,Account,Lock,AD,2026-01-01 10:00:00,2026-01-02 09:00:00,00:20,Approved",
            vec![
                ("Ticket Id", Id),
                ("Requester Email", Requester),
                ("Requester Name", Ignored),
                ("Group", Group),
                ("Agent", Assignee),
                ("Item Category", Category),
                ("Created Time", Opened),
                ("Closed Time", Closed),
                ("Time Tracked", Minutes),
                ("Approval Status", Approval),
            ],
        ),
        (
            "Id,Requester,Requester email,Assignee,Group,Subject,Status,Priority,Created at,Solved at,Reopens,Ticket type",
            "77,Ann Lee,ann@x.example,Bo,Desk,Locked out,Closed,Low,2026-01-01 10:00,2026-01-02 09:00,1,Incident",
            vec![
                ("Id", Id),
                ("Requester email", Requester),
                ("Assignee", Assignee),
                ("Subject", Subject),
                ("Created at", Opened),
                ("Solved at", Closed),
                ("Reopens", Reopened),
                ("Ticket type", Category),
            ],
        ),
        (
            "Issue key,Issue id,Summary,Issue Type,Status,Priority,Resolution,Assignee,Reporter,Created,Resolved,Description,Time Spent,Custom field (Approvers),Comment,Comment",
            "IT-7,10007,Locked out,Service Request,Done,Low,Done,bo,ann,03/May/26 10:11 AM,04/May/26 9:00 AM,I cannot sign in,1200,cara,03/May/26 10:20 AM;bo;looking,03/May/26 10:40 AM;ann;thanks",
            vec![
                ("Issue key", Id),
                ("Issue id", Ignored),
                ("Summary", Subject),
                ("Issue Type", Category),
                ("Reporter", Requester),
                ("Created", Opened),
                ("Resolved", Closed),
                ("Time Spent", Minutes),
                ("Custom field (Approvers)", Approver),
                ("Comment", Comments),
                ("Resolution", Resolution),
            ],
        ),
        (
            "id\tSubject\tStatus\tQueueName\tOwner\tPriority\tRequestors\tCreated\tResolved\tTimeWorked",
            "12\tLocked out\tresolved\tGeneral\tbo\t0\tann@x.example\tSun May 03 10:11:12 2026\tMon May 04 10:11:12 2026\t20 min",
            vec![
                ("id", Id),
                ("Subject", Subject),
                ("Status", Status),
                ("QueueName", Group),
                ("Owner", Assignee),
                ("Requestors", Requester),
                ("Created", Opened),
                ("Resolved", Closed),
                ("TimeWorked", Minutes),
            ],
        ),
        (
            "Vorgangsnummer;Betreff;Beschreibung;Kunde;Melder;Bearbeiter;Warteschlange;Kategorie;Unterkategorie;Status;Priorität;Erstellt am;Geschlossen am;Zeitaufwand (Minuten);Lösung;Genehmiger;Kommentare",
            "V-1;Konto gesperrt;Ich kann mich nicht anmelden;Muster GmbH;Anna Lehmann;bo;Erste Ebene;Konto;Sperre;Geschlossen;Hoch;13.01.2026 10:00;14.01.2026 09:00;20;Konto wieder freigeschaltet;Chef;danke",
            vec![
                ("Vorgangsnummer", Id),
                ("Betreff", Subject),
                ("Beschreibung", Body),
                ("Kunde", Client),
                ("Melder", Requester),
                ("Bearbeiter", Assignee),
                ("Warteschlange", Group),
                ("Kategorie", Category),
                ("Unterkategorie", Category),
                ("Priorität", Priority),
                ("Erstellt am", Opened),
                ("Geschlossen am", Closed),
                ("Zeitaufwand (Minuten)", Minutes),
                ("Lösung", Resolution),
                ("Genehmiger", Approver),
                ("Kommentare", Comments),
            ],
        ),
    ];
    for (header, row, expected) in exports {
        let separator = if header.contains('\t') {
            "\t"
        } else if header.contains(';') {
            ";"
        } else {
            ","
        };
        // Two rows that differ: texts that never change are no texts.
        let other: Vec<String> = row
            .split(separator)
            .map(|c| {
                c.replace("Locked out", "Printer")
                    .replace("-1", "-2")
                    .replace("I cannot", "We cannot")
            })
            .collect();
        let mut other = other;
        other[0] = format!("{}9", other[0]);
        let mapping = guessed(header, &format!("{row}\n{}", other.join(separator)));
        for (name, field) in expected {
            assert_eq!(is(&mapping, name), field, "{name} of {header}\n{mapping:#?}");
        }
        assert!(mapping.columns.iter().filter(|c| c.is != Ignored).all(|c| !c.because.is_empty()));
    }
}

#[test]
fn jira_s_repeated_comment_columns_and_its_seconds_are_read() {
    let text = "Issue key,Summary,Created,Time Spent,Reporter,Comment,Comment\nIT-7,Locked out,03/May/26 10:11 AM,1200,ann,03/May/26 10:40 AM;ann;thanks; all well,03/May/26 10:20 AM;bo;looking\nIT-8,Printer,03/May/26 1:11 PM,60,cy,,\n";
    let read = take(text);
    let ticket = read.ticket("IT-7");
    assert_eq!(ticket.minutes, Some(20));
    let said: Vec<&str> = ticket.events.iter().map(|e| e.by.as_str()).collect();
    assert_eq!(said, ["bo", "ann"], "oldest first");
    assert_eq!(ticket.events[1].at, Some(utc("2026-05-03 10:40:00")));
    assert_eq!(read.ticket("IT-8").opened, Some(utc("2026-05-03 13:11:00")));
}

#[test]
fn a_cell_with_a_whole_conversation_is_taken_apart() {
    let text = "number,short_description,caller_id,assigned_to,opened_at,comments\nINC1,Group access,Ann Lee,Bo,2026-05-03 10:00:00,\"2026-05-03 12:00:00 - Cara (Additional comments)\nok for me\n- really -\n\n2026-05-03 11:00:00 - Bo (Work notes)\nasked Cara\n\n2026-05-03 10:11:12 - Ann Lee (Additional comments)\nplease add me\n\"\n";
    let read = take(text);
    let events = &read.ticket("INC1").events;
    let seen: Vec<String> = events.iter().map(|e| serde_json::to_string(e).unwrap()).collect();
    assert_eq!(
        seen,
        [
            r#"{"at":1777803072000,"by":"Ann Lee","what":"said","text":"please add me","by_desk":false}"#,
            r#"{"at":1777806000000,"by":"Bo","what":"said","text":"asked Cara","internal":true,"by_desk":true}"#,
            r#"{"at":1777809600000,"by":"Cara","what":"said","text":"ok for me\n- really -"}"#,
        ]
    );
}

#[test]
fn without_telling_names_values_decide() {
    let mut text = "A,B,C,D,E\n".to_owned();
    for i in 0..100 {
        text += &format!(
            "x{i},2026-01-{:02},{},Please have a look at the printer number {i} on the second floor; it has been making noise since yesterday and nobody can work any more in the room next to it,Noise of printer number {i} again\n",
            i % 28 + 1,
            ["Hardware", "Software", "Access"][i % 3],
        );
    }
    let mapping = open(text.as_bytes()).guess();
    let all: Vec<Field> = mapping.columns.iter().map(|c| c.is).collect();
    assert_eq!(all, [Id, Opened, Category, Body, Subject], "{mapping:#?}");
    assert!(mapping.columns.iter().all(|c| c.confidence < 0.7));
    assert!(mapping.columns[0].because.contains("different in every row"));
    let read = take(
        "name,text\nann,the printer is on fire and nobody is doing anything at all\nann,help\n",
    );
    assert_eq!(read.tickets[0].id, "row-2", "the line's number stands for the ticket's");
}

#[test]
fn a_name_without_fitting_values_is_not_believed() {
    let mapping = guessed(
        "id,created,subject,minutes",
        "1,by the portal,a,see notes\n2,by mail,b,none at all",
    );
    assert_eq!(is(&mapping, "created"), Ignored);
    assert_eq!(is(&mapping, "minutes"), Ignored);
}

#[test]
fn day_and_month_are_decided_by_all_values_or_reported() {
    assert_eq!(at("2026-05-03 10:11:12"), at("2026-05-03T10:11:12Z"));
    assert_eq!(at("3.5.2026 10:11:12"), at("2026-05-03 10:11:12"));
    assert_eq!(at("1777803072"), at("2026-05-03 10:11:12"));
    assert_eq!(at("1777803072000"), at("2026-05-03 10:11:12"));
    assert_eq!(at("\"May 3, 2026, 10:11:12 AM\""), at("2026-05-03 10:11:12"));
    assert_eq!(at("\"Sun, 3 May 2026 12:11:12 +0200\""), at("2026-05-03 10:11:12"));
    let two = |a: &str, b: &str| {
        take(format!("id,subject,opened\n1,a,{a}\n2,b,{b}\n")).tickets[0].opened.unwrap()
    };
    assert_eq!(two("03/05/2026", "13/05/2026"), utc("2026-05-03"));
    assert_eq!(two("03/05/2026", "05/13/2026"), utc("2026-03-05"));
    let source =
        open(b"id,opened,closed,subject\n1,03/05/2026,25/05/2026,a\n2,04/05/2026,06/05/2026,b\n");
    let mapping = source.guess();
    assert_eq!(mapping.of(Opened).unwrap().dates, Some(Dates::DayFirst));
    assert!(mapping.of(Opened).unwrap().because.contains("other columns decide"));
    let source = open(b"id,Angelegt,subject\n1,03/05/2026,a\n2,04/05/2026,b\n");
    let mapping = source.guess();
    assert_eq!(mapping.undecided(), ["Angelegt"]);
    let dir = TempDir::new().unwrap();
    let e = import(source, &mapping, &target(&dir), &mut |_| {}).unwrap_err().to_string();
    assert!(e.contains("`Angelegt`") && e.contains("dates = \"day-first\""), "{e}");
    assert!(!dir.path().join("history.jsonl").exists());
}

#[test]
fn dates_without_a_zone_are_in_the_mapping_s() {
    let source = open(b"id,opened,subject\n1,2026-05-03 10:00:00,a\n2,2026-01-03 10:00:00,b\n");
    let mapping = Mapping { zone: "Europe/Berlin".into(), ..source.guess() };
    let read = done(source, &mapping);
    assert_eq!(read.ticket("1").opened, Some(utc("2026-05-03 08:00:00")));
    assert_eq!(read.ticket("2").opened, Some(utc("2026-01-03 09:00:00")));
}

#[test]
fn a_mapping_is_saved_and_read_as_people_edit_it() {
    let source = open(
        b"id,opened,hours,subject,other\n1,03/05/2026 10:00,0.25,a,x\n2,13/05/2026 10:00,1.5,b,y\n",
    );
    let mut mapping = source.guess();
    mapping.columns[2] = Column {
        name: "hours".into(),
        is: Minutes,
        dates: None,
        unit: Some(Unit::Hours),
        confidence: 1.0,
        because: String::new(),
    };
    let text = mapping.to_toml().unwrap();
    assert_eq!(Mapping::from_toml(&text).unwrap(), mapping);
    assert!(text.contains("is = \"opened\"") && text.contains("dates = \"day-first\""), "{text}");
    let short = "[[column]]\nname = \"id\"\nis = \"id\"\n[[column]]\nname = \"hours\"\nis = \"minutes\"\nunit = \"hours\"\n";
    let read = done(source, &Mapping::from_toml(short).unwrap());
    assert_eq!(read.ticket("1").minutes, Some(15));
    assert_eq!(read.ticket("1").subject, "", "what the mapping does not name is not taken");
}

#[test]
fn wrong_mappings_name_the_columns() {
    for (toml, says) in [
        (
            "[[column]]\nname = \"Nummer\"\nis = \"id\"",
            "names `Nummer`, which the source does not have; its columns are `id`, `title`, `text`",
        ),
        (
            "[[column]]\nname = \"title\"\nis = \"subject\"\n[[column]]\nname = \"text\"\nis = \"subject\"",
            "takes `title`, `text` all for `subject`",
        ),
        ("[[column]]\nname = \"title\"\nis = \"subjekt\"", "unknown variant `subjekt`"),
        (
            "[[column]]\nname = \"title\"\nis = \"subject\"\nunit = \"hours\"",
            "`title` has a unit, but it is `subject`",
        ),
        (
            "[[column]]\nname = \"title\"\nis = \"opened\"",
            "`title`: nothing tells day and month apart",
        ),
        (
            "zone = \"Berlin\"\n[[column]]\nname = \"title\"\nis = \"subject\"",
            "no time zone `Berlin`",
        ),
        (
            "rows = \"events\"\n[[column]]\nname = \"title\"\nis = \"subject\"",
            "needs a column that is `id`",
        ),
        (
            "[[column]]\nname = \"id\"\nis = \"id\"\n[[column]]\nname = \"title\"\nis = \"event_by\"",
            "`title` is `event_by`, which only rows = \"events\" has",
        ),
        ("", "takes nothing from the source"),
        ("colum = 3", "unknown field `colum`"),
    ] {
        let source = open(b"id,title,text\n1,a,b\n");
        let dir = TempDir::new().unwrap();
        let e = Mapping::from_toml(toml)
            .and_then(|m| import(source, &m, &target(&dir), &mut |_| {}).map(|_| ()))
            .unwrap_err()
            .to_string();
        assert!(e.contains(says), "{toml}\n{e}");
    }
}
