//! What earlier runs have left in a folder: what `--force` may remove.

use mcflow_engine::manifest;
use serde_json::Value;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The files of the run in `directory`, as seen from there; `None` where its own files do not say that it is one.
pub(super) fn files(directory: &Path) -> Option<Vec<PathBuf>> {
    if let Some(mut files) = manifest::made(directory) {
        files.push(PathBuf::from(manifest::NAME));
        // The list is a text that anyone can write in.
        files.retain(|file| file.components().all(|part| matches!(part, Component::Normal(_))));
        return Some(files);
    }
    unlisted(directory)
}

/// The files of a run that has left no list: those of the names that a run gave them, where a summary or a checkpoint of mcflow is among them.
fn unlisted(directory: &Path) -> Option<Vec<PathBuf>> {
    let summary = fs::read(directory.join("summary.json")).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let summary = summary.filter(|summary| ["version", "input_sha256", "seed", "phases"].iter().all(|key| summary.get(key).is_some()));
    let state = fs::read(directory.join("checkpoint/state.bin")).is_ok_and(|bytes| bytes.starts_with(b"mcflow state"));
    if summary.is_none() && !state {
        return None;
    }
    let mut files: Vec<PathBuf> = ["report.html", "observables.csv", "system.ron", "summary.json"].map(PathBuf::from).into();
    if summary.is_none() {
        files.retain(|file| file != Path::new("summary.json"));
    }
    if state {
        files.push(PathBuf::from("checkpoint/state.bin"));
    }
    let numbered = |name: &str, begin: &str, end: &str| {
        let number = name.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let trajectory = |name: &str, end: &str| name == format!("trajectory{end}") || numbered(name, "trajectory-", end);
    files.extend(names(directory, |name| trajectory(name, ".dcd") || trajectory(name, ".xyz")));
    let frames = names(&directory.join("checkpoint"), |name| numbered(name, "frames-", ".bin"));
    files.extend(frames.into_iter().map(|name| Path::new("checkpoint").join(name)));
    let flows = summary.iter().filter_map(|summary| summary["flows"].as_array()).flatten();
    let trained = flows.filter(|flow| !flow["training_steps"].is_null()).filter_map(|flow| flow["name"].as_str());
    files.extend(trained.map(|name| Path::new("flows").join(format!("{name}.safetensors"))));
    Some(files)
}

fn names(directory: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| wanted(name));
    let mut names: Vec<PathBuf> = names.map(PathBuf::from).collect();
    names.sort();
    names
}

/// Removes `files`, what was being written in their place, and the folders that are empty then. The list goes last: until then the folder is a run.
///
/// # Errors
/// A file that cannot be removed.
pub(super) fn remove(directory: &Path, files: &[PathBuf]) -> Result<(), String> {
    for file in files.iter().filter(|file| **file != Path::new(manifest::NAME)).chain([&PathBuf::from(manifest::NAME)]) {
        let mut aside = file.as_os_str().to_owned();
        aside.push(".tmp");
        for path in [directory.join(aside), directory.join(file)] {
            let is_file = path.symlink_metadata().is_ok_and(|found| !found.is_dir());
            if is_file {
                fs::remove_file(&path).map_err(|error| format!("{}: cannot be removed ({error})", path.display()))?;
            }
        }
    }
    for folder in files.iter().filter_map(|file| file.parent()).filter(|folder| !folder.as_os_str().is_empty()) {
        // One that holds anything else stays.
        let _ = fs::remove_dir(directory.join(folder));
    }
    Ok(())
}

/// Whether two paths lead to one file, by whatever links.
pub(super) fn are_one(a: &Path, b: &Path) -> bool {
    if let (Ok(a), Ok(b)) = (a.canonicalize(), b.canonicalize())
        && a == b
    {
        return true;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if let (Ok(a), Ok(b)) = (a.metadata(), b.metadata()) {
            return (a.dev(), a.ino()) == (b.dev(), b.ino());
        }
    }
    false
}
