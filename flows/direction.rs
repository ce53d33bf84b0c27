//! The two ways in which a bijection is applied.

/// Which way a flow, or one of its layers, is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// x = f(z), with ln|det dx/dz|.
    Forward,
    /// z = f^-1(x), with ln|det dz/dx|.
    Inverse,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Forward => Self::Inverse,
            Self::Inverse => Self::Forward,
        }
    }
}
