"""management_sdk_client.py URL TENANT CLIENT SECRET SUBSCRIPTION PRINCIPAL"""

import sys
import time
import uuid

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient

url, tenant, app, secret, subscription, principal = sys.argv[1:]
credential = ClientSecretCredential(
    tenant, app, secret, authority=url, disable_instance_discovery=True
)

subscriptions = SubscriptionClient(credential, base_url=url)
one = next(iter(subscriptions.subscriptions.list()))
print("subscription", one.display_name, one.state.value)
print("tenant", next(iter(subscriptions.tenants.list())).default_domain)
print("location", next(iter(subscriptions.subscriptions.list_locations(subscription))).name)

resources = ResourceManagementClient(credential, subscription, base_url=url)
group = resources.resource_groups.create_or_update("new", {"location": "westeurope"})
print("group", group.name, group.properties.provisioning_state)
print("exists", resources.resource_groups.check_existence("new"))
resources.resource_groups.begin_delete("new").result()
print("deleted", resources.resource_groups.check_existence("new"))
resources.providers.register("Microsoft.EventGrid")
time.sleep(2)
print("provider", resources.providers.get("Microsoft.EventGrid").registration_state)

roles = AuthorizationManagementClient(credential, subscription, base_url=url)
scope = f"/subscriptions/{subscription}"
role = str(uuid.uuid4())
definition = {
    "role_name": "Postern sender",
    "role_type": "CustomRole",
    "permissions": [{"actions": ["Microsoft.Communication/*"], "not_actions": []}],
    "assignable_scopes": [scope],
}
made = roles.role_definitions.create_or_update(scope, role, definition)
print("role", made.role_name, made.role_type)
definition["role_name"] = "Postern sender (changed)"
print("again", roles.role_definitions.create_or_update(scope, role, definition).role_name)
wish = {
    "role_definition_id": made.id,
    "principal_id": principal,
    "principal_type": "ServicePrincipal",
}
assigned = roles.role_assignments.create(scope, str(uuid.uuid4()), wish)
print("assignment", assigned.principal_type)
filter = f"principalId eq '{principal}'"
print("assignments", len(list(roles.role_assignments.list_for_subscription(filter=filter))))
print("permissions", len(list(roles.permissions.list_for_resource_group("mail"))))
try:
    roles.role_assignments.create(scope, str(uuid.uuid4()), wish)
except ResourceExistsError as error:
    print("conflict", error.error.code)
try:
    resources.resource_groups.get("nowhere")
except ResourceNotFoundError as error:
    print("missing", error.error.code)
