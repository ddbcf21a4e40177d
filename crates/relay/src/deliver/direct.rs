//! A message that an Entra login brought, sent while its client waits: the reply is Azure's verdict.

use ::smtp::address::Mailbox;
use ::smtp::client::{Settings, TlsPolicy};
use ::smtp::path::ReversePath;
use ::smtp::sasl::{Login, Proof};
use azure_client::Authorization;
use azure_client::email::EmailApi;
use azure_client::{Answered, Failure};
use azure_types::ids::OperationId;
use smtp_client::{Connection, Target, Timeouts};

use super::Context;
use super::choice::{Candidate, Choice, Ways, choose};
use super::outcome::{self, Failed, Matter, Verdict, deferred};
use super::smtp::{Outgoing, send_over};
use crate::login::EntraLogin;

/// Sends a message with the token of the session that brought it.
pub(crate) async fn submit_directly(
    context: &Context,
    login: &EntraLogin,
    operation: OperationId,
    message: &[u8],
    (reverse_path, recipients): (&ReversePath, &[Mailbox]),
) -> Verdict {
    let candidate = Candidate { message, recipients, sender: None, accepted_at: context.clock.now() };
    match choose(Ways::Both, &candidate) {
        Choice::Rest { message, .. } => {
            let api = EmailApi::new(login.target.http.clone(), login.target.endpoint.clone());
            let authorization = Authorization::Bearer(login.token.access_token.clone());
            let body = EmailApi::body(&message);
            let send = || api.send(&authorization, operation, body.clone(), context.clock.now());
            outcome::of_send(match send().await {
                // Azure's 401 is a false alarm at times.
                Err(Failure::Answered(Answered { http_status: 401, .. })) => send().await,
                result => result,
            })
        }
        Choice::Smtp { .. } => by_smtp(login, &Outgoing { message, reverse_path, recipients }).await,
        Choice::Neither { why } => Verdict::Failed(Failed {
            code: 554,
            status: (6, 3),
            reason: "The message is of a kind that cannot be sent this way.".to_owned(),
            diagnostic: Some(why),
        }),
    }
}

async fn by_smtp(login: &EntraLogin, outgoing: &Outgoing<'_>) -> Verdict {
    let trust = match tls::client_config(login.target.ca_pem.as_deref()) {
        Ok(trust) => trust,
        Err(error) => return deferred(crate::reply_for::chain(&error), Matter::Unreachable, None),
    };
    let (host, port) = login.target.smtp.clone();
    let target = Target { host, port, trust, timeouts: Timeouts::default() };
    let settings = Settings {
        client_name: "postern".to_owned(),
        tls: TlsPolicy::StartTls,
        login: Some(Login {
            name: login.name.clone(),
            proof: Proof::Token(login.token.access_token.clone()),
        }),
    };
    let mut connection = match Connection::open(&target, settings).await {
        Ok(connection) => connection,
        Err(error) => return outcome::of_session(&error),
    };
    let verdict = match send_over(&mut connection, outgoing).await {
        Ok(verdict) => verdict,
        Err(error) => outcome::of_session(&error),
    };
    connection.quit().await;
    verdict
}
