//! Backups, as an operator makes and needs them: taken under way, refused when damaged, restored whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};
use support::{Installation, Said, day::Day, journeyman, ordinary_users};

/// Nothing of it is called.
const DESK: &str = r#"data_dir = "data"
listen = "127.0.0.1:{port}"
public_url = "https://desk.example.net"
msp_name = "Harbour IT"
[policy]
version = "1"
"#;

/// An installation with something in its journal, and a backup of it.
fn backed_up() -> (Installation, PathBuf) {
    let desk = Installation::new(DESK);
    let email = "ann@harbour-it.example";
    let args = ["people", "add", "ann", "--role", "admin", "--email", email];
    let added = desk.run_with_input(&args, "a long enough password\n");
    Said::from(added).ok(&[]);
    let folder = desk.dir.path().join("backup");
    desk.say(&["backup", "--to", folder.to_str().unwrap()]).ok(&["@msp: clean", "good: "]);
    (desk, folder)
}

fn restore(from: &Path, to: &Path) -> Said {
    journeyman(&["restore".as_ref(), "--from".as_ref(), from, "--to".as_ref(), to])
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// Every file below, relative.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_copy_made_while_tickets_are_worked_on_verifies_and_serves() {
    let mut day = Day::begin();
    let dir = day.installation.dir.path().to_owned();
    let users = ordinary_users(&day.sandbox, "fabrikam");
    let tickets: Vec<String> = users
        .iter()
        .take(12)
        .map(|(_, from)| day.file(from, "locked out", "I am locked out, please let me back in."))
        .collect();
    let mut sizes = Vec::new();
    for n in 0..4 {
        let folder = dir.join(format!("backup-{n}"));
        let said = day.say(&["backup", "--to", folder.to_str().unwrap()]);
        said.ok(&["good: ", "not in it: "]);
        let journals = manifest(&folder)["journals"].as_array().unwrap().clone();
        let of = journals.into_iter().find(|j| j["client"] == "fabrikam");
        sizes.push(of.map_or(0, |j| j["size"].as_u64().unwrap()));
    }
    assert!(sizes.is_sorted(), "a later backup holds more: {sizes:?}");
    for ticket in &tickets {
        day.case(ticket, "ended");
    }
    let folder = dir.join("backup-last");
    day.say(&["backup", "--to", folder.to_str().unwrap()]).ok(&["fabrikam: clean"]);
    let of = |j: &&Value| j["client"] == "fabrikam";
    let last = manifest(&folder);
    let last = last["journals"].as_array().unwrap().iter().find(of).unwrap();
    assert!(last["size"].as_u64().unwrap() > sizes[0], "written while copies were made: {sizes:?}");

    // Whoever else has an account on the machine reads nothing of it.
    assert_eq!(mode(&folder), 0o700);
    for file in files(&folder) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }

    // What was copied first is a beginning of what was written later.
    let kept = dir.join("kept.checkpoint");
    fs::write(&kept, last["checkpoint"].as_str().unwrap()).unwrap();
    let kept = kept.to_str().unwrap();
    day.say(&["journal", "verify", "--client", "fabrikam", "--checkpoint", kept]).ok(&["clean"]);

    // The machine is lost: every copy stands for itself, and a server goes on with one.
    day.server = None;
    for n in 0..4 {
        let from = dir.join(format!("backup-{n}"));
        let said = restore(&from, &dir.join(format!("restored-{n}"))).ok(&["restored: "]);
        let journals = manifest(&from)["journals"].as_array().unwrap().len();
        assert_eq!(said.out.matches(": clean: ").count(), journals, "{said:?}");
    }
    let data = dir.join("data");
    fs::rename(&data, dir.join("lost")).unwrap();
    restore(&folder, &data).ok(&["fabrikam: clean", "127.0.0.1"]);
    assert_eq!(mode(&data.join("keys/vault.key")), 0o600);
    day.say(&["journal", "verify", "--client", "fabrikam", "--checkpoint", kept]).ok(&["clean"]);
    day.start();
    let (_, from) = &users[12];
    let next = day.file(from, "locked out", "I am locked out, please let me back in.");
    day.case(&next, "ended");
    for ticket in &tickets {
        day.case(ticket, "ended");
    }
    day.say(&["journal", "verify"]).ok(&["fabrikam: clean"]);
}

#[test]
fn a_flipped_byte_anywhere_in_a_backup_is_named_and_nothing_is_restored() {
    let (desk, folder) = backed_up();
    let to = desk.dir.path().join("restored");
    let all = files(&folder);
    assert!(all.len() >= 5, "{all:?}");
    for file in &all {
        let good = fs::read(file).unwrap();
        for at in [0, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 0x01;
            fs::write(file, &bad).unwrap();
            let name = file.file_name().unwrap().to_str().unwrap();
            let said = restore(&folder, &to).fails(&["is damaged", name, "Take another backup"]);
            assert!(!to.exists(), "{said:?}");
            if name.ends_with(".key") {
                let key = String::from_utf8_lossy(&good);
                assert!(!said.err.contains(key.trim()), "a key is printed");
            }
        }
        fs::write(file, &good[..good.len() - 1]).unwrap();
        restore(&folder, &to).fails(&["is damaged"]);
        fs::remove_file(file).unwrap();
        restore(&folder, &to).fails(&[file.file_name().unwrap().to_str().unwrap()]);
        assert!(!to.exists());
        fs::write(file, &good).unwrap();
    }
    restore(&folder, &to).ok(&["@msp: clean", "restored: ", "desk.example.net"]);
}

#[test]
fn a_manifest_that_agrees_with_a_changed_database_does_not_help_it() {
    let (desk, folder) = backed_up();
    // Somebody changes the copy's journal and makes every checksum anew.
    let script = r#"set -e
cd "$1"
python3 - <<'P'
import sqlite3, json, hashlib
db = sqlite3.connect("journeyman.db")
for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
    db.execute(f"DROP TRIGGER {name}")
db.execute("UPDATE entries SET kind = 'noted' WHERE seq = 0")
db.commit(); db.close()
m = json.load(open("manifest.json"))
for f in m["files"]:
    data = open(f["path"], "rb").read()
    f["bytes"], f["sha256"] = len(data), hashlib.sha256(data).hexdigest()
json.dump(m, open("manifest.json", "w"))
P
sha256sum manifest.json >manifest.sha256"#;
    let mut bash = std::process::Command::new("bash");
    let done = bash.args(["-c", script, "bash"]).arg(&folder).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let to = desk.dir.path().join("restored");
    restore(&folder, &to).fails(&[
        "@msp: entry 0",
        "not those that were written",
        "not to be used",
    ]);
    assert!(!to.join("keys").exists(), "a server does not start on it");
}

#[test]
fn a_manifest_that_names_files_elsewhere_is_refused() {
    let (desk, folder) = backed_up();
    let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
    for path in ["../journeyman.toml", "/etc/passwd", "keys/../../x"] {
        let bad = text.replacen("keys/vault.key", path, 1);
        fs::write(folder.join("manifest.json"), bad).unwrap();
        let mut sum = std::process::Command::new("bash");
        let sum = sum.args(["-c", "cd \"$1\" && sha256sum manifest.json >manifest.sha256", "bash"]);
        assert!(sum.arg(&folder).status().unwrap().success());
        let to = desk.dir.path().join("restored");
        restore(&folder, &to).fails(&["is no part of a backup", path]);
        assert!(!to.exists());
    }
}

#[test]
fn nothing_is_overwritten() {
    let (desk, folder) = backed_up();
    let data = desk.dir.path().join("data");
    restore(&folder, &data).fails(&["is not empty", "nothing was written", "Name a new folder"]);
    desk.say(&["journal", "verify"]).ok(&["@msp: clean"]);
    let again = desk.say(&["backup", "--to", folder.to_str().unwrap()]);
    again.fails(&["is not empty", "nothing was written"]);
    // An empty folder, as a mounted disk is, will do.
    let empty = desk.dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    restore(&folder, &empty).ok(&["restored: "]);
}

#[test]
fn what_is_no_finished_backup_is_refused() {
    let (desk, folder) = backed_up();
    let to = desk.dir.path().join("restored");
    fs::remove_file(folder.join("manifest.json")).unwrap();
    restore(&folder, &to).fails(&["is no finished backup", "manifest.json"]);
    restore(&desk.dir.path().join("nowhere"), &to).fails(&["is no finished backup"]);
    let fresh = Installation::new(DESK);
    let said = fresh.say(&["backup", "--to", to.to_str().unwrap()]);
    said.fails(&["there is no database", "`data_dir`"]);
    assert!(!fresh.dir.path().join("data").exists(), "looking makes nothing");
}

#[test]
fn a_damaged_database_makes_no_backup() {
    let (desk, _) = backed_up();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sql = "DROP TRIGGER entries_no_update; UPDATE entries SET kind = 'noted' WHERE seq = 0";
    let connection = support::sql(&runtime, &desk.database(), sql);
    runtime.block_on(sqlx::Connection::close(connection)).unwrap();
    let folder = desk.dir.path().join("second");
    let said = desk.say(&["backup", "--to", folder.to_str().unwrap()]);
    said.fails(&["@msp: entry 0", "the database itself is damaged"]);
    assert!(!folder.join("manifest.json").exists());
}

#[test]
fn on_postgresql_checkpoints_are_written_and_its_own_tools_are_named() {
    let Ok(server) = std::env::var("JOURNEYMAN_TEST_POSTGRES") else {
        eprintln!(
            "SKIPPED: JOURNEYMAN_TEST_POSTGRES names no PostgreSQL; `cargo verify` starts one"
        );
        return;
    };
    let name = format!("backup_{}", std::process::id());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = format!("{server}/postgres");
        let mut conn = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(sql).execute(&mut conn).await.unwrap();
    });
    // A relative path is one from the configuration's folder.
    let desk = Installation::new(&format!("database = {{ file = \"secrets/database\" }}\n{DESK}"));
    desk.write("secrets/database", &format!("{server}/{name}"));
    let email = "ann@harbour-it.example";
    let args = ["people", "add", "ann", "--role", "admin", "--email", email];
    Said::from(desk.run_with_input(&args, "a long enough password\n")).ok(&[]);
    let folder = desk.dir.path().join("checkpoints");
    let said = desk.say(&["backup", "--to", folder.to_str().unwrap()]).ok(&["@msp.checkpoint"]);
    for word in ["pg_basebackup", "WAL archiving", "docs/scale.md", "data/keys"] {
        assert!(said.err.contains(word), "{word} is not said: {said:?}");
    }
    assert!(!said.out.contains("good: "), "it is no backup: {said:?}");
    let note = folder.join("@msp.checkpoint");
    let check = ["journal", "verify", "--client", "@msp", "--checkpoint", note.to_str().unwrap()];
    desk.say(&check).ok(&["@msp: clean"]);
    restore(&folder, &desk.dir.path().join("restored")).fails(&["is no finished backup"]);
}
