//! What every term of a potential energy is asked for, and what terms have in common.

pub(crate) mod checks;
mod confinement;
mod evaluation;
mod jump;
mod memory;
mod moved;
pub(crate) mod optional;
mod parts;
mod potential;
mod precision;
mod term_input;

pub use confinement::{Confinement, Hold, Holds};
pub use evaluation::Evaluation;
pub(crate) use jump::Jump;
pub use jump::{PairAtJump, Shell};
pub use memory::{Counts, Memory, Remembered};
pub use moved::Moved;
pub(crate) use parts::{Local, Several};
pub use potential::{Block, Potential, Reach, Softening};
pub use precision::Precision;
pub use term_input::Places;
pub(crate) use term_input::TermInput;
