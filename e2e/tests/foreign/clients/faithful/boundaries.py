"""Multiparts whose boundary is hard to find, or is found too often."""

from .case import HTML, PDF, TEXT, case, joined, mail, multipart, octets

UMLAUTS = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße vom Gerät, Zähler 7."
TEXTS = {"7-bit": TEXT, "8-bit": UMLAUTS}


def with_type(value, boundary, first):
    return mail(f"Content-Type: {value}\n", joined(boundary, first, PDF))


for bits, first in TEXTS.items():
    for name, value, boundary in [
        ("ends in a blank", 'multipart/mixed; boundary="abc "', "abc "),
        ("ends in a blank that its lines lack", 'multipart/mixed; boundary="abc "', "abc"),
        ("ends in a tab", 'multipart/mixed; boundary="abc\t"', "abc\t"),
        ("has a comment behind it", "multipart/mixed; boundary=abc (of the scanner)", "abc"),
        ("has a comment behind its quotes", 'multipart/mixed; boundary="abc" (of the scanner)', "abc"),
        ("has a comment before it", "multipart/mixed; boundary= (here) abc", "abc"),
        ("has blanks around its equals sign", 'multipart/mixed; boundary = "abc"', "abc"),
        ("never occurs", 'multipart/mixed; boundary="abc"', "other"),
        ("is written in single quotes", "multipart/mixed; boundary='abc'", "'abc'"),
        ("is written in single quotes that its lines lack", "multipart/mixed; boundary='abc'", "abc"),
        ("is in capitals where its lines are not", 'multipart/mixed; boundary="ABC"', "abc"),
        ("is written as RFC 2231 says", "multipart/mixed; boundary*=us-ascii''a%20c", "a c"),
        ("is written in two pieces", 'multipart/mixed;\n boundary*0="abc";\n boundary*1="def"', "abcdef"),
        ("has a quoted pair", 'multipart/mixed; boundary="a\\bc"', "abc"),
        ("has equals signs and no quotes", "multipart/mixed; boundary==_abc=", "=_abc="),
        ("has colons and no quotes", "multipart/mixed; boundary=a:b/c?d", "a:b/c?d"),
        ("has a semicolon behind it", 'multipart/mixed; boundary="abc";', "abc"),
        ("is followed by two semicolons", 'multipart/mixed; boundary="abc";;', "abc"),
        ("is given twice", 'multipart/mixed; boundary="abc"; boundary="def"', "abc"),
        ("is not closed by a quote", 'multipart/mixed; boundary="abc', "abc"),
        ("is empty", 'multipart/mixed; boundary=""', ""),
        ("is missing", "multipart/mixed", "abc"),
        ("has seventy-one characters", 'multipart/mixed; boundary="' + "b" * 71 + '"', "b" * 71),
        ("is in a folded line", 'multipart/mixed\n ;\n boundary="abc"', "abc"),
        ("follows a type in capitals", 'MULTIPART/MIXED; BOUNDARY="abc"', "abc"),
        ("follows a missing semicolon", 'multipart/mixed boundary="abc"', "abc"),
        ("follows blanks in the type", 'multipart / mixed; boundary="abc"', "abc"),
        ("follows a comment before the type", '(c)multipart/mixed; boundary="abc"', "abc"),
        ("follows a type in quotes", '"multipart/mixed"; boundary="abc"', "abc"),
        ("follows a type without a subtype", 'multipart; boundary="abc"', "abc"),
        ("is a single dash", 'multipart/mixed; boundary="-"', "-"),
        ("begins with dashes", 'multipart/mixed; boundary="----=_x"', "----=_x"),
        ("ends in dashes", 'multipart/mixed; boundary="abc--"', "abc--"),
        ("has an umlaut", 'multipart/mixed; boundary="für"', "für"),
    ]:
        case(f"boundary {name}, {bits} text", with_type(value, boundary, first))

    for name, body in [
        ("end is missing", joined("abc", first, PDF).removesuffix(b"--abc--\r\n")),
        ("end has no line end", joined("abc", first, PDF).removesuffix(b"\r\n")),
        ("lines have blanks behind them", joined("abc", first, PDF).replace(b"--abc\r\n", b"--abc \t\r\n")),
        ("end has blanks behind it", joined("abc", first, PDF).replace(b"--abc--\r\n", b"--abc-- \t\r\n")),
        ("lines are indented", joined("abc", first, PDF).replace(b"--abc", b" --abc")),
        ("has a preamble", b"This is MIME.\r\n" + joined("abc", first, PDF)),
        ("has an epilogue", joined("abc", first, PDF) + b"Sent by the scanner.\r\n"),
        ("ends twice", joined("abc", first) + joined("abc", PDF)),
        ("encloses nothing", b"--abc--\r\n"),
        ("encloses an empty part", joined("abc", first, "\n")),
        ("encloses a part without an empty line", joined("abc", first, "just a line")),
        ("line is in a preamble", b"\r\n--ab\r\n--abcd\r\n" + joined("abc", first, PDF)),
        ("is nowhere but at the end", octets(first) + b"\r\n--abc--\r\n"),
    ]:
        fields = 'Content-Type: multipart/mixed; boundary="abc"\n'
        case(f"boundary {name}, {bits} text", mail(fields, body))

    for line in [
        "--Part--More",
        "--Partner",
        "--Part: 7 --",
        "--Part-",
        "--PartII",
        "--Part.",
        "--Part--7",
        "--Part -",
    ]:
        text = first.replace("See", f"See\n{line}\n").replace("Grüße", f"Grüße\n{line}\nGrüße")
        case(
            f"delimiter {line} in a text, {bits}",
            multipart(text + "\nEverything behind it.", PDF, boundary="Part"),
            only_by_smtp=True,
        )
    case(f"delimiter inside a word, {bits}", multipart(first + "\nsee--Part", PDF, boundary="Part"))
    case(f"delimiter quoted, {bits}", multipart(first + "\n> --Part", PDF, boundary="Part"))
    case(
        f"inner boundary begins like the outer, {bits}",
        multipart(
            b'Content-Type: multipart/alternative; boundary="Part.1"\n\n' + joined("Part.1", first, HTML),
            PDF,
            boundary="Part",
        ),
        only_by_smtp=True,
    )
    case(
        f"outer boundary begins like the inner, {bits}",
        multipart(
            b'Content-Type: multipart/alternative; boundary="Part"\n\n' + joined("Part", first, HTML),
            PDF,
            boundary="Part.1",
        ),
        only_by_smtp=True,
    )
    case(
        f"inner boundary is the outer's, {bits}",
        multipart(
            b'Content-Type: multipart/alternative; boundary="Part"\n\n' + joined("Part", first, HTML),
            PDF,
            boundary="Part",
        ),
        only_by_smtp=True,
    )
    case(
        f"inner multipart is not closed, {bits}",
        multipart(
            b'Content-Type: multipart/alternative; boundary="in"\n\n'
            + joined("in", first, HTML).removesuffix(b"--in--\r\n"),
            PDF,
            boundary="out",
        ),
    )
