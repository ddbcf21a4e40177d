//! In what order waiting mail leaves: which lane, and whose mail within it. Pure.
//!
//! 1. [`shares`] gives each lane its part of the sends that may start, so that none waits for another to be empty.
//! 2. [`turns`] numbers the mail of a lane, so that a sender with one message does not wait for one with thousands.
//!
//! The store claims by these, and a forecast foresees by them.

mod per_lane;
mod shares;
mod turns;

pub use self::per_lane::PerLane;
pub use self::shares::LaneShares;
pub use self::turns::{Flow, Turns};
