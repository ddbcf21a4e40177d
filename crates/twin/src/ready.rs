//! The addresses of the twin's endpoints, for the program that started it.

use std::fs;
use std::io;
use std::path::Path;

use azure_types::ids::{ClientId, SubscriptionId, TenantId};
use serde::{Deserialize, Serialize};

use crate::private_file;

/// What a client needs to know. Written when all endpoints are open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadyFile {
    /// One base URL for Entra, ARM, Graph and the Email API.
    pub url: String,
    /// The certificate authority to trust, a PEM file.
    pub ca: String,
    /// The first tenant.
    pub tenant_id: TenantId,
    /// An app that owns the subscription.
    pub client_id: ClientId,
    pub client_secret: String,
    pub subscription_id: SubscriptionId,
    /// The first communication service.
    pub communication_service: String,
    /// `endpoint=...;accesskey=...` of that service.
    pub connection_string: String,
    /// Host of the SMTP endpoint.
    pub smtp_host: String,
    pub smtp_port: u16,
    /// Address of the name server, UDP and TCP.
    pub dns: String,
    /// Base URL of the controls.
    pub inspect_url: String,
}

impl ReadyFile {
    /// Writes the file in one go, so that nobody reads half of it. It holds secrets.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let unfinished = path.with_extension("unfinished");
        private_file::write(&unfinished, serde_json::to_vec_pretty(self)?)?;
        fs::rename(unfinished, path)
    }
}
