//! Records as values, without anything that asks or writes: [`record`] and its [`text`], [`name`]s, and what [`spf`]
//! and [`dmarc`] records say. Everything here is fed by strangers' zones, so each has a fuzz target.

pub mod dmarc;
pub mod name;
pub mod record;
pub mod spf;
pub mod text;
