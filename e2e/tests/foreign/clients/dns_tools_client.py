"""OctoDNS and dns-lexicon with what Postern hands out.

octodns FOLDER ZONE  reads FOLDER/ZONE. and prints its records
lexicon FILE ZONE    writes the records of the input, which is JSON, into a zone file, and prints it
"""

import json
import logging
import sys

import dns.name
import dns.rdatatype
import dns.resolver
import dns.zone

logging.disable(logging.WARNING)


def octodns(folder, zone_name):
    from octodns.zone import Zone
    from octodns_bind import ZoneFileSource

    zone = Zone(f"{zone_name}.", [])
    ZoneFileSource("files", folder, file_extension=".").populate(zone)
    for record in sorted(zone.records):
        values = record.values if hasattr(record, "values") else [record.value]
        for value in values:
            # Its own way to keep a semicolon.
            text = str(value).replace("\\;", ";")
            print(record.fqdn, record.ttl, record._type, text)


def lexicon(path, zone_name):
    # It would ask public name servers where the zone begins, even for a file.
    dns.resolver.zone_for_name = lambda _: dns.name.from_text(zone_name)
    from lexicon.client import Client
    from lexicon.config import ConfigResolver

    for record in json.load(sys.stdin):
        settings = {
            "provider_name": "localzone",
            "domain": zone_name,
            "resolve_zone_name": True,
            "ttl": record["ttl"],
            "localzone": {"filename": path},
        }
        with Client(ConfigResolver().with_dict(settings)) as operations:
            assert operations.create_record(record["kind"], record["name"], record["value"])
    zone = dns.zone.from_file(path, zone_name, relativize=False)
    for name, ttl, data in zone.iterate_rdatas():
        kind = dns.rdatatype.to_text(data.rdtype)
        text = b"".join(data.strings).decode() if kind == "TXT" else data.to_text()
        print(name, ttl, kind, text)


{"octodns": octodns, "lexicon": lexicon}[sys.argv[1]](*sys.argv[2:])
