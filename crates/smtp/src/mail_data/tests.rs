//! Mail data in any cut, clean and hostile.

use super::*;
use proptest::prelude::*;

/// Reads `input` in pieces of at most `step` octets more each time; gives content and what is left.
fn read_dots(input: &[u8], step: usize) -> Result<(Vec<u8>, Option<usize>, Measures), Violation> {
    read_with(DotReader::new(), input, step)
}

fn read_with(
    mut reader: DotReader,
    input: &[u8],
    step: usize,
) -> Result<(Vec<u8>, Option<usize>, Measures), Violation> {
    let (mut content, mut used, mut seen) = (Vec::new(), 0, 0);
    while seen < input.len() {
        seen = (seen + step).min(input.len());
        loop {
            match reader.read(&input[used..seen])? {
                Found::Content(range) => {
                    content.extend_from_slice(&input[used..seen][range.clone()]);
                    used += range.end;
                }
                Found::Repaired { used: octets, content: repaired } => {
                    content.extend_from_slice(&repaired);
                    used += octets;
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
    assert_eq!(
        measures,
        Measures { octets: 17, longest_line_octets: 6, eight_bit: true, repaired_line_ends: 0 }
    );
    let mut chunks = ChunkReader::default();
    for chunk in [&b"123\r"[..], b"", b"\n45678", b"9"] {
        chunks.read(chunk).unwrap();
    }
    assert_eq!(
        chunks.finish(),
        Ok(Measures { octets: 11, longest_line_octets: 6, eight_bit: false, repaired_line_ends: 0 })
    );
}

#[test]
fn chunks_are_checked_across_their_borders() {
    let read = |chunks: &[&[u8]]| {
        let mut reader = ChunkReader::default();
        chunks
            .iter()
            .try_for_each(|chunk| reader.read(chunk).map(drop))
            .and_then(|()| reader.finish().map(drop))
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

/// What must come of `input` where line ends are repaired, read whole: content and what is left behind the end
/// mark, if there is one. A second way to say the rule, line by line.
fn repaired(input: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let (mut content, mut rest, mut behind_crlf) = (Vec::new(), input, true);
    loop {
        let end = rest.iter().position(|octet| matches!(octet, b'\r' | b'\n'));
        let (line, at_end) = rest.split_at(end.unwrap_or(rest.len()));
        let line_end =
            [&b"\r\r\n"[..], b"\r\n", b"\r", b"\n"].into_iter().find(|one| at_end.starts_with(one));
        let is_crlf = line_end == Some(b"\r\n");
        match line {
            b"." if behind_crlf && is_crlf => return (content, Some(at_end[2..].to_vec())),
            [b'.', line @ ..] if behind_crlf && !line.is_empty() => content.extend_from_slice(line),
            line => content.extend_from_slice(line),
        }
        let Some(line_end) = line_end else { return (content, None) };
        content.extend_from_slice(b"\r\n");
        (rest, behind_crlf) = (&at_end[line_end.len()..], is_crlf);
    }
}

fn check_repaired(input: &[u8], expected: &[u8], rest: Option<&[u8]>, repairs: u64) {
    for step in 1..=input.len() {
        let read = read_with(DotReader::with(LineEnds::Repaired), input, step);
        let (content, end, measures) = read.unwrap();
        let shown = String::from_utf8_lossy(input);
        assert_eq!(content, expected, "{shown:?} in steps of {step}");
        assert_eq!(end.map(|end| &input[end..]), rest, "{shown:?} in steps of {step}");
        assert_eq!(measures.repaired_line_ends, repairs, "{shown:?} in steps of {step}");
    }
}

#[test]
fn bare_line_ends_are_repaired_and_never_end_the_message() {
    check_repaired(b"a\nb\n\r\n.\r\n", b"a\r\nb\r\n\r\n", Some(b""), 2);
    check_repaired(b"a\rb\r\n.\r\n", b"a\r\nb\r\n", Some(b""), 1);
    check_repaired(b"a\r\r\nb\r\n.\r\n", b"a\r\nb\r\n", Some(b""), 1);
    check_repaired(b"a\r\r\r\nb\r\n.\r\n", b"a\r\n\r\nb\r\n", Some(b""), 2);
    check_repaired(b"a\n\rb\r\n.\r\n", b"a\r\n\r\nb\r\n", Some(b""), 2);
    check_repaired(b"a\r\r\r\n.\r\n", b"a\r\n\r\n.\r\n", None, 2);
    // Every way to write an end mark but the one.
    for (mark, repairs) in [
        (&b"\n.\n"[..], 2),
        (b"\n.\r\n", 1),
        (b"\n.\r", 2),
        (b"\r.\r", 2),
        (b"\r.\n", 2),
        (b"\r.\r\n", 1),
        (b"\r\n.\n", 1),
        (b"\r\n.\r", 1),
        (b"\r\n.\r\r\n", 1),
        (b"\r\r\n.\r\n", 1),
        (b"\r\r\n.\r\r\n", 2),
    ] {
        let input = [b"a", mark, b"MAIL FROM:<b@c>\r\n.\r\nQUIT\r\n"].concat();
        check_repaired(&input, b"a\r\n.\r\nMAIL FROM:<b@c>\r\n", Some(b"QUIT\r\n"), repairs);
    }
}

#[test]
fn transparency_stands_behind_crlf_alone() {
    check_repaired(b"a\r\n..b\r\n.\r\n", b"a\r\n.b\r\n", Some(b""), 0);
    check_repaired(b"a\r\n.b\r\n.\r\n", b"a\r\nb\r\n", Some(b""), 0);
    check_repaired(b"a\n..b\r\n.\r\n", b"a\r\n..b\r\n", Some(b""), 1);
    check_repaired(b"a\n.b\r\n.\r\n", b"a\r\n.b\r\n", Some(b""), 1);
    check_repaired(b"a\r\n..\nb\r\n.\r\n", b"a\r\n.\r\nb\r\n", Some(b""), 1);
}

#[test]
fn a_nul_has_no_repair() {
    for input in [&b"\0"[..], b"a\r\0", b"\r\n.\0", b"a\n\0"] {
        let read = read_with(DotReader::with(LineEnds::Repaired), input, 1);
        assert_eq!(read.map(drop), Err(Violation::Nul));
    }
}

#[test]
fn repaired_lines_are_measured_as_they_become() {
    let (_, _, measures) =
        read_with(DotReader::with(LineEnds::Repaired), b"123\n45678\r9\r\n.\r\n", 3).unwrap();
    let expected = Measures { octets: 15, longest_line_octets: 5, eight_bit: false, repaired_line_ends: 2 };
    assert_eq!(measures, expected);
}

/// Reads `chunks` as one message whose line ends are repaired.
fn read_chunks<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Measures) {
    let mut reader = ChunkReader::with(LineEnds::Repaired);
    let mut content = Vec::new();
    for chunk in chunks {
        content.extend_from_slice(&reader.read(chunk).unwrap());
    }
    content.extend_from_slice(&reader.rest());
    (content, reader.finish().unwrap())
}

#[test]
fn chunks_are_repaired_across_their_borders() {
    let read = |chunks: &[&[u8]]| {
        let (content, measures) = read_chunks(chunks.iter().copied());
        (String::from_utf8(content).unwrap(), measures.repaired_line_ends)
    };
    assert_eq!(read(&[b"a\r", b"\nb\r\n"]), ("a\r\nb\r\n".to_owned(), 0));
    assert_eq!(read(&[b"a\r", b"b\r\n"]), ("a\r\nb\r\n".to_owned(), 1));
    assert_eq!(read(&[b"a\r", b"\r", b"\n"]), ("a\r\n".to_owned(), 1));
    assert_eq!(read(&[b"a\r"]), ("a\r\n".to_owned(), 1));
    assert_eq!(read(&[b"a\r\r"]), ("a\r\n\r\n".to_owned(), 2));
    assert_eq!(read(&[b"a\r\n.\r\n..b\n"]), ("a\r\n.\r\n..b\r\n".to_owned(), 1));
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

    #[test]
    fn repair_follows_its_rule_however_the_input_is_cut(input in "[.a\r\n]{0,24}", step in 1_usize..8) {
        let (content, rest) = repaired(input.as_bytes());
        let read = read_with(DotReader::with(LineEnds::Repaired), input.as_bytes(), step);
        let (read, end, measures) = read.unwrap();
        let unread = end.map(|end| input.as_bytes()[end..].to_vec());
        prop_assert_eq!(&unread, &rest);
        // Without an end mark the reader may still hold what it cannot tell yet.
        match rest {
            Some(_) => prop_assert_eq!(&read, &content),
            None => prop_assert!(content.starts_with(&read) && content.len() <= read.len() + 5),
        }
        prop_assert_eq!(measures.octets, read.len() as u64);
    }

    #[test]
    fn what_repair_lets_through_is_one_message_to_the_next_server(
        input in "[.a\r\n]{0,24}", write_step in 1_usize..7,
    ) {
        let whole = input.clone() + "\r\n.\r\n";
        let (content, ..) = read_with(DotReader::with(LineEnds::Repaired), whole.as_bytes(), 5).unwrap();
        let mut strict = ChunkReader::default();
        prop_assert!(strict.read(&content).is_ok() && strict.finish().is_ok());
        let (mut writer, mut wire) = (DotWriter::new(), Vec::new());
        for piece in content.chunks(write_step) {
            writer.write(piece, &mut wire).unwrap();
        }
        writer.finish(&mut wire).unwrap();
        let (again, end, _) = read_dots(&wire, 4).unwrap();
        prop_assert_eq!(end, Some(wire.len()));
        prop_assert_eq!(again, content);
    }

    #[test]
    fn clean_mail_data_is_the_same_with_repair_and_without(
        lines in proptest::collection::vec("[.a]{0,4}", 0..6), step in 1_usize..8,
    ) {
        let input = lines.join("\r\n") + "\r\n.\r\nrest";
        let strict = read_dots(input.as_bytes(), step);
        prop_assert_eq!(read_with(DotReader::with(LineEnds::Repaired), input.as_bytes(), step), strict);
    }

    #[test]
    fn chunks_are_repaired_like_lines(input in "[.a\r\n]{0,24}", step in 1_usize..8) {
        let (content, measures) = read_chunks(input.as_bytes().chunks(step));
        let marked = ["\r\r\n", "\r\n", "\r", "\n"].iter().fold(input, |text, end| text.replace(end, "|"));
        prop_assert_eq!(&content, &marked.replace('|', "\r\n").into_bytes());
        prop_assert_eq!(measures.octets, content.len() as u64);
        prop_assert!(ChunkReader::default().read(&content).is_ok());
    }
}
