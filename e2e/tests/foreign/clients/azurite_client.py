"""Puts events into a queue of Azurite, as Event Grid does: base64, one event a message. Prints a shared access signature.

Usage: azurite_client.py URL CA QUEUE put|count < events, one a line
"""

import base64
import hashlib
import hmac
import ssl
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree

# The account that Azurite has at every start, and its key (Azurite's README).
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def signature():
    """A shared access signature of the account for its queues."""
    fields = {"sv": "2018-11-09", "ss": "q", "srt": "sco", "sp": "rwdlacup", "se": "2099-01-01T00:00:00Z"}
    signed = [ACCOUNT, fields["sp"], fields["ss"], fields["srt"], "", fields["se"], "", "", fields["sv"], ""]
    mac = hmac.new(base64.b64decode(KEY), "\n".join(signed).encode(), hashlib.sha256)
    return urllib.parse.urlencode({**fields, "sig": base64.b64encode(mac.digest()).decode()})


def main():
    url, ca, queue, act = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca)

    def ask(method, path, query="", body=None):
        target = f"{url}/{ACCOUNT}/{path}?{query}{signature()}"
        request = urllib.request.Request(target, data=body, method=method)
        request.add_header("x-ms-version", "2021-12-02")
        with urllib.request.urlopen(request, context=context) as answer:
            return answer.status, answer.headers, answer.read()

    if act == "count":
        # Messages that are received and not deleted count, too.
        print(ask("GET", queue, "comp=metadata&")[1]["x-ms-approximate-messages-count"])
        return
    ask("PUT", queue)
    for line in sys.stdin:
        text = base64.b64encode(line.strip().encode()).decode()
        body = f"<QueueMessage><MessageText>{text}</MessageText></QueueMessage>"
        assert xml.etree.ElementTree.fromstring(body) is not None
        ask("POST", f"{queue}/messages", body=body.encode())
    print(signature())


main()
