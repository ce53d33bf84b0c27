//! Files that are never seen half written.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is written aside, under its name with `.tmp`, and takes its name when it is whole; else it is removed.
pub struct Aside {
    file: Option<BufWriter<File>>,
    aside: PathBuf,
    path: PathBuf,
}

impl Aside {
    /// Opens the file that will become `path`.
    ///
    /// # Errors
    /// A message with the path and the reason.
    pub fn create(path: &Path) -> Result<Self, String> {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".tmp");
        let aside = PathBuf::from(aside);
        let file = File::create(&aside).map_err(|error| failed(path, &error))?;
        Ok(Self { file: Some(BufWriter::new(file)), aside, path: path.to_path_buf() })
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// A message with the path and the reason.
    pub fn finish(mut self) -> Result<(), String> {
        let file = self.file.take().expect("it is finished once");
        let done = file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all());
        let done = done.and_then(|()| fs::rename(&self.aside, &self.path));
        if done.is_err() {
            let _ = fs::remove_file(&self.aside);
        }
        done.map_err(|error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> String {
    format!("{}: cannot be written ({error})", path.display())
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().expect("it is written before it is finished").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.aside);
        }
    }
}
