//! Levers and windows that Azure does not have: captured mail, zones by hand, the clock, faults, a fresh
//! start.
//!
//! They are on a listener of their own, so that nothing here is ever taken for Azure.

mod api;
mod pages;
mod view;
mod zones;

use std::sync::Arc;

use axum::Router;

use crate::state::State;

/// The routes of the inspection door.
pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new().merge(api::routes()).merge(zones::routes()).merge(pages::routes())
}
