//! The trained flows of a run, as the entries of a sweep look them up.

use crate::learned::map::Map;
use crate::moves::{StateGenerator, StateMap};
use crate::observers::State;
use crate::plan::FlowPlan;
use std::collections::BTreeMap;

/// Looks up trained flows by their name in the input, which one flow has or all members of a family.
#[derive(Clone, Copy)]
pub struct Trained<'a> {
    /// The flows that are trained, by their own names.
    pub generators: &'a BTreeMap<String, Map>,
    /// All flows of the run.
    pub flows: &'a [FlowPlan],
    /// All states of the run.
    pub states: &'a [State],
}

impl<'a> Trained<'a> {
    /// Flows by name, none of which maps states.
    pub fn generators(generators: &'a BTreeMap<String, Map>) -> Self {
        Self { generators, flows: &[], states: &[] }
    }

    /// No flows and no states.
    pub fn none() -> Self {
        static NONE: BTreeMap<String, Map> = BTreeMap::new();
        Self::generators(&NONE)
    }

    /// The rung that a flow moves the walkers of, the lower one where it exchanges; a flow that no plan knows is one of the first rung.
    pub(crate) fn rung_of(&self, name: &str) -> usize {
        self.flows.iter().find(|flow| flow.is_called(name)).map_or(0, |flow| flow.ends.rung())
    }

    /// The map of a learned exchange, between two rungs.
    pub(crate) fn exchange_map(&self, name: &str) -> Option<StateMap<'a>> {
        let (from, to) = self.rungs_of(name)?;
        Some(StateMap { from, to, map: self.generators.get(name)? })
    }

    /// The two rungs that the flow with this name maps, trained or not.
    pub(crate) fn rungs_of(&self, name: &str) -> Option<(usize, usize)> {
        let flow = self.flows.iter().find(|flow| flow.name == name)?;
        flow.ends.rungs()
    }

    /// The two states of each map of the family with this name, trained or not.
    pub(crate) fn states_of(&self, name: &str) -> Vec<(usize, usize)> {
        self.flows.iter().filter(|flow| flow.called == name).filter_map(|flow| flow.ends.states()).collect()
    }

    /// The generator with this name, or those of states in the family with this name.
    pub(crate) fn draws(&self, name: &str) -> Vec<StateGenerator<'a>> {
        if let Some(flow) = self.generators.get(name) {
            return vec![StateGenerator { state: None, flow }];
        }
        let members = self.flows.iter().filter(|flow| flow.called == name && flow.ends.is_generator());
        members.filter_map(|flow| Some(StateGenerator { state: flow.ends.end.state(), flow: self.generators.get(&flow.name)? })).collect()
    }

    /// The maps of the family with this name.
    pub(crate) fn maps(&self, family: &str) -> Vec<StateMap<'a>> {
        let maps = self.flows.iter().filter(|flow| flow.called == family).filter_map(|flow| {
            let (from, to) = flow.ends.states()?;
            Some(StateMap { from, to, map: self.generators.get(&flow.name)? })
        });
        maps.collect()
    }
}
