#!/bin/sh
# azure-core for Python reads 09:00+02:00 as 09:00 UTC, two hours late.
#
# Consumers of Event Grid read events with `CloudEvent.from_dict` and `from_json`. For the hours of an offset both take its
# first digit alone, and add its minutes: nothing is left of +02:00, -05:30 becomes half an hour, +10:00 one hour. All are
# times by RFC 3339 section 5.6, which CloudEvents demand, and no error is raised. "Z" and "+00:00" come out right, so a test
# with UTC shows nothing. The SDK of CloudEvents writes a time with the offset that it was given, and reads it well.
#
# Whoever lays such times beside Postern's log, sorts by them or lets them expire should have the publishers write UTC.
#
# Needs python3 with venv, and network. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-core==1.41.0 cloudevents==2.2.0
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
from datetime import datetime, timezone

from azure.core.messaging import CloudEvent as AzureEvent
from cloudevents.core.bindings.http import from_structured_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

for name in "azure-core", "cloudevents":
    print(name, importlib.metadata.version(name))
different = False
for written, misread in [
    ("2026-11-01T09:00:00Z", "09:00"),
    ("2026-11-01T09:00:00+00:00", "09:00"),
    ("2026-11-01T09:00:00+02:00", "09:00"),
    ("2026-11-01T09:00:00-05:30", "09:30"),
    ("2026-11-01T09:00:00+10:00", "08:00"),
]:
    meant = datetime.fromisoformat(written)
    attributes = {"id": "one", "source": "/app", "type": "Sent", "specversion": "1.0", "time": meant}
    message = to_structured_event(CloudEvent(attributes, {"message": 17}))
    fellow, azure = from_structured_event(message).get_time(), AzureEvent.from_json(message.body).time
    in_utc = [f"{time.astimezone(timezone.utc):%H:%M}" for time in (meant, fellow, azure)]
    print("{}: it is {} UTC, cloudevents reads {}, azure-core {}".format(written, *in_utc))
    different |= in_utc[0] != in_utc[1] or in_utc[2] != misread
if different:
    sys.exit("azure-core 1.41.0 or cloudevents 2.2.0 behave differently now")
PYTHON
