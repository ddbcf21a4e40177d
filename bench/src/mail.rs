//! Messages that can be told apart and checked at the other end.
//!
//! The text is filler and, in its last line, a number of fixed width. Its checksum leaves line ends out,
//! because a carrier may change them; so the filler's checksum is computed once.

use std::sync::Arc;

use crc32fast::Hasher;

/// Makes messages of one size.
#[derive(Clone, Debug)]
pub struct Composer {
    sender: &'static str,
    template: Arc<[u8]>,
    filler: Hasher,
}

/// A message and what to expect of it.
#[derive(Clone, Debug)]
pub struct Mail {
    pub number: u64,
    /// The checksum of its text.
    pub checksum: u32,
}

/// Whom the mail is for.
pub const RECIPIENT: &str = "someone@sink.example";

const DIGITS: usize = 16;
const LINE: usize = 76;

impl Composer {
    /// Messages of about this many bytes from `sender`.
    #[must_use]
    pub fn new(sender: &'static str, size_bytes: usize) -> Self {
        let head = format!(
            "From: {sender}\r\nTo: {RECIPIENT}\r\nSubject: bench\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n"
        );
        let mut template = head.clone().into_bytes();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        while template.len() + LINE + 2 + DIGITS + 2 <= size_bytes {
            for _ in 0..LINE {
                // Xorshift: text that no compression or pattern makes cheaper.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                template.push(ALPHABET[(state >> 58) as usize]);
            }
            template.extend(b"\r\n");
        }
        let mut filler = Hasher::new();
        sum(&mut filler, &template[head.len()..]);
        template.extend([b'0'; DIGITS]);
        template.extend(b"\r\n");
        Self { sender, template: template.into(), filler }
    }

    /// Who the messages are from.
    #[must_use]
    pub fn sender(&self) -> &'static str {
        self.sender
    }

    /// Size of a message.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.template.len()
    }

    /// Writes message `number` into a buffer that earlier messages of the same composer may have used.
    pub fn compose(&self, number: u64, buffer: &mut Vec<u8>) -> Mail {
        if buffer.len() != self.template.len() {
            buffer.clear();
            buffer.extend_from_slice(&self.template);
        }
        let digits = format!("{number:0DIGITS$}");
        let end = buffer.len() - 2;
        buffer[end - DIGITS..end].copy_from_slice(digits.as_bytes());
        let mut hasher = self.filler.clone();
        hasher.update(digits.as_bytes());
        Mail { number, checksum: hasher.finalize() }
    }
}

/// Reads a text that arrived; `None` if it has no number.
#[must_use]
pub fn read(text: &[u8]) -> Option<Mail> {
    let text = text.trim_ascii_end();
    let digits = text.get(text.len().checked_sub(DIGITS)?..)?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let mut hasher = Hasher::new();
    sum(&mut hasher, text);
    Some(Mail { number, checksum: hasher.finalize() })
}

/// Reads a whole message that arrived.
#[must_use]
pub fn read_message(message: &[u8]) -> Option<Mail> {
    let end = memchr::memmem::find(message, b"\r\n\r\n")?;
    read(&message[end + 4..])
}

fn sum(hasher: &mut Hasher, text: &[u8]) {
    for line in text.split(|byte| *byte == b'\n') {
        hasher.update(line.strip_suffix(b"\r").unwrap_or(line));
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_composed_is_read() {
        let composer = Composer::new("a@bench.example", 4_096);
        let mut buffer = Vec::new();
        for number in [7, 123_456_789] {
            let mail = composer.compose(number, &mut buffer);
            assert!((3_900..=4_096).contains(&buffer.len()));
            let read = read_message(&buffer).unwrap();
            assert_eq!((read.number, read.checksum), (number, mail.checksum));
        }
        let with_lf = String::from_utf8(buffer.clone()).unwrap().replace('\r', "");
        assert_eq!(read(with_lf.split_once("\n\n").unwrap().1.as_bytes()).unwrap().number, 123_456_789);
        buffer[600] ^= 1;
        assert_ne!(read_message(&buffer).unwrap().checksum, composer.compose(7, &mut Vec::new()).checksum);
    }
}
