//! One process at a time in the folder of a run.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The name of the file that is locked. It stays in the folder: a file that is taken away could be locked by two.
const NAME: &str = ".lock";

/// A lock of the operating system, which goes with the process however it ends.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock of `directory`; `None` where no process ever was in it and `create` is false.
    ///
    /// # Errors
    /// The process that has it, or a file that cannot be made.
    pub fn take(directory: &Path, create: bool) -> Result<Option<Self>, String> {
        let path = directory.join(NAME);
        if !create && !path.exists() {
            return Ok(None);
        }
        let opened = OpenOptions::new().read(true).write(true).create(create).truncate(false).open(&path);
        let mut file = opened.map_err(|error| format!("{}: cannot be made ({error})", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Where it cannot be read, the process is not known by its number.
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() { "another process" } else { holder.trim() };
                let remedy = "wait for it, stop it, or choose another folder by --output";
                return Err(format!("{}: {holder} is running here; {remedy}", directory.display()));
            }
            Err(TryLockError::Error(error)) => eprintln!(
                "{}: this file system cannot lock files ({error}); see to it that no second process runs in this folder",
                directory.display()
            ),
        }
        // Who it is matters to messages only.
        let _ = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| writeln!(file, "{}", this_process()));
        Ok(Some(Self(file)))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

/// `process 1234 on node7`.
pub fn this_process() -> String {
    let id = std::process::id();
    match fs::read_to_string("/proc/sys/kernel/hostname") {
        Ok(host) if !host.trim().is_empty() => format!("process {id} on {}", host.trim()),
        _ => format!("process {id}"),
    }
}
