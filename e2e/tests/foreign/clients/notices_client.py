"""notices_client.py PORT LINE...: submits one message with smtplib, without login.

The first line has the options of MAIL; each other one an address and the options of RCPT.
"""

import smtplib
import sys

port, mail, *recipients = sys.argv[1:]
sender = "scanner@contoso.example"
message = f"From: {sender}\r\nTo: list:;\r\nSubject: from smtplib\r\nX-Kept:  as it \xfc was \r\n\r\nHello.\r\n"

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
