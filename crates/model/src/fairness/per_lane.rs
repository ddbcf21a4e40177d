//! A value for each lane.

use std::ops::{Index, IndexMut};

use crate::credential::Lane;

/// A value for each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerLane<T>([T; Lane::ALL.len()]);

impl<T> PerLane<T> {
    /// The value that `of` gives for each lane.
    pub fn from_fn(mut of: impl FnMut(Lane) -> T) -> Self {
        Self(Lane::ALL.map(&mut of))
    }

    /// The value that `of` gives for each lane; the first error ends it.
    ///
    /// # Errors
    /// Those of `of`.
    pub fn try_from_fn<E>(mut of: impl FnMut(Lane) -> Result<T, E>) -> Result<Self, E>
    where
        T: Default,
    {
        let mut all = Self(Lane::ALL.map(|_| T::default()));
        for lane in Lane::ALL {
            all[lane] = of(lane)?;
        }
        Ok(all)
    }

    /// The values, that of the most urgent lane first.
    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter()
    }

    /// All lanes with their values, the most urgent first.
    pub fn iter(&self) -> impl Iterator<Item = (Lane, &T)> {
        Lane::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Index<Lane> for PerLane<T> {
    type Output = T;

    fn index(&self, lane: Lane) -> &T {
        &self.0[lane as usize]
    }
}

impl<T> IndexMut<Lane> for PerLane<T> {
    fn index_mut(&mut self, lane: Lane) -> &mut T {
        &mut self.0[lane as usize]
    }
}
