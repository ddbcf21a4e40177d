//! A message as subject, texts and files: what a send API can carry.
//!
//! [`read`] takes the message apart and lists as [`Loss`] everything that these parts cannot say.
//! Where the list is empty the parts are as good as the message; where it is not, a transport that
//! carries the message itself is better.

mod fields;
mod loss;
mod structure;

pub use loss::Loss;

use crate::address::{Address, AddressList};

/// A message in other words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The author.
    pub from: Option<Address>,
    /// The header's To.
    pub to: AddressList,
    /// The header's Cc.
    pub cc: AddressList,
    /// The header's Reply-To.
    pub reply_to: Vec<Address>,
    /// Subject, decoded.
    pub subject: String,
    /// The plain text.
    pub text: Option<String>,
    /// The HTML text.
    pub html: Option<String>,
    /// Files and inline images.
    pub attachments: Vec<Attachment>,
    /// Fields that are neither in the members above nor the carrier's own business.
    pub headers: Vec<(String, String)>,
    /// What the above does not say.
    pub losses: Vec<Loss>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// MIME type without parameters, in lower case.
    pub content_type: String,
    /// The octets, decoded.
    pub content: Vec<u8>,
    /// Content-ID without brackets, when the HTML text refers to it.
    pub content_id: Option<String>,
}

/// More parts than any honest message has.
const MAX_PARTS: usize = 1_000;
/// Lines that may divide parts. Texts have such lines, too, and a message with more goes by another way.
const MAX_DIVIDERS: usize = 10_000;

/// Takes a message apart. Never fails: what cannot be understood is a [`Loss`].
///
/// ```
/// use message::parts::{Loss, read};
///
/// let scan = read(b"From: scanner@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nSee below.\r\n");
/// assert_eq!(scan.subject, "Gr\u{fc}\u{df}e");
/// assert_eq!(scan.text.as_deref(), Some("See below.\r\n"));
/// assert!(scan.losses.is_empty());
///
/// let signed = read(b"From: a@example.com\r\nContent-Type: multipart/signed; boundary=x\r\n\r\n--x--\r\n");
/// assert!(signed.losses.contains(&Loss::Signed));
/// ```
#[must_use]
pub fn read(message: &[u8]) -> Parts {
    let mut parts = Parts::default();
    fields::read(crate::header::split(message).0, &mut parts);
    // Every part costs many times its octets: a bomb is recognised before it is taken apart.
    if memchr::memmem::find_iter(message, b"\n--").nth(MAX_DIVIDERS).is_some() {
        parts.losses.push(Loss::TooManyParts);
        return parts;
    }
    match mailparse::parse_mail(message) {
        Ok(parsed) if parsed.parts().count() > MAX_PARTS => parts.losses.push(Loss::TooManyParts),
        Ok(parsed) => structure::read(&parsed, &mut parts),
        Err(_) => parts.losses.push(Loss::Structure),
    }
    parts
}

#[cfg(test)]
mod tests {
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
        assert_eq!(parts.losses, []);
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
        let with_type = |content_type: &str| {
            losses(&format!("From: a@b.c\nSubject: s\nContent-Type: {content_type}\n\nx\n"))
        };
        assert_eq!(with_type("text/calendar; method=REQUEST"), [Loss::Calendar, Loss::NoText]);
        assert_eq!(with_type("multipart/signed; boundary=x"), [Loss::Signed]);
        assert_eq!(with_type("application/pkcs7-mime; smime-type=enveloped-data"), [Loss::Encrypted]);
        assert_eq!(with_type("multipart/report; boundary=x"), [Loss::Multipart("multipart/report".into())]);
        assert_eq!(with_type("multipart/mixed"), [Loss::Structure]);
        assert_eq!(with_type("text/plain; charset=klingon"), [Loss::Charset("klingon".into()), Loss::NoText]);
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
        assert_eq!(file(""), []);
        assert_eq!(file("; charset=utf-8"), []);
        assert_eq!(file("; charset=utf-16"), [Loss::Charset("utf-16".into())]);
    }

    #[test]
    fn header_fields_that_cannot_be_said_are_listed() {
        let with = |fields: &str| losses(&format!("Subject: s\n{fields}\n\nx\n"));
        assert_eq!(with("From: A <a@b.c>"), [Loss::DisplayName("A".into())]);
        assert_eq!(with("From: a@b.c, d@e.f"), [Loss::Field("From".into())]);
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
        assert_eq!(mixed("Content-Type: text/html\n\n<b>"), [Loss::SeveralTexts]);
        assert_eq!(mixed("Content-Type: text/plain\n\nmore"), [Loss::SeveralTexts]);
        assert_eq!(
            mixed("Content-Type: message/rfc822\n\nSubject: x\n\ny"),
            [Loss::Attachment("message/rfc822".into())]
        );
        assert_eq!(
            mixed("Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAA*A"),
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
}
