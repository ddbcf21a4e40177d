"""email_sdk_client.py URL SENDER RECIPIENT connection-string STRING | secret TENANT CLIENT SECRET"""

import base64
import sys

from azure.communication.email import EmailClient
from azure.identity import ClientSecretCredential

url, sender, recipient, login, *words = sys.argv[1:]
if login == "connection-string":
    client = EmailClient.from_connection_string(words[0])
else:
    tenant, app, secret = words
    credential = ClientSecretCredential(
        tenant, app, secret, authority=url, disable_instance_discovery=True
    )
    client = EmailClient(url, credential)

result = client.begin_send(
    {
        "senderAddress": sender,
        "recipients": {"to": [{"address": recipient, "displayName": "A"}]},
        "content": {"subject": "From the SDK – ✉", "plainText": "Hello.", "html": "<p>Hello.</p>"},
        "attachments": [
            {
                "name": "a.txt",
                "contentType": "text/plain",
                "contentInBase64": base64.b64encode(b"attached").decode(),
            }
        ],
    }
).result()
print(result["status"], result["id"])
