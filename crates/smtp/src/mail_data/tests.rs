//! Mail data in any cut, clean and hostile.

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
