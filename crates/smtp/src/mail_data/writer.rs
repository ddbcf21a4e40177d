//! Mail data on its way out.

use super::{LineEnd, Violation, find_line_end};

/// Puts the transparency on, and the end mark behind the message.
#[derive(Clone, Debug)]
pub struct DotWriter {
    last: [u8; 2],
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
