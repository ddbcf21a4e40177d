//! The program `postern`; everything is in the library, where tests can reach it too.

use std::process::ExitCode;

fn main() -> ExitCode {
    postern::main()
}
