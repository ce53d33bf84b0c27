//! Findings about weights that were read: what they are of.

use super::Finding;
use crate::build::Built;
use crate::output::summary::Summary;
use mcflow_engine::Simulation;

pub(super) fn findings(built: &Built, _: &Simulation, _: &Summary) -> Vec<Finding> {
    built.findings.clone()
}
