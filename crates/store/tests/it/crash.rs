//! Killed at any moment: what was answered is there, and the log is whole.

use crate::common::*;
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

#[tokio::test]
#[ignore = "the process that the test below starts and kills"]
async fn victim() {
    let dir = std::env::var("JOURNEYMAN_CRASH_DIR").unwrap();
    let store = open(dir.as_ref()).await;
    let case = case_id(1);
    let first = store.case(case).await.unwrap();
    if first.is_none() {
        new_case(&store, 1).await;
    }
    let mut version = store.events(&acme(), case).await.unwrap().len() as u64;
    loop {
        version = add(&store, case, version).await.unwrap();
        println!("answered {version}");
    }
}

#[tokio::test]
async fn what_was_answered_before_a_kill_is_there_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut answered = 0;
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::victim", "--exact", "--ignored", "--nocapture"])
            .env("JOURNEYMAN_CRASH_DIR", dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        for line in lines {
            let line = line.unwrap();
            if let Some((_, n)) = line.split_once("answered ") {
                answered = n.trim().parse::<u64>().unwrap();
                seen += 1;
            }
            if seen == 10 + 7 * round {
                child.kill().unwrap();
                break;
            }
        }
        child.wait().unwrap();
        let store = open(dir.path()).await;
        let size = assert_clean(&store, &acme()).await;
        assert!(size >= answered, "{answered} were answered, {size} are there");
        assert_eq!(store.events(&acme(), case_id(1)).await.unwrap().len() as u64, size);
        store.close().await;
    }
    assert!(answered > 50);
}

#[tokio::test]
async fn a_copy_of_the_files_in_mid_work_opens_as_a_valid_log() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    let case = new_case(&desk.store, 1).await;
    for version in 1..20 {
        add(&desk.store, case, version).await.unwrap();
    }
    let copy = tempfile::tempdir().unwrap();
    copy_folder(desk.dir.path(), copy.path());
    let store = open(copy.path()).await;
    assert_eq!(assert_clean(&store, &acme()).await, 20);
    assert_eq!(add(&store, case, 20).await, Ok(21));
}
