//! The log line of a TLS handshake that failed: what the client offered, so that the operator can help it.

use std::net::IpAddr;

use tls::{HandshakeError, Heard};
use tracing::{debug, info};

/// Logs the failure, once for each connection. A connection that was closed without a word is a port scan or a health
/// check, and only of interest to those who look for it.
pub fn log_failure(peer: IpAddr, error: &HandshakeError) {
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::Ipv4Addr;
    use std::sync::{Arc, Mutex};

    use tracing::level_filters::LevelFilter;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the log says at its default level of a client that sent this.
    fn logged(bytes: &[u8]) -> String {
        let log = Log::default();
        let written = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::INFO)
            .with_ansi(false)
            .without_time()
            .with_writer(move || written.clone())
            .finish();
        let error = HandshakeError { heard: Heard::read(bytes), source: io::ErrorKind::UnexpectedEof.into() };
        tracing::subscriber::with_default(subscriber, || log_failure(Ipv4Addr::LOCALHOST.into(), &error));
        let log = log.0.lock().unwrap().clone();
        String::from_utf8(log).unwrap()
    }

    #[test]
    fn one_line_says_what_the_client_offered() {
        let mut hello = vec![22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1];
        hello.extend_from_slice(&[0; 33]);
        hello.extend_from_slice(&[0, 2, 0, 0x2f, 1, 0]);
        let line = logged(&hello);
        assert_eq!(line.lines().count(), 1, "{line}");
        for part in [
            "a TLS handshake failed: the client offered TLS 1.0 at most; TLS 1.2 or later is required",
            "peer.address=127.0.0.1",
            "tls.versions=\"TLS 1.0\"",
            "tls.cipher_suites=\"TLS_RSA_WITH_AES_128_CBC_SHA\"",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }

    #[test]
    fn a_health_check_is_no_news() {
        assert_eq!(logged(b""), "");
        assert!(logged(b"EHLO x\r\n").contains("does not speak TLS; it began with `EHLO x..`"));
    }
}
