//! What clients were refused, and why.

mod message_id;

pub(crate) use self::message_id::message_id_in;
