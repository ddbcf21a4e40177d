//! The log line of a TLS handshake that failed: what the client offered, so that the operator can help it.

use std::net::IpAddr;

use tls::{HandshakeError, Heard};
use tracing::{debug, info};

/// Logs the failure, once for each connection. A connection that was closed without a word is a port scan or a health
/// check, and only of interest to those who look for it.
pub(crate) fn log_failure(peer: IpAddr, error: &HandshakeError) {
    let peer = peer.to_canonical();
    match &error.heard {
        Heard::Nothing => debug!(peer.address = %peer, "a TLS handshake failed: {error}"),
        Heard::NotTls(_) => info!(peer.address = %peer, "a TLS handshake failed: {error}"),
        Heard::Hello(offer) => info!(
            peer.address = %peer,
            tls.versions = offer.version_names(),
            tls.cipher_suites = offer.cipher_suite_names(),
            tls.signature_schemes = offer.signature_scheme_names(),
            tls.groups = offer.group_names(),
            tls.server_name = offer.server_name,
            "a TLS handshake failed: {error}"
        ),
    }
}
