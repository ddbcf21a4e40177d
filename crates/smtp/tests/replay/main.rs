//! Replays every transcript in `tests/transcripts`, each in several cuts of its input.
//!
//! `C:` is a line of the client and `S:` one of the server, both without their CRLF. `c:` and `s:` are
//! octets with escapes (`\r \n \0 \xNN`) and nothing added. `#` starts a comment, `!` says what happens
//! outside the session, `=` what must have come of it. `server.rs` and `client.rs` list the words.

#![allow(clippy::unwrap_used, reason = "a transcript that cannot be read fails the test")]

mod client;
mod server;
mod transcript;

use std::path::{Path, PathBuf};

use transcript::Transcript;

fn transcripts(side: &str) -> Vec<(String, Transcript)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(side);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        (name, Transcript::parse(&text))
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn server_transcripts_hold_however_the_input_is_cut() {
    for (name, transcript) in transcripts("server") {
        for cut in [server::Cut::Lines, server::Cut::Octets, server::Cut::Nowhere] {
            server::replay(&name, &transcript, cut);
        }
    }
}

#[test]
fn client_transcripts_hold_however_the_input_is_cut() {
    for (name, transcript) in transcripts("client") {
        for octet_by_octet in [false, true] {
            client::replay(&name, &transcript, octet_by_octet);
        }
    }
}
