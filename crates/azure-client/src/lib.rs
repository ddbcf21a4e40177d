//! Speaks to Azure.
//!
//! [`Http`] is the connection pool of one account, with what it trusts. [`entra`] gets tokens and
//! [`TokenSource`] keeps one fresh; [`email`] sends and asks how a send stands. Nothing here retries on
//! its own: a queue that keeps to a quota has to know of every request.

pub mod email;
pub mod entra;
mod failure;
mod http;
mod token_source;

pub use failure::{Answered, Failure};
pub use http::{Authorization, Http, HttpError};
pub use token_source::{Token, TokenSource};
