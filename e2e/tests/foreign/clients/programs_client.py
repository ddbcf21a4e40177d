"""programs_client.py PROGRAM WAYS LETTERS PACKAGES, and a JSON of where product and twin are on standard input.

WAYS are `starttls`, `tls` or both with a comma between them, LETTERS names of letters in the same way. Ends with 1 unless every letter arrived whole by each.
"""

import json
import os
import sys
import tempfile

from programs import arrived, room
from programs.letters import LETTERS, subject, written

program, ways, letters, packages = sys.argv[1:]
world = json.load(sys.stdin)
twin = arrived.Twin(world["inspect_url"])
bad = 0
with tempfile.TemporaryDirectory(prefix="programs-") as folder:
    for security in ways.split(","):
        for letter in (letter for letter in LETTERS if letter.name in letters.split(",")):
            settings = {
                "SECURITY": security,
                "PORT": str(world["ports"][security]),
                "LOGIN": world["login"][0],
                "PASSWORD": world["login"][1],
                "CERTIFICATE": world["certificate"],
                "KIND": letter.name,
                "TRUST": os.environ.get("PROGRAMS_TRUST", "yes"),
            }
            code, words = room.run(program, packages, folder, written(letter, security, folder), settings)
            mails = twin.wait_for(subject(letter, security), 15 if code == 0 else 0)
            wrong = [f"it ended with {code}"] if code else []
            wrong += arrived.differences(program, letter, subject(letter, security), mails)
            print(f"{program}, {letter.name} by {security}: {'; '.join(wrong) or 'arrived whole'}")
            if wrong or os.environ.get("PROGRAMS_TELL"):
                print(words)
                for mail in mails:
                    print(mail[4], mail[5].decode(errors="replace")[:3000])
            bad += bool(wrong)
sys.exit(1 if bad else 0)
