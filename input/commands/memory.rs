//! Whether the machine has the memory that a run needs.

use super::Failure;
use crate::build::Built;
use crate::machine::{free_bytes, in_words};
use mcflow_engine::Memory;

/// What a run of `built` needs, where that is more than there is: a sentence with the largest part and what makes it smaller.
pub(super) fn lack(memory: &Memory) -> Option<String> {
    let free = free_bytes()?;
    if memory.peak() <= free {
        return None;
    }
    let (part, bytes, remedy) = memory.largest();
    Some(format!(
        "found a run that needs about {} of memory, {} of it for {part}; expected at most the {} that are free here: {remedy}",
        in_words(memory.peak()),
        in_words(bytes),
        in_words(free)
    ))
}

/// Refuses a run that needs more memory than there is.
///
/// # Errors
/// The sentence.
pub(super) fn require(built: &Built, memory: &Memory) -> Result<(), Failure> {
    let name = built.files.first().map_or(String::new(), |input| input.path.display().to_string());
    lack(memory).map_or(Ok(()), |sentence| Err(Failure::Input(format!("{name}: {sentence}"))))
}
