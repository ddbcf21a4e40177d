//! Why a read or a change fails: a [`Fault`], which says who can do something about it.

pub use model::fault::{Fault, Invalid};
