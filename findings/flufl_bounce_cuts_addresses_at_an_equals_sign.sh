#!/bin/sh
# flufl.bounce blames "news+user" when mail to news+user=example.net@lists.example.com has bounced.
#
# It reads `Final-Recipient: rfc822; ADDRESS` as a list of MIME parameters, NAME=VALUE, and keeps the names. RFC 3464 section
# 2.3.2 has no parameters there: what stands behind the first semicolon is the address, and "=" is an ordinary character
# of a local part (RFC 5322 section 3.2.3). Lists that mark each recipient (VERP) and forwarders (SRS) write it. What comes
# out is in lower case, has no domain and is nobody's address: a list manager finds no such member, and goes on writing
# to the dead one. Mail::DeliveryStatus::BounceParser reads the same report well.
#
# Postern writes these fields as the RFC has them; Mailman, which counts bounces with this library, sees the stump.
#
# Needs python3 with venv, perl, apt, dpkg, and network. Exits with 1 if one of them behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check flufl.bounce==6.0.0
mkdir -p "$folder/packages/partial"
apt-get -qq -y -o Debug::NoLocking=1 -o Dir::Cache::archives="$folder/packages" --reinstall --download-only \
    --no-install-recommends install libmail-deliverystatus-bounceparser-perl=1.543+repacked-1 >/dev/null 2>&1
for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder/system"; done
export PERL5LIB="$folder/system/usr/share/perl5"

cat >"$folder/read.py" <<'PYTHON'
import sys
from email import message_from_binary_file

from flufl.bounce import scan_message

print(*sorted(address.decode() for address in scan_message(message_from_binary_file(sys.stdin.buffer))))
PYTHON

report() { # the recipient
    cat <<REPORT
From: postmaster@relay.example.com
To: app@example.com
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain

Your message could not be delivered.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.com

Final-Recipient: rfc822; $1
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such mailbox

--part--
REPORT
}

different=0
expect() { # who reads, wanted, got
    printf '   %-13s %s\n' "$1" "$3"
    [ "$2" = "$3" ] || { echo "   not $2 any more"; different=1; }
}

echo "flufl.bounce 6.0.0, BounceParser 1.543"
for pair in \
    "user@example.net user@example.net" \
    "news+user=example.net@lists.example.com news+user" \
    "SRS0=Ab1c=XY=example.org=user@forward.example srs0"; do
    echo "Final-Recipient: rfc822; ${pair% *}"
    report "${pair% *}" >"$folder/report"
    expect flufl.bounce "${pair#* }" "$("$folder/venv/bin/python" "$folder/read.py" <"$folder/report")"
    expect BounceParser "${pair% *}" "$(perl -MMail::DeliveryStatus::BounceParser -0777 -ne \
        'print Mail::DeliveryStatus::BounceParser->new($_)->addresses' "$folder/report")"
done
exit $different
