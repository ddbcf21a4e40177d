//! Messages that are hard to read.

use super::{Bomb, Kind};

/// The sizes keep the double within the limit of a header section, 256 KiB, unless the name says otherwise.
pub(super) const BOMBS: &[Bomb] = &[
    Bomb {
        name: "header fields",
        kind: Kind::Message,
        count: 16_000,
        make: |n| fields(n, |_| "X: y\r\n".into()),
    },
    Bomb {
        name: "a million header fields",
        kind: Kind::Message,
        count: 500_000,
        make: |n| fields(n, |_| "X: y\r\n".into()),
    },
    Bomb {
        name: "Sender fields",
        kind: Kind::Message,
        count: 3_500,
        make: |n| fields(n, |_| "Sender: \"x\"@contoso.example\r\n".into()),
    },
    Bomb { name: "a header line", kind: Kind::Message, count: 100_000, make: |n| field(&"x".repeat(n)) },
    Bomb {
        name: "a header line of a megabyte",
        kind: Kind::Message,
        count: 1 << 20,
        make: |n| field(&"x".repeat(n)),
    },
    Bomb { name: "folds", kind: Kind::Message, count: 25_000, make: |n| field(&"x\r\n ".repeat(n)) },
    Bomb {
        name: "encoded words",
        kind: Kind::Message,
        count: 7_000,
        make: |n| subject(&"=?utf-8?q?=C3=A4?= ".repeat(n)),
    },
    Bomb {
        name: "beginnings of encoded words",
        kind: Kind::Message,
        count: 20_000,
        make: |n| subject(&"=?a?q?".repeat(n)),
    },
    Bomb {
        name: "comments in comments",
        kind: Kind::Message,
        count: 50_000,
        make: |n| to(&format!("{}x{} a@b.example", "(".repeat(n), ")".repeat(n))),
    },
    Bomb {
        name: "addresses",
        kind: Kind::Message,
        count: 6_000,
        make: |n| to(&list(n, |number| format!("{number}@b.example"), ",\r\n ")),
    },
    Bomb { name: "groups", kind: Kind::Message, count: 20_000, make: |n| to(&"a:".repeat(n)) },
    Bomb { name: "angle brackets", kind: Kind::Message, count: 50_000, make: |n| to(&"<".repeat(n)) },
    Bomb {
        name: "quoted pairs",
        kind: Kind::Message,
        count: 50_000,
        make: |n| to(&format!("\"{}\" <a@b.example>", "\\\"".repeat(n))),
    },
    Bomb {
        name: "References",
        kind: Kind::Message,
        count: 8_000,
        make: |n| fields(1, |_| format!("References: {}\r\n", "<a@b.c>\r\n ".repeat(n))),
    },
    Bomb { name: "RFC 2231 continuations", kind: Kind::Message, count: 6_000, make: continuations },
    Bomb {
        name: "parameters",
        kind: Kind::Message,
        count: 12_000,
        make: |n| fields(1, |_| format!("Content-Type: text/plain{}\r\n", "; a=b".repeat(n))),
    },
    Bomb { name: "parts in parts", kind: Kind::Message, count: 20_000, make: nested },
    Bomb { name: "parts in one multipart", kind: Kind::Message, count: 50_000, make: flat },
    Bomb { name: "half a boundary", kind: Kind::Message, count: 400_000, make: half_boundaries },
    Bomb { name: "base64", kind: Kind::Message, count: 1 << 20, make: |n| encoded("base64", &wrapped(n)) },
    Bomb {
        name: "soft line breaks",
        kind: Kind::Message,
        count: 200_000,
        make: |n| encoded("quoted-printable", &"=\r\n".repeat(n)),
    },
    Bomb {
        name: "escapes",
        kind: Kind::Message,
        count: 500_000,
        make: |n| encoded("quoted-printable", &"=41=42\r\n".repeat(n / 8)),
    },
    Bomb { name: "dots", kind: Kind::Message, count: 200_000, make: |n| body(&"..\r\n".repeat(n)) },
    Bomb {
        name: "empty lines in the body",
        kind: Kind::Message,
        count: 500_000,
        make: |n| body(&"\r\n".repeat(n)),
    },
    Bomb { name: "a line of the body", kind: Kind::Message, count: 1 << 20, make: |n| body(&"x".repeat(n)) },
    Bomb { name: "bare line feeds", kind: Kind::Repaired, count: 500_000, make: |n| body(&"\n".repeat(n)) },
    Bomb {
        name: "bare carriage returns",
        kind: Kind::Repaired,
        count: 500_000,
        make: |n| body(&format!("{}x", "\r".repeat(n))),
    },
];

fn fields(count: usize, one: impl Fn(usize) -> String) -> Vec<u8> {
    let fields: String = (0..count).map(one).collect();
    format!("{fields}\r\nx\r\n").into_bytes()
}

fn field(body: &str) -> Vec<u8> {
    fields(1, |_| format!("X: {body}\r\n"))
}

fn subject(text: &str) -> Vec<u8> {
    fields(1, |_| format!("Subject: {text}\r\n"))
}

fn to(addresses: &str) -> Vec<u8> {
    fields(1, |_| format!("To: {addresses}\r\n"))
}

fn list(count: usize, one: impl Fn(usize) -> String, between: &str) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(between)
}

fn body(text: &str) -> Vec<u8> {
    format!("\r\n{text}").into_bytes()
}

fn encoded(encoding: &str, text: &str) -> Vec<u8> {
    format!(
        "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{text}"
    )
    .into_bytes()
}

/// Base64 in lines of 76.
fn wrapped(bytes: usize) -> String {
    format!("{}\r\n", "QUJD".repeat(19)).repeat(bytes / 78)
}

fn continuations(count: usize) -> Vec<u8> {
    let name = list(count, |number| format!(" filename*{number}=a"), ";\r\n");
    fields(1, |_| {
        format!(
            "MIME-Version: 1.0\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment;\r\n{name}\r\n"
        )
    })
}

fn nested(depth: usize) -> Vec<u8> {
    let mut text = String::from("MIME-Version: 1.0\r\n");
    for level in 0..depth {
        text.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
    }
    text.push_str("\r\nx\r\n");
    text.into_bytes()
}

fn flat(count: usize) -> Vec<u8> {
    let parts = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(count);
    format!("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n")
        .into_bytes()
}

fn half_boundaries(count: usize) -> Vec<u8> {
    let boundary = "b".repeat(70);
    let lines = format!("--{}\r\n", &boundary[..69]).repeat(count / 10);
    format!("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary={boundary}\r\n\r\n{lines}")
        .into_bytes()
}
