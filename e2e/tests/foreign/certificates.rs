//! Logins by certificate, with the Azure CLI and with azure-identity for Python: both write thumbprints that are
//! padded, and the CLI sends certificates with line breaks.

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};

use crate::azure_cli::{az, log_in};
use crate::context::{ClientTest, Context, client_tests};
use crate::tools::Client;

mod python {
    use super::{Context, lets_azure_identity_in};
    use crate::tools::Client;

    crate::context::client_tests!(Client::IdentitySdk => lets_python_in);

    async fn lets_python_in(context: Context) {
        lets_azure_identity_in(context).await;
    }
}

/// What needs the SDK and not the CLI.
pub(crate) const OF_PYTHON: &[ClientTest] = python::TESTS;

client_tests!(Client::AzureCli => lets_the_cli_in_and_out_again, shows_one_resource_to_whom_has_a_role_there);

/// Certificate and key in PEM, and the certificate alone.
fn certificate() -> [String; 2] {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let certificate = CertificateParams::new(vec!["postern".to_owned()]).unwrap().self_signed(&key).unwrap();
    [format!("{}{}", key.serialize_pem(), certificate.pem()), certificate.pem()]
}

async fn lets_the_cli_in_and_out_again(context: Context) {
    log_in(&context).await;
    let ready = context.world.twin.ready().clone();
    let [whole, public] = certificate();
    let (whole, public) = (context.keep("whole.pem", &whole), context.keep("public.pem", &public));
    let (client, tenant) = (ready.client_id, ready.tenant_id);
    let reset = format!(
        "az ad app credential reset --id {client} --cert @{} --append --output none --only-show-errors",
        public.display()
    );
    let enter = format!(
        "az login --service-principal --username {client} --certificate {} --tenant {tenant} --output none",
        whole.display()
    );
    az(&context, &[reset]).await;
    let listed = [enter.clone(), "az group list --query \"[].name\" --output tsv".to_owned()];
    assert_eq!(az(&context, &listed).await, "mail\n");
    // Both read the document of a place that belongs to no tenant.
    for leave in ["az logout", "az account clear"] {
        let left = [enter.clone(), leave.to_owned(), "! az account show --only-show-errors".to_owned()];
        let words = az(&context, &left).await;
        assert!(words.contains("az login") && !words.contains("Traceback"), "{words}");
    }
}

async fn lets_azure_identity_in(context: Context) {
    let ready = context.world.twin.ready().clone();
    let [whole, public] = certificate();
    let whole = context.keep("whole.pem", &whole);
    context.world.twin.backend().change_state(|state| {
        let lines: Vec<&str> = public.lines().filter(|line| !line.starts_with("---")).collect();
        state.tenants[0].apps[0].certificates.push(twin::state::AppCertificate {
            id: uuid::Uuid::from_u128(1),
            name: None,
            der: lines.concat(),
            starts_at: jiff::Timestamp::UNIX_EPOCH,
            expires_at: jiff::Timestamp::MAX,
        });
    });
    let words = [
        ready.url.clone(),
        ready.tenant_id.to_string(),
        ready.client_id.to_string(),
        whole.display().to_string(),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let printed = context.run(Client::IdentitySdk, &words, "").await.expect(0);
    assert_eq!(printed, "thumbprint: Contoso Production\nchain: Contoso Production\n");
}

async fn shows_one_resource_to_whom_has_a_role_there(context: Context) {
    log_in(&context).await;
    let ready = context.world.twin.ready().clone();
    let make = ["az ad app create --display-name reader --query appId --output tsv".to_owned()];
    let client = az(&context, &make).await.trim().to_owned();
    let group = format!("/subscriptions/{}/resourceGroups/mail", ready.subscription_id);
    let provider = format!("{group}/providers/Microsoft.Communication");
    let service = format!("{provider}/communicationServices/{}", ready.communication_service);
    let given = [
        format!("az ad sp create --id {client} --output none"),
        format!(
            "az role assignment create --assignee {client} --role Reader --scope {service} --output none \
             --only-show-errors"
        ),
        format!(
            "az ad app credential reset --id {client} --append --query password --output tsv --only-show-errors"
        ),
    ];
    let secret = az(&context, &given).await.trim().to_owned();
    let looked = [
        "sleep 3".to_owned(),
        format!(
            "az login --service-principal --username {client} --password '{secret}' --tenant {} --output none",
            ready.tenant_id
        ),
        "az account list --query \"[].name\" --output tsv".to_owned(),
        format!("az resource show --ids {service} --query name --output tsv"),
        format!("! az resource show --ids {provider}/emailServices/contoso-email"),
    ];
    let words = az(&context, &looked).await;
    assert!(words.starts_with(&format!("Contoso Production\n{}\n", ready.communication_service)), "{words}");
    assert!(words.contains("action 'Microsoft.Communication/EmailServices/read'"), "{words}");
}
