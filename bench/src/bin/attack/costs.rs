//! Costs of reading: a message of twice the length is read in about twice the time. Where something grows with the
//! square, a header field of a megabyte keeps a worker for minutes.
//!
//! The server's own readers are called here, without a server around them: what one pass costs is too little to be
//! seen beside everything else that a server does.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bench::random::Random;
use message::address::AddressList;
use message::header::{self, Field};
use message::{author, parts, seven_bit, submission};
use rustix::time::{ClockId, clock_gettime};

use crate::Plan;
use crate::verdict::{AttackResult, Ledger};

/// Pieces that, repeated, once cost the square of their number, or could.
const PIECES: [&str; 8] =
    ["=?utf-8?q?a?= ", "=?a?b ", "=?", "a@b.example,", "A <a@b.example>, ", "(a) ", "\"a\" ", "a:;"];
/// Where they stand.
const FIELDS: [&str; 6] =
    ["Subject: ", "From: ", "To: ", "Content-Type: text/plain; ", "Content-ID: <", "X-Custom: "];

/// Bytes of the shorter message: as much as fits twice into the limit of a header section, 256 KiB.
const LENGTH: usize = 120_000;
/// How much more the double length may cost. Twice would be in proportion, four times is a square.
const RATIO: u32 = 3;
/// Processor time that proves nothing: caches, and the first use of memory.
const NOISE: Duration = Duration::from_millis(5);
/// Only what is dear every time is.
const RETRIES: usize = 3;
/// The short form reads one shape in so many.
const SHARE: usize = 4;

/// A field, and what it is filled with.
type Shape = (&'static str, &'static str);

/// What a shape cost in the short and the long form.
type Times = (Duration, Duration);

/// Reads all shapes, or some of them that the seed chooses.
pub(crate) fn run(plan: &Plan, ledger: &mut Ledger) {
    const NAME: &str = "costs of reading";
    if !plan.wants(NAME) {
        return;
    }
    let mut shapes: Vec<Shape> =
        FIELDS.into_iter().flat_map(|field| PIECES.map(|piece| (field, piece))).collect();
    Random::new(plan.seed).shuffle(&mut shapes);
    shapes.truncate(plan.choose(shapes.len().div_ceil(SHARE), shapes.len()));
    let mut verdict = AttackResult::new(NAME);
    let mut dearest: (Duration, Shape) = (Duration::ZERO, shapes[0]);
    for shape in shapes.iter().copied().take_while(|_| Instant::now() < plan.end) {
        verdict.tried += 1;
        let times = measured(shape);
        dearest = dearest.max((times.1, shape));
        let (field, piece) = shape;
        verdict.expect(!is_dear(times), || {
            format!("{field}{piece:?}, repeated: {} ms, {} ms for twice as many", ms(times.0), ms(times.1))
        });
    }
    let (time, (field, piece)) = dearest;
    verdict.note = format!("at most {} ms for {} bytes ({field}{piece:?}, repeated)", ms(time), 2 * LENGTH);
    ledger.enter(verdict);
}

/// What a shape costs: the first proportion that is in order, else the last one.
fn measured((field, piece): Shape) -> Times {
    let [once, twice] = [LENGTH, 2 * LENGTH].map(|length| message(field, piece, length));
    let mut times = (cost(&once), cost(&twice));
    for _ in 1..RETRIES {
        if is_dear(times) {
            times = (cost(&once), cost(&twice));
        }
    }
    times
}

fn is_dear((once, twice): Times) -> bool {
    twice > once * RATIO + NOISE
}

fn ms(time: Duration) -> u128 {
    time.as_millis()
}

fn message(field: &str, piece: &str, length: usize) -> Vec<u8> {
    let body = piece.repeat(length / piece.len());
    // What begins strangely may still end as an author.
    let (before, after) = match field {
        "From: " => ("", " <a@b.example>"),
        _ => ("From: a@b.example\r\n", ""),
    };
    format!("{before}{field}{body}{after}\r\n\r\nhello\r\n").into_bytes()
}

/// Processor time of one reading. That of this thread: what other programs do at the same time is not in it.
fn cost(message: &[u8]) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap_or_default()
    };
    let start = now();
    read(message);
    now().saturating_sub(start)
}

/// Everything that a message goes through between DATA and an attempt.
fn read(message: &[u8]) {
    let (head, _) = header::split(message);
    let fields: Vec<Field<'_>> = header::fields(head).map_while(Result::ok).collect();
    for field in &fields {
        black_box((field.decoded(), AddressList::read(field).is_ok()));
    }
    let froms = submission::author_fields(head);
    black_box((author::read(&froms).is_ok(), author::display_name(&froms)));
    black_box(author::repair(&froms, |text| text.contains('@'), |_| None));
    black_box((submission::inspect(head).is_ok(), parts::read(message)));
    black_box(seven_bit::encode(message, seven_bit::Takes::EightBitBodies));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_dear_and_a_proportion_is_not() {
        let ms = Duration::from_millis;
        for (once, twice, is) in [(100, 400, true), (100, 205, false), (1, 4, false), (10, 36, true)] {
            assert_eq!(is_dear((ms(once), ms(twice))), is, "{once} {twice}");
        }
    }

    #[test]
    fn shapes_are_as_long_as_they_should_be_and_end_as_authors() {
        let text = String::from_utf8(message("From: ", "(a) ", 400)).unwrap();
        assert!(text.starts_with("From: (a) (a) ") && text.contains(" <a@b.example>\r\n\r\n"), "{text}");
        assert!((400..450).contains(&text.len()), "{}", text.len());
        read(text.as_bytes());
    }
}
