"""Authors, recipients and others, as devices spell them."""

from .case import case, mail

EIGHT = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
BODIES = {"7-bit": ("", "Hello.\n"), "8-bit": (EIGHT, "Grüße.\n")}

LISTS = {
    "bare": "a@example.com",
    "in brackets": "<a@example.com>",
    "with a name": "Anna <a@example.com>",
    "with a quoted name": '"Anna B." <a@example.com>',
    "with a name with a dot": "Anna B. <a@example.com>",
    "with a comment": "a@example.com (Anna)",
    "with a comment in front": "(Anna) a@example.com",
    "with a name and a comment": "Anna (2. OG) <a@example.com>",
    "with nested comments": "a@example.com (Anna (2. OG))",
    "with an encoded name": "=?utf-8?Q?J=C3=BCrgen?= <a@example.com>",
    "with an encoded name in quotes": '"=?utf-8?Q?J=C3=BCrgen?=" <a@example.com>',
    "with two encoded-words": "=?utf-8?Q?J=C3=BCrgen?= =?iso-8859-1?Q?M=FCller?= <a@example.com>",
    "with an encoded comma": "=?utf-8?Q?M=C3=BCller=2C_Hans?= <a@example.com>",
    "with an encoded comment": "a@example.com (=?utf-8?Q?J=C3=BCrgen?=)",
    "with a name that is an address": '"a@example.com" <a@example.com>',
    "with an unquoted name that is an address": "a@example.com <a@example.com>",
    "with a comma in its name": "Kock, Arne <a@example.com>",
    "with an umlaut and a comma in its name": "Müller, Hans <a@example.com>",
    "with an open quote": '"Anna <a@example.com>',
    "with a colon in its name": "Room: 7 <a@example.com>",
    "with an escaped quote": '"Anna \\"A\\" B" <a@example.com>',
    "with an empty name": '"" <a@example.com>',
    "with blanks in its brackets": "Anna < a@example.com >",
    "with brackets not closed": "Anna <a@example.com",
    "with brackets twice": "Anna <<a@example.com>>",
    "with a semicolon behind it": "a@example.com;",
    "with a comma behind it": "a@example.com,",
    "with a comma before it": ", a@example.com",
    "with a route": "<@relay.example:a@example.com>",
    "with a group": "Team: a@example.com;",
    "with a group and a name": 'Team: "Anna" <a@example.com>;',
    "with an empty group": "undisclosed-recipients:;",
    "with an empty group beside it": "undisclosed-recipients:;, a@example.com",
    "separated by a semicolon": "a@example.com; b@example.com",
    "separated by a blank": "a@example.com b@example.com",
    "separated by a comma without a blank": "a@example.com,b@example.com",
    "twice": "a@example.com, a@example.com",
    "twice in other case": "a@example.com, A@EXAMPLE.COM",
    "in capitals": "A@EXAMPLE.COM",
    "folded": "Anna\n <a@example.com>,\n b@example.com",
    "without a domain": "anna",
    "with a name alone": "Anna Berg",
    "with mailto": "<mailto:a@example.com>",
    "with a quoted local part": '"a"@example.com',
    "with blanks around the at sign": "a @ example.com",
    "with a dot behind the domain": "a@example.com.",
    "in a literal": "a@[192.0.2.1]",
    "with a tab": "Anna\t<a@example.com>",
    "that nobody gets": "x@example.com",
    "that nobody gets, beside one": "a@example.com, Other <x@example.com>",
    "with a raw umlaut": "Jürgen <a@example.com>",
    "with a raw umlaut in quotes": '"Jürgen Müller" <a@example.com>',
    "with a raw umlaut in a comment": "a@example.com (Jürgen)",
    "with a domain beyond ASCII": "a@münchen.example",
    "with a very long name": '"' + "Long Name " * 60 + '" <a@example.com>',
    "many": ",\n ".join(f"Reader {n} <r{n}@example.com>" for n in range(40)),
    "in one long line": ", ".join(f'"Reader {n}" <r{n}@example.com>' for n in range(48)),
}
for bits, (fields, body) in BODIES.items():
    for name, value in LISTS.items():
        everyone = ("a@example.com", "b@example.com")
        if "Reader" in value:
            everyone = tuple(f"r{n}@example.com" for n in range(value.count("@")))
        case(f"To {name}, {bits}", mail(f"To: {value}\n{fields}", body), recipients=everyone)
        case(f"Cc {name}, {bits}", mail(f"To: b@example.com\nCc: {value}\n{fields}", body), recipients=everyone)
        case(f"Reply-To {name}, {bits}", mail(f"Reply-To: {value}\n{fields}", body))
        if bits == "8-bit":
            case(f"Sender {name}, {bits}", mail(f"Sender: {value}\n{fields}", body))
    for name, value in {
        "bare": "scanner@contoso.example",
        "with its own name": "Scanner <scanner@contoso.example>",
        "with another name": "Copier <scanner@contoso.example>",
        "with a comment": "scanner@contoso.example (Copier)",
        "with its own name as a comment": "scanner@contoso.example (Scanner)",
        "with a name and a comment": "Scanner (2. OG) <scanner@contoso.example>",
        "with an encoded name": "=?utf-8?Q?Kopierer_f=C3=BCr?= <scanner@contoso.example>",
        "with an encoded comment": "scanner@contoso.example (=?utf-8?Q?f=C3=BCr?=)",
        "with a raw name": "Kopierer für alle <scanner@contoso.example>",
        "with a raw quoted name": '"Kopierer, für alle" <scanner@contoso.example>',
        "with an empty name": '"" <scanner@contoso.example>',
        "in capitals": "SCANNER@CONTOSO.EXAMPLE",
        "in a group": "Devices: scanner@contoso.example;",
        "folded": "Scanner\n <scanner@contoso.example>",
        "twice in a list": "scanner@contoso.example, noreply@contoso.example",
        "with a name with dots": "Scan. to. Mail <scanner@contoso.example>",
        "with a name in square brackets": "MFP [3] <scanner@contoso.example>",
        "with an encoded name in quotes": '"=?utf-8?Q?B=C3=BCro?=" <scanner@contoso.example>',
    }.items():
        unreadable = "an author that is not the login's own" if "group" in name or "twice" in name else ""
        case(f"From {name}, {bits}", mail(f"From: {value}\n{fields}", body), may_be_refused=unreadable)
case("Bcc names somebody", mail("Bcc: b@example.com"), recipients=("a@example.com", "b@example.com"))
case(
    "Bcc in capitals",
    mail("BCC: b@example.com,\n c@example.com"),
    recipients=("a@example.com", "b@example.com", "c@example.com"),
)
case("Bcc that is empty", mail("Bcc:"))
case("Bcc that is unreadable", mail('Bcc: "b@example.com'))
case("Resent-Bcc", mail("Resent-Bcc: b@example.com"))
case("nobody in To gets it", mail("To: other@example.com"))
case(
    "a domain beyond ASCII in the envelope",
    mail("To: a@xn--mnchen-3ya.example"),
    recipients=("a@xn--mnchen-3ya.example",),
)
case(
    "fifty-one recipients",
    mail("To: " + ",\n ".join(f"r{n}@example.com" for n in range(51))),
    recipients=tuple(f"r{n}@example.com" for n in range(51)),
)
