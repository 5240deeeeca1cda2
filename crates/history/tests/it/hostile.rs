//! Rows that are wrong in every way, among 20,000 that are right.

use super::*;
use std::collections::BTreeMap;

#[test]
fn bad_rows_are_put_aside_with_the_reason_and_take_no_good_row_with_them() {
    let mut bytes = b"id,opened,subject,description,minutes\r\n".to_vec();
    let mut good = Vec::new();
    let mut bad: BTreeMap<Why, u64> = BTreeMap::new();
    let mut seed = 1u64;
    for i in 0..20_000u32 {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let (why, row): (Option<Why>, Vec<u8>) = match seed >> 40 & 127 {
            0 => (Some(Why::Quote), format!("b{i},2026-01-01,\"never closed, x,3").into()),
            1 => (Some(Why::Cells), format!("b{i},2026-01-01,too few").into()),
            2 => (Some(Why::Cells), format!("b{i},2026-01-01,too,many,3,of,them").into()),
            3 => (Some(Why::NoId), ",2026-01-01,a,b,3".into()),
            4 => (Some(Why::Date), format!("b{i},the day before yesterday,a,b,3").into()),
            5 => (Some(Why::Number), format!("b{i},2026-01-01,a,b,three or so").into()),
            6 => (Some(Why::Date), format!("b{i},2026-02-30,a,b,3").into()),
            7 => (Some(Why::Cells), b"\0\0\xff\xfe\x01 not even text".to_vec()),
            8 => (
                None,
                format!("g{i},2026-01-01,\"two\nlines\",\"a \"\"quoted\"\" word\",3,,").into(),
            ),
            9 => (
                None,
                [format!("g{i},2026-01-01,caf\u{e9},").into_bytes(), b"na\xefve,3".to_vec()]
                    .concat(),
            ),
            10 => {
                (None, [format!("g{i},2026-01-01,\0zero\0,").into_bytes(), b"x,".to_vec()].concat())
            }
            11 => (Some(Why::Number), format!("b{i},2026-01-01,a,b,-3").into()),
            _ => (None, format!("g{i},2026-01-01,subject,\"some text\",0:20").into()),
        };
        match why {
            Some(why) => *bad.entry(why).or_default() += 1,
            None => good.push(format!("g{i}")),
        }
        bytes.extend(row);
        bytes.extend(if i % 3 == 0 { &b"\r\n"[..] } else { b"\n" });
        if i % 500 == 0 {
            bytes.extend(b"\n  \n");
        }
    }
    let read = take(&bytes);
    let got: Vec<&str> = read.tickets.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(got, good.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(read.summary.rejected, bad);
    assert_eq!(read.summary.put_aside(), bad.values().sum::<u64>());
    assert_eq!(read.summary.rows, 20_000);
    assert!(read.tickets.iter().any(|t| t.subject == "zero"));
    assert!(read.tickets.iter().any(|t| t.body == "naïve" && t.subject == "café"));
    // The file of rejects is CSV itself: every line, reason and row can be found again.
    assert!(read.rejects.starts_with("line,reason,row\n"));
    assert!(
        read.rejects
            .contains("\"opened: `2026-02-30` is no date (dates that decide for themselves)\"")
    );
    assert!(read.rejects.contains("\"3 cells where the header has 5\""));
    assert!(read.rejects.contains("is not closed before the row ends\""));
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    let mut checked = 0;
    for reject in read.rejects.lines().filter(|l| l.contains("too few")) {
        let line: usize = reject.split(',').next().unwrap().parse().unwrap();
        let id = reject.rsplit('"').nth(1).unwrap().split(',').next().unwrap();
        assert!(lines[line - 1].starts_with(format!("{id},").as_bytes()), "{reject}");
        checked += 1;
    }
    assert!(checked > 50);
}

#[test]
fn a_row_without_end_is_passed_over_without_being_held() {
    let mut bytes = b"id,subject\n1,a\n2,".to_vec();
    bytes.extend(std::iter::repeat_n(b'x', 300_000));
    bytes.extend(b"\n3,c\n4,\"open");
    bytes.extend(std::iter::repeat_n(b'y', 300_000));
    bytes.extend(b"\n5,e\n6,f\n");
    let limits = Limits { row_bytes: 10_000, ..Limits::default() };
    let source = Source::open(Box::new(Cursor::new(bytes)), limits).unwrap();
    let mapping = source.guess();
    let read = done(source, &mapping);
    let ids: Vec<&str> = read.tickets.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(ids, ["1", "3", "5", "6"]);
    assert_eq!(read.summary.rejected, [(Why::Long, 1), (Why::Quote, 1)].into());
    let longest = read.rejects.lines().map(|l| l.chars().count()).max().unwrap();
    assert!(longest < 300, "{longest}: of a row only its first 200 characters are kept");
    let json = format!(
        "{{\"id\":1,\"text\":\"a\"}}\n{{\"id\":2,\"text\":\"{}\"}}\n{{\"id\":3,\"text\":\"c\"}}\n[1]\n{{\"id\":\n",
        "z".repeat(50_000)
    );
    let source = Source::open(Box::new(Cursor::new(json.into_bytes())), limits).unwrap();
    let mapping = source.guess();
    let read = done(source, &mapping);
    assert_eq!(read.tickets.len(), 2);
    assert_eq!(read.summary.rejected, [(Why::Long, 1), (Why::Json, 2)].into());
}

#[test]
fn a_file_that_was_cut_off_gives_what_is_whole() {
    let read = take("id,subject,text\n1,a,b\n2,c,\"cut off in the mid");
    assert_eq!(read.tickets.len(), 1);
    assert_eq!(read.summary.rejected, [(Why::Quote, 1)].into());
}

#[test]
fn a_quote_that_is_opened_in_every_line_costs_each_line_once() {
    // Were each line read on to the end of the file, this would take hours.
    let mut text = String::from("id,subject\n1,good\n");
    text.extend(std::iter::repeat_n("\"a\n", 200_000));
    let read = take(&text);
    assert_eq!(read.tickets.len(), 1);
    assert!(
        read.summary.rejected.get(&Why::Quote).is_some_and(|n| *n > 90_000),
        "{:?}",
        read.summary.rejected
    );
}

#[test]
fn what_is_put_aside_is_no_formula() {
    let read = take("id,subject,text\n1,a,b\n=2+5,b\n");
    assert!(read.rejects.contains("\"'=2+5,b\""), "{}", read.rejects);
}
