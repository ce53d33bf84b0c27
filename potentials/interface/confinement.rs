//! What holds particles in open space: whether exp(-U / kT) has a finite integral over their positions.

/// What a term does as particles that it acts on go far away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Its energy stays bounded: nothing is held.
    Nothing,
    /// Its energy grows without bound with the distances of its particles from each other.
    Together,
    /// Its energy grows without bound with the distance of each of its particles from a place.
    InPlace,
}

/// A record of which particles terms hold together, and which they hold in place, in open space.
#[derive(Clone, Debug)]
pub struct Holds {
    /// A forest: the root of each tree stands for its group. The last node is the place.
    parents: Vec<usize>,
}

impl Holds {
    /// `n` particles that nothing holds.
    pub(crate) fn none(n: usize) -> Self {
        Self { parents: (0..=n).collect() }
    }

    /// Notes that a term holds `particles` in this way.
    pub fn add(&mut self, hold: Hold, particles: &[usize]) {
        let Some(&first) = particles.first() else { return };
        match hold {
            Hold::Nothing => {}
            Hold::Together => particles.iter().for_each(|&i| self.join(first, i)),
            Hold::InPlace => {
                let place = self.parents.len() - 1;
                particles.iter().for_each(|&i| self.join(place, i));
            }
        }
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        // The place stays a root: its number is the largest.
        self.parents[a.min(b)] = a.max(b);
    }

    fn root(&mut self, mut i: usize) -> usize {
        while self.parents[i] != i {
            self.parents[i] = self.parents[self.parents[i]];
            i = self.parents[i];
        }
        i
    }

    /// What is held, and what is not.
    pub(crate) fn confinement(mut self) -> Confinement {
        let n = self.parents.len() - 1;
        let roots: Vec<usize> = (0..n).map(|i| self.root(i)).collect();
        let loose: Vec<usize> = (0..n).filter(|&i| roots[i] != n).collect();
        match loose.first() {
            None => Confinement::Confined,
            Some(&first) if n > 1 && loose.len() == n && roots.iter().all(|&root| root == roots[first]) => Confinement::Drifts,
            Some(_) => Confinement::Escapes(loose),
        }
    }

    /// Whether any particle is held in place.
    pub(crate) fn any_in_place(mut self) -> bool {
        let n = self.parents.len() - 1;
        (0..n).any(|i| self.root(i) == n)
    }
}

/// What the terms of a potential hold in open space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confinement {
    /// Every particle, in place.
    Confined,
    /// All particles together, but the whole nowhere: its centre has no equilibrium, distances have one.
    Drifts,
    /// Not these particles: exp(-U / kT) has no finite integral, even over distances, and there is no equilibrium.
    Escapes(Vec<usize>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_those_that_are_joined() {
        let held = |holds: &[(Hold, &[usize])]| {
            let mut all = Holds::none(4);
            holds.iter().for_each(|(hold, particles)| all.add(*hold, particles));
            all.confinement()
        };
        use Hold::{InPlace, Nothing, Together};
        assert_eq!(held(&[]), Confinement::Escapes(vec![0, 1, 2, 3]));
        assert_eq!(held(&[(Together, &[0, 1, 2, 3])]), Confinement::Drifts);
        assert_eq!(held(&[(Together, &[3, 2]), (Together, &[0, 1]), (Together, &[1, 3])]), Confinement::Drifts);
        assert_eq!(held(&[(Together, &[3, 2]), (Together, &[0, 1]), (InPlace, &[2])]), Confinement::Escapes(vec![0, 1]));
        assert_eq!(held(&[(Together, &[3, 2]), (Together, &[0, 1]), (InPlace, &[2, 0])]), Confinement::Confined);
        assert_eq!(held(&[(Nothing, &[0, 1]), (InPlace, &[0, 2, 3])]), Confinement::Escapes(vec![1]));
        assert_eq!(Holds::none(1).confinement(), Confinement::Escapes(vec![0]));
    }
}
