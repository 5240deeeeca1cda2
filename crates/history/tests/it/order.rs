//! Order, duplicates, and what is left when an import stops.

use super::*;

#[test]
fn runs_on_disk_give_the_same_order_as_memory() {
    let mut text = "id,subject,opened\n".to_owned();
    for i in 0..3000u64 {
        text += &format!("{i},s{i},2026-01-{:02} 10:00:00\n", i * 7919 % 28 + 1);
    }
    let small = Limits { run_bytes: 2000, ..Limits::default() };
    let source = Source::open(Box::new(Cursor::new(text.clone().into_bytes())), small).unwrap();
    let mapping = source.guess();
    let spilled = done(source, &mapping);
    let whole = take(&text);
    assert!(spilled.summary.runs > 64, "{} runs", spilled.summary.runs);
    assert_eq!(whole.summary.runs, 0);
    assert_eq!(spilled.tickets, whole.tickets);
    assert!(whole.tickets.is_sorted_by_key(|t| (t.opened, t.id.parse::<u64>().unwrap())));
    assert_eq!(whole.summary.first, Some(utc("2026-01-01 10:00:00")));
    assert_eq!(whole.summary.last, Some(utc("2026-01-28 10:00:00")));
    let left: Vec<_> =
        std::fs::read_dir(spilled.dir.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(left, ["history.jsonl"], "no runs, no part, no empty file of rejects");
}

#[test]
fn tickets_without_times_keep_the_order_of_the_source() {
    let ids = |read: Done| read.tickets.iter().map(|t| t.id.clone()).collect::<Vec<_>>().join("");
    assert_eq!(ids(take("id,subject\nc,x\na,y\nb,z\n")), "cab");
    assert_eq!(
        ids(take(
            "id,subject,opened\nc,x,2026-01-03\nd,x,\na,y,2026-01-01\ne,x,\nb,z,2026-01-02\n"
        )),
        "aebcd",
        "each behind the one that it followed"
    );
}

#[test]
fn the_later_row_of_a_number_wins_wherever_its_time_puts_it() {
    let text = "id,subject,opened\n1,old,2026-01-05\n2,b,2026-01-02\n1,older,2026-01-01\n1,new,2026-01-03\n";
    for run_bytes in [1, 64 << 20] {
        let limits = Limits { run_bytes, ..Limits::default() };
        let source = Source::open(Box::new(Cursor::new(text.as_bytes())), limits).unwrap();
        let mapping = source.guess();
        let read = done(source, &mapping);
        assert_eq!(read.summary.duplicates, 2);
        assert_eq!(read.summary.tickets, 2);
        assert_eq!(read.ticket("1").subject, "new");
    }
}

#[test]
fn a_customer_is_filled_in_where_the_source_names_none() {
    let source = open(b"id,subject,company\n1,a,Acme\n2,b,\n");
    let mapping = source.guess();
    let dir = TempDir::new().unwrap();
    let target = Target { client: Some("Beta".into()), ..target(&dir) };
    import(source, &mapping, &target, &mut |_| {}).unwrap();
    let text = std::fs::read_to_string(&target.out).unwrap();
    assert!(
        text.contains(r#""id":"1","client":"Acme""#)
            && text.contains(r#""id":"2","client":"Beta""#)
    );
}

/// Gives its bytes, then fails, as a disk that is pulled out does.
struct Torn(Cursor<Vec<u8>>);

impl std::io::Read for Torn {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn an_import_that_fails_half_way_leaves_the_old_history_and_can_be_repeated() {
    let dir = TempDir::new().unwrap();
    let target = target(&dir);
    std::fs::write(&target.out, "old\n").unwrap();
    let mut text = "id,subject\n".to_owned();
    (0..1000).for_each(|i| text += &format!("{i},s{i}\n"));
    let limits = Limits { head_bytes: 1000, ..Limits::default() };
    let torn =
        Source::open(Box::new(Torn(Cursor::new(text.clone().into_bytes()))), limits).unwrap();
    let mapping = torn.guess();
    let e = import(torn, &mapping, &target, &mut |_| {}).unwrap_err().to_string();
    assert!(e.contains("read the source: the disk is gone"), "{e}");
    assert_eq!(std::fs::read_to_string(&target.out).unwrap(), "old\n");
    import(open(text.as_bytes()), &mapping, &target, &mut |_| {}).unwrap();
    assert_eq!(std::fs::read_to_string(&target.out).unwrap().lines().count(), 1000);
    assert!(!dir.path().join("history.jsonl.part").exists());
}
