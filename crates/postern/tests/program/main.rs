//! Stories of the program itself: commands against a server of its own, with a twin behind it.

#![allow(clippy::unwrap_used, reason = "a program that does not start fails the test")]

mod accounts;
mod canary;
mod import;
mod server;
