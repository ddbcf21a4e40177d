"""smtplib_client.py WHAT HOST PORT starttls|tls|clear CA LOGIN PASSWORD

A password `token:URL APP SECRET` means XOAUTH2 with a token from that URL; an empty login means none.
"""

import json
import smtplib
import ssl
import sys
import urllib.parse
import urllib.request
from email.message import EmailMessage
from email.headerregistry import Address
from itertools import cycle, islice

what, host, port, security, ca, login, password = sys.argv[1:]


def plain(subject="From smtplib", text="Hello.\n"):
    message = EmailMessage()
    message["From"] = "scanner@contoso.example"
    message["To"] = "a@example.com"
    message["Subject"] = subject
    message.set_content(text)
    return message


def attachment():
    message = plain(text="The scan is attached.\n")
    scan = b"%PDF-1.7 " + bytes(islice(cycle(range(256)), 100_000))
    message.add_attachment(scan, maintype="application", subtype="pdf", filename="scan.pdf")
    return message


def utf8():
    message = plain(subject="Grüße aus Zürich ✉", text="日本語\n")
    del message["To"]
    message["To"] = Address("Jürgen Müller", "a", "example.com")
    return message


def huge():
    message = plain()
    message.add_attachment(bytes(32 * 1024 * 1024), maintype="application", subtype="pdf", filename="big.pdf")
    return message


messages = {
    "plain": lambda: [plain()],
    "attachment": lambda: [attachment()],
    "utf8": lambda: [utf8()],
    "huge": lambda: [huge()],
    "many": lambda: [plain(subject=f"Number {number}") for number in range(20)],
}[what]()

context = ssl.create_default_context(cafile=ca)
if security == "tls":
    server = smtplib.SMTP_SSL(host, int(port), context=context, timeout=30)
else:
    server = smtplib.SMTP(host, int(port), timeout=30)
    if security == "starttls":
        server.starttls(context=context)


def bearer(url, app, secret):
    form = {
        "grant_type": "client_credentials",
        "client_id": app,
        "client_secret": secret,
        "scope": "https://communication.azure.com/.default",
    }
    trust = ssl.create_default_context()
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), context=trust) as answer:
        return json.load(answer)["access_token"]


def log_in():
    if not login:
        server.ehlo()
        assert "auth" not in server.esmtp_features, server.esmtp_features
    elif password.startswith("token:"):
        token = bearer(*password.removeprefix("token:").split(" "))
        server.ehlo()
        assert "XOAUTH2" in server.esmtp_features["auth"], server.esmtp_features
        # To the challenge, which says why it failed, the answer is nothing.
        answer = f"user={login}\x01auth=Bearer {token}\x01\x01"
        server.auth("XOAUTH2", lambda challenge=None: answer if challenge is None else "")
    else:
        server.login(login, password)


with server:
    log_in()
    for message in messages:
        server.send_message(message)
