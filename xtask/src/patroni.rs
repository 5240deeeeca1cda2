//! Three PostgreSQL under Patroni, for the test that kills the primary.

use crate::guard::Guard;
use crate::labs::{free_base_port, own_dir};
use crate::process::{program, root, run};
use std::path::PathBuf;

/// Names the cluster's folder to tests.
const ENV: &str = "JOURNEYMAN_TEST_PATRONI";
const BASES: [u16; 4] = [28_000, 25_000, 22_000, 19_000];
/// Offsets from the base: etcd, HAProxy, each PostgreSQL, each Patroni.
const OFFSETS: [u16; 9] = [1, 2, 5, 11, 12, 13, 21, 22, 23];

/// A cluster that runs until this is stopped or this process ends.
pub(crate) struct Patroni {
    guard: Guard,
    dir: PathBuf,
}

impl Patroni {
    /// Starts one, afresh, beside those of others. `labs/install.sh` has installed what it needs.
    pub(crate) fn start() -> Result<Patroni, String> {
        let dir = own_dir("patroni-verify");
        // What a run before left behind when it was killed.
        run(program("bash").arg("labs/down.sh").arg(&dir))?;
        let base = free_base_port(&BASES, &OFFSETS)?;
        let guard = Guard::at_the_end(&root().join("labs/down.sh"), &dir)?;
        match run(program("bash").arg("labs/patroni/up.sh").arg(&dir).arg(base.to_string())) {
            Ok(()) => Ok(Patroni { guard, dir }),
            Err(e) => {
                guard.release().map_err(|also| format!("{e}; {also}"))?;
                Err(e)
            }
        }
    }

    /// What tests need to find it.
    pub(crate) fn env(&self) -> (&'static str, PathBuf) {
        (ENV, self.dir.clone())
    }

    /// Stops it and deletes its data.
    pub(crate) fn stop(self) -> Result<(), String> {
        self.guard.release()
    }
}
