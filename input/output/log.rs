//! `run.log`: a line each few seconds while a run goes on, for whoever looks later or from elsewhere.

use mcflow_engine::{Monitor, Progress, Recorder, StopReason, manifest};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The name of the file.
const NAME: &str = "run.log";

/// Wall time between two lines of one phase.
const INTERVAL: Duration = Duration::from_secs(10);

/// The log of a run. A log that cannot be written stops no run.
pub struct Log {
    file: Option<File>,
    phase: String,
    said: Instant,
}

impl Log {
    /// The log in `directory`, which grows from part to part of a run that was resumed.
    ///
    /// # Errors
    /// A file of that name that the run has not made.
    pub fn open(directory: &Path) -> Result<Self, String> {
        manifest::note(directory, Path::new(NAME)).map_err(|error| error.to_string())?;
        let file = OpenOptions::new().create(true).append(true).open(directory.join(NAME)).ok();
        Ok(Self { file, phase: String::new(), said: Instant::now() })
    }

    /// Writes a line with the time.
    pub fn say(&mut self, line: &str) {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if let Some(file) = &mut self.file {
            // A full disk is the run's own affair.
            let _ = writeln!(file, "{}  {line}", utc(seconds));
        }
    }

    fn progress(&mut self, progress: &Progress) {
        let new_phase = progress.phase != self.phase;
        if !new_phase && self.said.elapsed() < INTERVAL {
            return;
        }
        if new_phase {
            self.phase.clone_from(&progress.phase);
        }
        self.said = Instant::now();
        let Progress { phase, done, total, figures } = progress;
        let figures = if figures.is_empty() { String::new() } else { format!("; {figures}") };
        self.say(&format!("{phase}: {done} of {total}{figures}"));
    }
}

/// A monitor whose progress is logged too.
pub struct Logged<'a> {
    /// The monitor.
    pub inner: &'a mut dyn Monitor,
    /// The log.
    pub log: &'a mut Log,
}

impl Monitor for Logged<'_> {
    fn progress(&mut self, progress: &Progress) {
        self.log.progress(progress);
        self.inner.progress(progress);
    }

    fn stop(&self) -> Option<StopReason> {
        self.inner.stop()
    }

    fn recorded(&mut self, recorder: &Recorder) {
        self.inner.recorded(recorder);
    }

    fn finished(&mut self, recorder: &Recorder) {
        self.inner.finished(recorder);
    }
}

/// `2026-02-28T23:59:59Z`, so many seconds after the beginning of 1970.
///
/// The calendar repeats itself after 400 years of 146097 days; years begin in March, so that the day that comes and goes is their last.
fn utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, late) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = 400 * cycle + year + late;
    format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn days_have_their_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_772_323_199, "2026-02-28T23:59:59Z"),
            (1_772_323_200, "2026-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(seconds), expected);
        }
    }
}
