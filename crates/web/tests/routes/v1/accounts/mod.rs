//! `/v1/accounts/{name}/...`.

mod domains;
mod export;
mod rotation;
