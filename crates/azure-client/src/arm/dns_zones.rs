//! Azure DNS: zones and record sets, through Resource Manager.
//!
//! A record set holds all values of a name and type. To add one, read the others, and write only if
//! nobody else has written meanwhile.

use azure_types::dns_zones::{API_VERSION, DnsZone, RecordSet};
use azure_types::ids::SubscriptionId;
use azure_types::requests::Properties;
use azure_types::resource_id::ResourceId;
use http_client::Method;

use super::{ArmApi, CallError, body};
use crate::management::Condition;

impl ArmApi {
    /// The zones of a subscription that the caller sees.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn dns_zones(&self, id: SubscriptionId) -> Result<Vec<DnsZone>, CallError> {
        let path = format!("/subscriptions/{id}/providers/Microsoft.Network/dnszones");
        self.0.list(&format!("{path}?api-version={API_VERSION}")).await
    }

    /// All record sets of a zone.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn record_sets(&self, zone: &ResourceId) -> Result<Vec<RecordSet>, CallError> {
        self.0.list(&format!("{}/recordsets?api-version={API_VERSION}", zone.url_path())).await
    }

    /// A record set; `None` if there is none.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn record_set(&self, id: &ResourceId) -> Result<Option<RecordSet>, CallError> {
        match self.0.get(&at(id)).await {
            Err(error) if error.is(404) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Writes a record set over the one with that etag; without one, only where none is.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`]; 412 if somebody else was faster.
    pub async fn put_record_set(
        &self,
        id: &ResourceId,
        etag: Option<&str>,
        set: &RecordSet,
    ) -> Result<RecordSet, CallError> {
        let path = at(id);
        let condition = match etag {
            Some(etag) => Condition::Unchanged(etag),
            None => Condition::Absent,
        };
        let body = body(&Properties { properties: &set.properties });
        self.0.write_if(Method::PUT, &path, condition, Some(&body)).await
    }

    /// Deletes a record set, if nobody has changed it since it had that etag.
    ///
    /// # Errors
    /// As [`ArmApi::put_record_set`].
    pub async fn delete_record_set(&self, id: &ResourceId, etag: &str) -> Result<(), CallError> {
        let path = at(id);
        self.0
            .write_if::<serde_json::Value>(Method::DELETE, &path, Condition::Unchanged(etag), None)
            .await
            .map(drop)
    }
}

fn at(id: &ResourceId) -> String {
    format!("{}?api-version={API_VERSION}", id.url_path())
}
