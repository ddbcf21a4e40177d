//! What Azure wants an app to be allowed, for everything that `apply` and `destroy` do but zones, roles and the
//! registration of providers, which are capabilities of their own.

/// The actions, call by call of what is observed and performed.
pub(crate) const ACTIONS: &[&str] = &[
    // The provider, the group, and everything in it is read first.
    "Microsoft.Resources/subscriptions/providers/Read",
    "Microsoft.Resources/subscriptions/resourceGroups/Read",
    "Microsoft.Resources/subscriptions/resourceGroups/Write",
    "Microsoft.Authorization/permissions/Read",
    // Both are asked for at the subscription, and lie outside of the services' own actions: roles made by hand miss
    // them. Whether Azure asks for the second one where an address is signed is not known.
    "Microsoft.Communication/CheckNameAvailability/Action",
    "Microsoft.Communication/Locations/OperationStatuses/Read",
    "Microsoft.Communication/CommunicationServices/Read",
    "Microsoft.Communication/CommunicationServices/Write",
    "Microsoft.Communication/CommunicationServices/Delete",
    "Microsoft.Communication/CommunicationServices/SmtpUsernames/Read",
    "Microsoft.Communication/CommunicationServices/SmtpUsernames/Write",
    "Microsoft.Communication/CommunicationServices/SmtpUsernames/Delete",
    "Microsoft.Communication/EmailServices/Read",
    "Microsoft.Communication/EmailServices/Write",
    "Microsoft.Communication/EmailServices/Delete",
    "Microsoft.Communication/EmailServices/Domains/Read",
    "Microsoft.Communication/EmailServices/Domains/Write",
    "Microsoft.Communication/EmailServices/Domains/Delete",
    "Microsoft.Communication/EmailServices/Domains/InitiateVerification/Action",
    "Microsoft.Communication/EmailServices/Domains/CancelVerification/Action",
    "Microsoft.Communication/EmailServices/Domains/SenderUsernames/Read",
    "Microsoft.Communication/EmailServices/Domains/SenderUsernames/Write",
    "Microsoft.Communication/EmailServices/Domains/SenderUsernames/Delete",
    "Microsoft.Communication/EmailServices/Domains/SuppressionLists/Read",
    "Microsoft.Communication/EmailServices/Domains/SuppressionLists/Write",
    "Microsoft.Communication/EmailServices/Domains/SuppressionLists/SuppressionListAddresses/Read",
    "Microsoft.Communication/EmailServices/Domains/SuppressionLists/SuppressionListAddresses/Write",
];
