//! Floods of commands, and commands without end.

use super::{Bomb, Kind};

pub(super) const BOMBS: &[Bomb] = &[
    Bomb { name: "recipients", kind: Kind::InTransaction, count: 50_000, make: recipients },
    Bomb { name: "EHLO", kind: Kind::Commands, count: 50_000, make: |n| b"EHLO [127.0.0.1]\r\n".repeat(n) },
    Bomb { name: "NOOP", kind: Kind::Commands, count: 50_000, make: |n| b"NOOP\r\n".repeat(n) },
    Bomb { name: "RSET", kind: Kind::Commands, count: 50_000, make: |n| b"RSET\r\n".repeat(n) },
    Bomb {
        name: "MAIL and RSET",
        kind: Kind::Commands,
        count: 50_000,
        make: |n| b"MAIL FROM:<>\r\nRSET\r\n".repeat(n),
    },
    Bomb { name: "unknown commands", kind: Kind::Commands, count: 50_000, make: |n| b"WHAT\r\n".repeat(n) },
    Bomb { name: "empty lines", kind: Kind::Commands, count: 100_000, make: |n| b"\r\n".repeat(n) },
    Bomb { name: "a command without end", kind: Kind::Commands, count: 1 << 20, make: |n| vec![b'A'; n] },
    Bomb {
        name: "chunks of nothing",
        kind: Kind::InTransaction,
        count: 50_000,
        make: |n| b"BDAT 0\r\n".repeat(n),
    },
    Bomb {
        name: "chunks of one byte",
        kind: Kind::InTransaction,
        count: 50_000,
        make: |n| b"BDAT 1\r\nx".repeat(n),
    },
    Bomb { name: "a chunk too large", kind: Kind::InTransaction, count: 1 << 40, make: chunk_too_large },
    Bomb {
        name: "AUTH of a megabyte",
        kind: Kind::BeforeLogin,
        count: 1 << 20,
        make: |n| login(b"AUTH PLAIN ", n),
    },
    Bomb {
        name: "an answer of a megabyte",
        kind: Kind::BeforeLogin,
        count: 1 << 20,
        make: |n| login(b"AUTH LOGIN\r\n", n),
    },
    Bomb {
        name: "logins called off",
        kind: Kind::BeforeLogin,
        count: 20_000,
        make: |n| b"AUTH LOGIN\r\n*\r\n".repeat(n),
    },
];

fn recipients(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| format!("RCPT TO:<{number}@sink.example>\r\n").into_bytes()).collect()
}

fn chunk_too_large(bytes: usize) -> Vec<u8> {
    format!("BDAT {bytes} LAST\r\nx").into_bytes()
}

fn login(begin: &[u8], bytes: usize) -> Vec<u8> {
    [begin, &vec![b'A'; bytes]].concat()
}
