//! `/v1/accounts/{name}/estate`: what an account is to have, plans, and the progress of an apply.

pub mod adopted;
pub mod manifest;
pub mod plan;
pub mod progress;
