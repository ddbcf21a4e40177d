//! `/v1/accounts/{name}/infrastructure`: the desired state of an account, plans, and the progress of an apply.

pub mod adopted;
pub mod manifest;
pub mod plan;
pub mod progress;
