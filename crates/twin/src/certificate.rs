//! The twin's own certificate authority, and the certificate that its endpoints show.
//!
//! Python from 3.13 on, Node and rustls all accept what is made here: key identifiers on both
//! certificates, critical constraints on the authority, a leaf that is no authority.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};

use crate::private_file;
use crate::state::data_location::LABELS;

/// Where the files are.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The authority's certificate: what clients have to trust.
    pub(crate) ca: PathBuf,
    /// The endpoints' certificate.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// Names of the Azure that is played, for clients that are not told of another base URL.
const AZURE_NAMES: [&str; 5] = [
    "login.microsoftonline.com",
    "management.azure.com",
    "graph.microsoft.com",
    "smtp.azurecomm.net",
    "*.communication.azure.com",
];

/// Makes what is missing in `folder`: the authority once, the endpoints' certificate at every start.
pub(crate) fn prepare(folder: &Path) -> io::Result<Files> {
    let other = |error: rcgen::Error| io::Error::other(error);
    let ca_key_path = folder.join("ca.key");
    let files = Files {
        ca: folder.join("ca.pem"),
        certificate: folder.join("certificate.pem"),
        key: folder.join("certificate.key"),
    };
    if !files.ca.exists() || !ca_key_path.exists() {
        let key = KeyPair::generate().map_err(other)?;
        let certificate = authority().self_signed(&key).map_err(other)?;
        private_file::write(&ca_key_path, key.serialize_pem())?;
        fs::write(&files.ca, certificate.pem())?;
    }
    let ca_key = KeyPair::from_pem(&fs::read_to_string(&ca_key_path)?).map_err(other)?;
    let issuer = Issuer::from_ca_cert_pem(&fs::read_to_string(&files.ca)?, ca_key).map_err(other)?;
    let key = KeyPair::generate().map_err(other)?;
    let certificate = leaf().map_err(other)?.signed_by(&key, &issuer).map_err(other)?;
    private_file::write(&files.key, key.serialize_pem())?;
    fs::write(&files.certificate, certificate.pem())?;
    Ok(files)
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Postern twin, not for production");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf() -> Result<CertificateParams, rcgen::Error> {
    let mut names = vec!["localhost".to_owned()];
    names.extend(AZURE_NAMES.map(str::to_owned));
    // A wildcard covers one label only: each geography has its own.
    names.extend(LABELS.map(|label| format!("*.{label}.communication.azure.com")));
    let mut params = CertificateParams::new(names)?;
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
