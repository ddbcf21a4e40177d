"""What the twin was given, as Python's `email` reads it."""

import base64
import email
import email.policy
import http.client
import json
import time
from urllib.parse import urlsplit


class Twin:
    """The twin's list of mail."""

    def __init__(self, inspect_url):
        place = urlsplit(inspect_url)
        self.connection = http.client.HTTPConnection(place.hostname, place.port)

    def fetched(self, path):
        self.connection.request("GET", path)
        return self.connection.getresponse().read()

    def mails(self):
        """Each mail as subject, text, files and recipients; the subject alone names it."""
        found = []
        for mail in json.loads(self.fetched("/api/mail?limit=1000")):
            raw = self.fetched(f"/api/mail/{mail['number']}/raw")
            subject, text, files = by_rest(raw) if mail["path"] == "rest" else by_smtp(raw)
            found.append((subject, text, files, [one["address"] for one in mail["recipients"]], mail["path"], raw))
        return found

    def wait_for(self, subject, patience):
        """The mails whose subjects end so, once there is one; none after so many seconds."""
        until = time.monotonic() + patience
        while True:
            mails = [mail for mail in self.mails() if mail[0].endswith(subject)]
            if mails or time.monotonic() > until:
                return mails
            time.sleep(0.1)


def by_rest(raw):
    document = json.loads(raw)
    files = {file["name"]: base64.b64decode(file["contentInBase64"]) for file in document.get("attachments") or []}
    return document["content"]["subject"], document["content"].get("plainText") or "", files


def by_smtp(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain",))
    files = {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()}
    return str(message["subject"]), text_of(body) if body else "", files


def text_of(body):
    """The text. Cron without a locale calls UTF-8 US-ASCII, and Python then sees nothing but question marks."""
    octets = body.get_payload(decode=True)
    return octets.decode() if body.get_content_charset("us-ascii") == "us-ascii" else body.get_content()


# What a program makes of a text before anybody else sees it.
OWN_WAYS = {
    # mail 2.7.1 doubles a dot that is alone on its line, and so does the library under it that speaks SMTP.
    "ruby-mail": lambda text: text.replace("\n.\n", "\n..\n"),
}


def differences(program, letter, subject, mails):
    """What is wrong with what arrived of a letter."""
    if len(mails) != 1:
        return [f"{len(mails)} mails arrived"]
    _, text, files, recipients, _, _ = mails[0]
    found = []
    if recipients != ["a@example.com"]:
        found.append(f"it went to {recipients}")
    # Programs end a text in their own way; nothing else of it is theirs.
    texts = [letter.text, OWN_WAYS.get(program, str)(letter.text)]
    if text.replace("\r\n", "\n").rstrip("\n") not in [one.rstrip("\n") for one in texts]:
        found.append(f"the text became {text!r}")
    if files != ({"scan.pdf": letter.file} if letter.file else {}):
        found.append(f"the files became { {name: len(content) for name, content in files.items()} }")
    return found
