"""A message under a name, and what may happen to it."""

import itertools
import re
from dataclasses import dataclass
from email.utils import formatdate

AUTHOR = "scanner@contoso.example"
READER = "a@example.com"


@dataclass(frozen=True)
class Case:
    """A message and the few expectations that do not follow from its octets."""

    name: str
    message: bytes
    recipients: tuple = (READER,)
    # Why a refusal at submission is a right answer, if it is one.
    may_be_refused: str = ""
    # An account with an access key has to deliver it, whatever REST leaves out.
    rest_delivers: bool = False
    # Readers differ over what it says: only an unchanged copy says the same to all of them.
    only_by_smtp: bool = False
    # Words of which one must be in the story, when it is not copied octet for octet.
    says: tuple = ()


CASES = {}
# Two messages of one Message-ID would be one message sent twice.
NUMBERS = itertools.count(1)


def case(name, message, **more):
    """Adds a case. Names are sentences in short: `kind/what is odd`."""
    if name in CASES:
        raise ValueError(f"two cases are called {name}")
    CASES[name] = Case(name, ended(message), **more)


def ended(message):
    """A message as SMTP carries it: its last line has an end (RFC 5321 section 4.1.1.4)."""
    return message if message.endswith(b"\r\n") else message + b"\r\n"


def octets(text):
    """Text as it travels: UTF-8, lines ended by CRLF."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8")
    return re.sub(rb"\r?\n", b"\r\n", raw)


def mail(fields="", body="Hello.\n"):
    """A message. What `fields` names replaces the usual field of that name; `-Name` leaves it out."""
    fields, body = octets(fields), octets(body)
    if fields and not fields.endswith(b"\r\n"):
        fields += b"\r\n"
    named = {line.split(b":")[0].strip().lower() for line in fields.split(b"\r\n") if line[:1] not in b" \t"}
    left_out = {name[1:] for name in named if name.startswith(b"-")}
    fields = b"".join(line for line in fields.splitlines(True) if not re.fullmatch(rb"-[\w-]+\r\n", line))
    usual = {
        b"From": AUTHOR,
        b"To": READER,
        b"Subject": "Reading",
        b"Date": formatdate(),
        b"Message-ID": f"<{next(NUMBERS)}.4711@device.example>",
        b"MIME-Version": "1.0",
    }
    head = b"".join(
        key + b": " + value.encode() + b"\r\n" for key, value in usual.items() if key.lower() not in named | left_out
    )
    return head + fields + b"\r\n" + body


def multipart(*parts, kind="multipart/mixed", boundary="=_Part", parameters="", fields=""):
    """A multipart message; each part is its fields, an empty line and its text."""
    return mail(f'{fields}Content-Type: {kind}; boundary="{boundary}"{parameters}\n', joined(boundary, *parts))


def joined(boundary, *parts):
    """A multipart's body."""
    line = b"--" + octets(boundary)
    return b"".join(line + b"\r\n" + octets(part) + b"\r\n" for part in parts) + line + b"--\r\n"


def nested(*parts, kind="multipart/alternative", boundary="=_Inner", parameters=""):
    """A multipart as a part of another."""
    head = octets(f'Content-Type: {kind}; boundary="{boundary}"{parameters}\n\n')
    return head + joined(boundary, *parts)


TEXT = "Content-Type: text/plain; charset=us-ascii\n\nSee the file."
HTML = "Content-Type: text/html; charset=us-ascii\n\n<p>See the <b>file</b>.</p>"
PDF = (
    'Content-Type: application/pdf; name="scan.pdf"\n'
    'Content-Disposition: attachment; filename="scan.pdf"\n'
    "Content-Transfer-Encoding: base64\n\n"
    "JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyA+PgplbmRvYmoK\n"
)
