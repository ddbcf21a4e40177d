//! What Postern can do, and which actions Azure wants for it. Pure.

use azure_types::permission::Permission;

use super::rights;

/// Something that Postern can do for an account.
#[derive(Clone, Copy, Debug)]
pub struct Capability {
    pub code: &'static str,
    pub title: &'static str,
    pub actions: &'static [&'static str],
    /// What concerns data inside of resources.
    pub data_actions: &'static [&'static str],
    pub scope: PermissionScope,
}

/// Where the actions have to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermissionScope {
    /// At the communication service.
    Service,
    /// At the resource group.
    Group,
    /// At the subscription.
    Subscription,
}

const SEND: &[&str] = &[
    "Microsoft.Communication/CommunicationServices/Read",
    "Microsoft.Communication/CommunicationServices/Write",
    "Microsoft.Communication/EmailServices/Write",
];

pub const SEND_BY_REST: Capability = Capability {
    code: "send_by_rest",
    title: "Send by the Email API",
    actions: SEND,
    data_actions: &[],
    scope: PermissionScope::Service,
};
pub const SEND_BY_SMTP: Capability = Capability {
    code: "send_by_smtp",
    title: "Send by Azure's SMTP",
    actions: SEND,
    data_actions: &[],
    scope: PermissionScope::Service,
};
pub const LOOK: Capability = Capability {
    code: "look",
    title: "See domains and senders",
    actions: &[
        "Microsoft.Communication/CommunicationServices/Read",
        "Microsoft.Communication/CommunicationServices/SmtpUsernames/Read",
        "Microsoft.Communication/EmailServices/Read",
        "Microsoft.Communication/EmailServices/Domains/Read",
        "Microsoft.Communication/EmailServices/Domains/SenderUsernames/Read",
    ],
    data_actions: &[],
    scope: PermissionScope::Group,
};

/// All of them, in the order in which they are shown.
pub const ALL: [Capability; 9] = [
    SEND_BY_REST,
    SEND_BY_SMTP,
    LOOK,
    Capability {
        code: "provision",
        title: "Set up services, domains and senders",
        actions: rights::ACTIONS,
        data_actions: &[],
        scope: PermissionScope::Subscription,
    },
    Capability {
        code: "register",
        title: "Register resource providers",
        actions: &["Microsoft.Communication/Register/Action"],
        data_actions: &[],
        scope: PermissionScope::Subscription,
    },
    Capability {
        code: "dns_zone",
        title: "Write records to Azure DNS",
        actions: &[
            "Microsoft.Network/dnsZones/Read",
            "Microsoft.Network/dnsZones/recordsets/Read",
            "Microsoft.Network/dnsZones/TXT/Read",
            "Microsoft.Network/dnsZones/TXT/Write",
            "Microsoft.Network/dnsZones/TXT/Delete",
            "Microsoft.Network/dnsZones/CNAME/Read",
            "Microsoft.Network/dnsZones/CNAME/Write",
            "Microsoft.Network/dnsZones/CNAME/Delete",
        ],
        data_actions: &[],
        scope: PermissionScope::Subscription,
    },
    Capability {
        code: "event_grid",
        title: "Subscribe to delivery reports",
        actions: &[
            "Microsoft.EventGrid/eventSubscriptions/Read",
            "Microsoft.EventGrid/eventSubscriptions/Write",
            "Microsoft.EventGrid/eventSubscriptions/Delete",
        ],
        data_actions: &[],
        scope: PermissionScope::Service,
    },
    Capability {
        code: "storage",
        title: "Put large attachments into storage",
        actions: &["Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/Action"],
        data_actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/Read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/Write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/Delete",
        ],
        scope: PermissionScope::Subscription,
    },
    Capability {
        code: "role_assignment",
        title: "Give roles to other apps",
        actions: &[
            "Microsoft.Authorization/roleDefinitions/Read",
            "Microsoft.Authorization/roleDefinitions/Write",
            "Microsoft.Authorization/roleAssignments/Read",
            "Microsoft.Authorization/roleAssignments/Write",
        ],
        data_actions: &[],
        scope: PermissionScope::Subscription,
    },
];

impl Capability {
    /// The actions that none of the permissions allows.
    #[must_use]
    pub fn missing(&self, permissions: &[Permission]) -> Vec<&'static str> {
        let allowed = |action: &str| permissions.iter().any(|one| one.allows(action));
        let allowed_on_data = |action: &str| permissions.iter().any(|one| one.allows_on_data(action));
        let missing = self.actions.iter().filter(|action| !allowed(action));
        missing.chain(self.data_actions.iter().filter(|action| !allowed_on_data(action))).copied().collect()
    }
}

/// Whether an app with these permissions at a communication service may send through it.
#[must_use]
pub fn may_send(permissions: &[Permission]) -> bool {
    SEND_BY_REST.missing(permissions).is_empty()
}

/// All actions of some capabilities, each once.
#[must_use]
pub(super) fn actions_of(capabilities: &[Capability]) -> Vec<String> {
    let mut actions: Vec<String> =
        capabilities.iter().flat_map(|one| one.actions).map(|action| (*action).to_owned()).collect();
    actions.sort();
    actions.dedup();
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(actions: &[&str], not_actions: &[&str]) -> Permission {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Permission { actions: words(actions), not_actions: words(not_actions), ..Permission::default() }
    }

    fn granted(permissions: &[Permission]) -> Vec<&'static str> {
        ALL.iter().filter(|one| one.missing(permissions).is_empty()).map(|one| one.code).collect()
    }

    #[test]
    fn built_in_roles_give_what_azure_says() {
        let contributor =
            permission(&["*"], &["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"]);
        let expected =
            ["send_by_rest", "send_by_smtp", "look", "provision", "register", "dns_zone", "event_grid"];
        assert_eq!(granted(&[contributor]), expected);
        assert_eq!(granted(&[permission(&["*/read"], &[])]), ["look"]);
        let owner = permission(
            &[
                "Microsoft.Communication/CommunicationServices/*",
                "Microsoft.Communication/EmailServices/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
            ],
            &[],
        );
        assert_eq!(granted(&[owner]), ["send_by_rest", "send_by_smtp", "look"]);
    }

    #[test]
    fn what_is_missing_is_named_and_two_roles_add_up() {
        let half = permission(&["Microsoft.Communication/CommunicationServices/*"], &[]);
        let missing = SEND_BY_REST.missing(std::slice::from_ref(&half));
        assert_eq!(missing, ["Microsoft.Communication/EmailServices/Write"]);
        let other = permission(&["Microsoft.Communication/EmailServices/write"], &[]);
        assert!(SEND_BY_REST.missing(&[half, other]).is_empty());
    }
}
