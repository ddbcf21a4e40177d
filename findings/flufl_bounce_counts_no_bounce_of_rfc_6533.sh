#!/bin/sh
# flufl.bounce finds nobody in a report about an internationalised address, so that Mailman never counts it.
#
# RFC 6533 extends the reports of RFC 3464: an address beyond ASCII has the type utf-8 instead of rfc822, and its part is
# message/delivery-status with \x{..} for what ASCII does not have, or message/global-delivery-status with the characters.
# flufl.bounce opens the first only and keeps addresses of type rfc822 only. A report with the type utf-8 has no recipient
# for it, even if the address is ASCII; one in the new part has none, even if the type is rfc822. What it does
# take is Original-Recipient, if that is rfc822. To Mailman such a message is no bounce: the member stays, and the list
# goes on writing to a mailbox that is gone. Mail::DeliveryStatus::BounceParser reads the type utf-8, and passes over the
# new part, too.
#
# Postern's notices about such addresses therefore repeat the address in their text, in words that bounce readers look for
# (docs/operate/queue.md), and use the new part only for a reader whose own address is beyond ASCII.
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

from flufl.bounce import all_failures

temporary, permanent = all_failures(message_from_binary_file(sys.stdin.buffer))
print(*sorted(address.decode() for address in temporary | permanent) or ["nobody"])
PYTHON

report() { # the subtype, the recipient fields
    cat <<REPORT
From: postmaster@relay.example.com
To: list-bounces@lists.example.com
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=$1; boundary="part"

--part
Content-Type: text/plain

Your message could not be delivered.

--part
Content-Type: message/$1

Reporting-MTA: dns; relay.example.com

$2
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

both() { # the subtype, the fields, what flufl.bounce finds, what BounceParser finds
    printf 'message/%s\n%s\n' "$1" "$2"
    report "$1" "$2" >"$folder/report"
    expect flufl.bounce "$3" "$("$folder/venv/bin/python" "$folder/read.py" <"$folder/report")"
    expect BounceParser "$4" "$(perl -MMail::DeliveryStatus::BounceParser -0777 -ne \
        'my @a = Mail::DeliveryStatus::BounceParser->new($_)->addresses; print @a ? "@a" : "nobody"' "$folder/report")"
}

echo "flufl.bounce 6.0.0, BounceParser 1.543"
both delivery-status 'Final-Recipient: rfc822; user@example.net' user@example.net user@example.net
both delivery-status 'Final-Recipient: utf-8; user@example.net' nobody user@example.net
both delivery-status 'Final-Recipient: utf-8; j\x{F6}rg@example.net' nobody 'j\x{F6}rg@example.net'
both global-delivery-status 'Final-Recipient: rfc822; user@example.net' nobody nobody
both delivery-status 'Original-Recipient: rfc822; old@example.net
Final-Recipient: utf-8; j\x{F6}rg@example.net' old@example.net old@example.net
exit $different
