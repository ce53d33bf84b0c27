//! What production writes and keeps: columns, states, accumulated functions, trajectories.

mod series;
mod trajectories;

use crate::RunError;
use crate::chain::walker::Walker;
use crate::files::manifest::note;
use crate::ladder::Ladder;
use crate::observers::{Accumulation, Ensemble, Sample, sample, state_of};
use crate::plan::Plan;
use crate::statistics::StateIndex;
use crate::trajectory::Frame;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use series::{Row, SeriesFile, StoredSeries};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use trajectories::{TrajectoryPosition, WalkerTrajectory};

/// What a checkpoint holds of a record: where its files end, and what each function has accumulated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecordPosition {
    samples: u64,
    csv_bytes: u64,
    series: StoredSeries,
    trajectories: Vec<TrajectoryPosition>,
    /// What [`Accumulation::stored`] has of each function.
    functions: Vec<Vec<u8>>,
}

/// The record of production: the table of all samples, the series behind summaries, accumulated functions and trajectories.
pub struct Recorder {
    path: PathBuf,
    csv: BufWriter<File>,
    csv_bytes: u64,
    columns: Vec<String>,
    series: SeriesFile,
    /// The last sample of each walker; none of a run that was just resumed.
    latest: Vec<Row>,
    /// The accumulators of each function of the plan.
    functions: Vec<Box<dyn Accumulation>>,
    writers: Vec<WalkerTrajectory>,
}

/// The table of all samples.
const TABLE: &str = "observables.csv";

/// The columns that every row of `observables.csv` begins with: its sweep, the place of its walker in the ladder with the rung there, and the
/// replica (the configuration that exchanges move from rung to rung, numbered by the walker it started in) that the walker holds.
pub const LEADING_COLUMNS: [&str; 5] = ["sweep", "walker", "rung", "temperature", "replica"];
/// The name of the column that holds the state of a sample.
pub const STATE_COLUMN: &str = "state";

impl Recorder {
    /// Makes the files of a record, without a sample.
    ///
    /// # Errors
    /// Files that cannot be made.
    pub fn create(plan: &Plan, directory: &Path) -> Result<Self, RunError> {
        let path = directory.join(TABLE);
        note(directory, Path::new(TABLE))?;
        let file = File::create(&path).map_err(|source| failed(&path, source))?;
        let series = SeriesFile::create(directory, plan.starts.len(), plan.columns.len(), !plan.states.is_empty())?;
        let mut recorder = Self::empty(plan, path, file, series);
        for (number, trajectory) in plan.trajectories.iter().enumerate() {
            for &walker in &trajectory.walkers {
                recorder.writers.push(WalkerTrajectory::create(plan, directory, (number, walker), trajectory.every)?);
            }
        }
        let mut header: Vec<&str> = LEADING_COLUMNS.to_vec();
        header.extend(recorder.columns.iter().map(String::as_str));
        if !plan.states.is_empty() {
            header.push(STATE_COLUMN);
        }
        let line = header.join(",");
        recorder.write_line(&line)?;
        recorder.flush()?;
        Ok(recorder)
    }

    fn empty(plan: &Plan, path: PathBuf, file: File, series: SeriesFile) -> Self {
        let subject = plan.subject();
        let functions = plan.functions.iter().map(|function| function.begin(&subject, plan.starts.len())).collect();
        Self {
            path,
            csv: BufWriter::new(file),
            csv_bytes: 0,
            columns: plan.columns.iter().map(crate::observers::Column::name).collect(),
            series,
            latest: Vec::new(),
            functions,
            writers: Vec::new(),
        }
    }

    /// Opens the files of a record as it was at `position`, after `done` sweeps; what was written later is cut off. Trajectories that the plan has now and
    /// had not then begin with the next frame that is due; those that it has no longer stay as they are.
    ///
    /// # Errors
    /// Files that are missing, shorter than they were, or changed; new ones in whose place there is a file.
    pub fn resume(plan: &Plan, directory: &Path, position: &RecordPosition, done: u64) -> Result<Self, RunError> {
        let path = directory.join(TABLE);
        let wrong = |found: String| RunError::Checkpoint {
            path: directory.join(TABLE).display().to_string(),
            found,
            expected: "the file as this run wrote it".to_string(),
        };
        let file = OpenOptions::new().read(true).append(true).open(&path).map_err(|source| failed(&path, source))?;
        let length = file.metadata().map_err(|source| failed(&path, source))?.len();
        if length < position.csv_bytes {
            return Err(wrong(format!("{length} bytes where {} were written", position.csv_bytes)));
        }
        file.set_len(position.csv_bytes).map_err(|source| failed(&path, source))?;
        let shape = (plan.starts.len(), plan.columns.len(), !plan.states.is_empty());
        let series = SeriesFile::resume(directory, shape, position.samples, &position.series)?;
        let mut recorder = Self::empty(plan, path, file, series);
        recorder.csv_bytes = position.csv_bytes;
        let damaged = |found: String| RunError::Checkpoint {
            path: directory.display().to_string(),
            found,
            expected: "the counts that this run had at its checkpoint".to_string(),
        };
        if position.functions.len() != plan.functions.len() {
            return Err(damaged(format!("counts of {} functions, not of {}", position.functions.len(), plan.functions.len())));
        }
        let stored = plan.functions.iter().zip(&position.functions);
        recorder.functions =
            stored.map(|(function, stored)| function.resume(stored, plan.starts.len())).collect::<Result<_, _>>().map_err(damaged)?;

        for (number, trajectory) in plan.trajectories.iter().enumerate() {
            for &walker in &trajectory.walkers {
                let name = trajectory.file_name(walker);
                let written = match position.trajectories.iter().find(|before| before.name == name) {
                    Some(before) => WalkerTrajectory::resume(plan, directory, (number, walker), before)?,
                    None => {
                        let path = directory.join(&name);
                        if path.symlink_metadata().is_ok() {
                            return Err(RunError::Checkpoint {
                                path: path.display().to_string(),
                                found: "frames of an earlier part of the run".to_string(),
                                expected: "no such file where a trajectory begins (move it away)".to_string(),
                            });
                        }
                        let first = (done / trajectory.every + 1) * trajectory.every;
                        WalkerTrajectory::create(plan, directory, (number, walker), first)?
                    }
                };
                recorder.writers.push(written);
            }
        }
        Ok(recorder)
    }

    /// Records one sample of every walker, whose energies have just been refreshed.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn record(&mut self, sweep: u64, plan: &Plan, ladder: &mut Ladder) -> Result<(), RunError> {
        let mut samples: Vec<Row> = Vec::new();
        for chains in &mut ladder.rungs {
            let environment = &chains.environment;
            let ensemble = Ensemble {
                potential: &environment.potential,
                particles: &environment.particles,
                beta: environment.thermodynamic_state.beta,
                boltzmann: plan.boltzmann,
            };
            samples.par_extend(chains.walkers.par_iter_mut().map(|walker| {
                let row = sample(&plan.columns, &walker.state, &mut walker.workspace, &ensemble);
                (row, state_of(&plan.states, &walker.state.configuration).map(|s| s as u32))
            }));
        }
        let walkers: Vec<&Walker> = ladder.walkers().collect();
        let seen: Vec<Sample> =
            walkers.iter().map(|walker| Sample { sweep, configuration: &walker.state.configuration, particles: &plan.particles }).collect();
        self.functions.iter_mut().for_each(|function| function.add(&seen));
        let rungs: Vec<(usize, f64)> =
            plan.rungs.iter().enumerate().flat_map(|(k, rung)| std::iter::repeat_n((k, rung.temperature), rung.walkers)).collect();
        let mut line = String::new();
        self.series.add(&samples)?;
        for (walker, (row, state)) in samples.iter().enumerate() {
            line.clear();
            // Writing to a String cannot fail.
            let ((rung, temperature), replica) = (rungs[walker], ladder.exchanges.replicas[walker]);
            let _ = write!(line, "{sweep},{walker},{rung},{temperature},{replica}");
            for value in row {
                let _ = write!(line, ",{value}");
            }
            if !plan.states.is_empty() {
                line.push(',');
                line.push_str(state.map_or("", |s| &plan.states[s as usize].name));
            }
            self.write_line(&line)?;
        }
        for trajectory in self.writers.iter_mut().filter(|t| sweep.is_multiple_of(t.every)) {
            let state = &walkers[trajectory.walker].state;
            let frame = Frame {
                energy: Some(state.energy),
                step: Some(sweep),
                walker: Some(trajectory.walker),
                time: Some(plan.file_time(sweep)),
                units: Some(plan.file_units),
                ..Frame::new(&state.configuration.positions, &state.configuration.cell, &plan.particles)
            };
            trajectory.writer.write(&frame).map_err(|source| failed(&trajectory.path, source))?;
        }
        self.latest = samples;
        Ok(())
    }

    fn write_line(&mut self, line: &str) -> Result<(), RunError> {
        self.csv_bytes += line.len() as u64 + 1;
        self.csv.write_all(line.as_bytes()).and_then(|()| self.csv.write_all(b"\n")).map_err(|source| failed(&self.path, source))
    }

    /// Puts everything on the disk.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.csv.flush().map_err(|source| failed(&self.path, source))?;
        for trajectory in &mut self.writers {
            trajectory.writer.flush().map_err(|source| failed(&trajectory.path, source))?;
        }
        self.series.save()
    }

    /// What a checkpoint holds of the record now.
    pub fn position(&self) -> RecordPosition {
        RecordPosition {
            samples: self.samples(),
            csv_bytes: self.csv_bytes,
            series: self.series.stored(),
            trajectories: self.writers.iter().map(WalkerTrajectory::position).collect(),
            functions: self.functions.iter().map(|function| function.stored()).collect(),
        }
    }

    /// Whether it writes the trajectories that it wrote at `position`, and no others.
    pub(crate) fn writes_as_at(&self, position: &RecordPosition) -> bool {
        self.writers.iter().map(|written| &written.name).eq(position.trajectories.iter().map(|before| &before.name))
    }

    /// The number of samples of each walker.
    pub fn samples(&self) -> u64 {
        self.series.samples()
    }

    /// Names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The series of column `column` of each of these walkers, read from the disk: ask for one at a time.
    pub fn series(&self, column: usize, walkers: Range<usize>) -> Vec<Vec<f64>> {
        self.series.column(column, walkers)
    }

    /// The states of the samples of each of these walkers, read from the disk.
    pub fn states(&self, walkers: Range<usize>) -> Vec<Vec<StateIndex>> {
        self.series.states(walkers)
    }

    /// Columns and state of the last sample of each walker; none where this process has recorded none.
    pub fn latest(&self) -> &[Row] {
        &self.latest
    }

    /// Why series came back empty, where they could not be read.
    pub fn failure(&self) -> Option<RunError> {
        self.series.failure()
    }

    /// What has been accumulated of each function of the plan.
    pub fn functions(&self) -> &[Box<dyn Accumulation>] {
        &self.functions
    }
}

fn failed(path: &Path, source: std::io::Error) -> RunError {
    RunError::File { path: path.display().to_string(), source }
}
