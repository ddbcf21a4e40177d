"""What an upstream was given as JSON by REST, beside what Python reads in the client's message."""

import base64
import re
from html.parser import HTMLParser
from urllib.parse import unquote

from . import by_rest_header, reading
from .reading import squeezed

KNOWN_MULTIPARTS = {"multipart/mixed", "multipart/alternative", "multipart/related"}


class References(HTMLParser):
    """The ids of `cid:` URLs (RFC 2392): those in attributes and styles, and those that nothing shows."""

    def __init__(self, text):
        super().__init__()
        self.found, self.hidden = set(), set()
        # In comments and in tags that never end, too: a picture that is marked there is none the worse.
        self.look(text, self.hidden)
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for _, value in attrs:
            value = re.sub(r"[\r\n]", "", value or "").strip()
            if value[:4].lower() == "cid:":
                self.found.add(unquote(value[4:]))
            self.look(value, self.found)

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        if self.cdata_elem:
            self.look(data, self.found)

    @staticmethod
    def look(text, ids):
        ids.update(unquote(match[1]) for match in re.finditer(r"(?i)\bcid:([^\s\"'()<>,]+)", text))


def differences(case, document, story, alone=True):
    """What the JSON lacks or says otherwise, unless the story names it; `alone`: no other send shares the message."""
    octets = case.message
    if case.only_by_smtp:
        # Python ends a header section at a blank before a colon; other readers, and whoever has REST alone, do not.
        octets = re.sub(rb"(?m)^([\w-]+)[ \t]+:", rb"\1:", octets)
    message = reading.parse(octets)
    found = [*structure(message, document), *by_rest_header.differences(case, message, document, alone)]
    return [text for text, words in found if not any(word.lower() in story for word in words)]


def structure(message, document):
    """Texts and files. Gives a sentence and the words by which a story may name it."""
    charset, left = reading.body_charset(message), list(reading.leaves(message))
    for part in message.walk():
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart":
            if kind not in KNOWN_MULTIPARTS:
                yield f"REST cannot say {kind}", [kind]
            if not part.is_multipart():
                yield f"{kind} has no parts that Python finds", ["structure"]
    used = {}
    for member, kind in (("plainText", "text/plain"), ("html", "text/html")):
        text = document["content"].get(member)
        if text is None or not text.strip():
            continue
        place = next(
            (n for n, (part, _) in enumerate(left) if part.get_content_type() == kind and says(part, text)), None
        )
        as_it_stands = next((n for n, (part, _) in enumerate(left) if reading.content_of(part) == text.encode()), None)
        if place is None and as_it_stands is not None:
            # Octets that nobody can read by their label are shown as they stand where REST is the only way.
            yield f"{member} {text[:80]!r} is not read by its label", ["not in its character set"]
            used[member] = left.pop(as_it_stands)
        elif place is None:
            yield f"{member} {text[:80]!r} is in no part", []
        else:
            used[member] = left.pop(place)
            yield from shown_text(*used[member], charset)
    if len(used) == 2:
        yield from alternatives(*used.values())
    blank = [one for one in left if is_blank(*one)]
    if len(left) > len(document.get("attachments") or []):
        left = [one for one in left if one not in blank]
    if not used and not blank:
        yield "there is no text, and nothing says so", ["text"]
    yield from files(left, document, used, charset)


def is_blank(part, _):
    """Whether a reader is shown nothing by a text."""
    return part.get_content_maintype() == "text" and not (reading.content_of(part).strip() or reading.names_of(part))


def says(part, text):
    if reading.encoding_of(part) is None:
        return False
    # Blanks at line ends are not part of quoted-printable (RFC 2045 section 6.7); some readers keep them.
    bare = re.sub(r"[ \t]+(?=\r\n|$)", "", text)
    readings = reading.text_readings(part)
    return text in readings or (reading.encoding_of(part) == "quoted-printable" and bare in readings)


def shown_text(part, above, charset):
    for name in reading.names_of(part, charset):
        yield f"the text's name {name!r} is lost", ["name", name]
    yield from lost_fields(part, above)
    if reading.disposition(part) not in (None, "inline"):
        yield "a file became the text", ["disposition"]
    for key, readings in reading.parameters(part, "content-type", charset).items():
        # `fixed` is what a text without the parameter is (RFC 3676 section 4.1).
        if key not in ("charset", "name", "") and (key, readings) != ("format", {"fixed"}):
            yield f"the text's parameter {key}={readings} is lost", [key, "flowed"]


def alternatives(plain, html):
    common = [one for one in plain[1] if one in html[1] and one.get_content_type() == "multipart/alternative"]
    if not common:
        yield "two texts that are no alternatives became alternatives", ["text"]
    elif [one for one, _ in reading.leaves(common[0])].index(plain[0]) > [
        one for one, _ in reading.leaves(common[0])
    ].index(html[0]):
        yield "the author prefers the plain text", ["alternative", "order"]


def files(left, document, used, charset):
    attachments = document.get("attachments") or []
    if len(left) < len(attachments):
        # Python takes two delimiters in a row for one; others see a part without anything in it.
        attachments = [one for one in attachments if one["contentInBase64"] or one["contentType"] != "text/plain"]
    if len(left) != len(attachments):
        yield f"{len(left)} files became {len(attachments)}", []
    text = document["content"].get("html") or ""
    ids = References(text if "html" in used else "")
    for (part, above), file in zip(left, attachments):
        yield from lost_fields(part, above)
        names = reading.names_of(part, charset)
        if names and squeezed(file["name"]) not in names:
            yield f"the name {sorted(names)} became {file['name']!r}", ["name", *names]
        kind = part.get_content_type()
        if kind != file["contentType"].split(";")[0].strip().lower():
            yield f"the type {kind} became {file['contentType']}", ["type"]
        if reading.encoding_of(part) is None:
            yield "a file in an encoding that nobody knows was decoded", ["encoding"]
        elif reading.content_of(part) != base64.b64decode(file["contentInBase64"]):
            yield f"{len(reading.content_of(part))} octets of {file['name']} became others", []
        if part.get_content_maintype() == "message":
            yield f"a message became the file {file['name']}", []
        identity = (
            squeezed(re.sub(r"\([^()]*\)", "", b"".join(reading.values(part, "content-id")).decode("utf-8", "replace")))
            .strip("<>")
            .strip()
        )
        wanted = identity if identity in ids.found else None
        given = file.get("contentId") or None
        if given != (wanted or None) and not (given == identity and identity in ids.hidden):
            yield f"the id {wanted!r} became {file.get('contentId')!r}", ["content-id", "inline", "reference"]
        for key, readings in reading.parameters(part, "content-type", charset).items():
            if key and key != "name" and not (key == "charset" and part.get_content_maintype() == "text"):
                yield f"the file's parameter {key}={readings} is lost", [key]
        text = reading.text_readings(part) if part.get_content_maintype() == "text" else {""}
        declared = reading.parameters(part, "content-type").get("charset")
        if declared and reading.content_of(part).decode("utf-8", "replace") not in text:
            yield "a text file lost its character set", ["character set", "charset"]


def lost_fields(part, above):
    """Fields of a part, and of a root that is all of the message, that no member of the JSON can hold."""
    for name, value in part._headers:
        name = name.lower()
        if name == "content-location":
            yield "a Content-Location is lost", [name]
        elif above and name not in ("content-type", "content-transfer-encoding", "content-disposition", "content-id"):
            yield f"the part's field {name}: {value} is lost", [name]
        if name == "content-disposition":
            for key, readings in reading.parameters(part, "content-disposition").items():
                if key and key != "filename":
                    yield f"the disposition's {key}={readings} is lost", [key]
