//! The document by which clients learn where a tenant's endpoints are: all members that Entra's own was seen to have
//! in December 2023, in its order.

use serde::Serialize;

/// `openid-configuration` of a tenant, or of one of the places that belong to no tenant.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'static str; 3],
    jwks_uri: String,
    response_modes_supported: [&'static str; 3],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    response_types_supported: [&'static str; 4],
    scopes_supported: [&'static str; 4],
    issuer: String,
    request_uri_parameter_supported: bool,
    userinfo_endpoint: &'static str,
    authorization_endpoint: String,
    device_authorization_endpoint: String,
    http_logout_supported: bool,
    frontchannel_logout_supported: bool,
    end_session_endpoint: String,
    claims_supported: [&'static str; 19],
    kerberos_endpoint: String,
    /// `None` where no tenant is meant.
    tenant_region_scope: Option<&'static str>,
    cloud_instance_name: &'static str,
    cloud_graph_host_name: &'static str,
    msgraph_host: &'static str,
    rbac_url: &'static str,
}

const CLAIMS: [&str; 19] = [
    "sub",
    "iss",
    "cloud_instance_name",
    "cloud_instance_host_name",
    "cloud_graph_host_name",
    "msgraph_host",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "acr",
    "nonce",
    "preferred_username",
    "name",
    "tid",
    "ver",
    "at_hash",
    "c_hash",
    "email",
];

impl Document {
    /// The document of `place`, as the client wrote it. `issuer` is the id that tokens name: a tenant's, or
    /// `{tenantid}` in braces where any tenant may be meant.
    pub(super) fn new(base_url: &str, place: &str, issuer: &str, region: Option<&'static str>) -> Self {
        let at = |rest: &str| format!("{base_url}/{place}/{rest}");
        Self {
            token_endpoint: at("oauth2/v2.0/token"),
            token_endpoint_auth_methods_supported: [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            jwks_uri: at("discovery/v2.0/keys"),
            response_modes_supported: ["query", "fragment", "form_post"],
            subject_types_supported: ["pairwise"],
            id_token_signing_alg_values_supported: ["RS256"],
            response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
            scopes_supported: ["openid", "profile", "email", "offline_access"],
            issuer: format!("{base_url}/{issuer}/v2.0"),
            request_uri_parameter_supported: false,
            userinfo_endpoint: "https://graph.microsoft.com/oidc/userinfo",
            authorization_endpoint: at("oauth2/v2.0/authorize"),
            device_authorization_endpoint: at("oauth2/v2.0/devicecode"),
            http_logout_supported: true,
            frontchannel_logout_supported: true,
            end_session_endpoint: at("oauth2/v2.0/logout"),
            claims_supported: CLAIMS,
            kerberos_endpoint: at("kerberos"),
            tenant_region_scope: region,
            cloud_instance_name: "microsoftonline.com",
            cloud_graph_host_name: "graph.windows.net",
            msgraph_host: "graph.microsoft.com",
            rbac_url: "https://pas.windows.net",
        }
    }
}
