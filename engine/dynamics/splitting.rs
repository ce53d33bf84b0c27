//! Splittings of Langevin dynamics into exactly solvable parts.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The order of the parts of a step, as letters:
///
/// - A: x += h p / m (drift),
/// - B: p += h f(x) (kick),
/// - O: p = e^(-gamma h) p + sqrt((1 - e^(-2 gamma h)) m kT) xi (Ornstein-Uhlenbeck),
///
/// where h is the time step divided by how often the letter occurs. "BAB" is velocity Verlet, "BAOAB" that of Leimkuhler and
/// Matthews, "OBABO" that of Bussi and Parrinello.
///
/// Source: Leimkuhler and Matthews, Appl. Math. Res. Express 2013 (2013) 34; Bussi and Parrinello, Phys. Rev. E 75 (2007) 056707.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Splitting(String);

impl Splitting {
    /// Reads the letters.
    ///
    /// # Errors
    /// A text that says what would do, which letter does not, or which needed one is missing.
    pub fn new(letters: &str) -> Result<Self, String> {
        if let Some(other) = letters.chars().find(|c| !"ABO".contains(*c)) {
            return Err(format!("the letters A (drift), B (kick) and O (friction and noise) alone, without `{other}`"));
        }
        for needed in ['A', 'B'] {
            if !letters.contains(needed) {
                return Err(format!("at least one A (drift) and one B (kick); there is no {needed}"));
            }
        }
        Ok(Self(letters.to_string()))
    }

    /// The letters.
    pub fn letters(&self) -> &str {
        &self.0
    }

    /// Whether the letters read the same backwards: what makes a step reversible.
    pub fn is_palindrome(&self) -> bool {
        self.0.bytes().eq(self.0.bytes().rev())
    }

    /// Whether there is friction and noise.
    pub fn has_noise(&self) -> bool {
        self.0.contains('O')
    }
}

impl TryFrom<String> for Splitting {
    type Error = String;
    fn try_from(letters: String) -> Result<Self, String> {
        Self::new(&letters)
    }
}

impl From<Splitting> for String {
    fn from(splitting: Splitting) -> String {
        splitting.0
    }
}

impl fmt::Debug for Splitting {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_letters() {
        assert!(Splitting::new("OBABO").unwrap().is_palindrome());
        assert!(!Splitting::new("OBAB").unwrap().is_palindrome());
        assert!(!Splitting::new("BAB").unwrap().has_noise());
        assert!(Splitting::new("BAXAB").unwrap_err().contains("`X`"));
        assert!(Splitting::new("BOB").unwrap_err().contains("no A"));
        assert!(Splitting::new("").unwrap_err().contains("no A"));
    }
}
