//! Delimiters, quoting, letters, objects.

use super::*;
use domain::{PastDeed, PastEvent};

#[test]
fn every_delimiter_gives_the_same_tickets() {
    let comma = "Number,Short description,Description,Opened\r\nA1,Help,\"one, two; three|four\tfive\r\nsix \"\"seven\"\"\",2026-05-03 10:11:12\r\nA2,More,plain,2026-05-04 00:00:00\r\n";
    let expected = take(comma).tickets;
    assert_eq!(expected[0].body, "one, two; three|four\tfive\r\nsix \"seven\"");
    assert_eq!(expected.len(), 2);
    for other in [";", "\t", "|"] {
        let quoted = comma.split('"').enumerate().map(|(at, part)| match at % 2 {
            0 => part.replace(',', other),
            _ => part.to_owned(),
        });
        let text = quoted.collect::<Vec<_>>().join("\"");
        assert_eq!(take(&text).tickets, expected, "{text}");
    }
    assert_eq!(take(comma.replace("\r\n", "\n")).tickets[1], expected[1]);
    assert_eq!(
        take(format!("sep=;\r\n{}", "Number;Subject\r\n7;a,b,c\r\n")).ticket("7").subject,
        "a,b,c"
    );
}

#[test]
fn backslashes_single_quotes_and_stray_quotes_inside_a_line_are_read() {
    let text = "id,subject,description\n1,\"say \\\"hi\\\", please\",x\n2,\"a \\\\ b\",y\n";
    assert_eq!(take(text).ticket("1").subject, "say \"hi\", please");
    assert_eq!(take(text).ticket("2").subject, "a \\ b");
    let single = "'id','subject','description'\n'1','it''s, well','x'\n";
    assert_eq!(take(single).ticket("1").subject, "it's, well");
    let stray = "id,subject,description\n1,\"he said \"hi\" to me\",x\n2,5\" screen,y\n";
    assert_eq!(take(stray).ticket("1").subject, "he said \"hi\" to me");
    assert_eq!(take(stray).ticket("2").subject, "5\" screen");
}

#[test]
fn letters_of_every_encoding_arrive() {
    let text = "Ticketnummer;Betreff;Beschreibung;Priorität\n1;Zürich – Größe;Bitte prüfen;hoch\n2;€uro;Ärger;1\n";
    let expected = take(text).tickets;
    assert_eq!(expected[0].subject, "Zürich – Größe");
    assert_eq!(expected[0].priority, "hoch");
    let mut with_mark = b"\xef\xbb\xbf".to_vec();
    with_mark.extend(text.as_bytes());
    assert_eq!(take(with_mark).tickets, expected);
    for big in [false, true] {
        for mark in [true, false] {
            let marked = if mark { format!("\u{feff}{text}") } else { text.to_owned() };
            let bytes: Vec<u8> = marked
                .encode_utf16()
                .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
                .collect();
            assert_eq!(take(bytes).tickets, expected, "big {big}, mark {mark}");
        }
    }
    let old: Vec<u8> = text
        .chars()
        .map(|c| match c {
            '€' => 0x80,
            '–' => 0x96,
            c => u8::try_from(c).unwrap(),
        })
        .collect();
    let read = take(old);
    assert_eq!(read.tickets, expected);
    // `Priorität` above, and three cells below; the header is not counted.
    assert_eq!(read.summary.old_letters, 4);
}

#[test]
fn objects_are_taken_by_their_dotted_names_and_lists_of_comments_apart() {
    let lines = r#"{"key":"IT-1","fields":{"summary":"VPN","description":"It drops","created":"2026-05-03T10:11:12.000+0200","resolutiondate":"2026-05-04T00:00:00.000+0000","reporter":{"displayName":"Ann Lee","emailAddress":"ann@x.example"},"assignee":{"displayName":"Bo"},"status":{"name":"Done"},"priority":{"name":"High"},"timespent":1200},"comments":[{"author":{"name":"Bo"},"body":"try again","created":"2026-05-03T11:00:00Z","public":true},{"author":{"name":"Bo"},"body":"router is old","created":"2026-05-03T10:30:00Z","public":false}]}
{"key":"IT-2","fields":{"summary":"Mail","description":null,"created":"2026-05-01T00:00:00.000+0000","reporter":{"emailAddress":"cy@x.example"},"status":{"name":"Done"},"timespent":60,"labels":["a","b"]}}
"#;
    let read = take(lines);
    assert_eq!(read.tickets[0].id, "IT-2", "the older one comes first");
    let vpn = read.ticket("IT-1");
    assert_eq!(vpn.opened.unwrap().to_string(), "2026-05-03T08:11:12Z");
    assert_eq!((vpn.requester.as_str(), vpn.assignee.as_str()), ("ann@x.example", "Bo"));
    assert_eq!((vpn.status.as_str(), vpn.priority.as_str()), ("Done", "High"));
    assert_eq!(vpn.minutes, Some(20));
    let said = |at: &str, text: &str, internal: bool| PastEvent {
        at: Some(utc(at)),
        by: "Bo".into(),
        what: PastDeed::Said { text: text.into(), internal, by_desk: Some(true) },
    };
    assert_eq!(
        vpn.events,
        [
            said("2026-05-03 10:30:00", "router is old", true),
            said("2026-05-03 11:00:00", "try again", false)
        ]
    );
    assert_eq!(read.summary.with("comments"), 1);
}

#[test]
fn a_history_is_read_again_as_it_was_written() {
    let first = take("id,subject,opened,comments\n2,b,2026-01-02,hello\n1,a,2026-01-01,\n");
    let text = std::fs::read(first.dir.path().join("history.jsonl")).unwrap();
    let again = take(&text);
    assert_eq!(again.tickets, first.tickets);
    assert_eq!(std::fs::read(again.dir.path().join("history.jsonl")).unwrap(), text);
    let mut wrong = text.clone();
    wrong.extend(b"{\"id\":\"3\",\"subjekt\":\"x\"}\n{\"id\":\"\"}\nhello\n");
    let read = take(&wrong);
    assert_eq!(read.tickets, first.tickets);
    assert!(read.rejects.contains("3,\"unknown field `subjekt`"), "{}", read.rejects);
    assert_eq!(read.summary.rejected, [(Why::Json, 1), (Why::Form, 1), (Why::NoId, 1)].into());
    let strict = tickets(Box::new(Cursor::new(wrong))).find_map(Result::err).unwrap().to_string();
    assert!(strict.contains("line 3: unknown field `subjekt`"), "{strict}");
}

#[test]
fn what_is_no_export_is_refused_with_what_to_do() {
    for (bytes, says) in [
        (&b""[..], "empty"),
        (b" \r\n \n", "empty"),
        (b"\x1f\x8b\x08\x00", "zcat FILE | journeyman import -"),
        (b"PK\x03\x04rest", "save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "save the sheet as CSV"),
        (b"[\n {\"id\": 1}\n]", "jq -c '.[]' FILE"),
        (b"{\n \"id\": 1\n}\n", "one object a line"),
        (b"just some words\nand more\n", "the first row must name the columns"),
        (b"1,2,2026-01-01\n2,3,2026-01-02\n", "the first row must name the columns"),
    ] {
        let text = refusal(bytes);
        assert!(text.contains(says), "{text}");
    }
}
