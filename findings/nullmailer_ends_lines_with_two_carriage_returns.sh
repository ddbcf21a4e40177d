#!/bin/bash
# nullmailer 2.2 sends a text file with CRLF line ends as lines that end in CR CR LF, its empty line included.
#
# On Unix a message is handed to sendmail with LF, and whoever sends it by SMTP makes CRLF of that. Scripts that were
# written on Windows, and programs that compose for the wire, hand over CRLF instead. Postfix, Exim, OpenSMTPD and msmtp
# notice. nullmailer puts CR LF in place of each LF and leaves the CR before it: no line of such a message ends as RFC
# 5322 wants it, and no empty line divides the header section from the body, so that a strict server has either to
# refuse all of it or to take all of it for one header section. (dma 0.13 does the same.)
#
# Uses Debian's package, unpacked into a temporary folder; needs apt, dpkg and Python. Ends with 1 where the lines end
# in CRLF.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p archives/partial root
apt-get install -y -qq --download-only --reinstall --no-install-recommends -o Dir::Cache::archives="$folder/archives" \
    nullmailer=1:2.2-4 > /dev/null 2>&1
for package in archives/*.deb; do dpkg -x "$package" root; done

cat > sink.py <<'END'
"""A server for one message; prints how each line between DATA and its end came."""
import socket

server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
connection, _ = server.accept()
stream = connection.makefile("rwb", 0)
stream.write(b"220 sink\r\n")
for line in stream:
    verb = line[:4].upper()
    if verb == b"DATA":
        stream.write(b"354 go on\r\n")
        while (line := stream.readline()) != b".\r\n":
            print(ascii(line), flush=True)
    stream.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
    if verb == b"QUIT":
        break
END
python3 sink.py > wire &
for _ in $(seq 50); do [ -s wire ] && break; sleep 0.1; done
# The form of its queue: sender, recipients, an empty line, the message.
printf 'a@example.com\nb@example.com\n\n' > queued
printf 'From: a@example.com\nTo: b@example.com\nSubject: x\n\none\n' | sed 's/$/\r/' >> queued
printf 'host=127.0.0.1\nport=%s\n\n' "$(head -1 wire)" | HELOHOST=a.example root/usr/lib/nullmailer/smtp 3< queued
wait
dpkg-deb -f archives/nullmailer*.deb Package Version
sed 1d wire
if [ "$(sed 1d wire | grep -c "\\\\r\\\\r\\\\n'\$")" = 5 ]; then
    echo "Each of the five lines ends in CR CR LF."
else
    echo "This has changed: the lines end otherwise."
    exit 1
fi
