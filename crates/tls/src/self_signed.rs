//! A certificate for a LAN, made at the first start.

use std::net::IpAddr;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SanType,
};

/// What a certificate is for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub hosts: Vec<String>,
    pub addresses: Vec<IpAddr>,
}

/// What kind of key a certificate has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA over P-256.
    Ecdsa,
    /// RSA with 2,048 bits, for clients that know nothing newer.
    Rsa,
}

/// Makes a certificate with an ECDSA key that signs itself, and its key, both as PEM.
///
/// # Errors
/// When a host name is not one.
pub fn self_signed(names: &Names) -> Result<(String, String), rcgen::Error> {
    self_signed_with(names, KeyKind::Ecdsa)
}

/// The same with a key of either kind.
///
/// # Errors
/// When a host name is not one.
pub fn self_signed_with(names: &Names, kind: KeyKind) -> Result<(String, String), rcgen::Error> {
    let mut params = CertificateParams::new(names.hosts.clone())?;
    params.subject_alt_names.extend(names.addresses.iter().copied().map(SanType::IpAddress));
    params.distinguished_name = DistinguishedName::new();
    let name = names.hosts.first().map_or("postern", String::as_str);
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate_for(match kind {
        KeyKind::Ecdsa => &PKCS_ECDSA_P256_SHA256,
        KeyKind::Rsa => &PKCS_RSA_SHA256,
    })?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}
