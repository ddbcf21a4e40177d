//! Headers of Entra's answers, as they were recorded: one set at the token endpoint, another around documents.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::keys::random_guid;

/// What every answer of the token endpoint carries. `asked` are the headers of the request: the client's own id of it
/// comes back where a token was issued.
pub(super) fn of_token(response: &mut Response, asked: &HeaderMap) {
    let is_issued = response.status().is_success();
    let headers = response.headers_mut();
    let constant = [
        (header::CACHE_CONTROL, "no-store, no-cache"),
        (header::PRAGMA, "no-cache"),
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::EXPIRES, "-1"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in constant {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("p3p", HeaderValue::from_static("CP=\"DSP CUR OTPi IND OTRi ONL FIN\""));
    headers.insert("x-ms-ests-server", HeaderValue::from_static("2.1.0.0 - TWIN"));
    let cookie = format!("fpc={}; path=/; secure; HttpOnly; SameSite=None", random_guid().simple());
    let cookies = [
        HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static("fpc=0")),
        HeaderValue::from_static("x-ms-gateway-slice=estsfd; path=/; secure; httponly"),
        HeaderValue::from_static("stsservicecookie=estsfd; path=/; secure; httponly"),
    ];
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    if is_issued {
        if let Some(id) = asked.get("client-request-id") {
            headers.insert("client-request-id", id.clone());
        }
        headers.insert("x-ms-clitelem", HeaderValue::from_static("1,0,0,,"));
        headers.insert(header::X_XSS_PROTECTION, HeaderValue::from_static("0"));
    }
}

/// What a discovery document carries, and what takes its place where there is no such tenant.
pub(super) fn of_document(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400, private"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, OPTIONS"));
}
