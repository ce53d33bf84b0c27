//! Names and shapes of the numbers that a layer is made of, as a weights file holds them.

/// One array of numbers of a layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NamedTensor {
    /// Its name within the layer.
    pub name: String,
    /// Its sizes; numbers are row-major.
    pub shape: Vec<usize>,
    /// Whether it is among the trained parameters; else it is set from data and the layer holds it.
    pub trained: bool,
}

impl NamedTensor {
    /// Numbers that are trained.
    pub fn trained(name: impl Into<String>, shape: &[usize]) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), trained: true }
    }

    /// Numbers that are set from data.
    pub fn fixed(name: impl Into<String>, shape: &[usize]) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), trained: false }
    }

    /// How many numbers it has.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The same as part of something that has this name.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.name = format!("{outer}.{}", self.name);
        self
    }
}

/// Why numbers that were read cannot be those of a layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unfit {
    /// The name of the tensor within the layer.
    pub tensor: String,
    /// What is there.
    pub found: String,
    /// What would do.
    pub expected: String,
}
