//! Internet messages (RFC 5322, RFC 2045 and their kin) as bytes in and bytes or parts out.
//!
//! [`header`] reads a header section without changing it; [`author`] tells whom a message is from;
//! [`submission`] makes the few changes that RFC 6409 section 8 allows; [`parts`] tells whether a message
//! can be said in other words than its own; [`seven_bit`] re-encodes one for a server without 8BITMIME;
//! [`compose`] writes plain messages of our own and [`notification`] a DSN.

pub mod address;
pub mod author;
mod charset;
pub mod compose;
pub mod date;
pub mod header;
mod mime;
pub mod notification;
pub mod parts;
pub mod seven_bit;
pub mod submission;
mod words;
