"""notices_client.py PORT plain|octets LINE...: submits one message with smtplib, without login.

With `octets` its header section has one beyond ASCII. The first line has the options of MAIL; each other one an address and the options of RCPT.
"""

import smtplib
import sys

port, kind, mail, *recipients = sys.argv[1:]
sender = "scanner@contoso.example"
kept = "X-Kept:  as it \xfc was \r\n" if kind == "octets" else ""
message = f"From: {sender}\r\nTo: {recipients[0].split()[0]}\r\nSubject: from smtplib\r\n{kept}\r\nHello.\r\n"

with smtplib.SMTP("127.0.0.1", int(port), timeout=30) as server:
    server.ehlo("device.example")
    assert server.has_extn("dsn"), server.esmtp_features
    assert server.esmtp_features["futurerelease"].startswith("2592000 "), server.esmtp_features
    options = mail.split()
    if "SMTPUTF8" in options:
        server.command_encoding = "utf-8"
    code, words = server.mail(sender, options)
    assert code == 250, words
    for recipient in recipients:
        address, *options = recipient.split()
        code, words = server.rcpt(address, options)
        assert code in (250, 251), words
    code, words = server.data(message.encode("latin-1"))
    assert code == 250, words
