//! Mail data on its way in and out: transparency dots, and nothing but CRLF line ends.
//!
//! Only `CRLF.CRLF` ends a message (RFC 5321 section 4.1.1.4). A bare CR, a bare LF or a NUL is a
//! violation wherever it stands: read one way here and another way by the next server, such a line end
//! smuggles a second message in. [`DotReader`] and [`ChunkReader`] refuse them, or repair them where an operator
//! wants that ([`LineEnds`]); [`DotWriter`] does not emit them.

mod reader;
mod repair;
#[cfg(test)]
mod tests;
mod writer;

use std::ops::Range;

pub use self::reader::{ChunkReader, DotReader};
pub use self::writer::DotWriter;

/// What a reader found at the start of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The octets in the range belong to the message. The input is used up to the range's end.
    Content(Range<usize>),
    /// Line ends were repaired on the way: the content belongs to the message, and so many octets of the input are
    /// used up.
    Repaired {
        /// Octets of the input.
        used: usize,
        /// Content, which may be empty.
        content: Vec<u8>,
    },
    /// The message is over; this many octets of the input ended it.
    End(usize),
    /// More input is needed before anything can be said.
    NeedsMore,
}

/// A sequence that no mail data may hold (RFC 5321 sections 2.3.8 and 4.1.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// CR without LF behind it.
    #[error("a bare carriage return")]
    BareCr,
    /// LF without CR before it.
    #[error("a bare line feed")]
    BareLf,
    /// The octet 0.
    #[error("a NUL")]
    Nul,
}

/// What becomes of bare CR and LF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnds {
    /// They are violations.
    #[default]
    Strict,
    /// They become CRLF and are content: still nothing but `CRLF.CRLF` ends the message.
    Repaired,
}

/// What was seen of a message while it passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Octets without transparency dots and without the end mark.
    pub octets: u64,
    /// The longest line without its CRLF, in octets.
    pub longest_line_octets: u64,
    /// Whether any octet has its highest bit set.
    pub eight_bit: bool,
    /// Line ends that were repaired.
    pub repaired_line_ends: u64,
}

/// Line lengths and bits, counted as content passes.
#[derive(Clone, Debug, Default)]
struct Lines {
    measures: Measures,
    current_octets: u64,
}

impl Lines {
    fn finish_line(&mut self, octets: u64) {
        let length = self.current_octets + octets;
        self.measures.longest_line_octets = self.measures.longest_line_octets.max(length);
        self.current_octets = 0;
    }

    fn count(&mut self, content: &[u8]) {
        self.measures.octets += content.len() as u64;
        self.measures.eight_bit |= !content.is_ascii();
    }
}

enum LineEnd {
    /// CRLF; the next line starts here.
    Finished(usize),
    /// A CR at this position is the last octet of the input.
    Unfinished(usize),
}

/// Finds the end of the line that starts at `from`.
fn find_line_end(input: &[u8], from: usize) -> Result<Option<LineEnd>, Violation> {
    let Some(offset) = memchr::memchr3(b'\r', b'\n', 0, &input[from..]) else { return Ok(None) };
    let position = from + offset;
    match (input[position], input.get(position + 1)) {
        (b'\r', Some(b'\n')) => Ok(Some(LineEnd::Finished(position + 2))),
        (b'\r', None) => Ok(Some(LineEnd::Unfinished(position))),
        (b'\r', Some(_)) => Err(Violation::BareCr),
        (b'\n', _) => Err(Violation::BareLf),
        _ => Err(Violation::Nul),
    }
}
