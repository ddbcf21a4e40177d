#!/bin/sh
# @upyo/smtp ends a line of text with a bare line feed, or does not end it at all.
#
# A text whose lines end with CRLF, as a form in a browser sends it, is encoded as quoted-printable by a loop over octets
# that calls CR a special character: the wire carries "first=0D" and a lone LF, which no reader of SMTP may take for the
# end of a line (RFC 5321 section 2.3.8). A server that is strict about smuggling refuses the whole message, one that is
# not stores whatever its line rule makes of it. A text whose lines end with LF becomes one long line with "=0A" in it,
# which RFC 2045 section 6.7 (4) forbids for line breaks, though it reads as intended.
#
# Postern refuses the first with 550 5.6.11, or repairs it where `--repair line-ends` is on.
#
# Needs node with npm, python3, and network. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cat >"$folder/server.py" <<'PYTHON'
import socket
import sys

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
client, _ = listener.accept()
client.settimeout(30)
lines = client.makefile("rb")


def reply(text):
    client.sendall(text.encode() + b"\r\n")


reply("220 server.example")
in_data = False
with open(sys.argv[1], "wb") as wire:
    for line in lines:
        if in_data:
            wire.write(line)
            wire.flush()
            if line == b".\r\n":
                in_data = False
                reply("250 2.0.0 taken")
        elif line.upper().startswith(b"DATA"):
            in_data = True
            reply("354 go on")
        elif line.upper().startswith(b"QUIT"):
            reply("221 bye")
            break
        else:
            reply("250 ok")
PYTHON
python3 "$folder/server.py" "$folder/wire" >"$folder/port" &
server=$!
cd "$folder"
npm install --silent --no-audit --no-fund --prefix "$folder" @upyo/core@0.4.0 @upyo/smtp@0.4.0
cat >"$folder/send.mjs" <<'JAVASCRIPT'
import { createMessage } from "@upyo/core";
import { SmtpTransport } from "@upyo/smtp";

const transport = new SmtpTransport({
  host: "127.0.0.1", port: Number(process.argv[2]), secure: false, pool: false,
});
const receipt = await transport.send(createMessage({
  from: "form@example.com", to: "office@example.net", subject: "Two kinds of line",
  content: { text: "first\r\nsecond\nthird" },
}));
console.log(receipt.successful);
JAVASCRIPT
node "$folder/send.mjs" "$(cat "$folder/port")"
python3 - "$folder/wire" <<'PYTHON'
import sys

data = open(sys.argv[1], "rb").read()
body = data.split(b"\r\n\r\n", 1)[1]
print("on the wire:", body)
if body != b"first=0D\nsecond=0Athird\r\n.\r\n":
    sys.exit("@upyo/smtp 0.4.0 behaves differently now")
PYTHON
