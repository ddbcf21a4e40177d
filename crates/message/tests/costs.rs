//! What long fields cost: twice the length, at most about twice the work. Where something grows with the square, a
//! header of a megabyte keeps a worker for minutes.

use std::time::{Duration, Instant};

use message::header::{self, Field};
use message::{author, parts, seven_bit, submission};

/// Octets of the shorter message.
const LENGTH: usize = 20_000;

/// Pieces that, repeated, once cost the square of their number, or could.
const PIECES: [&str; 8] =
    ["=?utf-8?q?a?= ", "=?a?b ", "=?", "a@b.example,", "A <a@b.example>, ", "(a) ", "\"a\" ", "a:;"];

const NAMES: [&str; 6] =
    ["Subject: ", "From: ", "To: ", "Content-Type: text/plain; ", "Content-ID: <", "X-Custom: "];

fn message(name: &str, piece: &str, length: usize) -> Vec<u8> {
    let start = if name == "From: " { "" } else { "From: a@b.example\r\n" };
    let body = piece.repeat(length / piece.len());
    // What begins strangely may still end as an author.
    let end = if name == "From: " { " <a@b.example>" } else { "" };
    format!("{start}{name}{body}{end}\r\n\r\nhello\r\n").into_bytes()
}

/// Everything that a message goes through between DATA and an attempt.
fn work(message: &[u8]) {
    let (head, _) = header::split(message);
    let fields: Vec<Field<'_>> = header::fields(head).map_while(Result::ok).collect();
    for field in &fields {
        let _ = (field.decoded(), author::addresses(field));
    }
    let froms = submission::author_fields(head);
    let _ = (author::read(&froms), author::display_name(&froms));
    let _ = author::repair(&froms, |text| text.contains('@'), |_| None);
    let _ = submission::inspect(head);
    let _ = parts::read(message);
    let _ = seven_bit::encode(message, seven_bit::Takes::EightBitBodies);
}

/// The shortest of some runs: other programs can only add to one.
fn cost(message: &[u8]) -> Duration {
    let run = || {
        let start = Instant::now();
        work(message);
        start.elapsed()
    };
    (0..2).map(|_| run()).min().unwrap_or_default()
}

#[test]
fn twice_the_length_is_not_four_times_the_work() {
    let mut dear = Vec::new();
    for name in NAMES {
        for piece in PIECES {
            let is_dear = || {
                let once = cost(&message(name, piece, LENGTH));
                let twice = cost(&message(name, piece, 2 * LENGTH));
                (twice > once * 3 && twice > Duration::from_millis(60)).then_some((once, twice))
            };
            // Only what is dear every time is.
            let times: Option<Vec<_>> = (0..3).map(|_| is_dear()).collect();
            dear.extend(times.map(|times| (name, piece, times)));
        }
    }
    assert!(dear.is_empty(), "{dear:#?}");
}
