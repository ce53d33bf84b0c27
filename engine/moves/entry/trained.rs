//! The trained flows of a run, as the entries of a sweep look them up.

use crate::map::Map;
use crate::moves::{StateGenerator, StateMap};
use crate::observers::State;
use crate::plan::FlowPlan;
use crate::role::Role;
use std::collections::BTreeMap;

/// What a flow of the input was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowUse {
    /// It maps a prior to the target.
    Generator,
    /// Each of its members maps a prior to one state.
    StateGenerators,
    /// Each of its members maps one state to another.
    ModeJump,
    /// It maps one rung to another.
    Exchange,
}

impl FlowUse {
    /// The names of the moves that use it, for messages.
    pub fn moves(self) -> &'static [&'static str] {
        match self {
            Self::Generator => &["GeneratorDraw", "LatentWalk"],
            Self::StateGenerators => &["GeneratorDraw"],
            Self::ModeJump => &["ModeJump"],
            Self::Exchange => &["Exchange"],
        }
    }

    /// What it is, in messages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Generator => "a generator",
            Self::StateGenerators => "generators of states",
            Self::ModeJump => "a map between states",
            Self::Exchange => "a map between rungs",
        }
    }
}

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
        self.flows.iter().find(|flow| flow.is_called(name)).map_or(0, |flow| flow.role.rung())
    }

    /// The map of a learned exchange, between two rungs.
    pub(crate) fn exchange_map(&self, name: &str) -> Option<StateMap<'a>> {
        let (from, to) = self.rungs_of(name)?;
        Some(StateMap { from, to, map: self.generators.get(name)? })
    }

    /// The two rungs that the flow with this name maps, trained or not.
    pub(crate) fn rungs_of(&self, name: &str) -> Option<(usize, usize)> {
        let flow = self.flows.iter().find(|flow| flow.name == name)?;
        if let Role::Exchange { from, to } = flow.role { Some((from, to)) } else { None }
    }

    /// The two states of each map of the family with this name, trained or not.
    pub(crate) fn states_of(&self, name: &str) -> Vec<(usize, usize)> {
        let pairs = self.flows.iter().filter_map(|flow| match &flow.role {
            Role::ModeJump { family, from, to, .. } if family == name => Some((*from, *to)),
            _ => None,
        });
        pairs.collect()
    }

    /// The generator with this name, or those of states in the family with this name.
    pub(crate) fn draws(&self, name: &str) -> Vec<StateGenerator<'a>> {
        if let Some(flow) = self.generators.get(name) {
            return vec![StateGenerator { state: None, flow }];
        }
        let generators = self.flows.iter().filter_map(|flow| match &flow.role {
            Role::StateGenerator { family, state, .. } if family == name => {
                Some(StateGenerator { state: Some(*state), flow: self.generators.get(&flow.name)? })
            }
            _ => None,
        });
        generators.collect()
    }

    /// The maps of the family with this name.
    pub(crate) fn maps(&self, family: &str) -> Vec<StateMap<'a>> {
        let maps = self.flows.iter().filter_map(|flow| match &flow.role {
            Role::ModeJump { family: of, from, to, .. } if of == family => {
                Some(StateMap { from: *from, to: *to, map: self.generators.get(&flow.name)? })
            }
            _ => None,
        });
        maps.collect()
    }
}
