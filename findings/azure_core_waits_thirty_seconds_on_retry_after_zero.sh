#!/bin/sh
# azure-core for Python waits thirty seconds when a service says "Retry-After: 0".
#
# A poller asks how long to wait and tests the answer for truth. Zero, which RFC 9110 section 10.2.3 allows and which means
# "at once", is not true, so that the poller falls back to its default of 30 s, as if the header were missing. One second is
# kept as it is: the mail that is finished soonest is the one whose sender waits longest. Every SDK on the same poller does it.
#
# `postern twin` says one second at least unless it is told otherwise; whatever answers these clients should do the same.
#
# Needs python3 with venv, openssl, network, and half a minute. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check azure-communication-email==1.1.0 azure-core==1.41.0
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null
venv/bin/python - <<'PYTHON'
import base64
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azure.communication.email import EmailClient

ACCESS_KEY = base64.b64encode(b"not a real key, only 32 octets..").decode()


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    retry_after, polled_at = "", []

    def log_message(self, *_):
        pass

    def answer(self, status, state, **headers):
        body = json.dumps({"id": "one", "status": state, "error": None}).encode()
        self.send_response(status)
        fields = {"Content-Type": "application/json", "Content-Length": len(body), "Retry-After": self.retry_after}
        for name, value in {**fields, **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        place = f"https://127.0.0.1:{self.server.server_port}/emails/operations/one?api-version=2025-09-01"
        self.answer(202, "Running", **{"Operation-Location": place})

    def do_GET(self):
        Service.polled_at.append(time.monotonic())
        self.answer(200, "Succeeded" if len(self.polled_at) > 1 else "Running")


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("certificate.pem", "key.pem")
server.socket = tls.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = EmailClient.from_connection_string(
    f"endpoint=https://127.0.0.1:{server.server_port}/;accesskey={ACCESS_KEY}", connection_verify="certificate.pem"
)
mail = {
    "senderAddress": "app@example.com",
    "recipients": {"to": [{"address": "customer@example.net"}]},
    "content": {"subject": "Bill 17", "plainText": "Enclosed."},
}


def seconds_between_polls(retry_after):
    Service.retry_after, Service.polled_at = retry_after, []
    client.begin_send(mail).result()
    first, second = Service.polled_at
    return round(second - first)


one, zero = seconds_between_polls("1"), seconds_between_polls("0")
print(f"Retry-After: 1 -> {one} s, Retry-After: 0 -> {zero} s")
if not (one <= 3 and 29 <= zero <= 33):
    sys.exit("azure-core 1.41.0 behaves differently now")
PYTHON
