//! Controls and views that Azure does not have: captured mail, zones by hand, the clock, faults, behaviour, a fresh
//! start.
//!
//! They are on a listener of their own, so that nothing here is ever taken for Azure.

mod api;
mod behaviour;
mod limits;
mod pages;
mod view;
mod visitors;
mod zones;

use std::sync::Arc;

use axum::Router;

use crate::backend::Backend;

pub(crate) use self::visitors::checked;

/// The routes of the inspection endpoint.
pub(crate) fn routes() -> Router<Arc<Backend>> {
    Router::new()
        .merge(api::routes())
        .merge(behaviour::routes())
        .merge(limits::routes())
        .merge(zones::routes())
        .merge(pages::routes())
}
