//! The log's writer. The formatter escapes what colours a terminal, but a line feed in a field begins a line that
//! nobody wrote, and controls of direction turn one around.

use std::borrow::Cow;
use std::io::{self, Write};

use model::mask::masked;
use model::visible::{acts, visible, visible_json};
use tracing_subscriber::fmt::MakeWriter;

use crate::config::raw::{LogAddresses, LogFormat};

/// Makes writers of lines in which nothing acts but the formatter's colours.
pub(crate) struct LogLines<M> {
    inner: M,
    format: LogFormat,
    addresses: LogAddresses,
}

impl<M> LogLines<M> {
    pub(crate) fn new(inner: M, format: LogFormat, addresses: LogAddresses) -> Self {
        Self { inner, format, addresses }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for LogLines<M> {
    type Writer = LogLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        LogLine { inner: self.inner.make_writer(), format: self.format, addresses: self.addresses }
    }
}

/// Writes events; the formatter hands each over whole, with its line feed.
pub(crate) struct LogLine<W> {
    inner: W,
    format: LogFormat,
    addresses: LogAddresses,
}

impl<W: Write> Write for LogLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let (line, end) = text.strip_suffix('\n').map_or((&*text, ""), |line| (line, "\n"));
        let shown = match self.format {
            LogFormat::Text => one_line(line),
            LogFormat::Json => visible_json(line),
        };
        let shown = match self.addresses {
            LogAddresses::Whole => shown,
            LogAddresses::Masked => Cow::Owned(masked(&shown).into_owned()),
        };
        self.inner.write_all(format!("{shown}{end}").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A line in which only colours act. Those of others were escaped by the formatter.
fn one_line(line: &str) -> Cow<'_, str> {
    if !line.contains(acts) {
        return Cow::Borrowed(line);
    }
    let mut pieces = line.split('\u{1b}');
    let mut shown = visible(pieces.next().unwrap_or_default()).into_owned();
    for piece in pieces {
        match colour(piece) {
            Some((colour, rest)) => {
                shown.push('\u{1b}');
                shown.push_str(colour);
                shown.push_str(&visible(rest));
            }
            None => {
                shown.push_str("\\u{1b}");
                shown.push_str(&visible(piece));
            }
        }
    }
    Cow::Owned(shown)
}

/// What follows ESC if it is a colour or a weight (ECMA-48 section 8.3.117), and what follows that.
fn colour(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| c != '[' && c != ';' && !c.is_ascii_digit())?;
    let is_colour = text.starts_with('[') && text[end..].starts_with('m');
    is_colour.then(|| text.split_at(end + 1))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;
    use tracing::warn;

    use super::*;

    const FOREIGN: &str = "a\r\nb\u{1b}[2J\u{9b}31m\u{202e}\u{7}\u{0}\u{7f}\u{2028}c";

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, colours: bool) -> String {
        let memory = Memory::default();
        let sink = memory.clone();
        let builder = tracing_subscriber::fmt().with_ansi(colours).with_writer(LogLines::new(
            move || sink.clone(),
            format,
            LogAddresses::Masked,
        ));
        let write = || {
            let error = io::Error::other(FOREIGN);
            let error: &dyn std::error::Error = &error;
            warn!(shown = %FOREIGN, text = FOREIGN, debug = ?Some(FOREIGN), error, "message {FOREIGN}");
        };
        match format {
            LogFormat::Text => with_default(builder.finish(), write),
            LogFormat::Json => with_default(builder.json().finish(), write),
        }
        let bytes = memory.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn addresses_are_masked_in_both_formats() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let memory = Memory::default();
            let sink = memory.clone();
            let builder = tracing_subscriber::fmt().with_writer(LogLines::new(
                move || sink.clone(),
                format,
                LogAddresses::Masked,
            ));
            let write = || warn!(login = "ada@example.com", "it refused \"bob b\"@example.com");
            match format {
                LogFormat::Text => with_default(builder.finish(), write),
                LogFormat::Json => with_default(builder.json().finish(), write),
            }
            let line = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
            assert!(line.contains("a***@example.com") && line.contains("b***@example.com"), "{line}");
            assert!(!line.contains("ada@") && !line.contains("bob"), "{line}");
            if format == LogFormat::Json {
                serde_json::from_str::<serde_json::Value>(&line).unwrap();
            }
        }
    }

    #[test]
    fn an_event_is_one_line_in_which_nothing_acts() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let line = logged(format, false);
            let line = line.strip_suffix('\n').unwrap();
            assert!(!line.contains(acts), "{line:?}");
        }
    }

    #[test]
    fn colours_of_ours_stay_and_no_other_does() {
        let line = logged(LogFormat::Text, true);
        assert!(line.contains("\u{1b}["), "{line:?}");
        assert_eq!(line.matches('\n').count(), 1);
        for foreign in ["\u{1b}[2J", "\u{9b}", "\u{202e}", "\u{7}", "\r", "\u{2028}", "\u{0}"] {
            assert!(!line.contains(foreign), "{line:?}");
        }
    }

    #[test]
    fn a_log_in_json_says_what_was_meant() {
        let event: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json, false)).unwrap();
        assert_eq!(event["fields"]["shown"], FOREIGN);
    }
}
