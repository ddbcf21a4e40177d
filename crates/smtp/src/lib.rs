//! SMTP as values and two state machines, without a socket, a clock or a runtime.
//!
//! Bytes go in, [`server::Step`]s or [`client::Step`]s come out. Where the outside must decide (may
//! this login pass? is this recipient known?) the session hands itself over inside a value that can
//! only be answered, so a forgotten answer does not compile. The drivers that own the socket are the
//! crates `smtp-server` and `smtp-client`.
//!
//! ```
//! use std::net::{IpAddr, Ipv4Addr};
//! use std::sync::Arc;
//!
//! use smtp::server::{Session, Settings, Step, TlsPolicy};
//!
//! let settings = Arc::new(Settings::submission("relay.example", TlsPolicy::StartTls));
//! let mut session = Session::open(settings, IpAddr::V4(Ipv4Addr::LOCALHOST));
//! session.input().extend_from_slice(b"EHLO device.example\r\nAUTH PLAIN AGEAYg==\r\n");
//! let Step::Hello(ask) = session.advance() else { panic!("somebody came") };
//! let Step::NeedsInput(mut session) = ask.accept().advance() else { panic!("there is nothing else to decide") };
//! let replies = String::from_utf8_lossy(session.pending());
//! assert!(replies.contains("250-STARTTLS"));
//! assert!(replies.contains("538 5.7.11 "), "no login in clear, whatever the client tries");
//! ```
//!
//! In reading order: [`address`] and [`path`] (who), [`reply`] (answers), [`command`] with
//! [`parameters`] and [`sasl`] (questions), [`mail_data`] (the message itself), then the two sessions.

pub mod address;
pub mod command;
pub mod extension;
mod line;
pub mod mail_data;
pub mod parameters;
pub mod path;
pub mod reply;
pub mod sasl;
pub mod xtext;

pub mod client;
pub mod server;
