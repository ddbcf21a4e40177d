//! The repair of line ends, for devices that end lines with a bare CR or LF.
//!
//! A bare CR and a bare LF each become CRLF, and so does CR CR LF, which programs write that translate line ends
//! twice. Such a line end is only ever content. It begins no end mark, ends none, and no transparency dot stands
//! behind it: a dot there is the client's own, since a client that knows of transparency knows of CRLF. What goes
//! on from here is in CRLF throughout, and [`DotWriter`](super::DotWriter) doubles the dots that the repair moved
//! to the start of a line. So no two servers can disagree on where the message ends.

use super::{Lines, Violation};

/// Reads mail data and writes it anew with CRLF line ends.
#[derive(Clone, Debug)]
pub(super) struct Repair {
    transparency: Transparency,
    position: LinePosition,
    /// Carriage returns, at most two, whose meaning depends on what follows.
    carriage_returns: u8,
    ended: bool,
}

/// Whether dots have a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transparency {
    /// DATA: a lone dot ends the message, others are doubled.
    Dots,
    /// BDAT: a dot is a dot.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinePosition {
    /// Behind a CRLF of the client, or at the start of the message.
    LineStart,
    /// Behind a dot at such a position, which is not written yet.
    Dot,
    /// Anywhere else, behind a repaired line end, too.
    Inside,
}

impl Repair {
    /// At the start of a message.
    pub(super) fn new(transparency: Transparency) -> Self {
        let position = match transparency {
            Transparency::Dots => LinePosition::LineStart,
            Transparency::None => LinePosition::Inside,
        };
        Self { transparency, position, carriage_returns: 0, ended: false }
    }

    /// Reads up to the end mark, or all there is; gives the octets used and the content.
    ///
    /// # Errors
    /// At a NUL, which has no repair.
    pub(super) fn read(&mut self, input: &[u8], lines: &mut Lines) -> Result<(usize, Vec<u8>), Violation> {
        let mut content = Vec::with_capacity(input.len() + 2);
        let mut used = 0;
        while used < input.len() && !self.ended {
            used += self.step(&input[used..], &mut content, lines)?;
        }
        lines.count(&content);
        Ok((used, content))
    }

    /// Whether the end mark was read.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// What the end of the message makes of carriage returns that stand there.
    pub(super) fn finish(&mut self, lines: &mut Lines) -> Vec<u8> {
        let mut content = Vec::new();
        for _ in 0..std::mem::take(&mut self.carriage_returns) {
            self.mend(&mut content, lines);
        }
        lines.count(&content);
        content
    }

    /// Reads the next octet, or a run of those that need no attention.
    fn step(&mut self, input: &[u8], content: &mut Vec<u8>, lines: &mut Lines) -> Result<usize, Violation> {
        match (self.carriage_returns, input[0]) {
            (_, 0) => return Err(Violation::Nul),
            // The first of three is certainly bare.
            (2, b'\r') => self.mend(content, lines),
            (_, b'\r') => self.carriage_returns += 1,
            (1, b'\n') => {
                self.carriage_returns = 0;
                self.end_line(content, lines);
            }
            (_, b'\n') => {
                self.carriage_returns = 0;
                self.mend(content, lines);
            }
            (1.., _) => {
                for _ in 0..std::mem::take(&mut self.carriage_returns) {
                    self.mend(content, lines);
                }
                return Ok(0);
            }
            (0, b'.') if self.position == LinePosition::LineStart => self.position = LinePosition::Dot,
            (0, _) => {
                // A dot that is held here was for transparency (RFC 5321 section 4.5.2).
                self.position = LinePosition::Inside;
                let run = memchr::memchr3(b'\r', b'\n', 0, input).unwrap_or(input.len());
                content.extend_from_slice(&input[..run]);
                lines.current_octets += run as u64;
                return Ok(run);
            }
        }
        Ok(1)
    }

    /// A CRLF of the client.
    fn end_line(&mut self, content: &mut Vec<u8>, lines: &mut Lines) {
        if self.position == LinePosition::Dot {
            self.ended = true;
            return;
        }
        content.extend_from_slice(b"\r\n");
        lines.finish_line(0);
        self.position = match self.transparency {
            Transparency::Dots => LinePosition::LineStart,
            Transparency::None => LinePosition::Inside,
        };
    }

    /// A line end that is none yet.
    fn mend(&mut self, content: &mut Vec<u8>, lines: &mut Lines) {
        if self.position == LinePosition::Dot {
            content.push(b'.');
            lines.current_octets += 1;
        }
        content.extend_from_slice(b"\r\n");
        lines.finish_line(0);
        lines.measures.repaired_line_ends += 1;
        self.position = LinePosition::Inside;
    }
}
