//! The weights of the flows of a run: in its folder for the user, in its checkpoint for the run.

use super::Run;
use crate::RunError;
use crate::files::manifest::{flow_path, note};
use crate::learned::map::Map;
use crate::plan::Plan;
use crate::program::checkpoint::Stored;
use crate::program::run::read_before;
use crate::sweep::Generators;
use mcflow_flows::Generator;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The bytes of the weights files that were written, by flow, with the number of the training that they are of.
#[derive(Default)]
pub(super) struct Weights(BTreeMap<String, (usize, Vec<u8>)>);

fn failed(path: &Path, source: std::io::Error) -> RunError {
    RunError::File { path: path.display().to_string(), source }
}

impl Weights {
    /// Writes the weights of flows that were trained since the last time.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn write(&mut self, run: &Run, directory: &Path) -> Result<(), RunError> {
        for flow in &run.plan.flows {
            let trainings = run.trainings_of(&flow.name);
            let Some(trained) = run.flows.get(&flow.name).filter(|_| trainings > 0) else { continue };
            if self.0.get(&flow.name).is_some_and(|(written, _)| *written == trainings) {
                continue;
            }
            let path = flow_path(directory, &flow.name);
            note(directory, &flow_path(Path::new(""), &flow.name))?;
            fs::create_dir_all(path.parent().expect("a file in a folder")).map_err(|source| failed(&path, source))?;
            let message = |source| RunError::Weights { flow: flow.name.clone(), source };
            trained.save(&path, flow.header.clone()).map_err(message)?;
            let bytes = fs::read(&path).map_err(|source| failed(&path, source))?;
            self.0.insert(flow.name.clone(), (trainings, bytes));
        }
        Ok(())
    }

    /// What a checkpoint keeps of them.
    pub fn stored(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.iter().map(|(name, (_, bytes))| (name.clone(), bytes.clone())).collect()
    }

    /// The flows of a run that goes on from a checkpoint, whose weights are brought back where others, or none, lie in the folder.
    ///
    /// # Errors
    /// Files that cannot be written; weights that cannot be read.
    pub fn restored(plan: &Plan, stored: &Stored, directory: &Path) -> Result<(Self, Generators), RunError> {
        let mut written = BTreeMap::new();
        let mut flows = read_before(plan);
        for (name, bytes) in &stored.weights {
            let path = flow_path(directory, name);
            if !fs::read(&path).is_ok_and(|there| there == *bytes) {
                note(directory, &flow_path(Path::new(""), name))?;
                fs::create_dir_all(path.parent().expect("a file in a folder")).map_err(|source| failed(&path, source))?;
                fs::write(&path, bytes).map_err(|source| failed(&path, source))?;
            }
            let wrong = |found: String| RunError::Checkpoint {
                path: path.display().to_string(),
                found,
                expected: "the weights that this run wrote".to_string(),
            };
            let (generator, header) = Generator::load(&path).map_err(|error| wrong(error.to_string()))?;
            flows.insert(
                name.clone(),
                Map::restored(generator, &header, plan.symmetry.as_ref(), (plan.particles.n(), plan.starts[0].cell.dimension()))
                    .map_err(wrong)?,
            );
            written.insert(name.clone(), (stored.trainings.get(name).copied().unwrap_or(0), bytes.clone()));
        }
        Ok((Self(written), flows))
    }
}
