//! Every route of the management API, asked over its socket: one file for each resource, under the route's path.

#![allow(clippy::unwrap_used, reason = "an app that does not come up fails the test")]

mod app;
mod audited;
mod azure;
mod contract;
mod health;
mod metrics;
mod v1;
