//! Accounts that prove themselves by a certificate or by the machine's own identity: verified, and mail flows both
//! ways.

use std::time::Duration;

use api::verification::{Outcome, Verdict};
use azure_client::credential::IdentityEndpoint;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use control::verify::Repair;
use control::{AuthenticationMethod, NewAccount, NewSender};
use e2e::World;
use jiff::SignedDuration;
use model::account::Concurrency;
use model::azure::{Authorization, TransportChoice};
use model::quota::Quota;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use relay::intake::{Envelope, Internal, InternalKind, Principal, WholeMessage};
use smtp::address::Mailbox;
use smtp::path::ReversePath;
use twin::captured::Path;
use twin::state::AppCertificate;
use uuid::Uuid;

const ACCOUNT: &str = "other";

async fn connect(world: &World, authentication: AuthenticationMethod, transport: TransportChoice) {
    let ready = world.twin.ready();
    let new = NewAccount {
        name: ACCOUNT.into(),
        tenant_id: ready.tenant_id.to_string(),
        client_id: ready.client_id.to_string(),
        authentication,
        expires_at: None,
        subscription_id: ready.subscription_id.to_string(),
        service: None,
        endpoint: None,
        cloud: world.cloud(),
        transport,
        // The account of the same subscription has that, too.
        quota: world.control().account("contoso").unwrap().quota,
        concurrency: Concurrency::default(),
    };
    world.control().add_account(new).await.unwrap();
    world.clock.advance(Duration::from_secs(900));
}

async fn mail_flows(world: &World, expected: Path) {
    let mailbox = "noreply@contoso.example".to_owned();
    let new = NewSender { account: ACCOUNT.into(), mailbox: mailbox.clone(), display_name: None };
    world.control().add_sender(new).await.unwrap();
    let account = world.control().account(ACCOUNT).unwrap();
    let message = WholeMessage {
        envelope: Envelope::internal(ReversePath::Mailbox(mailbox.parse().unwrap())),
        recipients: vec!["a@example.com".parse::<Mailbox>().unwrap().into()],
        bytes: format!("From: {mailbox}\r\nTo: a@example.com\r\nSubject: x\r\n\r\nHello.\r\n").into_bytes(),
    };
    let operator = Principal::Internal(Internal { kind: InternalKind::Operator, account });
    world.server().intake.submit(&operator, message).await.unwrap();
    world.until_taken(1).await;
    assert_eq!(world.captured()[0].path, expected);
}

/// A certificate with its key in PEM, and what Entra keeps of it.
fn certificate(world: &World) -> (String, AppCertificate) {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let params = CertificateParams::new(vec!["postern".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let kept = AppCertificate {
        id: Uuid::from_u128(1),
        name: None,
        der: STANDARD.encode(certificate.der()),
        starts_at: world.clock.now() - SignedDuration::from_hours(1),
        expires_at: world.clock.now() + SignedDuration::from_hours(24 * 300),
    };
    (format!("{}{}", certificate.pem(), key.serialize_pem()), kept)
}

#[tokio::test]
async fn a_certificate_is_as_good_as_a_secret_by_either_way() {
    for (transport, path) in [(TransportChoice::Rest, Path::Rest), (TransportChoice::Smtp, Path::Smtp)] {
        let world = World::start().await;
        let (pem, kept) = certificate(&world);
        connect(&world, AuthenticationMethod::Certificate(pem.into()), transport).await;
        let before = world.control().verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
        let codes: Vec<&str> = before
            .findings
            .iter()
            .filter(|finding| finding.outcome == Outcome::Failed)
            .map(|finding| finding.code.as_str())
            .collect();
        assert_eq!(codes, ["authentication.certificate_unknown"], "{before:#?}");
        world.twin.backend().change_state(|state| state.tenants[0].apps[0].certificates.push(kept));
        let after = world.control().verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
        assert!(after.verdict < Verdict::NotReady, "{after:#?}");
        mail_flows(&world, path).await;
        world.finish().await;
    }
}

#[tokio::test]
async fn pem_without_a_certificate_or_key_is_refused() {
    let world = World::start().await;
    let (pem, _) = certificate(&world);
    let ready = world.twin.ready();
    let end = pem.find("-----BEGIN PRIVATE KEY-----").unwrap();
    for (text, reason) in
        [(&pem[..end], "no RSA private key"), (&pem[end..], "no certificate"), ("x", "no certificate")]
    {
        let new = NewAccount {
            name: ACCOUNT.into(),
            tenant_id: ready.tenant_id.to_string(),
            client_id: ready.client_id.to_string(),
            authentication: AuthenticationMethod::Certificate(text.into()),
            expires_at: None,
            subscription_id: ready.subscription_id.to_string(),
            service: None,
            endpoint: None,
            cloud: world.cloud(),
            transport: TransportChoice::Auto,
            quota: Quota::CUSTOM_DOMAIN,
            concurrency: Concurrency::default(),
        };
        let refused = world.control().add_account(new).await.unwrap_err().to_string();
        assert!(refused.contains(reason), "{refused}");
    }
    world.finish().await;
}

#[tokio::test]
async fn the_identity_of_the_machine_needs_no_secret() {
    let mut world = World::start().await;
    let url = format!("{}/metadata/identity/oauth2/token", world.twin.ready().url).parse().unwrap();
    // A server learns where tokens are when it starts.
    world.stop_server().await;
    world.set_identity(IdentityEndpoint { url, header: None });
    world.start_server().await;
    world.twin.backend().change_state(|state| {
        let app = &mut state.tenants[0].apps[0];
        (app.is_managed, app.secrets) = (true, Vec::new());
    });
    connect(&world, AuthenticationMethod::ManagedIdentity, TransportChoice::Smtp).await;
    let account = world.control().account(ACCOUNT).unwrap();
    assert_eq!(account.azure().unwrap().authorization, Authorization::ManagedIdentity);
    let report = world.control().verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
    assert_eq!(report.verdict, Verdict::Ready, "{report:#?}");
    assert!(report.findings.iter().any(|finding| finding.code == "secret.none"));
    mail_flows(&world, Path::Smtp).await;
    world.finish().await;
}

#[tokio::test]
async fn an_access_key_is_tried_without_sending_anything() {
    let world = World::start().await;
    let key = world.twin.backend().state().services[0].keys[0].clone();
    let service = world.twin.backend().state().services[0].name.clone();
    let ready = world.twin.ready();
    let new = NewAccount {
        name: ACCOUNT.into(),
        tenant_id: ready.tenant_id.to_string(),
        client_id: ready.client_id.to_string(),
        authentication: AuthenticationMethod::AccessKey(key.into()),
        expires_at: None,
        subscription_id: ready.subscription_id.to_string(),
        service: Some(service),
        endpoint: Some(ready.url.clone()),
        cloud: world.cloud(),
        transport: TransportChoice::Auto,
        quota: Quota::CUSTOM_DOMAIN,
        concurrency: Concurrency::default(),
    };
    world.control().add_account(new).await.unwrap();
    let report = world.control().verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
    assert_eq!(report.verdict, Verdict::Ready, "{report:#?}");
    assert!(report.findings.iter().any(|finding| finding.code == "authentication.key_taken"));

    // Somebody regenerates it.
    world
        .twin
        .backend()
        .change_state(|state| state.services[0].keys = ["b3RoZXI=", "b3RoZXI="].map(str::to_owned));
    let report = world.control().verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
    let failed: Vec<_> = report.findings.iter().filter(|one| one.outcome == Outcome::Failed).collect();
    assert_eq!(failed.len(), 1, "{report:#?}");
    assert_eq!(failed[0].code, "authentication.key_wrong");
    assert_eq!(world.captured().len(), 0);
    world.finish().await;
}
