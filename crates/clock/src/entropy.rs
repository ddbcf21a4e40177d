//! Randomness, handed to everything that needs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Gives out random bytes: the system's, or a sequence that a test can repeat.
#[derive(Clone, Debug)]
pub struct Entropy(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Repeatable(Arc<AtomicU64>),
}

impl Entropy {
    /// The system's randomness.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The same bytes in every run that starts with the same seed. Not for secrets.
    #[must_use]
    pub fn repeatable(seed: u64) -> Self {
        Self(Source::Repeatable(Arc::new(AtomicU64::new(seed))))
    }

    /// Random bytes.
    ///
    /// # Panics
    /// When the system has no randomness, without which nothing that has to be unguessable can go on.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => getrandom::fill(&mut bytes).expect("the system gives randomness"),
            Source::Repeatable(state) => {
                for chunk in bytes.chunks_mut(8) {
                    let number = mix(state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed));
                    chunk.copy_from_slice(&number.to_le_bytes()[..chunk.len()]);
                }
            }
        }
        bytes
    }

    /// A fraction from 0 up to, but not including, 1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        let number = u32::from_le_bytes(self.bytes());
        f64::from(number) / (f64::from(u32::MAX) + 1.0)
    }
}

/// SplitMix64's finisher: neighbours come out far apart.
fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_goes_on() {
        let (one, two) = (Entropy::repeatable(7), Entropy::repeatable(7));
        let first: [u8; 20] = one.bytes();
        assert_eq!(first, two.bytes::<20>());
        assert_ne!(first, one.bytes::<20>());
        assert!((0..1_000).all(|_| (0.0..1.0).contains(&one.fraction())));
    }
}
