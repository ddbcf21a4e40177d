//! The program `postern`; everything is in the library, where tests can reach it too.

use std::process::ExitCode;

// The system's allocator keeps the 19 MiB of every password check once for each of its arenas.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    postern::main()
}
