//! A locked database, a full disk, a foreign file: one clear message, and nothing is lost.

use crate::common::*;
use futures::future::join_all;
use std::{path::Path, process::Command, time::Duration};
use store::{Intake, Store, StoreError, StoreOptions};

fn impatient(dir: &Path) -> StoreOptions {
    StoreOptions { lock_timeout: Duration::from_millis(50), ..options(dir) }
}

#[tokio::test]
async fn a_locked_database_is_named_and_work_goes_on_after_it() {
    if on_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&impatient(dir.path())).await.unwrap();
    let case = new_case(&store, 1).await;
    let mut other = raw(dir.path()).await;
    run(&mut other, "BEGIN EXCLUSIVE").await.unwrap();
    // Several at once, so that most of them never ran when the batch failed.
    for answer in join_all((0..8).map(|_| add(&store, case, 1))).await {
        let error = answer.unwrap_err();
        assert!(matches!(error, StoreError::Locked(_)) && error.is_passing(), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("journeyman.db is locked by another process"), "{text}");
        assert!(text.contains("stop the other Journeyman or backup"), "{text}");
    }
    assert_eq!(store.events(&acme(), case).await.unwrap().len(), 1, "reading goes on");
    let second = Store::open(&impatient(dir.path())).await.unwrap();
    assert_eq!(second.events(&acme(), case).await.unwrap().len(), 1, "starting too");
    run(&mut other, "ROLLBACK").await.unwrap();
    assert_eq!(add(&store, case, 1).await, Ok(2));
    assert_eq!(assert_clean(&store, &acme()).await, 2);
}

/// Appends large entries until the store says no; answers with how many landed and the error.
async fn fill(store: &Store) -> (u64, StoreError) {
    let case = new_case(store, 1).await;
    let text = "x".repeat(60_000);
    for version in 1.. {
        match store.append(append(case, version, vec![note(&text)])).await {
            Ok(_) => {}
            Err(e) => return (version, e),
        }
    }
    unreachable!()
}

async fn assert_full_and_whole(store: &Store, landed: u64, error: &StoreError) {
    assert!(matches!(error, StoreError::Full(_)) && error.is_passing(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("is full") && text.contains("free some space"), "{text}");
    assert!(landed > 1, "something landed before");
    assert_eq!(store.events(&acme(), case_id(1)).await.unwrap().len() as u64, landed);
    // A whole batch of them: none is told that the database is locked or closed.
    let case = case_id(1);
    let text = "y".repeat(60_000);
    let many =
        join_all((0..8).map(|_| store.append(append(case, landed, vec![note(&text)])))).await;
    assert!(many.iter().all(|a| matches!(a, Err(StoreError::Full(_)))), "{many:?}");
    assert_eq!(assert_clean(store, &acme()).await, landed);
}

#[tokio::test]
async fn a_full_database_is_named_and_work_goes_on_when_there_is_room() {
    if on_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let small = StoreOptions { max_pages: Some(120), ..options(dir.path()) };
    let store = Store::open(&small).await.unwrap();
    let (landed, error) = fill(&store).await;
    assert_full_and_whole(&store, landed, &error).await;
    store.close().await;
    let store = open(dir.path()).await;
    assert_eq!(assert_clean(&store, &acme()).await, landed);
    assert_eq!(add(&store, case_id(1), landed).await, Ok(landed + 1));
    assert_clean(&store, &acme()).await;
}

/// A file system of its own, gone when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` when this user may not mount.
    fn mount() -> Option<SmallDisk> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(dir.path());
        match mount.output().ok()?.status.success() {
            true => Some(SmallDisk(dir)),
            false => None,
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

/// Needs the right to mount. Where that is missing, the test above covers the same code.
#[tokio::test]
async fn a_disk_that_is_really_full_is_named_and_work_goes_on_when_there_is_room() {
    if on_postgres() {
        return;
    }
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    };
    let ballast = disk.0.path().join("ballast");
    std::fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    let store = open(&disk.0.path().join("data")).await;
    let (landed, error) = fill(&store).await;
    assert_full_and_whole(&store, landed, &error).await;
    std::fs::remove_file(ballast).unwrap();
    assert_eq!(add(&store, case_id(1), landed).await, Ok(landed + 1));
    assert_clean(&store, &acme()).await;
    store.close().await;
}

async fn refusal(options: &StoreOptions) -> String {
    Store::open(options).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    if on_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).await.close().await;
    std::fs::write(dir.path().join("journeyman.db"), "not a database ".repeat(500)).unwrap();
    let text = refusal(&options(dir.path())).await;
    assert!(text.contains("is damaged or is not a Journeyman database"), "{text}");
    assert!(text.contains("restore it from a backup"), "{text}");
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    if on_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.close().await;
    std::fs::remove_file(dir.path().join("journeyman.db")).unwrap();
    let url = format!("sqlite://{}?mode=rwc", dir.path().join("journeyman.db").display());
    let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    run(&mut conn, "CREATE TABLE customers (id INTEGER)").await.unwrap();
    let text = refusal(&options(dir.path())).await;
    assert!(text.contains("another program's database"), "{text}");
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master").fetch_all(&mut conn).await.unwrap();
    assert_eq!(tables, ["customers"]);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    desk.store.close().await;
    let mut conn = raw(desk.dir.path()).await;
    run(&mut conn, "INSERT INTO migrations VALUES (999, '0999')").await.unwrap();
    let text = refusal(&options(desk.dir.path())).await;
    assert!(text.contains("newer Journeyman (schema 999"), "{text}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    if on_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let text = refusal(&options(&file.join("data"))).await;
    assert!(text.contains("cannot make the data folder"), "{text}");
    assert!(text.contains("write access"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_without_write_access_is_named() {
    if on_postgres() {
        return;
    }
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    if std::fs::write(dir.path().join("probe"), "").is_ok() {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let text = refusal(&options(dir.path())).await;
    assert!(text.contains("write access"), "{text}");
}

#[tokio::test]
async fn lost_keys_are_named_and_not_replaced() {
    if on_postgres() {
        return;
    }
    let desk = desk().await;
    new_case(&desk.store, 1).await;
    desk.store.close().await;
    for name in ["vault.key", "journal-signing.key"] {
        let key = desk.dir.path().join("keys").join(name);
        let good = std::fs::read(&key).unwrap();
        std::fs::remove_file(&key).unwrap();
        let text = refusal(&options(desk.dir.path())).await;
        assert!(text.contains(name) && text.contains("restore it from a backup"), "{text}");
        assert!(!key.exists());
        std::fs::write(&key, "short").unwrap();
        let text = refusal(&options(desk.dir.path())).await;
        assert!(
            text.contains("64 hexadecimal digits expected") && !text.contains("short"),
            "{text}"
        );
        std::fs::write(&key, good).unwrap();
    }
    assert_eq!(assert_clean(&open(desk.dir.path()).await, &acme()).await, 1);
}

#[tokio::test]
async fn a_name_that_checkpoints_cannot_carry_is_refused() {
    if on_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for origin in ["", "two words", "a+b", "line\nbreak"] {
        let text = refusal(&StoreOptions::new(dir.path(), origin)).await;
        assert!(text.contains("without spaces and '+'"), "{text}");
    }
}

#[tokio::test]
async fn many_processes_may_start_at_once_in_an_empty_folder() {
    if on_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let stores = join_all((0..6).map(|_| {
        let options = options(dir.path());
        tokio::spawn(async move { Store::open(&options).await.unwrap() })
    }))
    .await;
    for (n, store) in stores.into_iter().enumerate() {
        let store = store.unwrap();
        store.receive(Intake { at: T0, ..intake(n as u128) }).await.unwrap();
        store.close().await;
    }
    assert_eq!(assert_clean(&open(dir.path()).await, &acme()).await, 6);
}
