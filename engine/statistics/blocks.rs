//! The standard error of a mean by averages over blocks.

use super::{NoEstimate, checked};
use serde::Serialize;

/// The standard error of a mean from averages over blocks of frames, with the length of the blocks that it was read off at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BlockEstimate {
    /// Standard error of the mean over all walkers.
    pub standard_error: f64,
    /// Frames in a block at the level chosen.
    pub block_length: usize,
    /// Blocks of all walkers at that level.
    pub n_blocks: usize,
    /// Whether longer blocks were there that gave no larger error. Where false, the true error is probably larger.
    pub plateau: bool,
}

/// The fewest blocks, over all walkers, at which a level is still looked at.
const FEWEST_BLOCKS: usize = 8;

/// The standard error of the mean by averages over blocks of 1, 2, 4, ... frames: a second opinion that knows no autocorrelation time.
///
/// At each level, with k blocks of means x_i about the mean m of all, s^2 = sum (x_i - m)^2 / (k (k-1)), itself known to a part 1 / sqrt(2
/// (k-1)). s grows with the block length until blocks are independent. The first level is taken that no longer blocks exceed by more than
/// their uncertainty. Blocks do not cross walkers. For antithetic chains, whose blocks vary less the longer they are, the error is that of
/// single frames: too large.
///
/// # Errors
/// Fewer than 8 frames over all walkers, no walker, or a value that is not finite.
///
/// Source: Flyvbjerg and Petersen, J. Chem. Phys. 91 (1989) 461.
pub fn standard_error_by_blocks(walkers: &[&[f64]]) -> Result<BlockEstimate, NoEstimate> {
    let chains = checked(walkers, 1)?;
    let n = chains.first().map_or(0, |c| c.len());
    let total = n * chains.len();
    if total < FEWEST_BLOCKS {
        return Err(NoEstimate::TooShort { found: total, needed: FEWEST_BLOCKS });
    }
    // Differences from one value of the series keep a constant exactly constant.
    let origin = chains[0][0];
    let mut levels: Vec<BlockEstimate> = Vec::new();
    let mut length = 1;
    while length <= n && n / length * chains.len() >= FEWEST_BLOCKS {
        let blocks: Vec<f64> = chains
            .iter()
            .flat_map(|c| c.chunks_exact(length).map(|block| block.iter().map(|v| v - origin).sum::<f64>() / length as f64))
            .collect();
        let k = blocks.len() as f64;
        let centre = blocks.iter().sum::<f64>() / k;
        let square = blocks.iter().map(|b| (b - centre).powi(2)).sum::<f64>();
        let standard_error = (square / (k * (k - 1.0))).sqrt();
        levels.push(BlockEstimate { standard_error, block_length: length, n_blocks: blocks.len(), plateau: false });
        length *= 2;
    }
    let exceeded = |j: usize| {
        levels[j + 1..].iter().any(|later| {
            let uncertainty = later.standard_error / (2.0 * (later.n_blocks - 1) as f64).sqrt();
            later.standard_error - uncertainty > levels[j].standard_error
        })
    };
    let chosen = (0..levels.len()).find(|&j| !exceeded(j)).unwrap_or(levels.len() - 1);
    let plateau = chosen + 1 < levels.len();
    Ok(BlockEstimate { plateau, ..levels[chosen] })
}
