"""What is sent: an ASCII text, a text in UTF-8, a text with a file."""

import email.policy
import os
from dataclasses import dataclass
from email.message import EmailMessage

FILE = b"%PDF-1.7\n" + bytes(range(256)) * 200


@dataclass(frozen=True)
class Letter:
    name: str
    subject: str
    text: str
    file: bytes | None = None


LETTERS = [
    Letter("text", "Toner is low", "Tray 2 of printer 7.\n\n.\n.. a line with dots\nFrom here on it is urgent.\n"),
    Letter("utf8", "Zähler läuft über ✉", "Grüße vom Gerät.\n日本語, привет\n"),
    Letter("file", "The scan", "The scan is attached.\n", FILE),
]


def written(letter, security, folder):
    """Writes a letter's pieces, and all of it as a message, for the program's script to take what it needs."""
    path = os.path.join(folder, f"{letter.name}-{security}")
    os.makedirs(path)
    message = EmailMessage(policy=email.policy.SMTP.clone(linesep="\n"))
    message["From"] = "scanner@contoso.example"
    message["To"] = "a@example.com"
    message["Subject"] = subject(letter, security)
    message.set_content(letter.text, cte="8bit" if letter.name == "utf8" else None)
    if letter.file:
        message.add_attachment(letter.file, maintype="application", subtype="pdf", filename="scan.pdf")
    pieces = {"subject": subject(letter, security).encode(), "text": letter.text.encode(), "message": bytes(message)}
    if letter.file:
        pieces["scan.pdf"] = letter.file
    for name, content in pieces.items():
        with open(os.path.join(path, name), "wb") as file:
            file.write(content)
    return path


def subject(letter, security):
    """Names the letter and the way that it went."""
    return f"{letter.subject} ({security})"
