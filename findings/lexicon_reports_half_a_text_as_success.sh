#!/bin/sh
# dns-lexicon says True and writes half a text.
#
# `lexicon localzone create` puts records into a zone file. It hands the content to a parser of zone files as it is, for
# which a semicolon outside quotes begins a comment: of `v=DMARC1; p=none` the file gets "v=DMARC1", of a DKIM key
# "v=DKIM1", and the call returns True. Receivers ignore both. A CNAME without its last dot gets the zone appended in the
# same way: s1._domainkey.azurecomm.net.example.com. With quotes and dot both are written whole, which is how
# `postern domain records` prints values.
#
# Needs python3 with venv, and network. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'dns-lexicon[localzone]==3.25.2' dnspython==2.9.2
cat >"$folder/zone" <<'ZONE'
$ORIGIN example.com.
$TTL 3600
@ IN SOA ns1 hostmaster 1 3600 600 86400 300
@ IN NS ns1
ns1 IN A 192.0.2.1
ZONE
"$folder/venv/bin/python" - "$folder/zone" <<'PYTHON'
import importlib.metadata
import logging
import sys

import dns.zone

logging.disable(logging.WARNING)
from lexicon.client import Client
from lexicon.config import ConfigResolver

print("dns-lexicon", importlib.metadata.version("dns-lexicon"))
different = False
for name, kind, content, wanted in [
    ("_dmarc", "TXT", "v=DMARC1; p=none", '"v=DMARC1"'),
    ("k1._domainkey", "TXT", "v=DKIM1; k=rsa; p=MIIB", '"v=DKIM1"'),
    ("quoted", "TXT", '"v=DMARC1; p=none"', '"v=DMARC1; p=none"'),
    ("key", "CNAME", "s1._domainkey.azurecomm.net", "s1._domainkey.azurecomm.net.example.com."),
    ("dot", "CNAME", "s1._domainkey.azurecomm.net.", "s1._domainkey.azurecomm.net."),
]:
    settings = {"provider_name": "localzone", "domain": "example.com", "localzone": {"filename": sys.argv[1]}}
    with Client(ConfigResolver().with_dict(settings)) as operations:
        said = operations.create_record(kind, name, content)
    zone = dns.zone.from_file(sys.argv[1], "example.com.", relativize=False)
    [written] = zone.get_rdataset(name + ".example.com.", kind)
    print(f"create {kind} {content!r}: {said}, the file has {written}")
    different |= said is not True or str(written) != wanted
sys.exit(different)
PYTHON
