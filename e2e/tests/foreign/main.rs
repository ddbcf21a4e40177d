//! Clients we did not write, against a running server and its twin.

fn main() {}
