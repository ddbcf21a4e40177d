//! Azure as it is on the wire, for the product and for the twin alike.
//!
//! One file for each service; types mirror Azure's JSON field for field and keep values they do not
//! know. There is no I/O here: requests are built and replies are read elsewhere.

mod absent;
pub mod access_key;
pub mod arm;
pub mod communication;
pub mod dns_zones;
pub mod email;
pub mod email_events;
pub mod entra;
pub mod error;
pub mod event_grid;
pub mod graph;
pub mod ids;
pub mod permission;
pub mod requests;
pub mod resource_id;
pub mod storage_queue;
