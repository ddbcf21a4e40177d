"""Files: their names in all spellings, their types, what an account with REST alone makes of them."""

from .case import HTML, PDF, TEXT, case, mail, multipart, octets

CONTENT = "Content-Transfer-Encoding: base64\n\nJVBERi0xLjcKJeLjz9MK\n"
DISPOSITIONS = {
    "quoted": 'filename="scan 1.pdf"',
    "without quotes": "filename=scan.pdf",
    "with blanks and no quotes": "filename=scan 1.pdf",
    "with an escaped quote": 'filename="the \\"scan\\".pdf"',
    "with a backslash": 'filename="C:\\\\scans\\\\1.pdf"',
    "with an unescaped backslash": 'filename="C:\\scans\\1.pdf"',
    "with a slash": 'filename="scans/1.pdf"',
    "with a semicolon": 'filename="a;b.pdf"',
    "with an equals sign": 'filename="a=b.pdf"',
    "with a comma": 'filename="a,b.pdf"',
    "with brackets": 'filename="scan (1) [2] <3>.pdf"',
    "with a percent sign": 'filename="100%.pdf"',
    "with percent and digits": 'filename="a%20b.pdf"',
    "with an apostrophe": "filename=\"it's 'x'.pdf\"",
    "with two dots": 'filename="..pdf"',
    "with a dot at its end": 'filename="scan."',
    "without an ending": 'filename="scan"',
    "of a dot": 'filename="."',
    "empty": 'filename=""',
    "of blanks": 'filename="  "',
    "with blanks around it": 'filename=" scan.pdf "',
    "with a comment behind it": "filename=scan.pdf (page 1)",
    "without its closing quote": 'filename="scan.pdf',
    "in single quotes": "filename='scan.pdf'",
    "raw in UTF-8": 'filename="Zähler für März.pdf"',
    "raw in UTF-8 without quotes": "filename=Zähler.pdf",
    "in RFC 2231": "filename*=utf-8''Z%C3%A4hler%20f%C3%BCr.pdf",
    "in RFC 2231 with a language": "filename*=utf-8'de'Z%C3%A4hler.pdf",
    "in RFC 2231 with an unknown charset": "filename*=x-own''Z%C3%A4hler.pdf",
    "in RFC 2231 without a charset": "filename*=''scan%201.pdf",
    "in RFC 2231 in Latin-1": "filename*=iso-8859-1''Z%E4hler.pdf",
    "in RFC 2231 in windows-1251": "filename*=windows-1251''%D1%EA%E0%ED.pdf",
    "in RFC 2231 in capitals": "FILENAME*=UTF-8''Z%c3%a4hler.pdf",
    "in RFC 2231 with quotes": "filename*=\"utf-8''Z%C3%A4hler.pdf\"",
    "in RFC 2231 with broken escapes": "filename*=utf-8''100%.pdf",
    "in RFC 2231 with a semicolon": "filename*=utf-8''a%3Bb.pdf",
    "in pieces": 'filename*0="a long ";\n filename*1="name.pdf"',
    "in pieces in another order": 'filename*1="name.pdf";\n filename*0="a long "',
    "in pieces with a gap": 'filename*0="a long ";\n filename*2="name.pdf"',
    "in encoded pieces": "filename*0*=utf-8''Z%C3%A4h;\n filename*1*=ler%20f%C3%BCr.pdf",
    "in mixed pieces": "filename*0*=utf-8''Z%C3%A4h;\n filename*1=\"ler f.pdf\"",
    "in pieces cut within a character": "filename*0*=utf-8''Z%C3;\n filename*1*=%A4hler.pdf",
    "in twelve pieces": ";\n ".join(f'filename*{n}="p{n}-"' for n in range(12)),
    "in both forms": "filename=\"Zaehler.pdf\"; filename*=utf-8''Z%C3%A4hler.pdf",
    "in both forms, the new one first": "filename*=utf-8''Z%C3%A4hler.pdf; filename=\"Zaehler.pdf\"",
    "twice": 'filename="one.pdf"; filename="two.pdf"',
    "in an encoded-word": 'filename="=?utf-8?Q?Z=C3=A4hler.pdf?="',
    "in an encoded-word in base64": 'filename="=?utf-8?B?WsOkaGxlci5wZGY=?="',
    "in two encoded-words": 'filename="=?utf-8?Q?Z=C3=A4h?=\n =?utf-8?Q?ler.pdf?="',
    "in an encoded-word without quotes": "filename==?utf-8?Q?Z=C3=A4hler.pdf?=",
    "in an encoded-word with a language": 'filename="=?utf-8*de?Q?Z=C3=A4hler.pdf?="',
    "in an encoded-word with a language, no quotes": "filename==?utf-8*de?Q?Z=C3=A4hler.pdf?=",
    "in an encoded-word with an ending": 'filename="=?utf-8?Q?Z=C3=A4hler?=.pdf"',
    "in an encoded-word in ISO-2022-JP": 'filename="=?iso-2022-jp?B?GyRCMHU6fhsoQi5wZGY=?="',
    "in an encoded-word that is broken": 'filename="=?utf-8?Q?Z=C3=A4hler.pdf"',
    "in a word that only looks encoded": 'filename="=?x?y?z.pdf"',
    "very long": 'filename="' + "a long name " * 20 + '.pdf"',
    "with a tab": 'filename="a\tb.pdf"',
    "in a folded line": 'filename="a long\n name.pdf"',
    "with blanks around its equals sign": 'filename = "scan.pdf"',
}
for name, parameter in DISPOSITIONS.items():
    part = octets(f"Content-Type: application/pdf\nContent-Disposition: attachment; {parameter}\n{CONTENT}")
    case(f"file name {name}", multipart(TEXT, part))
    parameter = parameter.replace("filename", "name").replace("FILENAME", "NAME")
    case(
        f"file name {name}, in its type",
        multipart(
            TEXT, octets(f"Content-Type: application/pdf; {parameter}\nContent-Disposition: attachment\n{CONTENT}")
        ),
    )
    if name in ("quoted", "raw in UTF-8", "in RFC 2231", "in both forms", "in an encoded-word"):
        case(
            f"name of a text {name}",
            multipart(f"Content-Type: text/plain; charset=us-ascii; {parameter}\n\nReadings.", PDF),
        )
        case(
            f"name of a lone text {name}",
            mail(f"Content-Type: text/plain; charset=us-ascii; {parameter}\n", "Readings.\n"),
        )
        case(
            f"name of an alternative {name}",
            multipart(f"Content-Type: text/plain; {parameter}\n\nx", HTML, kind="multipart/alternative"),
        )
case(
    "file without a name",
    multipart(TEXT, "Content-Type: application/pdf\nContent-Disposition: attachment\n" + CONTENT),
    rest_delivers=True,
)
case(
    "file without name and disposition",
    multipart(TEXT, "Content-Type: application/pdf\n" + CONTENT),
    rest_delivers=True,
)
case("two files of one name", multipart(TEXT, PDF, PDF), rest_delivers=True)
case(
    "file of no octets",
    multipart(
        TEXT,
        'Content-Type: application/pdf\nContent-Disposition: attachment; filename="empty.pdf"\nContent-Transfer-Encoding: base64\n\n',
    ),
)
case(
    "file in 7 bit",
    multipart(TEXT, 'Content-Type: text/csv\nContent-Disposition: attachment; filename="a.csv"\n\na;b\n1;2\n'),
    rest_delivers=True,
)
case(
    "file in 7 bit with empty lines at its end",
    multipart(TEXT, 'Content-Type: text/csv\nContent-Disposition: attachment; filename="a.csv"\n\na;b\n\n\n'),
)
case(
    "file in UTF-16",
    multipart(
        TEXT,
        'Content-Type: text/csv; charset=utf-16\nContent-Disposition: attachment; filename="a.csv"\nContent-Transfer-Encoding: base64\n\n//5hADsAYgA=\n',
    ),
)
case(
    "file in Latin-1",
    multipart(
        TEXT,
        'Content-Type: text/csv; charset=iso-8859-1\nContent-Disposition: attachment; filename="a.csv"\nContent-Transfer-Encoding: base64\n\nWuRobGVyOzc=\n',
    ),
)

OCTETS = "Content-Type: application/octet-stream"
NAMES = [
    "scan.pdf",
    "scan.PDF",
    "scan.tif",
    "scan.jpg",
    "report.docx",
    "table.xlsx",
    "page.html",
    "log.txt",
    "a.csv",
    "scan.pdf.p7m",
    "setup.exe",
    "noending",
    "archive.tar.gz",
    "data.bin",
]
for name in NAMES:
    part = f'{OCTETS}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n{CONTENT}'
    harmless = name.lower().rsplit(".", 1)[-1] in ("pdf", "tif", "jpg", "docx", "xlsx", "txt", "csv")
    case(f"octet-stream called {name}", multipart(TEXT, part), rest_delivers=harmless)
    case(f"octet-stream called {name}, without a text", multipart(part), rest_delivers=harmless)
for kind in [
    "application/x-pdf",
    "application/acrobat",
    "image/tiff",
    "image/x-png",
    "application/x-zip",
    "application/postscript",
    "application/vnd.oasis.opendocument.text",
    "text/html",
    "text/x-log",
    "application/javascript",
    "application/x-msdownload",
    "application/ms-tnef",
    "audio/wav",
    "video/mp4",
    "chemical/x-pdb",
    "model/stl",
]:
    case(f"file of type {kind} called scan.pdf", multipart(TEXT, PDF.replace("application/pdf", kind)))
case("a scan without a text", multipart(PDF), rest_delivers=True)
case("a scan with an empty text", multipart("Content-Type: text/plain\n\n", PDF), rest_delivers=True)
case("a scan with a text of blanks", multipart("Content-Type: text/plain\n\n \n", PDF), rest_delivers=True)
case("two scans without a text", multipart(PDF, PDF.replace("scan", "scan2")), rest_delivers=True)
case("an empty message", mail("Content-Type: text/plain; charset=us-ascii\n", ""), rest_delivers=True)
case(
    "an unused id twice",
    multipart(TEXT, "Content-ID: <x@y>\n" + PDF, "Content-ID: <x@y>\n" + PDF.replace("scan", "two")),
    rest_delivers=True,
)
case("a plain message", mail(), rest_delivers=True)
case("a plain message with a file", multipart(TEXT, PDF), rest_delivers=True)
case("an HTML message", mail("Content-Type: text/html; charset=us-ascii\n", "<p>Hello</p>\n"), rest_delivers=True)
case(
    "a large file",
    multipart(
        TEXT,
        PDF.replace(
            "JVBERi0xLjcK",
            "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\n" * 4000 + "JVBERi0xLjcK",
        ),
    ),
    rest_delivers=True,
)
