"""Random valid MIME, and one small damage to it."""

import base64
import quopri
import random

from .case import Case, ended, joined, mail, octets

WORDS = [
    "toner",
    "low",
    "page",
    "7",
    "Zähler",
    "scan",
    "=",
    "--",
    ".",
    "From",
    "日本",
    "100%",
    "<b>",
    "&amp;",
    "cid:pic",
]
ASCII_WORDS = [word for word in WORDS if word.isascii()]
FIELDS = [
    "X-Printer: 7",
    "Importance: high",
    "References: <a@b.example>\n <c@d.example>",
    "Reply-To: Desk <desk@example.com>",
    "X-Long: " + "word " * 60,
    "Content-Language: de",
    "List-Id: <alarms.contoso.example>",
]
NAMES = ['"scan.pdf"', "scan.pdf", '"a b.pdf"', '"Zaehler (1).pdf"', '"it\'s.pdf"']


def damaged(seed, count):
    """Cases that differ for each seed and are the same for the same one."""
    dice = random.Random(seed)
    return [one(dice, number) for number in range(count)]


def one(dice, number):
    whole = message(dice)
    how = dice.choice(DAMAGES)
    hurt = ended(how(dice, whole))
    # The door may refuse what is no header section any more; the caller counts how often it does.
    return Case(f"{number}: {how.__name__.replace('_', ' ')}", hurt, may_be_refused="it was damaged")


def message(dice):
    fields = "\n".join(dice.sample(FIELDS, dice.randrange(3)))
    fields += ("\n" if fields else "") + f"Subject: {phrase(dice, ASCII_WORDS[:4])}\n"
    entity = tree(dice, 0)
    return mail(octets(fields) + entity.split(b"\r\n\r\n", 1)[0], entity.split(b"\r\n\r\n", 1)[1])


def phrase(dice, words):
    return " ".join(dice.choice(words) for _ in range(dice.randrange(1, 9)))


def tree(dice, depth):
    """An entity with its fields."""
    kind = dice.choice(["text", "text", "mixed", "alternative", "related"]) if depth < 3 else "text"
    boundary = dice.choice(["=_{}", "part-{}", "b{}", "----=_NextPart_{}"]).format(dice.randrange(10**6))
    head = octets(f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n')
    if kind == "text":
        return text(dice, dice.choice(["plain", "plain", "html"]))
    if kind == "mixed":
        return head + joined(boundary, tree(dice, depth + 1), *[file(dice) for _ in range(dice.randrange(3))])
    if kind == "alternative":
        return head + joined(boundary, text(dice, "plain"), text(dice, "html"))
    picture = octets("Content-Type: image/png\nContent-ID: <pic>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n")
    return head + joined(boundary, text(dice, "html"), picture)


def text(dice, kind):
    coding = dice.choice(["7bit", "8bit", "quoted-printable", "base64"])
    lines = [phrase(dice, ASCII_WORDS if coding == "7bit" else WORDS) for _ in range(dice.randrange(1, 6))]
    content = "\n".join(lines)
    if kind == "html":
        content = f'<p><img src="cid:pic">{content}</p>'
    charset = "us-ascii" if coding == "7bit" else "utf-8"
    head = f"Content-Type: text/{kind}; charset={charset}\nContent-Transfer-Encoding: {coding}\n\n"
    return octets(head) + encoded(octets(content), coding)


def file(dice):
    content = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 200)))
    name = dice.choice(NAMES)
    head = f"Content-Type: application/pdf; name={name}\nContent-Disposition: attachment;\n filename={name}\n"
    if " " in name and '"' not in name:
        head = head.replace(name, f'"{name}"')
    return octets(head + "Content-Transfer-Encoding: base64\n\n") + encoded(content, "base64")


def encoded(content, coding):
    if coding == "base64":
        return octets(base64.encodebytes(content))
    if coding == "quoted-printable":
        return octets(quopri.encodestring(content.replace(b"\r\n", b"\n")))
    return content


def places(whole):
    """Where an octet may be changed without making a bare CR or LF, and without touching the author."""
    start = whole.index(b"\r\n")
    return [at for at in range(start + 2, len(whole)) if whole[at] not in b"\r\n"]


def lines_of(whole):
    return whole.split(b"\r\n")


def some_line(dice, whole):
    lines = lines_of(whole)
    return lines, dice.randrange(1, len(lines) - 1)


def a_letter_less(dice, whole):
    at = dice.choice(places(whole))
    return whole[:at] + whole[at + 1 :]


def a_letter_more(dice, whole):
    at = dice.choice(places(whole))
    return whole[:at] + bytes([dice.randrange(32, 127)]) + whole[at:]


def another_letter(dice, whole):
    at = dice.choice(places(whole))
    return whole[:at] + bytes([dice.randrange(32, 127)]) + whole[at + 1 :]


def an_octet_beyond_ascii(dice, whole):
    at = dice.choice(places(whole))
    return whole[:at] + bytes([dice.randrange(128, 256)]) + whole[at:]


def an_umlaut(dice, whole):
    at = dice.choice(places(whole))
    return whole[:at] + "ü".encode() + whole[at:]


def a_line_less(dice, whole):
    lines, at = some_line(dice, whole)
    return b"\r\n".join(lines[:at] + lines[at + 1 :])


def a_line_twice(dice, whole):
    lines, at = some_line(dice, whole)
    return b"\r\n".join(lines[:at] + [lines[at]] + lines[at:])


def two_lines_swapped(dice, whole):
    lines, at = some_line(dice, whole)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return b"\r\n".join(lines)


def two_lines_joined(dice, whole):
    lines, at = some_line(dice, whole)
    return b"\r\n".join([*lines[:at], lines[at] + lines[at + 1], *lines[at + 2 :]])


def a_line_cut(dice, whole):
    at = dice.choice(places(whole))
    return whole[:at] + b"\r\n" + whole[at:]


def an_empty_line(dice, whole):
    lines, at = some_line(dice, whole)
    return b"\r\n".join([*lines[:at], b"", *lines[at:]])


def blanks_behind_a_line(dice, whole):
    lines, at = some_line(dice, whole)
    lines[at] += dice.choice([b" ", b"\t", b"   "])
    return b"\r\n".join(lines)


def blanks_before_a_line(dice, whole):
    lines, at = some_line(dice, whole)
    lines[at] = dice.choice([b" ", b"\t"]) + lines[at]
    return b"\r\n".join(lines)


def a_line_in_capitals(dice, whole):
    lines, at = some_line(dice, whole)
    lines[at] = lines[at].upper()
    return b"\r\n".join(lines)


def a_comment_behind_a_line(dice, whole):
    lines, at = some_line(dice, whole)
    lines[at] += b" (really)"
    return b"\r\n".join(lines)


def a_quote_less(dice, whole):
    quotes = [at for at in places(whole) if whole[at] == ord('"')] or places(whole)
    at = dice.choice(quotes)
    return whole[:at] + whole[at + 1 :]


def the_end_missing(dice, whole):
    return whole[: dice.randrange(len(whole) // 2, len(whole))].rpartition(b"\r\n")[0] + b"\r\n"


def a_field_twice(dice, whole):
    head, _, body = whole.partition(b"\r\n\r\n")
    fields = head.split(b"\r\n")
    return b"\r\n".join([*fields, dice.choice(fields[1:])]) + b"\r\n\r\n" + body


DAMAGES = [
    a_letter_less,
    a_letter_more,
    another_letter,
    an_octet_beyond_ascii,
    an_umlaut,
    a_line_less,
    a_line_twice,
    two_lines_swapped,
    two_lines_joined,
    a_line_cut,
    an_empty_line,
    blanks_behind_a_line,
    blanks_before_a_line,
    a_line_in_capitals,
    a_comment_behind_a_line,
    a_quote_less,
    the_end_missing,
    a_field_twice,
]
