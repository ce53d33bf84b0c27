//! Buffers that grow and never shrink, so that the hot path does not allocate.

use std::sync::{Mutex, PoisonError};

/// Lengthens `buffer` to at least `n`, new elements zero.
pub(crate) fn grow(buffer: &mut Vec<f64>, n: usize) {
    if buffer.len() < n {
        buffer.resize(n, 0.0);
    }
}

/// Scratch that is handed out and given back, so that the hot path does not allocate.
#[derive(Debug, Default)]
pub(crate) struct Pool<T>(Mutex<Vec<T>>);

impl<T: Default> Pool<T> {
    pub fn take(&self) -> T {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
    pub fn give(&self, item: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }
}
