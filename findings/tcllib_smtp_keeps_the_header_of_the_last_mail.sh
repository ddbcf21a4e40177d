#!/bin/sh
# Tcllib's smtp shows the second recipient the address of the first, and writes From twice.
#
# `smtp::sendmessage TOKEN -header {To ...}` adds fields to the message of that token, sends it and means to take them off
# again: a comment in the code says so. But it notes what was there in a dictionary `origheaderx` and restores from
# `origheaders`, which stays empty. A script that makes one message and sends it to one customer after the other sends
# the third with three fields From, To and Subject, the addresses of the first two among them; RFC 5322 section 3.6 allows
# one of each. The call returns as after any success. A second try after a refusal adds to the fields of the first, too.
# Only a new `mime::initialize` for each mail avoids it.
#
# Postern refuses the second mail for its From fields, but a default or forced author replaces these, and then it goes out.
#
# Needs tclsh 8.6, python3, apt, dpkg, and network. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cat >"$folder/server.py" <<'PYTHON'
"""Takes every message, and writes down whom the envelope names and which address and subject fields there are."""
import socket
import sys

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    client, _ = listener.accept()
    client.settimeout(30)
    client.sendall(b"220 server.example\r\n")
    in_data = False
    for line in client.makefile("rb"):
        text = line.decode().rstrip("\r\n")
        if in_data and text != ".":
            if text.startswith(("From:", "To:", "Subject:")):
                sys.stderr.write(f"   {text}\n")
            continue
        if text.startswith("RCPT"):
            sys.stderr.write(f"{text}\n")
        in_data = text == "DATA"
        client.sendall(b"354 go on\r\n" if in_data else b"250 2.0.0 OK\r\n")
    client.close()
PYTHON
python3 "$folder/server.py" >"$folder/port" 2>"$folder/seen" &
server=$!
mkdir -p "$folder/packages/partial"
apt-get -qq -y -o Debug::NoLocking=1 -o Dir::Cache::archives="$folder/packages" --reinstall --download-only \
    --no-install-recommends install tcllib=1.21+dfsg-1 >/dev/null 2>&1
for package in "$folder"/packages/tcllib_*.deb; do dpkg -x "$package" "$folder/system"; done

cat >"$folder/send.tcl" <<'TCL'
lassign $argv modules port
set auto_path [linsert $auto_path 0 {*}[glob $modules/tcllib*]]
package require mime
package require smtp
puts "smtp [package provide smtp], mime [package provide mime], Tcl [info patchlevel]"
set message [mime::initialize -canonical text/plain -string "The office is closed on Friday.\n"]
foreach customer {first@example.net second@example.org third@example.com} {
    set refused [smtp::sendmessage $message -servers 127.0.0.1 -ports $port -header {From office@example.com} \
        -header [list To $customer] -header {Subject Friday}]
    puts "to $customer, refused for: [expr {$refused eq "" ? "nobody" : $refused}]"
}
TCL
tclsh "$folder/send.tcl" "$folder/system/usr/share/tcltk" "$(cat "$folder/port")"
cat "$folder/seen"
cat >"$folder/expected" <<'EXPECTED'
RCPT TO:<first@example.net>
   From: office@example.com
   To: first@example.net
   Subject: Friday
RCPT TO:<second@example.org>
   From: office@example.com
   From: office@example.com
   To: first@example.net
   To: second@example.org
   Subject: Friday
   Subject: Friday
RCPT TO:<third@example.com>
   From: office@example.com
   From: office@example.com
   From: office@example.com
   To: first@example.net
   To: second@example.org
   To: third@example.com
   Subject: Friday
   Subject: Friday
   Subject: Friday
EXPECTED
cmp -s "$folder/seen" "$folder/expected" || { echo "Tcllib 1.21 behaves differently now"; exit 1; }
