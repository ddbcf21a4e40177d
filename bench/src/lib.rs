//! Load, sinks and audits for three programs: `bench` measures, `crash` kills, `attack` attacks.
//!
//! 1. [`mail`] makes messages that can be told apart and checked, [`load`] submits them by SMTP.
//! 2. [`sink`] takes what comes out at the other end, by the Email API or by SMTP.
//! 3. [`audit`] compares the two: a run that lost or doubled mail has no rate.
//! 4. [`system`] runs the server under test as its own process, [`usage`] reads what it costs.

pub mod audit;
pub mod load;
pub mod mail;
pub mod random;
pub mod sink;
pub mod system;
pub mod usage;
pub mod watch;
