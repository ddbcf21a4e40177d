"""Encoded-words of all sorts (RFC 2047), and what only looks like one; long lines and long fields."""

from .case import HTML, PDF, TEXT, case, mail, multipart, octets

WORDS = {
    "quoted": "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
    "in base64": "=?utf-8?B?R3LDvMOfZQ==?=",
    "in lower case": "=?utf-8?q?Gr=c3=bc=c3=9fe?=",
    "in base64 without padding": "=?utf-8?B?R3LDvMOfZQ?=",
    "two apart": "=?utf-8?Q?eins?= =?utf-8?Q?zwei?=",
    "two folded": "=?utf-8?Q?eins?=\n =?utf-8?Q?zwei?=",
    "two without a blank": "=?utf-8?Q?eins?==?utf-8?Q?zwei?=",
    "two of two charsets": "=?utf-8?Q?=C3=BC?= =?iso-8859-1?Q?=FC?=",
    "cut within a character": "=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC?=",
    "cut within a character in base64": "=?utf-8?B?R3LD?= =?utf-8?B?vMOfZQ==?=",
    "between words": "7 =?utf-8?Q?=C3=BC?= 8",
    "within a word": "a=?utf-8?Q?=C3=BC?=b",
    "with underscores": "=?utf-8?Q?a_b_c?=",
    "with blanks in it": "=?utf-8?Q?a b c?=",
    "with a question mark in it": "=?utf-8?Q?a?b?=",
    "with a language": "=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=",
    "of no text": "=?utf-8?Q??=",
    "of an unknown charset": "=?x-own?Q?abc?=",
    "of an unknown encoding": "=?utf-8?X?abc?=",
    "with bad base64": "=?utf-8?B?R3L*vM?=",
    "with bad escapes": "=?utf-8?Q?100=ZZ?=",
    "with octets that are not of its charset": "=?utf-8?Q?Gr=FC=DFe?=",
    "not closed": "=?utf-8?Q?abc",
    "of unknown-8bit": "=?unknown-8bit?Q?Gr=FC?=",
    "longer than 75": "=?utf-8?Q?" + "=C3=BC" * 60 + "?=",
    "in quotes": '"=?utf-8?Q?Gr=C3=BC?="',
    "with a line end in it": "=?utf-8?Q?a=0D=0AX-Own:_b?=",
    "with a NUL in it": "=?utf-8?Q?a=00b?=",
    "of an emoji": "=?utf-8?B?8J+Wqe+4jw==?=",
    "of 40": "\n ".join(f"=?utf-8?Q?Teil_{n}_=C3=BC?=" for n in range(40)),
    "in ISO-2022-JP": "=?iso-2022-jp?B?GyRCMHU6fhsoQg==?=",
    "in GB2312": "=?gb2312?B?tPLTocXqs8k=?=",
    "in KOI8-R": "=?koi8-r?B?8NLJztTF0g==?=",
}
EIGHT = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
for name, word in WORDS.items():
    case(f"encoded-word {name} in Subject", mail(f"Subject: {word}"))
    case(f"encoded-word {name} in Subject over 8 bits", mail(f"Subject: {word}\n{EIGHT}", "Grüße\n"))
    case(f"encoded-word {name} in To", mail(f"To: {word} <a@example.com>"))
    case(f"encoded-word {name} in a field of its own", mail(f"X-Location: {word}"))
for name, subject in {
    "plain": "Reading of 7:30 (daily), 100 %",
    "folded": "a long\n subject\n\tin three lines",
    "folded before the first word": "\n Reading",
    "of blanks between words": "a   b\t c",
    "with a blank at its end": "Reading ",
    "of 900 characters": "r" * 900,
    "of 300 words in lines": "\n ".join(["word " * 9] * 34).strip(),
    "of quotes and backslashes": '"a\\b" \\"',
    "with angle brackets": "<script>alert(1)</script>",
    "with a tab": "a\tb",
    "with a control character": "a\x07b",
}.items():
    case(f"Subject {name}", mail(f"Subject: {subject}"))

LINE = "0123456789 " * 200
for bits, mark in {"7-bit": "", "8-bit": "ü"}.items():
    label = EIGHT if mark else ""
    for length in (76, 77, 78, 79, 997, 998, 999, 1000, 1001, 2000, 20000):
        line = (LINE * 10)[: length - len(mark.encode())] + mark
        case(f"line of {length} octets, {bits}", mail(label, f"before\n{line}\nbehind\n"))
    line = (LINE * 10)[:5000] + mark
    html = f"Content-Type: text/html; charset={'utf-8' if mark else 'us-ascii'}\nContent-Transfer-Encoding: {'8bit' if mark else '7bit'}\n\n<p>{line}</p>"
    case(f"HTML in one line, {bits}", multipart(html, PDF))
    case(f"HTML in one line beside a text, {bits}", multipart(TEXT, html, kind="multipart/alternative"))
    case(
        f"long line in a file, {bits}",
        multipart(
            TEXT, octets('Content-Type: text/csv\nContent-Disposition: attachment; filename="a.csv"\n\n' + line + "\n")
        ),
    )
    case(
        f"long line of base64, {bits}",
        multipart(
            "Content-Type: text/plain; charset=utf-8\n\n" + (mark or "x"),
            PDF.replace("\n\nJVBE", "\n\n" + "QUJD" * 500 + "\nJVBE"),
        ),
    )
    case(
        f"long line of quoted-printable, {bits}",
        multipart(
            HTML,
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
            + "=C3=BC" * 400
            + mark,
        ),
    )
    case(f"long field, {bits}", mail("X-Long: " + "word " * 300 + mark + f"\n{label}", f"x{mark}\n"))
    case(f"long field without blanks, {bits}", mail("X-Long: " + "w" * 1500 + mark + f"\n{label}", f"x{mark}\n"))
    case(
        f"long To, {bits}",
        mail("To: " + ", ".join(f"r{n}@example.com" for n in range(49)) + f"\n{label}", f"x{mark}\n"),
        recipients=tuple(f"r{n}@example.com" for n in range(49)),
    )
    case(
        f"long References, {bits}",
        mail("References: " + " ".join(f"<{n:040}@device.example>" for n in range(30)) + f"\n{label}", f"x{mark}\n"),
    )
    case(
        f"long line within a message, {bits}",
        multipart(TEXT, octets(f"Content-Type: message/rfc822\n\nSubject: x\n{label}\n{line}\n")),
    )
