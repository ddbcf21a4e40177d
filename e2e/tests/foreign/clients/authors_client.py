"""authors_client.py, and a JSON of where product and twin are on standard input.

Sends what programs of Debian, PHP and Windows write, byte for byte, as logins whose author is forced, stands in, or is
theirs; Python's `email` reads what arrived. Prints what is wrong, and ends with 1 if anything is.
"""

import email
import email.policy
import json
import sys
import time

from faithful.world import Captured, OverSocket, Submission, story

SCANNER = "scanner@contoso.example"
CRON = b"""To: root
Subject: Cron <root@web1> test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>
X-Cron-Env: <LOGNAME=root>

run-parts: failed
"""
# What it is, MAIL FROM as written, the fields that are the program's own, the rest, and the name that should stay.
CASES = [
    ("Debian's cron", "<root>", b"From: root (Cron Daemon)\n", CRON, "Cron Daemon"),
    ("cronie", "<root@web1>", b'From: "(Cron Daemon)" <root>\n', CRON, "(Cron Daemon)"),
    ("anacron", "<root@>", b"From: Anacron <root>\n", b"To: root\nSubject: Anacron job 'cron.daily' on web1\n\nx\n", "Anacron"),
    ("at", "<root@web1.>", b"", b"Subject: Output from your job        4\nTo: root\n\nx\n", ""),
    ("mdadm", "root", b"From: mdadm monitoring <root>\n", b"To: root\nSubject: DegradedArray event on /dev/md0:web1\n\nx\n", "mdadm monitoring"),
    ("smartd by mail", "<root@web1>", b"From: root <root@web1>\n", b"To: root\nSubject: SMART error (Health) detected on host: web1\nUser-Agent: s-nail v14.9.24\n\nx\n", "root"),
    ("apticron", "<>", b"From: root\n", b"To: root\nSubject: 3 Debian package update(s) for web1\nContent-Type: text/plain; charset=UTF-8\n\nx\n", ""),
    ("PHP without From", "<www-data@web1>", b"X-PHP-Originating-Script: 33:form.php\n", b"To: a@example.com\nSubject: Order\n\nx\n", ""),
    ("PHP with a name", "<www-data>", b"From: Kock, Arne <arne@shop.example>\n", b"To: a@example.com\nSubject: Order\n\nx\n", "Kock, Arne"),
    ("PHP twice", "<a@shop.example>", b"From: a@shop.example\nFrom: b@shop.example\n", b"To: a@example.com\nSubject: Order\n\nx\n", ""),
    ("a script of Windows", "<SERVER01\\Administrator>", b"From: SERVER01\\Administrator\n", b"To: a@example.com\nSubject: Backup\n\nx\n", ""),
    ("an open quote", "<Backup <b@srv>>", b'From: "Backup <b@srv>\n', b"To: a@example.com\nSubject: Backup\n\nx\n", "Backup"),
    ("empty brackets", "< >", b"From: <>\nDate:\nMessage-ID: <>\n", b"To: a@example.com\nSubject: Scan\n\nx\n", ""),
    ("Latin-1", "<scan>", b"From: M\xfcller <scan>\n", b"To: a@example.com\nSubject: Scan\n\nx\n", ""),
]
# Those whose From can be read name foreign addresses: a default does not stand in for them.
READABLE = {"smartd by mail"}


def offer(server, path, message):
    for command in (f"MAIL FROM:{path}", "RCPT TO:<a@example.com>", "DATA"):
        code, text = server.docmd(command)
        if code >= 400:
            server.rset()
            return code, text.decode()
    server.send(message.replace(b"\n", b"\r\n") + b".\r\n")
    code, text = server.getreply()
    return code, text.decode()


def opened(world, login):
    server = Submission(world["host"], world["port"])
    server.begin(world, *world["logins"][login])
    return server


def faults(case, view, captured):
    what, _, own, rest, name = case
    mails = captured.of(view)
    if len(mails) != 1:
        return [f"{len(mails)} mails"]
    path, raw, _ = mails[0]
    if path != "smtp":
        return [f"went by {path}"]
    message = email.message_from_bytes(raw, policy=email.policy.default)
    found = []
    authors = [(one.display_name, one.addr_spec) for one in message["From"].addresses]
    if len(message.get_all("From")) != 1 or authors != [(name, SCANNER)]:
        found.append(f"From is {message.get_all('From')}")
    for field in ("Date", "Message-ID"):
        if len(message.get_all(field, [])) != 1 or not message[field]:
            found.append(f"{field} is {message.get_all(field)}")
    head, _, body = rest.partition(b"\n\n")
    kept = [line for line in own.splitlines() if not line.lower().startswith((b"from:", b"date:", b"message-id:"))]
    for line in kept + head.splitlines():
        if line + b"\r\n" not in raw:
            found.append(f"{line!r} is gone")
    if not raw.endswith(b"\r\n\r\n" + body.replace(b"\n", b"\r\n")):
        found.append("the text is another")
    if not any(change["text"].startswith("From was ") for change in view["changes"]):
        found.append(f"the story tells of {view['changes']}")
    return found


world = json.load(sys.stdin)
bad, accepted, began = 0, [], time.monotonic()
for login in ("forced", "default", "own"):
    server = opened(world, login)
    for case in CASES:
        what, path, own, rest, _ = case
        code, text = offer(server, path, own + rest)
        if login == "own":
            if code not in (501, 550) or not text.startswith(("5.6.0 ", "5.1.7 ")):
                bad += 1
                print(f"WRONG {login} {what}: {code} {text}")
        elif login == "default" and (what in READABLE or "@web1>" in path or "@shop" in path):
            if code != 550:
                bad += 1
                print(f"WRONG {login} {what}: {code} {text}")
        elif code != 250:
            bad += 1
            print(f"WRONG {login} {what}: {code} {text}")
        else:
            accepted.append((login, case, text.split()[-1]))
    server.quit()
socket = OverSocket(world["socket"])
views = [story(socket, queue_id, began + 60) for _, _, queue_id in accepted]
captured = Captured(world["inspect_url"])
for (login, case, _), view in zip(accepted, views):
    for fault in faults(case, view, captured):
        bad += 1
        print(f"WRONG {login} {case[0]}: {fault}")
print(f"{len(accepted)} accepted of {len(CASES)} programs by 3 logins, {bad} wrong")
sys.exit(1 if bad or len(accepted) < len(CASES) else 0)
