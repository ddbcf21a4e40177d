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

