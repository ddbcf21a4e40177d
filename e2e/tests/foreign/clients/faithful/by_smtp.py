"""What an upstream was given by SMTP, beside what the client wrote."""

import re

from . import reading
from .reading import seven_bit

# RFC 6409 section 8 lets a submission server add these; RFC 5322 section 3.6.3 has Bcc removed.
COMPLETED = ("message-id", "date")
REMOVED = ("bcc", "resent-bcc")
# Words to Azure's service, which only the operator may say.
CONTROL = "x-ms-acsemail-"


def differences(case, delivered, story):
    """What was changed that must not be, in words; nothing where all is well."""
    fields, body = reading.fields_of(delivered)
    if not fields or fields[0][0] != "received":
        return ["there is no trace field in front"]
    if any(name and name.startswith(CONTROL) for name, _ in fields):
        return ["a control field of Azure's was passed on"]
    wanted, wanted_body = reading.fields_of(case.message)
    # Empty brackets name nothing either.
    said = [key for key, raw in wanted if reading.value_of(raw) not in (b"", b"<>")]
    missing = [name for name in COMPLETED if name not in said]
    wanted = [
        (name, raw)
        for name, raw in wanted
        if name not in REMOVED and not (name in missing) and not (name or "").startswith(CONTROL)
    ]
    fields = fields[1:]
    for name in missing:
        added = [raw for key, raw in fields if key == name]
        if len(added) != 1 or not reading.value_of(added[0]):
            return [f"{name} was missing and is there {len(added)} times"]
        fields = [(key, raw) for key, raw in fields if key != name]
    if seven_bit(case.message):
        return list(octet_differences(wanted, wanted_body, fields, body))
    return list(tree_differences(case, wanted, fields, delivered, story))


def octet_differences(wanted, wanted_body, fields, body):
    if [raw for _, raw in wanted] != [raw for _, raw in fields]:
        changed = [raw for _, raw in wanted if (_, raw) not in fields]
        put = [raw for _, raw in fields if (_, raw) not in wanted]
        yield f"7-bit fields were changed: {changed[:2]} became {put[:2]}"
    if wanted_body.removesuffix(b"\r\n") != body.removesuffix(b"\r\n"):
        at = next((n for n, (a, b) in enumerate(zip(wanted_body, body)) if a != b), min(len(body), len(wanted_body)))
        yield f"the 7-bit body was changed at {at}: {wanted_body[at - 20 : at + 40]!r} became {body[at - 20 : at + 40]!r}"


def tree_differences(case, wanted, fields, delivered, story):
    before, after = reading.parse(case.message), reading.parse(delivered)
    own = ("content-type", "content-transfer-encoding", "content-disposition", "mime-version")
    one, other = ([(name, raw) for name, raw in each if name not in own] for each in (wanted, fields))
    if [name for name, _ in one] != [name for name, _ in other]:
        yield f"fields {sorted({name for name, _ in one} ^ {name for name, _ in other}, key=str)} came or went"
    for (name, was), (_, became) in zip(one, other):
        if seven_bit(was) and was != became:
            yield f"the 7-bit field {was!r} became {became!r}"
        elif not same_field(before, was, became):
            yield f"the field {was!r} became {became!r}"
    yield from entity_differences(before, after, "message", story, reading.body_charset(before))


def loose(text):
    """A field's text without quotes, blanks and escapes, which an encoder of names must change."""
    return re.sub(r'[\s"\\]', "", text)


def same_field(before, was, became):
    raw = reading.value_of(was)
    texts = (
        {raw.decode()}
        if raw.isascii()
        else reading.raw_readings(raw, reading.body_charset(before)) | {raw.decode("ascii", "surrogateescape")}
    )
    wanted = {loose(form) for text in texts for form in (text, reading.decoded_words(text))}
    value = reading.value_of(became)
    if not value.isascii():
        return value == raw
    got = loose(reading.decoded_words(value.decode()))
    # A domain is the same in A-labels, and an encoded-word's blank may be within it or beside it.
    domain = r"(@)([^>\s,;]*[^\x00-\x7f][^>\s,;]*)"
    wanted |= {
        re.sub(domain, lambda found: found[1] + found[2].encode("idna").decode(), one)
        for one in wanted
        if "\udc80" > max(one, default="a")
    }
    # A name in UTF-8 that was declared as something else is as good either way.
    return got in wanted or loose(raw.decode("utf-8", "surrogateescape")) == got


def entity_differences(before, after, path, story, charset):
    """Compares two entities and what is in them."""
    if not b"".join(reading.values(before, "content-type")).partition(b";")[0].isascii():
        # No header field in ASCII can say this type: the octets below it have to be the same.
        was, became = (one.as_bytes(policy=reading.COPY).partition(b"\n\n")[2] for one in (before, after))
        if seven_bit(was) and was != became:
            yield f"{path}: what has a type beyond ASCII was changed"
        return
    if before.get_content_type() != after.get_content_type():
        yield f"{path}: the type {before.get_content_type()} became {after.get_content_type()}"
    yield from parameter_differences(before, after, path, charset)
    if path != "message":
        yield from part_field_differences(before, after, path)
    is_multipart = [
        entity.get_content_maintype() == "multipart" and entity.is_multipart() for entity in (before, after)
    ]
    if is_multipart[0] != is_multipart[1]:
        yield f"{path}: its parts {'are lost' if is_multipart[0] else 'came from nowhere'}"
    elif is_multipart[0]:
        yield from multipart_differences(before, after, path, story, charset)
    elif both_messages(before, after):
        yield from entity_differences(before.get_payload(0), after.get_payload(0), path + "/message", story, charset)
    else:
        yield from leaf_differences(before, after, path)


def both_messages(before, after):
    """Whether both hold a message in the open; one that was encoded whole is compared as octets."""
    kinds = ("message/rfc822", "message/global")
    return all(
        one.get_content_type() in kinds
        and one.is_multipart()
        and reading.encoding_of(one) in ("", "7bit", "8bit", "binary")
        for one in (before, after)
    )


def multipart_differences(before, after, path, story, charset):
    for what in ("preamble", "epilogue"):
        was, became = getattr(before, what), getattr(after, what)
        if (was or "").strip() != (became or "").strip() and not (not (was or "").isascii() and what in story):
            yield f"{path}: the {what} was changed"
    parts = before.get_payload(), after.get_payload()
    if len(parts[0]) != len(parts[1]):
        yield f"{path}: {len(parts[0])} parts became {len(parts[1])}"
    for number, (one, other) in enumerate(zip(*parts)):
        yield from entity_differences(one, other, f"{path}/{number + 1}", story, charset)


def parameter_differences(before, after, path, charset):
    for header in ("content-type", "content-disposition"):
        was, became = (reading.parameters(entity, header, charset) for entity in (before, after))
        raw = b"".join(reading.values(before, header))
        for key in was | became:
            if key == "charset" and better_label(before, after, became.get(key, set())):
                continue
            if not was.get(key, set()) & became.get(key, set()):
                yield f"{path}: {header}'s {key} {sorted(was.get(key, []))} became {sorted(became.get(key, []))}"
        if not raw.isascii() and not reading.raw_readings(raw, charset) and not reading.values(after, header):
            yield f"{path}: {header} is lost"
    if reading.disposition(before) != reading.disposition(after):
        yield f"{path}: the disposition was changed"


def better_label(before, after, label):
    """Whether a character set was put where there was none or a wrong one, and reads the octets."""
    declared = reading.parameters(before, "content-type").get("charset")
    if declared and reading.text_readings(before):
        return False
    return label == {"unknown-8bit"} or bool(reading.text_readings(after))


def part_field_differences(before, after, path):
    own = ("content-type", "content-transfer-encoding", "content-disposition")
    one, other = ([(k.lower(), v) for k, v in entity._headers if k.lower() not in own] for entity in (before, after))
    if [key for key, _ in one] != [key for key, _ in other]:
        yield f"{path}: fields {[key for key, _ in one]} became {[key for key, _ in other]}"
    for (key, was), (_, became) in zip(one, other):
        octets = [f"{key}: {value}".encode("ascii", "surrogateescape") for value in (was, became)]
        if octets[0] != octets[1] and (seven_bit(octets[0]) or not same_field(before, *octets)):
            yield f"{path}: the field {octets[0]!r} became {octets[1]!r}"


def leaf_differences(before, after, path):
    if isinstance(before._payload, list) or isinstance(after._payload, list):
        if reading.content_of(before) != reading.content_of(after):
            yield f"{path}: the content was changed"
        return
    was, became = reading.payload(before), reading.payload(after)
    if seven_bit(was) or reading.encoding_of(before) is None:
        # What is 7-bit needs no other coding, and what cannot be decoded cannot be coded anew.
        same = [reading.values(entity, "content-transfer-encoding") for entity in (before, after)]
        relabelled = same[0] != same[1] and b"".join(same[0]).isascii()
        if seven_bit(was) and (was.removesuffix(b"\r\n") != became.removesuffix(b"\r\n") or relabelled):
            yield f"{path}: a 7-bit part was changed: {same[0]} {was[:60]!r} became {same[1]} {became[:60]!r}"
        elif not seven_bit(was) and was != became and reading.content_of(after) != was:
            yield f"{path}: {was[:60]!r}, which nobody can decode, became {became[:60]!r}"
        return
    one, other = reading.content_of(before), reading.content_of(after)
    if one.removesuffix(b"\r\n") != other.removesuffix(b"\r\n"):
        yield f"{path}: {len(one)} decoded octets became {len(other)}: {one[:50]!r} became {other[:50]!r}"
