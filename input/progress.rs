//! What a user sees while a run runs, and how it is stopped.

use indicatif::{ProgressBar, ProgressStyle};
use mcflow_engine::{Monitor, Progress, Recorder, StopReason};
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static HEARD: AtomicBool = AtomicBool::new(false);
static FINISHING: AtomicBool = AtomicBool::new(false);

/// How long an interrupt may remain unheard. Runs listen some ten times a second, but a single step of training, or a sweep of a million
/// particles, cannot be left halfway.
const PATIENCE: Duration = Duration::from_millis(1500);

/// From now on Ctrl-C (SIGINT), SIGTERM and SIGHUP ask the run to write its checkpoint and end; a second one ends the program at once. So does
/// the first where the run is amid something long: then the last checkpoint is what it goes on from, as after any kill.
/// `command` is what would go on.
pub fn catch_interrupts(command: &'static str) {
    static SET: OnceLock<()> = OnceLock::new();
    SET.get_or_init(|| {
        // Without a handler the program still stops, only less gently.
        let _ = ctrlc::set_handler(move || {
            if INTERRUPTED.swap(true, Ordering::SeqCst) {
                std::process::exit(1);
            }
            std::thread::spawn(move || {
                std::thread::sleep(PATIENCE);
                if !HEARD.load(Ordering::SeqCst) && !FINISHING.load(Ordering::SeqCst) {
                    let place = "amid a step that takes long: from the last checkpoint, where there is one";
                    eprintln!("stopped; go on with `mcflow {command} ... --resume` ({place})");
                    std::process::exit(1);
                }
            });
        });
    });
}

/// While this lives, the run is over and its results are being written: one interrupt lets that come to its end, a second one does not.
pub struct Finishing(());

impl Finishing {
    /// Begins to finish.
    pub fn begin() -> Self {
        FINISHING.store(true, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Finishing {
    fn drop(&mut self) {
        FINISHING.store(false, Ordering::SeqCst);
    }
}

/// Leaves SIGHUP alone where whoever started the program had it ignored, as `nohup` does: catching it would end the run with the terminal.
/// Called before any other thread is there, for threads inherit it.
pub fn respect_nohup() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
        if ignored.is_some_and(|mask| mask & 1 == 1) {
            // A signal that is blocked for ever is one that is ignored.
            let _ = SigSet::from(Signal::SIGHUP).thread_block();
        }
    }
}

/// A progress bar on a terminal, silence elsewhere; stops at an interrupt or when the time is over.
pub struct Terminal {
    bar: Option<ProgressBar>,
    phase: String,
    drawn: Option<Instant>,
    deadline: Option<Instant>,
}

impl Terminal {
    /// `limit` is the wall time after which production ends.
    pub fn new(limit: Option<Duration>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{prefix:<26} {bar:30} {percent:>3}%  {per_sec}  {eta} left  {msg}");
            ProgressBar::new(1).with_style(style.expect("a template"))
        });
        Self { bar, phase: String::new(), drawn: None, deadline: limit.map(|limit| Instant::now() + limit) }
    }

    /// Removes the bar.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Monitor for Terminal {
    fn progress(&mut self, progress: &Progress) {
        let Some(bar) = &self.bar else { return };
        let new_phase = progress.phase != self.phase;
        if !new_phase && self.drawn.is_some_and(|at| at.elapsed() < Duration::from_millis(100)) {
            return;
        }
        if new_phase {
            self.phase.clone_from(&progress.phase);
            bar.reset();
            bar.set_prefix(self.phase.clone());
        }
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        bar.set_message(progress.figures.clone());
        self.drawn = Some(Instant::now());
    }

    fn stop(&self) -> Option<StopReason> {
        if INTERRUPTED.load(Ordering::SeqCst) {
            HEARD.store(true, Ordering::SeqCst);
            Some(StopReason::Interrupted)
        } else if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            Some(StopReason::OutOfTime)
        } else {
            None
        }
    }

    fn recorded(&mut self, _: &Recorder) {}
}
