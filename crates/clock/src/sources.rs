//! Where time and randomness come from, together: what draws from both takes them as one argument.

use crate::{Clock, Entropy};

/// A clock and randomness.
#[derive(Clone, Debug)]
pub struct Sources {
    pub clock: Clock,
    pub entropy: Entropy,
}

impl Sources {
    /// Those of the system.
    #[must_use]
    pub fn system() -> Self {
        Self { clock: Clock::system(), entropy: Entropy::system() }
    }
}
