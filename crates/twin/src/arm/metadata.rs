//! `/metadata/endpoints`: the document from which `az cloud register` learns where everything is.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::HeaderMap;
use azure_types::arm::{CloudAuthentication, CloudMetadata};

/// One base URL has it all.
pub(super) async fn endpoints(headers: HeaderMap) -> Json<CloudMetadata> {
    let base_url = crate::entra::base_url(&headers);
    let root = format!("{base_url}/");
    let audiences = ["https://management.core.windows.net/", "https://management.azure.com/"];
    Json(CloudMetadata {
        name: "Twin".to_owned(),
        portal: base_url.clone(),
        resource_manager: root.clone(),
        microsoft_graph_resource_id: root.clone(),
        graph_audience: root,
        authentication: CloudAuthentication {
            login_endpoint: base_url,
            audiences: audiences.map(str::to_owned).to_vec(),
            tenant: "common".to_owned(),
            identity_provider: "AAD".to_owned(),
        },
        suffixes: BTreeMap::new(),
    })
}
