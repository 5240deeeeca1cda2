//! Where the threads run. A world's thread and its database's take turns, thousands of times a second:
//! on one core that is a switch, on two it wakes the other core each time.

use std::process::{Command, Stdio};

/// The cores that this process may run on.
pub(super) fn all() -> Vec<usize> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let cores = listed(list.unwrap_or_default().trim());
    match cores.is_empty() {
        true => (0..std::thread::available_parallelism().map_or(2, usize::from)).collect(),
        false => cores,
    }
}

/// `0-2,5` written out.
fn listed(text: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(from.parse().ok()?..=to.parse().ok()?)
    };
    text.split(',').filter_map(range).flatten().collect()
}

/// Keeps this thread, and those that it starts, on one core. Where that cannot be, it only takes longer.
pub(super) fn keep_to(core: usize) {
    let Ok(link) = std::fs::read_link("/proc/thread-self") else { return };
    let Some(thread) = link.file_name() else { return };
    let mut taskset = Command::new("taskset");
    taskset.args(["-p", "-c", &core.to_string()]).arg(thread);
    let _ = taskset.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

#[test]
fn lists_of_cores_are_read() {
    assert_eq!(listed("0-2,5"), [0, 1, 2, 5]);
    assert_eq!(listed("3"), [3]);
    assert!(listed("").is_empty());
}
