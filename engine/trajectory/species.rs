//! Names of particles: what readers know, elements, and types of any name.

/// Symbols of the elements, in their order.
const ELEMENTS: &str = " H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh \
Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np \
Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og ";

/// The symbol that stands for particles that are no element: ASE has it as number 0.
pub(super) const STAND_IN: &str = "X";

/// Whether a type is called as an element is.
pub(super) fn is_element(name: &str) -> bool {
    !name.is_empty() && !name.contains(' ') && ELEMENTS.contains(&format!(" {name} "))
}

/// A name as one word: readers split lines at blanks.
pub(super) fn word(name: &str) -> String {
    if name.is_empty() { STAND_IN.to_string() } else { name.split_whitespace().collect::<Vec<_>>().join("_") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_told_from_types() {
        assert_eq!(ELEMENTS.split_whitespace().count(), 118);
        assert!(["H", "Ar", "Og", "C"].iter().all(|name| is_element(name)));
        assert!(["A", "X", "", "ar", "AR", "Ar1", "H He", " ", "e"].iter().all(|name| !is_element(name)));
    }
}
