"""What an upstream was given as JSON by REST: who it is from and for, and the header fields."""

import re
from datetime import datetime, timezone
from email.utils import getaddresses, parseaddr, parsedate_to_datetime

from . import reading
from .case import AUTHOR
from .reading import same_mailbox, squeezed

# Fields that the carrier writes itself, or that have members of their own.
MEMBERS = {
    "from",
    "to",
    "cc",
    "bcc",
    "resent-bcc",
    "reply-to",
    "subject",
    "date",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "content-id",
}
CARRIERS = {"received", "return-path", "delivered-to", "mime-version", "x-postern-hops"}
CONTROL = "x-ms-acsemail-"
OWN_NAME = "Scanner"
# Only this form is said not to be replaced without a word.
VALID_ID = re.compile(r'<[^<>@\s"]+@[^<>@\s"]+>')


def differences(case, message, document, alone):
    """Sentences, each with the words by which a story may name what is lost; `alone`: one send carries all of it."""
    yield from addresses(case, document, alone)
    yield from header(case, message, document)


def addresses(case, document, alone):
    members = document["recipients"]
    listed = [same_mailbox(one["address"]) for kind in ("to", "cc", "bcc") for one in members.get(kind) or []]
    if alone and sorted(listed) != sorted(map(same_mailbox, case.recipients)):
        yield f"the recipients are {listed}", []
    everyone = set(map(same_mailbox, case.recipients))
    for field, got in (("To", members.get("to")), ("Cc", members.get("cc")), ("Reply-To", document.get("replyTo"))):
        got = [(squeezed(one.get("displayName")), same_mailbox(one["address"])) for one in got or []]
        readings = address_readings(case.message, field)
        if field != "Reply-To":
            hidden = [address for _, address in readings[0] if address not in everyone]
            if hidden:
                yield f"{field} shows {hidden}, who do not get it", ["in to or cc", f"field {field}", *hidden]
            readings += [[one for one in list_ if one[1] in everyone] for list_ in readings]
        if not alone:
            continue
        if got not in readings:
            yield (
                f"{field} {readings[0]} became {got}",
                [f"field {field}", f"in {field}", f"empty {field}", "group", "in to or cc", "in to and cc"],
            )
    name, address = author(case.message)
    if document["senderAddress"].lower() != address.lower():
        # Python reads no address, or half a name, from some fields whose words are odd.
        said = ["beside the address"] if document["senderAddress"] == AUTHOR else []
        yield f"the author {address} became {document['senderAddress']}", said
    if name not in ("", OWN_NAME):
        yield f"the author's name {name!r} is lost", ["author's name", "display name", "beside the address"]


def address_readings(octets, field):
    raws = [raw for name, raw in reading.fields_of(octets)[0] if name == field.lower()]
    if not raws:
        return [[]]
    if len(raws) > 1:
        return [[("one of two fields", "")]]
    message, raw = reading.parse(octets), reading.value_of(raws[0])
    found = []
    for text in [raw.decode()] if raw.isascii() else reading.raw_readings(raw, reading.body_charset(message)):
        newer = reading.modern("To", text)
        if newer is not None and not newer.defects:
            try:
                found.append(
                    [
                        (squeezed(reading.decoded_words(one.display_name)), same_mailbox(one.addr_spec))
                        for one in newer.addresses
                    ]
                )
            except (AttributeError, ValueError):
                pass
        found.append(
            [
                (squeezed(reading.decoded_words(name)), same_mailbox(address))
                for name, address in getaddresses([text])
                if address
            ]
        )
        # A name that is an unquoted address: Python takes it for an address of its own, everybody else for a name.
        pairs = [re.fullmatch(r"([^<>,\"()]+?@[^<>,\"()]+?)\s*<([^<>]+)>", one.strip()) for one in text.split(",")]
        if all(pairs):
            found.append([(squeezed(pair[1]), same_mailbox(pair[2])) for pair in pairs])
    return found or [[("unreadable", "")]]


def author(octets):
    raw = next((reading.value_of(raw) for name, raw in reading.fields_of(octets)[0] if name == "from"), b"")
    texts = [raw.decode()] if raw.isascii() else reading.raw_readings(raw, reading.body_charset(reading.parse(octets)))
    name, address = parseaddr(next(iter(texts), raw.decode("latin-1")))
    return squeezed(reading.decoded_words(name)), address


def header(case, message, document):
    fields, _ = reading.fields_of(case.message)
    got = {name.lower(): value for name, value in (document.get("headers") or {}).items()}
    by_name = {}
    for name, raw in fields:
        by_name.setdefault(name, []).append(raw)
    subjects = [reading.field_readings(case.message, message, raw) for raw in by_name.get("subject", [])]
    if subjects and squeezed(document["content"]["subject"]) not in subjects[0]:
        yield f"the subject {sorted(subjects[0])} became {document['content']['subject']!r}", ["subject"]
    yield from dates(by_name.get("date", []), got)
    for name in got:
        if name.startswith(CONTROL):
            yield "a control field of Azure's was passed on", []
    for name, raws in by_name.items():
        if name is None or name in CARRIERS or name in MEMBERS - {"content-id"} or name.startswith(CONTROL):
            if len(raws) > 1 and name in MEMBERS - {"bcc", "resent-bcc"}:
                yield f"the second {name} is lost", [f"field {name}", f"repeated {name}", f"more than one {name}"]
            continue
        if name == "content-id":
            continue
        if len(raws) > 1:
            yield f"the second {name} is lost", [name]
        elif name == "message-id" and reading.value_of(raws[0]) == b"<>":
            continue
        elif name == "message-id":
            if reading.value_of(raws[0]) and (
                not VALID_ID.fullmatch(reading.value_of(raws[0]).decode("ascii", "replace"))
                or got.get(name) != reading.value_of(raws[0]).decode("utf-8", "replace")
            ):
                yield f"the Message-ID {reading.value_of(raws[0])!r} became {got.get(name)!r}", [name]
        elif reading.value_of(raws[0]) and squeezed(got.get(name)) not in reading.field_readings(
            case.message, message, raws[0]
        ):
            yield f"the field {raws[0]!r} became {got.get(name)!r}", [name]


def dates(raws, got):
    """Azure writes its own Date: a message of today loses nothing by that."""
    if len(raws) != 1 or not reading.value_of(raws[0]):
        return
    text = reading.value_of(raws[0]).decode("ascii", "replace")
    try:
        date = parsedate_to_datetime(text)
        date = date if date.tzinfo else date.replace(tzinfo=timezone.utc)
        if abs((datetime.now(timezone.utc) - date).total_seconds()) < 600:
            return
    except (TypeError, ValueError, IndexError):
        pass
    if squeezed(got.get("date")) != squeezed(text):
        yield f"the Date {text} is lost", ["date"]
