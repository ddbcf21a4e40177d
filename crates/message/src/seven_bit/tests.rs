//! Messages re-encoded.

use super::*;
use crate::parts;
use proptest::prelude::*;

fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn seven(message: &[u8]) -> String {
    let encoded = encode(message, Takes::SevenBits);
    assert_eq!(encoded.remarks, [], "{}", message.escape_ascii());
    String::from_utf8(encoded.bytes).unwrap()
}

/// What becomes of a message written with bare line feeds.
#[track_caller]
fn check(message: &str, expected: &str) {
    assert_eq!(seven(&crlf(message)).replace("\r\n", "\n"), expected);
}

#[test]
fn only_what_needs_it_changes_and_where_it_stands() {
    check(
        "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: 8bit\nMIME-Version: 1.0\n\npreamble\n--x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\nX: y\n\nhé\n--x \nContent-Type: text/html\n\n<p>same =\n--x--\nepilogue\n",
        "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: 7bit\nMIME-Version: 1.0\n\npreamble\n--x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\nX: y\n\nh=C3=A9\n--x \nContent-Type: text/html\n\n<p>same =\n--x--\nepilogue\n",
    );
}

#[test]
fn a_part_in_seven_bits_stays_byte_for_byte() {
    let attached = "Content-Type: message/rfc822\n\nSubject:  odd\nX\t: 1\n\nkept =\n";
    let message = format!(
        "From: a@b.c\nSubject: é\nContent-Type: multipart/mixed; boundary=x\n\n--x\n{attached}\n--x\n\nü\n--x--\n"
    );
    assert!(seven(&crlf(&message)).contains(&String::from_utf8(crlf(attached)).unwrap()));
}

#[test]
fn a_signed_part_survives_what_happens_to_the_header_section() {
    let signed = "Content-Type: multipart/signed; boundary=x\n\n--x\n\nplain\n--x\nContent-Type: application/pgp-signature\n\nsig\n--x--\n";
    let to = format!("To: {}z@b.c\n", "someone@example.com, ".repeat(80));
    let written = seven(&crlf(&format!("Subject: é\n{to}{signed}")));
    assert!(written.ends_with(&String::from_utf8(crlf(signed)).unwrap()));
    assert!(is_seven_bit(written.as_bytes()));
}

fn is_seven_bit(message: &[u8]) -> bool {
    fits(message, Takes::SevenBits)
}

#[test]
fn header_fields_keep_what_is_ascii_already() {
    check(
        "Subject: plain  über alles =?utf-8?q?x?=\n\n",
        "Subject: plain  =?utf-8?B?w7xiZXI=?= alles =?utf-8?q?x?=\n\n",
    );
    check("Subject: =?utf-8?q?x?= ü\n\n", "Subject: =?utf-8?q?x?= =?utf-8?B?IMO8?=\n\n");
    check("X-Note: ü ö\n\n", "X-Note: =?utf-8?B?w7wgw7Y=?=\n\n");
    check(
        "To: \"Jürgen, X\" <a@b.c>,\n plain@b.c\n\n",
        "To: =?utf-8?B?SsO8cmdlbiwgWA==?= <a@b.c>,\n plain@b.c\n\n",
    );
    check("To: Müller, Hans <h@b.c>\n\n", "To: =?utf-8?B?TcO8bGxlcg==?=, Hans <h@b.c>\n\n");
    check(
        "Cc: a@b.c (Büro), d@bücher.example\n\n",
        "Cc: a@b.c (=?utf-8?B?QsO8cm8=?=), d@xn--bcher-kva.example\n\n",
    );
    check("Subject: x\nTo: ü\n\n", "Subject: x\nTo: =?utf-8?B?w7w=?=\n\n");
}

#[test]
fn file_names_beyond_ascii_become_extended_parameters() {
    check(
        "Content-Type: application/pdf;\n name=\"ü.pdf\"; x=y\nContent-Disposition: attachment; filename=ü.pdf\n\n",
        "Content-Type: application/pdf;\n name*=utf-8''%C3%BC.pdf; x=y\nContent-Disposition: attachment; filename*=utf-8''%C3%BC.pdf\n\n",
    );
    check(
        "Content-Disposition: attachment; filename=\"ü\"; filename*=utf-8''%C3%BC\n\n",
        "Content-Disposition: attachment; filename=\"=?utf-8?B?w7w=?=\"; filename*=utf-8''%C3%BC\n\n",
    );
}

#[test]
fn raw_fields_are_in_the_character_set_of_the_text_or_unknown() {
    let koi =
        b"Subject: \xf0\xd2\xc9\xd7\xc5\xd4\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\r\n";
    let written = seven(koi);
    assert!(written.starts_with("Subject: =?utf-8?B?0J/RgNC40LLQtdGC?=\r\n"), "{written}");
    assert!(written.ends_with("\r\n\r\n=F0\r\n"), "{written}");
    let latin = seven(b"X-Where: B\xfcro\r\nTo: J\xfcrgen <a@b.c>\r\n\r\n");
    assert_eq!(
        latin,
        "X-Where: =?unknown-8bit?B?QvxybyI=?=\r\nTo: =?unknown-8bit?B?SvxyZ2Vu?= <a@b.c>\r\n\r\n"
            .replace("QvxybyI=", "Qvxybw==")
    );
}

#[test]
fn what_cannot_be_understood_is_copied_and_said() {
    for (message, remark) in [
        ("Content-Type: multipart/signed; boundary=x\n\n--x\n\nhé\n--x--\n", Remark::SignedCopied),
        ("Content-Type: multipart/mixed; boundary=x\n\nhé\n", Remark::StructureCopied),
        ("Content-Type: multipart/mixed; boundary=\"x \"\n\n--x \n\nhé\n--x --\n", Remark::StructureCopied),
        ("Content-Type: multipart/mixed; boundary=x (c)\n\n--x\n\nhé\n--x--\n", Remark::StructureCopied),
        (
            "Content-Type: multipart/mixed; boundary=P\n\n--P\n\nhé\n--P--More\nx\n--P--\n",
            Remark::StructureCopied,
        ),
        ("Content-Type: multipart / mixed; boundary=x\n\n--x\n\nhé\n--x--\n", Remark::StructureCopied),
        ("Content-Type: (c)multipart/mixed; boundary=x\n\n--x\n\nhé\n--x--\n", Remark::StructureCopied),
        ("Content-Type: \"multipart/mixed\"; boundary=x\n\n--x\n\nhé\n--x--\n", Remark::StructureCopied),
        ("Content-Type: multipart; boundary=x\n\n--x\n\nhé\n--x--\n", Remark::StructureCopied),
        ("Content-Type: message / rfc822\n\nSubject: x\n\nhé\n", Remark::StructureCopied),
        ("Content-Transfer-Encoding: x-uuencode\n\nhé\n", Remark::BodyCopied),
        ("Content-Transfer-Encoding: base64;\n\nhé\n", Remark::BodyCopied),
        ("Content-Transfer-Encoding: base64\n\nhé\n", Remark::BodyCopied),
        ("From: jürgen@b.c\n\nx\n", Remark::FieldCopied),
        ("DKIM-Signature: v=1\n\nhé\n", Remark::SignedCopied),
    ] {
        let message = crlf(message);
        let encoded = encode(&message, Takes::SevenBits);
        assert_eq!(encoded.bytes, message);
        assert_eq!(encoded.remarks, [remark], "{}", message.escape_ascii());
    }
    let long = crlf(&format!("DKIM-Signature: v=1\n\n{}\n", "é".repeat(600)));
    assert_eq!(encode(&long, Takes::SevenBits).remarks, [Remark::SignatureBroken]);
}

#[test]
fn base64_and_quoted_printable_are_never_encoded_twice() {
    let one_line = format!("Content-Transfer-Encoding: base64 \t\n\n{}QR==\n", "QUJD".repeat(500));
    let written = seven(&crlf(&one_line));
    assert!(written.starts_with("Content-Transfer-Encoding: base64 \t\r\n\r\nQUJD"));
    assert_eq!(written.replace("\r\n", ""), one_line.replace('\n', ""));
    assert_eq!(
        seven(b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=FC\xfc\r\n"),
        "Content-Transfer-Encoding: quoted-printable\r\n\r\na=FC=FC\r\n"
    );
}

#[test]
fn bytes_without_a_charset_get_an_honest_one() {
    let text = seven(b"From: a@b.c\r\n\r\nh\xe9\r\n");
    assert!(
        text.contains("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"),
        "{text}"
    );
    assert!(text.ends_with("\r\n\r\nh=E9\r\n"), "{text}");
}

#[test]
fn a_server_that_takes_eight_bits_gets_them_in_the_body() {
    let message = crlf("Subject: é\nContent-Type: multipart/mixed; boundary=x\n\n--x\nX: ü\n\nö\n--x--\n");
    let encoded = encode(&message, Takes::EightBitBodies);
    let expected =
        "Subject: =?utf-8?B?w6k=?=\nContent-Type: multipart/mixed; boundary=x\n\n--x\nX: ü\n\nö\n--x--\n";
    assert_eq!(encoded.bytes, crlf(expected));
    let body = crlf("Subject: e\n\né\n");
    assert!(fits(&body, Takes::EightBitBodies) && !fits(&body, Takes::SevenBits));
}

proptest! {
    #[test]
    fn the_text_survives_in_seven_bits(text in "([ -~é]{0,60}\n){0,5}", long in 0_usize..1_200) {
        let message = crlf(&format!("From: a@b.c\nSubject: s\nContent-Type: text/plain; charset=utf-8\n\n{}\n{text}", "y".repeat(long)));
        let encoded = encode(&message, Takes::SevenBits);
        prop_assert!(is_seven_bit(&encoded.bytes));
        prop_assert_eq!(parts::read(&encoded.bytes).text, parts::read(&message).text);
    }

    #[test]
    fn no_message_is_shorter(message in proptest::collection::vec(any::<u8>(), 0..400)) {
        let encoded = encode(&message, Takes::SevenBits);
        prop_assert!(encoded.bytes.len() >= message.len(), "{} {}", message.escape_ascii(), encoded.bytes.escape_ascii());
    }

    #[test]
    fn no_structure_is_shorter(text in "(Content-Type: (multipart/(mixed|digest)|message/rfc822|text/plain)(; boundary=x)?|--x|--x--|ü|Content-Transfer-Encoding: (8bit|base64|quoted-printable)|\n|[a-zü:; ]{0,9}\n){0,30}") {
        let message = crlf(&text);
        prop_assert!(encode(&message, Takes::SevenBits).bytes.len() >= message.len());
    }
}
