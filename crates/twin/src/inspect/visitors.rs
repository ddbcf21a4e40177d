//! Whom the inspection endpoint answers: programs, and its own pages. A page of somebody else's in the developer's browser
//! neither reads (its name for the twin is none of the twin's) nor changes anything (its origin is not the twin's).

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};

/// Routes that answer to loopback names, to addresses and to `hosts`, and that only their own pages change.
pub(crate) fn checked(routes: Router, hosts: &[String]) -> Router {
    let hosts: Arc<[String]> = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    routes.layer(middleware::from_fn_with_state(hosts, check))
}

const NOT_THIS_HOST: &str = "This host name is not one of the twin's: use localhost or an address, or start the twin with \
                             --inspect-host and the name.\n";
const NOT_FROM_THERE: &str = "A page from elsewhere changes nothing here.\n";

async fn check(State(hosts): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let authority = authority(&request);
    // A name may be made to lead here after its page was loaded; an address may not.
    if !authority.as_deref().is_some_and(|authority| is_ours(host(authority), &hosts)) {
        return (StatusCode::MISDIRECTED_REQUEST, NOT_THIS_HOST).into_response();
    }
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_reading && !is_from_here(request.headers(), authority.as_deref().unwrap_or_default()) {
        return (StatusCode::FORBIDDEN, NOT_FROM_THERE).into_response();
    }
    next.run(request).await
}

/// The host and port that the client called, in lower case.
fn authority(request: &Request) -> Option<String> {
    let header = request.headers().get(header::HOST).map(|host| host.to_str().ok());
    let called = header.unwrap_or_else(|| request.uri().authority().map(Authority::as_str));
    called.map(str::to_ascii_lowercase)
}

/// A host without its port.
fn host(authority: &str) -> &str {
    let port = authority.rfind(':').filter(|colon| authority.rfind(']').is_none_or(|end| end < *colon));
    authority[..port.unwrap_or(authority.len())].trim_start_matches('[').trim_end_matches(']')
}

fn is_ours(host: &str, hosts: &[String]) -> bool {
    let is_loopback = host == "localhost" || host.ends_with(".localhost");
    is_loopback || host.parse::<IpAddr>().is_ok() || hosts.iter().any(|one| one == host)
}

/// Browsers say where a request that changes something comes from; programs have no reason to.
fn is_from_here(headers: &HeaderMap, authority: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match text("origin") {
        Some(origin) => {
            origin.split_once("://").is_some_and(|(_, theirs)| theirs.eq_ignore_ascii_case(authority))
        }
        None => text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none")),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn answer(method: &str, headers: &[(&str, &str)]) -> u16 {
        let routes = Router::new().route("/", get(|| async {}).post(|| async {}));
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let routes = checked(routes, &["Twin.example".to_owned()]);
        routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn names_that_are_not_the_twins_are_not_answered() {
        for host in [
            "localhost:8080",
            "LOCALHOST",
            "azure.localhost:1",
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::1]",
            "twin.example:80",
        ] {
            assert_eq!(answer("GET", &[("host", host)]).await, 200, "{host}");
        }
        for host in [
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8080",
            "evil:localhost",
            "",
            "]",
        ] {
            assert_eq!(answer("GET", &[("host", host)]).await, 421, "{host}");
        }
        assert_eq!(answer("GET", &[]).await, 421);
    }

    #[tokio::test]
    async fn pages_from_elsewhere_change_nothing() {
        let host = ("host", "localhost:8080");
        for headers in [
            &[host][..],
            &[host, ("origin", "http://localhost:8080")],
            &[host, ("origin", "https://LOCALHOST:8080"), ("sec-fetch-site", "same-origin")],
            &[host, ("sec-fetch-site", "none")],
        ] {
            assert_eq!(answer("POST", headers).await, 200, "{headers:?}");
        }
        for headers in [
            &[host, ("origin", "http://evil.example")][..],
            &[host, ("origin", "http://localhost:3000")],
            &[host, ("origin", "null")],
            &[host, ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "same-site")],
        ] {
            assert_eq!(answer("POST", headers).await, 403, "{headers:?}");
            // Its answer is the browser's to keep from them.
            assert_eq!(answer("GET", headers).await, 200, "{headers:?}");
        }
    }
}
