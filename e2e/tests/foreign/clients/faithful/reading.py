"""How Python's `email` reads a message: fields, tree, texts, names."""

import binascii
import email
import email.policy
import re
from email.header import decode_header
from email.utils import collapse_rfc2231_value

# The parser keeps octets as they are with this policy, line ends and folding included.
COPY = email.policy.compat32
MODERN = email.policy.default
ENCODINGS = {"", "7bit", "8bit", "binary", "quoted-printable", "base64"}
# Labels whose texts are read by a larger set that contains them, as the WHATWG's table has it: what Python refuses
# in the small set, mail readers show by the large one. Python's own latin-1 knows no printable 0x80 to 0x9f either.
LARGER = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso_8859-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "iso-8859-9": "cp1254",
    "big5": "big5hkscs",
    "iso-8859-8-i": "iso-8859-8",
    "x-sjis": "cp932",
    "windows1252": "cp1252",
    "macintosh": "mac_roman",
    "hz-gb-2312": "hz",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "utf-16": "utf-16-le",
}
ASCII = {"us-ascii", "ascii", "ansi_x3.4-1968", "646", "iso646-us", "iso-ir-6", ""}


def parse(octets):
    """The message as a tree.

    A quoted pair in a boundary is what RFC 5322 section 3.2.1 says it is; Python looks for the backslash, too.
    """
    pairs = re.compile(rb'(?i)(boundary="[^"\r\n]*?)\\(?=[^"\\])')
    while pairs.search(octets):
        octets = pairs.sub(rb"\1", octets)
    return email.message_from_bytes(octets, policy=COPY)


def fields_of(octets):
    """The header section as (name, octets of the whole field), and the body; `None` for a line that is no field."""
    head, _, body = octets.partition(b"\r\n\r\n")
    if octets.startswith(b"\r\n"):
        head, body = b"", octets[2:]
    fields = []
    head = head.removesuffix(b"\r\n")
    for line in re.findall(rb"[^\n]*\n", head + b"\r\n") if head else []:
        if line[:1] in b" \t" and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + line)
        else:
            name, colon, _ = line.partition(b":")
            fields.append((name.strip().decode("ascii", "replace").lower() if colon else None, line))
    return fields, body


def value_of(field):
    """A field's body, unfolded."""
    return re.sub(rb"\r\n(?=[ \t])", b"", field.partition(b":")[2]).strip()


def seven_bit(octets):
    """Whether it may pass any server: ASCII, lines of at most 998 octets (RFC 5321 section 4.5.3.1.6)."""
    return octets.isascii() and all(len(line) <= 998 for line in octets.split(b"\r\n"))


def same_mailbox(address):
    """An address as it is compared: domain in A-labels (RFC 5890), no quotes that are not needed, in lower case."""
    local, at, domain = address.rpartition("@")
    if re.fullmatch(r'"[\w.+-]+"', local):
        local = local[1:-1]
    try:
        domain = domain.encode("idna").decode() if domain else domain
    except UnicodeError:
        pass
    return f"{local}{at}{domain}".lower()


def squeezed(text):
    return re.sub(r"\s+", " ", text or "").strip()


def body_charset(message):
    """The character set that the first text says it has."""
    for part in message.walk():
        charsets = parameters(part, "content-type").get("charset")
        if part.get_content_maintype() == "text" and charsets:
            return next(iter(charsets)).lower()
    return None


def raw_readings(octets, charset):
    """What raw octets of a header section may say: UTF-8, else what the body is written in, else nothing."""
    for candidate in ("utf-8", charset if charset not in ASCII else None):
        try:
            if candidate:
                return {octets.decode(LARGER.get(candidate, candidate))}
        except (UnicodeDecodeError, LookupError):
            pass
    return set()


def decoded_words(text):
    """Encoded-words decoded; octets of `unknown-8bit` become surrogates, as in `raw_octets`."""
    output = []
    try:
        pieces = decode_header(text)
    except (binascii.Error, email.errors.HeaderParseError, ValueError):
        return text
    for piece, charset in pieces:
        if isinstance(piece, str):
            output.append(piece)
            continue
        if charset is None:
            # What `decode_header` makes of text between encoded-words.
            output.append(piece.decode("raw-unicode-escape"))
            continue
        name = charset.lower().partition("*")[0]
        codec = {"unknown-8bit": "ascii", "unknown": "ascii"}.get(
            name, LARGER.get(name, name) if name not in ASCII else "ascii"
        )
        try:
            output.append(piece.decode(codec, "surrogateescape"))
        except LookupError:
            return text
    return "".join(output)


def modern(name, text):
    """A field as the newer policy reads it; `None` where Python's own parser fails on it."""
    try:
        return MODERN.header_factory(name, text)
    except Exception:  # noqa: BLE001: what the parser of header values raises on odd input is its own affair
        return None


def payload(part):
    """A leaf's octets as they travelled. `get_payload` decodes 8-bit ones by their character set, and badly."""
    return part._payload.encode("ascii", "surrogateescape")


def values(part, name):
    """The octets of all fields of that name, unfolded: `get` makes question marks of those beyond ASCII."""
    found = (value for key, value in part._headers if key.lower() == name)
    return [value_of(b":" + value.encode("ascii", "surrogateescape")) for value in found]


def field_readings(octets, message, field):
    """Every text that a field may be read as."""
    raw = value_of(field)
    texts = {raw.decode()} if raw.isascii() else raw_readings(raw, body_charset(message))
    readings = set()
    for text in texts:
        readings |= {
            squeezed(text),
            squeezed(decoded_words(text)),
            squeezed(decoded_words(re.sub(r"(=\?[^?*]+)\*[^?]+", r"\1", text))),
        }
        # The newer policy decodes words within words and quotes, which RFC 2047 does not and readers do.
        newer = modern("X", text)
        if newer is not None:
            readings.add(squeezed(str(newer)))
    return readings


def encoding_of(part):
    """The transfer encoding's token, comments and blanks left out; `None` where it is none that is known.

    Python compares the whole field with the tokens and takes `base64 ` for unknown; RFC 2045 section 6.1 does not.
    """
    labels = values(part, "content-transfer-encoding")
    if len(labels) > 1:
        return None
    token = re.sub(r"\([^()]*\)", "", b"".join(labels).decode("ascii", "replace")).strip().lower()
    return token if token in ENCODINGS else None


def content_of(part):
    """A leaf's octets without their transfer encoding."""
    encoding = encoding_of(part)
    if isinstance(part._payload, list):
        # The parser takes what follows a message type apart, blocks of fields or a message, encoded or not.
        children = [child.as_bytes(policy=COPY.clone(linesep="\r\n")) for child in part._payload]
        octets = b"\r\n".join(children)
    else:
        octets = payload(part)
    if encoding == "base64":
        plain = email.message.Message()
        plain["Content-Transfer-Encoding"] = "base64"
        plain._payload = octets.decode("ascii", "surrogateescape")
        return plain.get_payload(decode=True)
    if encoding == "quoted-printable":
        # RFC 2045 section 6.7: blanks at a line's end are not part of it; `binascii` does not know CRLF then.
        return binascii.a2b_qp(re.sub(rb"[ \t]+(?=\r\n|$)", b"", octets))
    return octets


def text_readings(part):
    """Every text that a leaf may be read as; none where its octets are not of its character set."""
    octets = content_of(part)
    charset = next(iter(parameters(part, "content-type").get("charset", [])), "").strip("\"'").lower()
    candidates = ["utf-8"] if charset in ASCII else [charset, LARGER.get(charset)]
    texts = set()
    for candidate in filter(None, candidates):
        try:
            texts.add(octets.decode(candidate))
        except (UnicodeDecodeError, LookupError):
            pass
    return texts | {text.removeprefix("\ufeff") for text in texts}


def leaves(message, above=()):
    """Leaves in order, each with the multiparts that it is in."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            yield from leaves(part, (*above, message))
    else:
        yield message, above


def parameters(part, header, charset=None):
    """What each parameter may be read as, by name: by either policy, with encoded-words decoded."""
    found = {}
    for raw in values(part, header)[:1]:
        texts = {raw.decode()} if raw.isascii() else raw_readings(raw, charset)
        # What nobody can read has its octets for a reading, as `unknown-8bit` has.
        for text in texts or {raw.decode("ascii", "surrogateescape")}:
            plain = email.message.Message()
            plain._headers.append((header, text))
            pairs = [(key, collapsed(value)) for key, value in plain.get_params([], header)[1:]]
            pairs += list(getattr(modern(header, text), "params", {}).items())
            for key, value in pairs:
                forms = {value, decoded_words(value), decoded_words(re.sub(r"(=\?[^?*]+)\*[^?]+", r"\1", value))}
                found.setdefault(key.lower(), set()).update(filter(None, map(squeezed, forms)))
    return {key: {text for text in forms if "=?" not in text} or forms for key, forms in found.items() if forms}


def disposition(part):
    """The disposition's token without comments; `None` where there is none."""
    raw = b"".join(values(part, "content-disposition")[:1]).decode("ascii", "replace")
    return re.sub(r"\([^()]*\)", "", raw.partition(";")[0]).strip().lower() or None


def collapsed(value):
    try:
        return collapse_rfc2231_value(value)
    except (LookupError, UnicodeDecodeError):
        return str(value)


def names_of(part, charset=None):
    """What a leaf may be called."""
    names = parameters(part, "content-disposition", charset).get("filename", set())
    names = names or parameters(part, "content-type", charset).get("name", set())
    return {name for name in names if name}
