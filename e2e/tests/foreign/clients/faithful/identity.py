"""Message-ID and Date: missing, empty, odd."""

from .case import PDF, TEXT, case, mail, multipart

for name, fields in {
    "no Message-ID": "-Message-ID",
    "no Date": "-Date",
    "neither": "-Message-ID\n-Date",
    "an empty Message-ID": "Message-ID:",
    "a Message-ID of blanks": "Message-ID:   ",
    "an empty Date": "Date:",
    "a Date of a tab": "Date: \t",
    "both empty": "Message-ID:\nDate:",
    "an empty Message-ID in capitals": "MESSAGE-ID:",
    "an empty Message-ID, folded": "Message-ID:\n ",
    "empty brackets": "Message-ID: <>",
    "a Message-ID without brackets": "Message-ID: 47@device.example",
    "a Message-ID without a domain": "Message-ID: <47>",
    "a Message-ID with two domains": "Message-ID: <47@a@b>",
    "a Message-ID with blanks": "Message-ID: <47 11@device.example>",
    "a Message-ID in quotes": 'Message-ID: "<47@device.example>"',
    "a Message-ID and a comment": "Message-ID: <48@device.example> (scanner)",
    "two ids in a Message-ID": "Message-ID: <49@device.example> <50@device.example>",
    "a Message-ID with a literal": "Message-ID: <51@[192.0.2.1]>",
    "a Message-ID with a quoted part": 'Message-ID: <"52 a"@device.example>',
    "a Message-ID with a raw umlaut": "Message-ID: <zähler@device.example>",
    "a Message-ID of many characters": "Message-ID: <" + "x" * 300 + "@device.example>",
    "a Message-ID in a second line": "Message-ID:\n <53@device.example>",
    "a Message-ID with a colon": "Message-ID: <54:1@device.example>",
    "a Message-ID with dots in a row": "Message-ID: <55..1@device.example>",
    "a Message-ID ending in a dot": "Message-ID: <56.@device.example>",
    "a Message-ID with dollars": "Message-ID: <57$1$a@device.example>",
    "a Message-Id in another case": "Message-Id: <58@device.example>",
    "a Date with a comment": "Date: Sat, 21 Nov 2026 08:00:00 +0000 (UTC)",
    "a Date without a weekday": "Date: 21 Nov 2026 08:00:00 +0000",
    "a Date without seconds": "Date: Sat, 21 Nov 2026 08:00 +0000",
    "a Date with a zone's name": "Date: Sat, 21 Nov 2026 08:00:00 CEST",
    "a Date of two digits": "Date: Sat, 21 Nov 26 08:00:00 GMT",
    "a Date in German": "Date: Sa, 21 Nov 2026 08:00:00 +0100",
    "a Date in a second line": "Date:\n Sat, 21 Nov 2026 08:00:00 +0000",
    "a Date in the future": "Date: Sat, 21 Nov 2099 08:00:00 +0000",
    "a Date of the epoch": "Date: Thu, 1 Jan 1970 00:00:00 +0000",
    "a Date in ISO form": "Date: 2026-11-21T08:00:00Z",
}.items():
    case(name, mail(fields))
    case(f"{name}, over a file", multipart(TEXT, PDF, fields=fields + "\n"))
    case(
        f"{name}, over 8 bits",
        mail(fields + "\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", "Grüße\n"),
    )
