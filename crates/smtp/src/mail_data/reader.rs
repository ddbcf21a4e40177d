//! Mail data on its way in.

use std::borrow::Cow;

use super::repair::{Repair, Transparency};
use super::{Found, LineEnd, LineEnds, Lines, Measures, Violation, find_line_end};

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
    repair: Option<Repair>,
    at_line_start: bool,
    lines: Lines,
}

/// Checks what follows BDAT, where the octet count ends the message (RFC 3030 section 2).
#[derive(Clone, Debug, Default)]
pub struct ChunkReader {
    binary: bool,
    repair: Option<Repair>,
    after_cr: bool,
    lines: Lines,
}

impl DotReader {
    /// A reader at the start of a message, which is the start of a line.
    #[must_use]
    pub fn new() -> Self {
        Self { repair: None, at_line_start: true, lines: Lines::default() }
    }

    /// The same for a client whose line ends may be repaired.
    #[must_use]
    pub fn with(line_ends: LineEnds) -> Self {
        let repair = match line_ends {
            LineEnds::Strict => None,
            LineEnds::Repaired => Some(Repair::new(Transparency::Dots)),
        };
        Self { repair, ..Self::new() }
    }

    /// Looks at the input, which starts behind what earlier calls used up. Whole lines before a violation come first, so
    /// that it does not matter in how many pieces the input arrives.
    ///
    /// # Errors
    /// At the first octet that no mail data may hold.
    pub fn read(&mut self, input: &[u8]) -> Result<Found, Violation> {
        if let Some(repair) = &mut self.repair {
            return match input {
                _ if repair.has_ended() => Ok(Found::End(0)),
                [] => Ok(Found::NeedsMore),
                _ => repair
                    .read(input, &mut self.lines)
                    .map(|(used, content)| Found::Repaired { used, content }),
            };
        }
        let start = match (self.at_line_start, input) {
            (_, []) | (true, [b'.'] | [b'.', b'\r']) => return Ok(Found::NeedsMore),
            (true, [b'.', b'\r', b'\n', ..]) => return Ok(Found::End(3)),
            (true, [b'.', ..]) => 1,
            _ => 0,
        };
        let mut line_start = start;
        let (end, at_line_start) = loop {
            let found = match find_line_end(input, line_start) {
                Ok(Some(found)) => found,
                Ok(None) => break (input.len(), false),
                Err(_) if line_start > start => break (line_start, true),
                Err(violation) => return Err(violation),
            };
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

    /// A reader for a client whose line ends may be repaired.
    #[must_use]
    pub fn with(line_ends: LineEnds) -> Self {
        let repair = match line_ends {
            LineEnds::Strict => None,
            LineEnds::Repaired => Some(Repair::new(Transparency::None)),
        };
        Self { repair, ..Self::default() }
    }

    /// Checks the next octets of the message; gives them, repaired if need be.
    ///
    /// # Errors
    /// At the first octet that no mail data may hold.
    pub fn read<'a>(&mut self, input: &'a [u8]) -> Result<Cow<'a, [u8]>, Violation> {
        if let Some(repair) = &mut self.repair {
            return repair.read(input, &mut self.lines).map(|(_, content)| Cow::Owned(content));
        }
        if !self.binary {
            self.check(input)?;
        }
        self.lines.count(input);
        Ok(Cow::Borrowed(input))
    }

    fn check(&mut self, input: &[u8]) -> Result<(), Violation> {
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
        Ok(())
    }

    /// What still belongs to the message when its last chunk is over: the repair of carriage returns that it ends
    /// in. [`Self::finish`] follows.
    #[must_use]
    pub fn rest(&mut self) -> Vec<u8> {
        self.repair.as_mut().map_or_else(Vec::new, |repair| repair.finish(&mut self.lines))
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
