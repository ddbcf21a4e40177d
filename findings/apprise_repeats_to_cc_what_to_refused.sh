#!/bin/sh
# Apprise: if one address of three in To does not exist, the colleague in Cc gets five mails for one alarm.
#
# One `notify` of `mailto://...?to=a,b,c&cc=d` becomes three messages, one for each address in To, and all of Cc and Bcc are
# in the envelope of each. With `retry=2` the message whose To was refused is sent twice more. "Delivered; a retry can
# safely skip this one" is noted by To alone: the server refuses that address each time (550, for good), takes the rest of
# the envelope each time, and answers 250. Each copy has a Message-ID of its own, so that no mailbox finds two to be one.
# The result is a failure; who runs the whole again doubles all of it. Cc is safe where To has one good address.
#
# With Postern each message counts for the rate of its login; `postern refusals` has the address.
#
# Needs python3 with venv, and network. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check apprise==2.3.0 aiosmtpd==1.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import email
import importlib.metadata
import logging
import socket
import sys
from collections import Counter

import apprise
from aiosmtpd.controller import Controller

logging.disable(logging.CRITICAL)


class Postbox:
    taken = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content)
        self.taken.append((message["To"], message["Cc"], message["Message-ID"], envelope.rcpt_tos))
        return "250 2.0.0 OK"


with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
controller = Controller(Postbox(), hostname="127.0.0.1", port=port)
controller.start()


def notify(to, retries):
    Postbox.taken = []
    service = apprise.Apprise()
    options = f"mode=insecure&retry={retries}&wait=0&cc=head@example.net&bcc=archive@example.net"
    service.add(f"mailto://127.0.0.1:{port}/?from=alarm@example.com&to={to}&{options}")
    succeeded = bool(service.notify(title="Disk full", body="The disk of db1 is full."))
    print(f"to {to}, retry={retries}: {'success' if succeeded else 'failure'}")
    for header_to, header_cc, _, envelope in Postbox.taken:
        print(f"   To: {header_to}  Cc: {header_cc}  taken for {', '.join(envelope)}")
    copies = Counter(address.split("@")[0] for *_, envelope in Postbox.taken for address in envelope)
    return succeeded, len({name for _, _, name, _ in Postbox.taken}), dict(copies)


print("apprise", importlib.metadata.version("apprise"))
all_known = notify("one@example.net,two@example.net,three@example.net", 2)
one_gone = notify("one@example.net,gone@example.net,three@example.net", 2)
controller.stop()
print("success, Message-IDs, copies:", all_known, one_gone, sep="\n   ")
if all_known != (True, 3, {"one": 1, "two": 1, "three": 1, "head": 3, "archive": 3}) or one_gone != (
    False, 5, {"one": 1, "three": 1, "head": 5, "archive": 5}
):
    sys.exit("apprise 2.3.0 behaves differently now")
PYTHON
