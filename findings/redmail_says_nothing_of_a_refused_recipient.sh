#!/bin/sh
# redmail returns the message as sent although the server refused one of its recipients.
#
# Python's smtplib hands back a dictionary of the recipients that were refused while others were taken. redmail throws the
# dictionary away: `send()` returns the same EmailMessage as after full success, and raises nothing. The refused address
# is in To as if it had been written to; neither the return value nor the log of the library, at any level, names it.
# Only if every recipient is refused is there an exception.
#
# With Postern, `postern refusals` shows the recipient and the reason.
#
# Needs python3 with venv, and network. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redmail==0.6.0 aiosmtpd==1.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import logging
import socket
import sys

from aiosmtpd.controller import Controller
from redmail import EmailSender

log = io.StringIO()
logging.basicConfig(stream=log, level=logging.DEBUG)
logging.getLogger("mail.log").propagate = False
logging.getLogger("asyncio").propagate = False


class Picky:
    taken = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken += envelope.rcpt_tos
        return "250 2.0.0 OK"


with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
controller = Controller(Picky(), hostname="127.0.0.1", port=port)
controller.start()
sender = EmailSender(host="127.0.0.1", port=port, use_starttls=False)


def send(*receivers):
    return sender.send(sender="app@example.com", receivers=list(receivers), subject="Bill", text="Enclosed.")


result = send("here@example.net", "gone@example.net")
try:
    send("gone@example.net")
    alone = "no exception"
except Exception as error:
    alone = type(error).__name__
controller.stop()
print(f"redmail {importlib.metadata.version('redmail')}")
print("taken by the server:", Picky.taken)
print("returned:", type(result).__name__, "to", result["To"])
print("logged:", log.getvalue() or "nothing")
print("refused alone:", alone)
told = "gone@" in log.getvalue() or "550" in repr(vars(sender))
if (Picky.taken, type(result).__name__, alone) != (["here@example.net"], "EmailMessage", "SMTPRecipientsRefused") or told:
    sys.exit("redmail 0.6.0 behaves differently now")
PYTHON
