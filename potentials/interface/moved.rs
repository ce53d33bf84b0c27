//! Which particles of a configuration go elsewhere.

/// A particle that goes to another place, all others that are not named beside it staying where they are.
///
/// Energies ask for a slice of them: each particle once, in increasing order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// Its number, counted from 0.
    pub particle: usize,
    /// Where it goes; components beyond the dimension are 0.
    pub to: [f64; 3],
}

impl Moved {
    /// Whether `moved` names each particle once, in increasing order.
    pub(crate) fn are_in_order(moved: &[Self]) -> bool {
        moved.windows(2).all(|pair| pair[0].particle < pair[1].particle)
    }

    /// Where particle `i` is afterwards, if it is one of `moved`.
    #[inline(always)]
    pub(crate) fn place_of(moved: &[Self], i: usize) -> Option<[f64; 3]> {
        // Few are looked through faster than they are halved.
        if moved.len() <= 8 {
            let mut place = None;
            for one in moved {
                if one.particle == i {
                    place = Some(one.to);
                }
            }
            return place;
        }
        moved.binary_search_by_key(&i, |one| one.particle).ok().map(|k| moved[k].to)
    }
}
