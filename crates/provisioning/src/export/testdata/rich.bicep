// What Postern keeps at Azure in one resource group. With what-if in place of create, az says what would change.
//
//   az group create --subscription 22222222-bbbb-4222-8222-222222222222 --name 'mail (prod)' --location westeurope
//   az deployment group create --subscription 22222222-bbbb-4222-8222-222222222222 --resource-group 'mail (prod)' --template-file postern.bicep
//
// Where all of it is there already, nothing changes but two things: tags that are not named here are taken off, and
// domains that are linked and not named here are linked no more.
// In another place, domains have to be verified before they can be linked: deploy with linkDomains=false, verify
// them, and deploy again.
// Not in it: records in DNS, the app with its secret, and the role that lets it send.

targetScope = 'resourceGroup'

@description('Whether domains are linked. Azure links those that are verified.')
param linkDomains bool = true

resource emailService 'Microsoft.Communication/emailServices@2025-09-01' = {
  name: 'contoso-email'
  location: 'global'
  properties: {
    dataLocation: 'unitedstates'
  }
}

resource domain_1and1_example 'Microsoft.Communication/emailServices/domains@2025-09-01' = {
  parent: emailService
  name: '1and1.example'
  location: 'global'
  properties: {
    domainManagement: 'CustomerManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource domain_azuremanageddomain 'Microsoft.Communication/emailServices/domains@2025-09-01' = {
  parent: emailService
  name: 'AzureManagedDomain'
  location: 'global'
  properties: {
    domainManagement: 'AzureManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource domain_contoso_example 'Microsoft.Communication/emailServices/domains@2025-09-01' = {
  parent: emailService
  name: 'contoso-example'
  location: 'global'
  properties: {
    domainManagement: 'CustomerManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource domain_contoso_example_2 'Microsoft.Communication/emailServices/domains@2025-09-01' = {
  parent: emailService
  name: 'contoso.example'
  location: 'global'
  properties: {
    domainManagement: 'CustomerManaged'
    userEngagementTracking: 'Enabled'
  }
}

// Senders by domain.
var senders = {
  domain_azuremanageddomain: [
    { username: 'hello' }
  ]
  domain_contoso_example: [
    { username: 'café', displayName: 'Café' }
  ]
  domain_contoso_example_2: [
    { username: 'alerts', displayName: '=HYPERLINK("https://evil.example")' }
    { username: 'it', displayName: 'O\'Brien \\ \${secret} \$\${x} %{if} \u{202e}' }
    { username: 'NoReply', displayName: 'Contoso "News", daily' }
    { username: 'scanner' }
  ]
}

resource senders_azuremanageddomain 'Microsoft.Communication/emailServices/domains/senderUsernames@2025-09-01' = [for sender in senders.domain_azuremanageddomain: {
  parent: domain_azuremanageddomain
  name: sender.username
  properties: sender
}]

resource senders_contoso_example 'Microsoft.Communication/emailServices/domains/senderUsernames@2025-09-01' = [for sender in senders.domain_contoso_example: {
  parent: domain_contoso_example
  name: sender.username
  properties: sender
}]

resource senders_contoso_example_2 'Microsoft.Communication/emailServices/domains/senderUsernames@2025-09-01' = [for sender in senders.domain_contoso_example_2: {
  parent: domain_contoso_example_2
  name: sender.username
  properties: sender
}]

// Addresses that nothing is sent to, by list.
var suppressed = {
  list_contoso_example_it: [
    { name: '5fd9a038-e965-8d2c-8f50-33b17a92c161', email: 'y@example.com' }
  ]
  list_contoso_example_noreply: [
    { name: '9f0a7d9a-c2fd-89fe-ad0c-baf16bd6cc4c', email: 'x@example.com' }
    { name: 'c5a019ed-eab0-83b4-b95e-51f9ddf5d05f', email: 'NO@example.com' }
  ]
}

resource list_contoso_example_it 'Microsoft.Communication/emailServices/domains/suppressionLists@2025-09-01' = {
  parent: domain_contoso_example_2
  name: '3ac24757-3490-80b5-82c7-5ab406765cc9'
  properties: {
    listName: 'it'
  }
  dependsOn: [
    senders_contoso_example_2
  ]
}

resource addresses_of_list_contoso_example_it 'Microsoft.Communication/emailServices/domains/suppressionLists/suppressionListAddresses@2025-09-01' = [for address in suppressed.list_contoso_example_it: {
  parent: list_contoso_example_it
  name: address.name
  properties: {
    email: address.email
  }
}]

resource list_contoso_example_noreply 'Microsoft.Communication/emailServices/domains/suppressionLists@2025-09-01' = {
  parent: domain_contoso_example_2
  name: '0621eff9-81b5-8b8a-a3a4-3d466582af83'
  properties: {
    listName: 'NoReply'
  }
  dependsOn: [
    senders_contoso_example_2
  ]
}

resource addresses_of_list_contoso_example_noreply 'Microsoft.Communication/emailServices/domains/suppressionLists/suppressionListAddresses@2025-09-01' = [for address in suppressed.list_contoso_example_noreply: {
  parent: list_contoso_example_noreply
  name: address.name
  properties: {
    email: address.email
  }
}]

resource communicationService 'Microsoft.Communication/communicationServices@2025-09-01' = {
  name: 'contoso_mail'
  location: 'global'
  properties: {
    dataLocation: 'unitedstates'
    linkedDomains: linkDomains ? [
      domain_1and1_example.id
      domain_azuremanageddomain.id
      domain_contoso_example.id
      domain_contoso_example_2.id
    ] : []
  }
}

// Logins that Azure's SMTP endpoint takes.
var logins = [
  { name: 'printer', username: 'scanner@contoso.example', app: '33333333-cccc-4333-8333-333333333333' }
  { name: 'shop', username: 'shop', app: '22222222-bbbb-4222-8222-222222222222' }
]

resource smtpUsernames 'Microsoft.Communication/communicationServices/smtpUsernames@2025-09-01' = [for login in logins: {
  parent: communicationService
  name: login.name
  properties: {
    username: login.username
    entraApplicationId: login.app
    tenantId: '11111111-aaaa-4111-8111-111111111111'
  }
}]
