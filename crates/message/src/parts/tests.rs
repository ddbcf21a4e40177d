//! Messages taken apart.

use super::*;
use proptest::prelude::*;

/// Reads a message whose lines are divided by bare line feeds.
fn of(text: &str) -> Parts {
    read(text.replace('\n', "\r\n").as_bytes())
}

fn losses(text: &str) -> Vec<Loss> {
    of(text).losses
}

#[test]
fn a_text_message_loses_nothing() {
    let parts = of(
        "From: a@b.c\nTo: X <d@e.f>\nCc: g@h.i\nReply-To: r@s.t\nSubject: =?iso-8859-1?Q?=FCber?=\nX-Printer: 7\nIn-Reply-To: <x@y>\nMessage-ID: <1@b.c>\nDate: Sat, 21 Nov 2026 07:00:00 +0000\n\nhello\n",
    );
    assert_eq!(parts.losses, []);
    assert_eq!(parts.subject, "über");
    assert_eq!(parts.text.as_deref(), Some("hello\r\n"));
    assert_eq!(parts.from.unwrap().address, "a@b.c");
    assert_eq!(parts.to.addresses[0].name.as_deref(), Some("X"));
    assert_eq!(parts.reply_to[0].address, "r@s.t");
    let names: Vec<&str> = parts.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["X-Printer", "In-Reply-To", "Message-ID"]);
}

#[test]
fn the_nested_form_of_a_rich_message_is_understood() {
    let parts = of(
        "From: a@b.c\nSubject: s\nContent-Type: multipart/mixed;\n boundary=\"m\"\n\npreamble\n--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nh=C3=A9\n--a\nContent-Type: multipart/related; boundary=r; type=\"text/html\"\n\n--r\nContent-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n<img src=3D\"cid:pic\">=E9\n--r\nContent-Type: image/png; name=p.png\nContent-ID: <pic>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\nAAEC\n--r--\n--a--\n--m\nContent-Type: application/pdf\nContent-Disposition: attachment;\n filename*0=\"long \";\n filename*1=\"name.pdf\"\nContent-ID: <unreferenced>\nContent-Transfer-Encoding: base64\n\naGVs\nbG8=\n--m--\n",
    );
    assert_eq!(parts.losses, [Loss::UnusedContentId("unreferenced".into())]);
    assert_eq!(parts.text.as_deref(), Some("hé"));
    assert_eq!(parts.html.as_deref(), Some("<img src=\"cid:pic\">é"));
    let [image, pdf] = &parts.attachments[..] else { panic!("{:?}", parts.attachments) };
    assert_eq!((image.name.as_str(), image.content_id.as_deref()), ("p.png", Some("pic")));
    assert_eq!(image.content, [0, 1, 2]);
    assert_eq!((pdf.name.as_str(), pdf.content_id.as_deref()), ("long name.pdf", None));
    assert_eq!(pdf.content, b"hello");
}

#[test]
fn whatever_cannot_be_said_is_listed() {
    let with_type =
        |content_type: &str| losses(&format!("From: a@b.c\nSubject: s\nContent-Type: {content_type}\n\nx\n"));
    assert_eq!(with_type("text/calendar; method=REQUEST"), [Loss::Calendar, Loss::NoText]);
    assert_eq!(with_type("multipart/signed; boundary=x"), [Loss::Signed]);
    assert_eq!(with_type("application/pkcs7-mime; smime-type=enveloped-data"), [Loss::Encrypted]);
    assert_eq!(with_type("multipart/report; boundary=x"), [Loss::Multipart("multipart/report".into())]);
    assert_eq!(with_type("multipart/mixed"), [Loss::Structure]);
    assert_eq!(with_type("text/plain; charset=klingon"), [Loss::CharsetGuessed("klingon".into())]);
    assert_eq!(with_type("text/plain; format=flowed"), [Loss::Flowed]);
    assert_eq!(with_type("application/pdf; name=x.pdf"), [Loss::NoText]);
    let message =
        "From: a@b.c\nSubject: s\nContent-Type: text/plain; charset=us-ascii\n\n".replace('\n', "\r\n");
    assert_eq!(
        read(&[message.as_bytes(), b"\xe9\r\n"].concat()).losses,
        [Loss::Charset("us-ascii".into()), Loss::NoText]
    );
}

#[test]
fn undeclared_utf8_is_read_as_utf8() {
    let parts = of("From: a@b.c\nSubject: s\n\nÄrger\n");
    assert_eq!((parts.text.as_deref(), &parts.losses[..]), (Some("Ärger\r\n"), &[][..]));
    let message = b"From: a@b.c\r\nSubject: s\r\n\r\n\xc4rger\r\n";
    assert_eq!(read(message).losses, [Loss::Charset("us-ascii".into()), Loss::NoText]);
    let file = |charset: &str| {
        losses(&format!(
            "From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\ntext\n--m\n\
             Content-Type: text/csv{charset}; name=a.csv\nContent-Disposition: attachment\n\nä\n--m--\n"
        ))
    };
    // A file carries no label, and nobody knows which one Azure gives it.
    let unlabelled = [Loss::TextFile("a.csv".into())];
    assert_eq!([file(""), file("; charset=utf-8")], [unlabelled.clone(), unlabelled.clone()].map(Vec::from));
}

#[test]
fn header_fields_that_cannot_be_said_are_listed() {
    let with = |fields: &str| losses(&format!("Subject: s\n{fields}\n\nx\n"));
    assert_eq!(with("From: A <a@b.c>"), [Loss::DisplayName("A".into())]);
    assert_eq!(with("From: a@b.c, d@e.f"), [Loss::Field("From".into())]);
    assert_eq!(with("From: a@b.c (Cron)"), [Loss::BesideAuthor]);
    assert_eq!(with("From: a@b.c (Cron"), [Loss::Field("From".into())]);
    assert_eq!(with("From: a@b.c\nSender: d@e.f"), [Loss::Field("Sender".into())]);
    assert_eq!(with("From: a@b.c\nResent-To: d@e.f"), [Loss::Field("Resent-To".into())]);
    assert_eq!(with("From: a@b.c\nDKIM-Signature: v=1"), [Loss::Signed]);
    assert_eq!(with("From: a@b.c\nX-A: 1\nx-a: 2"), [Loss::RepeatedField("x-a".into())]);
    assert_eq!(with("From: a@b.c\nTo: Team: d@e.f;"), [Loss::Group]);
    assert_eq!(with("From: a@b.c\nTo: \"x"), [Loss::Field("To".into())]);
}

#[test]
fn corrupt_and_unusual_parts_are_listed() {
    let mixed = |part: &str| {
        losses(&format!(
            "From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\ntext\n--m\n{part}\n--m--\n"
        ))
    };
    assert_eq!(mixed("Content-Type: text/html; name=x\n\n<b>"), [Loss::SeveralTexts]);
    assert_eq!(
        mixed("Content-Type: text/plain\n\nmore"),
        [Loss::SeveralTexts, Loss::NoName("text/plain".into())]
    );
    assert_eq!(
        mixed("Content-Type: message/rfc822\n\nSubject: x\n\ny"),
        [Loss::Attachment("message/rfc822".into())]
    );
    assert_eq!(
        mixed("Content-Type: image/png; name=x\nContent-Transfer-Encoding: base64\n\nAA*A"),
        [Loss::Encoding("base64".into())]
    );
    assert_eq!(
        mixed("Content-Type: image/png\nContent-Transfer-Encoding: x-uuencode\n\nAA"),
        [Loss::Encoding("x-uuencode".into())]
    );
    assert_eq!(
        mixed("Content-Type: text/calendar; name=a.ics\nContent-Disposition: attachment\n\nBEGIN"),
        []
    );
}

#[test]
fn bombs_are_cut_short() {
    let flat = format!(
        "From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary=m\n\n{}",
        "--m\n\n\n".repeat(20_000)
    );
    assert_eq!(losses(&flat), [Loss::TooManyParts]);
    let nested: String =
        (0..5_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
    assert_eq!(losses(&format!("From: a@b.c\nSubject: s\n{nested}")), [Loss::Structure]);
}

proptest! {
    #[test]
    fn no_message_panics(message in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&message);
    }

    #[test]
    fn no_structure_panics(text in "(Content-Type: (multipart/(mixed|related|alternative)|text/(plain|html)); boundary=x|--x|--x--|\n|[a-z:; ]{0,9}\n){0,30}") {
        let _ = of(&text);
    }
}

/// A row of what has to be noticed: a message, and its only loss.
#[test]
fn what_was_not_looked_at_is_no_part() {
    let head = "From: a@b.c\nTo: x@y.z\nSubject: s\n";
    let field = |name: &str| Loss::Field(name.to_owned());
    let twice = |name: &str| Loss::RepeatedField(name.to_owned());
    for (fields, loss) in [
        ("To: second@y.z", twice("To")),
        ("Subject: again", twice("Subject")),
        ("Date: x\nDate: y", twice("Date")),
        ("Cc: (only a comment)", field("Cc")),
        ("Reply-To: Name (comment) <r@s.t>", field("Reply-To")),
        ("Reply-To: \"=?utf-8?q?x?=\" <r@s.t>", field("Reply-To")),
        ("Message-ID: no id", field("Message-ID")),
        ("Message-ID: <a b@c>", field("Message-ID")),
        ("Content-Language: de", Loss::PartField("Content-Language".into())),
        ("Return-Path: <a@b.c>", field("Return-Path")),
        ("X-Raw: \u{fc}", field("X-Raw")),
        ("X-Empty:", field("X-Empty")),
        ("MIME-Version: 1.0 (odd)", field("MIME-Version")),
        ("Content-Type: text/plain; name=log.txt", Loss::Parameter("name".into())),
        ("Content-Type: text/plain; x-unknown=1", Loss::Parameter("x-unknown".into())),
        (
            "Content-Type: text/plain; charset=ANSI_X3.4-1968\nContent-Transfer-Encoding: 8bit\nContent-Disposition: inline; size=3",
            Loss::Parameter("size".into()),
        ),
    ] {
        assert_eq!(losses(&format!("{head}{fields}\n\nhi\n")), [loss], "{fields}");
    }
    assert_eq!(losses("From: a@b.c\nSubject : s\n\nhi\n"), [Loss::Structure]);
    assert_eq!(losses("From: a@b.c\n\nhi\n"), [Loss::NoSubject]);
    assert_eq!(losses("From: a@b.c\nSubject: =?utf-8*de?q?x?=\n\nhi\n"), [field("Subject")]);
}

#[test]
fn fields_and_parameters_of_parts_are_looked_at() {
    let mixed = |part: &str| {
        losses(&format!(
            "From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\ntext\n--m\n{part}\n\nx\n--m--\n"
        ))
    };
    let parameter = |name: &str| Loss::Parameter(name.to_owned());
    for (part, loss) in [
        (
            "Content-Type: application/pdf; name=a.pdf\nContent-Location: http://x/",
            Loss::PartField("Content-Location".into()),
        ),
        (
            "Content-Type: application/pdf; name=a.pdf\nContent-Description: d",
            Loss::PartField("Content-Description".into()),
        ),
        (
            "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=b.pdf",
            parameter("name"),
        ),
        ("Content-Type: application/pdf; name=a.pdf; x-mode=644", parameter("x-mode")),
        (
            "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; creation-date=x",
            parameter("creation-date"),
        ),
        ("Content-Type: application/pdf", Loss::NoName("application/pdf".into())),
        (
            "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: inline",
            Loss::Inline("a.pdf".into()),
        ),
        (
            "Content-Type: application/pdf; name=a.pdf\nContent-ID: < a@b >",
            Loss::PartField("Content-ID".into()),
        ),
        (
            "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf x",
            Loss::FileName("a.pdf x".into()),
        ),
        ("Content-Type: application/pdf; name=a.pdf\nContent-Type: text/plain", Loss::Structure),
    ] {
        assert_eq!(mixed(part), [loss], "{part}");
    }
    assert_eq!(
        mixed(
            "MIME-Version: 1.0\nContent-Type: application/pdf; name=\"=?utf-8?q?=C3=BC?=\"\nContent-Disposition: attachment; filename*=utf-8''%C3%BC"
        ),
        []
    );
}

#[test]
fn an_ambiguous_division_is_no_structure() {
    for (boundary, body) in [
        ("P", "--P\n\nhi\n--P--More\n--P--\n"),
        ("P", "--P\n\nhi\n--Partner\n--P--\n"),
        ("\"P \"", "--P \n\nhi\n--P --\n"),
        ("P (comment)", "--P\n\nhi\n--P--\n"),
        ("P", "--P\n\nhi\n--P--\nfooter\n"),
        ("P", "--P\n\nhi\n"),
        ("Q", "--P\n\nhi\n--P--\n"),
        ("\u{fc}", "--\u{fc}\n\nhi\n--\u{fc}--\n"),
        ("Part", "--Part\nContent-Type: multipart/mixed; boundary=P\n\n--P\n\nhi\n--P--\n\n--Part--\n"),
    ] {
        let message =
            format!("From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary={boundary}\n\n{body}");
        assert_eq!(losses(&message), [Loss::Structure], "{message}");
    }
}

#[test]
fn raw_fields_are_read_in_the_character_set_of_the_text() {
    let koi = b"From: a@b.c\r\nTo: \xe9\xd7\xc1\xce <x@y.z>\r\nSubject: \xf0\xd2\xc9\xd7\xc5\xd4\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\r\n";
    let parts = read(koi);
    assert_eq!(parts.losses, []);
    assert_eq!(parts.subject, "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}");
    assert_eq!(parts.to.addresses[0].name.as_deref(), Some("\u{418}\u{432}\u{430}\u{43d}"));
    assert_eq!(read(b"From: a@b.c\r\nSubject: B\xfcro\r\n\r\nx\r\n").losses, [Loss::Field("Subject".into())]);
}

#[test]
fn no_control_character_leaves_an_encoding() {
    for subject in ["=?utf-8?q?a=0D=0ABcc:_x?=", "=?utf-8?q?=00?=", "=?utf-8?B?Gw==?="] {
        let parts = of(&format!("From: a@b.c\nSubject: {subject}\n\nx\n"));
        assert_eq!(parts.losses, [Loss::Field("Subject".into())]);
        assert!(!parts.subject.chars().any(char::is_control));
    }
}

#[test]
fn a_name_that_readers_read_differently_is_guessed_and_said() {
    for (disposition, said, name) in [
        ("attachment; filename=scan 001.pdf", "scan 001.pdf", "scan 001.pdf"),
        ("attachment; FileName = scan(1).pdf; size=3", "scan(1).pdf", "scan(1).pdf"),
        ("attachment; filename=\"C:\\scans\\a.pdf\"", "C:\\scans\\a.pdf", "a.pdf"),
        ("attachment; filename=\"../../etc/a.pdf\"", "../../etc/a.pdf", "a.pdf"),
        ("attachment; filename*=utf-8''%2e%2e%5ca.pdf", "..\\a.pdf", "a.pdf"),
        ("attachment; filename==?utf-8?q?=C3=BC?=", "\u{fc}", "\u{fc}"),
        ("attachment; filename==?utf-8?q?a=0D=0A=1B[2J.pdf?=", "a[2J.pdf", "a[2J.pdf"),
        ("attachment; filename=\"open.pdf", "open.pdf", "open.pdf"),
    ] {
        let parts = of(&format!(
            "From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\ntext\n--m\nContent-Type: application/pdf\nContent-Disposition: {disposition}\n\n%PDF\n--m--\n"
        ));
        assert!(parts.losses.contains(&Loss::FileName(said.to_owned())), "{disposition}: {:?}", parts.losses);
        assert_eq!(
            (parts.attachments[0].name.as_str(), &parts.attachments[0].content[..]),
            (name, &b"%PDF"[..])
        );
        assert!(parts.losses.iter().all(Loss::is_minor), "{:?}", parts.losses);
    }
}

/// None of these may cost the square of its length; they would take minutes.
#[test]
fn what_is_compared_with_its_like_is_bounded() {
    let many = |text: &str| text.repeat(100_000);
    let parameters = format!("From: a@b.c\nSubject: s\nContent-Type: text/plain{}\n\nx\n", many(";a=b"));
    assert!(losses(&parameters).contains(&Loss::Structure));
    let fields: String = (0..50_000).map(|n| format!("X{n}: y\n")).collect();
    assert_eq!(of(&format!("From: a@b.c\nSubject: s\n{fields}\nx\n")).headers.len(), 50_000);
    let references: String = (0..50_000).map(|n| format!("<img src=CID:{n}>\n")).collect();
    let parts = of(&format!(
        "From: a@b.c\nSubject: s\nContent-Type: multipart/related; boundary=m\n\n--m\nContent-Type: text/html\n\n{references}\n--m\nContent-Type: image/png; name=a.png\nContent-ID: <1>\n\nx\n--m--\n"
    ));
    assert_eq!(parts.losses.len(), 50_000);
}
