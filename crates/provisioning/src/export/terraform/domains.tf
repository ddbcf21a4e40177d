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

