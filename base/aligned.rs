//! Memory that begins where registers like it to.

use std::ops::{Deref, DerefMut};

/// Bytes of a line of cache, and of the widest register: a load that crosses two lines costs two.
const LINE: usize = 64;

/// Numbers in memory whose first one is at the start of a line of cache: a fixed-size `Vec<f64>` otherwise.
#[derive(Debug)]
pub struct Aligned {
    storage: Vec<f64>,
    from: usize,
    len: usize,
}

impl Aligned {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let storage = vec![0.0; len + LINE / size_of::<f64>()];
        // The allocator aligns to the number at least, so the offset is a whole number of numbers.
        let from = storage.as_ptr().align_offset(LINE).min(LINE / size_of::<f64>());
        Self { storage, from, len }
    }
}

impl Deref for Aligned {
    type Target = [f64];
    #[inline(always)]
    fn deref(&self) -> &[f64] {
        &self.storage[self.from..self.from + self.len]
    }
}

impl DerefMut for Aligned {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.storage[self.from..self.from + self.len]
    }
}

impl Clone for Aligned {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

/// Three components of four vectors, at the start of half a line of cache.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(32))]
pub struct Quads<T>(pub [[T; 4]; 3]);

impl<T> Deref for Quads<T> {
    type Target = [[T; 4]; 3];
    #[inline(always)]
    fn deref(&self) -> &[[T; 4]; 3] {
        &self.0
    }
}

impl<T> DerefMut for Quads<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [[T; 4]; 3] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_at_a_line() {
        for len in [0, 1, 7, 64, 1000] {
            let mut numbers = Aligned::zeros(len);
            numbers.iter_mut().enumerate().for_each(|(k, v)| *v = k as f64);
            let copy = numbers.clone();
            assert_eq!((numbers.as_ptr() as usize % LINE, copy.as_ptr() as usize % LINE), (0, 0));
            assert_eq!((numbers.len(), &numbers[..]), (len, &copy[..]));
        }
    }
}
