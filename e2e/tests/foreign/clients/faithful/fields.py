"""Header fields that REST has no member for, or that stand where nobody looks."""

from .case import HTML, PDF, TEXT, case, mail, multipart

for name, fields in {
    "To": "To: a@example.com\nTo: Second <b@example.com>",
    "Cc": "Cc: b@example.com\nCc: Second <c@example.com>",
    "Reply-To": "Reply-To: one@example.com\nReply-To: Two <two@example.com>",
    "Subject": "Subject: one\nSubject: two",
    "Date": "Date: Sat, 01 Jan 2000 00:00:00 +0000\nDate: Sun, 02 Jan 2000 00:00:00 +0000",
    "Message-ID": "Message-ID: <one@device.example>\nMessage-ID: <two@device.example>",
    "MIME-Version": "MIME-Version: 1.0\nMIME-Version: 1.0",
    "Content-Type": "Content-Type: text/plain\nContent-Type: text/html",
    "Content-Type with equal values": "Content-Type: text/plain\nContent-Type: text/plain",
    "Content-Transfer-Encoding": "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64",
    "Content-Disposition": "Content-Disposition: inline\nContent-Disposition: attachment; filename=x.txt",
    "X-Alarm": "X-Alarm: fire\nX-Alarm: water",
    "Comments": "Comments: one\nComments: two",
    "Keywords": "Keywords: one\nKeywords: two",
    "References": "References: <a@b>\nReferences: <c@d>",
    "In-Reply-To": "In-Reply-To: <a@b>\nIn-Reply-To: <c@d>",
    "X-Alarm in another case": "X-Alarm: fire\nx-alarm: water",
    "Bcc": "Bcc: b@example.com\nBcc: c@example.com",
    "Sender": "Sender: noreply@contoso.example\nSender: scanner@contoso.example",
}.items():
    # RFC 5322 section 3.6 allows some of them once: a submission server may say so.
    once = name.split()[0] in ("Subject", "Message-ID", "Date", "To", "Cc", "Reply-To", "Sender")
    reach = ("a@example.com", "b@example.com", "c@example.com") if name in ("To", "Cc", "Bcc") else ("a@example.com",)
    refused = "RFC 5322 section 3.6" if name in ("Subject", "Message-ID") else ""
    case(f"second {name}", mail(fields), recipients=reach, may_be_refused=refused, only_by_smtp=once and name != "Date")
case("second Content-Type in a part", multipart(TEXT, "Content-Type: application/pdf; name=scan.pdf\n" + PDF))
case("second Content-ID in a part", multipart(HTML, "Content-ID: <one>\nContent-ID: <two>\n" + PDF))
case("second name beside a file's name", multipart(TEXT, PDF.replace('name="scan.pdf"\n', 'name="other.pdf"\n', 1)))

for field in [
    "Content-Language: de",
    "Content-Language: de, fr",
    "Content-Location: http://example.com/report",
    "Content-Base: http://example.com/",
    "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
    "Content-Description: counter readings",
    "Content-Duration: 30",
    "Content-Features: (color=Binary)",
    "Content-ID: <root@device.example>",
    "Content-Disposition: inline",
    "Content-Disposition: inline; filename=report.txt",
    "Content-Disposition: attachment; filename=report.txt",
    "Content-Disposition: notice",
    "Content-Return: allowed",
    "Content-Identifier: 47",
    "Content-X-Own: 1",
    "Sender: noreply@contoso.example",
    "Sender: scanner@contoso.example",
    "Resent-From: b@example.com",
    "Resent-To: b@example.com",
    "Resent-Date: Sat, 21 Nov 2026 08:00:00 +0000",
    "Resent-Message-ID: <again@device.example>",
    "List-Id: Alarms <alarms.contoso.example>",
    "List-Unsubscribe: <https://example.com/u?x=1>, <mailto:u@example.com>",
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    "List-Post: NO",
    "Precedence: bulk",
    "Auto-Submitted: auto-generated",
    "Disposition-Notification-To: scanner@contoso.example",
    "Return-Receipt-To: scanner@contoso.example",
    "Importance: high",
    "X-Priority: 1 (Highest)",
    "Priority: urgent",
    "Sensitivity: company-confidential",
    "Expires: Sat, 21 Nov 2026 08:00:00 +0000",
    "Expiry-Date: Sat, 21 Nov 2026 08:00:00 +0000",
    "References: <a@b.example>\n <c@d.example>",
    "In-Reply-To: <a@b.example>",
    "Thread-Topic: =?utf-8?B?R3LDvMOfZQ==?=",
    "Thread-Index: AdABCDEFGH==",
    "Mail-Followup-To: l@example.com",
    "Errors-To: e@contoso.example",
    "Return-Path: <scanner@contoso.example>",
    "Delivered-To: x@example.com",
    "Received: from a by b; Sat, 21 Nov 2026 08:00:00 +0000",
    "X-Mailer: ScanFront 400\n (Build 7)",
    "X-Empty:",
    "X-Blank: ",
    "X-Long: " + "value " * 140,
    "X-Longer: " + "w" * 900,
    "X-Huge: " + "\n ".join(["piece " * 12] * 60),
    "X-Tabs:\tone\ttwo",
    "X-Trailing: blanks   ",
    "X-Encoded: =?iso-8859-1?Q?Gr=FC=DFe?=",
    "x-ms-acsemail-suppress-invalid-attachment: true",
    "X-MS-ACSEmail-Validate-Message-Id: true",
    "x-ms-acsemail-ignore-duplicate-content-id: true",
    "x-ms-acsemail-something-new: 1",
    "X-Postern-Hops: 3",
    "Date: Sat, 21 Nov 1998 08:00:00 +0100",
    "Date: Tue, 19 Jan 2038 03:14:08 +0000",
    "Date: 2026-11-21 08:00:00",
    "Date: Sat, 21 Nov 26 08:00 MEZ",
    "Date: yesterday",
    "Date: Sat Nov 21 08:00:00 2026",
    "MIME-Version: 1.0 (scanner)",
    "MIME-Version: 2.0",
    "Encrypted: PGP",
    "Supersedes: <old@device.example>",
    "Obsoletes: <old@device.example>",
    "Newsgroups: de.test",
    "Autocrypt: addr=scanner@contoso.example; keydata=\n AAAA\n BBBB",
    "Authentication-Results: mx.example; spf=pass",
    "Received-SPF: pass",
    "ARC-Seal: i=1; a=rsa-sha256; cv=none",
    "DKIM-Signature: v=1; a=rsa-sha256; b=AAAA",
    "Face: AAAA",
    "X.Y_Z~7: odd name",
    "Original-Recipient: rfc822;a@example.com",
    "Apparently-To: b@example.com",
    "To_: b@example.com",
]:
    case(f"field {field[:60]}", mail(field))
    case(f"field {field[:60]} over a file", multipart(TEXT, PDF, fields=field + "\n"))

for field in [
    "Subject : with a blank before the colon",
    "X-Own : with a blank before the colon",
    "X-Own\t: with a tab before the colon",
]:
    # Obsolete syntax (RFC 5322 section 4.5): a part of all readers, Python among them, ends the header section there.
    case(f"field {field}", mail(field), only_by_smtp=True)
    case(f"field {field}, in a part", multipart(TEXT, field + "\n" + PDF), only_by_smtp=True)

for field in [
    "Content-Language: de",
    "Content-Description: page 1",
    "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
    "Content-Location: scan.pdf",
    "Content-Base: http://example.com/",
    "Content-Duration: 30",
    "Content-ID: <file@device.example>",
    "Content-Something: new",
    "X-Attachment-Id: f_1",
    "Subject: not of the message",
    "x-apple-part-url: 7",
]:
    case(f"part's field {field}, file", multipart(TEXT, field + "\n" + PDF))
    case(f"part's field {field}, text", multipart(field + "\n" + TEXT, PDF))
    case(f"part's field {field}, lone text", mail(field + "\nContent-Type: text/plain"))

for parameters in [
    "; format=flowed",
    "; format=flowed; delsp=yes",
    "; format=fixed",
    "; delsp=yes",
    "; reply-type=original",
    "; markup=markdown",
    "; x-own=1",
    '; name="report.txt"',
    "; charset=us-ascii; charset=utf-8",
    "; method=REQUEST",
    "; variant=GFM",
    ";",
    "; ;",
    "; =x",
    "; charset",
]:
    case(f"text with {parameters}", mail(f"Content-Type: text/plain{parameters}"))
    case(
        f"text with {parameters} beside a file",
        multipart(f"Content-Type: text/plain{parameters}\n\nSee the file.", PDF),
    )
for parameters in ["; x-unix-mode=0644", "; x-mac-type=1", "; version=1.7", "; charset=binary"]:
    case(
        f"file's type with {parameters}",
        multipart(TEXT, PDF.replace("application/pdf", "application/pdf" + parameters)),
    )
for parameters in [
    "; size=42",
    '; creation-date="Sat, 21 Nov 2026 08:00:00 +0000"',
    '; modification-date="Sat, 21 Nov 2026 08:00:00 +0000"',
    "; handling=optional",
    "; x-own=1",
]:
    case(
        f"file's disposition with {parameters}",
        multipart(TEXT, PDF.replace("attachment", "attachment" + parameters, 1)),
    )
for disposition in [
    "inline",
    "INLINE",
    "notice",
    "signal",
    "form-data; name=x",
    "render",
    "",
    ";",
    "attachment",
    "Attachment",
    "attachment (page 1)",
]:
    part = PDF.replace('Content-Disposition: attachment; filename="scan.pdf"', f"Content-Disposition: {disposition}")
    case(f"file with disposition {disposition!r}", multipart(TEXT, part))
    text = TEXT.replace("\n\n", f"\nContent-Disposition: {disposition}\n\n", 1)
    case(f"text with disposition {disposition!r}", multipart(text, PDF))
    case(f"second text with disposition {disposition!r}", multipart(TEXT, text))
for kind in [
    "text",
    "text/",
    "/plain",
    "plain/text/x",
    "text plain",
    "text/plain charset=us-ascii",
    "text/enriched",
    "text/richtext",
    "text/markdown",
    "text/x-vcard",
    "text/rtf",
    "text/plain; charset",
    "application/pdf",
    "image/png",
    "x/y",
    "",
    "text/html",
    "TEXT/HTML",
    "text/html (page)",
    "text/plain,text/html",
    "*/*",
    "message/rfc822",
    "multipart/mixed",
]:
    case(f"lone body of type {kind!r}", mail(f"Content-Type: {kind}\n", "<p>Hello &amp; 7.</p>\n"))
    case(
        f"file of type {kind!r}",
        multipart(TEXT, f'Content-Type: {kind}\nContent-Disposition: attachment; filename="x.dat"\n\ncontent'),
    )
case(
    "no MIME-Version",
    mail("-MIME-Version\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", "Grüße\n"),
)
case("no MIME-Version over a file", multipart(TEXT, PDF, fields="-MIME-Version\n"))
case("no header field but the author", mail("-To\n-Subject\n-Date\n-Message-ID\n-MIME-Version"))
case("no Subject", mail("-Subject"))
case("an empty Subject", mail("Subject:"))
case("a Subject of blanks", mail("Subject:    "))
case("no To", mail("-To"))
case("an empty To", mail("To:"))
case("no body", mail("", ""))
case("an empty line as body", mail("", "\n"))
case("blanks as body", mail("", "  \n\t\n"))
case("no empty line before the body's end", mail("", "x").removesuffix(b"\r\nx"))
case("a line with a dot", mail("", "one\n.\n..\n.two\n"))
case("blanks at line ends", mail("", "one  \ntwo\t\n\n\n"))
case("From at a line's beginning", mail("", "From here\n>From there\n"))
case("form feeds and escapes", mail("", b"one\x0c\x1b[1mtwo\x07\x08\r\n"))
