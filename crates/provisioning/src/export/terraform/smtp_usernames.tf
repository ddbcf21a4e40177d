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
