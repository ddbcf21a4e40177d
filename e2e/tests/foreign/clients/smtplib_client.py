"""smtplib_client.py WHAT HOST PORT starttls|tls CA LOGIN PASSWORD"""

import smtplib
import ssl
import sys
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
    server.starttls(context=context)
with server:
    server.login(login, password)
    for message in messages:
        server.send_message(message)
