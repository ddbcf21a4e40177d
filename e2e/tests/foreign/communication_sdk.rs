//! Microsoft's management SDKs for communication services and DNS, in Python and in JavaScript: from no resource group
//! to a sender.

use crate::adopting::{DOMAIN, EMAIL_SERVICE, GROUP, SERVICE, make_due_now, must_be_adopted};
use crate::context::Context;
use crate::tools::Client;

/// In Python, with a zone in Azure DNS.
pub(crate) mod python {
    use super::*;
    crate::context::client_tests!(Client::CommunicationSdk => makes_what_postern_adopts);

    async fn makes_what_postern_adopts(context: Context) {
        let printed = set_up(&context, Client::CommunicationSdk, &[]).await;
        let expected = [
            "email service Succeeded Europe",
            "domain Succeeded litware.example NotStarted",
            "zone litware.example 4 2",
            "written over 412 PreconditionFailed",
            "sets CNAME CNAME NS SOA TXT",
            "Domain Verified",
            "SPF Verified",
            "DKIM Verified",
            "DKIM2 Verified",
            "free True",
            "service Succeeded True",
            "taken AlreadyExists",
            "linked 400 InvalidLinkedDomains",
            "linked True",
            "keys True True",
            "sender alerts",
            "senders donotreply alerts",
            "login printer@litware.example",
            "logins printer",
            "list alerts",
            "address gone@example.com Gone None moved away",
            "addresses 1 1",
            "tags {'by': 'sdk'}",
            "tracking Enabled",
            "deleted 409 DomainIsLinked",
            "domains litware.example",
            "services 2 1",
            "operations True",
            "exchange []",
            "hub True",
        ];
        assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
        must_be_adopted(&context).await;
    }
}

/// In JavaScript, with a zone that somebody writes by hand.
pub(crate) mod javascript {
    use super::*;
    crate::context::client_tests!(Client::CommunicationJs => makes_what_postern_adopts);

    async fn makes_what_postern_adopts(context: Context) {
        let inspect = context.world.twin.ready().inspect_url.clone();
        let printed = set_up(&context, Client::CommunicationJs, &[&inspect]).await;
        let expected = [
            "email service Succeeded Europe",
            "domain Succeeded litware.example NotStarted",
            "Domain Verified",
            "SPF Verified",
            "DKIM Verified",
            "DKIM2 Verified",
            "free true",
            "service Succeeded true",
            "linked 400 InvalidLinkedDomains",
            "linked 1",
            "keys true true",
            "sender Litware alerts",
            "senders donotreply alerts",
            "login printer@litware.example",
            "logins printer",
            "list true",
            "address gone@example.com Gone true",
            "addresses one all",
            "deleted 409 DomainIsLinked",
            "domains litware.example",
            "services litware-mail",
        ];
        assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
        must_be_adopted(&context).await;
    }
}

/// Runs a client that makes all of it; gives what it printed.
async fn set_up(context: &Context, client: Client, more: &[&str]) -> String {
    make_due_now(context);
    let ready = context.world.twin.ready().clone();
    let words = [
        ready.url.clone(),
        ready.tenant_id.to_string(),
        ready.client_id.to_string(),
        ready.client_secret.clone(),
        ready.subscription_id.to_string(),
    ];
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.extend([GROUP, DOMAIN, EMAIL_SERVICE, SERVICE]);
    words.extend(more);
    context.run(client, &words, "").await.expect(0)
}
