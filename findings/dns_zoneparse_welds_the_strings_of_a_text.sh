#!/bin/sh
# DNS::ZoneParse reads the two strings of a TXT record as one, with the quotation marks between them.
#
# A TXT record holds strings of at most 255 octets (RFC 1035 section 3.3), which readers of SPF and DKIM join with nothing
# between (RFC 7208 section 3.3, RFC 6376 section 3.6.2.2). DKIM keys of 2048 bits are written so, and many SPF records.
# The module takes all from the first quotation mark to the last for the text, and writes it back as one string, with `\" \"`
# in its middle. A program that reads a zone and writes it unchanged breaks its SPF record by that, while the zone
# loads as before: receivers find a syntax error. A long key becomes a string of more than 255 octets, with which
# the zone does not load. A text in one string comes through, so that short tests pass.
#
# Postern prints long texts in several strings, `--form bind` included.
#
# Needs python3 with venv, perl, apt, dpkg, and network. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dnspython==2.9.2
mkdir -p "$folder/packages/partial"
apt-get -qq -y -o Debug::NoLocking=1 -o Dir::Cache::archives="$folder/packages" --reinstall --download-only \
    --no-install-recommends install libdns-zoneparse-perl=1.10-1.1 >/dev/null 2>&1
for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder/system"; done
cat >"$folder/before" <<'ZONE'
$ORIGIN example.com.
$TTL 3600
@ IN SOA ns1 hostmaster 1 3600 600 86400 300
@ IN NS ns1
ns1 IN A 192.0.2.1
@ IN TXT "v=spf1 include:spf.protection.outlook.com" " -all"
whole IN TXT "v=spf1 include:spf.protection.outlook.com -all"
ZONE
printf 'key._domainkey IN TXT "v=DKIM1; k=rsa; p=%0200d" "%0200d"\n' 1 2 >"$folder/key"
cat "$folder/before" "$folder/key" >"$folder/before_with_key"
for zone in before before_with_key; do
    PERL5LIB="$folder/system/usr/share/perl5" perl -MDNS::ZoneParse -e '
        print STDERR "DNS::ZoneParse ", DNS::ZoneParse->VERSION, "\n";
        print DNS::ZoneParse->new($ARGV[0], "example.com.")->output' "$folder/$zone" >"$folder/$zone.after"
done
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import dns.exception
import dns.zone


def text(zone, name):
    [record] = dns.zone.from_file(zone, "example.com.").get_rdataset(name, "TXT")
    return b"".join(record.strings).decode()


broken = 'v=spf1 include:spf.protection.outlook.com" " -all'
spf = "v=spf1 include:spf.protection.outlook.com -all"
seen = [(text(zone, "@"), text(zone, "whole")) for zone in ("before", "before.after")]
for when, texts in zip(("before", "after"), seen):
    print(f"{when}, in two strings: {texts[0]}\n{when}, in one string:  {texts[1]}")
print("long key before:", len(text("before_with_key", "key._domainkey")), "octets")
try:
    long_key = f"{len(text('before_with_key.after', 'key._domainkey'))} octets"
except dns.exception.DNSException as error:
    long_key = f"{error}"
print("long key after:", long_key)
if seen != [(spf, spf), (broken, spf)] or "octets" in long_key:
    sys.exit("DNS::ZoneParse 1.10 behaves differently now")
PYTHON
