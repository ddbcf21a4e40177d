//! Roles: what an assignment gives. The built-in ones of Azure, and those that somebody made.

use std::sync::LazyLock;

use azure_types::permission::Permission;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A role definition of Azure's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    pub id: Uuid,
    /// Its name, by which people find it.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// What it gives, entry by entry.
    pub permissions: Vec<Permission>,
    /// Where it may be assigned.
    pub assignable_scopes: Vec<String>,
    /// Whether somebody made it.
    pub is_custom: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The built-in role that may do everything.
pub const OWNER: Uuid = Uuid::from_u128(0x8e3a_f657_a8ff_443c_a75c_2fe8_c4bc_b635);
/// The built-in role that may do everything but give it to others.
pub const CONTRIBUTOR: Uuid = Uuid::from_u128(0xb249_88ac_6180_42a0_ab88_20f7_382d_d24c);
/// The built-in role that may look.
pub const READER: Uuid = Uuid::from_u128(0xacdd_72a7_3385_48ef_bd42_f606_fba8_1ae7);
/// The built-in role that may give roles to others.
pub const USER_ACCESS_ADMINISTRATOR: Uuid = Uuid::from_u128(0x18d7_d88d_d35e_4fb5_a5c3_7773_c20a_72d9);
/// The built-in role for communication services.
pub const COMMUNICATION_OWNER: Uuid = Uuid::from_u128(0x0997_6791_48a7_449e_bb21_39d1_a415_f350);
/// The built-in role for zones of Azure DNS.
pub const DNS_ZONE_CONTRIBUTOR: Uuid = Uuid::from_u128(0xbefe_fa01_2a29_4197_83a8_272f_f33c_e314);

/// The roles that are there in every subscription.
pub(super) static BUILT_IN: LazyLock<Vec<Role>> = LazyLock::new(|| {
    vec![
        built_in(OWNER, "Owner", &["*"], &[]),
        built_in(
            CONTRIBUTOR,
            "Contributor",
            &["*"],
            &[
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
            ],
        ),
        built_in(READER, "Reader", &["*/read"], &[]),
        built_in(
            USER_ACCESS_ADMINISTRATOR,
            "User Access Administrator",
            &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
            &[],
        ),
        built_in(
            COMMUNICATION_OWNER,
            "Communication and Email Service Owner",
            &[
                "Microsoft.Communication/CommunicationServices/*",
                "Microsoft.Communication/EmailServices/*",
                "Microsoft.Authorization/*/read",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Insights/alertRules/*",
            ],
            &[],
        ),
        built_in(
            DNS_ZONE_CONTRIBUTOR,
            "DNS Zone Contributor",
            &[
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Network/dnsZones/*",
                "Microsoft.ResourceHealth/availabilityStatuses/read",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Support/*",
            ],
            &[],
        ),
    ]
});

fn built_in(id: Uuid, name: &str, actions: &[&str], not_actions: &[&str]) -> Role {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Role {
        id,
        name: name.to_owned(),
        description: format!("The built-in role {name}."),
        permissions: vec![Permission {
            actions: words(actions),
            not_actions: words(not_actions),
            ..Permission::default()
        }],
        assignable_scopes: vec!["/".to_owned()],
        is_custom: false,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

impl Role {
    /// A role that somebody makes.
    #[must_use]
    pub fn custom(id: Uuid, name: &str, permissions: Vec<Permission>, now: Timestamp) -> Self {
        Self {
            id,
            name: name.to_owned(),
            description: String::new(),
            permissions,
            assignable_scopes: vec!["/".to_owned()],
            is_custom: true,
            created_at: now,
            updated_at: now,
        }
    }
}
