//! The folder of a run: never overwritten unasked, every file whole at any moment.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Files and folders that a run makes; `--force` removes these and nothing else.
const MADE: [&str; 6] = ["summary.json", "report.html", "observables.csv", "system.ron", "checkpoint", "flows"];

/// How to treat a folder that already holds a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Refuse,
    /// Remove the old run.
    Force,
    /// Go on with it.
    Resume,
}

/// Makes `directory` ready for a run.
///
/// # Errors
/// A message that says what is in the way and what to do.
pub fn prepare(directory: &Path, existing: Existing) -> Result<(), String> {
    let name = directory.display();
    let holds_run = MADE.iter().any(|file| directory.join(file).exists()) || !trajectories(directory).is_empty();
    match existing {
        Existing::Refuse if holds_run => {
            return Err(format!(
                "{name}: found an earlier run; go on with it by --resume, replace it by --force, or choose another folder by --output"
            ));
        }
        Existing::Force if holds_run => {
            for path in MADE.iter().map(|file| directory.join(file)).chain(trajectories(directory)) {
                let removed = if path.is_dir() {
                    fs::remove_dir_all(&path)
                } else if path.exists() {
                    fs::remove_file(&path)
                } else {
                    Ok(())
                };
                removed.map_err(|error| format!("{}: cannot be removed ({error})", path.display()))?;
            }
        }
        Existing::Resume if !directory.is_dir() => {
            return Err(format!("{name}: no such folder; start the run without --resume"));
        }
        _ => {}
    }
    let flows = directory.join("flows");
    fs::create_dir_all(&flows).map_err(|error| format!("{}: cannot be made ({error})", flows.display()))
}

fn trajectories(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let is_trajectory = |path: &PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with("trajectory") && (name.ends_with(".dcd") || name.ends_with(".xyz"))
    };
    let mut found: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).filter(is_trajectory).collect();
    found.sort();
    found
}

/// Writes a text file aside and renames it, so that it is never seen half written.
///
/// # Errors
/// A message with the path and the reason.
pub fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: cannot be written ({error})", path.display());
    let mut aside = path.as_os_str().to_owned();
    aside.push(".tmp");
    let aside = PathBuf::from(aside);
    let mut file = fs::File::create(&aside).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&aside, path).map_err(failed)
}
