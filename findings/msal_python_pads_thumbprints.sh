#!/bin/bash
# MSAL for Python writes the thumbprints of a certificate (`x5t`, `x5t#S256`) in the header of a client assertion with
# the padding of base64. RFC 7515 section 2 defines base64url as written without it, and sections 4.1.7 and 4.1.8 use
# that definition. A verifier that compares the text with a thumbprint that it has encoded by the standard's own rule
# finds no certificate and refuses a login that is valid; Entra ID takes it. Compare octets.
#
# Exits with 0 while msal 1.39.0 behaves so, with 1 when it does not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check msal==1.39.0 cryptography==50.0.2
cat > "$folder/watch.py" <<'PYTHON'
import base64
import datetime
import importlib.metadata
import json
import sys

import msal
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

AUTHORITY = "https://login.microsoftonline.com/11111111-aaaa-4111-8111-111111111111"

key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "demonstration")])
now = datetime.datetime.now(datetime.timezone.utc)
certificate = (
    x509.CertificateBuilder()
    .subject_name(name)
    .issuer_name(name)
    .public_key(key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now)
    .not_valid_after(now + datetime.timedelta(days=1))
    .sign(key, hashes.SHA256())
)
pem = key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


class Reply:
    """An answer without a network."""

    def __init__(self, status, body):
        self.status_code, self.text, self.headers = status, json.dumps(body), {}

    def raise_for_status(self):
        pass


class Recorder:
    """Keeps the assertion that would have been sent."""

    assertion = None

    def get(self, url, **_):
        endpoints = {
            "issuer": f"{AUTHORITY}/v2.0",
            "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
            "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
        }
        return Reply(200, endpoints)

    def post(self, url, data=None, **_):
        assertion = data["client_assertion"]
        self.assertion = assertion.decode() if isinstance(assertion, bytes) else assertion
        return Reply(200, {"access_token": "x", "expires_in": 3599, "token_type": "Bearer"})

    def close(self):
        pass


def header(credential):
    recorder = Recorder()
    app = msal.ConfidentialClientApplication(
        "33333333-cccc-4333-8333-333333333333",
        authority=AUTHORITY,
        client_credential=credential,
        http_client=recorder,
    )
    app.acquire_token_for_client(["https://management.azure.com/.default"])
    first = recorder.assertion.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))


print("msal", importlib.metadata.version("msal"))
public = certificate.public_bytes(serialization.Encoding.PEM).decode()
seen = {}
for credential in (
    {"private_key": pem, "thumbprint": certificate.fingerprint(hashes.SHA1()).hex()},
    {"private_key": pem, "public_certificate": public},
):
    for member, text in header(credential).items():
        if member.startswith("x5t"):
            seen[member] = text
            print(f"{member}: {text}")
is_padded = bool(seen) and all(text.endswith("=") for text in seen.values())
print("padded, against RFC 7515 section 2" if is_padded else "not padded any more")
sys.exit(0 if is_padded else 1)
PYTHON
"$folder/venv/bin/python" "$folder/watch.py"
