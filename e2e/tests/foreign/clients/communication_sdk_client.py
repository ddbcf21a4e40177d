"""communication_sdk_client.py URL TENANT CLIENT SECRET SUBSCRIPTION GROUP DOMAIN EMAIL_SERVICE SERVICE"""

import sys
import time
from enum import Enum

from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.communication import CommunicationServiceManagementClient
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

url, tenant, app, secret, subscription, group, domain, email_service, service = sys.argv[1:]
credential = ClientSecretCredential(
    tenant, app, secret, authority=url, disable_instance_discovery=True
)
resources = ResourceManagementClient(credential, subscription, base_url=url)
communication = CommunicationServiceManagementClient(credential, subscription, base_url=url)
dns = DnsManagementClient(credential, subscription, base_url=url)
here = (group, email_service, domain)


def say(*words):
    print(*[word.value if isinstance(word, Enum) else word for word in words])


def refused(what, call):
    try:
        call()
        say(what, "was allowed")
    except HttpResponseError as error:
        say(what, error.status_code, error.error.code)


# A group, an email service and a domain in it.
resources.resource_groups.create_or_update(group, {"location": "westeurope"})
europe = {"location": "global", "properties": {"dataLocation": "Europe"}}
emails = communication.email_services
made = emails.begin_create_or_update(group, email_service, europe).result()
say("email service", made.provisioning_state, made.data_location)
custom = {"location": "global", "properties": {"domainManagement": "CustomerManaged"}}
made = communication.domains.begin_create_or_update(*here, custom).result()
say("domain", made.provisioning_state, made.from_sender_domain, made.verification_states.dkim2.status)
wanted = made.verification_records

# A zone with what the domain needs.
zone = dns.zones.create_or_update(group, domain, {"location": "global"})
say("zone", zone.name, len(zone.name_servers), zone.number_of_record_sets)
texts = {"ttl": 3600, "txt_records": [{"value": [wanted.domain.value]}]}
sets = dns.record_sets
first = sets.create_or_update(group, domain, "@", "TXT", texts, if_none_match="*")
texts["txt_records"].append({"value": [wanted.spf.value]})
refused("written over", lambda: sets.create_or_update(group, domain, "@", "TXT", texts, if_none_match="*"))
sets.create_or_update(group, domain, "@", "TXT", texts, if_match=first.etag)
for key in (wanted.dkim, wanted.dkim2):
    sets.create_or_update(group, domain, key.name, "CNAME", {"ttl": key.ttl, "cname_record": {"cname": key.value}})
say("sets", *sorted(one.type.split("/")[-1] for one in sets.list_by_dns_zone(group, domain)))

# Its verification, part by part: the operation is done before the verification is.
parts = {"Domain": "domain", "SPF": "spf", "DKIM": "dkim", "DKIM2": "dkim2"}
for part, member in parts.items():
    communication.domains.begin_initiate_verification(*here, {"verificationType": part}).result()
    state = "VerificationInProgress"
    while state == "VerificationInProgress":
        time.sleep(0.5)
        state = getattr(communication.domains.get(*here).verification_states, member).status
    say(part, state)

# A communication service, linked, with its senders and logins.
services = communication.communication_services
name = {"name": service, "type": "Microsoft.Communication/CommunicationServices"}
say("free", services.check_name_availability(name).name_available)
made = services.begin_create_or_update(group, service, europe).result()
say("service", made.provisioning_state, bool(made.host_name))
say("taken", services.check_name_availability(name).reason)
link = communication.domains.get(*here).id
refused("linked", lambda: services.update(group, service, {"properties": {"linkedDomains": [link + "x"]}}))
say("linked", services.update(group, service, {"properties": {"linkedDomains": [link]}}).linked_domains == [link])
keys = services.list_keys(group, service)
again = services.regenerate_key(group, service, {"keyType": "Primary"})
# Azure answers with the one pair that was made anew.
after = services.list_keys(group, service)
is_new = again.secondary_key is None and after.primary_key == again.primary_key != keys.primary_key
say("keys", is_new, after.secondary_key == keys.secondary_key)
wish = {"properties": {"username": "alerts", "displayName": "Litware alerts"}}
say("sender", communication.sender_usernames.create_or_update(*here, "alerts", wish).username)
say("senders", *[one.name for one in communication.sender_usernames.list_by_domains(*here)])
wish = {"properties": {"username": f"printer@{domain}", "entraApplicationId": app, "tenantId": tenant}}
say("login", communication.smtp_usernames.create_or_update(group, service, "printer", wish).username)
say("logins", *[one.name for one in communication.smtp_usernames.list(group, service)])

# Suppression lists come and go; deletions are long.
lists, addresses = communication.suppression_lists, communication.suppression_list_addresses
say("list", lists.create_or_update(*here, "all", {"properties": {"listName": "alerts"}}).list_name)
person = {"properties": {"email": "gone@example.com", "firstName": "Gone", "notes": "moved away"}}
made = addresses.create_or_update(*here, "all", "one", person)
say("address", made.email, made.first_name, made.last_name, made.notes)
say("addresses", len(list(addresses.list(*here, "all"))), len(list(lists.list_by_domain(*here))))
addresses.delete(*here, "all", "one")
lists.delete(*here, "all")
say("tags", emails.begin_update(group, email_service, {"tags": {"by": "sdk"}}).result().tags)
tracked = communication.domains.begin_update(*here, {"properties": {"userEngagementTracking": "Enabled"}}).result()
say("tracking", tracked.user_engagement_tracking)
refused("deleted", lambda: communication.domains.begin_delete(*here).result())
other = (group, email_service, "other." + domain)
communication.domains.begin_create_or_update(*other, custom).result()
communication.domains.begin_delete(*other).result()
say("domains", *[one.name for one in communication.domains.list_by_email_service_resource(group, email_service)])
say("services", len(list(services.list_by_subscription())), len(list(services.list_by_resource_group(group))))

# What belongs to nothing that was made here.
say("operations", len(list(communication.operations.list())) > 20)
say("exchange", emails.list_verified_exchange_online_domains())
hub = {"resourceId": f"{link}/hub", "connectionString": "Endpoint=sb://n/;SharedAccessKey=a"}
say("hub", services.link_notification_hub(group, service, hub).resource_id == services.get(group, service).notification_hub_id)
