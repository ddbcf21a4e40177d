//! Mail data on its way in and out: transparency dots, and nothing but CRLF line ends.
//!
//! Only `CRLF.CRLF` ends a message (RFC 5321 section 4.1.1.4). A bare CR, a bare LF or a NUL is a
//! violation wherever it stands: read one way here and another way by the next server, such a line end
//! smuggles a second message in. [`DotReader`] and [`ChunkReader`] refuse them, [`DotWriter`] does not
//! emit them.

use std::ops::Range;

/// What a reader found at the start of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The octets in the range belong to the message. The input is used up to the range's end.
    Content(Range<usize>),
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

/// What was seen of a message while it passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Octets without transparency dots and without the end mark.
    pub octets: u64,
    /// The longest line without its CRLF, in octets.
    pub longest_line_octets: u64,
    /// Whether any octet has its highest bit set.
    pub eight_bit: bool,
}

/// Takes the transparency off what follows DATA (RFC 5321 section 4.5.2).
///
/// ```
/// use smtp::mail_data::{DotReader, Found, Violation};
///
/// let mut reader = DotReader::new();
/// assert_eq!(reader.read(b"..dots\r\n"), Ok(Found::Content(1..8)));
/// assert_eq!(reader.read(b".\r\nQUIT\r\n"), Ok(Found::End(3)));
///
/// let smuggled = DotReader::new().read(b"text\n.\nMAIL FROM:<boss@example.com>\r\n");
/// assert_eq!(smuggled, Err(Violation::BareLf));
/// ```
#[derive(Clone, Debug)]
pub struct DotReader {
    at_line_start: bool,
    lines: Lines,
}

/// Checks what follows BDAT, where the octet count ends the message (RFC 3030 section 2).
#[derive(Clone, Debug, Default)]
pub struct ChunkReader {
    binary: bool,
    after_cr: bool,
    lines: Lines,
}

/// Puts the transparency on, and the end mark behind the message.
#[derive(Clone, Debug)]
pub struct DotWriter {
    last: [u8; 2],
}

/// Line lengths and bits, counted as content passes.
#[derive(Clone, Debug, Default)]
struct Lines {
    measures: Measures,
    current_octets: u64,
}

impl DotReader {
    /// A reader at the start of a message, which is the start of a line.
    #[must_use]
    pub fn new() -> Self {
        Self { at_line_start: true, lines: Lines::default() }
    }

    /// Looks at the input, which starts behind what earlier calls used up.
    ///
    /// # Errors
    /// At the first octet that no mail data may hold.
    pub fn read(&mut self, input: &[u8]) -> Result<Found, Violation> {
        let start = match (self.at_line_start, input) {
            (_, []) | (true, [b'.'] | [b'.', b'\r']) => return Ok(Found::NeedsMore),
            (true, [b'.', b'\r', b'\n', ..]) => return Ok(Found::End(3)),
            (true, [b'.', ..]) => 1,
            _ => 0,
        };
        let mut line_start = start;
        let (end, at_line_start) = loop {
            let Some(found) = find_line_end(input, line_start)? else { break (input.len(), false) };
            match found {
                LineEnd::Unfinished(cr) => break (cr, false),
                LineEnd::Finished(next) => {
                    self.lines.finish_line((next - 2 - line_start) as u64);
                    match input.get(next) {
                        None | Some(b'.') => break (next, true),
                        Some(_) => line_start = next,
                    }
                }
            }
        };
        if end == start && start == 0 {
            return Ok(Found::NeedsMore);
        }
        if !at_line_start {
            self.lines.current_octets += (end - line_start) as u64;
        }
        self.at_line_start = at_line_start;
        self.lines.count(&input[start..end]);
        Ok(Found::Content(start..end))
    }

    /// What was seen so far.
    #[must_use]
    pub fn measures(&self) -> Measures {
        self.lines.measures
    }
}

impl Default for DotReader {
    fn default() -> Self {
        Self::new()
    }
}

impl ChunkReader {
    /// A reader for `BODY=BINARYMIME`, where every octet is allowed (RFC 3030 section 3). Lines are not counted.
    #[must_use]
    pub fn binary() -> Self {
        Self { binary: true, ..Self::default() }
    }

    /// Checks the next octets of the message.
    ///
    /// # Errors
    /// At the first octet that no mail data may hold.
    pub fn read(&mut self, input: &[u8]) -> Result<(), Violation> {
        if self.binary {
            self.lines.count(input);
            return Ok(());
        }
        let mut line_start = 0;
        if self.after_cr {
            match input.first() {
                None => return Ok(()),
                Some(b'\n') => {
                    self.after_cr = false;
                    self.lines.finish_line(0);
                    line_start = 1;
                }
                Some(_) => return Err(Violation::BareCr),
            }
        }
        loop {
            match find_line_end(input, line_start)? {
                None => break self.lines.current_octets += (input.len() - line_start) as u64,
                Some(LineEnd::Unfinished(cr)) => {
                    self.after_cr = true;
                    break self.lines.current_octets += (cr - line_start) as u64;
                }
                Some(LineEnd::Finished(next)) => {
                    self.lines.finish_line((next - 2 - line_start) as u64);
                    line_start = next;
                }
            }
        }
        self.lines.count(input);
        Ok(())
    }

    /// What was seen so far.
    #[must_use]
    pub fn measures(&self) -> Measures {
        self.lines.measures
    }

    /// Says that the last chunk is over.
    ///
    /// # Errors
    /// When the message ends in a carriage return.
    pub fn finish(&mut self) -> Result<Measures, Violation> {
        self.lines.finish_line(0);
        if self.after_cr { Err(Violation::BareCr) } else { Ok(self.lines.measures) }
    }
}

impl DotWriter {
    /// A writer at the start of a message.
    #[must_use]
    pub fn new() -> Self {
        Self { last: *b"\r\n" }
    }

    /// Appends a piece of the message to `output`, dots doubled at line starts.
    ///
    /// # Errors
    /// At the first octet that no mail data may hold; `output` then ends before it.
    pub fn write(&mut self, mut content: &[u8], output: &mut Vec<u8>) -> Result<(), Violation> {
        output.reserve(content.len() + 3);
        while let Some(&first) = content.first() {
            match (self.last[1], first) {
                (b'\r', b'\n') => {}
                (b'\r', _) => return Err(Violation::BareCr),
                (_, b'\n') => return Err(Violation::BareLf),
                _ => {}
            }
            if first == b'.' && self.last == *b"\r\n" {
                output.push(b'.');
            }
            // One line at a time: from here to behind the next line feed, or to the end.
            let length = line_octets(content)?;
            output.extend_from_slice(&content[..length]);
            self.last = match content[..length] {
                [.., before, last] => [before, last],
                [only] => [self.last[1], only],
                [] => self.last,
            };
            content = &content[length..];
        }
        Ok(())
    }

    /// Appends the end mark, and the CRLF that a message without one lacks.
    ///
    /// # Errors
    /// When the message ends in a carriage return.
    pub fn finish(&mut self, output: &mut Vec<u8>) -> Result<(), Violation> {
        if self.last[1] == b'\r' {
            return Err(Violation::BareCr);
        }
        if self.last != *b"\r\n" {
            output.extend_from_slice(b"\r\n");
        }
        output.extend_from_slice(b".\r\n");
        Ok(())
    }
}

impl Default for DotWriter {
    fn default() -> Self {
        Self::new()
    }
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

/// Octets up to and with the next line feed; a line feed at the very start is a line of its own.
fn line_octets(content: &[u8]) -> Result<usize, Violation> {
    if content[0] == b'\n' {
        return Ok(1);
    }
    Ok(match find_line_end(content, 0)? {
        None => content.len(),
        Some(LineEnd::Finished(next)) => next,
        Some(LineEnd::Unfinished(cr)) => cr + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads `input` in pieces of at most `step` octets more each time; gives content and what is left.
    fn read_dots(input: &[u8], step: usize) -> Result<(Vec<u8>, Option<usize>, Measures), Violation> {
        let mut reader = DotReader::new();
        let (mut content, mut used, mut seen) = (Vec::new(), 0, 0);
        while seen < input.len() {
            seen = (seen + step).min(input.len());
            loop {
                match reader.read(&input[used..seen])? {
                    Found::Content(range) => {
                        content.extend_from_slice(&input[used..seen][range.clone()]);
                        used += range.end;
                    }
                    Found::End(octets) => return Ok((content, Some(used + octets), reader.measures())),
                    Found::NeedsMore => break,
                }
            }
        }
        Ok((content, None, reader.measures()))
    }

    fn check(input: &[u8], expected: Result<(&[u8], &[u8]), Violation>) {
        for step in 1..=input.len() {
            let read = read_dots(input, step);
            let read = read.map(|(content, end, _)| (content, &input[end.unwrap_or(input.len())..]));
            assert_eq!(
                read.as_ref().map(|(content, rest)| (content.as_slice(), *rest)).map_err(|e| *e),
                expected,
                "{:?} in steps of {step}",
                String::from_utf8_lossy(input)
            );
        }
    }

    #[test]
    fn only_a_lone_dot_between_crlf_ends_the_message() {
        check(b".\r\n", Ok((b"", b"")));
        check(b"a\r\n.\r\n", Ok((b"a\r\n", b"")));
        check(b"a\r\n.\r\nQUIT\r\n", Ok((b"a\r\n", b"QUIT\r\n")));
        check(b"..\r\n.\r\n", Ok((b".\r\n", b"")));
        check(b"..a\r\n...\r\n.\r\n", Ok((b".a\r\n..\r\n", b"")));
        check(b".a\r\n.\r\n", Ok((b"a\r\n", b"")));
        check(b"a.\r\n.\r\n", Ok((b"a.\r\n", b"")));
        check(b"\r\n\r\n.\r\n", Ok((b"\r\n\r\n", b"")));
    }

    #[test]
    fn smuggling_attempts_are_violations() {
        for (input, violation) in [
            (&b"a\n.\n"[..], Violation::BareLf),
            (b"a\n.\r\n", Violation::BareLf),
            (b"a\r\n.\n", Violation::BareLf),
            (b"a\r.\r\n", Violation::BareCr),
            (b"a\r\n.\rQ", Violation::BareCr),
            (b"a\r\r\n.\r\n", Violation::BareCr),
            (b"a\0b\r\n.\r\n", Violation::Nul),
            (b"\n", Violation::BareLf),
            (b".\n", Violation::BareLf),
        ] {
            check(input, Err(violation));
        }
    }

    #[test]
    fn lines_and_bits_are_measured() {
        let (_, _, measures) = read_dots(b"123\r\n..45678\r\n\xc3\xbc\r\n.\r\n", 4).unwrap();
        assert_eq!(measures, Measures { octets: 17, longest_line_octets: 6, eight_bit: true });
        let mut chunks = ChunkReader::default();
        for chunk in [&b"123\r"[..], b"", b"\n45678", b"9"] {
            chunks.read(chunk).unwrap();
        }
        assert_eq!(chunks.finish(), Ok(Measures { octets: 11, longest_line_octets: 6, eight_bit: false }));
    }

    #[test]
    fn chunks_are_checked_across_their_borders() {
        let read = |chunks: &[&[u8]]| {
            let mut reader = ChunkReader::default();
            chunks.iter().try_for_each(|chunk| reader.read(chunk)).and_then(|()| reader.finish().map(drop))
        };
        assert_eq!(read(&[b"a\r", b"\n"]), Ok(()));
        assert_eq!(read(&[b"a\r", b"b"]), Err(Violation::BareCr));
        assert_eq!(read(&[b"a\r"]), Err(Violation::BareCr));
        assert_eq!(read(&[b"a", b"\n"]), Err(Violation::BareLf));
        assert_eq!(read(&[b"\0"]), Err(Violation::Nul));
    }

    #[test]
    fn a_writer_emits_no_bare_line_end() {
        for (content, violation) in [
            (&b"a\nb"[..], Violation::BareLf),
            (b"a\rb", Violation::BareCr),
            (b"\0", Violation::Nul),
            (b"\n", Violation::BareLf),
        ] {
            assert_eq!(DotWriter::new().write(content, &mut Vec::new()), Err(violation));
        }
        let mut writer = DotWriter::new();
        writer.write(b"a\r", &mut Vec::new()).unwrap();
        assert_eq!(writer.finish(&mut Vec::new()), Err(Violation::BareCr));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_however_it_is_cut(
            lines in proptest::collection::vec("[.a]{0,4}", 0..6),
            ends_with_crlf: bool,
            write_step in 1_usize..7,
            read_step in 1_usize..7,
        ) {
            let mut message = lines.join("\r\n").into_bytes();
            if ends_with_crlf {
                message.extend_from_slice(b"\r\n");
            }
            let (mut writer, mut wire) = (DotWriter::new(), Vec::new());
            for piece in message.chunks(write_step) {
                writer.write(piece, &mut wire).unwrap();
            }
            writer.finish(&mut wire).unwrap();
            if !message.is_empty() && !message.ends_with(b"\r\n") {
                message.extend_from_slice(b"\r\n");
            }
            let (content, end, measures) = read_dots(&wire, read_step).unwrap();
            prop_assert_eq!(&content, &message);
            prop_assert_eq!(end, Some(wire.len()));
            prop_assert_eq!(measures.octets, message.len() as u64);
        }

        #[test]
        fn cutting_the_input_changes_nothing(input in "[.a\r\n\0]{0,24}", step in 1_usize..8) {
            let whole = read_dots(input.as_bytes(), usize::MAX >> 1);
            let cut = read_dots(input.as_bytes(), step);
            prop_assert_eq!(whole.map(|(content, ..)| content), cut.map(|(content, ..)| content));
        }
    }
}
