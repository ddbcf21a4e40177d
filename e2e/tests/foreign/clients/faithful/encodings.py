"""Transfer encodings: labels, and contents that do not keep to them."""

import base64

from .case import TEXT, case, joined, mail, multipart, octets

SCAN = bytes(range(256)) * 3
LINES = base64.encodebytes(SCAN).decode()
ONE_LINE = base64.b64encode(SCAN).decode()
UMLAUTS = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße."


def file(encoding, content, kind="application/pdf"):
    head = f'Content-Type: {kind}; name="scan.pdf"\nContent-Disposition: attachment; filename="scan.pdf"\n'
    return octets(head) + octets(f"Content-Transfer-Encoding:{encoding}\n\n") + octets(content)


LABELS = {
    "base64 and blanks": " base64  ",
    "base64 and a tab": " base64\t",
    "base64 behind a tab": "\tbase64",
    "base64 behind many blanks": "    base64",
    "base64 in a second line": "\n base64",
    "base64 in capitals": " BASE64",
    "base64 in mixed case": " Base64",
    "base64 and a comment": " base64 (RFC 2045)",
    "base64 behind a comment": " (as always) base64",
    "base64 and a semicolon": " base64;",
    "base64 and a parameter": " base64; charset=utf-8",
    "base64 in quotes": ' "base64"',
    "no space before base64": "base64",
}
CONTENTS = {
    "in lines": LINES,
    "in one line": ONE_LINE + "\n",
    "in one line with odd trailing bits": ONE_LINE[:-3] + "9==" + "\n",
    "without padding": base64.b64encode(SCAN[:-1]).decode().rstrip("=") + "\n",
    "with too much padding": base64.b64encode(SCAN[:-1]).decode() + "==\n",
    "in two padded blocks": base64.b64encode(b"one").decode() + "Zg==\n" + base64.b64encode(b"two!").decode() + "\n",
    "with text behind it": LINES + "-- \nsent by the scanner\n",
    "with an advertisement behind it": LINES + "\n____________\nAnti-Virus checked!\n",
    "with blanks in its lines": "\n".join(
        " ".join(line[i : i + 4] for i in range(0, 76, 4)) for line in LINES.split("\n")
    ),
    "with blanks behind its lines": LINES.replace("\n", "  \n"),
    "with empty lines": LINES.replace("\n", "\n\n"),
    "with an exclamation mark": LINES.replace("\n", "!\n", 1),
    "in the alphabet for URLs": base64.urlsafe_b64encode(SCAN).decode() + "\n",
    "of nothing": "",
    "of one character": "A\n",
    "of nothing but padding": "====\n",
    "in lines of 72": "\n".join(ONE_LINE[i : i + 72] for i in range(0, len(ONE_LINE), 72)) + "\n",
    "in lines of 75": "\n".join(ONE_LINE[i : i + 75] for i in range(0, len(ONE_LINE), 75)) + "\n",
    "in lines of 900": "\n".join(ONE_LINE[i : i + 900] for i in range(0, len(ONE_LINE), 900)) + "\n",
}
for bits, first in {"7-bit": TEXT, "8-bit": UMLAUTS}.items():
    for name, label in LABELS.items():
        case(f"label {name}, beside {bits} text", multipart(first, file(label, LINES)))
    for name, content in CONTENTS.items():
        case(f"base64 {name}, beside {bits} text", multipart(first, file(" base64", content)))
    for label in [
        "x-uuencode",
        "uuencode",
        "x-uue",
        "binhex",
        "x-gzip64",
        "none",
        "7-bit",
        "utf-8",
        "8bits",
        "quoted printable",
        "",
    ]:
        content = "begin 644 scan.pdf\n#0V%T\n`\nend\n" if "uu" in label else "plain words, not encoded\n"
        case(f"encoding called {label!r}, beside {bits} text", multipart(first, file(" " + label, content)))
    for name, content in {
        "soft line ends": "one =\ntwo=\n three\n",
        "lower case": "caf=c3=a9\n",
        "a bad escape": "100 =ZZ %\n",
        "an equals sign at its end": "ends here=",
        "an equals sign before the delimiter": "ends here=\n",
        "blanks behind its lines": "one  \ntwo\t\n",
        "blanks behind a soft line end": "one=  \ntwo\n",
        "lines over 76": "long " * 60 + "\n",
        "encoded line ends": "one=0D=0Atwo=0A",
    }.items():
        case(
            f"quoted-printable with {name}, beside {bits} text",
            multipart(first, file(" quoted-printable", content, "text/plain")),
        )
    case(
        f"a label twice, beside {bits} text", multipart(first, file(" base64\nContent-Transfer-Encoding: 7bit", LINES))
    )
    case(
        f"a label twice and equal, beside {bits} text",
        multipart(first, file(" base64\nContent-Transfer-Encoding: base64", LINES)),
    )

for name, encoding in {"base64": "base64", "quoted-printable": "quoted-printable"}.items():
    inner = joined("in", TEXT, file(" base64", LINES))
    case(
        f"a multipart labelled {name}",
        mail(f'Content-Type: multipart/mixed; boundary="in"\nContent-Transfer-Encoding: {encoding}\n', inner),
    )

RAW_IN_QP = {
    "UTF-8": ("utf-8", "Gr=C3=BC=C3=9Fe, und roh: Grüße.\n".encode()),
    "Latin-1": ("iso-8859-1", b"Gr=FC=DFe, und roh: Gr\xfc\xdfe.\n"),
    "windows-1251": ("windows-1251", "=CF привет\n".encode("cp1251")),
    "UTF-8 at a soft line end": ("utf-8", "ü=\nü=\n".encode()),
}
for name, (charset, content) in RAW_IN_QP.items():
    label = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: quoted-printable\n"
    case(f"raw octets in quoted-printable, {name}", mail(label, content))
    case(
        f"raw octets in quoted-printable in a part, {name}",
        multipart(octets(label + "\n") + octets(content), file(" base64", LINES)),
    )
    case(
        f"raw octets in a quoted-printable file, {name}",
        multipart(TEXT, file(" quoted-printable", content, "text/csv")),
    )
case("raw octets in base64", multipart(TEXT, octets(file(" base64", LINES)) + "Grüße".encode()))
case(
    "8-bit text labelled 7bit",
    mail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n", "Grüße\n"),
)
case("8-bit text without a label", mail("Content-Type: text/plain; charset=utf-8\n", "Grüße\n"))
case("8-bit file labelled binary", multipart(TEXT, file(" binary", "Zähler;7\n".encode("latin-1"), "text/csv")))
case("7-bit text labelled binary", mail("Content-Type: text/plain\nContent-Transfer-Encoding: binary\n", "plain\n"))
case("7-bit text labelled 8bit", mail("Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n", "plain\n"))
case(
    "a scan as a whole message",
    mail(
        'Content-Type: application/pdf; name="scan.pdf"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n',
        LINES,
    ),
    rest_delivers=True,
)
