//! The flows of an input.

use super::Builder;
use super::configuration::Space;
use super::weights::System;
use crate::schema::{FlowInput, SamplesInput};
use crate::stored_frames::{FrameChoice, StoredFrames};
use mcflow_engine::observers::State;
use mcflow_engine::roles::{FlowRole, Member, RoleSetting};
use mcflow_engine::{ChartChoice, FlowPlan, FlowShape, FlowSource, Map, Samples, Symmetry};
use mcflow_flows::{Generator, Header, Prior, Standardisation, WeightsError};
use mcflow_potentials::{Cell, Particles, Term};

impl Builder<'_> {
    /// All flows, checked; `None` where one cannot be had.
    pub(super) fn flows(
        &mut self,
        terms: &[Term],
        particles: &Particles,
        cell: &Cell,
        states: &[State],
        symmetry: Option<&Symmetry>,
    ) -> Option<Vec<FlowPlan>> {
        let input = self.input;
        let system = System { terms, particles, dimension: cell.dimension(), states };
        let mut plans = Vec::new();
        let mut all = true;
        for (name, flow) in input.flows.iter() {
            let key = format!("flows[{name:?}]");
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "_-".contains(c)) {
                self.report(&key, format!("{name:?}"), "a name of letters, digits, `_` and `-`: it becomes the name of a file");
            }
            // A misspelled name in the sweep is said there, and may have meant this flow.
            let all_known = input.sweep.iter().filter_map(|entry| entry.flow()).all(|used| input.flows.names().any(|known| known == used));
            if all_known && !input.sweep.iter().any(|entry| entry.flow() == Some(name)) && !input.sweep.is_empty() {
                self.report(
                    &key,
                    "a flow that no move uses",
                    format!("`{}` with it in the sweep, or no such flow", flow.map.role().moves().join("` or `")),
                );
            }
            if cell.is_periodic() {
                let expected = "an open cell: flows of this version have no periodic coordinates";
                self.report(&key, "a flow in a periodic cell", expected);
            }
            if !(100..=10_000_000).contains(&flow.assessment_draws) {
                self.report(format!("{key}.assessment_draws"), flow.assessment_draws, "a whole number from 100 to 10000000");
            }
            let members = self.members(&key, name, flow, states);
            let several = members.len() > 1;
            if several && flow.file.is_some() {
                self.report(format!("{key}.file"), format!("one file for {} maps", members.len()), "two states in `between`, one map");
            }
            let mut read = None;
            let Some(source) = self.flow_source(&key, flow, particles, cell, symmetry, &mut read) else {
                all = false;
                continue;
            };
            if let FlowSource::Trained(flow_of_file) = &source
                && flow_of_file.generator.is_between_ensembles() == flow.map.role().example().is_generator()
            {
                let found = if flow_of_file.generator.is_between_ensembles() { "a map between states or rungs" } else { "a generator" };
                self.report(format!("{key}.file"), found, format!("the weights of {}", flow.map.role().title()));
            }
            let is_one = members.len() == 1 && self.document.is_sound(&key);
            for (k, Member { name: own, ends }) in members.into_iter().enumerate() {
                let mut source = source.clone();
                let mut header = self.header(&ends, flow.prior, &system);
                if let FlowSource::Train { shape, .. } = &source {
                    shape.chart.note(&mut header);
                }
                let ends = match (&read, &flow.file) {
                    (Some(found), Some(file)) if is_one => self.compared(&key, file, found, &header, ends),
                    _ => ends,
                };
                if let FlowSource::Train { samples: samples @ Samples::FromRun { .. }, .. } = &mut source
                    && k > 0
                {
                    *samples = Samples::Collected;
                }
                let (called, role) = (name.to_string(), flow.map.clone());
                plans.push(FlowPlan { name: own, called, role, ends, source, assessment_draws: flow.assessment_draws, header });
            }
        }
        for k in 1..plans.len() {
            if plans[..k].iter().any(|plan: &FlowPlan| plan.name == plans[k].name) {
                let name = plans[k].name.clone();
                self.report(
                    "flows",
                    format!("two flows named {name:?}, the name of a map between states among them"),
                    "names of their own",
                );
            }
        }
        all.then_some(plans)
    }

    /// The flows that one of the input stands for, checked.
    fn members(&mut self, key: &str, name: &str, flow: &FlowInput, states: &[State]) -> Vec<Member> {
        let role = flow.map.role();
        let from_run = matches!(flow.samples, SamplesInput::Run { .. });
        let setting = RoleSetting { name, states, rungs: self.input.ladder.len(), rung: flow.rung, from_run };
        let known: Vec<&str> = states.iter().map(|state| state.name.as_str()).collect();
        let (list, named) = role.states().unwrap_or_default();
        for (k, state) in named.iter().enumerate() {
            let at = format!("{key}.map.{list}[{k}]");
            if self.require_name(&at, "state", state, &known) && named[..k].contains(state) {
                self.report(at, format!("{state:?} twice"), "each state once");
            }
        }
        self.add(key, role.problems(&setting));
        let members = role.members(&setting);
        if let Some(k) = (1..members.len()).find(|&k| members[..k].iter().any(|member| member.name == members[k].name)) {
            self.report(
                format!("{key}.map.{list}"),
                format!("two flows named {:?}", members[k].name),
                "states whose names differ in letters or digits",
            );
        }
        members
    }

    fn flow_source(
        &mut self,
        key: &str,
        flow: &FlowInput,
        particles: &Particles,
        cell: &Cell,
        symmetry: Option<&Symmetry>,
        read: &mut Option<Header>,
    ) -> Option<FlowSource> {
        let dim = particles.n() * cell.dimension();
        if let Some(file) = &flow.file {
            let shaped = !flow.bonds.0.is_empty()
                || flow.chart != ChartChoice::Cartesian
                || flow.standardise != Standardisation::Diagonal
                || flow.soft_core != 0.0;
            if flow.layers.is_some() || flow.training.is_some() || shaped {
                let found = "`file` beside `layers`, `bonds`, `chart`, `standardise`, `soft_core` or `training`";
                self.report(key, found, "the one or the other: a file has its own layers");
            }
            let path = self.folder.join(file);
            if let Ok(bytes) = std::fs::read(&path) {
                self.note_file(&format!("{key}.file"), path.clone(), &bytes);
            }
            return match Generator::load(&path) {
                Ok((generator, header)) if generator.dim() == dim && header.units == self.input.units.name() => {
                    match Map::restored(generator, &header, symmetry, (particles.n(), cell.dimension())) {
                        Ok(flow) => {
                            *read = Some(header);
                            Some(FlowSource::Trained(Box::new(flow)))
                        }
                        Err(found) => {
                            self.report(format!("{key}.file"), found, "the weights of this system");
                            None
                        }
                    }
                }
                Ok((generator, header)) => {
                    let found = format!("{file:?} of {} coordinates in {} units", generator.dim(), header.units);
                    let expected = format!(
                        "{dim} coordinates ({} particles in {} dimensions) in {} units",
                        particles.n(),
                        cell.dimension(),
                        self.input.units.name()
                    );
                    self.report(format!("{key}.file"), found, expected);
                    None
                }
                Err(error) => {
                    let (found, expected) = match error {
                        WeightsError::File { .. } => {
                            (error.to_string(), "a readable file, named as seen from the folder of the input".to_string())
                        }
                        WeightsError::Damaged { reason, .. } => (
                            format!("{file:?}, cut, damaged or no safetensors file ({reason})"),
                            "flow weights as mcflow wrote them".to_string(),
                        ),
                        WeightsError::Content { what, found, expected, .. } => (format!("{file:?} with {found} as {what}"), expected),
                    };
                    self.report(format!("{key}.file"), found, expected);
                    None
                }
            };
        }
        let (Some(layers), Some(training)) = (&flow.layers, &flow.training) else {
            let expected = "`layers` and `training`, or `file`";
            self.report(key, "a flow that is neither trained nor read", expected);
            return None;
        };
        let (chart, has_rows) = self.chart(key, flow, particles.n(), cell.dimension());
        if has_rows {
            let of_positions = chart.chart(particles.n(), cell.dimension(), None);
            let fixed = if matches!(flow.map, FlowRole::ModeJump(_)) { of_positions.rescaled() } else { &[] };
            self.add(&format!("{key}.layers"), Generator::problems(layers, flow.prior, of_positions.axes(), fixed));
        } else {
            self.add(&format!("{key}.layers"), layers.problems(dim, flow.prior));
        }
        if flow.prior == Prior::Uniform && flow.standardise != Standardisation::Diagonal {
            let found = "`standardise: Covariance`, with the Uniform prior";
            self.report(key, found, "the Gaussian prior: others do not map a box to itself");
        }
        let mut training = training.clone();
        if !flow.map.role().example().is_generator() {
            // A map is trained from both sides unless the input says otherwise.
            for stage in training.stages.iter_mut().filter(|stage| !stage.has_loss()) {
                (stage.maximum_likelihood, stage.reverse_kl) = (1.0, 1.0);
            }
            if flow.prior != Prior::Gaussian {
                self.report(
                    format!("{key}.prior"),
                    format!("{:?}, for maps between states", flow.prior),
                    "no `prior`: these maps have none",
                );
            }
        }
        self.add(&format!("{key}.training"), training.problems(true));
        self.require(&format!("{key}.soft_core"), flow.soft_core, |v| v >= 0.0, "a finite number, at least 0");
        let samples = match &flow.samples {
            SamplesInput::Run { frames, every } => {
                if *frames < 100 || *frames > 100_000_000 {
                    self.report(format!("{key}.samples.frames"), frames, "a whole number from 100 to 100000000");
                }
                if *every == 0 || *every > 1_000_000_000 {
                    self.report(format!("{key}.samples.every"), every, "a whole number from 1 to 1000000000");
                }
                Samples::FromRun { frames: *frames, every: *every }
            }
            SamplesInput::File(name) => {
                let sample_key = format!("{key}.samples");
                let space = Space { particles: particles.clone(), cell: cell.clone() };
                let source = StoredFrames { path: name.clone(), frame: FrameChoice::All };
                let frames = self.stored_positions(&sample_key, &source, &space, usize::MAX, true)?;
                if frames.len() < 100 {
                    self.report(&sample_key, format!("{name:?} with {} frames", frames.len()), "at least 100");
                }
                let rows = frames.iter().flat_map(|positions| positions.row().iter().copied()).collect();
                Samples::Rows(rows)
            }
        };
        let shape = FlowShape { architecture: layers.clone(), prior: flow.prior, chart, standardise: flow.standardise };
        Some(FlowSource::Train { shape: Box::new(shape), training, samples, soft_core: flow.soft_core })
    }

    /// The chart of a flow of `n` particles, and whether there is one without a problem.
    fn chart(&mut self, key: &str, flow: &FlowInput, n: usize, dimension: usize) -> (ChartChoice, bool) {
        if !flow.bonds.0.is_empty() && flow.chart != ChartChoice::Cartesian {
            self.report(
                format!("{key}.bonds"),
                "`bonds` beside `chart`",
                "the one or the other: `bonds: [..]` is short for `chart: Bonds([..])`",
            );
        }
        let (choice, key_of_it) = if flow.bonds.0.is_empty() {
            (flow.chart.clone(), format!("{key}.chart"))
        } else {
            (ChartChoice::Bonds(flow.bonds.clone()), format!("{key}.bonds"))
        };
        let problems = choice.problems(n, dimension);
        let has_rows = problems.is_empty();
        self.add(&key_of_it, problems);
        (choice, has_rows)
    }
}
