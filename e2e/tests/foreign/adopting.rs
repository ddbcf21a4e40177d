//! What the tests share that set up an account from nothing, with tools that are not Postern's: names,
//! and the proof that Postern takes over what they made without wanting to change any of it.

use serde_json::Value;

use crate::context::Context;

/// The domain, whose zone the client makes in Azure DNS.
pub(crate) const DOMAIN: &str = "litware.example";
/// The group for everything.
pub(crate) const GROUP: &str = "litware";
/// The email service.
pub(crate) const EMAIL_SERVICE: &str = "litware-email";
/// The communication service.
pub(crate) const SERVICE: &str = "litware-mail";

/// Real seconds go by for clients that others wrote: what takes a while takes a second.
pub(crate) fn make_due_now(context: &Context) {
    context.world.twin.backend().change_state(|state| {
        state.behaviour.provisioning_seconds = 1;
        state.behaviour.verification_seconds = 1;
    });
}

/// What was made is there, can send, and is adopted.
pub(crate) async fn must_be_adopted(context: &Context) {
    let ready = context.world.twin.ready().clone();
    {
        let world = context.world.twin.backend().state();
        let service = world.service(SERVICE).expect("the communication service");
        let domain = world.domains.iter().find(|domain| domain.name == DOMAIN).expect("the domain");
        assert!(domain.verification.is_enough() && service.links(domain), "{domain:#?}");
        assert_eq!(domain.display_name("alerts"), Some("Litware alerts"));
        assert_eq!(service.smtp_usernames[0].username, format!("printer@{DOMAIN}"));
    }
    let secret = context.keep("secret", &ready.client_secret);
    let add = [
        format!("postern account add litware --tenant {} --client-id {}", ready.tenant_id, ready.client_id),
        format!("--subscription {} --service {SERVICE} --endpoint {}", ready.subscription_id, ready.url),
        format!("--secret-file {} --cloud-authority {}", secret.display(), ready.url),
        format!("--cloud-smtp {}:{} --cloud-ca {}", ready.smtp_host, ready.smtp_port, ready.ca),
    ];
    context.type_in(&add.join(" ")).await.expect(0);
    context.type_in("postern account import litware").await.expect(0);
    let adopted = context.type_in("postern adopt --account litware").await.expect(0);
    assert!(adopted.contains("1 domain and 1 sender"), "{adopted}");
    let plan = context.type_in("postern plan --account litware").await.expect(0);
    assert!(plan.contains("Nothing to do"), "{plan}");
    let plan = context.type_in("postern plan --account litware --json").await.expect(0);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!((&plan["steps"], &plan["problems"]), (&Value::Array(vec![]), &Value::Array(vec![])));
    // And all of it is good for what it was made for.
    let send = format!("postern send --account litware --from alerts@{DOMAIN} --to a@example.com");
    context.type_in(&send).await.expect(0);
    assert_eq!(context.world.captured_for("a@example.com").len(), 1);
}
