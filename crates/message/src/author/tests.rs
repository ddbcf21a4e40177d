//! What devices and scripts write into From.

use proptest::prelude::*;

use super::*;
use crate::header;

fn fields(header: &[u8]) -> Vec<Field<'_>> {
    header::fields(header).map(Result::unwrap).collect()
}

fn read_bytes(body: &[u8]) -> Result<Vec<(Option<String>, String)>, String> {
    let raw = [b"From: ", body, b"\r\n"].concat();
    let addresses = read(&fields(&raw)).map_err(|fault| fault.to_string())?;
    Ok(addresses.into_iter().map(|one| (one.name, one.address)).collect())
}

/// `@` is 0x40, which is half of many characters in Shift_JIS, GBK and Big5.
#[test]
fn half_a_character_is_no_at_sign() {
    for name in [&b"\x95\xa1\x8d\x87\x8b@"[..], b"\x8b@\x95\xa1", b"\x8b@ 3F", b"A \x83@\x83@"] {
        let read = read_bytes(&[name, b" <a@b.example>"].concat()).unwrap();
        assert_eq!(read[0].1, "a@b.example", "{name:?}");
    }
}

#[test]
fn the_forms_of_the_grammar_are_read() {
    for (body, name, address) in [
        ("a@b.example", None, "a@b.example"),
        ("<a@b.example>", None, "a@b.example"),
        ("< a@b.example >", None, "a@b.example"),
        ("A B <a@b.example>", Some("A B"), "a@b.example"),
        ("A. B. <a@b.example>", Some("A. B."), "a@b.example"),
        ("\"Kock, Arne\" <a@b.example>", Some("Kock, Arne"), "a@b.example"),
        ("\"a \\\"b\\\"\" <a@b.example>", Some("a \"b\""), "a@b.example"),
        ("a@b.example <a@b.example>", Some("a@b.example"), "a@b.example"),
        ("=?utf-8?Q?J=C3=BCrgen?= <a@b.example>", Some("Jürgen"), "a@b.example"),
        ("=?utf-8?Q?c@d.example?= <a@b.example>", Some("c@d.example"), "a@b.example"),
        ("\"c@d.example\" <a@b.example>", Some("c@d.example"), "a@b.example"),
        ("=?utf-8?Q?Kock,_Arne?= <a@b.example>", Some("Kock, Arne"), "a@b.example"),
        ("Jürgen <a@b.example>", Some("Jürgen"), "a@b.example"),
        ("a(x)@b.example", Some("x"), "a@b.example"),
        ("root@b.example (Cron Daemon)", Some("Cron Daemon"), "root@b.example"),
        ("A\r\n <a@b.example>", Some("A"), "a@b.example"),
        ("a@[IPv6:2001:db8::1]", None, "a@[IPv6:2001:db8::1]"),
        ("Team: a@b.example;", None, "a@b.example"),
        ("a@b.example,", None, "a@b.example"),
    ] {
        let read = read_bytes(body.as_bytes());
        assert_eq!(read, Ok(vec![(name.map(str::to_owned), address.to_owned())]), "{body}");
    }
    let two = read_bytes(b"a@b.example, C <c@d.example>").unwrap();
    assert_eq!(two.iter().map(|one| one.1.as_str()).collect::<Vec<_>>(), ["a@b.example", "c@d.example"]);
}

#[test]
fn a_fault_says_what_is_wrong() {
    for (body, expected) in [
        (&b""[..], "the From field is empty"),
        (b"  ", "the From field is empty"),
        (b"root", "the address \"root\" in From has no domain"),
        (b"root (Cron Daemon)", "the address \"root\" in From has no domain"),
        (b"Anacron <root>", "the address \"root\" in From has no domain"),
        (b"<root@>", "the address \"root@\" in From has no domain"),
        (b"Scan to mail", "the address \"Scan to mail\" in From has no domain"),
        (b"<>", "there is no address between < and > in From"),
        (b"Scanner <>", "there is no address between < and > in From"),
        (b"Scanner < >", "there is no address between < and > in From"),
        (b"undisclosed:;", "the From field contains no address"),
        (b"(nobody)", "the From field contains no address"),
        (
            b"Kock, Arne <a@b.example>",
            "From has a comma outside quotation marks after \"Kock\", which is not an address",
        ),
        (b"\"A <a@b.example>", "a quotation mark in From is not closed"),
        (b"A\" <a@b.example>", "a quotation mark in From is not closed"),
        (b"A (x <a@b.example>", "a parenthesis in From is not closed"),
        (b"A <a@b.example", "an angle bracket in From is not closed"),
        (b"A <<a@b.example>>", "an angle bracket in From is not closed"),
        (b"A <a@b.example> B", "From has \"B\" behind the address"),
        (b"a@b.example c@d.example", "From has two addresses without a comma between them"),
        (b"<a@b.example> <c@d.example>", "From has two addresses without a comma between them"),
        (
            b"Scanner a@b.example",
            "the address in From has to be in angle brackets, because there is more than an address: \"Scanner a@b.example\"",
        ),
        (
            b"boss@b.example <a@b.example>",
            "From has \"boss@b.example\" outside quotation marks before the address, which some programs show as the author",
        ),
        (
            b"The Boss boss@b.example <a@b.example>",
            "From has \"boss@b.example\" outside quotation marks before the address, which some programs show as the author",
        ),
        (
            b"boss\x8b@b.example <a@b.example>",
            "From has \"boss?@b.example\" outside quotation marks before the address, which some programs show as the author",
        ),
        (
            b"boss\x8b@ b.example <a@b.example>",
            "From has \"boss?@\" outside quotation marks before the address, which some programs show as the author",
        ),
        (b"<a@b.example.>", "the address \"a@b.example.\" in From ends with a dot"),
        (b"<a b@c.example>", "the address \"a b@c.example\" in From contains a blank"),
        (b"a@b@c.example", "the address \"a@b@c.example\" in From has more than one @"),
        (b"@b.example", "the address \"@b.example\" in From has nothing before the @"),
        (b"<m\xfcller@b.example>", "the address in From contains bytes that are not UTF-8"),
        (b"mailto:a@b.example", "the colon in From begins a group, and no semicolon ends it"),
        (b",a@b.example", "From can be read in more than one way"),
        (b"\"a\"b@c.example", "From can be read in more than one way"),
    ] {
        assert_eq!(read_bytes(body), Err(expected.to_owned()), "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(read(&[]), Err(AuthorFault::Missing));
    assert_eq!(read(&fields(b"From: a@b.c\r\nfrom: a@b.c\r\n")), Err(AuthorFault::Repeated(2)));
    let longest = format!("\"{}\" <a@b.example>", "x".repeat(4_000));
    assert!(read_bytes(longest.as_bytes()).is_ok());
    let longer = read_bytes(longest.repeat(2).as_bytes()).unwrap_err();
    assert_eq!(longer, "the From field is longer than 4096 bytes");
    let long = read_bytes("ä".repeat(500).as_bytes()).unwrap_err();
    assert!(long.is_ascii() && long.len() < 200, "{long}");
}

fn repaired(header: &[u8]) -> Option<String> {
    let is_address = |text: &str| {
        text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !text.contains([' ', '<', '>', '"'])
        })
    };
    let complete = |local: &str| (local == "root").then(|| "root@web1.example".to_owned());
    let address = repair(&fields(header), is_address, complete)?;
    Some(written(address.name.as_deref(), &address.address))
}

#[test]
fn one_address_that_can_be_told_for_certain_is_told() {
    for (body, expected) in [
        (&b"Kock, Arne <a@b.example>"[..], Some("\"Kock, Arne\" <a@b.example>")),
        (b"\"Kock, Arne <a@b.example>", Some("\"Kock, Arne\" <a@b.example>")),
        (b"Kock\" <a@b.example>", Some("\"Kock\" <a@b.example>")),
        (b"Arne (Kock <a@b.example>", Some("\"Arne\" <a@b.example>")),
        (b"A <a@b.example", Some("\"A\" <a@b.example>")),
        (b"A <<a@b.example>>", Some("\"A\" <a@b.example>")),
        (b"A <a@b.example> B", Some("\"A B\" <a@b.example>")),
        (b"Scanner a@b.example", Some("\"Scanner\" <a@b.example>")),
        (b"<a@b.example.>", Some("a@b.example")),
        (b"mailto:a@b.example", Some("a@b.example")),
        (b"<'a@b.example'>", Some("a@b.example")),
        (b"<a @ b.example>", Some("a@b.example")),
        (b"<a@b.example> <A@b.example>", Some("a@b.example")),
        (b"M\xfcller, Hans <a@b.example>", Some("a@b.example")),
        (b"root", Some("root@web1.example")),
        (b"root (Cron Daemon)", Some("\"Cron Daemon\" <root@web1.example>")),
        (b"Anacron <root>", Some("\"Anacron\" <root@web1.example>")),
        (b"Printer@floor3 <a@b.example>", Some("\"Printer@floor3\" <a@b.example>")),
        (b"boss@b.example <a@b.example>", Some("\"boss@b.example\" <a@b.example>")),
        (
            b"The \"Big\" boss@b.example (x@y.example) <a@b.example>",
            Some("\"The Big boss@b.example\" <a@b.example>"),
        ),
        (
            b"=?utf-8?q?J=C3=BCrgen?= x@y.example <a@b.example>",
            Some("=?utf-8?B?SsO8cmdlbiB4QHkuZXhhbXBsZQ==?=\r\n <a@b.example>"),
        ),
        (b"Printer@floor3 <root>", None),
        (b"Printer@floor3 <>", None),
        (b"Printer@floor3 <a@b.example> <c@d.example>", None),
        (b"Printer@floor3 <a@b.example> c@d.example", None),
        (b"Printer@floor3 <a@b.example>, c@d.example", None),
        (b"Printer@floor3 <a@b.example>, <c@d.example>", None),
        (b"c@d.example, Printer@floor3 <a@b.example>", None),
        (b"c@d.example; Printer@floor3 <a@b.example>", None),
        (b"<c@d.example> Printer@floor3 <a@b.example>", None),
        (b"M\xfcller@floor3 <a@b.example>", None),
        (b"Printer@floor3 <\"a\"@b.example>", None),
        (b"www-data", None),
        (b"Anacron <daemon>", None),
        (b"Scan to mail", None),
        (b"<>", None),
        (b"a@b.example c@d.example", None),
        (b"<a@b.example> <c@d.example>", None),
        (b"Anacron <root>, c@d.example", None),
        (b"<a b@c.example>", None),
        (b"<m\xfcller@b.example>", None),
    ] {
        let raw = [b"From: ", body, b"\r\n"].concat();
        assert_eq!(repaired(&raw).as_deref(), expected, "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(
        repaired(b"From: A <a@b.example>\r\nFrom: a@b.example\r\n").as_deref(),
        Some("\"A\" <a@b.example>")
    );
    assert_eq!(repaired(b"From: a@b.example\r\nFrom: c@d.example\r\n"), None);
    assert_eq!(repaired(b"From: c@d.example <a@b.example>\r\nFrom: a@b.example\r\n"), None);
}

#[test]
fn names_are_kept_where_they_are_text() {
    let name = |body: &[u8]| display_name(&fields(&[b"From: ", body, b"\r\n"].concat()));
    for (body, expected) in [
        (&b"Scanner <x@y.example>"[..], Some("Scanner")),
        (b"=?utf-8?B?U2Nhbm5lciDDvA==?= <x@y.example>", Some("Scanner ü")),
        (b"root (Cron Daemon)", Some("Cron Daemon")),
        (b"Anacron <root>", Some("Anacron")),
        (b"Kock, Arne <a@b.example>", Some("Kock, Arne")),
        (b"root", None),
        (b"x@y.example", None),
        (b"<>", None),
        (b"M\xfcller <x@y.example>", None),
        (b"A <a@b.example>, B <c@d.example>", None),
    ] {
        assert_eq!(name(body).as_deref(), expected, "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(display_name(&[]), None);
}

#[test]
fn what_is_written_keeps_to_its_lines() {
    assert_eq!(written(None, "a@b.c"), "a@b.c");
    assert_eq!(written(Some("x\r\nBcc: y"), "a@b.c"), "\"xBcc: y\" <a@b.c>");
    assert_eq!(written(Some("a\"b\\"), "a@b.c"), "\"a\\\"b\\\\\" <a@b.c>");
    let long = written(Some(&"ü".repeat(1_000)), "a@b.c");
    assert!(long.lines().all(|line| line.len() <= 76), "{long}");
}

#[test]
fn bytes_of_no_known_charset_are_not_completed_to_an_address() {
    let complete = |local_part: &str| Some(format!("{local_part}@b.example"));
    for (body, expected) in [(&b"root"[..], Some("root@b.example")), (b"\xfc", None), (b"<r\xfct>", None)] {
        let raw = [b"From: ", body, b"\r\n"].concat();
        let repaired = repair(&fields(&raw), |_| false, complete);
        assert_eq!(repaired.map(|one| one.address).as_deref(), expected, "{body:?}");
    }
}

proptest! {
    #[test]
    fn no_field_panics_and_what_is_written_is_read_back(
        body in prop::collection::vec(prop_oneof![
            Just(b'"'), Just(b'<'), Just(b'>'), Just(b'('), Just(b')'), Just(b','), Just(b'@'), Just(b' '),
            Just(b'a'), Just(b'.'), Just(b'='), Just(b'?'), Just(b':'), Just(b';'), Just(b'\\'), Just(0xfc), Just(b'[')
        ], 0..24),
    ) {
        let raw = [b"From: ", &body[..], b"\r\n"].concat();
        let broken = fields(&raw);
        let _ = read(&broken);
        let name = display_name(&broken);
        let rewritten = format!("From: {}\r\n", written(name.as_deref(), "a@b.example"));
        let again = read(&fields(rewritten.as_bytes())).unwrap();
        prop_assert_eq!(&again[0].address, "a@b.example");
        if let Some(address) = repair(&broken, |text| text == "a@a.a", |_| None) {
            prop_assert_eq!(address.address, "a@a.a");
        }
    }
}
