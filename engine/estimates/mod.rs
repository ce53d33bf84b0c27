//! What a run will need, before it starts: memory, time, and the time step that its vibrations bear.

pub mod memory;
pub mod speed;
pub mod vibration;

pub use memory::{Memory, bytes_of_walkers};
pub use speed::{Speed, measure_speed};
pub use vibration::fastest_period;
