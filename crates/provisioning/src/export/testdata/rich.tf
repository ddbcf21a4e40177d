# What Postern keeps at Azure. As long as `postern drift` shows nothing, `terraform plan` shows all of it as imported
# and nothing as changed. After `terraform apply` the import blocks can be deleted.
#
# azurerm has no logins for SMTP and no suppression lists: azapi has those.
# Not in it: records in DNS, the app with its secret, and the role that lets it send.
# azurerm refuses the name contoso_mail: a letter, then letters, digits and hyphens, no hyphen last

terraform {
  # The first that imports a whole map.
  required_version = ">= 1.7.0"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.53.0"
    }
    azapi = {
      source  = "Azure/azapi"
      version = ">= 2.0.0"
    }
  }
}

provider "azurerm" {
  features {}
  subscription_id = "22222222-bbbb-4222-8222-222222222222"
  tenant_id       = "11111111-aaaa-4111-8111-111111111111"
}

provider "azapi" {
  subscription_id = "22222222-bbbb-4222-8222-222222222222"
  tenant_id       = "11111111-aaaa-4111-8111-111111111111"
}

locals {
  group         = "/subscriptions/22222222-bbbb-4222-8222-222222222222/resourceGroups/mail (prod)"
  email_service = "/subscriptions/22222222-bbbb-4222-8222-222222222222/resourceGroups/mail (prod)/providers/Microsoft.Communication/emailServices/contoso-email"
  service       = "/subscriptions/22222222-bbbb-4222-8222-222222222222/resourceGroups/mail (prod)/providers/Microsoft.Communication/communicationServices/contoso_mail"

  domains = {
    "1and1.example"      = { management = "CustomerManaged", tracking = false }
    "AzureManagedDomain" = { management = "AzureManaged", tracking = false }
    "contoso-example"    = { management = "CustomerManaged", tracking = false }
    "contoso.example"    = { management = "CustomerManaged", tracking = true }
  }

  senders = {
    "hello@AzureManagedDomain" = { domain = "AzureManagedDomain", username = "hello", display_name = null }
    "café@contoso-example"     = { domain = "contoso-example", username = "café", display_name = "Café" }
    "alerts@contoso.example"   = { domain = "contoso.example", username = "alerts", display_name = "=HYPERLINK(\"https://evil.example\")" }
    "it@contoso.example"       = { domain = "contoso.example", username = "it", display_name = "O'Brien \\ \u0024{secret} $\u0024{x} \u0025{if} \u202e" }
    "noreply@contoso.example"  = { domain = "contoso.example", username = "NoReply", display_name = "Contoso \"News\", daily" }
    "scanner@contoso.example"  = { domain = "contoso.example", username = "scanner", display_name = null }
  }

  suppression_lists = {
    "3ac24757-3490-80b5-82c7-5ab406765cc9" = { domain = "contoso.example", list_name = "it" }
    "0621eff9-81b5-8b8a-a3a4-3d466582af83" = { domain = "contoso.example", list_name = "NoReply" }
  }

  suppressed = {
    "5fd9a038-e965-8d2c-8f50-33b17a92c161" = { list = "3ac24757-3490-80b5-82c7-5ab406765cc9", email = "y@example.com" }
    "9f0a7d9a-c2fd-89fe-ad0c-baf16bd6cc4c" = { list = "0621eff9-81b5-8b8a-a3a4-3d466582af83", email = "x@example.com" }
    "c5a019ed-eab0-83b4-b95e-51f9ddf5d05f" = { list = "0621eff9-81b5-8b8a-a3a4-3d466582af83", email = "NO@example.com" }
  }

  smtp_usernames = {
    "printer" = { username = "scanner@contoso.example", app = "33333333-cccc-4333-8333-333333333333", tenant = "11111111-aaaa-4111-8111-111111111111" }
    "shop"    = { username = "shop", app = "22222222-bbbb-4222-8222-222222222222", tenant = "11111111-aaaa-4111-8111-111111111111" }
  }
}

resource "azurerm_resource_group" "group" {
  name     = "mail (prod)"
  location = "westeurope"

  lifecycle {
    ignore_changes = [tags]
  }
}

import {
  to = azurerm_resource_group.group
  id = local.group
}

resource "azurerm_email_communication_service" "email" {
  name                = "contoso-email"
  resource_group_name = azurerm_resource_group.group.name
  data_location       = "United States"

  lifecycle {
    ignore_changes = [tags]
  }
}

import {
  to = azurerm_email_communication_service.email
  id = local.email_service
}

resource "azurerm_communication_service" "service" {
  name                = "contoso_mail"
  resource_group_name = azurerm_resource_group.group.name
  data_location       = "United States"

  lifecycle {
    ignore_changes = [tags]
  }
}

import {
  to = azurerm_communication_service.service
  id = local.service
}

resource "azurerm_email_communication_service_domain" "domains" {
  for_each = local.domains

  name                             = each.key
  email_service_id                 = azurerm_email_communication_service.email.id
  domain_management                = each.value.management
  user_engagement_tracking_enabled = each.value.tracking

  lifecycle {
    ignore_changes = [tags]
  }
}

import {
  for_each = local.domains
  to       = azurerm_email_communication_service_domain.domains[each.key]
  id       = "${local.email_service}/domains/${each.key}"
}

resource "azurerm_communication_service_email_domain_association" "links" {
  for_each = local.domains

  communication_service_id = azurerm_communication_service.service.id
  email_service_domain_id  = azurerm_email_communication_service_domain.domains[each.key].id
}

import {
  for_each = local.domains
  to       = azurerm_communication_service_email_domain_association.links[each.key]
  id       = "${local.service}|${local.email_service}/domains/${each.key}"
}

resource "azurerm_email_communication_service_domain_sender_username" "senders" {
  for_each = local.senders

  name                    = each.value.username
  email_service_domain_id = azurerm_email_communication_service_domain.domains[each.value.domain].id
  display_name            = each.value.display_name
}

import {
  for_each = local.senders
  to       = azurerm_email_communication_service_domain_sender_username.senders[each.key]
  id       = "${local.email_service}/domains/${each.value.domain}/senderUsernames/${each.value.username}"
}

# By azapi: a list has the name of a sender, so that the sender comes first.
resource "azapi_resource" "suppression_lists" {
  for_each   = local.suppression_lists
  depends_on = [azurerm_email_communication_service_domain_sender_username.senders]

  type      = "Microsoft.Communication/emailServices/domains/suppressionLists@2025-09-01"
  name      = each.key
  parent_id = azurerm_email_communication_service_domain.domains[each.value.domain].id

  body = {
    properties = {
      listName = each.value.list_name
    }
  }
}

import {
  for_each = local.suppression_lists
  to       = azapi_resource.suppression_lists[each.key]
  id       = "${local.email_service}/domains/${each.value.domain}/suppressionLists/${each.key}?api-version=2025-09-01"
}

resource "azapi_resource" "suppressed" {
  for_each = local.suppressed

  type      = "Microsoft.Communication/emailServices/domains/suppressionLists/suppressionListAddresses@2025-09-01"
  name      = each.key
  parent_id = azapi_resource.suppression_lists[each.value.list].id

  body = {
    properties = {
      email = each.value.email
    }
  }
}

import {
  for_each = local.suppressed
  to       = azapi_resource.suppressed[each.key]
  id       = "${local.email_service}/domains/${local.suppression_lists[each.value.list].domain}/suppressionLists/${each.value.list}/suppressionListAddresses/${each.key}?api-version=2025-09-01"
}

# By azapi: logins that Azure's SMTP endpoint takes.
resource "azapi_resource" "smtp_usernames" {
  for_each   = local.smtp_usernames
  depends_on = [azurerm_communication_service_email_domain_association.links]

  type      = "Microsoft.Communication/communicationServices/smtpUsernames@2025-09-01"
  name      = each.key
  parent_id = azurerm_communication_service.service.id

  body = {
    properties = {
      username           = each.value.username
      entraApplicationId = each.value.app
      tenantId           = each.value.tenant
    }
  }
}

import {
  for_each = local.smtp_usernames
  to       = azapi_resource.smtp_usernames[each.key]
  id       = "${local.service}/smtpUsernames/${each.key}?api-version=2025-09-01"
}
