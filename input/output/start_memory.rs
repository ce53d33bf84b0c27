//! How much walkers that started alike remember of it.

use mcflow_engine::Remembered;
use serde::Serialize;

/// The memory of the walkers of a rung: neighbours at the start that are neighbours still, beyond those by chance. 1: all of them, 0: as in an
/// arrangement that knows nothing of the first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StartMemory {
    /// As production begins.
    pub at_first: f64,
    /// Mean over production.
    pub mean: f64,
    /// As production ends.
    pub at_last: f64,
}

/// The memory of each rung from that at some times; empty where walkers did not start alike, or where there is nothing to forget.
pub fn start_memory(times: &[Remembered]) -> Vec<StartMemory> {
    let [first, .., last] = times else { return Vec::new() };
    let of = |rung: usize| {
        let parts = times.windows(2).map(|pair| (pair[1].sweep - pair[0].sweep) as f64 * 0.5 * (pair[0].kept[rung] + pair[1].kept[rung]));
        let sweeps = (last.sweep - first.sweep) as f64;
        StartMemory { at_first: first.kept[rung], mean: parts.sum::<f64>() / sweeps, at_last: last.kept[rung] }
    };
    if last.sweep > first.sweep { (0..first.kept.len()).map(of).collect() } else { Vec::new() }
}
