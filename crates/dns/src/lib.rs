//! Records that are demanded and records that are shown.
