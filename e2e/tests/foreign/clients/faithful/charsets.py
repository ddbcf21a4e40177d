"""Character sets, said and unsaid, in bodies and raw in header fields."""

import base64
import quopri

from .case import PDF, case, mail, multipart, octets

SAMPLES = {
    "us-ascii": "Toner is low.",
    "utf-8": "Grüße, привет, 日本語 ✉",
    "iso-8859-1": "Grüße aus Zürich, ça va",
    "iso-8859-2": "Příliš žluťoučký kůň",
    "iso-8859-3": "Ĉu vi ĝuas ĥorojn",
    "iso-8859-4": "Ķirsis un ēka",
    "iso-8859-5": "Привет из Москвы",
    "iso-8859-6": "مرحبا بالعالم",
    "iso-8859-7": "Καλημέρα κόσμε",
    "iso-8859-8": "שלום עולם",
    "iso-8859-9": "Şişli'den ığdır",
    "iso-8859-10": "Þórður og ŋ",
    "iso-8859-13": "Ąžuolas ir ėglė",
    "iso-8859-14": "Ŵyneb ŷ",
    "iso-8859-15": "Preis 5 €, œuvre",
    "windows-1250": "Zażółć gęślą jaźń",
    "windows-1251": "Принтер готов",
    "windows-1252": "Preis 5 € “neu”",
    "windows-1253": "Εκτυπωτής έτοιμος",
    "windows-1254": "Yazıcı hazır ğ",
    "windows-1257": "Spausdintuvas paruoštas ė",
    "koi8-r": "Принтер готов",
    "koi8-u": "Принтер готовий ї",
    "shift_jis": "印刷が終わりました",
    "euc-jp": "印刷が終わりました",
    "iso-2022-jp": "印刷が終わりました",
    "gb2312": "打印完成",
    "gbk": "打印機完成",
    "gb18030": "打印完成 龘",
    "big5": "列印完成",
    "euc-kr": "인쇄 완료",
    "utf-16": "Grüße",
    "utf-7": "Grüße",
    "cp437": "Größe",
    "macintosh": "Größe é",
    "hz-gb-2312": "打印完成",
}
CODECS = {"macintosh": "mac_roman", "hz-gb-2312": "hz"}


def encoded(charset):
    return SAMPLES[charset].encode(CODECS.get(charset, charset))


for charset in SAMPLES:
    raw = encoded(charset)
    head = f"Content-Type: text/plain; charset={charset}\n"
    quoted = octets(quopri.encodestring(raw + b"\r\n").replace(b"\r\n", b"\n"))
    case(f"charset {charset} in base64", mail(head + "Content-Transfer-Encoding: base64\n", base64.encodebytes(raw)))
    case(f"charset {charset} in quoted-printable", mail(head + "Content-Transfer-Encoding: quoted-printable\n", quoted))
    if charset != "utf-16":
        case(f"charset {charset} in 8 bit", mail(head + "Content-Transfer-Encoding: 8bit\n", raw + b"\r\n"))
        html = (
            octets(f"Content-Type: text/html; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n<p>")
            + raw
            + b"</p>"
        )
        case(f"charset {charset} in HTML beside a file", multipart(html, PDF))
        subject = f"Subject: =?{charset}?B?".encode() + base64.b64encode(raw) + b"?=\r\n"
        case(f"charset {charset} in an encoded subject", mail(subject))

for label in [
    "ANSI_X3.4-1968",
    "ascii",
    "us-ascii",
    "US-ASCII",
    "646",
    "iso646-us",
    "iso_8859-1",
    "latin1",
    "utf8",
    "UTF8",
    '"utf-8"',
    "utf_8",
    "unknown-8bit",
    "x-unknown",
    "default",
    "default_charset",
    "cp1252",
    "ansi",
    "8bit",
    "utf-8; utf-8",
    "windows1252",
    "x-sjis",
    "iso-8859-8-i",
    "",
    '""',
]:
    for name, text in {"UTF-8": "Grüße ✉\n".encode(), "Latin-1": b"Gr\xfc\xdfe\r\n", "ASCII": b"Hello.\r\n"}.items():
        case(
            f"{name} text labelled {label!r}",
            mail(f"Content-Type: text/plain; charset={label}\nContent-Transfer-Encoding: 8bit\n", text),
        )
for name, text in {
    "UTF-8": "Grüße ✉\n".encode(),
    "Latin-1": b"Gr\xfc\xdfe\r\n",
    "broken UTF-8": b"Gr\xc3 \xbc\r\n",
    "a BOM": "\ufeffGrüße\n".encode(),
}.items():
    case(f"{name} text without a charset", mail("Content-Type: text/plain\n", text))
    case(f"{name} text without a type", mail("-MIME-Version", text))
    case(
        f"{name} text labelled utf-8",
        mail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n", text),
    )

RAW = {
    "UTF-8": "utf-8",
    "Latin-1": "iso-8859-1",
    "KOI8-R": "koi8-r",
    "windows-1251": "windows-1251",
    "Shift_JIS": "shift_jis",
    "GB18030": "gb18030",
    "windows-1252": "windows-1252",
    "EUC-KR": "euc-kr",
    "Big5": "big5",
}
WORDS = {
    "utf-8": "Grüße 日本",
    "iso-8859-1": "Grüße",
    "koi8-r": "Сканер",
    "windows-1251": "Сканер",
    "shift_jis": "複合機",
    "gb18030": "打印机",
    "windows-1252": "Preis €",
    "euc-kr": "스캐너",
    "big5": "掃描器",
}
for name, charset in RAW.items():
    word = WORDS[charset].encode(charset)
    bodies = {
        f"over a body in {name}": (
            f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n",
            word + b"\r\n",
        ),
        "over an ASCII body": ("Content-Type: text/plain; charset=us-ascii\n", b"Hello.\r\n"),
        "over a body without a type": ("", b"Hello.\r\n"),
    }
    for over, (fields, body) in bodies.items():
        fields = octets(fields)
        case(f"raw {name} in Subject {over}", mail(b"Subject: " + word + b" 7\r\n" + fields, body))
        case(f"raw {name} in To {over}", mail(b"To: " + word + b" <a@example.com>\r\n" + fields, body))
        case(
            f"raw {name} in a quoted To {over}", mail(b'To: "' + word + b', 2. OG" <a@example.com>\r\n' + fields, body)
        )
        case(f"raw {name} in From {over}", mail(b"From: " + word + b" <scanner@contoso.example>\r\n" + fields, body))
        case(f"raw {name} in a field of its own {over}", mail(b"X-Location: " + word + b"\r\n" + fields, body))
    case(f"raw {name} in Reply-To", mail(b"Reply-To: " + word + b" <r@example.com>\r\n"))
    case(
        f"raw {name} in Cc",
        mail(b"Cc: " + word + b" <c@example.com>\r\n"),
        recipients=("a@example.com", "c@example.com"),
    )
    case(f"raw {name} in Sender", mail(b"Sender: " + word + b" <scanner@contoso.example>\r\n"))
    case(f"raw {name} in Organization", mail(b"Organization: " + word + b"\r\n"))
    file = PDF.encode().replace(b"scan.pdf", word + b".pdf")
    case(f"raw {name} in a file's name", multipart("Content-Type: text/plain; charset=us-ascii\n\nsee", file))
    case(
        f"raw {name} in a file's name, no quotes", multipart("Content-Type: text/plain\n\nsee", file.replace(b'"', b""))
    )
    case(
        f"raw {name} in Content-Description",
        multipart("Content-Type: text/plain\n\nsee", b"Content-Description: " + word + b"\n" + PDF.encode()),
    )
case("raw UTF-8 and an encoded-word in Subject", mail("Subject: Grüße =?utf-8?Q?=C3=BC?= 7\n"))
case("raw UTF-8 in a long Subject", mail("Subject: " + "Zähler läuft über " * 40 + "\n"))
case("raw UTF-8 in a folded Subject", mail("Subject: Zähler\n läuft\n\tüber\n"))
case("raw Latin-1 and UTF-8 in two fields", mail(b"Subject: Gr\xfc\xdfe\r\nX-Location: Gr\xc3\xbc\xc3\x9fe\r\n"))
