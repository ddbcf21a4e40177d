//! Records that are required and records that are shown.
//!
//! [`requirement`] is what Azure wants to find, [`lookup`] asks what name servers show, [`preflight`] compares the
//! two, and [`change`] says what has to be written. That is written by [`cloudflare`], by the caller of [`change`]
//! for another provider, or by a person with what [`manual`] prints. All but the asking and the writing is pure.

pub mod actual;
pub mod change;
pub mod cloudflare;
pub mod lookup;
pub mod manual;
pub mod preflight;
pub mod provider;
pub mod required;

pub use dns_records::name::{normal as normal_name, organisational};
pub use dns_records::{dmarc, record, spf, text};
