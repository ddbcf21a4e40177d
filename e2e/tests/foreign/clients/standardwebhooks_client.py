"""Verifies requests with standardwebhooks, and sees that each altered one is refused."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

FIELDS = ["webhook-id", "webhook-timestamp", "webhook-signature"]


def refused(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return
    raise SystemExit(f"an altered request was accepted: {headers} {body}")


requests = json.load(open(sys.argv[1], encoding="utf-8"))
for request in requests:
    body, headers = request["body"], request["headers"]
    for secret in request["secrets"]:
        event = Webhook(secret).verify(body, headers)
        assert event == json.loads(body), event
        refused(secret, body.replace("contoso", "c0ntoso"), headers)
        refused(secret, body, headers | {"webhook-id": headers["webhook-id"] + "1"})
        later = str(int(headers["webhook-timestamp"]) + 1)
        refused(secret, body, headers | {"webhook-timestamp": later})
        for field in FIELDS:
            refused(secret, body, {name: value for name, value in headers.items() if name != field})
    other = "whsec_" + "A" * 43 + "="
    refused(other, body, headers)
print(f"{len(requests)} requests verified")
