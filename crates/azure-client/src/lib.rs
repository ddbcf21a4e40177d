//! Speaks to Azure.
//!
//! [`Http`] is the connection pool of one account, with what it trusts. [`credential`] has the ways for an app
//! to prove itself, [`entra`] gets tokens and [`TokenSource`] keeps one fresh, [`bearer`]
//! checks those that clients bring; [`email`] sends and asks how a
//! send stands. [`arm`] and [`graph`] are for what is done about mail.
//!
//! Nothing retries a send on its own: a queue that keeps to a quota has to know of every request. Resource
//! Manager and Graph are asked again when they say that they are busy.

pub mod account;
pub mod arm;
pub mod bearer;
pub mod credential;
pub mod email;
pub mod entra;
mod failure;
pub mod fault;
mod gate;
pub mod graph;
pub mod hook;
mod http;
mod management;
mod reply;
mod segment;
pub mod storage_queue;
mod token_source;

pub use entra::Token;
pub use failure::{Answered, RequestFailure, RequestIds, one_line};
pub use gate::{Gate, Gates};
pub use http::{Authorization, Http, HttpError, Probe};
pub use segment::segment;
pub use token_source::TokenSource;
