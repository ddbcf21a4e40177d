//! The engines, one of which is chosen when the store is opened. One engine more is a variant here, an arm in the macro,
//! and a way to open it in `store.rs`.

use std::sync::Arc;

use crate::sqlite::store::SqliteStore;

/// What keeps the rows and the messages.
#[derive(Clone)]
pub(crate) enum Engine {
    /// SQLite and the journal, in a data directory.
    Sqlite(Arc<SqliteStore>),
}

/// Calls a method of the open engine, or of one of its handles.
macro_rules! on_engine {
    ($engine:expr, $($handle:ident).+($($argument:expr),*).await) => {
        match &$engine {
            $crate::engine::Engine::Sqlite(sqlite) => on_engine!(sqlite; $($handle).+; $($argument),*).await,
        }
    };
    ($engine:expr, $($handle:ident).+($($argument:expr),*)) => {
        match &$engine {
            $crate::engine::Engine::Sqlite(sqlite) => on_engine!(sqlite; $($handle).+; $($argument),*),
        }
    };
    ($on:ident; $handle:ident.$method:ident; $($argument:expr),*) => { $on.$handle().$method($($argument),*) };
    ($on:ident; $method:ident; $($argument:expr),*) => { $on.$method($($argument),*) };
}

pub(crate) use on_engine;
