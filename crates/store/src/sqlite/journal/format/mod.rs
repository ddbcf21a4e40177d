//! The journal's format: bytes alone, without files.
//!
//! A segment is a row of [`record`]s, each with an [`envelope`]. Both are public because both read what a disk may have
//! damaged: the fuzz targets give them any bytes, and a file system is of no use to that.

pub mod envelope;
pub mod record;
