//! Checkpoints: the whole of a run in one file, written aside and renamed. Frames for training, which only become more, lie beside it.

use crate::RunError;
use crate::assessment::FlowAssessment;
use crate::chain::walker::WalkerState;
use crate::files::manifest::note;
use crate::ladder::Exchanges;
use crate::learned::sample_pool::StoredPool;
use crate::moves::Tally;
use crate::plan::{Origin, Plan};
use crate::program::start_memory::Remembered;
use crate::program::{Cursor, StageCost};
use crate::record::RecordPosition;
use mcflow_flows::{TrainingReport, TrainingState};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// All that a run needs to go on to the same bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stored {
    /// The name under which the stage at work is counted.
    pub(crate) stage: String,
    pub(crate) at: Cursor,
    pub(crate) produced: u64,
    pub(crate) walkers: Vec<WalkerState>,
    pub(crate) parameters: Vec<Vec<f64>>,
    pub(crate) exchanges: Exchanges,
    pub(crate) tuned_at: Vec<Vec<Tally>>,
    pub(crate) pools: Vec<StoredPool>,
    pub(crate) training: Option<TrainingState>,
    pub(crate) reports: BTreeMap<String, TrainingReport>,
    pub(crate) trainings: BTreeMap<String, usize>,
    /// The weights files of flows that this run has trained, byte by byte.
    pub(crate) weights: BTreeMap<String, Vec<u8>>,
    pub(crate) assessments: Vec<FlowAssessment>,
    pub(crate) costs: BTreeMap<String, StageCost>,
    pub(crate) largest_drift: f64,
    pub(crate) record: RecordPosition,
    pub(crate) instruction_sets: Vec<String>,
    pub(crate) memory: Vec<Remembered>,
}

/// What a checkpoint says of its run to whoever wants to go on with it.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The input it was started with.
    pub origin: Origin,
    /// Sweeps of production that are done.
    pub produced: u64,
    /// The name under which the stage at work is counted, as in the costs of a run; `complete` where all are done.
    pub stage: String,
    /// The instruction sets it ran with, one after the other.
    pub instruction_sets: Vec<String>,
}

/// First bytes of a checkpoint: what it is, and of which layout.
const MAGIC: &[u8; 16] = b"mcflow state v10";

fn path_in(directory: &Path) -> PathBuf {
    directory.join("checkpoint").join("state.bin")
}

/// Whether `directory` holds a checkpoint.
pub fn exists(directory: &Path) -> bool {
    path_in(directory).exists()
}

/// Writes a checkpoint, replacing the last one only when the new one is whole.
///
/// # Errors
/// A file that cannot be written.
pub fn write(directory: &Path, stored: &Stored, plan: &Plan) -> Result<(), RunError> {
    let path = path_in(directory);
    note(directory, &path_in(Path::new("")))?;
    let failed = |source| RunError::File { path: path.display().to_string(), source };
    let body = postcard::to_stdvec(&(&plan.input_hash, stored, &plan.origin)).map_err(|e| failed(std::io::Error::other(e)))?;
    let folder = path.parent().expect("a file in a folder");
    fs::create_dir_all(folder).map_err(failed)?;
    let aside = folder.join("state.bin.tmp");
    let mut file = fs::File::create(&aside).map_err(failed)?;
    file.write_all(MAGIC).and_then(|()| file.write_all(&Sha256::digest(&body))).and_then(|()| file.write_all(&body)).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&aside, &path).map_err(failed)
}

/// Reads the checkpoint of a run of the input with this hash.
///
/// # Errors
/// No checkpoint; one that is cut, damaged, or of another version; one of another input.
pub fn read(directory: &Path, input_hash: &str) -> Result<Stored, RunError> {
    let (hash, stored, _) = read_any(directory)?;
    if hash != input_hash {
        return Err(RunError::Checkpoint {
            path: path_in(directory).display().to_string(),
            found: "a checkpoint of another input".to_string(),
            expected: "the input (and the files it names) that the run was started with, unchanged".to_string(),
        });
    }
    Ok(stored)
}

/// What the checkpoint in `directory` says of its run.
///
/// # Errors
/// No checkpoint; one that is cut, damaged, or of another version.
pub fn begun(directory: &Path) -> Result<Begun, RunError> {
    let (_, stored, origin) = read_any(directory)?;
    Ok(Begun { origin, produced: stored.produced, stage: stored.stage, instruction_sets: stored.instruction_sets })
}

fn read_any(directory: &Path) -> Result<(String, Stored, Origin), RunError> {
    let path = path_in(directory);
    let wrong = |found: &str, expected: &str| RunError::Checkpoint {
        path: path.display().to_string(),
        found: found.to_string(),
        expected: expected.to_string(),
    };
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(wrong("no checkpoint", "the folder of a run that was stopped (start it without --resume)"));
        }
        Err(source) => return Err(RunError::File { path: path.display().to_string(), source }),
    };
    let damaged = || wrong("a damaged or cut checkpoint", "a whole one (start the run again, into another folder)");
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(if bytes.starts_with(&MAGIC[..12]) {
            wrong("a checkpoint of another version of mcflow", "the version that wrote it")
        } else {
            damaged()
        });
    };
    let (digest, body) = rest.split_at_checked(32).ok_or_else(damaged)?;
    if Sha256::digest(body).as_slice() != digest {
        return Err(damaged());
    }
    postcard::from_bytes(body).map_err(|_| damaged())
}
