//! The folder of a run: of one process at a time, never overwritten unasked, every file whole at any moment.

mod lock;
mod remains;

pub use crate::build::NamedFile;

use crate::build::Built;
use crate::output::functions;
use lock::Lock;
pub use lock::this_process;
use mcflow_engine::{TrajectoryFormat, manifest};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Files that `mcflow` itself makes in the folder of a run, beside those of the engine.
const OWN: [&str; 4] = ["system.ron", "run.log", "summary.json", "report.html"];

/// What a DCD does not say, beside it.
pub const TOPOLOGY: &str = "topology.pdb";

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

/// A folder that belongs to this process as long as this value lives.
#[derive(Debug)]
pub struct Folder {
    _lock: Option<Lock>,
}

/// Makes `directory` ready for a run of `built`.
///
/// # Errors
/// A message that says what is in the way and what to do.
pub fn prepare(directory: &Path, existing: Existing, built: &Built) -> Result<Folder, String> {
    let mut planned = built.plan.files();
    planned.extend(OWN.map(PathBuf::from));
    planned.extend(built.plan.functions.iter().map(|function| PathBuf::from(functions::file_name(function.name()))));
    if built.plan.trajectories.iter().any(|trajectory| trajectory.format == TrajectoryFormat::Dcd) {
        planned.push(PathBuf::from(TOPOLOGY));
    }
    let trains = planned.iter().any(|file| file.starts_with("flows"));
    let folder = claim(directory, existing, &built.files, &planned)?;
    if trains {
        let flows = directory.join("flows");
        fs::create_dir_all(&flows).map_err(|error| format!("{}: cannot be made ({error})", flows.display()))?;
    }
    Ok(folder)
}

/// Takes `directory` for this process, which will make the files `planned` in it and must not touch the files `named`.
///
/// # Errors
/// As [`prepare`].
pub fn claim(directory: &Path, existing: Existing, named: &[NamedFile], planned: &[PathBuf]) -> Result<Folder, String> {
    if existing == Existing::Resume && !directory.is_dir() {
        return Err(format!("{}: no such folder; start the run without --resume", directory.display()));
    }
    // What is refused leaves nothing behind, so the file that is locked is made when nothing else is in the way.
    let mut lock = Lock::take(directory, false)?;
    let mut old = old_run(directory, existing, named, planned)?;
    if lock.is_none() {
        fs::create_dir_all(directory).map_err(|error| format!("{}: cannot be made ({error})", directory.display()))?;
        lock = Lock::take(directory, true)?;
        old = old_run(directory, existing, named, planned)?;
    }
    if existing == Existing::Force {
        remains::remove(directory, &old)?;
    }
    Ok(Folder { _lock: lock })
}

/// Removes the run in `directory`, which was stopped before its first checkpoint and begins anew.
///
/// # Errors
/// As [`prepare`].
pub fn begin_anew(directory: &Path, named: &[NamedFile]) -> Result<(), String> {
    let old = old_run(directory, Existing::Force, named, &[])?;
    remains::remove(directory, &old)
}

/// The files of the run that is in `directory`, none where there is no run; fails where `existing` does not allow to go on.
fn old_run(directory: &Path, existing: Existing, named: &[NamedFile], planned: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let name = directory.display();
    let other_folder = "choose another folder by --output";
    let of_input = named.first().and_then(|input| input.path.parent());
    let of_input = of_input.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    if existing != Existing::Resume && of_input.is_some_and(|folder| remains::are_one(folder, directory)) {
        return Err(format!("{name}: found the folder of the input, which a run would write over; {other_folder}"));
    }
    let found = remains::files(directory);
    if found.is_some() && existing == Existing::Refuse {
        return Err(format!("{name}: found an earlier run; go on with it by --resume, replace it by --force, or {other_folder}"));
    }
    let files = found.unwrap_or_default();
    if existing == Existing::Force {
        for file in files.iter().map(|file| directory.join(file)).filter(|file| file.exists()) {
            if let Some(NamedFile { key, .. }) = named_file(&file, named) {
                let remedy = format!("copy it to another place and name it there, or {other_folder}");
                return Err(format!("{key}: found {}, of the run that --force would remove; {remedy}", file.display()));
            }
        }
    }
    for file in planned.iter().filter(|file| !files.contains(file)) {
        let path = directory.join(file);
        if path.symlink_metadata().is_ok() {
            return Err(format!("{}: is there already, and no run of mcflow made it; move it away, or {other_folder}", path.display()));
        }
    }
    Ok(files)
}

/// Writes a text file of the run in `directory`: noted as made by it, and never seen half written.
///
/// # Errors
/// A message with the path and the reason.
pub fn write_made(directory: &Path, name: &str, text: &str) -> Result<(), String> {
    manifest::note(directory, Path::new(name)).map_err(|error| error.to_string())?;
    let folder = directory.join(name).parent().map(Path::to_path_buf).unwrap_or_default();
    fs::create_dir_all(&folder).map_err(|error| format!("{}: cannot be made ({error})", folder.display()))?;
    write_whole(&directory.join(name), text)
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

/// The file among `named` that `path` is, which must not be written over.
pub fn named_file<'a>(path: &Path, named: &'a [NamedFile]) -> Option<&'a NamedFile> {
    named.iter().find(|named| remains::are_one(&named.path, path))
}
