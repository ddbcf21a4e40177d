//! What must hold for any input whatever. Each function panics when it does not.

mod dns;
mod journal;
mod sessions;

use std::fmt::Display;
use std::str::FromStr;

use message::author;
use message::header::{Field, fields};
use message::seven_bit::Takes;
use smtp::address::{Domain, Mailbox};
use smtp::command::Command;
use smtp::extension::Extensions;
use smtp::mail_data::{ChunkReader, DotReader, DotWriter, Found, LineEnds, Measures, Violation};
use smtp::parameters::{MailParameters, RecipientParameters};
use smtp::xtext;

pub use self::dns::{dmarc, dns_record, spf};
pub use self::journal::{journal_envelope, journal_record};
pub use self::sessions::{client_session, server_session};

/// A command line.
pub fn commands(data: &[u8]) {
    let _ = Command::parse(data);
}

/// Addresses and parameters.
pub fn addresses(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    reads_as_it_prints::<Mailbox>(text);
    reads_as_it_prints::<Domain>(text);
    if let Some(plain) = xtext::decode(text) {
        assert_eq!(xtext::decode(&xtext::encode(&plain)).as_deref(), Some(plain.as_str()));
    }
    let _ = (MailParameters::parse(text, &Extensions::all()), text.parse::<smtp::reply::Reply>());
    let _ = RecipientParameters::parse(text, &Extensions::all());
}

fn reads_as_it_prints<T: FromStr + Display + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert!(
            value.to_string().parse::<T>().is_ok_and(|again| again == value),
            "{text:?} prints as {value}"
        );
    }
}

/// A header section.
pub fn header(data: &[u8]) {
    let (header, _) = message::header::split(data);
    // Nothing else gets past the session.
    let mut reader = ChunkReader::default();
    if reader.read(header).map(drop).and_then(|()| reader.finish()).is_err() {
        return;
    }
    for field in message::header::fields(header).flatten() {
        let _ = (field.name(), field.decoded(), message::address::AddressList::read(&field));
    }
    if message::submission::inspect(header).is_ok() {
        let rewritten = message::submission::rewrite(header, &message::submission::Additions::default());
        assert!(message::submission::inspect(&rewritten).is_ok(), "a good header became a bad one");
    }
}

/// What stands behind `From:`, perhaps with more fields behind it. Whatever is repaired or replaced is a field that
/// reads as it was meant.
pub fn author(data: &[u8]) {
    let raw = [b"From:", data, b"\r\n"].concat();
    let fields: Vec<Field<'_>> = fields(&raw).flatten().filter(|field| field.is("From")).collect();
    match author::read(&fields) {
        Ok(authors) => {
            assert!(!authors.is_empty(), "nobody is no author");
            assert!(authors.iter().all(|one| one.address.contains('@')), "{authors:?}");
        }
        Err(fault) => {
            let said = fault.to_string();
            assert!(said.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{said:?} is no text of a reply");
        }
    }
    let name = author::display_name(&fields);
    reads_as_written(name.as_deref(), "a@b.example");
    let is_address = |text: &str| text.parse::<Mailbox>().is_ok();
    let complete = |local_part: &str| Some(format!("{local_part}@b.example")).filter(|text| is_address(text));
    if let Some(repaired) = author::repair(&fields, is_address, complete) {
        assert!(is_address(&repaired.address), "{repaired:?} has no address");
        reads_as_written(repaired.name.as_deref(), &repaired.address);
    }
    let text = String::from_utf8_lossy(data);
    let _ = (author::excerpt(&text), author::bare_address(&text));
}

fn reads_as_written(name: Option<&str>, address: &str) {
    let raw = format!("From: {}\r\n", author::written(name, address));
    let written: Vec<Field<'_>> = fields(raw.as_bytes()).map(|field| field.expect("one field was written")).collect();
    assert_eq!(written.len(), 1, "{raw:?} is more than one field");
    let read = author::read(&written).unwrap_or_else(|fault| panic!("{raw:?}: {fault}"));
    assert!(read.len() == 1 && read[0].address == address, "{raw:?} reads as {read:?}");
}

/// Reads a message's parts as the relay does.
pub fn parts(data: &[u8]) {
    let _ = message::parts::read(data);
}

/// A message for a server that takes less. What fits stays; what does not fits afterwards, or it is said why not.
pub fn seven_bit(data: &[u8]) {
    for takes in [Takes::SevenBits, Takes::EightBitBodies] {
        let encoded = message::seven_bit::encode(data, takes);
        assert!(encoded.bytes.len() >= data.len(), "the message became shorter");
        if message::seven_bit::fits(data, takes) {
            assert_eq!(encoded.bytes, data, "what fits was changed");
        }
        if encoded.remarks.is_empty() {
            let header = message::header::split(&encoded.bytes).0;
            let plain = if takes == Takes::SevenBits { &encoded.bytes[..] } else { header };
            assert!(plain.is_ascii(), "a byte kept its highest bit unsaid");
        }
    }
}

/// Mail data. The first byte says where it is cut.
pub fn mail_data(data: &[u8]) {
    let Some((cut, data)) = data.split_first() else { return };
    let step = usize::from(*cut).max(1);
    for line_ends in [LineEnds::Strict, LineEnds::Repaired] {
        let whole = read_dots(DotReader::with(line_ends), data, data.len().max(1));
        let cut_up = read_dots(DotReader::with(line_ends), data, step);
        assert_eq!(whole, cut_up, "where the input is cut matters");
        if let Ok(Some((content, measures))) = whole {
            assert_eq!(measures.octets, content.len() as u64);
            assert!(ChunkReader::default().read(&content).is_ok(), "one reader passes what the other refuses");
            writes_as_it_reads(&content);
        }
    }
    let strict = read_dots(DotReader::new(), data, step);
    if strict.is_ok() {
        assert_eq!(strict, read_dots(DotReader::with(LineEnds::Repaired), data, step), "what is clean was repaired");
    }
    repairs_chunks(data, step);
    let mut output = Vec::new();
    let written = DotWriter::new().write(data, &mut output);
    assert!(written.is_err() || ChunkReader::default().read(&output).is_ok(), "something bare was emitted");
}

/// What comes by BDAT and is repaired is clean, and as long as it says.
fn repairs_chunks(data: &[u8], step: usize) {
    let (mut reader, mut content) = (ChunkReader::with(LineEnds::Repaired), Vec::new());
    for chunk in data.chunks(step) {
        let Ok(repaired) = reader.read(chunk) else { return };
        content.extend_from_slice(&repaired);
    }
    content.extend_from_slice(&reader.rest());
    let measures = reader.finish().expect("nothing is left to refuse");
    assert_eq!(measures.octets, content.len() as u64);
    assert!(ChunkReader::default().read(&content).is_ok(), "something bare was let through");
}

type DotsRead = Result<Option<(Vec<u8>, Measures)>, Violation>;

/// Reads to the end mark; `None` without one.
fn read_dots(mut reader: DotReader, data: &[u8], step: usize) -> DotsRead {
    let (mut content, mut input) = (Vec::new(), Vec::new());
    for piece in data.chunks(step) {
        input.extend_from_slice(piece);
        loop {
            match reader.read(&input)? {
                Found::Content(range) => {
                    content.extend_from_slice(&input[range.clone()]);
                    input.drain(..range.end);
                }
                Found::Repaired { used, content: repaired } => {
                    content.extend_from_slice(&repaired);
                    input.drain(..used);
                }
                Found::End(_) => return Ok(Some((content, reader.measures()))),
                Found::NeedsMore => break,
            }
        }
    }
    Ok(None)
}

fn writes_as_it_reads(content: &[u8]) {
    let (mut writer, mut wire) = (DotWriter::new(), Vec::new());
    writer.write(content, &mut wire).expect("what was read can be written");
    writer.finish(&mut wire).expect("what was read can be ended");
    let (read, _) = read_dots(DotReader::new(), &wire, wire.len()).expect("it is clean").expect("it ends");
    // A message that does not end with a line end gets one.
    assert!(read == content || read.strip_suffix(b"\r\n") == Some(content));
}
