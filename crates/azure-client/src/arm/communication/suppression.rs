//! Suppression lists of a domain, and the addresses on them.

use azure_types::communication::{Resource, SuppressedAddress, SuppressionList};
use azure_types::resource_id::ResourceId;

use super::super::{ArmApi, CallError};
use super::below;

impl ArmApi {
    /// The suppression lists of a domain.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn suppression_lists(
        &self,
        domain: &ResourceId,
    ) -> Result<Vec<Resource<SuppressionList>>, CallError> {
        self.0.list(&below(domain, "suppressionLists")).await
    }

    /// Makes or changes a suppression list.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_suppression_list(
        &self,
        id: &ResourceId,
        list: SuppressionList,
    ) -> Result<(), CallError> {
        self.put(id, list).await
    }

    /// Puts an address on a suppression list.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_suppressed_address(
        &self,
        id: &ResourceId,
        address: SuppressedAddress,
    ) -> Result<(), CallError> {
        self.put(id, address).await
    }

    /// The addresses on a suppression list.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn suppressed_addresses(
        &self,
        list: &ResourceId,
    ) -> Result<Vec<Resource<SuppressedAddress>>, CallError> {
        self.0.list(&below(list, "suppressionListAddresses")).await
    }
}
