"""Product and twin from outside: submission, a message's story, what the twin was given."""

import http.client
import json
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from . import reading
from .case import AUTHOR

DONE = ("submitted", "sent", "failed", "dropped")


@dataclass
class Verdict:
    """What the product answered."""

    code: int
    text: str

    @property
    def queue_id(self):
        return self.text.split()[-1] if self.code == 250 else None


class Submission(smtplib.SMTP):
    """A connection that says a whole transaction in one go, as far as that is allowed (RFC 2920)."""

    def begin(self, world, login, password):
        self.starttls(context=ssl.create_default_context(cafile=world["certificate"]))
        self.login(login, password)

    def submit(self, case):
        eight = " BODY=8BITMIME" if not case.message.isascii() and self.has_extn("8bitmime") else ""
        recipients = "".join(f"RCPT TO:<{address}>\r\n" for address in case.recipients)
        self.send(f"MAIL FROM:<{AUTHOR}>{eight}\r\n{recipients}DATA\r\n")
        replies = [self.getreply() for _ in range(2 + len(case.recipients))]
        if replies[-1][0] == 354:
            self.send(smtplib._quote_periods(case.message) + b".\r\n")
            replies.append(self.getreply())
        bad = next((reply for reply in replies if reply[0] >= 400), replies[-1])
        if bad[0] >= 400:
            self.rset()
        return Verdict(bad[0], bad[1].decode(errors="replace"))


class OverSocket(http.client.HTTPConnection):
    """HTTP over the product's management socket."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def fetched(connection, path):
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def story(connection, queue_id, until):
    """The message's story, once every send has come to an end or the time is up."""
    while True:
        status, body = fetched(connection, f"/v1/messages/{queue_id}")
        view = json.loads(body) if status == 200 else {"sends": []}
        if view["sends"] and all(send["state"] in DONE for send in view["sends"]):
            return view
        if time.monotonic() > until:
            return view
        time.sleep(0.005)


def told(view):
    """All that the story says of what was done, in lower case."""
    return " ".join(attempt["text"] for send in view["sends"] for attempt in send["attempts"]).lower()


class Captured:
    """All mail that the twin was given: by operation id for REST, by the trace field's queue id for SMTP."""

    def __init__(self, inspect_url):
        place = urlsplit(inspect_url)
        connection = http.client.HTTPConnection(place.hostname, place.port)
        self.by_id = {}
        for mail in json.loads(fetched(connection, "/api/mail?limit=1000000")[1]):
            raw = fetched(connection, f"/api/mail/{mail['number']}/raw")[1]
            if mail["path"] == "rest":
                key = mail["operation_id"]
            else:
                trace = reading.fields_of(raw)[0][0][1].decode("ascii", "replace")
                key = trace.split("id ")[-1].split(";")[0].strip()
            self.by_id.setdefault(key, []).append((mail["path"], raw, mail))

    def of(self, view):
        keys = [view["id"], *(send["operation_id"] for send in view["sends"])]
        return [mail for key in keys for mail in self.by_id.get(key, [])]
