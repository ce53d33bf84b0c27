//! The list of the files that a run has made, kept in its folder: they go when the run is replaced, and nothing else does.

use crate::RunError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name of the list.
pub const NAME: &str = "mcflow-files.txt";

/// The first line, which says that the folder is a run.
const FIRST_LINE: &str = "# Files that this run of mcflow has made. `--force` removes them and nothing else.";

/// The files that the run in `directory` has made, as seen from there; `None` where there is no list of a run.
pub fn made(directory: &Path) -> Option<Vec<PathBuf>> {
    let text = fs::read_to_string(directory.join(NAME)).ok()?;
    let rest = text.strip_prefix(FIRST_LINE)?;
    Some(rest.lines().filter(|line| !line.is_empty()).map(PathBuf::from).collect())
}

/// Notes that the run in `directory` is about to make the file `name`, as seen from there. Whoever makes a file in the folder of a run
/// calls this first.
///
/// # Errors
/// A file of that name that the run has not made; a list that cannot be written.
pub fn note(directory: &Path, name: &Path) -> Result<(), RunError> {
    let failed = |path: &Path, source| RunError::File { path: path.display().to_string(), source };
    let (path, list) = (directory.join(name), directory.join(NAME));
    let mut files = made(directory).unwrap_or_default();
    if files.iter().any(|file| file == name) {
        return Ok(());
    }
    if path.symlink_metadata().is_ok() {
        let message = "is there already, and this run has not made it; move it away, or choose another folder by --output";
        return Err(failed(&path, io::Error::new(io::ErrorKind::AlreadyExists, message)));
    }
    files.push(name.to_path_buf());
    let lines: String = files.iter().map(|file| format!("{}\n", file.display())).collect();
    let aside = directory.join(format!("{NAME}.tmp"));
    fs::write(&aside, format!("{FIRST_LINE}\n{lines}")).and_then(|()| fs::rename(&aside, &list)).map_err(|source| failed(&list, source))
}

/// The weights of a flow.
pub(crate) fn flow_path(directory: &Path, name: &str) -> PathBuf {
    directory.join("flows").join(format!("{name}.safetensors"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_run_made_is_on_its_list() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        assert_eq!(made(path), None);
        fs::write(path.join("notes.txt"), "mine").expect("written");
        note(path, Path::new("observables.csv")).expect("noted");
        note(path, Path::new("flows/g.safetensors")).expect("noted");
        fs::write(path.join("observables.csv"), "").expect("written");
        note(path, Path::new("observables.csv")).expect("it is on the list");
        let message = note(path, Path::new("notes.txt")).expect_err("it is another's").to_string();
        assert!(message.contains("notes.txt") && message.contains("is there already"), "{message}");
        assert_eq!(made(path), Some(vec![PathBuf::from("observables.csv"), PathBuf::from("flows/g.safetensors")]));
        // A text of this name without the first line is no list.
        fs::write(path.join(NAME), "observables.csv\n").expect("written");
        assert_eq!(made(path), None);
    }
}
