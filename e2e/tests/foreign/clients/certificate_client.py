"""certificate_client.py URL TENANT CLIENT CERTIFICATE"""

import sys

from azure.identity import CertificateCredential
from azure.mgmt.resource.subscriptions import SubscriptionClient

url, tenant, app, certificate = sys.argv[1:]
for way, with_chain in [("thumbprint", False), ("chain", True)]:
    credential = CertificateCredential(
        tenant,
        app,
        certificate,
        authority=url,
        disable_instance_discovery=True,
        send_certificate_chain=with_chain,
    )
    subscriptions = SubscriptionClient(credential, base_url=url)
    print(f"{way}:", next(iter(subscriptions.subscriptions.list())).display_name)
