"""bounce_judges.py FOLDER MAIL...: what others' software reads in notices, one line of JSON for each file.

flufl.bounce, which Mailman counts bounces with; the email package of Python; and Mail::DeliveryStatus::BounceParser, which is
unpacked in FOLDER.
"""

import json
import subprocess
import sys
from email import message_from_bytes, policy

from flufl.bounce import all_failures


def by_flufl(raw):
    temporary, permanent = all_failures(message_from_bytes(raw))
    return {
        "temporary": sorted(address.decode() for address in temporary),
        "permanent": sorted(address.decode() for address in permanent),
    }


def by_email(raw):
    message = message_from_bytes(raw, policy=policy.default)
    defects = [str(defect) for part in message.walk() for defect in part.defects]
    parts = list(message.iter_parts())
    status = next(part for part in parts if part.get_content_type() == "message/delivery-status")
    of_message, *of_recipients = status.get_payload()
    return {
        "type": message.get_content_type(),
        "report_type": message.get_param("report-type"),
        "parts": [part.get_content_type() for part in parts],
        "defects": defects,
        "message": dict(of_message.items()),
        "recipients": [dict(one.items()) for one in of_recipients if one.items()],
    }


PERL = r"""
use Mail::DeliveryStatus::BounceParser;
local $/;
my $bounce = Mail::DeliveryStatus::BounceParser->new(<STDIN>);
print $bounce->is_bounce ? 1 : 0, "\n";
print join("\t", $_->get("email"), $_->get("std_reason"), $_->get("action") // ""), "\n" for $bounce->reports;
"""


def by_bounce_parser(raw):
    command = ["perl", "-I", f"{folder}/usr/share/perl5", "-e", PERL]
    read = subprocess.run(command, input=raw, capture_output=True, check=True)
    is_bounce, *reports = read.stdout.decode().splitlines()
    return {"is_bounce": is_bounce == "1", "reports": [report.split("\t") for report in reports]}


folder, *paths = sys.argv[1:]
for path in paths:
    with open(path, "rb") as file:
        raw = file.read()
    judged = {"flufl": by_flufl(raw), "email": by_email(raw), "perl": by_bounce_parser(raw)}
    print(json.dumps(judged))
