"""Nested multiparts, messages in messages, reports, invitations, forms of multipart that few write."""

import base64

from .case import HTML, PDF, TEXT, case, joined, mail, multipart, nested, octets

UMLAUTS = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße vom Gerät."
INNER = "From: b@example.com\nTo: c@example.com\nSubject: inside\nX-Own: 1\n\nThe inner text.\n"
INNER_8 = "From: b@example.com\nSubject: Grüße\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße.\n"
EVENT = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:7@device.example\n"
    "DTSTART:20261121T080000Z\nSUMMARY:Maintenance\nEND:VEVENT\nEND:VCALENDAR\n"
)
for bits, text in {"7-bit": TEXT, "8-bit": UMLAUTS}.items():
    for kind in [
        "mixed",
        "alternative",
        "related",
        "digest",
        "parallel",
        "report",
        "form-data",
        "signed",
        "encrypted",
        "appledouble",
        "voice-message",
        "x-own",
        "byteranges",
    ]:
        case(f"multipart/{kind} of two, {bits}", multipart(text, HTML, kind=f"multipart/{kind}"))
        case(f"multipart/{kind} of text and file, {bits}", multipart(text, PDF, kind=f"multipart/{kind}"))
    case(f"text and HTML, {bits}", multipart(text, HTML, kind="multipart/alternative"), rest_delivers=True)
    case(f"HTML before text, {bits}", multipart(HTML, text, kind="multipart/alternative"))
    case(f"text, HTML and a file, {bits}", multipart(nested(text, HTML), PDF), rest_delivers=True)
    case(f"a file before the text, {bits}", multipart(PDF, text))
    case(f"two texts, {bits}", multipart(text, text))
    case(f"text and then HTML in a mixed, {bits}", multipart(text, HTML))
    case(f"text, file, text, {bits}", multipart(text, PDF, text))
    case(
        f"three alternatives, {bits}",
        multipart(text, "Content-Type: text/enriched\n\n<bold>x</bold>", HTML, kind="multipart/alternative"),
    )
    case(f"two equal alternatives, {bits}", multipart(text, text, kind="multipart/alternative"))
    case(
        f"a mixed within an alternative, {bits}",
        multipart(text, nested(HTML, PDF, kind="multipart/mixed"), kind="multipart/alternative"),
    )
    case(f"a mixed within a mixed, {bits}", multipart(nested(text, PDF, kind="multipart/mixed"), PDF))
    case(f"an alternative behind a text, {bits}", multipart(text, nested(text, HTML)))
    case(f"two alternatives, {bits}", multipart(nested(text, HTML), nested(text, HTML, boundary="=_Other")))
    deep = text
    for level in range(12):
        deep = nested(deep, PDF, kind="multipart/mixed", boundary=f"=_Level{level}")
    case(f"twelve multiparts in each other, {bits}", multipart(deep))
    case(f"a multipart of one, {bits}", multipart(text))
    case(f"forty files, {bits}", multipart(text, *[PDF.replace("scan", f"scan{n}") for n in range(40)]))
    for encoding, inside in {
        "": INNER,
        "Content-Transfer-Encoding: 7bit\n": INNER,
        "Content-Transfer-Encoding: 8bit\n": INNER_8,
        "Content-Transfer-Encoding: base64\n": base64.encodebytes(octets(INNER)),
        "Content-Transfer-Encoding: quoted-printable\n": "From: b@example.com\nSubject: a =3D b\n\nx=\ny\n",
        "Content-Transfer-Encoding: binary\n": INNER,
    }.items():
        name = encoding.strip()[27:] or "no encoding"
        for kind in [
            "message/rfc822",
            "message/global",
            "message/news",
            'message/partial; id="1@x"; number=1; total=2',
            "message/x-own",
        ]:
            part = octets(f"Content-Type: {kind}\n{encoding}\n") + octets(inside)
            case(f"{kind} in {name} beside {bits} text", multipart(text, part))
    whole = b'Content-Type: message/rfc822\nContent-Disposition: attachment; filename="mail.eml"\n\n'
    case(
        f"a message with files attached to {bits} text",
        multipart(text, whole + mail("", "x\n") + b"\r\n", whole + multipart(TEXT, PDF, boundary="deeper")),
    )
    case(f"a signed message attached to {bits} text", multipart(text, whole + mail("DKIM-Signature: v=1; b=AA", "x\n")))
    case(
        f"8-bit message without a label attached to {bits} text",
        multipart(text, "Content-Type: message/rfc822\n\n" + INNER_8),
    )
    case(
        f"external body beside {bits} text",
        multipart(
            text,
            'Content-Type: message/external-body; access-type=URL;\n URL="http://example.com/a b.pdf"\n\nContent-Type: application/pdf\nContent-ID: <x@y>\n\n',
        ),
    )
    case(
        f"digest of two beside {bits} text",
        multipart(text, b'Content-Type: multipart/digest; boundary="d"\n\n' + joined("d", "\n" + INNER, "\n" + INNER)),
    )
    status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n\nFinal-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n"
    headers = "Content-Type: text/rfc822-headers\n\nFrom: b@example.com\nSubject: inside\n"
    case(
        f"a delivery report, {bits}",
        multipart(text, status, headers, kind="multipart/report", parameters="; report-type=delivery-status"),
    )
    case(
        f"a delivery report with the message, {bits}",
        multipart(
            text,
            status,
            "Content-Type: message/rfc822\n\n" + INNER,
            kind="multipart/report",
            parameters="; report-type=delivery-status",
        ),
    )
    receipt = "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; a@example.com\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    case(
        f"a receipt, {bits}",
        multipart(text, receipt, kind="multipart/report", parameters="; report-type=disposition-notification"),
    )
    feedback = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n"
    case(
        f"a complaint, {bits}",
        multipart(text, feedback, headers, kind="multipart/report", parameters="; report-type=feedback-report"),
    )
    for method in ["REQUEST", "CANCEL", "REPLY", "PUBLISH"]:
        event = octets(f"Content-Type: text/calendar; charset=utf-8; method={method}\n\n") + octets(
            EVENT.replace("REQUEST", method)
        )
        case(
            f"an invitation, {method}, as an alternative, {bits}",
            multipart(text, HTML, event, kind="multipart/alternative"),
        )
        case(f"an invitation, {method}, in a mixed, {bits}", multipart(text, event))
    file = octets(
        'Content-Type: text/calendar; name="invite.ics"\nContent-Disposition: attachment; filename="invite.ics"\n\n'
    ) + octets(EVENT)
    case(f"an event as a file, {bits}", multipart(text, file))
    double = 'Content-Type: application/applefile; name="scan"\nContent-Transfer-Encoding: base64\n\nAAUWBwACAAA=\n'
    case(
        f"a Macintosh file, {bits}",
        multipart(text, nested(double, PDF, kind="multipart/appledouble", boundary="=_Mac")),
    )
case("an invitation alone", mail("Content-Type: text/calendar; method=REQUEST; charset=utf-8\n", EVENT))
case(
    "an invitation alone in 8 bit",
    mail(
        "Content-Type: text/calendar; method=REQUEST; charset=utf-8\nContent-Transfer-Encoding: 8bit\n",
        EVENT.replace("Maintenance", "Wartung für Gerät"),
    ),
)
case("a message as the whole body", mail("Content-Type: message/rfc822\n", INNER))
case(
    "a message as the whole body, 8-bit",
    mail("Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n", INNER_8),
)
case(
    "a piece of a message", mail('Content-Type: message/partial; id="7@device.example"; number=2; total=3\n', "piece\n")
)
case(
    "a hidden 8-bit preamble",
    mail('Content-Type: multipart/mixed; boundary="abc"\n', "Größe\n".encode() + joined("abc", TEXT, PDF)),
)
case(
    "a hidden 8-bit epilogue",
    mail('Content-Type: multipart/mixed; boundary="abc"\n', joined("abc", TEXT, PDF) + "Größe\n".encode()),
)
