//! ClientHellos of old devices, of rustls, and of nobody.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

/// A ClientHello of TLS 1.0 or later in one record.
fn hello(version: u16, suites: &[u16], extensions: &[u8]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend_from_slice(&[7; 32]);
    body.push(0);
    body.extend_from_slice(&u16::try_from(suites.len() * 2).unwrap().to_be_bytes());
    suites.iter().for_each(|suite| body.extend_from_slice(&suite.to_be_bytes()));
    body.extend_from_slice(&[1, 0]);
    if !extensions.is_empty() {
        body.extend_from_slice(&u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend_from_slice(extensions);
    }
    let mut message = vec![CLIENT_HELLO, 0];
    message.extend_from_slice(&u16::try_from(body.len()).unwrap().to_be_bytes());
    message.extend_from_slice(&body);
    record(&message)
}

fn record(payload: &[u8]) -> Vec<u8> {
    let mut record = vec![HANDSHAKE, 3, 1];
    record.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
    record.extend_from_slice(payload);
    record
}

fn offer(bytes: &[u8]) -> Offer {
    match Heard::read(bytes) {
        Heard::Hello(offer) => *offer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_old_client_offers_one_version_and_no_schemes() {
    let read = offer(&hello(0x0301, &[0x002f, 0x0035, 0x000a], &[]));
    assert_eq!(read.highest().unwrap().to_string(), "TLS 1.0");
    assert_eq!(
        read.cipher_suite_names(),
        "TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA, TLS_RSA_WITH_3DES_EDE_CBC_SHA"
    );
    assert_eq!((read.signature_scheme_names(), read.server_name), (String::new(), None));
    assert_eq!(offer(&hello(0x0300, &[], &[])).version_names(), "SSL 3.0");
}

#[test]
fn extensions_are_read_and_grease_is_not() {
    let extensions = [
        &[0, 0, 0, 8, 0, 6, 0, 0, 3, b'a', b'.', b'b'][..],
        &[0, 10, 0, 6, 0, 4, 0x1a, 0x1a, 0, 23],
        &[0, 13, 0, 6, 0, 4, 4, 1, 2, 1],
        &[0, 43, 0, 7, 6, 0x2a, 0x2a, 3, 4, 3, 3],
        &[0xff, 1, 0, 1, 0],
    ];
    let read = offer(&hello(0x0303, &[0x1301, 0x0a0a, 0xc02f, 0xfe42], &extensions.concat()));
    assert_eq!(read.version_names(), "TLS 1.3, TLS 1.2");
    assert_eq!(read.highest(), Some(Version(0x0304)));
    assert_eq!(
        read.cipher_suite_names(),
        "TLS13_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 0xfe42"
    );
    assert_eq!(read.signature_scheme_names(), "RSA_PKCS1_SHA256, RSA_PKCS1_SHA1");
    assert_eq!(read.group_names(), "secp256r1");
    assert_eq!(read.server_name.as_deref(), Some("a.b"));
}

#[test]
fn a_hello_may_come_in_several_records_and_end_early() {
    let whole = hello(0x0301, &[0x002f, 0x0035], &[]);
    let mut split = record(&whole[5..20]);
    split.extend_from_slice(&record(&whole[20..]));
    assert_eq!(offer(&split), offer(&whole));
    for end in 1..whole.len() {
        let read = offer(&whole[..end]);
        assert!(read.versions.is_empty() || read.versions == [Version(0x0301)]);
        assert!(read.cipher_suites.len() <= 2);
    }
}

#[test]
fn the_hello_of_ssl_2_is_understood() {
    let bytes = [0x80, 0x1c, 1, 3, 1, 0, 9, 0, 0, 0, 16, 0, 0, 0x2f, 7, 0, 0xc0, 0, 0, 0x0a];
    let read = offer(&bytes);
    assert_eq!(read.version_names(), "TLS 1.0");
    assert_eq!(read.cipher_suite_names(), "TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_3DES_EDE_CBC_SHA");
    assert_eq!(offer(&[0x80, 0x1c, 1, 0, 2, 0, 9]).version_names(), "SSL 2.0");
}

#[test]
fn what_is_not_tls_is_shown() {
    assert_eq!(Heard::read(b""), Heard::Nothing);
    assert_eq!(Heard::read(b"EHLO x\r\n"), Heard::NotTls("EHLO x..".to_owned()));
    assert_eq!(Heard::read(&[22, 9]), Heard::NotTls("..".to_owned()));
    let Heard::NotTls(long) = Heard::read(&[b'x'; 500]) else { panic!("it is not TLS") };
    assert_eq!(long.len(), MAX_SHOWN_BYTES);
}

#[test]
fn a_real_client_is_read_as_it_is() {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let suites: Vec<CipherSuite> =
        provider.cipher_suites.iter().map(rustls::SupportedCipherSuite::suite).collect();
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(provider));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    let name = "relay.example".try_into().unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut wire = Vec::new();
    client.write_tls(&mut wire).unwrap();
    let read = offer(&wire);
    let mut versions = read.versions.clone();
    versions.sort();
    assert_eq!(versions, [Version(0x0303), Version(0x0304)]);
    assert!(suites.iter().all(|suite| read.cipher_suites.contains(suite)));
    assert!(read.signature_schemes.contains(&SignatureScheme::ECDSA_NISTP256_SHA256));
    assert!(read.groups.contains(&NamedGroup::X25519));
    assert_eq!(read.server_name.as_deref(), Some("relay.example"));
}

proptest! {
    #[test]
    fn nothing_that_comes_in_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Heard::read(&bytes);
        let as_tls = Heard::read(&record(&bytes));
        if let Heard::Hello(offer) = as_tls {
            prop_assert!(offer.version_names().is_ascii() && offer.cipher_suite_names().is_ascii());
        }
    }

    #[test]
    fn a_damaged_hello_panics_nowhere(at in 0_usize..90, byte: u8, end in 0_usize..90) {
        let extensions = [0, 13, 0, 6, 0, 4, 4, 1, 2, 1, 0, 43, 0, 3, 2, 3, 4];
        let mut bytes = hello(0x0303, &[0x1301, 0xc02f], &extensions);
        let length = bytes.len();
        bytes[at % length] = byte;
        let _ = Heard::read(&bytes[..end % length]);
    }
}
