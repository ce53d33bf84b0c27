//! Pairs that do not interact.

/// For each particle the particles it does not interact with, sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exclusions {
    /// Empty where no pair is excluded.
    of: Vec<Vec<u32>>,
}

impl Exclusions {
    pub(crate) fn new(n: usize, pairs: &[(usize, usize)]) -> Self {
        if pairs.is_empty() {
            return Self::default();
        }
        let mut of = vec![Vec::new(); n];
        for &(a, b) in pairs {
            of[a].push(b as u32);
            of[b].push(a as u32);
        }
        for list in &mut of {
            list.sort_unstable();
            list.dedup();
        }
        Self { of }
    }

    /// The partners of particle `i`.
    #[inline]
    pub(crate) fn of(&self, i: usize) -> &[u32] {
        self.of.get(i).map_or(&[], Vec::as_slice)
    }
}
